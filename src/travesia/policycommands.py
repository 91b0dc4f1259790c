"""The commands about policies: what they change, and which assumptions that rests on."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from travesia import terminal
from travesia.arguments import (
    AsJson,
    Assignments,
    Expected,
    Folder,
    Jobs,
    PolicyName,
    Replicates,
    Seed,
    SettingsFile,
    assignments,
    print_json,
    replicates_of,
    tell_warnings,
)
from travesia.bars import counted, progress
from travesia.errors import UsageError
from travesia.files import refuse_full

Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FOLDER", help="Write tables and a picture there."),
]


class ResponseWord(StrEnum):
    """The words of --response."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"
    DRAWN = "drawn"


def compare(
    context: typer.Context,
    scenario: Folder,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="NAME",
            help="Two or more, each by its own --policy; the others are compared with the first. "
            "NAME+NAME joins policies.",
        ),
    ] = None,
    settings: SettingsFile = None,
    replicates: Replicates = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
    output: Output = None,
    expected: Expected = False,
    response: Annotated[
        list[ResponseWord] | None,
        typer.Option(
            "--response",
            help="How people respond to a policy: not, at the low or high bound of each prior, or drawn; "
            "may be repeated. None, low and high if not given.",
        ),
    ] = None,
    values: Assignments = None,
    as_json: AsJson = False,
) -> None:
    """Tell what policies change, replicate by replicate.

    For every quantity the difference to the first policy: median, 50 and 90 % interval, and how often
    it is above zero.
    """
    policies = policy or []
    if len(policies) < 2:
        raise UsageError("a comparison needs two policies or more; write --policy actual --policy NAME")
    if len(set(policies)) < len(policies):
        raise UsageError("a policy is named twice; name each once, like --policy actual --policy NAME")
    count = replicates_of(replicates, expected=expected)
    given = assignments(values)
    if output:
        refuse_full(output)

    from travesia import comparison, policytables
    from travesia.folder import read_scenario
    from travesia.policy import measures_of

    found = read_scenario(scenario, settings=settings, values=given)
    for name in policies:
        measures_of(found, name)  # refuses an unknown policy before anything is said of a run
    tell_warnings(found, scenario)
    with progress(f"comparing policies of {found.name}") as tell:
        result = comparison.compare(
            found,
            policies,
            replicates=count,
            seed=seed,
            expected=expected,
            workers=jobs,
            responses=[word.value for word in response] if response else ("none", "low", "high"),
            progress=counted(tell, "comparing"),
        )
    written = policytables.write_comparison(result, output, command=context.obj or "") if output else []
    if as_json:
        print_json(result.json() | ({"folder": str(output)} if output else {}))
        return
    policytables.show_comparison(result)
    _tell_files(written, f"travesia compare {shlex.quote(scenario)} … -o FOLDER")


def tornado(
    context: typer.Context,
    scenario: Folder,
    settings: SettingsFile = None,
    policy: PolicyName = "actual",
    jobs: Jobs = 1,
    output: Output = None,
    values: Assignments = None,
    as_json: AsJson = False,
) -> None:
    """Tell which assumptions move each result most.

    Central runs with each uncertain parameter at the 5 % and the 95 % point of its prior, the others at
    their medians.
    """
    given = assignments(values)
    if output:
        refuse_full(output)

    from travesia import policytables, sensitivity
    from travesia.folder import read_scenario
    from travesia.policy import measures_of

    found = read_scenario(scenario, settings=settings, values=given)
    measures_of(found, policy)  # refuses an unknown policy before anything is said of a run
    tell_warnings(found, scenario)
    with progress(f"moving the parameters of {found.name}") as tell:
        result = sensitivity.tornado(found, policy=policy, workers=jobs, progress=counted(tell, "moving"))
    written = policytables.write_tornado(result, output, command=context.obj or "") if output else []
    if as_json:
        print_json(result.json() | ({"folder": str(output)} if output else {}))
        return
    policytables.show_tornado(result)
    _tell_files(written, f"travesia tornado {shlex.quote(scenario)} -o FOLDER")


def _tell_files(written: list[Path], command: str) -> None:
    for path in written:
        print(path)
    if not written:
        terminal.say(f"Tables and a picture: {command}")

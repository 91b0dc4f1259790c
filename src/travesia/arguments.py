"""What several commands of the command line share: arguments, their reading, and JSON on stdout."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from travesia import terminal
from travesia.errors import UsageError

if TYPE_CHECKING:
    from travesia.scenario import Scenario

DEFAULT_REPLICATES, DEFAULT_AT_A_POINT = 200, 20
WARNINGS_SHOWN = 5

Folder = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario folder, or a packaged name.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", help="The settings file (YAML) of a Flee folder."),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another value for a parameter; may be repeated. health=on adds "
        "the disease of a scenario that has one switched off, by=travel,attempt tells attempts apart.",
    ),
]
Seed = Annotated[
    int,
    typer.Option("--seed", metavar="S", min=0, max=2**63 - 1, help="The same seed gives the same bytes."),
]
Jobs = Annotated[
    int, typer.Option("-j", "--jobs", metavar="J", min=1, help="Processes; they change no result.")
]
Dask = Annotated[
    str,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="Work on the Dask cluster of this scheduler, like tcp://host:8786, not in processes here.",
    ),
]
Replicates = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--replicates",
        metavar="N",
        min=1,
        help=f"How many; {DEFAULT_REPLICATES} if not given ({DEFAULT_AT_A_POINT} at each point of a sweep), 1 with "
        "--expected.",
    ),
]
Expected = Annotated[bool, typer.Option("--expected", help="Central runs: means instead of draws.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FOLDER", help="Where to; runs/SCENARIO-SEED if not given."),
]
PolicyName = Annotated[
    str, typer.Option("--policy", metavar="NAME", help="A policy, or several joined as NAME+NAME.")
]
Keep = Annotated[
    bool | None,
    typer.Option(
        "--keep-replicates/--summary-only",
        show_default=False,
        help="Keep every replicate, or quantiles and means alone; up to 1000 are kept if not given.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]


def assignments(given: Sequence[str] | None) -> dict[str, str]:
    """The values of `--set name=value`.

    given : as typed. Raises UsageError where one is not of that form.
    """
    values: dict[str, str] = {}
    for text in given or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise UsageError(f"--set {text!r} is not NAME=VALUE; write it like --set news_delay_days=2")
        if name in values:
            raise UsageError(f"--set gives {name!r} twice; keep one of them")
        values[name] = value
    return values


def day_of(text: str, option: str) -> date:
    """A date that was typed.

    text : like 2012-06-30. option : what it is of. Raises UsageError for anything else.
    """
    if not text:
        raise UsageError(f"which day? write it like {option} 2012-06-30")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text!r} is no date; write it like {option} 2012-06-30") from None


def refuse_both(jobs: int, dask: str) -> None:
    """Raise UsageError where work is asked for in processes here and on a cluster too."""
    if jobs > 1 and dask:
        raise UsageError("-j is for processes here, and --dask for the workers of a cluster; leave out one")


@contextmanager
def resumable(beside: Path) -> Iterator[None]:
    """Say where what was finished is, and how to go on, when long work is interrupted.

    beside : the folder of what was finished.
    """
    try:
        yield
    except KeyboardInterrupt:
        terminal.say(f"What was finished is in {beside}; the same command goes on from there.")
        raise


def tell_warnings(found: Scenario, name: str) -> None:
    """Say the first warnings of a scenario, and how to see the others.

    found : as read. name : what was asked for.
    """
    for warning in found.warnings[:WARNINGS_SHOWN]:
        terminal.say(f"warning: {warning}")
    more = len(found.warnings) - WARNINGS_SHOWN
    if more > 0:
        terminal.say(f"warning: and {more} more; see them with: travesia check {shlex.quote(name)}")


def print_json(value: Any) -> None:
    """Print JSON on stdout.

    value : no number that JSON does not have.
    """
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def replicates_of(
    replicates: int | None, *, expected: bool = False, default: int = DEFAULT_REPLICATES
) -> int:
    """How many replicates are asked for.

    replicates : as typed. expected : central runs, of which there is one. Raises UsageError where both are asked for.
    """
    if expected and replicates not in (None, 1):
        raise UsageError("--expected makes central runs, one of each; leave out -n, or leave out --expected")
    return 1 if expected else replicates or default


def share_of(text: str) -> tuple[int, int] | None:
    """The two numbers of `--share I/K`.

    text : as typed. Raises UsageError where it is not of that form.
    """
    if not text:
        return None
    i, slash, k = text.partition("/")
    if not (slash and i.isdecimal() and k.isdecimal() and 1 <= int(i) <= int(k)):
        raise UsageError(f"--share {text!r} is not I/K with I from 1 to K; write it like --share 3/100")
    return int(i), int(k)

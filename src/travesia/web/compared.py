"""What `travesia compare -o` wrote, as the page shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from travesia.errors import UsageError
from travesia.labels import published_label
from travesia.provenance import scenario_hash
from travesia.scenario import Scenario
from travesia.sums import PROVENANCE, has_sums, refuse_changed
from travesia.web.served import COMPARISON
from travesia.web.shapes import CaseView, ComparedView, Difference, PolicyView, Titled
from travesia.web.view import difference


def compared_view(folder: Path, name: str, scenario: str) -> ComparedView:
    """A comparison as it is shown: policies against the first one, from the file alone.

    folder : that `travesia compare -o` wrote. name : it is served by. scenario : the name under which the scenario of
    the comparison is served; blank where it is not. Raises UsageError where the folder cannot be read.
    """
    found = read_comparison(folder)
    titles: dict[str, dict[str, str]] = found["policy_titles"]
    named = dict.fromkeys(one for policy in found["policies"] for one in policy.split("+"))
    return ComparedView(
        id=name,
        title=found["title"] or {"en": found["scenario"]},
        scenario=scenario,
        policies=[PolicyView(name=one, title=titles[one], note="") for one in named],
        quantities=[Titled(name=one, title=words) for one, words in found["quantity_titles"].items()],
        cases=cases_of(found),
        sensitivity=published_label([found["sensitivity"]], coarse=False),
        replicates=found["replicates"],
        seed=found["seed"],
        paired=found["mode"] != "expected",
    )


def read_comparison(folder: Path) -> dict[str, Any]:
    """The JSON of a comparison. Raises UsageError where it cannot be read, ChecksumError where it is not as written."""
    told = {
        "differences",
        "policies",
        "deaths",
        "title",
        "policy_titles",
        "quantity_titles",
        "sensitivity",
        "licence",
    }
    return _read(folder, COMPARISON, told, "compare")


def read_tornado(folder: Path) -> dict[str, Any]:
    """The JSON of a tornado. Raises what `read_comparison` raises."""
    return _read(folder, "tornado.json", {"tornado"}, "tornado")


def _read(folder: Path, name: str, content: set[str], command: str) -> dict[str, Any]:
    """The JSON that a command wrote. content : what it holds, beside titles and the hash of its scenario."""
    again = f"make it again: travesia {command} SCENARIO -o FOLDER"
    if has_sums(folder) and (folder / name).is_file():
        refuse_changed(folder, (name, PROVENANCE), again=again[0].upper() + again[1:])
    try:
        found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
        if not content | {"titles", "scenario_hash"} <= found.keys():
            raise ValueError
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{folder}: its {name} cannot be read, or is of an older version; {again}"
        ) from error
    return found


def compared_with(scenario: Scenario, folder: Path | None) -> list[CaseView]:
    """What policies change, as it is published beside a run.

    scenario : of the run. folder : that `travesia compare -o` wrote, if any. Raises UsageError where it is of another
    scenario, and what `read_comparison` raises.
    """
    return [] if folder is None else cases_of(of_same(read_comparison(folder), folder, scenario))


def of_same(found: dict[str, Any], folder: Path, scenario: Scenario) -> dict[str, Any]:
    """What was found in a folder. Raises UsageError where it is of another scenario."""
    if found["scenario_hash"] != scenario_hash(scenario):
        raise UsageError(f"{folder}: is of another scenario than the run; make it of the same one")
    return found


def cases_of(found: dict[str, Any]) -> list[CaseView]:
    """Differences by policy and response, as they are published. found : the JSON of a comparison."""
    cases: dict[tuple[str, str, str], list[Difference]] = {}
    for row in found["differences"]:
        if row["modelled"]:
            own = difference(row | {"deaths": row["quantity"] in found["deaths"]}, found["titles"])
            cases.setdefault((row["reference"], row["policy"], row["response"]), []).append(own)
    return [
        CaseView(
            reference=reference,
            policy=policy,
            response=response,
            replicates=found["replicates"],
            differences=rows,
        )
        for (reference, policy, response), rows in cases.items()
    ]

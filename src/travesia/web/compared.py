"""What `travesia compare -o` wrote, as the page shows it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from travesia.errors import UsageError
from travesia.labels import published_label
from travesia.web.served import COMPARISON
from travesia.web.shapes import CaseView, ComparedView, Difference, PolicyView
from travesia.web.view import difference


def compared_view(folder: Path, name: str, scenario: str) -> ComparedView:
    """A comparison as it is shown: policies against the first one, from the file alone.

    folder : that `travesia compare -o` wrote. name : it is served by. scenario : the name under which the scenario of
    the comparison is served; blank where it is not. Raises UsageError where the folder cannot be read.
    """
    found = read_comparison(folder)
    titles: dict[str, dict[str, str]] = found.get("policy_titles", {})
    named = dict.fromkeys(one for policy in found["policies"] for one in policy.split("+"))
    return ComparedView(
        id=name,
        title=found.get("title") or {"en": str(found["scenario"])},
        scenario=scenario,
        policies=[PolicyView(name=one, title=titles.get(one, {"en": one}), note="") for one in named],
        cases=cases_of(found, counts_deaths(found)),
        sensitivity=_label(str(found.get("sensitivity", ""))),
        replicates=found["replicates"],
        seed=found["seed"],
        paired=found["mode"] != "expected",
    )


def _label(kept: str) -> str:
    """Of a comparison as it is shown. kept : its folder's; older ones have none."""
    return published_label([kept], coarse=False) if kept else ""


def read_comparison(folder: Path) -> dict[str, Any]:
    """The JSON of a comparison. Raises UsageError where it cannot be read, or is of something else."""
    return _read(folder, COMPARISON, {"differences", "policies"}, "compare")


def read_tornado(folder: Path) -> dict[str, Any]:
    """The JSON of a tornado. Raises UsageError where it cannot be read, or is of something else."""
    return _read(folder, "tornado.json", {"tornado"}, "tornado")


def _read(folder: Path, name: str, content: set[str], command: str) -> dict[str, Any]:
    """The JSON that a command wrote. content : what it holds, beside titles and the hash of its scenario."""
    try:
        found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
        if not content | {"titles", "scenario_hash"} <= found.keys():
            raise ValueError
    except (OSError, ValueError, AttributeError) as error:
        again = f"make it again: travesia {command} SCENARIO -o FOLDER"
        raise UsageError(f"{folder}: its {name} cannot be read; {again}") from error
    return found


def counts_deaths(found: dict[str, Any]) -> Callable[[str], bool]:
    """Whether the quantity of a name counts deaths. found : the JSON of a comparison."""
    deaths = set(found.get("deaths", ()))
    return lambda name: name in deaths or name.partition("_")[0] == "died"


def cases_of(found: dict[str, Any], counts_deaths: Callable[[str], bool]) -> list[CaseView]:
    """Differences by policy and response.

    found : the JSON of a comparison. counts_deaths : whether the quantity of a name does; deaths are told exactly.
    """
    cases: dict[tuple[str, str, str], list[Difference]] = {}
    for row in found["differences"]:
        if row["modelled"]:
            own = difference(row | {"deaths": counts_deaths(row["quantity"])}, found["titles"])
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

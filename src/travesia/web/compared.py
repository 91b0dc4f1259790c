"""What `travesia compare -o` wrote, as the page shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from travesia.errors import UsageError
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
        cases=_cases(found),
        replicates=found["replicates"],
        seed=found["seed"],
        paired=found["mode"] != "expected",
    )


def read_comparison(folder: Path) -> dict[str, Any]:
    """The JSON of a comparison. Raises UsageError where it cannot be read, or is of something else."""
    try:
        found: dict[str, Any] = json.loads((folder / COMPARISON).read_text(encoding="utf-8"))
        if not {"differences", "policies", "titles", "scenario_hash"} <= found.keys():
            raise ValueError
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{folder}: its {COMPARISON} cannot be read; compare again: travesia compare SCENARIO -o FOLDER"
        ) from error
    return found


def _cases(found: dict[str, Any]) -> list[CaseView]:
    """Differences by policy and response. Deaths are told exactly: those that the file names, and all `died…`."""
    deaths = set(found.get("deaths", ()))
    cases: dict[tuple[str, str, str], list[Difference]] = {}
    for row in found["differences"]:
        if row["modelled"]:
            fatal = row["quantity"] in deaths or row["quantity"].partition("_")[0] == "died"
            own = difference(row | {"deaths": fatal}, found["titles"])
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

"""Policies: which measures are in force under a policy, and how a policy scales those of others."""

from __future__ import annotations

from typing import Any

import pandas as pd

from travesia.errors import UsageError, nearest
from travesia.scenario import Scenario


def measures_of(scenario: Scenario, policy: str) -> pd.DataFrame:
    """The measures of a policy, or of several joined by `+`, with a column `scales` (numbers or parameter names).

    A policy and all it includes are in force together, each once: their measures, less what any of them switches
    off, with every scale that any of them gives. Raises UsageError for a policy the scenario does not have.
    """
    known = scenario.settings.policies
    in_force: list[str] = []
    wanted = policy.split("+")
    while wanted:
        name = wanted.pop(0)
        if name not in known:
            raise UsageError(
                f"policy {name!r} is not in scenario {scenario.name!r}; {nearest(name, list(known))}"
            )
        if name not in in_force:
            in_force.append(name)
            wanted += known[name].include
    off = {measure for name in in_force for measure in known[name].off}
    table = scenario.measures
    table = table[table["policy"].isin(in_force) & ~table["measure"].isin(off)].reset_index(drop=True)
    scales: list[Any] = [
        tuple(known[name].scale[measure] for name in in_force if measure in known[name].scale)
        for measure in table["measure"]
    ]
    return table.assign(scales=scales)

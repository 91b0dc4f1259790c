"""Policies: which measures are in force under a policy, and how a policy scales those of others."""

from __future__ import annotations

import pandas as pd

from travesia.errors import UsageError, nearest
from travesia.scenario import Number, Scenario


def measures_of(scenario: Scenario, policy: str) -> pd.DataFrame:
    """The measures of a policy, or of several joined by `+`, with a column `scales` (tuple of numbers or parameter names).

    Raises UsageError for a policy the scenario does not have.
    """
    known = scenario.settings.policies
    chosen: dict[str, tuple[Number, ...]] = {}
    for name in policy.split("+"):
        if name not in known:
            raise UsageError(
                f"policy {name!r} is not in scenario {scenario.name!r}; {nearest(name, list(known))}"
            )
        for measure, scales in _of_one(scenario, name, ()).items():
            chosen[measure] = chosen.get(measure, ()) or scales
    table = scenario.measures[scenario.measures["measure"].isin(list(chosen))].reset_index(drop=True)
    return table.assign(scales=[chosen[measure] for measure in table["measure"]])


def _of_one(scenario: Scenario, name: str, above: tuple[str, ...]) -> dict[str, tuple[Number, ...]]:
    """Measure → scales of one policy; `above` guards against a policy that includes itself."""
    definition = scenario.settings.policies[name]
    own = scenario.measures.loc[scenario.measures["policy"] == name, "measure"]
    found: dict[str, tuple[Number, ...]] = {}
    for included in definition.include:
        if included not in above:
            found |= _of_one(scenario, included, (*above, name))
    found |= dict.fromkeys(own, ())
    for measure, scale in definition.scale.items():
        if measure in found:
            found[measure] = (*found[measure], scale)
    return {measure: scales for measure, scales in found.items() if measure not in definition.off}

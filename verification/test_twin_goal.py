"""The engine against the twin under rule `goal`: one by tables, one party by party, the same distribution.

Each test bounds its chance of a false alarm by 1e-6, for every cell of every array and all of them together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from verification.compare import Comparison, compare
from verification.networks import random_goal
from verification.twin_goal import replicates_goal

from travesia.ensemble import simulate
from travesia.scenario import Scenario

FALSE_ALARM = 1e-6
REPLICATES = 250
COMPARED = ("people", "in_transit", "crossed", "events", "refused", "outcomes", "departed")
CUMULATIVE = ("outcomes", "departed")


def with_fine_time(scenario: Scenario) -> Scenario:
    """A copy whose time bins are as good as continuous time, which the twin has."""
    movement = scenario.settings.movement.model_copy(update={"time_bins_per_day": 4096})
    return scenario.with_settings(scenario.settings.model_copy(update={"movement": movement}))


def differences(scenario: Scenario, policy: str, *, replicates: int) -> Comparison:
    """Replicates of the engine and as many of the twin, compared."""
    result = simulate(with_fine_time(scenario), replicates=replicates, seed=1, policy=policy)
    assert (result.accounts()["missing"] == 0).all()
    ours: dict[str, np.ndarray[Any, Any]] = {name: result.total(name).values for name in COMPARED}
    ours |= {name: ours[name].cumsum(axis=1) for name in CUMULATIVE}
    twin = replicates_goal(scenario, policy, range(replicates))
    labels = {name.removeprefix("names_"): list(twin[name]) for name in twin if name.startswith("names_")}
    assert labels["people"] == list(result.data["place"].values)
    assert [name.split(":")[1] for name in labels["crossed"]] == [
        leg.split("#")[0] for leg in result.data["leg"].values
    ]
    acting = [labels["events"].index(name) for name in result.data["measure"].values]  # no dated changes
    theirs = {
        name: twin[name][..., acting] if name in ("events", "refused") else twin[name] for name in COMPARED
    }
    assert theirs["events"].sum() == twin["events"].sum()
    labels["events"] = labels["refused"] = list(result.data["measure"].values)
    return compare(ours, theirs, labels=labels, false_alarm=FALSE_ALARM)


@pytest.mark.parametrize("policy", ["actual", "strict"])
@pytest.mark.parametrize("seed", range(12))
def test_engine_and_twin_agree(seed: int, policy: str) -> None:
    found = differences(random_goal(seed), policy, replicates=REPLICATES)
    assert found.agree, str(found)


def test_a_small_change_is_seen() -> None:
    """The comparison has power: stopping 0.30 in place of 0.45 of those who pass is found."""
    scenario = random_goal(1)
    measures = scenario.measures.copy()
    measures["share"] = measures["share"].where(measures["measure"] != "stop", 0.3)
    weaker = with_fine_time(scenario.with_table("measures", measures))
    ours = simulate(weaker, replicates=REPLICATES, seed=1).total("events").values
    twin = replicates_goal(scenario, "actual", range(REPLICATES))
    acting = [list(twin["names_events"]).index(name) for name in _acting(weaker)]
    assert not compare(
        {"events": ours}, {"events": twin["events"][..., acting]}, false_alarm=FALSE_ALARM
    ).agree


def _acting(scenario: Scenario) -> list[str]:
    return list(simulate(scenario).data["measure"].values)

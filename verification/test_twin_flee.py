"""The engine against the twin under rule `flee`: two programs, by tables and person by person, the same distribution.

Each test bounds its chance of a false alarm by 1e-6, for every cell of every array and all of them together. The bins
and slices are fine enough that their error stays below what 400 replicates can see; `test_bins_flee.py` measures the
error of the default ones.
"""

from __future__ import annotations

import numpy as np
import pytest
from verification.compare import Comparison, compare
from verification.networks import random_flee
from verification.twin_flee import replicates_flee

from travesia.ensemble import simulate
from travesia.scenario import FleeSettings, Scenario
from travesia.travel import directed_legs

FALSE_ALARM = 1e-6
REPLICATES = 400
COMPARED = ("people", "in_transit", "crossed", "departed")


def with_changes(scenario: Scenario, **changes: object) -> Scenario:
    """A copy with other settings of movement, and slices fine enough for the twin."""
    movement = scenario.settings.movement
    assert isinstance(movement, FleeSettings)
    movement = movement.model_copy(update={"capacity_slices": 128} | changes)
    return scenario.with_settings(scenario.settings.model_copy(update={"movement": movement}))


def differences(ours: Scenario, theirs: Scenario, *, replicates: int) -> Comparison:
    """Replicates of the engine and as many of the twin, compared."""
    result = simulate(ours, replicates=replicates, seed=1)
    assert (result.accounts()["missing"] == 0).all()
    twin = replicates_flee(theirs, range(replicates))
    labels = {name.removeprefix("names_"): list(twin[name]) for name in twin if name.startswith("names_")}
    engine = {name: result.total(name).values for name in COMPARED}
    engine["departed"] = engine["departed"].cumsum(axis=1)
    assert labels["people"] == list(result.data["place"].values)
    legs = [f"{leg['name']}:{leg['from']}>{leg['to']}" for leg in directed_legs(ours).to_dict("records")]
    order = [legs.index(name) for name in labels["crossed"]]
    assert sorted(order) == list(range(len(legs)))
    engine["crossed"] = engine["crossed"][..., order]
    found = compare(engine, {name: twin[name] for name in COMPARED}, labels=labels, false_alarm=FALSE_ALARM)
    print(found)
    return found


@pytest.mark.parametrize("seed", range(15))
def test_engine_and_twin_agree(seed: int) -> None:
    scenario = random_flee(seed)
    found = differences(with_changes(scenario), scenario, replicates=REPLICATES)
    assert found.agree, str(found)


def test_a_small_change_is_seen() -> None:
    """The comparison has power: a move chance of 0.25 in place of 0.3 is found."""
    scenario = random_flee(3)
    found = differences(with_changes(scenario, default_movechance=0.25), scenario, replicates=REPLICATES)
    assert not found.agree


def test_every_rule_is_met() -> None:
    """Over the networks compared every switch is on somewhere and off somewhere, and capacities bind."""
    settings = [random_flee(seed).settings.movement for seed in range(15)]
    for name in (
        "avoid_short_stints",
        "start_on_foot",
        "insert_day0",
        "empty_camps_on_day0",
        "sum_from_camps",
    ):
        assert {getattr(s, name) for s in settings} == {False, True}, name
    for name in (
        "awareness_level",
        "weight_power",
        "distance_power",
        "pruning_threshold",
        "weight_softening",
    ):
        assert len({getattr(s, name) for s in settings}) > 1, name
    kinds = {kind for seed in range(15) for kind in random_flee(seed).places["kind"]}
    assert kinds == {"town", "hub", "camp", "idp_camp", "marker"}
    full = 0
    for seed in range(15):
        scenario = random_flee(seed)
        capacity = scenario.places["capacity"].to_numpy(dtype=float)
        people = simulate(scenario, replicates=20, seed=1).total("people").values
        full += bool(np.any(people.mean(axis=0) > 0.95 * np.where(capacity > 0, capacity, np.inf)))
    assert full >= 4

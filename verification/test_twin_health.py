"""Health: the engine against twins written from docs/model.md alone, by draws and by means.

By draws, networks with every measure and a disease of every kind must have the same distribution as the twin that moves
party by party; each comparison bounds its chance of a false alarm by 1e-6: half of it for every cell of every array and
all of them together, half for three ratios that say how long people are ill and how many of them die. By means, one
road must agree to nine digits.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from verification.compare import Comparison, compare
from verification.networks import on, random_goal, table
from verification.test_twin_goal import COMPARED, CUMULATIVE, with_fine_time
from verification.twin_goal import Arrays
from verification.twin_health import RECORDS, replicates_health
from verification.twin_health_means import Means, Road, scenario_of

from travesia.ensemble import simulate
from travesia.scenario import HealthSettings, Scenario

FALSE_ALARM = 1e-6
REPLICATES = 400
POLICIES = ("actual", "strict")  # the second for the last four networks
CARE = (
    {"measure": "care", "kind": "treat", "place": "p1", "share": 0.5, "date_from": on(1)},
    {"measure": "nurse", "kind": "treat", "place": "centre", "share": 0.7, "per_day": 3, "groups": "travel=family"},
)  # fmt: skip


def sick(seed: int, **other: Any) -> Scenario:
    """A random network with a disease: with and without incubation, crowding to three powers, and more care."""
    made = random_goal(seed)
    given = {
        "disease": "flu",
        "reproduction_number": 6.0,
        "infectious_days": 4.0,
        "incubation_days": (0, 1.7)[seed % 2],
        "crowding_power": (1.0, 0.0, 0.5)[seed % 3],
        "case_fatality": 0.3,
        "treated_infectious_days": 2.0,
        "treated_case_fatality": (None, 0.1)[seed % 2],
        "immune_share": 0.1,
        "infectious_share": 0.15,
    }
    health = HealthSettings(**(given | other))
    outputs = made.settings.outputs.model_copy(update={"by": ("travel",)})
    made = made.with_settings(made.settings.model_copy(update={"health": health, "outputs": outputs}))
    rows = [*made.measures.to_dict("records"), *CARE]
    return made.with_table("measures", table("measures", rows))


@cache
def twin_on(seed: int) -> Arrays:
    """The twin on a random network, under one policy or the other."""
    return replicates_health(sick(seed), POLICIES[seed // 4], range(REPLICATES))


@cache
def twin_on_the_road() -> Arrays:
    """The twin on the road."""
    return replicates_health(crowd(), "actual", range(REPLICATES))


def differences(ours_of: Scenario, twin: Arrays, policy: str = "actual") -> Comparison:
    """Replicates of the engine and as many of the twin, compared: the journeys, and who is ill where."""
    result = simulate(with_fine_time(ours_of), replicates=REPLICATES, seed=1, policy=policy)
    assert (result.accounts()["missing"] == 0).all()
    ours: dict[str, np.ndarray[Any, Any]] = {name: result.total(name).values for name in COMPARED}
    ours |= {name: ours[name].cumsum(axis=1) for name in CUMULATIVE}
    order = ("replicate", "date", "place", "travel")
    ours |= {name: result.data[name].transpose(*order).values for name in RECORDS}
    assert all(ours[name].sum() > 5 * REPLICATES for name in RECORDS), "there is something to compare"
    acting = [list(twin["names_events"]).index(name) for name in result.data["measure"].values]
    theirs = {name: twin[name] for name in (*COMPARED, *RECORDS)}
    theirs |= {name: twin[name][..., acting] for name in ("events", "refused")}
    labels = {name.removeprefix("names_"): list(twin[name]) for name in twin if name.startswith("names_")}
    labels |= {name: list(result.data["measure"].values) for name in ("events", "refused")}
    labels |= {name: list(result.data["travel"].values) for name in RECORDS}
    rates = compare(ratios(ours), ratios(theirs), false_alarm=FALSE_ALARM / 2)
    return compare(ours, theirs, labels=labels, false_alarm=FALSE_ALARM / 2) if rates.agree else rates


def ratios(found: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Of each replicate: nights of illness for each case, deaths for each night, cases for each night.

    How many fall ill differs much between replicates, how long one of them is ill does not: what changes it by a day is
    seen here first. Those who start infectious are about as many in each.
    """
    cases, nights, deaths = (found[name].sum(axis=(1, 2, 3)) for name in RECORDS)
    return {
        "nights of a case": nights / (cases + 1),
        "deaths of a night": deaths / (nights + 1),
        "cases of a night": cases / (nights + 1),
    }


@pytest.mark.parametrize("seed", range(8))
def test_engine_and_twin_agree(seed: int) -> None:
    found = differences(sick(seed), twin_on(seed), POLICIES[seed // 4])
    assert found.agree, str(found)


def crowd(**other: float) -> Scenario:
    """The road of the means with few people, many of them ill, who move in parties."""
    return scenario_of(
        replace(
            Road(),
            **{"people": 300.0, "days": 12, "beds": 60.0, "most_treated": 8.0, "infectious": 0.3} | other,
        )
    )


def test_the_road_by_draws() -> None:
    found = differences(crowd(), twin_on_the_road())
    assert found.agree, str(found)


def test_a_quota_binds_every_night() -> None:
    """Few are treated, and all of them die: a quota that held only on average would be seen."""
    few: dict[str, float] = {"people": 24.0, "held": 0.9, "stay_town": 0.0, "freed": 0.05, "fatality": 0.0}
    few |= {"care": 0.5, "most_treated": 1.0, "treated_days": 1.0, "treated_fatality": 1.0, "infectious": 0.6}
    made = crowd(**few)
    dead = simulate(with_fine_time(made), replicates=REPLICATES, seed=1).data["died_ill"]
    ours = dead.transpose("replicate", "date", "place", "travel").values
    theirs = replicates_health(made, "actual", range(REPLICATES))["died_ill"]
    found = compare({"died_ill": ours}, {"died_ill": theirs}, false_alarm=FALSE_ALARM)
    assert found.agree, str(found)


@pytest.mark.parametrize(
    "change",
    [
        {"ill_days": 5.0}, {"ill_days": 7.0}, {"reproduction": 3.0}, {"fatality": 0.1}, {"most_treated": 80.0},
        {"incubation": 6.0},
    ],
    ids=str,
)  # fmt: skip
def test_a_change_is_seen(change: dict[str, float]) -> None:
    """The comparison has power: a day less or more of illness, fewer infected, fewer dead, more care, later illness."""
    assert not differences(crowd(**change), twin_on_the_road()).agree


@pytest.mark.parametrize("seed", range(8))
def test_a_day_more_of_illness_is_seen_on_every_network(seed: int) -> None:
    assert not differences(sick(seed, infectious_days=5.0), twin_on(seed), POLICIES[seed // 4]).agree


@pytest.mark.parametrize(
    "road",
    [
        Road(),
        Road(incubation=1.0, most_treated=20.0, infectious=0.3, days=30),
        replace(Road(), crowding=0.0, split=0.0, fatality=1.0, ill_days=1.0, treated_days=1.0, immune=0.0),
        Road(reproduction=12.0, beds=500.0, crowding=1.5, stay_town=0.0, freed=0.02),
    ],
    ids=["usual", "few treated", "all die at once", "crowded"],
)
def test_means_agree(road: Road) -> None:
    result = simulate(scenario_of(road), expected=True)
    for name, wanted in Means(road).run().items():
        found = result.data[name].transpose("replicate", "date", "place", "travel").values[0]
        assert np.sum(wanted) > 20
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-3, err_msg=name)

"""Withheld counts stay withheld: an attack on all that was published, over dates, places, groups and policies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.attack import Floats, implied, known_from, recovered, sums_of
from tests.factory import small_scenario

from travesia.disclosure import FEW, told_observations
from travesia.figure_atoms import is_national
from travesia.figures import observations
from travesia.folder import packaged_titles, read_scenario
from travesia.scenario import Quantity, Scenario

SEEDS = 6
DAYS = pd.to_datetime(["2021-01-16", "2021-01-20", "2021-01-24", "2021-01-28"])
AREAS = {"home": "A1", "border": "A2", "shelter": "B1", "prison": "B1", "city": "B2"}
GROUPS = {
    "all": Quantity(events=("checkpoint", "held", "moved"), title={}),
    "first": Quantity(events=("checkpoint",)),
    "second": Quantity(events=("held",)),
    "both": Quantity(events=("checkpoint", "held")),
    "there": Quantity(present=("shelter", "prison")),
    "road_so_far": Quantity(crossed=("road",), cumulative=True),
}


def figures_of(scenario: Scenario, rows: list[dict[str, Any]]) -> Scenario:
    blank = {name: "" for name in scenario.observations.columns}
    table = pd.DataFrame([blank | {"kind": "stock", "unit": "people"} | row for row in rows])
    for name in ("date_from", "date_to"):
        table[name] = pd.to_datetime(table[name])
    numbers = {name: pd.to_numeric(table[name]) for name in ("value", "low", "high") if name in table}
    return scenario.with_table("observations", table.assign(**numbers))


def valued(scenario: Scenario, values: Floats, luck: np.random.Generator) -> Scenario:
    """The scenario with these figures, a few of them as ranges; each names itself."""
    ranged = (luck.random(len(values)) < 0.15) & (values >= 2 * FEW)
    table = scenario.observations.reset_index(drop=True).assign(
        value=np.where(ranged, np.nan, values),
        low=np.where(ranged, np.floor(0.9 * values), np.nan),
        high=np.where(ranged, np.ceil(1.1 * values), np.nan),
        reported_by=[f"r{row}" for row in range(len(values))],
    )
    return scenario.with_table("observations", table)


def truth(sums: Floats, luck: np.random.Generator) -> Floats:
    """Made-up numbers of people: none, few, or many."""
    size = sums.shape[1]
    many = luck.integers(10, 300, size)
    return np.where(luck.random(size) < 0.5, luck.integers(0, 10, size), many).astype(float)


def random_scenario(seed: int) -> tuple[Scenario, Floats, Floats]:
    """A small scenario with figures by place, area, country, group and span, and what they are sums of."""
    luck = np.random.default_rng(seed)
    small = small_scenario()
    outputs = small.settings.outputs.model_copy(update={"quantities": GROUPS})
    places = small.places.assign(area=small.places["place"].map(AREAS))
    small = small.with_settings(small.settings.model_copy(update={"outputs": outputs})).with_table(
        "places", places
    )
    rows: list[dict[str, Any]] = []
    for before, day in zip([pd.Timestamp("2021-01-13"), *DAYS], DAYS, strict=False):
        at = [{"quantity": "present", "place": place} for place in AREAS]
        over = [{"quantity": "present", "area": area} for area in ("B1", "BBB", "total")]
        rows += [
            one | {"date_from": day} for one in [*at, *over, {"quantity": "there"}] if luck.random() < 0.85
        ]
        span = {"date_from": before + pd.Timedelta(days=1), "date_to": day, "kind": "flow"}
        rows += [
            {"quantity": name} | span for name in ("all", "first", "second", "both") if luck.random() < 0.8
        ]
        so_far = [
            {"quantity": name, "date_from": day, "kind": "cumulative"}
            for name in ("first", "all", "road_so_far")
        ]
        rows += [one for one in so_far if luck.random() < 0.6]
    whole = {"date_from": DAYS[0] - pd.Timedelta(days=2), "date_to": DAYS[-1], "kind": "flow"}
    rows += [{"quantity": name} | whole for name in ("all", "second")]
    small = figures_of(small, rows)
    sums = sums_of(small)
    values = sums @ truth(sums, luck)
    return valued(small, values, luck), sums, values


def until(scenario: Scenario, day: pd.Timestamp) -> Scenario:
    """The scenario as it could be published on a day."""
    table = scenario.observations
    ends = table["date_to"].fillna(table["date_from"])
    return scenario.with_table("observations", table[ends <= day].reset_index(drop=True))


def attack(scenario: Scenario, sums: Floats, values: Floats, *, complementary: bool) -> tuple[int, list[int]]:
    """How many counts were to be kept, and which of them all publications together give away."""
    whole = observations(scenario)
    days = sorted(whole["end"].unique())
    published = [told_observations(until(scenario, day), complementary=complementary) for day in days[-4:]]
    known = known_from(published)
    under = np.array([not is_national(scenario, figure) for figure in whole.itertuples(index=False)])
    few = np.flatnonzero(under & (values > 0) & (values < FEW)).tolist()
    assert not set(few) & set(known)
    secrets = [sums[k] for k in few] + implied(sums, whole[under])
    return len(secrets), recovered(sums, known, secrets)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_withheld_can_be_recovered(seed: int) -> None:
    scenario, sums, values = random_scenario(seed)
    secrets, found = attack(scenario, sums, values, complementary=True)
    assert secrets > 5
    assert found == []
    told = told_observations(scenario)
    assert not told["withheld"].all()


def test_without_complementary_suppression_the_attack_succeeds() -> None:
    """So the attack can succeed, and what is withheld beyond the few is needed."""
    kept = [attack(*random_scenario(seed), complementary=False) for seed in range(2)]
    assert all(len(found) > secrets / 3 for secrets, found in kept)


@pytest.mark.parametrize("name", sorted(packaged_titles()))
def test_figures_shaped_as_those_of_packaged_scenarios_keep_theirs(name: str) -> None:
    scenario, luck = read_scenario(name), np.random.default_rng(1)
    sums = sums_of(scenario)
    values = sums @ truth(sums, luck)
    scenario = valued(scenario, values, luck)
    assert attack(scenario, sums, values, complementary=True)[1] == []

"""The central run against the mean of 10,000 replicates: equal where rules are linear in counts, elsewhere the gap.

Every cell that expects enough people must lie within six standard errors of the mean: a false alarm has a chance of
2e-9 a cell, below 1e-5 for all of about 4,000.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.journeys import road

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.result import Result
from travesia.scenario import Scenario

REPLICATES = 10_000
FURTHEST = 6.0


def at_medians(scenario: Scenario) -> Scenario:
    """The scenario with every parameter at its median and no shocks, so that only the draws are left."""
    fixed = {name: p.model_copy(update={"prior": None}) for name, p in scenario.settings.parameters.items()}
    movement = scenario.settings.movement.model_copy(update={"route_concentration": None})
    settings = scenario.settings.model_copy(update={"parameters": fixed, "movement": movement})
    calm = replace(scenario, settings=settings)
    for table in ("measures", "departures"):
        calm = calm.with_table(table, scenario.tables[table].assign(concentration=np.nan))
    return calm


def distances(mean: Result, runs: Result, variable: str, at_least: float = 2.0) -> tuple[np.ndarray, float]:
    """Distances in standard errors of the cells that expect enough people, and the share of people misplaced."""
    draws, wanted = runs.total(variable).values.astype(float), mean.total(variable).values[0]
    error = draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
    tall = wanted >= at_least
    z = (wanted - draws.mean(axis=0))[tall] / np.maximum(error[tall], 1e-9)
    gap = abs(wanted - draws.mean(axis=0)).sum() / 2 / max(wanted.sum(), 1.0)
    return z[error[tall] > 0], float(gap)


def test_a_journey_with_linear_rules() -> None:
    measures = [
        {"measure": "stop", "kind": "block", "place": "post", "share": 0.4},
        {"measure": "catch", "kind": "detain", "leg": "second", "share": 0.2, "target": "cell"},
        {
            "measure": "deport",
            "kind": "return",
            "place": "cell",
            "share": 0.3,
            "target": "town",
            "mean_days": 2.0,
        },
        {"measure": "again", "kind": "retry", "place": "town", "share": 0.5},
        {"measure": "drown", "kind": "harm", "leg": "first", "share": 0.03},
    ]
    made = road(*measures, days=12, leg_bins_per_day=3, speed_km_per_day={"walk": 23.0}, give_up_per_day=0.1)
    mean, runs = simulate(made, expected=True), simulate(made, replicates=REPLICATES, seed=1)
    for variable in ("people", "in_transit", "crossed", "events", "outcomes"):
        z, gap = distances(mean, runs, variable)
        print(
            f"road, {variable}: {len(z)} cells, largest |z| {abs(z).max(initial=0):.2f}, misplaced {gap:.5f}"
        )
        assert abs(z).max(initial=0) < FURTHEST


def test_flee_without_capacities(cases: Path) -> None:
    values = {"hasten": "100", "capacities": "blank"}
    made = read_scenario(cases / "mali2012", settings=cases / "settings" / "plain.yml", values=values)
    mean, runs = simulate(made, expected=True), simulate(made, replicates=REPLICATES, seed=1)
    z, gap = distances(mean, runs, "people", at_least=200.0)
    print(
        f"mali2012 plain, capacities blank: {len(z)} cells, largest |z| {abs(z).max():.2f}, misplaced {gap:.5f}"
    )
    assert abs(z).max() < FURTHEST


@pytest.mark.parametrize("settings", ["plain", "modern125"])
def test_the_gap_where_capacity_binds(cases: Path, settings: str) -> None:
    values = {"hasten": "100"}
    made = read_scenario(cases / "mali2012", settings=cases / "settings" / f"{settings}.yml", values=values)
    mean, runs = simulate(made, expected=True), simulate(made, replicates=1000, seed=1)
    _, gap = distances(mean, runs, "people")
    print(f"mali2012 {settings}, capacities as given: share of people misplaced by the central run {gap:.4f}")
    assert gap < 0.05


def test_the_gap_of_the_caravan() -> None:
    made = at_medians(read_scenario("caravan-2021"))
    mean, runs = simulate(made, expected=True), simulate(made, replicates=1000, seed=1)
    _, gap = distances(mean, runs, "people")
    print(f"caravan-2021 at medians without shocks: share of people misplaced by the central run {gap:.4f}")
    assert gap < 0.02

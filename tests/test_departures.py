"""Departures: known numbers, those present, rates on drivers, observed rises; shocks, groups, parties, destinations."""

from __future__ import annotations

from math import exp, floor

import numpy as np
import pytest
from journeys import FAMILIES, MARCH, PLACES, central, road, series
from scipy import special
from verification.networks import on, table

from travesia.ensemble import simulate
from travesia.scenario import GroupValue, Parameter

THERE = {"departure": "there", "kind": "present", "place": "post", "people": 100}


def departed(*rows: dict[str, object], seed: int | None = None, **cells: object) -> list[float]:
    """People who start, by day."""
    made = road(departures=rows, **cells)  # type: ignore[arg-type]
    return series(central(made) if seed is None else simulate(made, seed=seed), "departed").tolist()


def test_known_numbers_leave_evenly_and_in_full() -> None:
    assert departed(MARCH | {"people": 10, "date_from": on(1), "date_to": on(3)}, seed=1) == [0, 3, 4, 3]
    assert departed(MARCH | {"people": "many"}, parameters={"many": Parameter(value=7.0)}) == [7, 0, 0, 0]
    assert departed(MARCH | {"people": 9, "date_from": on(-2), "date_to": on(0)}) == pytest.approx(
        [3, 0, 0, 0]
    )
    assert departed(THERE) == [100, 0, 0, 0]


def test_a_rate_follows_its_drivers() -> None:
    row = {
        "departure": "r",
        "kind": "rate",
        "place": "town",
        "rate_per_day": 0.1,
        "drivers": "heat=effect;rain=-1",
    }
    drivers = [
        {"driver": "heat", "place": "town", "date": on(1), "value": "hot"},
        {"driver": "heat", "date": on(2), "value": 9.0},  # what is known of the town itself goes before
        {"driver": "rain", "date": on(3), "value": 0.5},
    ]
    parameters = {"effect": Parameter(value=0.2), "hot": Parameter(value=2.0)}
    wanted = [100, 100 * exp(0.4), 100 * exp(0.4), 100 * exp(-0.1)]
    assert departed(row, drivers=drivers, parameters=parameters) == pytest.approx(wanted)


def test_a_rate_is_poisson_and_its_shock_gamma() -> None:
    """Variance: the mean, and with concentration c the mean + mean²/c; 4,000 draws, the ratio within 15 %."""
    row = {"departure": "r", "kind": "rate", "place": "town", "rate_per_day": 0.05}
    for cells, variance in (({}, 50.0), ({"concentration": 5.0}, 50.0 + 50.0**2 / 5)):
        result = simulate(road(departures=[row | cells], days=100), replicates=40, seed=1)
        numbers = series(result, "departed")
        assert numbers.mean() == pytest.approx(50.0, abs=5 * np.sqrt(variance / 4000))
        assert numbers.var(ddof=1) / variance == pytest.approx(1.0, abs=0.15)


def test_a_known_number_has_one_shock_for_all_its_days() -> None:
    """Gamma of mean 1 and shape 4: 500 replicates against its quartiles, standard error 0.02 of each share."""
    row = MARCH | {"people": 90_000, "date_to": on(2), "concentration": 4.0}
    numbers = series(simulate(road(departures=[row]), replicates=500, seed=1), "departed")
    assert (abs(numbers[:, 0] - numbers[:, 1]) <= 1).all()
    shock = numbers.sum(axis=1) / 90_000
    for q in (0.25, 0.5, 0.75):
        assert np.mean(shock < special.gammaincinv(4, q) / 4) == pytest.approx(q, abs=0.1)


def test_observed_rises_leave_the_places_in_conflict() -> None:
    made = road(
        departures=[{"departure": "o", "kind": "observed"}],
        drivers=[{"driver": "conflict", "place": "town", "date": on(0), "value": 1.0}],
    )
    rows = [
        {"quantity": "present", "place": "city", "date_from": on(day), "value": value, "kind": "stock"}
        for day, value in ((0, 10), (1, 40), (2, 20), (3, 60))
    ]
    result = simulate(made.with_table("observations", table("observations", rows)), seed=1)
    assert series(result, "departed").sum() >= 50
    assert (result.accounts()["missing"] == 0).all()


def test_left_over_people_travel_in_the_smallest_party() -> None:
    made = road(groups=FAMILIES, departures=[MARCH | {"people": 20}], days=1)
    left = simulate(made, seed=1).data["departed"].isel(replicate=0, date=0)
    assert left.sel(travel="family").item() == 3 * floor(20 / 3)
    assert left.sel(travel="alone").item() == 2  # adults rather than children alone


def test_destinations_follow_the_row_that_says_most() -> None:
    heading = [
        {"destination": "city", "share": 1.0},
        {"groups": "caravan=main", "destination": "city", "share": "part"},
        {"groups": "caravan=main", "destination": "post", "share": 0.75},
    ]
    made = road(destinations=heading, groups=FAMILIES, parameters={"part": Parameter(value=0.25)}, days=1)
    assert series(central(made), "crossed", "post>city")[0] == pytest.approx(250)


def test_values_a_row_selects_share_its_people() -> None:
    groups = {"travel": FAMILIES["travel"] | {"family": GroupValue(adults=2, children=1, share=0.5)}}
    for selector, wanted in (
        ("travel=child", [0, 0, 1000]),  # its share is 0, but the row names it
        ("travel=family;travel=child", [0, 1000, 0]),
        ("travel=alone;travel=child", [500, 0, 500]),
    ):
        made = road(groups=groups, departures=[MARCH | {"groups": selector}], days=1)
        start = central(made).data["departed"].isel(replicate=0, date=0)
        assert start.values.tolist() == pytest.approx(wanted), selector


def test_population_and_rate_may_be_parameters() -> None:
    places = [place | ({"population": "many"} if place["place"] == "town" else {}) for place in PLACES]
    row = {"departure": "r", "kind": "rate", "place": "town", "rate_per_day": "often", "date_to": on(1)}
    parameters = {"many": Parameter(value=300.0), "often": Parameter(value=0.5)}
    assert departed(row, places=places, parameters=parameters) == pytest.approx([150, 150, 0, 0])

"""The forecasts themselves: naive methods by hand, the model on series whose end is known, intervals that fit."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from counted_folders import counted
from hypothesis import given, settings
from hypothesis import strategies as st

from travesia.forecasting import naive
from travesia.forecasting.ahead import combined, weigh
from travesia.forecasting.growth import CANDIDATES, Candidate, candidates_at, damped, growths, network_shares
from travesia.forecasting.methods import MODEL, forecasts
from travesia.forecasting.past import Pairs, Past, Signals, pairs, past_origins, said
from travesia.forecasting.records import Series
from travesia.forecasting.smoothing import smoothed
from travesia.forecasting.spread import LEVELS, members


def past_with(*series: Series, origin: int, nearness: tuple[float, ...] = ()) -> Past:
    """A past with these counts; nothing is known of the network but nearness."""
    places = len(series)
    pull = np.tile(np.array(nearness or (1.0,) * places), (origin + 1, 1))
    return Past(origin, series, Signals(np.ones(origin + 1), pull, pull**2, np.zeros((origin + 1, places))))


def line(place: str, slope: float, *, days: int, every: int = 5, first: float = 100.0) -> Series:
    at = np.arange(0, days + 1, every)
    return Series(place, at, first + slope * at)


def test_naive_methods_by_hand() -> None:
    past = past_with(line("a", 10, days=20), line("b", 0, days=20, first=300), origin=20, nearness=(1, 3))
    ahead = np.array([30, 40])
    assert naive.last_value(past, ahead).tolist() == [[300, 300], [300, 300]]
    assert naive.drift(past, ahead).tolist() == [[400, 500], [300, 300]]
    assert naive.last_shares(past, ahead).tolist() == [[350, 400], [350, 400]]
    assert naive.by_distance(past, ahead).tolist() == [[325, 350], [375, 450]]
    assert naive.by_gravity(past, ahead).tolist() == [[310, 320], [390, 480]]


def test_a_falling_total_falls_everywhere() -> None:
    past = past_with(line("a", -10, days=20, first=500), line("b", 0, days=20, first=300), origin=20)
    assert (
        naive.by_distance(past, np.array([40])).tolist() == naive.last_shares(past, np.array([40])).tolist()
    )
    assert naive.drift(past, np.array([400]))[0, 0] == 0


def test_smoothing_follows_a_trend_and_holds_what_is_short() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rising = smoothed(line("a", 10, days=200), np.array([207, 230]), step_days=7)
        assert rising == pytest.approx([2170, 2400], rel=0.05)
        assert smoothed(line("a", 10, days=20), np.array([50]), step_days=7).tolist() == [300]
        assert smoothed(line("a", 0, days=200), np.array([250]), step_days=7).tolist() == [100]


def test_damped_growth_fades() -> None:
    grown = damped(np.array([0.0, 30.0, 1e6]))
    for one, row in zip(CANDIDATES, grown, strict=True):
        assert row[0] == 0
        assert row[2] == pytest.approx(one.damping_days)
        assert row[1] <= min(30.0, max(one.damping_days, 0.0)) + 1e-9


def seen_days(past: Past, one: Candidate) -> float:
    """How many days of growth were seen, by their weights: from the first count to the last."""
    days = np.arange(1, past.last_day[0] + 1)
    return float((0.5 ** ((past.origin - days) / one.memory_days)).sum())


def test_growth_of_straight_lines_is_their_slope_but_for_calm_days() -> None:
    past = past_with(line("a", 10, days=100), line("b", 30, days=100), origin=104, nearness=(3, 1))
    assert network_shares(past).tolist() == [0.75, 0.25]
    for one, row in zip(CANDIDATES, growths(past), strict=True):
        seen = seen_days(past, one)
        network = one.record_days / (one.record_days + 100)
        straight = (1 - network) * np.array([10, 30]) + network * np.array([30, 10])
        assert row == pytest.approx(straight * seen / (seen + one.calm_days))
    grown = candidates_at(past, np.array([0, 1]), np.array([110, 110])) - past.last
    for one, slope, row in zip(CANDIDATES, growths(past), grown, strict=True):
        fade = one.damping_days * -np.expm1(-10 / one.damping_days) if one.damping_days else 0.0
        assert row == pytest.approx(slope * fade)


def test_growth_driven_by_conflict_follows_the_number_of_places() -> None:
    past = past_with(line("a", 10, days=100), origin=100)
    past.signals.conflict[-1] = 3.0  # two more places from today on
    for one, row in zip(CANDIDATES, growths(past), strict=True):
        seen = seen_days(past, one)
        calm = seen / (seen + one.calm_days)
        driven = 3 * seen / (seen + 2 + 3 * one.calm_days)  # the last of the days seen had 3
        assert row[0] == pytest.approx(10 * (driven if one.driven else calm))


def test_a_jump_from_a_first_0_is_no_trend() -> None:
    jump = Series("a", np.array([0, 50, 60]), np.array([0.0, 9000.0, 9000.0]))
    assert (growths(past_with(jump, origin=60)) == 0).all()


def test_candidates_that_did_better_weigh_more() -> None:
    of = Pairs(np.zeros(8, int), np.arange(0, 80, 10), np.full(8, 15), np.full(8, 100.0))
    weights = weigh(np.stack([np.full(8, 101.0), np.full(8, 150.0)]), of, known=85)
    assert weights[1, 0] > 0.99
    # of nothing that could be checked by then, nothing is learnt
    assert weigh(np.stack([np.full(8, 101.0), np.full(8, 150.0)]), of, known=10).tolist() == [[0.5, 0.5]] * 5


def test_a_past_forecast_uses_only_its_own_past(tmp_path: Path) -> None:
    from travesia.forecasting.signals import past_on

    past = past_on(counted(tmp_path), 150)
    of = pairs(past, longest=100)
    _, before = combined(past, of, np.array([180]))
    for origin in past_origins(past)[3:8:2]:
        then = past.until(origin)
        here = of.origin == origin
        now, _ = combined(then, pairs(then, longest=100), np.unique(of.lead[here]) + origin)
        assert here.any()
        row = np.searchsorted(np.unique(of.lead[here]), of.lead[here])
        assert before[here] == pytest.approx(now[of.place[here], row])


def test_intervals_are_as_wide_as_past_errors() -> None:
    rng = np.random.default_rng(5)
    size = 4000
    of = Pairs(rng.integers(0, 2, size), rng.integers(0, 40, size) * 10, np.full(size, 30), np.zeros(size))
    noise = rng.normal(0, np.where(of.place == 0, 1.0, 4.0))
    before = np.full(size, 2500.0)
    of = of._replace(came=(50 + noise) ** 2)
    found = members(np.full((2, 1), 2500.0), np.array([30]), before, of)
    assert found[:, 0, 49] == pytest.approx(2500)  # the median is what the method says
    width = np.sqrt(found[:, 0, 89]) - np.sqrt(found[:, 0, 9])
    # 14 periods of its own beside 10 of both: (14 × 16 + 10 × 8.5) / (14 × 1 + 10 × 8.5)
    assert width[1] / width[0] == pytest.approx(np.sqrt(309 / 99), rel=0.1)
    assert LEVELS[[9, 89]].tolist() == [0.1, 0.9]


def test_errors_at_far_horizons_do_not_move_the_median() -> None:
    lead = np.array([100, 100, 1, 1, 1])
    of = Pairs(np.zeros(5, int), np.arange(5) * 10, lead, np.array([4000.0, 900.0, 2400.0, 2450.0, 2550.0]))
    found = members(np.full((1, 1), 1e6), np.array([100]), np.full(5, 2500.0), of)
    assert found[0, 0, 49] == 1e6


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
@settings(max_examples=20)
def test_no_error_comes_or_goes_from_one_horizon_to_the_next(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    lead = rng.integers(1, 120, size)
    of = Pairs(np.zeros(size, int), rng.integers(0, 300, size), lead, rng.uniform(0, 1e4, size))
    before = np.full(size, 2500.0)
    edge = np.concatenate([lead / 1.5, lead * 1.5, lead])
    just_before, just_after = (
        members(np.full((1, edge.size), 1e6), edge * (1 + sign * 1e-9), before, of) for sign in (-1, 1)
    )
    assert just_after == pytest.approx(just_before, rel=5e-3)


def test_without_a_past_errors_are_as_in_other_conflicts() -> None:
    nothing = Pairs(*(np.zeros(0, int) for _ in range(3)), np.zeros(0))
    assert members(np.array([[40.0]]), np.array([7]), np.zeros(0), nothing).ravel() == pytest.approx(40)
    found = members(np.array([[400.0]]), np.array([7]), np.zeros(0), nothing, usual=np.array([0.1]))
    # a tenth of the root of 400 is 2: 80 % of a normal distribution are within 1.2816 times that
    assert np.sqrt(found[0, 0, [9, 49, 89]]) == pytest.approx([20 - 2.5631, 20, 20 + 2.5631], abs=1e-3)


def test_every_method_gives_ordered_quantiles(tmp_path: Path) -> None:
    from travesia.forecasting.signals import past_on

    past = past_on(counted(tmp_path), 120)
    found = forecasts(past, np.array([127, 150, 210]))
    assert sorted(found) == sorted([MODEL, *naive.NAIVE])
    for array in found.values():
        assert array.shape == (2, 3, 99)
        assert (np.diff(array, axis=2) >= 0).all()
        assert (array >= 0).all()
        width = array[:, :, 89] - array[:, :, 9]
        assert (width[:, 2] > width[:, 0]).all()


def test_what_a_method_would_have_said_is_what_it_said(tmp_path: Path) -> None:
    from travesia.forecasting.signals import past_on

    past = past_on(counted(tmp_path), 120)
    of = pairs(past, longest=60)
    found = said(naive.drift, past, of)
    k = int(np.flatnonzero(of.origin > 50)[0])
    then = past.until(int(of.origin[k]))
    assert found[k] == naive.drift(then, np.array([of.origin[k] + of.lead[k]]))[of.place[k], 0]

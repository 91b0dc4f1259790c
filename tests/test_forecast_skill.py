"""Scores of forecasts: against their definitions and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from travesia.errors import UsageError
from travesia.forecasting import skill

PEOPLE = st.floats(0, 1e6)


@given(arrays(float, 7, elements=PEOPLE), PEOPLE)
def test_crps_is_the_area_between_the_two_distributions(members: np.ndarray, came: float) -> None:
    points = np.sort(np.append(members, came))
    below = (members[:, None] <= points[:-1]).mean(axis=0)
    area = ((below - (came <= points[:-1])) ** 2 * np.diff(points)).sum()
    assert skill.crps(members[None], [came])[0] == pytest.approx(area, rel=1e-6, abs=1e-6)


def test_scores_of_one_number_are_its_error() -> None:
    assert skill.crps([[30.0]], [50.0])[0] == 20
    assert skill.log_crps([[0.0]], [np.e - 1])[0] == pytest.approx(1)
    assert skill.energy_score([[[0.0, 0.0]]], [[3.0, 4.0]])[0] == pytest.approx(5)
    assert skill.upper_tail_crps([[30.0]], [50.0], 40.0)[0] == 10
    assert skill.upper_tail_crps([[30.0]], [35.0], 40.0)[0] == 0


def test_energy_of_one_place_is_the_crps() -> None:
    members = np.array([1.0, 4.0, 9.0, 20.0])
    assert skill.energy_score(members[None, :, None], [[6.0]])[0] == pytest.approx(
        skill.crps(members[None], [6.0])[0]
    )


def test_coverage_and_pit_of_a_calibrated_forecast() -> None:
    members = np.repeat(np.arange(1, 100)[None] / 100, 999, axis=0)
    came = np.arange(1, 1000) / 1000
    inside = skill.covered(members, came)
    assert {level: round(float(found.mean()), 2) for level, found in inside.items()} == {
        0.5: 0.49,
        0.8: 0.79,
        0.95: 0.93,
    }
    found = skill.pit(members, came)
    assert np.histogram(found, bins=4, range=(0, 1))[0].tolist() == pytest.approx([250] * 4, abs=6)


def test_mase_compares_with_the_steps_of_the_past() -> None:
    assert skill.mase([10.0, -30.0], [np.array([0.0, 5.0, 15.0]), np.array([7.0, 2.0])]) == pytest.approx(
        20 / (20 / 3)
    )
    assert np.isnan(skill.mase([1.0], [np.array([3.0, 3.0])]))
    assert np.isnan(skill.mase([1.0], []))


@pytest.mark.parametrize("members", [[1.0, 2.0], [[], []], [[1.0], [2.0], [3.0]]])
def test_shapes_that_do_not_fit_are_refused(members: list[object]) -> None:
    with pytest.raises(UsageError, match="give \\[forecast, member\\]"):
        skill.crps(members, [1.0, 2.0])


def test_shapes_of_several_places_are_checked() -> None:
    with pytest.raises(UsageError, match="place"):
        skill.energy_score([[1.0]], [1.0])

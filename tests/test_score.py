"""The averaged relative difference against closed forms and identities."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from fake_result import make_result, make_scenario
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from travesia.errors import UsageError
from travesia.score import ard, scores


def one(simulated: list[list[float]], observed: list[list[float]]) -> tuple[float, float]:
    rescaled, normal = ard([simulated], observed)
    return float(rescaled[0]), float(normal[0])


def test_by_hand() -> None:
    # day 0: 60/40 against 50/50 of 100; day 1: 100/100 against 300/100 of 400, rescaled 200/200
    rescaled, normal = one([[60, 40], [100, 100]], [[50, 50], [300, 100]])
    assert normal == pytest.approx((20 / 100 + 200 / 400) / 2)
    assert rescaled == pytest.approx((20 / 100 + 200 / 400) / 2)
    rescaled, normal = one([[30, 10]], [[60, 40]])
    assert normal == pytest.approx(60 / 100)
    assert rescaled == pytest.approx(30 / 100)


def test_nobody_simulated_and_nobody_observed() -> None:
    assert one([[0, 0]], [[10, 30]]) == (1, 1)
    assert one([[0, 0]], [[0, 0]]) == (0, 0)
    # without observed people the divisor is 1: the normal score counts people, the rescaled one nothing
    assert one([[3, 4]], [[0, 0]]) == (0, 7)


def test_all_in_the_wrong_place_is_two() -> None:
    assert one([[100, 0]], [[0, 100]]) == (2, 2)
    assert one([[1, 0]], [[0, 100]])[0] == 2


def test_replicates_are_scored_one_by_one() -> None:
    rescaled, _ = ard([[[50, 50]], [[100, 0]]], [[50, 50]])
    assert rescaled.tolist() == [0, 1]


counts = arrays(np.int64, (4, 3), elements=st.integers(0, 10**6))


@given(counts, counts, st.integers(2, 50))
def test_identities(sim: np.ndarray, obs: np.ndarray, factor: int) -> None:
    rescaled, normal = ard(sim[None], obs)
    assert 0 <= rescaled[0] <= 2 + 1e-9
    assert ard(obs[None], obs)[1][0] == 0
    assert ard(sim[None] * factor, obs)[0][0] == pytest.approx(rescaled[0])
    if np.array_equal(sim.sum(axis=1), obs.sum(axis=1)):
        assert rescaled[0] == pytest.approx(normal[0])
    if (obs.sum(axis=1) > 0).all():
        assert ard(sim[None] * factor, obs * factor)[1][0] == pytest.approx(normal[0])


@pytest.mark.parametrize("shape", [(2, 3), (1, 4, 3), (1, 3, 4)])
def test_shapes_that_do_not_fit(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="shape"):
        ard(np.zeros(shape), np.zeros((3, 3)))


def camps(values: dict[str, float]) -> list[dict[str, object]]:
    return [
        {"quantity": "present", "place": place, "date_from": day, "value": value, "source": "assumption"}
        for place, value in values.items()
        for day in ("2021-01-14", "2021-02-02")
    ]


PLACES = (
    ("zone", "Zone", "town", "A", 1.0, 1.0),
    ("north", "North", "camp", "B", 2.0, 1.0),
    ("south", "South", "camp", "B", 0.0, 1.0),
)
LEGS = (("zone>north", "zone", "north", 50.0), ("zone>south", "zone", "south", 70.0))


@pytest.mark.parametrize("rule", ["flee", "goal"])
def test_scores_of_a_result(rule: str) -> None:
    observed = {"north": 600.0, "south": 405.0}
    scenario = make_scenario(
        rule=rule,  # type: ignore[arg-type]
        places=PLACES,
        legs=LEGS,
        observations=camps(observed),
        quantities={},
    )
    result = make_result(scenario, replicates=2)
    people = np.zeros(result.data["people"].shape, dtype=np.int64)
    people[:, :, 1, 0], people[0, :, 2, 0], people[1, :, 2, 1] = 600, 400, 200
    data = result.data.assign(people=(result.data["people"].dims, people))
    found = scores(replace(result, data=data))
    # Flee works in units of hasten (10) people and cuts the observed 405 to 40 of them
    south = 400 if rule == "flee" else 405
    total = 600 + south
    normal = [(abs(400 - south)) / total, abs(200 - south) / total]
    assert found["ard_normal"] == pytest.approx(np.mean(normal))
    shares = [600 / 1000, 600 / 800]
    rescaled = [2 * abs(share - 600 / total) for share in shares]
    assert found["ard_rescaled"] == pytest.approx(np.mean(rescaled))
    assert all(math.isfinite(value) for value in found.values())


def test_without_observed_places_there_is_no_score() -> None:
    assert scores(make_result()) == {}
    only_total = [{"quantity": "present", "area": "total", "date_from": "2021-01-14", "value": 9}]
    assert scores(make_result(make_scenario(observations=only_total))) == {}


@pytest.mark.parametrize("rule", ["flee", "goal"])
def test_only_camps_are_scored(rule: str) -> None:
    town = camps({"zone": 50.0})
    towns_alone = make_scenario(rule=rule, places=PLACES, legs=LEGS, observations=town, quantities={})  # type: ignore[arg-type]
    assert scores(make_result(towns_alone)) == {}
    with_camp, without_town = (
        make_scenario(rule=rule, places=PLACES, legs=LEGS, observations=rows, quantities={})  # type: ignore[arg-type]
        for rows in ([*town, *camps({"north": 600.0})], camps({"north": 600.0}))
    )
    found = scores(make_result(with_camp))
    assert found == scores(make_result(without_town))
    assert set(found) == {"ard_rescaled", "ard_normal"}

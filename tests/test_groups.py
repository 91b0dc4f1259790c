"""Groups: the share of each is the product of the shares of its values, in the order of the groups."""

from __future__ import annotations

import math
from itertools import product

import pytest
from factory import small_scenario

from travesia.groups import Groups
from travesia.movement.people import shares_at
from travesia.scenario import GroupValue, Scenario


def with_groups(groups: dict[str, dict[str, GroupValue]]) -> Scenario:
    scenario = small_scenario()
    return scenario.with_settings(scenario.settings.model_copy(update={"groups": groups}))


def test_shares_are_products_in_the_order_of_the_groups() -> None:
    scenario = with_groups(
        {
            "gender": {"female": GroupValue(share=0.6), "male": GroupValue()},
            "age": {"young": GroupValue(), "old": GroupValue(share=0.1), "middle": GroupValue(share=0.7)},
            "speed": {"slow": GroupValue(share=0.25), "fast": GroupValue(share=0.75)},
        }
    )
    by_value = {
        "gender": {"female": 0.6, "male": 0.4},
        "age": {"young": 1 - 0.8, "old": 0.1, "middle": 0.7},
        "speed": {"slow": 0.25, "fast": 0.75},
    }
    groups = Groups.of(scenario.settings)
    wanted = [
        math.prod(by_value[a][v] for a, v in zip(by_value, values, strict=True)) for values in groups.values
    ]
    assert list(groups.values) == list(product(*by_value.values()))
    assert groups.shares({}) == pytest.approx(wanted, rel=1e-12)
    assert shares_at(groups, scenario, "home") == pytest.approx(wanted, rel=1e-12)
    chosen = shares_at(groups, scenario, "home", "age=old;age=middle;gender=male")
    for share, (gender, age, speed) in zip(chosen, groups.values, strict=True):
        part = {"old": 0.125, "middle": 0.875}.get(age, 0.0) * (gender == "male")
        assert share == pytest.approx(part * by_value["speed"][speed])


def test_homes_are_where_people_start() -> None:
    names = [f"place{number}" for number in range(20)]
    scenario = with_groups({"home": {name: GroupValue() for name in names}})
    groups = Groups.of(scenario.settings)
    for name in names:
        assert shares_at(groups, scenario, name).tolist() == [float(other == name) for other in names]

"""Settings and parameters given beside a scenario (`--set`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from factory import small_scenario, write_small_scenario

from travesia.errors import ScenarioError, UsageError
from travesia.folder import read_scenario
from travesia.overrides import override
from travesia.scenario import FleeSettings, GoalSettings, Parameter


def test_a_parameter_is_fixed() -> None:
    changed = override(small_scenario(), {"stopped": "0.5"})
    assert changed.settings.parameters["stopped"] == Parameter(value=0.5, source="report")


def test_movement_settings_are_typed() -> None:
    changed = override(
        small_scenario(), {"leg_cost": "2", "speed_km_per_day.bus": "300", "cost_per_day": "detour"}
    )
    assert isinstance(changed.settings.movement, GoalSettings)
    assert changed.settings.movement.leg_cost == 2.0
    assert changed.settings.movement.speed_km_per_day == {"walk": 30.0, "bus": 300.0}
    assert changed.settings.movement.cost_per_day == "detour"


def test_flee_settings_are_typed() -> None:
    scenario = small_scenario()
    flee = scenario.with_settings(scenario.settings.model_copy(update={"movement": FleeSettings()}))
    values = {"hasten": "100", "capacities": "blank", "insert_day0": "no", "conflict_spawn_decay": "1, 0.5"}
    movement = override(flee, values).settings.movement
    assert isinstance(movement, FleeSettings)
    assert (movement.hasten, movement.capacities, movement.insert_day0) == (100, "blank", False)
    assert movement.conflict_spawn_decay == (1.0, 0.5)


def test_lists_are_set_as_yaml_writes_them() -> None:
    scenario = small_scenario()
    flee = scenario.with_settings(
        scenario.settings.model_copy(update={"movement": FleeSettings(harvest_months=(3,))})
    )
    movement = override(
        flee, {"harvest_months": "[]", "major_routes": "[[a, b], [c, d, e]]"}
    ).settings.movement
    assert isinstance(movement, FleeSettings)
    assert movement.harvest_months == ()
    assert movement.major_routes == (("a", "b"), ("c", "d", "e"))
    with pytest.raises(UsageError, match=r"major_routes=\[\[a: the value does not fit"):
        override(flee, {"major_routes": "[[a"})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("stoped", "1", "no parameter or movement setting 'stoped'; did you mean 'stopped'?"),
        ("leg_bins_per_day", "many", "leg_bins_per_day=many: the value does not fit"),
        ("leg_bins_per_day", "0", "leg_bins_per_day=0: the value does not fit"),
        ("stopped", "nan", "stopped=nan: the value does not fit"),
        ("rule", "flee", "no parameter or movement setting 'rule'"),
        ("leg_cost.x", "1", "no parameter or movement setting 'leg_cost.x'"),
    ],
)
def test_a_value_that_cannot_be_set(name: str, value: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        override(small_scenario(), {name: value})
    assert str(refused.value).startswith(says)


def test_overridden_values_are_checked(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    assert read_scenario(folder, values={"stopped": "0.9"}).settings.parameters["stopped"].value == 0.9
    with pytest.raises(ScenarioError, match=r"'stopped' — above 1 \(the parameter is 2\)"):
        read_scenario(folder, values={"stopped": "2"})

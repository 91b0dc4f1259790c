"""Health: what quantities may watch of it, and every fault of its settings told with its cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from journeys import FAMILIES, MARCH, central, road
from test_health import HELD, SHUT, TREAT, at, sick
from verification.networks import on, random_flee

from travesia.headlines import headlines
from travesia.scenario import HealthSettings, Parameter, Quantity, Scenario
from travesia.store import read_run, write_run
from travesia.validate import validate

# --- rules

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "parameter": (
        {"reproduction_number": "R0"},
        "scenario.yaml, column health.reproduction_number: 'R0' — neither a number nor a parameter; "
        "write a number, or define the parameter",
    ),
    "below_0": (
        {"reproduction_number": -1.0},
        "scenario.yaml, column health.reproduction_number: '-1' — below 0; write 0 or more",
    ),
    "days": (
        {"infectious_days": 0.5},
        "scenario.yaml, column health.infectious_days: '0.5' — below 1 day; write 1 or more",
    ),
    "incubation": (
        {"incubation_days": 0.5},
        "scenario.yaml, column health.incubation_days: '0.5' — between 0 and 1 day; "
        "write 0 (infectious from the same night), or 1 or more",
    ),
    "share": (
        {"infectious_share_by_departure": {"march": 1.2}},
        "scenario.yaml, column health.infectious_share_by_departure.march: '1.2' — above 1; write a share from 0 to 1",
    ),
    "departure": (
        {"infectious_share_by_departure": {"mach": 0.2}},
        "scenario.yaml, column health.infectious_share_by_departure.mach: 'mach' — no such departure; "
        "did you mean 'march'?",
    ),
}


def problems(made: Scenario) -> list[str]:
    """The errors of a scenario, as they are told."""
    return [str(problem) for problem in validate(made) if problem.level == "error"]


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_is_wrong_is_said(name: str) -> None:
    settings, message = WRONG[name]
    assert problems(sick(road(departures=[MARCH | {"date_from": on(0)}]), **settings)) == [message]


def test_a_parameter_is_told_with_its_value() -> None:
    made = road(parameters={"long": Parameter(value=0.2)}, departures=[MARCH | {"date_from": on(0)}])
    assert problems(sick(made, infectious_days="long")) == [
        "scenario.yaml, column health.infectious_days: 'long' — below 1 day (the parameter is 0.2); write 1 or more"
    ]


def test_treatment_can_only_tell_travel_apart() -> None:
    march = MARCH | {"date_from": on(0)}
    made = road(SHUT, TREAT | {"groups": "caravan=main"}, groups=FAMILIES, departures=[march])
    assert problems(sick(made)) == [
        "measures.csv, row 3, column groups: 'caravan=main' — health is kept by place and travel, so nobody else "
        "can be told apart for treatment; name values of travel alone, or leave the cell empty"
    ]
    assert problems(made) == []


def test_rule_flee_has_no_health() -> None:
    made = random_flee(1)
    health = HealthSettings(disease="flu", reproduction_number=2.0, infectious_days=5.0)
    made = replace(made, settings=made.settings.model_copy(update={"health": health}))
    messages = [str(p) for p in validate(made) if "health" in str(p)]
    assert messages == [
        "scenario.yaml, column health: 'flu' — health is modelled with the rule goal alone; remove the section"
    ]


# --- quantities


def watching(made: Scenario, **quantities: Quantity) -> Scenario:
    outputs = made.settings.outputs.model_copy(update={"quantities": quantities})
    return made.with_settings(made.settings.model_copy(update={"outputs": outputs}))


def test_quantities_watch_illness(tmp_path: Path) -> None:
    made = watching(
        sick(road(HELD, days=8), reproduction_number=9.0, infectious_days=3.0, case_fatality=0.5),
        ill_now=Quantity(infectious=("cell", "town")),
        fell_ill=Quantity(ill=("cell",), cumulative=True),
        dead=Quantity(died_ill=("cell", "city")),
    )
    assert problems(made.with_table("departures", made.departures.assign(date_from=on(0)))) == []
    result = central(made)
    at_two = sum(np.array(at(result, "infectious", place)) for place in ("cell", "town"))
    assert result.quantity("ill_now").values[0] == pytest.approx(at_two)
    assert result.quantity("fell_ill").values[0] == pytest.approx(np.cumsum(at(result, "ill", "cell")))
    assert result.kind("ill_now") == "stock"
    assert [h.name for h in headlines(made)][:3] == ["died", "died_illness", "dead"]
    folder = write_run(result, tmp_path / "run")
    assert set(pd.read_csv(folder / "tables" / "quantities.csv")["quantity"]) == {
        "ill_now",
        "fell_ill",
        "dead",
    }
    assert read_run(folder).scenario.settings.outputs == made.settings.outputs
    dumped = Quantity(present=("town",)).model_dump(mode="json")
    assert not {"ill", "infectious", "died_ill"} & set(dumped)


def test_quantities_of_illness_need_a_disease() -> None:
    march = MARCH | {"date_from": on(0)}
    assert problems(watching(road(departures=[march]), q=Quantity(ill=("town",)))) == [
        "scenario.yaml, column outputs.quantities.q.ill: the scenario has no disease; add the section `health`, "
        "or remove it"
    ]
    made = sick(road(departures=[march]))
    assert problems(watching(made, q=Quantity(infectious=("toun",), ill=("town",)))) == [
        "scenario.yaml, column outputs.quantities.q.infectious: 'toun' — no such place; did you mean 'town'?",
        "scenario.yaml, column outputs.quantities.q: people present cannot be added to people passing; "
        "make two quantities of it",
    ]
    assert (
        "the infectious are among the people present"
        in problems(watching(made, q=Quantity(infectious=("town",), present=("town",))))[0]
    )

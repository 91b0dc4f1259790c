"""What drivers and the network say about where people go, from what was known on an origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from travesia.engine import Engine
from travesia.forecasting.origin import known_on
from travesia.forecasting.past import Floats, Ints, Past, Signals, past_of
from travesia.forecasting.prior import prior_for, usual_errors
from travesia.forecasting.records import records
from travesia.model import compile_model
from travesia.movement.conditions import conflict_by_day
from travesia.observed import TOTAL
from travesia.parameters import medians
from travesia.scenario import FleeSettings, Scenario
from travesia.schema import frame
from travesia.travel import directed_legs, shortest_km

AHEAD = 90
"""Days after the origin over which the simulator says where people go if conflicts persist."""
A_DAY = 1000
"""People who leave on each day of that run; only where they arrive counts."""


def past_on(scenario: Scenario, origin: int, *, conflicts_known: bool = False) -> Past:
    """What is known on an origin: the counts, and what drivers and the network say.

    scenario : of which nothing after the origin is used. origin : day of the run. conflicts_known : which places
    are in conflict later is used after all. Raises UsageError where the origin is outside the scenario.
    """
    day = scenario.settings.start + timedelta(days=origin)
    known = known_on(scenario, day, days=AHEAD, blank=True, conflicts_known=conflicts_known)
    series = [one for one in records(known) if one.seen]
    if not series:
        return Past(origin, (), Signals(np.zeros(origin + 1), *(np.zeros((origin + 1, 0)) for _ in range(3))))
    found = past_of(series, signals(known, [one.place for one in series]), origin)
    case = (scenario.name, scenario.settings.start)
    return replace(found, prior=prior_for(*case), usual=usual_errors(*case))


def signals(known: Scenario, places: Sequence[str]) -> Signals:
    """What a scenario cut at an origin says of some of its places. places : in the order of the arrays."""
    index = {name: row for row, name in enumerate(known.places["place"])}
    rows = np.array([index[place] for place in places], dtype=np.int64)
    found = pulls(known, rows)
    return replace(found, arrivals=_arrivals(known, rows))


def pulls(known: Scenario, rows: Ints) -> Signals:
    """What drivers and distances alone say: no arrivals. rows : of some places."""
    intensity = np.maximum(conflict_by_day(known).intensity, 0.0)
    fighting = (intensity > 0).astype(float)
    near = _reach(known, rows)
    people = known.places["population"].fillna(0).to_numpy(dtype=float)
    weight = intensity * (people if (fighting * people).sum() > 0 else 1.0)
    pull = [w @ _shares(near**power) for w, power in ((weight, 1), (fighting, 2))]
    return Signals(fighting.sum(axis=1), pull[0], pull[1], np.zeros((known.settings.days, rows.size)))


def _reach(scenario: Scenario, rows: Ints) -> Floats:
    """1 / km by the shortest way from every place to some of them [place, row]; 0 where there is none."""
    away = shortest_km(directed_legs(scenario), places=len(scenario.places))[:, rows]
    return np.asarray(np.where(np.isfinite(away), 1.0 / np.maximum(away, 1.0), 0.0), dtype=float)


def _shares(pull: Floats) -> Floats:
    """Each row over its sum."""
    whole = pull.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(pull, whole, out=np.zeros_like(pull), where=whole > 0), dtype=float)


def _arrivals(known: Scenario, rows: Ints) -> Floats:
    """People the central run brings to some places on each day [day, row]."""
    model = compile_model(_steady(known))
    found, _ = Engine(model).replicate(medians(known.settings), seed=0, replicate=0, expected=True)
    people = found["people"].sum(axis=2)[:, rows]
    return np.asarray(np.maximum(np.diff(people, axis=0, prepend=people[:1]), 0.0), dtype=float)


def _steady(known: Scenario) -> Scenario:
    """The scenario with people who leave at a steady rate, where observed totals would set them off."""
    movement = known.settings.movement
    if not (known.departures["kind"] == "observed").any() and not isinstance(movement, FleeSettings):
        return known
    days = known.settings.days
    last = known.settings.start + timedelta(days=days - 1)
    total: dict[str, list[object]] = {
        "quantity": ["present"] * 2,
        "area": [TOTAL] * 2,
        "date_from": [known.settings.start, last],
        "value": [0.0, float(A_DAY * (days - 1))],
    }
    changed = known.with_table("observations", frame("observations", total))
    if isinstance(movement, FleeSettings):
        calm = {"sum_from_camps": False, "empty_camps_on_day0": False, "capacities": "blank", "hasten": 1}
        movement = movement.model_copy(update=calm)
        return changed.with_settings(known.settings.model_copy(update={"movement": movement}))
    return changed

"""What the plain rule of Flee needs day by day, as arrays that a simulation of single persons can read.

The plain rule: awareness 1, no short stints, nobody on foot, no capacities, a full day's speed on every hop. The arrays
are taken from a compiled scenario, so that every program is given the same chances, ways and departures.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from travesia.model import Flight, compile_model
from travesia.policy import measures_of
from travesia.scenario import FleeSettings, Scenario
from travesia.travel import closed_legs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Persons(NamedTuple):
    """The rule as arrays; the ways out of place p are the legs way_start[p] to way_start[p + 1]."""

    speed: float  # km a day
    chance: Floats  # [day, place] to leave
    way_start: Ints  # [place + 1]
    end: Ints  # [way] place
    km: Floats  # [way]
    cumulative: Floats  # [day, way] probability of this way or one before it; rises to 1 within each place
    present: Ints  # [place] people there before day 0
    due: Ints  # [day] people who start
    origin: Floats  # [day, place] cumulative probability that they start there


def persons_of(scenario: Scenario) -> Persons:
    """The arrays of a scenario.

    scenario : of rule flee. Raises ValueError where it needs more than the plain rule.
    """
    _refuse_more(scenario)
    model = compile_model(scenario)
    flight = model.rule
    assert isinstance(flight, Flight)
    flee, conditions, starts = flight.flee, flight.conditions, flight.starts
    places, days = len(scenario.places), scenario.settings.days
    order = np.argsort(model.legs["start"].to_numpy(), kind="stable")
    start, end = (model.legs[name].to_numpy(dtype=np.int64)[order] for name in ("start", "end"))
    km = model.legs["km"].to_numpy(dtype=float)[order]
    closed = closed_legs(scenario, measures_of(scenario, "actual"), model.legs)[:, order]
    if (closed[1:] & ~closed[:-1]).any():
        raise ValueError("a leg closes during the run: people on it would have to be sent back")
    settings = scenario.settings.movement
    assert isinstance(settings, FleeSettings)
    weight = conditions.score[:, end] / (settings.softening + km) ** settings.distance_power * ~closed
    way_start = np.searchsorted(start, np.arange(places + 1)).astype(np.int64)
    chance, cumulative = conditions.sure + conditions.more, np.zeros_like(weight)
    for place in range(places):
        ways = slice(way_start[place], way_start[place + 1])
        total = weight[:, ways].sum(axis=1, keepdims=True)
        chance[:, place] *= total[:, 0] > 0
        cumulative[:, ways] = np.cumsum(weight[:, ways], axis=1) / np.where(total > 0, total, 1.0)
        cumulative[:, way_start[place + 1] - 1 : way_start[place + 1]] = 1.0
    present = np.zeros(places, dtype=np.int64)
    np.add.at(present, starts.present_place, starts.present_count.astype(np.int64))
    dealt = np.cumsum(starts.weight * starts.population, axis=1)
    return Persons(
        speed=flee.speed,
        chance=np.minimum(chance, 1.0),
        way_start=way_start,
        end=end,
        km=km,
        cumulative=cumulative,
        present=present,
        due=starts.due[:days].astype(np.int64),
        origin=dealt / np.maximum(dealt[:, -1:], 1e-300),
    )


def save(persons: Persons, path: Path) -> None:
    """Write the arrays to a file that NumPy reads without this package."""
    np.savez(path, **persons._asdict())


def _refuse_more(scenario: Scenario) -> None:
    settings = scenario.settings.movement
    assert isinstance(settings, FleeSettings)
    plain = settings.model_copy(
        update={
            "awareness_level": 1,
            "avoid_short_stints": False,
            "start_on_foot": False,
            "capacities": "blank",
            "full_speed_per_hop": True,
            "weight_power": 1.0,
            "weight_softening": 0.0,
            "movechance_pop_scale_factor": 0.0,
            "hasten": 1,
        }
    )
    different = [name for name in type(plain).model_fields if getattr(plain, name) != getattr(settings, name)]
    if different or "marker" in set(scenario.places["kind"]):
        raise ValueError(f"more than the plain rule: {', '.join(different) or 'markers'}")

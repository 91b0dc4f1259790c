"""Rule `flee`: conflict, scores, capacities and routes of every day, as the arrays of `flee_day.Flee`.

The rules are those of Flee's source on 14 May 2026 (Suleimenova, Bell and Groen 2017, doi:10.1038/s41598-017-13828-9,
for the idea; the source for the details).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.flee_day import Flee
from travesia.observed import daily_series, observed_rise
from travesia.scenario import FleeSettings, Scenario
from travesia.travel import active_on, closed_legs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
CAMPS = ("camp", "idp_camp")
LOWEST_MOVE_CHANCE = 0.005  # below it Flee silently makes a camp of a place
NO_CONFLICT = 1e-6


@dataclass(frozen=True)
class Routes:
    """Every route people can choose, by set of open legs (epoch) and place; remaining routes are interned.

    a : place and remaining route; the first `places` of them have none. q : leg and the route that remains at its end.
    q_back [q] : where people are whom a closed leg sends back: at its start, with what remains of their route.
    """

    a_place: Ints
    final_place: Ints
    q_leg: Ints
    q_arrive: Ints
    q_back: Ints
    option_start: Ints
    option_place: Ints
    option_km: Floats
    option_q: Ints
    next_q: Ints


@dataclass(frozen=True)
class Conflict:
    """Arrays [day, place]: intensity (−1 none) and the day it began; `changed` [day] where any began or ended."""

    intensity: Floats
    since: Floats
    changed: Bools


def _days_from_start(scenario: Scenario, dates: pd.Series) -> Ints:
    days = (pd.to_datetime(dates) - pd.Timestamp(scenario.settings.start)).dt.days
    return np.asarray(days, dtype=np.int64)


def conflict_by_day(scenario: Scenario) -> Conflict:
    """Conflict as Flee follows it: only changes between none and some act, and a later value is ignored until then."""
    days = scenario.settings.days
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    now = np.full(len(index), -1.0)
    began = np.full(len(index), -1.0)
    drivers = scenario.drivers[scenario.drivers["driver"] == "conflict"]
    at = _days_from_start(scenario, drivers["date"]) if len(drivers) else np.zeros(0, dtype=np.int64)
    rows = sorted(zip(at, range(len(at)), drivers["place"], drivers["value"].astype(float), strict=True))
    intensity, since = np.empty((days, len(index))), np.empty((days, len(index)))
    changed = np.zeros(days, dtype=bool)
    k = 0
    for day in range(-1, days):
        while k < len(rows) and rows[k][0] <= day:
            _, _, place, value = rows[k]
            k += 1
            p = index[place]
            if (value > NO_CONFLICT) == (now[p] > NO_CONFLICT):
                continue
            now[p] = value if value > NO_CONFLICT else -1.0
            began[p] = float(day) if value > NO_CONFLICT else began[p]
            if day >= 0:
                changed[day] = True
        if day >= 0:
            intensity[day], since[day] = now, began
    return Conflict(intensity, since, changed)


def decay(settings: FleeSettings, days: Floats) -> Floats:
    """How much a conflict still counts so many days after it began."""
    if not settings.conflict_spawn_decay:
        return np.ones_like(days)
    steps = np.minimum(
        (days / settings.conflict_spawn_decay_interval).astype(np.int64),
        len(settings.conflict_spawn_decay) - 1,
    )
    return np.array(settings.conflict_spawn_decay)[steps]


def camp_flags(scenario: Scenario, measures: pd.DataFrame, intensity: Floats) -> tuple[Bools, Bools, Floats]:
    """Whether a place is a camp, is a town, and its move chance; arrays [day, place]."""
    settings = _settings(scenario)
    kinds = scenario.places["kind"].to_numpy()
    shape = intensity.shape
    chance = np.select(
        [kinds == "camp", kinds == "idp_camp", kinds == "town"],
        [settings.camp_movechance, settings.idpcamp_movechance, settings.default_movechance],
        1.0,
    )
    is_camp = np.isin(kinds, CAMPS) | ((kinds == "town") & (chance < LOWEST_MOVE_CHANCE))
    camp = np.broadcast_to(is_camp, shape).copy()
    town = np.broadcast_to((kinds == "town") & ~is_camp, shape).copy()
    move = np.broadcast_to(chance, shape).copy()
    ever = np.maximum.accumulate(intensity > 0, axis=0)
    town[intensity > 0] = False
    move[intensity > 0] = settings.conflict_movechance
    over = ever & (intensity <= 0)
    town[over], move[over] = True, settings.default_movechance
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    for _, row in measures[measures["kind"] == "camp_closed"].iterrows():
        days, p = active_on(scenario, row), index[row["place"]]
        camp[days, p], town[days, p], move[days, p] = False, True, settings.default_movechance
    return camp, town, move


def find_routes(
    settings: FleeSettings, places: int, marker: Bools, legs: pd.DataFrame, open_sets: Bools
) -> Routes:
    """All loop-free routes to the awareness depth, for every set of open legs. open_sets : [epoch, leg]."""
    start, end = legs["start"].to_numpy(), legs["end"].to_numpy()
    may_close = ~np.asarray(open_sets.all(axis=0))
    km = legs["km"].to_numpy(dtype=float)
    a_of: dict[tuple[int, tuple[int, ...]], int] = {(p, ()): p for p in range(places)}
    q_of: dict[tuple[int, tuple[int, ...]], int] = {}
    option_start: list[int] = [0]
    option_place: list[int] = []
    option_km: list[float] = []
    option_q: list[int] = []
    first_leg: list[dict[tuple[int, int], int]] = []

    def intern(leg: int, rest: tuple[int, ...]) -> int:
        a_of.setdefault((int(end[leg]), rest), len(a_of))
        if may_close[leg]:
            a_of.setdefault((int(start[leg]), rest), len(a_of))
        return q_of.setdefault((leg, rest), len(q_of))

    for open_legs in open_sets:
        out: list[list[int]] = [[] for _ in range(places)]
        first: dict[tuple[int, int], int] = {}
        for leg in np.flatnonzero(open_legs):
            out[start[leg]].append(int(leg))
            first.setdefault((int(start[leg]), int(end[leg])), int(leg))
        first_leg.append(first)
        for place in range(places):
            for path, length in _paths(place, out, end, km, marker, settings.awareness_level):
                option_place.append(path[-1])
                option_km.append(length)
                option_q.append(intern(first[place, path[0]], path[1:]))
            option_start.append(len(option_place))
    next_q: list[list[int]] = [[] for _ in open_sets]
    states = list(a_of)  # grows while remaining routes are followed
    i = 0
    while i < len(states):
        place, rest = states[i]
        i += 1
        for epoch, first in enumerate(first_leg):
            onward = first.get((place, rest[0])) if rest else None
            if not rest or onward is None:
                next_q[epoch].append(-2 if not rest else -1)
                continue
            next_q[epoch].append(intern(onward, rest[1:]))
        states.extend(list(a_of)[len(states) :])
    q_leg = np.array([leg for leg, _ in q_of], dtype=np.int64)
    return Routes(
        a_place=np.array([place for place, _ in a_of], dtype=np.int64),
        final_place=np.array([rest[-1] if rest else place for place, rest in a_of], dtype=np.int64),
        q_leg=q_leg,
        q_arrive=np.array([a_of[int(end[leg]), rest] for leg, rest in q_of], dtype=np.int64),
        q_back=np.array([a_of.get((int(start[leg]), rest), -1) for leg, rest in q_of], dtype=np.int64),
        option_start=np.array(option_start, dtype=np.int64),
        option_place=np.array(option_place, dtype=np.int64),
        option_km=np.array(option_km),
        option_q=np.array(option_q, dtype=np.int64),
        next_q=np.array(next_q, dtype=np.int64).reshape(-1),
    )


def _paths(
    place: int, out: list[list[int]], end: Ints, km: Floats, marker: Bools, awareness: int
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Routes from a place, depth first in the order of the legs; markers do not count as steps and are no end."""
    if awareness == 0:
        return
    stack: list[tuple[int, tuple[int, ...], float, int]]
    stack = [(leg, (), 0.0, 0) for leg in reversed(out[place])]
    while stack:
        leg, before, length, depth = stack.pop()
        here = int(end[leg])
        if here == place or here in before:
            continue
        path, total = (*before, here), length + float(km[leg])
        steps = depth if marker[here] else depth + 1
        if not marker[here]:
            yield path, total
        if awareness > steps:
            stack.extend((onward, path, total, steps) for onward in reversed(out[here]))


def _settings(scenario: Scenario) -> FleeSettings:
    movement = scenario.settings.movement
    assert isinstance(movement, FleeSettings)
    return movement


@dataclass(frozen=True)
class Flight:
    """Rule `flee`, ready for the kernel, with the network indices it needs and who is there on day 0."""

    flee: Flee
    routes: Routes
    present: Floats  # [place] people (units of hasten) in camps before day 0
    held_back: float  # people due on days when no place was in conflict to the end


def compile_flee(scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame) -> Flight:
    """The arrays of the rule for a scenario under the measures of a policy.

    legs : of `directed_legs`, one row for each direction.
    """
    settings, days, places = _settings(scenario), scenario.settings.days, scenario.places
    count, hasten = len(places), settings.hasten
    conflict = conflict_by_day(scenario)
    camp, town, move = camp_flags(scenario, measures, conflict.intensity)
    time = np.arange(days)[:, None]
    faded = decay(settings, time - conflict.since)
    country = places["country"].to_numpy()
    score = np.where(country != country[0], settings.foreign_weight, 1.0) * np.where(
        camp, settings.camp_weight, 1.0
    )
    fighting = conflict.intensity > 0
    score = score * np.where(fighting, settings.conflict_weight ** (faded * conflict.intensity), 1.0)
    closed = closed_legs(scenario, measures, legs)
    open_sets, epoch = np.unique(~closed, axis=0, return_inverse=True)
    routes = find_routes(settings, count, (places["kind"] == "marker").to_numpy(), legs, open_sets)
    closing = [np.flatnonzero(closed[d] & ~(closed[d - 1] if d else False)) for d in range(days)]
    present, capacity = _day0(scenario, settings)
    weight = _spawn_weights(places["population"].to_numpy(dtype=float) // hasten, conflict, settings, days)
    spawn, held_back = _hold_back(observed_rise(scenario, hasten=hasten).astype(float), weight)
    speed = settings.max_move_speed
    flee = Flee(
        bins=settings.travel_index_bins if settings.avoid_short_stints else 1,
        slices=settings.capacity_slices,
        speed=speed,
        walk=settings.max_walk_speed,
        on_foot=int(settings.start_on_foot),
        avoid_short=int(settings.avoid_short_stints),
        bin_km=settings.distance_bin_km,
        day_bins=int(np.ceil(2 * max(speed, settings.max_walk_speed) / settings.distance_bin_km)) + 1,
        buffer=settings.capacity_buffer,
        weight_softening=settings.weight_softening,
        weight_power=settings.weight_power,
        pruning=settings.pruning_threshold,
        move_chance=move,
        town=town.astype(np.int64),
        camp=camp.astype(np.int64),
        score=score,
        capacity=capacity * settings.capacity_scaling,
        epoch=epoch.reshape(-1).astype(np.int64),
        option_start=routes.option_start,
        option_place=routes.option_place,
        option_factor=(settings.softening + routes.option_km) ** -settings.distance_power,
        option_q=routes.option_q,
        next_q=routes.next_q,
        final_place=routes.final_place,
        q_back=routes.q_back,
        base_a=np.arange(count, dtype=np.int64),
        km=legs["km"].to_numpy(dtype=float),
        closing_start=np.cumsum([0, *(len(c) for c in closing)]).astype(np.int64),
        closing_leg=np.concatenate(closing).astype(np.int64),
        spawn=spawn,
        spawn_weight=weight,
    )
    return Flight(flee, routes, present, held_back)


def coarser(flee: Flee) -> Flee:
    """For expected mode, where no situation dies out: a quarter of the bins of the travel index, km bins twice as wide.

    The index is split between its bins there, and people of a bin keep their mean km, so that little is lost.
    """
    return flee._replace(
        bins=max(flee.bins // 4, 1 + (flee.bins > 1)), bin_km=2 * flee.bin_km, day_bins=flee.day_bins // 2 + 1
    )


def _day0(scenario: Scenario, settings: FleeSettings) -> tuple[Floats, Floats]:
    """People in camps before day 0, and the capacities Flee works with: it takes those observed on day 0 off them,
    though it counts those it puts there as present too."""
    places = scenario.places
    capacity = places["capacity"].fillna(-1).to_numpy(dtype=float)
    capacity = np.where(capacity > 0, capacity // settings.hasten, -1.0)
    if settings.capacities == "blank":
        capacity = np.full(len(places), -1.0)
    if not settings.insert_day0:
        return np.zeros(len(places)), capacity
    filled = settings.model_copy(update={"empty_camps_on_day0": False})
    observed = scenario.with_settings(scenario.settings.model_copy(update={"movement": filled}))
    labels, series = daily_series(observed, hasten=settings.hasten)
    stock = dict(zip(labels, series[:, 0], strict=True))
    day0 = np.array([float(stock.get(name, 0)) for name in places["place"]])
    camps = places["kind"].isin(CAMPS).to_numpy()
    present = np.where(camps & (not settings.empty_camps_on_day0), day0, 0.0)
    return present, np.where(capacity > 0, capacity - day0, capacity)


def _spawn_weights(population: Floats, conflict: Conflict, settings: FleeSettings, days: int) -> Floats:
    """Weights [day, place] by population, intensity and decay; of the day before unless a conflict began or ended."""
    when = np.where(conflict.changed, np.arange(days), np.maximum(np.arange(days) - 1, 0))[:, None]
    faded = decay(settings, np.maximum(when - conflict.since, 0.0))
    return np.where(conflict.intensity > 0, population * conflict.intensity * faded, 0.0)


def _hold_back(due: Floats, weight: Floats) -> tuple[Floats, float]:
    """People due on a day without any conflict start on the next day that has one; what is left at the end."""
    spawn, held = np.zeros_like(due), 0.0
    possible = weight.sum(axis=1) > 0
    for day, new in enumerate(due):
        held += new
        if possible[day]:
            spawn[day], held = held, 0.0
    return spawn, held

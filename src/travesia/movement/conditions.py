"""Rule `flee`: what holds at each place on each day: conflict, kind, flood, hunger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.scenario import CAMP_BELOW_MOVECHANCE, CAMPS, NO_CONFLICT, FleeSettings, Scenario
from travesia.travel import active_on

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
CHANCES = ("camp_movechance", "idpcamp_movechance", "default_movechance", "conflict_movechance")
ALWAYS = len(CHANCES)
"""Who is at such a place sets out at once."""
CHANCE_OF = {"camp": 0, "idp_camp": 1, "town": 2, "flood_zone": 2}
AT_HOME, UNDER_FIRE = 2, 3


@dataclass(frozen=True)
class Conflict:
    """Arrays [day, place]: intensity (−1 none) and the day it began; `changed` [day] where any began or ended."""

    intensity: Floats
    since: Floats
    changed: Bools


@dataclass(frozen=True)
class Kinds:
    """What a place is on each day, arrays [day, place]: flags, and which of CHANCES (or ALWAYS) is that to leave it."""

    camp: Bools
    town: Bools
    marker: Bools
    flood_zone: Bools
    which: Ints

    def chance(self, settings: FleeSettings) -> Floats:
        """The chance to leave each place on each day."""
        values = np.array([*(float(getattr(settings, name)) for name in CHANCES), 1.0])
        return np.asarray(values[self.which])


def days_from_start(scenario: Scenario, dates: pd.Series) -> Ints:
    """Days of the run, negative before its start."""
    days = (pd.to_datetime(dates) - pd.Timestamp(scenario.settings.start)).dt.days
    return np.asarray(days, dtype=np.int64)


def _changes(scenario: Scenario, driver: str) -> Iterator[tuple[int, int, float]]:
    """(day, place, value) of a driver in order of days; a row without a place holds for all."""
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    drivers = scenario.drivers[scenario.drivers["driver"] == driver]
    at = days_from_start(scenario, drivers["date"]) if len(drivers) else np.zeros(0, dtype=np.int64)
    rows = sorted(zip(at, range(len(at)), drivers["place"], drivers["value"].astype(float), strict=True))
    for day, _, place, value in rows:
        for p in [index[place]] if place else range(len(index)):
            yield int(day), p, value


def by_day(scenario: Scenario, driver: str, *, default: float = 0.0) -> Floats:
    """A driver on each day at each place, [day, place]; `default` before its first value."""
    values = np.full((scenario.settings.days, len(scenario.places)), default)
    for day, place, value in _changes(scenario, driver):
        values[max(day, 0) :, place] = value
    return values


def becomes_by_day(scenario: Scenario, measures: pd.DataFrame) -> dict[int, list[tuple[int, str]]]:
    """(place, kind) by the day of the run on which a place becomes another kind."""
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    found: dict[int, list[tuple[int, str]]] = {}
    for _, row in measures[measures["kind"] == "becomes"].iterrows():
        day = active_on(scenario, row).start
        found.setdefault(day, []).append((index[row["place"]], row["target"]))
    return found


def conflict_by_day(
    scenario: Scenario,
    becomes: Mapping[int, Sequence[tuple[int, str]]] | None = None,
    *,
    keep_first_intensity: bool = False,
) -> Conflict:
    """Conflict on each day.

    becomes : (place, kind) by day; a place that becomes another kind has no conflict until a driver says so, and who
    starts where notices it a day later, as in Flee. keep_first_intensity : changes between two values above none are
    ignored, as in Flee.
    """
    days, places = scenario.settings.days, len(scenario.places)
    told, now, began = np.full(places, -1.0), np.full(places, -1.0), np.full(places, -1.0)
    rows = list(_changes(scenario, "conflict"))
    intensity, since = np.empty((days, places)), np.empty((days, places))
    changed = np.zeros(days, dtype=bool)
    k = 0
    for day in range(-1, days):
        remade = {p for p, _ in (becomes or {}).get(day, ())}
        now[sorted(remade)] = -1.0
        while k < len(rows) and rows[k][0] <= day:
            _, p, value = rows[k]
            k += 1
            fights, fought, told[p] = value > NO_CONFLICT, told[p] > NO_CONFLICT, value
            if fights == fought and not (fights and now[p] > NO_CONFLICT and not keep_first_intensity):
                continue
            now[p] = value if fights else -1.0
            if fights == fought or p in remade:
                continue
            began[p] = float(day) if fights else began[p]
            changed[max(day, 0)] |= day >= 0
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
    faded: Floats = np.array(settings.conflict_spawn_decay)[steps]
    return faded


def at_level(values: tuple[float, ...], level: Floats) -> Floats:
    """A list read at a level from 0 on, linear in between; its last value above."""
    found: Floats = np.interp(level, np.arange(len(values)), np.array(values))
    return found


def kinds_by_day(
    scenario: Scenario,
    measures: pd.DataFrame,
    becomes: Mapping[int, Sequence[tuple[int, str]]],
    conflict: Floats,
) -> Kinds:
    """What each place is on each day: as given, changed by `becomes`, by conflict, and by `camp_closed`, in this order.

    A place that conflict has left is a town, whatever it was; a camp stays a camp under fire. becomes : of
    `becomes_by_day`. conflict : [day, place].
    """
    settings = scenario.settings.flee
    days, places = conflict.shape
    kinds = scenario.places["kind"].to_numpy()
    which = np.array([CHANCE_OF.get(kind, ALWAYS) for kind in kinds], dtype=np.int64)
    camp = np.isin(kinds, CAMPS) | ((kinds == "town") & (settings.default_movechance < CAMP_BELOW_MOVECHANCE))
    town, marker, flood_zone = (kinds == "town") & ~camp, kinds == "marker", kinds == "flood_zone"
    flags = [np.empty((days, places), dtype=bool) for _ in range(4)]
    found = Kinds(flags[0], flags[1], flags[2], flags[3], np.empty((days, places), dtype=np.int64))
    closed = _closed_camps(scenario, measures, conflict.shape)
    before = np.zeros(places, dtype=bool)
    for day in range(days):
        for p, kind in becomes.get(day, ()):
            camp[p], town[p] = kind in CAMPS, kind == "town"
            marker[p], flood_zone[p] = kind == "marker", kind == "flood_zone"
            which[p], before[p] = CHANCE_OF.get(kind, ALWAYS), False
        under_fire = conflict[day] > 0
        which[under_fire & ~before], town[under_fire] = UNDER_FIRE, False
        over = before & ~under_fire
        which[over], town[over] = AT_HOME, True
        before = under_fire.copy()
        shut = closed[day]
        found.camp[day], found.town[day] = camp & ~shut, town | shut
        found.marker[day], found.flood_zone[day] = marker & ~shut, flood_zone & ~shut
        found.which[day] = np.where(shut, AT_HOME, which)
    return found


def idp_camps_by_day(scenario: Scenario, measures: pd.DataFrame) -> Bools:
    """Whether a place is a camp of people displaced in their country, [day, place]. measures : of a policy."""
    kinds = scenario.places["kind"].to_numpy()
    found = np.tile(kinds == "idp_camp", (scenario.settings.days, 1))
    for day, changes in sorted(becomes_by_day(scenario, measures).items()):
        for place, kind in changes:
            found[day:, place] = kind == "idp_camp"
    return np.asarray(found & ~_closed_camps(scenario, measures, found.shape))


def _closed_camps(scenario: Scenario, measures: pd.DataFrame, shape: tuple[int, ...]) -> Bools:
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    closed = np.zeros(shape, dtype=bool)
    for _, row in measures[measures["kind"] == "camp_closed"].iterrows():
        closed[active_on(scenario, row), index[row["place"]]] = True
    return closed

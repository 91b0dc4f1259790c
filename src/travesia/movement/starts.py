"""Rule `flee`: who starts where — observed totals dealt over places, conflict, floods, hunger, those there before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from travesia.flee_start import CONSTANT, OBSERVED, POISSON, SHARE, Starts
from travesia.groups import Groups
from travesia.movement.conditions import Conflict, at_level, by_day, decay
from travesia.movement.people import shares_at
from travesia.observed import by_counts, daily_series, observed_rise
from travesia.scenario import CAMP_BELOW_MOVECHANCE, CAMPS, FleeSettings, Scenario

Floats = NDArray[np.float64]
MODES = {"constant": CONSTANT, "pop_ratio": SHARE, "poisson": POISSON}


@dataclass(frozen=True)
class Present:
    """Who is somewhere before day 0: the place, how many (units of hasten), and which parties (a selector)."""

    place: int
    count: float
    groups: str = ""


def find_starts(scenario: Scenario, groups: Groups, conflict: Conflict, level: Floats) -> Starts:
    """Who starts where. level : of floods, [day, place]."""
    settings = scenario.settings.flee
    days, places = scenario.settings.days, scenario.places
    population = places["population"].to_numpy(dtype=float) // settings.hasten
    present, agents = _present(scenario, settings)
    for one in agents if settings.take_from_population else []:
        population[one.place] = max(population[one.place] - one.count, 0.0)
    mode, rate, weight = _driven(settings, conflict, level)
    due = np.zeros(days)
    if mode == OBSERVED:
        weight = _weights(scenario, conflict)
        due = _due(scenario)
        due = np.diff(due.cumsum() - _waiting(due, weight * population), prepend=0.0)
    slot, share, group = _slots(scenario, groups, present + agents)
    return Starts(
        mode=mode,
        due=due,
        weight=weight,
        rate=rate,
        takes=int(settings.take_from_population),
        population=population,
        present_place=np.array([one.place for one in present + agents], dtype=np.int64),
        present_count=np.array([one.count for one in present + agents], dtype=float),
        slot=slot,
        share=share,
        group=group,
        sink=by_day(scenario, "deactivation_probability")[0] if settings.camps_are_sinks else np.zeros(0),
    )


def _driven(settings: FleeSettings, conflict: Conflict, level: Floats) -> tuple[int, float, Floats]:
    """The mode of spawning, its rate, and the amounts [day, place] as `Starts` has them."""
    if settings.flood_driven_spawning != "off":
        mode = MODES[settings.flood_driven_spawning]
        amount = np.where(level > 0, at_level(settings.displaced_per_flood_day, level), 0.0)
        return mode, 1.0, np.trunc(amount) if mode == POISSON else amount
    if settings.conflict_driven_spawning != "off":
        mode = MODES[settings.conflict_driven_spawning]
        fighting = np.maximum(conflict.intensity, 0.0)
        rate = settings.displaced_per_conflict_day
        return (mode, rate, fighting) if mode == SHARE else (mode, 1.0, rate * fighting)
    return OBSERVED, 1.0, np.zeros((0, 0))


def _weights(scenario: Scenario, conflict: Conflict) -> Floats:
    """Weight of an inhabitant, [day, place], by intensity and decay, and hunger where it drives people out.

    They are those of the day before unless a conflict began or ended, as in Flee.
    """
    settings, days = scenario.settings.flee, scenario.settings.days
    when = np.where(conflict.changed, np.arange(days), np.maximum(np.arange(days) - 1, 0))
    intensity = conflict.intensity[when]
    faded = decay(settings, np.maximum(when[:, None] - conflict.since[when], 0.0))
    weight = np.where(intensity > 0, intensity * faded, 0.0)
    if settings.starvation_driven_spawning:
        hunger = by_day(scenario, "food_insecurity")[when] / 100.0 * (when > 0)[:, None]
        weight += np.where((intensity > 0) | (not settings.conflict_zone_spawning_only), hunger, 0.0)
    return weight


def _due(scenario: Scenario) -> Floats:
    """People who set out by observed totals, [day], in units of hasten."""
    if not (scenario.departures["kind"] == "observed").any():
        return np.zeros(scenario.settings.days)
    return observed_rise(scenario, hasten=scenario.settings.flee.hasten).astype(float)


def _waiting(due: Floats, weight: Floats) -> Floats:
    """Who of those due waits at the end of each day: nobody could leave that day, and they start on the next that
    anybody can."""
    total = due.cumsum()
    last = np.maximum.accumulate(np.where(weight.sum(axis=1) > 0, total, 0.0))
    return np.asarray(total - last)


def waiting(scenario: Scenario, conflict: Conflict) -> Floats:
    """People due by observed totals who wait at the end of each day for a place in conflict where people live."""
    settings = scenario.settings.flee
    if not by_counts(settings):
        return np.zeros(scenario.settings.days)
    population = scenario.places["population"].to_numpy(dtype=float) // settings.hasten
    return _waiting(_due(scenario), _weights(scenario, conflict) * population) * settings.hasten


def _present(scenario: Scenario, settings: FleeSettings) -> tuple[list[Present], list[Present]]:
    """Who is there before day 0: in camps (everywhere with floods), and those of departures; and single agents.

    Agents have left the population of their place, the others have not.
    """
    camps = set(camps_of_flee(scenario))
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    observed = begin_as_observed(scenario)
    stock = day0_stock(scenario)
    found = [Present(index[name], float(stock[index[name]])) for name in observed if stock[index[name]] > 0]
    agents: list[Present] = []
    rows = scenario.departures[scenario.departures["kind"] == "present"]
    for row in rows.to_dict("records"):
        one = Present(index[row["place"]], float(row["people"]) // settings.hasten, str(row["groups"]))
        if str(row["departure"]).startswith("agents"):
            agents.append(one)
        elif settings.empty_camps_on_day0:
            continue
        elif row["place"] in camps or not settings.initial_idps_only_in_camps:
            found.append(one)
    return found, agents


def begin_as_observed(scenario: Scenario) -> list[str]:
    """Places where a run begins with the people observed on day 0 (see `day0_stock`); none but with rule `flee`."""
    settings = scenario.settings.movement
    if not isinstance(settings, FleeSettings) or not settings.insert_day0 or settings.empty_camps_on_day0:
        return []
    return camps_of_flee(scenario)


def camps_of_flee(scenario: Scenario) -> list[str]:
    """What Flee takes for a camp before day 0, and writes columns of: with floods every place, else camps, and towns
    too where people hardly leave them."""
    settings, places = scenario.settings.flee, scenario.places
    kinds = CAMPS if settings.default_movechance >= CAMP_BELOW_MOVECHANCE else (*CAMPS, "town")
    everywhere = settings.flood_driven_spawning != "off"
    return [str(name) for name in places["place"][everywhere | places["kind"].isin(kinds)]]


def day0_stock(scenario: Scenario) -> Floats:
    """People observed on day 0, [place], in units of hasten, whether or not camps start empty."""
    settings = scenario.settings.flee
    filled = settings.model_copy(update={"empty_camps_on_day0": False})
    observed = scenario.with_settings(scenario.settings.model_copy(update={"movement": filled}))
    labels, series = daily_series(observed, hasten=settings.hasten)
    stock = dict(zip(labels, series[:, 0], strict=True))
    return np.array([float(stock.get(name, 0)) for name in scenario.places["place"]])


def _slots(
    scenario: Scenario, groups: Groups, present: list[Present]
) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    """Which groups start at each place and among each of those present, as `Starts` has them."""
    names = scenario.places["place"].tolist()
    whole = [(name, "") for name in names] + [(names[one.place], one.groups) for one in present]
    starts, share, group = [0], list[float](), list[int]()
    known: dict[tuple[str, str], Floats] = {}
    alike = len(groups.values) == 1
    for name, selector in whole:
        if alike:
            shares = np.ones(1)
        elif (name, selector) in known:
            shares = known[name, selector]
        else:
            shares = known[name, selector] = shares_at(groups, scenario, name, selector)
        for g in np.flatnonzero(shares > 0):
            share.append(float(shares[g]))
            group.append(int(g))
        starts.append(len(share))
    return np.array(starts, dtype=np.int64), np.array(share), np.array(group, dtype=np.int64)


def capacities(scenario: Scenario) -> Floats:
    """Room at each place on each day, [day, place], in units of hasten; below 1 there is no limit.

    `capacity_per_day` adds to it every morning. Flee takes those observed on day 0 off it, though it counts those it
    puts there as present too (count_day0_twice).
    """
    settings, places = scenario.settings.flee, scenario.places
    if settings.capacities == "blank":
        return np.full((scenario.settings.days, len(places)), -1.0)
    given = places["capacity"].fillna(0.0).to_numpy(dtype=float)
    none = np.where(places["kind"].isin(CAMPS), 0.0, -1.0)  # what it grows from without one
    capacity = np.where(given > 0, given // settings.hasten, none)
    if settings.count_day0_twice and settings.insert_day0 and by_counts(settings):
        capacity = np.where(capacity > 0, capacity - day0_stock(scenario), capacity)
    growth = np.trunc(np.maximum(by_day(scenario, "capacity_per_day"), 0.0))
    found: Floats = capacity + np.cumsum(growth, axis=0)
    return found

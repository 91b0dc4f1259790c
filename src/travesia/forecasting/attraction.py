"""How camps attract people who leave: distance as the crow flies, which are open, which opened last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from travesia.forecasting.past import Floats, Ints
from travesia.movement.conditions import conflict_by_day
from travesia.scenario import CAMPS, Scenario
from travesia.travel import active_on, directed_legs, great_circle_km, measure_legs, shortest_km

Bools = NDArray[np.bool_]
NEAREST_KM = 1.0
"""A camp is never taken to be nearer than this."""


@dataclass(frozen=True, eq=False)
class Attraction:
    """What a folder says of where people leave and of its camps; no count of people, no capacity.

    camps : in the order of the places. active : places people leave [day, zone]. km : [zone, camp]. country : one
    row for each camp, one column for each country [camp, country]. state : which row of `open` and `newest` holds
    [day]. open : camps that can be reached [state, camp]. newest : of the camps of a country that are open, the one
    that opened last, where it opened during the run and there is a choice [state, camp].
    """

    camps: tuple[str, ...]
    active: Floats
    km: Floats
    country: Floats
    state: Ints
    open: Bools
    newest: Bools


def attraction(scenario: Scenario) -> Attraction:
    """What the places, legs, closures and conflicts of a scenario say of its camps.

    scenario : its counts are not read. Zones are the places ever in conflict, each from its first day to its last;
    without any, all inhabited places that are no camp. A camp all of whose legs are closed by name on day 0, or
    closed itself, opens when the last of them does.
    """
    places = scenario.places
    camps = np.flatnonzero(places["kind"].isin(CAMPS).to_numpy())
    active, zones = _active(scenario)
    legs = directed_legs(scenario)
    ends, starts = (legs[name].to_numpy(np.int64) for name in ("end", "start"))
    shut, named = _closed(scenario, legs)
    opened, ready = _openings(scenario, ends, camps, named)
    usable = ready & _reached(shut, starts, ends, len(places), zones, camps)
    country, newest = _newest(places["country"].to_numpy(dtype=str)[camps], usable, opened)
    both, state = np.unique(np.hstack([usable, newest]), axis=0, return_inverse=True)
    return Attraction(
        tuple(places["place"].to_numpy(dtype=str)[camps].tolist()),
        active[:, zones].astype(float),
        _distances(places, legs, zones, camps),
        country,
        np.asarray(state, dtype=np.int64).ravel(),
        both[:, : camps.size],
        both[:, camps.size :],
    )


def pull(found: Attraction, distance_power: Floats, newest_boost: Floats, effects: Floats) -> Floats:
    """The share of those who leave that each camp draws [member, day, camp].

    distance_power, newest_boost : [member]. effects : log of what else makes a camp attractive [member, camp]. People
    of every zone choose a country by Σ km^−power over its open camps; within it the newest camp draws exp(boost)
    times its weight. Each zone counts the same. Where nobody leaves, zones that ever do count; where nothing is open,
    all camps do.
    """
    weight = found.km[None] ** -distance_power[:, None, None] * np.exp(effects)[:, None, :]
    members, days, camps = len(distance_power), found.state.size, len(found.camps)
    shares = np.empty((members, days, camps))
    for state in range(len(found.open)):
        on = found.state == state
        usable = found.open[state] if found.open[state].any() else np.ones(camps, dtype=bool)
        choice = _choice(weight * usable, np.exp(newest_boost[:, None] * found.newest[state]), found.country)
        leaving = found.active[on]
        leaving = np.where(leaving.sum(axis=1, keepdims=True) > 0, leaving, 1.0)
        leaving = leaving / np.maximum(leaving.sum(axis=1, keepdims=True), 1.0)
        drawn = np.einsum("dz,mzc->mdc", leaving, choice)
        shares[:, on] = drawn if len(found.km) else usable / usable.sum()
    return shares


def _choice(weight: Floats, boost: Floats, country: Floats) -> Floats:
    """Shares [member, zone, camp]: the country by its weight, then the camp by its boosted weight."""
    nation = weight @ country
    nation = nation / np.maximum(nation.sum(axis=2, keepdims=True), 1e-300)
    boosted = weight * boost[:, None, :]
    whole = (boosted @ country) @ country.T
    within: Floats = np.divide(boosted, whole, out=np.zeros_like(boosted), where=whole > 0)
    found: Floats = within * (nation @ country.T)
    return found


def _active(scenario: Scenario) -> tuple[Bools, Ints]:
    """Where people leave [day, place], and the places that ever are."""
    active = conflict_by_day(scenario).intensity > 0
    if not active.any():
        places = scenario.places
        home = ~places["kind"].isin([*CAMPS, "hub", "marker"]).to_numpy()
        inhabited = home & (places["population"].fillna(0) > 0).to_numpy()
        active = np.repeat((inhabited if inhabited.any() else home)[None], scenario.settings.days, axis=0)
    return active, np.flatnonzero(active.any(axis=0))


def _closed(scenario: Scenario, legs: pd.DataFrame) -> tuple[Bools, Bools]:
    """Legs that are closed on each day [day, leg], and those closed by their name or that of a place."""
    shut = np.zeros((scenario.settings.days, len(legs)), dtype=bool)
    named = shut.copy()
    for _, row in scenario.measures[scenario.measures["kind"] == "close"].iterrows():
        days, of = active_on(scenario, row), measure_legs(scenario, legs, row)
        shut[days] |= of
        if row["place"] or row["leg"]:
            named[days] |= of
    return shut, named


def _openings(scenario: Scenario, ends: Ints, camps: Ints, named: Bools) -> tuple[Ints, Bools]:
    """The day each camp opens [camp], 0 where it stands from the start, and whether it does [day, camp]."""
    ready = np.ones((len(named), camps.size), dtype=bool)
    index = {place: row for row, place in enumerate(scenario.places["place"].to_numpy(dtype=str)[camps])}
    for _, row in scenario.measures[scenario.measures["kind"] == "camp_closed"].iterrows():
        if row["place"] in index:
            ready[active_on(scenario, row), index[row["place"]]] = False
    opened = np.zeros(camps.size, dtype=np.int64)
    for column, camp in enumerate(camps):
        inward = named[:, ends == camp]
        waits = ~ready[:, column]
        if inward.shape[1] and inward[0].all():
            waits = waits | np.logical_and.accumulate(inward.any(axis=1))
        if waits[0]:
            opened[column] = len(waits) if waits.all() else int(np.argmin(waits))
            ready[: opened[column], column] = False
    return opened, ready


def _reached(shut: Bools, starts: Ints, ends: Ints, size: int, zones: Ints, camps: Ints) -> Bools:
    """Whether a way over open legs leads from any zone to each camp [day, camp]."""
    patterns, which = np.unique(shut, axis=0, return_inverse=True)
    found = np.zeros((len(patterns), camps.size), dtype=bool)
    for row, pattern in enumerate(patterns):
        kept = ~pattern
        graph = csr_matrix((np.ones(kept.sum()), (starts[kept], ends[kept])), shape=(size, size))
        steps = dijkstra(graph, indices=zones, unweighted=True)[:, camps]
        found[row] = np.isfinite(steps).any(axis=0)
    return np.asarray(found[np.asarray(which).ravel()], dtype=bool)


def _newest(countries: NDArray[np.str_], usable: Bools, opened: Ints) -> tuple[Floats, Bools]:
    """Each camp's country as a column [camp, country], and the newest open camps [day, camp]."""
    names = sorted(set(countries.tolist()))
    country = (countries[:, None] == np.array(names)[None]).astype(float)
    newest = np.zeros(usable.shape, dtype=bool)
    for column in range(len(names)):
        of = np.flatnonzero(country[:, column])
        if of.size > 1:
            age = np.where(usable[:, of], opened[of], -1)
            newest[:, of] = (age > 0) & (age == age.max(axis=1, keepdims=True))
    return country, newest


def _distances(places: pd.DataFrame, legs: pd.DataFrame, zones: Ints, camps: Ints) -> Floats:
    """Great-circle km [zone, camp]; by the shortest way over legs where one of the places has no coordinates.

    Coordinates of 0, 0 are taken as missing.
    """
    lat, lon = (places[name].to_numpy(dtype=float) for name in ("lat", "lon"))
    of = np.concatenate([zones, camps])
    if np.isfinite(lat[of] + lon[of]).all() and ((lat[of] != 0) | (lon[of] != 0)).all():
        return np.asarray(
            np.maximum(great_circle_km(lat, lon)[np.ix_(zones, camps)], NEAREST_KM), dtype=float
        )
    km = shortest_km(legs, places=len(places))[np.ix_(zones, camps)]
    furthest = km[np.isfinite(km)].max(initial=1.0)
    return np.asarray(np.maximum(np.where(np.isfinite(km), km, 10 * furthest), NEAREST_KM), dtype=float)

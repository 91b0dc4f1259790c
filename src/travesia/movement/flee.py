"""Rule `flee`: scores, capacities and routes of every day, as the arrays of `flee_day.Flee`.

The rules are those of Flee's source on 14 May 2026 (Suleimenova, Bell and Groen 2017, doi:10.1038/s41598-017-13828-9,
for the idea; the source for the details).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.flee_day import Flee
from travesia.flee_start import TYPICAL, Conditions, Starts
from travesia.groups import Groups
from travesia.movement.conditions import (
    Conflict,
    Kinds,
    at_level,
    becomes_by_day,
    by_day,
    conflict_by_day,
    decay,
    kinds_by_day,
)
from travesia.movement.people import Choosers, find_choosers, find_traits, usual_shares
from travesia.movement.routes import NetworkState, Routes, find_routes
from travesia.movement.starts import capacities, find_starts
from travesia.scenario import FleeSettings, Scenario
from travesia.travel import active_on, closed_legs, great_circle_km

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
LEAST_KM = 1.0
"""A shorter leg takes as long as this: between places without distance people could go to and fro for ever in a day."""


@dataclass(frozen=True)
class Flight:
    """Rule `flee`, ready for the kernel."""

    flee: Flee
    starts: Starts
    conditions: Conditions
    ground: Ground

    @property
    def routes(self) -> Routes:
        """Every route people can choose."""
        return self.ground.routes


@dataclass(frozen=True, eq=False)
class Ground:
    """What of the rule does not change with the settings MOVING: the network, the calendar, and who starts.

    legs : of `directed_legs`. capacity, level, pull : [day, place]; the room, the flood, and what the distance from
    home does. option_pull : the same by Flee's rule, [option]. calendar : as `Flee` has it. closing : the legs that
    close on each day.
    """

    legs: pd.DataFrame
    states: tuple[NetworkState, ...]
    routes: Routes
    calendar: NDArray[np.int64]
    closing: tuple[NDArray[np.int64], ...]
    conflict: Conflict
    kinds: Kinds
    level: Floats
    choosers: Choosers
    starts: Starts
    capacity: Floats
    pull: Floats
    option_pull: Floats
    trait: NDArray[np.int64]
    usual: Floats
    resident: Floats


def compile_flee(scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame, groups: Groups) -> Flight:
    """The arrays of the rule for a scenario under the measures of a policy.

    legs : of `directed_legs`, one row for each direction. groups : of the settings of `with_homes`.
    """
    return flight_on(_ground(scenario, measures, legs, groups), scenario)


def _ground(scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame, groups: Groups) -> Ground:
    settings, days, places = scenario.settings.flee, scenario.settings.days, scenario.places
    becomes = becomes_by_day(scenario, measures)
    conflict = conflict_by_day(scenario, becomes, keep_first_intensity=settings.keep_first_intensity)
    kinds = kinds_by_day(scenario, measures, becomes, conflict.intensity)
    level = _flood_level(scenario, settings)
    closed = closed_legs(scenario, measures, legs)
    states, epoch = _states(closed, _forced(scenario, measures, legs), kinds.marker)
    routes = find_routes(settings, places["place"].tolist(), legs, states)
    closing = _closing(closed) if settings.closed_legs_send_back else [np.zeros(0, dtype=np.int64)] * days
    usual, resident = usual_shares(groups, scenario)
    return Ground(
        legs=legs,
        states=tuple(states),
        routes=routes,
        calendar=np.stack([epoch, _harvest(scenario, settings)], axis=1),
        closing=tuple(closing),
        conflict=conflict,
        kinds=kinds,
        level=level,
        choosers=find_choosers(groups, scenario),
        starts=find_starts(scenario, groups, conflict, level),
        capacity=capacities(scenario),
        pull=_pull(scenario, settings),
        option_pull=_option_pull(scenario, settings, routes),
        trait=find_traits(groups, settings),
        usual=usual,
        resident=resident,
    )


def flight_on(ground: Ground, scenario: Scenario) -> Flight:
    """The arrays of the rule on a ground. scenario : that of the ground, but for settings of movement that it does not
    depend on."""
    settings = scenario.settings.flee
    legs, routes, closing, capacity = ground.legs, ground.routes, ground.closing, ground.capacity
    leg_walk = legs["walk_probability"].to_numpy(dtype=float)
    leg_speed = legs["speed_km_per_day"].fillna(settings.max_move_speed).to_numpy(dtype=float)
    fastest = max(settings.max_move_speed, settings.max_walk_speed, float(leg_speed.max(initial=0.0)))
    distance = routes.distance(settings.softening)
    terms = [distance**-settings.distance_power, ground.option_pull, routes.option_late.astype(float)]
    flee = Flee(
        bins=settings.travel_index_bins if settings.avoid_short_stints else 1,
        slices=settings.capacity_slices,
        speed=settings.max_move_speed,
        walk=settings.max_walk_speed,
        on_foot=int(settings.start_on_foot),
        avoid_short=int(settings.avoid_short_stints),
        one_budget=int(not settings.full_speed_per_hop),
        bin_km=settings.distance_bin_km,
        day_bins=int(np.ceil(2 * fastest / settings.distance_bin_km)) + 1,
        buffer=settings.capacity_buffer,
        weight_softening=settings.weight_softening,
        weight_power=settings.weight_power,
        pruning=1.0 if settings.fixed_routes else settings.pruning_threshold,
        fixed=int(settings.fixed_routes),
        town=ground.kinds.town.astype(np.int64),
        camp=ground.kinds.camp.astype(np.int64),
        capacity=capacity * settings.capacity_scaling,
        calendar=ground.calendar,
        groups=ground.choosers.of_group,
        option_start=routes.option_start,
        option_place=routes.option_place,
        option_terms=np.stack(terms, axis=1),
        option_q=routes.option_q,
        next_q=routes.next_q,
        final_place=routes.final_place,
        q_back=routes.q_back,
        legs=np.stack([np.maximum(legs["km"].to_numpy(dtype=float), LEAST_KM), leg_speed, leg_walk], axis=1),
        closing_start=np.cumsum([0, *(len(c) for c in closing)]).astype(np.int64),
        closing_leg=np.concatenate(closing).astype(np.int64),
    )
    sure, more = _chances(scenario, ground.kinds, ground.level)
    score, table = _scores(scenario, ground.kinds, ground.conflict, ground.level)
    conditions = Conditions(
        sure=sure,
        more=more,
        size=capacity,
        size_base=settings.movechance_pop_base,
        size_power=settings.movechance_pop_scale_factor,
        score=_as_minded(score, _flood_factor(settings, ground.level)),
        pull=ground.pull,
        population_power=settings.pop_power_for_loc_weight if settings.use_pop_for_loc_weight else 0.0,
        table=table if settings.fixed_routes else np.zeros((0, 0)),
        chooser=ground.choosers.table,
        acts=_acts(settings),
        trait=ground.trait,
        usual=ground.usual,
        resident=ground.resident,
        in_conflict=(ground.conflict.intensity > 0).astype(np.int64),
        typical=TYPICAL / settings.hasten,
    )
    return Flight(flee, ground.starts, conditions, ground)


def with_movement(flight: Flight, scenario: Scenario) -> Flight:
    """The flight with other settings MOVING. Routes are found anew where distances decide which there are."""
    ground, settings = flight.ground, scenario.settings.flee
    if settings.fixed_routes:
        names = scenario.places["place"].tolist()
        routes = find_routes(settings, names, ground.legs, ground.states)
        ground = replace(ground, routes=routes, option_pull=_option_pull(scenario, settings, routes))
    return replace(flight_on(ground, scenario), starts=flight.starts)


def coarser(flee: Flee) -> Flee:
    """For expected mode, where no situation dies out: a quarter of the bins of the travel index, split between two."""
    return flee._replace(bins=max(flee.bins // 4, 1 + (flee.bins > 1)))


# --- what a place is worth


def _flood_level(scenario: Scenario, settings: FleeSettings) -> Floats:
    level = by_day(scenario, "flood")
    return np.trunc(level) if settings.whole_flood_levels else level


def _flood_factor(settings: FleeSettings, level: Floats) -> Floats:
    """What floods do to the score of a place, [day, place]."""
    if not settings.flood_loc_weights:
        return np.ones_like(level)
    return np.where(level > 0, at_level(settings.flood_loc_weights, level), 1.0)


def _scores(scenario: Scenario, kinds: Kinds, conflict: Conflict, level: Floats) -> tuple[Floats, Floats]:
    """Scores [day, place]; and, for fixed routes, those in the tables of routes, [2 × day + late, place]."""
    settings, places = scenario.settings.flee, scenario.places
    days = scenario.settings.days
    country = places["country"].to_numpy()
    foreign = country != country[0]
    if settings.awareness_level == 0 and not settings.frozen_at_awareness_0:
        score = np.ones((days, len(places)))
    else:
        weight = np.full(len(places), settings.foreign_weight)
        if settings.use_economic_pull:
            trade, hdi = by_day(scenario, "trade_volume")[0], by_day(scenario, "hdi")[0]
            weight = weight * (1.0 + trade + hdi**2)
        score = np.where(foreign, weight, 1.0) * np.where(kinds.camp, settings.camp_weight, 1.0)
        if settings.avoid_food_deprived_locations:
            hunger = by_day(scenario, "food_insecurity") / 100.0
            hunger[0] = 0.0  # not on the first day, as in Flee
            score = score * np.where(foreign, 1.0, 1.0 - hunger**2)
        faded = decay(settings, np.arange(days)[:, None] - conflict.since)
        score = score * np.where(
            conflict.intensity > 0,
            settings.conflict_weight ** (faded * np.maximum(conflict.intensity, 0.0)),
            1.0,
        )
        if settings.flood_loc_weights and settings.flood_counts_twice:
            measured = scenario.drivers[scenario.drivers["driver"] == "flood"]["place"]
            told = scenario.places["place"].isin(measured).to_numpy()
            score = score * np.where(
                kinds.flood_zone & told, at_level(settings.flood_loc_weights, level), 1.0
            )
    yesterday = np.vstack([score[:1], score[:-1]])
    late = np.stack([score, yesterday], axis=1) * _flood_factor(settings, level)[:, None]
    return score, late.reshape(2 * days, len(places))


def _as_minded(score: Floats, factor: Floats) -> Floats:
    """Scores as choosers mind them, [day, class × places + place]: as they are, twice (squared), or not at all."""
    return np.hstack([score * factor, score * score * factor, np.ones_like(score) * factor])


def _acts(settings: FleeSettings) -> NDArray[np.int64]:
    """Where people look for their kind: [ethnicity | religion, at a camp | in conflict | elsewhere]."""
    ethnicity = [settings.MatchCampEthnicity, settings.MatchConflictEthnicity, settings.MatchTownEthnicity]
    return np.array([ethnicity, [settings.MatchCampReligion, False, False]], dtype=np.int64)


def _chances(scenario: Scenario, kinds: Kinds, level: Floats) -> tuple[Floats, Floats]:
    """The chance to leave, [day, place]: what is sure, and what the size of the place multiplies."""
    settings = scenario.settings.flee
    more = kinds.chance(settings)
    sure = np.zeros_like(more)
    if settings.flee_when_starving:
        sure = by_day(scenario, "food_insecurity") / 100.0
        more = (1.0 - sure) * more
    if settings.flood_movechances:
        flooded = level > 0
        sure = np.where(flooded, at_level(settings.flood_movechances, level), sure)
        more = np.where(flooded, 0.0, more)
    return sure, more


def _pull(scenario: Scenario, settings: FleeSettings) -> Floats:
    """What the distance from home does to the attraction of a place, [home × places + place]; 1 without the rule."""
    places = scenario.places
    if not settings.stay_close_to_home or settings.home_is_here:
        return np.ones(len(places))
    km = great_circle_km(places["lat"].to_numpy(dtype=float), places["lon"].to_numpy(dtype=float))
    return np.asarray(np.maximum(km, 1.0) ** -settings.home_distance_power).reshape(-1)


def _option_pull(scenario: Scenario, settings: FleeSettings, routes: Routes) -> Floats:
    """Flee's rule, by which home is where people are, with latitude and longitude exchanged; [option]."""
    if not settings.stay_close_to_home or not settings.home_is_here:
        return np.ones(len(routes.option_place))
    places = scenario.places
    lat, lon = (
        places["lat"].fillna(0.0).to_numpy(dtype=float),
        places["lon"].fillna(0.0).to_numpy(dtype=float),
    )
    km = great_circle_km(lon, lat)
    here = np.repeat(np.arange(len(routes.option_start) - 1) % len(places), np.diff(routes.option_start))
    return np.asarray(np.maximum(km[here, routes.option_place], 1.0) ** -settings.home_distance_power)


# --- the network and the calendar


def _forced(scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame) -> Bools:
    """Legs that all who leave their start must take, [day, leg]."""
    forced = np.zeros((scenario.settings.days, len(legs)), dtype=bool)
    if scenario.settings.flee.ignore_redirection:
        return forced
    for _, row in measures[measures["kind"] == "redirect"].iterrows():
        forced[active_on(scenario, row)] |= legs["leg"].to_numpy(dtype=str) == row["leg"]  # one direction
    return forced


def _states(closed: Bools, forced: Bools, marker: Bools) -> tuple[list[NetworkState], NDArray[np.int64]]:
    """The different states of the network, and which holds on each day."""
    rows = np.hstack([~closed, forced, marker])
    days = {row.tobytes(): day for day, row in enumerate(rows)}
    kinds = sorted(days)
    number = {kind: k for k, kind in enumerate(kinds)}
    legs = closed.shape[1]
    states = [
        NetworkState(row[:legs], row[legs : 2 * legs], row[2 * legs :])
        for row in (rows[days[kind]] for kind in kinds)
    ]
    return states, np.array([number[row.tobytes()] for row in rows], dtype=np.int64)


def _closing(closed: Bools) -> list[NDArray[np.int64]]:
    """The legs that close on each day."""
    return [np.flatnonzero(closed[d] & ~(closed[d - 1] if d else False)) for d in range(len(closed))]


def _harvest(scenario: Scenario, settings: FleeSettings) -> NDArray[np.int64]:
    dates = pd.date_range(scenario.settings.start, periods=scenario.settings.days)
    return np.asarray(dates.month.isin(settings.harvest_months)).astype(np.int64)

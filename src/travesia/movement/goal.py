"""Rule `goal`: costs, the recursive logit, news, as the arrays of `goal_day.Goal`.

Fosgerau, Frejinger and Karlström (2013), A link based network route choice model with unrestricted choice set,
Transportation Research Part B 56, doi:10.1016/j.trb.2013.07.012: z = M z + b with z = exp(−V), M = exp(−cost).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph, linalg

from travesia.errors import Problem, ScenarioError
from travesia.parameters import Column, medians, product, quantile, resolve
from travesia.policy import measures_of, responses_of
from travesia.scenario import GoalSettings, Scenario
from travesia.travel import active_on, closed_legs, directed_legs, great_circle_km, measure_legs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHANCE_DIGITS = 12
"""Chances are rounded to so many decimals: what processors round otherwise in the solution does not reach the draws."""


@dataclass(frozen=True)
class Network:
    """What the rule needs of a scenario under a policy, before parameters have values.

    start, end [leg]; closed [state, leg]; added [state, measure] which choice costs are in force, meeting legs by
    `on_leg` [measure, leg]; state_of [day]; changed_on [change] day, distance_km [change, place] to what changed.
    """

    places: tuple[str, ...]
    destinations: tuple[int, ...]
    start: Ints
    end: Ints
    mode: tuple[str, ...]
    km: Column
    factor: Column
    money: Column
    risk: Column
    choice_cost: Column
    closed: NDArray[np.bool_]
    added: Floats
    on_leg: Floats
    state_of: Ints
    changed_on: Ints
    distance_km: Floats
    danger: tuple[float | str, ...]


def build_network(
    scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame, *, danger: tuple[float | str, ...] = ()
) -> Network:
    """The network, its states under the measures, and how far every place is from every change."""
    places = tuple(scenario.places["place"])
    index = {name: i for i, name in enumerate(places)}
    felt = measures[np.array([cell != 0 for cell in measures["choice_cost"]], dtype=bool)]
    days = scenario.settings.days
    standing = np.zeros((days, len(felt)), dtype=bool)
    on_leg = np.zeros((len(felt), len(legs)))
    ends = legs["to"].to_numpy(dtype=str)
    for k, row in enumerate(felt.to_dict("records")):
        standing[active_on(scenario, row), k] = True
        on_leg[k] = (ends == row["place"]) if row["place"] else measure_legs(scenario, legs, row)
    held = scenario.places.loc[scenario.places["kind"] == "detention", "place"]
    closed = closed_legs(scenario, measures, legs) | legs["from"].isin(list(held)).to_numpy()
    states, state_of = np.unique(np.hstack([closed, standing]), axis=0, return_inverse=True)
    state_of = state_of.reshape(-1)
    changed_on = np.flatnonzero(np.diff(state_of, prepend=state_of[0]) != 0)
    lat, lon = (scenario.places[name].to_numpy(dtype=float) for name in ("lat", "lon"))
    km = great_circle_km(lat, lon)
    distance = np.zeros((len(changed_on), len(places)))
    start, end = legs["start"].to_numpy(dtype=np.int64), legs["end"].to_numpy(dtype=np.int64)
    where = _changing_places(index, felt, start, end, on_leg)
    for c, day in enumerate(changed_on):
        differs = states[state_of[day]] != states[state_of[day - 1]]
        distance[c] = km[(where & differs[:, None]).any(axis=0)].min(axis=0)
    destinations = tuple(dict.fromkeys(index[d] for d in scenario.destinations["destination"]))
    return Network(
        places=places,
        destinations=destinations,
        start=start,
        end=end,
        mode=tuple(legs["mode"]),
        km=Column.of(legs["distance_km"]),
        factor=Column.of(legs["distance_factor"]),
        money=Column.of(legs["money_usd"]),
        risk=Column.of(legs["risk"]),
        choice_cost=Column.of(felt["choice_cost"]),
        closed=states[:, : len(legs)],
        added=states[:, len(legs) :].astype(float),
        on_leg=on_leg,
        state_of=state_of.astype(np.int64),
        changed_on=changed_on.astype(np.int64),
        distance_km=distance,
        danger=danger,
    )


def _changing_places(
    index: Mapping[str, int], felt: pd.DataFrame, start: Ints, end: Ints, on_leg: Floats
) -> NDArray[np.bool_]:
    """The places where something changes when a leg or a choice cost does, [leg or measure, place]."""
    legs, count = start.size, len(index)
    where = np.zeros((legs + len(felt), count), dtype=bool)
    where[np.arange(legs), start] = True
    where[np.arange(legs), end] = True
    for k, place in enumerate(felt["place"]):
        if place:
            where[legs + k, index[place]] = True
        else:
            where[legs + k] = where[:legs][on_leg[k] > 0].any(axis=0)
    return where


def leg_km(network: Network, values: Mapping[str, float]) -> Floats:
    """Length of each directed leg."""
    return network.km.at(values) * network.factor.at(values)


def leg_costs(network: Network, settings: GoalSettings, values: Mapping[str, float]) -> Floats:
    """Cost of each leg in each network state, [state, leg], without closures."""
    km = leg_km(network, values)
    speed = np.array([resolve(settings.speed_km_per_day[mode], values) for mode in network.mode])
    base = (
        resolve(settings.leg_cost, values)
        + resolve(settings.cost_per_km, values) * km
        + resolve(settings.cost_per_day, values) * km / speed
        + resolve(settings.cost_per_usd, values) * network.money.at(values)
        + resolve(settings.cost_per_risk, values) * product(network.danger, values) * network.risk.at(values)
    )
    cost: Floats = base + (network.added * network.choice_cost.at(values)) @ network.on_leg
    return cost


def solve(places: int, start: Ints, end: Ints, cost: Floats, destination: int) -> Floats | None:
    """V [place] = −ln Σ exp(−cost − V(next)) with V(destination) = 0; inf where it cannot be reached.

    cost : [leg], inf where closed. None when there is no solution (the spectral radius of exp(−cost) is 1 or more).
    Solved in logs: cheapest costs are taken out first, so that exp never underflows.
    """
    cheapest = np.full((places, places), np.inf)
    np.minimum.at(cheapest, (end, start), cost)
    from_destination = csgraph.dijkstra(
        np.where(np.isfinite(cheapest), np.maximum(cheapest, 1e-300), 0.0), indices=destination
    )
    reach = np.isfinite(from_destination)
    potential = np.where(reach, from_destination, 0.0)
    use = np.isfinite(cost) & reach[start] & reach[end] & (start != destination)
    weight = np.exp(-(cost[use] + potential[end[use]] - potential[start[use]]))
    hits = end[use] == destination
    onto = np.bincount(start[use][hits], weights=weight[hits], minlength=places)
    rows = reach.copy()
    rows[destination] = False
    number, count = np.cumsum(rows) - 1, int(rows.sum())
    between = number[start[use][~hits]], number[end[use][~hits]]
    system = sparse.eye_array(count) - sparse.coo_array((weight[~hits], between), shape=(count, count))
    # I − M is an M-matrix, and the sum over ways converges, exactly when (I − M) x = 1 has a solution x >= 1
    try:
        both = linalg.splu(system.tocsc()).solve(np.column_stack([onto[rows], np.ones(count)]))
    except RuntimeError:  # singular
        return None
    if not np.all(np.isfinite(both)) or np.any(both[:, 1] < 1 - 1e-9) or np.any(both[:, 0] <= 0):
        return None
    values = np.full(places, np.inf)
    values[rows] = potential[rows] - np.log(both[:, 0])
    values[destination] = 0.0
    return values


def spectral_radius(places: int, start: Ints, end: Ints, cost: Floats, destination: int) -> float:
    """The spectral radius of exp(−cost) over the places that can reach a destination, which has no legs onward."""
    matrix = np.zeros((places, places))
    use = np.isfinite(cost) & (start != destination) & (end != destination)
    np.add.at(matrix, (start[use], end[use]), np.exp(-cost[use]))
    return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))


def all_values(network: Network, cost: Floats, leg_cost: float) -> Floats:
    """V [state, destination, place]. Raises ScenarioError naming the smallest leg_cost where there is no solution."""
    places = len(network.places)
    values = np.empty((len(network.closed), len(network.destinations), places))
    needed = leg_cost
    for s, closed in enumerate(network.closed):
        shut = np.where(closed, np.inf, cost[s])
        for d, destination in enumerate(network.destinations):
            solution = solve(places, network.start, network.end, shut, destination)
            if solution is None:
                radius = spectral_radius(places, network.start, network.end, shut, destination)
                needed = max(needed, leg_cost + np.log(radius))
            else:
                values[s, d] = solution
    if needed > leg_cost:
        raise ScenarioError([no_solution(leg_cost, needed)])
    return values


def no_solution(leg_cost: float, needed: float) -> Problem:
    """The problem of a network on which roundabout ways are so cheap that their sum diverges."""
    enough = np.ceil((needed + 1e-6) * 1000) / 1000
    return Problem(
        "scenario.yaml",
        0,
        "movement.leg_cost",
        f"{leg_cost:g}",
        "the choice of way has no solution on this network: going round in circles costs too little",
        f"set leg_cost to {enough:g} or more",
    )


@dataclass(frozen=True)
class Ways:
    """Options by place, and by pair of true and believed state; as in `goal_day.Goal`."""

    way: Ints
    way_start: Ints
    way_leg: Ints
    way_chance: Floats
    way_open: Ints


def believed_states(network: Network, settings: GoalSettings, values: Mapping[str, float]) -> Ints:
    """The newest network state whose news has reached each place, [day, place]."""
    days, places = network.state_of.size, len(network.places)
    delay = np.floor(
        resolve(settings.news_delay_days, values)
        + resolve(settings.news_delay_days_per_100km, values) * network.distance_km / 100.0
    )
    belief = np.full((days, places), network.state_of[0], dtype=np.int64)
    for c, day in enumerate(network.changed_on):
        known = np.arange(days)[:, None] >= day + delay[c]
        belief[known] = network.state_of[day]
    return belief


def choose_ways(network: Network, settings: GoalSettings, values: Mapping[str, float]) -> Ways:
    """The probabilities of every leg, for each place, day and destination. Raises ScenarioError without a solution."""
    cost = leg_costs(network, settings, values)
    v = all_values(network, cost, resolve(settings.leg_cost, values))
    belief = believed_states(network, settings, values)
    places, legs = len(network.places), network.start.size
    pairs, pair_of = np.unique(network.state_of[:, None] * len(network.closed) + belief, return_inverse=True)
    order = np.argsort(network.start, kind="stable")
    leg_start = np.searchsorted(network.start[order], np.arange(places + 1))
    aims = len(network.destinations) + 1
    chance = np.zeros((len(pairs), legs, aims))
    is_open = np.zeros((len(pairs), places, aims), dtype=np.int64)
    for k, pair in enumerate(pairs):
        true, believed = divmod(int(pair), len(network.closed))
        usable = ~network.closed[true][order]
        total = -(cost[believed][order][:, None] + v[believed][:, network.end[order]].T)
        total[~usable] = -np.inf
        best = np.full((places, aims - 1), -np.inf)
        np.maximum.at(best, network.start[order], total)
        shift = np.where(np.isfinite(best), best, 0.0)
        weight = np.exp(total - shift[network.start[order]])
        norm = np.zeros((places, aims - 1))
        np.add.at(norm, network.start[order], weight)
        chance[k, :, 1:] = weight / np.where(norm > 0, norm, 1.0)[network.start[order]]
        is_open[k, :, 1:] = norm > 0
    starts = (np.arange(len(pairs))[:, None] * legs + leg_start[:-1]).reshape(-1)
    return Ways(
        way=(pair_of.reshape(belief.shape) * places + np.arange(places)).reshape(-1).astype(np.int64),
        way_start=np.append(starts, len(pairs) * legs).astype(np.int64),
        way_leg=np.tile(order, len(pairs)).astype(np.int64),
        way_chance=chance.reshape(-1).round(CHANCE_DIGITS),
        way_open=is_open.reshape(-1),
    )


def check_solution(scenario: Scenario) -> list[Problem]:
    """Whether the choice of way has a solution in every network state of every policy.

    Tried at the medians, and with every uncertain parameter at its lowest thousandth, where costs are least.
    """
    settings = scenario.settings.goal
    lowest = {
        name: float(quantile(p.prior, np.array([0.001]))[0]) if p.prior else p.value
        for name, p in scenario.settings.parameters.items()
    }
    legs = directed_legs(scenario)
    for policy in scenario.settings.policies:
        danger = responses_of(scenario, policy).danger
        network = build_network(scenario, measures_of(scenario, policy), legs, danger=danger)
        for values in (medians(scenario.settings), lowest):
            try:
                all_values(network, leg_costs(network, settings, values), resolve(settings.leg_cost, values))
            except ScenarioError as error:
                return error.problems
    return []

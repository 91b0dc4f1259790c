"""Departures: how many parties start where, on which day, heading where."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from travesia.cohorts import AT_PLACE, pack
from travesia.groups import Groups, parse_pairs
from travesia.kernels import Departures
from travesia.movement.conditions import conflict_by_day
from travesia.observed import observed_rise
from travesia.parameters import Column, product, resolve
from travesia.policy import Responses
from travesia.quantiles import poisson_quantile
from travesia.rng import split_by_quantile, uniforms
from travesia.scenario import Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DeparturePlan:
    """The departures of a scenario, before parameters have values."""

    rows: tuple[dict[Hashable, object], ...]
    people: Column
    rate: Column
    concentration: Column
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    population: Column
    drivers: Mapping[str, tuple[tuple[int, int, int], ...]]  # day, place (−1: every place), row of the table
    driver: Column
    rise: NDArray[np.int64]
    conflict: Floats  # [day, place] weight of a place in the observed rise
    groups: Groups
    aims: int
    destinations: tuple[tuple[str, int], ...]  # selector, aim
    share: Column
    places: Mapping[str, int]
    response: Responses


def plan_departures(
    scenario: Scenario,
    groups: Groups,
    destinations: tuple[int, ...],
    *,
    response: Responses = Responses(),  # noqa: B008
) -> DeparturePlan:
    """What the departures need of the tables. destinations : place indices, in the order of the aims."""
    places = {name: i for i, name in enumerate(scenario.places["place"])}
    table, days = scenario.departures, scenario.settings.days
    start = pd.Timestamp(scenario.settings.start)
    first, last = [], []
    for row in table.to_dict("records"):
        a = 0 if pd.isna(row["date_from"]) else (pd.Timestamp(row["date_from"]) - start).days
        long = row["kind"] in ("rate", "observed")
        b = (
            (days - 1 if long else a)
            if pd.isna(row["date_to"])
            else (pd.Timestamp(row["date_to"]) - start).days
        )
        first.append(a)
        last.append(b)
    observed = (table["kind"] == "observed").any()
    conflict = conflict_by_day(scenario).intensity if observed else np.zeros((days, len(places)))
    population = scenario.places["population"]
    weight = (
        np.where(conflict > 0, conflict, 0.0) * population.to_numpy(dtype=float) if observed else conflict
    )
    aim_of = {place: k + 1 for k, place in enumerate(destinations)}
    return DeparturePlan(
        rows=tuple(table.to_dict("records")),
        people=Column.of(table["people"]),
        rate=Column.of(table["rate_per_day"]),
        concentration=Column.of(table["concentration"]),
        first=np.array(first, dtype=np.int64),
        last=np.array(last, dtype=np.int64),
        population=Column.of(population),
        drivers=_driver_rows(scenario, places),
        driver=Column.of(scenario.drivers["value"]),
        rise=observed_rise(scenario) if observed else np.zeros(days, dtype=np.int64),
        conflict=weight,
        groups=groups,
        aims=len(destinations) + 1,
        destinations=tuple(
            (row["groups"], aim_of[places[row["destination"]]])
            for row in scenario.destinations.to_dict("records")
        ),
        share=Column.of(scenario.destinations["share"]),
        places=places,
        response=response,
    )


def _driver_rows(
    scenario: Scenario, places: Mapping[str, int]
) -> dict[str, tuple[tuple[int, int, int], ...]]:
    """The rows of each driver, those for every place first, then by day."""
    start = pd.Timestamp(scenario.settings.start)
    rows: dict[str, list[tuple[int, int, int]]] = {}
    for k, row in enumerate(scenario.drivers.to_dict("records")):
        day = (pd.Timestamp(row["date"]) - start).days
        place = places[row["place"]] if row["place"] else -1
        rows.setdefault(row["driver"], []).append((day, place, k))
    return {name: tuple(sorted(found, key=lambda r: (r[1] >= 0, r[0]))) for name, found in rows.items()}


def _driver_at(plan: DeparturePlan, values: Mapping[str, float], name: str, place: int) -> Floats:
    """A driver on each day at a place: its latest value there, or else everywhere; 0 before the first."""
    series, cells = np.zeros(len(plan.rise)), plan.driver.at(values)
    for day, where, row in plan.drivers.get(name, ()):
        if where in (place, -1):
            series[max(day, 0) :] = cells[row]
    return series


def aim_weights(plan: DeparturePlan, values: Mapping[str, float]) -> Floats:
    """Shares of the destinations, [group, aim]: of the rows that select the group, those with the longest selector."""
    weight = np.zeros((len(plan.groups.values), plan.aims))
    best = np.full(len(plan.groups.values), -1)
    for (selector, aim), share in zip(plan.destinations, plan.share.at(values), strict=True):
        chosen = plan.groups.select(selector)
        length = len(parse_pairs(selector))
        for g in np.flatnonzero(chosen & (best <= length)):
            if length > best[g]:
                weight[g], best[g] = 0.0, length
            weight[g, aim] += share
    return weight


def draw_departures(
    plan: DeparturePlan, values: Mapping[str, float], *, seed: int, replicate: int, expected: bool, days: int
) -> Departures:
    """The departures of one replicate, by day."""
    draw = _Draw(seed, replicate, expected)
    aims = aim_weights(plan, values)
    odds = product(plan.response.smuggled, values)
    by_day: list[list[tuple[int, float, int]]] = [[] for _ in range(days)]
    for k, row in enumerate(plan.rows):
        name = str(row["departure"])
        shares = plan.groups.shares(values, str(row["groups"]), smuggled_odds=odds)
        for day, place, people in _people(plan, k, values, draw):
            parties = _parties(plan.groups, draw, shares, people, f"{name} {place}", day)
            for g in np.flatnonzero(parties > 0):
                heading = draw.deal(parties[g], aims[g], f"{name} {place} {g} to", day)
                for aim in np.flatnonzero(heading > 0):
                    by_day[day].append(
                        (pack(AT_PLACE, place * plan.aims + int(aim), 0, int(g), 0), heading[aim], k)
                    )
    start = np.cumsum([0, *(len(rows) for rows in by_day)]).astype(np.int64)
    flat = [row for rows in by_day for row in rows]
    return Departures(
        start,
        np.array([code for code, _, _ in flat], dtype=np.int64),
        np.array([n for _, n, _ in flat], dtype=np.float64),
        np.array([row for _, _, row in flat], dtype=np.int64),
    )


@dataclass(frozen=True)
class _Draw:
    """Draws keyed by name and day; their means in expected mode."""

    seed: int
    replicate: int
    expected: bool

    def uniforms(self, name: str, day: int, count: int) -> Floats:
        return uniforms(self.seed, self.replicate, "departure", name, day, count=count)

    def deal(self, count: float, weight: Floats, name: str, day: int) -> Floats:
        """Split a count over weights; nobody where all weights are 0."""
        total = weight.sum()
        if total <= 0:
            out = np.zeros(len(weight))
            out[0] = count  # heading nowhere
            return out
        if self.expected:
            shares: Floats = count * weight / total
            return shares
        words = (self.seed, self.replicate, "departure", name, day)
        return split_by_quantile(count, weight, total, *words)

    def shocked(self, number: float, concentration: float, name: str, day: int) -> float:
        """A number times its gamma shock of mean 1."""
        if self.expected or np.isnan(concentration):
            return number
        u = self.uniforms(f"{name} shock", day, 1)
        return number * float(special.gammaincinv(concentration, u)[0]) / concentration


def _people(
    plan: DeparturePlan, k: int, values: Mapping[str, float], draw: _Draw
) -> list[tuple[int, int, float]]:
    """(day, place, people) of one row of departures."""
    row = plan.rows[k]
    days = range(max(int(plan.first[k]), 0), min(int(plan.last[k]) + 1, len(plan.rise)))
    if row["kind"] == "observed":
        return _observed(plan, draw, str(row["departure"]), days)
    place = plan.places[str(row["place"])]
    if row["kind"] == "rate":
        return [(day, place, people) for day, people in _by_rate(plan, k, values, draw, days, place)]
    return [(day, place, people) for day, people in _known(plan, k, values, draw, days)]


def _known(
    plan: DeparturePlan, k: int, values: Mapping[str, float], draw: _Draw, days: range
) -> list[tuple[int, float]]:
    """(day, people) of a known number, evenly over its days, also those before the run; or of those present before."""
    row, people, first, length = plan.rows[k], plan.people.at(values)[k], 0, 1
    if row["kind"] == "known":
        people = people * product(plan.response.departures, values)
        first, length = int(plan.first[k]), int(plan.last[k] - plan.first[k]) + 1
    else:
        days = range(1)
    whole = draw.shocked(people, plan.concentration.at(values)[k], str(row["departure"]), 0)
    whole = whole if draw.expected else float(np.rint(whole))
    done = [whole * i / length for i in range(length + 1)]
    steps = np.diff(done if draw.expected else np.rint(done))
    return [(day, float(steps[day - first])) for day in days]


def _by_rate(
    plan: DeparturePlan, k: int, values: Mapping[str, float], draw: _Draw, days: range, place: int
) -> list[tuple[int, float]]:
    """(day, people) of a rate per inhabitant on drivers."""
    row, concentration = plan.rows[k], plan.concentration.at(values)[k]
    name, found = str(row["departure"]), []
    effect = np.zeros(len(plan.rise))
    for driver, coefficients in parse_pairs(str(row["drivers"])).items():
        effect += _coefficient(coefficients[0], values) * _driver_at(plan, values, driver, place)
    means = plan.population.at(values)[place] * plan.rate.at(values)[k] * np.exp(effect)
    means = means * product(plan.response.departures, values)
    for day in days:
        mean = draw.shocked(float(means[day]), concentration, name, day)
        people = mean if draw.expected else poisson_quantile(draw.uniforms(f"{name} rate", day, 1)[0], mean)
        found.append((day, float(people)))
    return found


def _coefficient(cell: str, values: Mapping[str, float]) -> float:
    return resolve(cell, values) if cell in values else float(cell)


def _observed(plan: DeparturePlan, draw: _Draw, name: str, days: range) -> list[tuple[int, int, float]]:
    """The observed rise of each day, dealt over the places in conflict; held back while there is none."""
    out, held = [], 0.0
    for day in days:
        held += plan.rise[day]
        if held > 0 and plan.conflict[day].sum() > 0:
            dealt = draw.deal(held, plan.conflict[day], name, day)
            out += [(day, int(p), float(dealt[p])) for p in np.flatnonzero(dealt > 0)]
            held = 0.0
    return out


def _parties(groups: Groups, draw: _Draw, shares: Floats, people: float, name: str, day: int) -> Floats:
    """Parties of each group: people dealt by the shares, then whole parties; who is left over fills smaller ones."""
    sizes = groups.sizes
    if people <= 0 or shares.sum() <= 0:
        return np.zeros(len(sizes))
    dealt = draw.deal(people, shares, f"{name} groups", day)
    if draw.expected:
        return dealt / sizes
    parties = np.floor(dealt / sizes)
    left = dealt - parties * sizes
    for g in np.flatnonzero(left > 0):
        small = groups.smallest(int(g))
        parties[small] += np.floor(left[g] / sizes[small])
    return parties

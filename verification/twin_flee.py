"""Rule `flee` one person at a time, the list of people shuffled before each pass of the day.

Written from a description of Flee's behaviour (its source as of 14 May 2026), not from its code.
The shuffling is ours: the engine reproduces the process in which people act in random order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pandas as pd
from verification.twin_network import rows_of

from travesia.scenario import FINAL_OUTCOMES, FleeSettings, Scenario

TINY = 1e-6


@dataclass(eq=False)
class Location:
    """A place as it is today; `conflict` is −1 in peace, `since` the day the conflict started."""

    name: str
    country: str
    population: float
    capacity: float
    camp: bool
    idp: bool
    town: bool
    marker: bool
    move_chance: float
    conflict: float = -1.0
    since: int = -1
    people: int = 0
    score: float = 1.0
    links: list[Link] = field(default_factory=list)


@dataclass(eq=False)
class Link:
    """A leg in one direction; people on one that has been closed meanwhile are sent back to its start."""

    name: str
    start: Location
    end: Location
    km: float
    closed: bool = False


@dataclass(eq=False)
class Person:
    """Somebody at a place, or on a link with so many km behind them."""

    place: Location
    link: Link | None = None
    progress_km: float = 0.0
    route: list[str] = field(default_factory=list)
    places_travelled: int = 1
    km_today: float = 0.0
    recent_travel: float = 0.0


def simulate_flee(scenario: Scenario, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """One replicate under rule flee: arrays [date, name] of people, and the names as `names_<array>`."""
    return Replicate(scenario, seed).run()


def replicates_flee(scenario: Scenario, seeds: Iterable[int]) -> dict[str, np.ndarray[Any, Any]]:
    """Replicates of one scenario stacked along a first axis, the labels left as they are."""
    runs = [simulate_flee(scenario, seed) for seed in seeds]
    labels = {name: array for name, array in runs[0].items() if name.startswith("names_")}
    return {name: np.stack([run[name] for run in runs]) for name in runs[0]} | labels


class Replicate:
    """One replicate: the network as it changes, and everybody."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        assert isinstance(scenario.settings.movement, FleeSettings)
        self.settings, self.flee, self.random = scenario.settings, scenario.settings.movement, Random(seed)
        self.people: list[Person] = []
        self.debt, self.crossed = 0, Counter[str]()
        self.locations = {row.place: self.read_location(row) for row in rows_of(scenario.places)}
        self.home = next(iter(self.locations.values())).country
        self.closed_links: list[Link] = []
        for row in scenario.legs.to_dict("records"):
            ends = [(row["from"], row["to"]), (row["to"], row["from"])]
            for start, end in ends if row["both_ways"] else ends[:1]:
                link = (
                    self.locations[start],
                    self.locations[end],
                    row["distance_km"] * row["distance_factor"],
                )
                self.locations[start].links.append(Link(f"{row['leg']}:{start}>{end}", *link))
        self.link_names = [link.name for place in self.locations.values() for link in place.links]
        self.closures = [row for row in rows_of(scenario.measures) if row.kind in ("close", "camp_closed")]
        self.conflicts = [row for row in rows_of(scenario.drivers) if row.driver == "conflict"]
        self.series = self.read_series(scenario.observations)
        self.start_conflicts(lambda day: day < 0)
        self.insert_people_present()
        self.spawn_weights(0)

    def run(self) -> dict[str, np.ndarray[Any, Any]]:
        """All days."""
        days = [self.one_day(day) for day in range(self.settings.days)]
        labels = {
            "people": list(self.locations),
            "crossed": self.link_names,
            "outcomes": list(FINAL_OUTCOMES),
        }
        arrays = {name: np.array([day[name] for day in days]) for name in days[0]}
        return arrays | {f"names_{name}": np.array(values, dtype=str) for name, values in labels.items()}

    def one_day(self, day: int) -> dict[str, Any]:
        """Conflicts, arrivals, closures, scores, those at a place decide, those on a link advance."""
        self.crossed.clear()
        if self.start_conflicts(lambda date: date == day):
            self.spawn_weights(day)
        self.spawn(day)
        self.close_and_open(day)
        self.spawn_weights(day)
        for place in self.locations.values():
            place.score = self.score(place, day)
        for person in self.shuffled():
            self.decide(person)
        for person in self.shuffled():
            self.travel(person)
        for person in self.people:
            person.recent_travel = (person.recent_travel + person.km_today / self.flee.max_move_speed) / 2
            person.km_today = 0.0
        return self.record()

    # --- reading

    def day(self, cell: pd.Timestamp, blank: int) -> int:
        """The day of the run of a date."""
        return blank if pd.isna(cell) else (cell.date() - self.settings.start) // timedelta(days=1)

    def read_location(self, row: Any) -> Location:
        """A place of the table; capacities and populations divided by hasten, −1 being no capacity."""
        camp, idp = row.kind in ("camp", "idp_camp"), row.kind == "idp_camp"
        blank = math.isnan(row.capacity) or self.flee.capacities == "blank"
        capacity = -1 if blank else int(row.capacity) // self.flee.hasten
        population = int(row.population) // self.flee.hasten
        chance = self.flee.default_movechance if row.kind in ("town", "flood_zone") else 1.0
        chance = self.camp_chance(idp) if camp else chance
        town, marker = row.kind == "town", row.kind == "marker"
        return Location(row.place, row.country, population, capacity, camp, idp, town, marker, chance)

    def camp_chance(self, idp: bool) -> float:
        """The move chance of a camp."""
        return self.flee.idpcamp_movechance if idp else self.flee.camp_movechance

    def read_series(self, observations: pd.DataFrame) -> dict[str, list[tuple[int, float]]]:
        """The observed stocks by place or area, in file order."""
        series: dict[str, list[tuple[int, float]]] = {}
        for row in rows_of(observations):
            if row.quantity == "present":
                value = int(row.value) / self.flee.hasten
                series.setdefault(row.place or row.area, []).append((self.day(row.date_from, 0), value))
        return series

    def observed(self, name: str, day: int) -> int:
        """The stock on a day: constant before and after, linear between, truncated."""
        points = self.series.get(name, [(0, 0.0)])
        if day <= points[0][0]:
            return int(points[0][1])
        for (day_1, value_1), (day_2, value_2) in pairwise(points):
            if day < day_2:
                return int(value_1 + (day - day_1) / (day_2 - day_1) * (value_2 - value_1))
        return int(points[-1][1])

    def insert_people_present(self) -> None:
        """People in camps on day 0; capacities lose them though they count as present too (Flee's quirk)."""
        for place in self.locations.values():
            present = self.observed(place.name, 0)
            if place.camp and self.flee.insert_day0 and not self.flee.empty_camps_on_day0:
                self.add(place, present)
            if self.flee.insert_day0 and place.capacity > 0:
                place.capacity -= present

    def add(self, place: Location, number: int) -> None:
        """New people at a place."""
        self.people += [Person(place) for _ in range(number)]
        place.people += number

    # --- conflicts, arrivals, closures

    def start_conflicts(self, when: Any) -> bool:
        """Conflicts start and stop; a change between two values above 0 is ignored."""
        changed = False
        for row in self.conflicts:
            day, place = self.day(row.date, 0), self.locations[row.place]
            if when(day) and (row.value > TINY) != (place.conflict > TINY):
                changed, on = True, row.value > TINY
                place.conflict, place.since = (row.value, day) if on else (-1.0, place.since)
                place.move_chance = self.flee.conflict_movechance if on else self.flee.default_movechance
                place.town = not on
        return changed

    def decay(self, place: Location, day: int) -> float:
        """What is left of a conflict's weight after so many days."""
        steps = self.flee.conflict_spawn_decay
        return (
            steps[min((day - place.since) // self.flee.conflict_spawn_decay_interval, len(steps) - 1)]
            if steps
            else 1.0
        )

    def spawn_weights(self, day: int) -> None:
        """Where people flee from: population × intensity × decay."""
        self.weights = {
            place: place.population * place.conflict * self.decay(place, day)
            for place in self.locations.values()
            if place.conflict > 0
        }

    def spawn(self, day: int) -> None:
        """The daily rise of the observed totals; falls are a debt that later rises pay first."""
        due = self.rise(day) - self.debt
        if day == 0 and self.flee.insert_day0:
            due = 0
        if sum(self.weights.values()) <= 0:
            self.debt = -due  # nowhere to flee from: held back
            return
        self.debt = max(0, -due)
        for _ in range(due):
            self.add(self.random.choices(list(self.weights), list(self.weights.values()))[0], 1)

    def rise(self, day: int) -> int:
        """How much the observed totals rise on a day; on day 0 the total row counts too (Flee's quirk)."""
        if day == 0 and self.flee.empty_camps_on_day0:
            return 0
        names = list(self.series) if day == 0 else [name for name in self.series if name != "total"]
        names = names if self.flee.sum_from_camps else ["total"]
        return sum(self.observed(name, day) - (self.observed(name, day - 1) if day else 0) for name in names)

    def close_and_open(self, day: int) -> None:
        """Closures that start today and those whose last day was yesterday, in the order of the table."""
        for row in self.closures:
            starts, ends = self.day(row.date_from, 0) == day, self.day(row.date_to, -9) == day - 1
            if row.kind == "camp_closed" and (starts or ends):
                self.turn_camp(self.locations[row.place], ends)
            elif starts:
                for link in [
                    x for place in self.locations.values() for x in place.links if self.named(row, x)
                ]:
                    link.closed = True
                    link.start.links.remove(link)
                    self.closed_links.append(Link(link.name, link.start, link.end, link.km))
            elif ends:
                for link in [x for x in self.closed_links if self.named(row, x) and not self.held(x, day)]:
                    self.closed_links.remove(link)
                    link.start.links.append(link)

    def held(self, link: Link, day: int) -> bool:
        """Whether a closure that names a link lasts today (in Flee the first end of any of them reopens it)."""
        lasting = [
            row
            for row in self.closures
            if row.kind == "close" and self.day(row.date_from, 0) <= day <= self.day(row.date_to, day)
        ]
        return any(self.named(row, link) for row in lasting)

    def named(self, row: Any, link: Link) -> bool:
        """Whether a closure names a link: its countries, or one of its ends."""
        if row.countries:
            return {link.start.country, link.end.country} == set(row.countries.split("-"))
        return row.place in (link.start.name, link.end.name)

    def turn_camp(self, place: Location, into_camp: bool) -> None:
        """A camp becomes a town, or a camp again."""
        place.camp, place.town, place.conflict = into_camp, not into_camp, -1.0
        place.move_chance = self.camp_chance(place.idp) if into_camp else self.flee.default_movechance

    # --- choosing

    def score(self, place: Location, day: int) -> float:
        """How much a place attracts."""
        score = self.flee.foreign_weight if place.country != self.home else 1.0
        score *= self.flee.camp_weight if place.camp else 1.0
        if place.conflict > 0:
            score *= self.flee.conflict_weight ** (self.decay(place, day) * place.conflict)
        return score

    def room(self, place: Location) -> float:
        """The capacity multiplier: 1 with room, falling to 0 from the buffer on."""
        capacity, buffer = place.capacity * self.flee.capacity_scaling, self.flee.capacity_buffer
        if capacity < 1 or place.people <= buffer * capacity:
            return 1.0
        if place.people >= capacity:
            return 0.0
        return 1 - (place.people - buffer * capacity) / (capacity * (1 - buffer))

    def routes(
        self, place: Location, passed: list[str], km: float, depth: int
    ) -> list[tuple[list[str], Location, float]]:
        """All simple paths within the awareness depth, with end and km; markers are no steps and no ends."""
        found = []
        for link in place.links:
            end, length = link.end, km + link.km
            if end.name in passed:
                continue
            reached = depth + (not end.marker)
            if not end.marker:
                found.append(([*passed[1:], end.name], end, length))
            if self.flee.awareness_level > reached:
                found += self.routes(end, [*passed, end.name], length, reached)
        return found

    def choose_route(self, place: Location) -> list[str]:
        """A route drawn by the weight of its end."""
        routes = self.routes(place, [place.name], 0.0, 0)
        if not routes:
            return []
        f = self.flee
        weights = []
        for _, end, km in routes:
            pull = (f.weight_softening + end.score) / (f.softening + km) ** f.distance_power
            weights.append((pull * self.room(end)) ** f.weight_power)
        if f.pruning_threshold >= 1.001:
            least = max(weights) / f.pruning_threshold
            weights = [weight if weight >= least else 0.0 for weight in weights]
        weights = weights if sum(weights) > 0 else [1.0] * len(routes)
        return list(self.random.choices(routes, weights)[0][0])

    # --- moving

    def shuffled(self) -> list[Person]:
        """Everybody in random order."""
        return self.random.sample(self.people, len(self.people))

    def decide(self, person: Person, force: bool = False) -> None:
        """Somebody at a place may set off."""
        place = person.place
        if person.link:
            return
        certain = person.route or (force and place.town)
        if not certain and self.random.random() >= place.move_chance:
            return
        route = person.route or self.choose_route(place)
        link = next((link for link in place.links if route and link.end.name == route[0]), None)
        end = self.locations[route[-1]] if route else place
        if not link or (end.camp and self.room(end) < 0.5):
            person.route = []
            return
        person.link, person.progress_km, person.route = link, 0.0, route[1:]
        place.people -= 1

    def travel(self, person: Person) -> None:
        """Somebody on a link advances; whoever arrives early decides again, with a full day's speed."""
        while person.link:
            link = person.link
            on_foot = person.places_travelled == 1 and self.flee.start_on_foot
            speed = self.flee.max_walk_speed if on_foot else self.flee.max_move_speed
            person.progress_km += speed
            person.km_today += speed
            if person.progress_km <= link.km:
                return
            person.places_travelled += 1
            person.km_today -= person.progress_km - link.km
            person.place, person.link = (link.start if link.closed else link.end), None
            person.place.people += 1
            if link.closed:
                return
            self.crossed[link.name] += 1
            if person.km_today >= speed:
                return
            short = (person.recent_travel + person.km_today / self.flee.max_move_speed) / 2 < 0.5
            self.decide(person, force=self.flee.avoid_short_stints and short)

    def record(self) -> dict[str, Any]:
        """The counts of the day."""
        at_places = Counter(person.place.name for person in self.people if not person.link)
        assert all(at_places[name] == place.people for name, place in self.locations.items()), (
            "people are conserved"
        )
        return {
            "people": [at_places[name] for name in self.locations],
            "in_transit": len(self.people) - at_places.total(),
            "crossed": [self.crossed[name] for name in self.link_names],
            "outcomes": [0 for _ in FINAL_OUTCOMES],
            "departed": len(self.people),
        }

"""Rule `goal` one party at a time: docs/model.md as plain Python, in its order."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

import numpy as np
from verification.twin_departures import draw_destination, parties_due, party_size
from verification.twin_network import Measure, Network, Way

from travesia.scenario import FINAL_OUTCOMES, Scenario

LATE = ("shelter", "harm")
Arrays = dict[str, np.ndarray[Any, Any]]


@dataclass(eq=False)
class Party:
    """What moves together: at a place, waiting (`held_by`, `until`), on a way, or with an outcome."""

    group: dict[str, str]
    people: int
    place: str
    destination: str | None
    attempt: int = 1
    came_by: Way | None = None
    way: Way | None = None
    bins_left: int = 0
    held_by: Measure | None = None
    until: float = 0.0
    outcome: str = ""

    def is_at_place(self) -> bool:
        """Whether measures of a place can meet it: not on a way, not on a waiting list, not at its end."""
        return self.way is None and self.held_by is None and not self.outcome


def simulate_goal(scenario: Scenario, policy: str, seed: int) -> Arrays:
    """One replicate under rule goal; the arrays of `Replicate.record`, in people."""
    return Replicate(Network(scenario, policy), seed).run()


def replicates_goal(scenario: Scenario, policy: str, seeds: Iterable[int]) -> Arrays:
    """Replicates of one scenario stacked along a first axis, the labels left as they are."""
    network = Network(scenario, policy)
    runs = [Replicate(network, seed).run() for seed in seeds]
    labels = {name: array for name, array in runs[0].items() if name.startswith("names_")}
    return {name: np.stack([run[name] for run in runs]) for name in runs[0]} | labels


class Replicate:
    """One replicate: everybody, and what has been counted."""

    def __init__(self, network: Network, seed: int) -> None:
        self.net, self.random, self.number = network, Random(seed), network.number
        self.bins, self.parties, self.departed = network.movement.leg_bins_per_day, list[Party](), 0
        self.shocks: dict[str, float] = {}  # of the departures
        self.today: dict[Any, Any] = {}  # what is drawn once a day, and what is left of the day's quotas
        self.crossed, self.events, self.refused = Counter[str](), Counter[str](), Counter[str]()
        self.outcomes = Counter[str]()

    def run(self) -> Arrays:
        """All days."""
        return self.labelled([self.one_day(day) for day in self.net.days])

    def one_day(self, day: int) -> dict[str, list[int]]:
        """The day, in the order of the text."""
        self.day, self.today = day, {}
        self.active, self.closed = self.net.active(day), self.net.closed(day)
        for counter in (self.crossed, self.events, self.refused):
            counter.clear()
        self.depart()
        self.morning()
        self.travel()
        self.night()
        return self.record()

    # --- 2. departures

    def depart(self) -> None:
        """Departures of the day appear at their place, with a destination."""
        due = parties_due(self.net, day=self.day, random=self.random, shocks=self.shocks)
        for group, place in due:
            people, destination = party_size(self.net, group), draw_destination(self.net, group, self.random)
            self.parties.append(Party(group, people, place, destination))
            self.departed += people

    # --- 3. morning

    def morning(self) -> None:
        """Waiting lists whose days are over, then the measures of the morning."""
        for party in self.parties:
            party.came_by = party.came_by if party.held_by else None
            if party.held_by and self.is_over(party):
                measure, party.held_by = party.held_by, None
                self.send(party, measure)
                party.came_by = None
        for party in self.shuffled(Party.is_at_place):
            here = self.standing("morning", party)
            self.meet(party, [m for m in here if m.kind != "retry" or party.destination is None])

    def is_over(self, party: Party) -> bool:
        """Whether the days on the waiting list are over."""
        assert party.held_by
        mean = self.number(party.held_by.row.mean_days)
        return self.random.random() * mean < 1 if mean else self.day >= party.until

    # --- 4. travel

    def travel(self) -> None:
        """Events in order of time; those at one time in random order."""
        events = list[tuple[float, float, int, Party, Callable[[Party, float], None]]]()
        ticket = count()

        def at(time: float, party: Party, action: Callable[[Party, float], None]) -> None:
            heapq.heappush(events, (time, self.random.random(), next(ticket), party, action))

        self.at = at
        for party in self.parties:
            if party.way and party.bins_left <= self.bins:
                at(party.bins_left / self.bins, party, self.arrive)
            elif party.way:
                party.bins_left -= self.bins
            elif party.is_at_place() and party.destination:
                at(0.0, party, self.wake)
        while events:
            time, _, _, party, action = heapq.heappop(events)
            action(party, time)

    def wake(self, party: Party, time: float) -> None:
        """At a place in the morning."""
        if party.place == party.destination:
            self.finish(party, "arrived")
            return
        if self.net.places[party.place].kind == "detention":
            return
        ways = self.open_ways(party)
        if not ways:
            if self.random.random() < self.number(self.net.movement.give_up_per_day):
                self.finish(party, "gave_up")
            return
        if self.goes_on(party) and not self.meet(party, self.standing("passing", party)):
            self.leave(party, time, ways)

    def arrive(self, party: Party, time: float) -> None:
        """At the end of a way: measures, then the end of the journey, the next way, or the night."""
        assert party.way
        party.came_by, party.place, party.way = party.way, party.way.end, None
        self.crossed[party.came_by.name] += party.people
        if self.meet(party, self.standing("arrival", party) + self.standing("passing", party)):
            return
        ways = self.open_ways(party)
        if party.place == party.destination or (ways and self.goes_on(party)):
            self.leave(party, time, ways)

    def goes_on(self, party: Party) -> bool:
        """Whether the stay at a place is over: a geometric number of nights."""
        return self.random.random() < 1 / (1 + self.number(self.net.places[party.place].stay_mean_days))

    def open_ways(self, party: Party) -> dict[Way, float]:
        """The ways open where people stand that lead on, and the chance of each by the V they know."""
        assert party.destination
        return self.net.chances(party.place, party.destination, self.day)

    def leave(self, party: Party, time: float, ways: dict[Way, float]) -> None:
        """Choose a way and enter it at the present time; at the destination, the journey ends."""
        if party.place == party.destination:
            self.finish(party, "arrived")
            return
        way = self.random.choices(list(ways), self.chances(party, ways))[0]
        party.way = way
        time += max(way.km / self.speed(party, way), 0.001)
        if time <= 1:
            self.at(time, party, self.arrive)
            return
        left = (time - 1) * self.bins
        party.bins_left = math.floor(left) + (self.random.random() < left % 1)

    def chances(self, party: Party, ways: dict[Way, float]) -> list[float]:
        """The chances of the ways, with the day's shared shock if there is one."""
        c = self.number(self.net.movement.route_concentration)
        key = (party.place, party.destination, party.group.get("caravan"))
        if c and key not in self.today:
            self.today[key] = [self.random.gammavariate(c * p, 1.0) + 1e-300 for p in ways.values()]
        return list(self.today[key]) if c else list(ways.values())

    def speed(self, party: Party, way: Way) -> float:
        """Kilometres a day: of the group's first value that has a speed, else of the mode."""
        values = [self.net.settings.groups[attribute][value] for attribute, value in party.group.items()]
        own = [value.speed_km_per_day for value in values if value.speed_km_per_day is not None]
        return self.number(own[0] if own else self.net.movement.speed_km_per_day[way.mode])

    # --- 5. night

    def night(self) -> None:
        """Measures that compete, then beds, then harm, on those at a place whom none has taken yet."""
        left = self.shuffled(Party.is_at_place)
        for late in ("", "shelter", "harm"):
            tonight = {
                party: [
                    m for m in self.standing("daily", party) if late == (m.kind if m.kind in LATE else "")
                ]
                for party in left
            }
            left = [party for party in left if not self.meet(party, tonight[party])]
            left = self.reunite(left) if not late else left
            self.random.shuffle(left)

    def reunite(self, parties: list[Party]) -> list[Party]:
        """Parties become families again, each that is possible with the share; who is left of the parties."""
        for measure in [m for m in self.active if m.kind == "reunite"]:
            members_named, _, name = measure.target.removeprefix("party:").rpartition(">")
            attribute, _, text = (members_named or name).partition("=")
            name = name if members_named else text
            kinds = self.net.settings.groups[attribute]
            wanted = Counter[str]()
            for part in text.split("+") if members_named else []:
                kind, _, times = part.partition("*")
                wanted[kind] += int(times or 1)
            if not members_named:
                singles = {kind: value for kind, value in kinds.items() if value.adults + value.children == 1}
                adult = [kind for kind, value in singles.items() if value.adults][:1]
                child = [kind for kind, value in singles.items() if value.children][:1]
                for kind in (kind for kind in singles if kind in adult + child):
                    wanted[kind] = kinds[name].adults if kind in adult else kinds[name].children
                wanted = +wanted
            alike = defaultdict[Any, dict[str, list[Party]]](lambda: defaultdict(list))
            for party in parties:
                others = tuple(value for name, value in party.group.items() if name != attribute)
                alike[party.place, party.destination, party.attempt, others][party.group[attribute]].append(
                    party
                )
            chosen = list[tuple[Party, list[Party]]]()
            for here in alike.values():
                first = here[next(iter(wanted))]
                if (
                    not first
                    or first[0].place != measure.place
                    or not self.net.fits(measure.row.groups, first[0].group)
                ):
                    continue
                possible = min(len(here[kind]) // number for kind, number in wanted.items())
                for _ in range(sum(self.random.random() < self.share(measure) for _ in range(possible))):
                    members = [here[kind].pop() for kind, number in wanted.items() for _ in range(number)]
                    group = members[0].group | {attribute: name}
                    people = sum(member.people for member in members)
                    chosen.append((replace(members[0], group=group, people=people), members))
            self.random.shuffle(chosen)
            for family, members in chosen:
                if self.has_room(measure, family):
                    self.parties = [party for party in self.parties if party not in members] + [family]
                    parties = [party for party in parties if party not in members]
        return parties

    # --- measures

    def shuffled(self, which: Callable[[Party], bool]) -> list[Party]:
        """Some of the parties, in random order."""
        chosen = [party for party in self.parties if which(party)]
        self.random.shuffle(chosen)
        return chosen

    def standing(self, when: str, party: Party) -> list[Measure]:
        """The measures of a moment at the place of the party, or on the way by which it just arrives."""
        return [
            m
            for m in self.active
            if m.when == when
            and (m.place == party.place or party.came_by in m.ways)
            and self.net.fits(m.row.groups, party.group)
        ]

    def meet(self, party: Party, measures: list[Measure]) -> bool:
        """Measures that meet a party compete, then come those that leave people; whether it was taken."""
        measures = [m for m in measures if m.kind != "reunite"]
        competing = [m for m in measures if not m.leaves_people() and self.share(m)]
        shares = [self.share(m) for m in competing]
        if self.random.random() >= math.prod(1 - share for share in shares):
            measure = self.random.choices(competing, shares)[0]
            if self.has_room(measure, party):
                self.take(party, measure)
                return True
        for measure in measures:
            if measure.leaves_people() and self.random.random() < self.share(measure):
                self.has_room(measure, party)
        return False

    def share(self, measure: Measure) -> float:
        """The share of a measure today: multiplied, then with its shock."""
        key = ("share", measure.name)
        if key not in self.today:
            m = measure.scale
            for other in self.active:
                if other.kind == "share_information" and measure.name in other.row.multiplies.split(";"):
                    m *= self.number(other.row.multiplier)
            p, c = 1 - (1 - self.number(measure.row.share)) ** m, self.number(measure.row.concentration)
            self.today[key] = self.random.betavariate(c * p, c * (1 - p)) if c and 0 < p < 1 else p
        return float(self.today[key])

    def has_room(self, measure: Measure, party: Party) -> bool:
        """Whether the quota has room for the party; counts the event, or the refusal."""
        key = ("quota", measure.name)
        if key not in self.today:
            quota = self.number(measure.row.per_day, math.inf) * measure.scale if measure.scale else 0.0
            if measure.kind == "shelter" and self.number(measure.row.per_day, -1) < 0:
                quota = self.net.capacity(measure.place, self.day)
            self.today[key] = quota
        room = self.today[key] >= party.people
        (self.events if room else self.refused)[measure.name] += party.people
        self.today[key] -= party.people if room else 0
        return bool(room)

    def take(self, party: Party, measure: Measure) -> None:
        """To the waiting list of the measure, or to its target at once."""
        wait_days = self.number(measure.row.after_days)
        if wait_days or self.number(measure.row.mean_days):
            party.held_by, party.until = measure, self.day + wait_days
        else:
            self.send(party, measure)

    def send(self, party: Party, measure: Measure) -> None:
        """To the target of a measure."""
        target = measure.target
        if measure.kind == "return":
            party.destination = None
        if measure.kind == "retry":
            party.destination, party.attempt = (
                draw_destination(self.net, party.group, self.random),
                min(3, party.attempt + 1),
            )
        if target in FINAL_OUTCOMES:
            self.finish(party, target)
        elif target == "back":
            party.place = party.came_by.start if party.came_by else party.place
        elif target.startswith("party:"):
            self.change(party, target.removeprefix("party:"))
        elif target != "stay":
            party.place, party.came_by = target, None

    def change(self, party: Party, text: str) -> None:
        """One party becomes others: `attribute=value`, or `attribute=value+value*2`."""
        attribute, values = text.split("=")
        parts = [part.split("*") for part in values.split("+")]
        names = [value for value, *times in parts for _ in range(int(times[0] if times else 1))]
        groups = [party.group | {attribute: value} for value in names]
        new = [replace(party, group=group, people=party_size(self.net, group)) for group in groups]
        assert sum(other.people for other in new) == party.people, "people are conserved"
        party.group, party.people = new[0].group, new[0].people
        self.parties += new[1:]

    def finish(self, party: Party, outcome: str) -> None:
        """The end of a party's story in the run."""
        party.outcome = outcome
        self.outcomes[outcome] += party.people

    # --- 6. record

    def record(self) -> dict[str, list[int]]:
        """The counts of the day in people; outcomes and departed are totals so far."""
        self.parties = [party for party in self.parties if not party.outcome]
        present = Counter[str]()
        for party in self.parties:
            present["" if party.way else party.place] += party.people
        assert self.departed == present.total() + self.outcomes.total(), "people are conserved"
        return {
            "people": [present[place] for place in self.net.places],
            "in_transit": [present[""]],
            "crossed": [self.crossed[way.name] for way in self.net.ways],
            "events": [self.events[m.name] for m in self.net.measures],
            "refused": [self.refused[m.name] for m in self.net.measures],
            "outcomes": [self.outcomes[outcome] for outcome in FINAL_OUTCOMES],
            "departed": [self.departed],
        }

    def labelled(self, days: list[dict[str, list[int]]]) -> Arrays:
        """Arrays [date, name] ([date] for in_transit and departed), and the names."""
        arrays: Arrays = {name: np.array([day[name] for day in days]) for name in days[0]}
        arrays |= {name: arrays[name][:, 0] for name in ("in_transit", "departed")}
        names = {
            "people": list(self.net.places),
            "crossed": [way.name for way in self.net.ways],
            "events": [m.name for m in self.net.measures],
            "outcomes": list(FINAL_OUTCOMES),
        }
        return arrays | {f"names_{name}": np.array(labels, dtype=str) for name, labels in names.items()}

"""Health under rule `goal`, party by party: the section Health of docs/model.md as plain Python, in its order.

A row (node, travel) is an urn that holds a letter for each of its people: S, E, I or R. Whoever goes from one row to
another draws letters from the one without replacement and drops them into the other.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from verification.twin_goal import Arrays, Party, Replicate
from verification.twin_network import Measure, Network, Way, pairs_of

from travesia.scenario import HealthSettings, Scenario

Row = tuple[str, str]  # node, travel: the node is a place, or the name of a way
STATES = "SEIR"
RECORDS = ("ill", "infectious", "died_ill")


def replicates_health(scenario: Scenario, policy: str, seeds: Iterable[int]) -> Arrays:
    """Replicates of one scenario stacked along a first axis; RECORDS are [replicate, date, place, travel]."""
    network = Network(scenario, policy)
    runs = [SickReplicate(network, seed).run() for seed in seeds]
    labels = {name: array for name, array in runs[0].items() if name.startswith("names_")}
    return {name: np.stack([run[name] for run in runs]) for name in runs[0]} | labels


class SickReplicate(Replicate):
    """A replicate with a disease: who is in which row, and the urn of each row."""

    def __init__(self, network: Network, seed: int) -> None:
        super().__init__(network, seed)
        health = network.settings.health
        assert health is not None
        self.health: HealthSettings = health
        self.urns = defaultdict[Row, Counter[str]](Counter)
        self.rows: dict[Party, Row] = {}
        self.new, self.dead = Counter[Row](), Counter[Row]()
        self.travels = list(network.settings.groups["travel"])
        self.ends = {way.name: way.end for way in network.ways}

    # --- urns

    def row_of(self, party: Party) -> Row:
        """Where a party is counted."""
        return (party.way.name if isinstance(party.way, Way) else party.place, party.group["travel"])

    def drawn(self, row: Row, people: int) -> list[str]:
        """Letters of some people of a row, in random order, taken out of it."""
        urn = self.urns[row]
        letters = [letter for letter in STATES for _ in range(urn[letter])]
        taken = self.random.sample(letters, people)
        urn.subtract(taken)
        return taken

    def settle(self, party: Party) -> None:
        """Take the letters along, if the party has gone to another row or out of the run."""
        old = self.rows.get(party)
        if old is None:
            return
        new = None if party.outcome else self.row_of(party)
        if new == old:
            return
        letters = self.drawn(old, party.people)
        if new is None:
            del self.rows[party]
        else:
            self.urns[new].update(letters)
            self.rows[party] = new

    def regroup(self, gone: dict[Party, Row], come: list[Party]) -> None:
        """Parties that become others at one place: their letters are pooled and dealt anew, where rows change."""
        old = Counter[Row]()
        for party, row in gone.items():
            old[row] += party.people if party not in come else 0
        letters = [letter for row, people in old.items() for letter in self.drawn(row, people)]
        self.random.shuffle(letters)
        for party in come:
            mine = [letters.pop() for _ in range(party.people)]
            self.rows[party] = self.row_of(party)
            self.urns[self.rows[party]].update(mine)
        assert not letters

    # --- the day, with the letters taken along

    def depart(self) -> None:
        """Those who depart start immune or infectious with the shares of the settings."""
        before = len(self.parties)
        super().depart()
        immune, ill = self.number(self.health.immune_share), self.number(self.health.infectious_share)
        for party in self.parties[before:]:
            self.rows[party] = self.row_of(party)
            for _ in range(party.people):
                letter = "R" if self.random.random() < immune else "I" if self.random.random() < ill else "S"
                self.urns[self.rows[party]][letter] += 1

    def meet(self, party: Party, measures: list[Measure]) -> bool:
        """Whoever meets measures is at the place by then."""
        self.settle(party)
        return super().meet(party, measures)

    def leave(self, party: Party, time: float, ways: dict[Way, float]) -> None:
        """Onto a way, or out of the run."""
        super().leave(party, time, ways)
        self.settle(party)

    def send(self, party: Party, measure: Measure) -> None:
        """To the target of a measure."""
        super().send(party, measure)
        self.settle(party)

    def finish(self, party: Party, outcome: str) -> None:
        """Out of the run."""
        super().finish(party, outcome)
        self.settle(party)

    def change(self, party: Party, text: str) -> None:
        """A party becomes others: of another travel, their letters come along."""
        before, row, people = len(self.parties), self.rows[party], party.people
        super().change(party, text)
        come = [party, *self.parties[before:]]
        if len(come) == 1 and self.row_of(party) == row:
            return
        letters = self.drawn(row, people)
        for other in come:
            self.rows[other] = self.row_of(other)
            self.urns[self.rows[other]].update(letters.pop() for _ in range(other.people))

    def reunite(self, parties: list[Party]) -> list[Party]:
        """Members leave their rows, families come: place by place."""
        before = set(self.parties)
        left = super().reunite(parties)
        after = set(self.parties)
        for place in self.net.places:
            gone = [party for party in self.rows if party in before - after and party.place == place]
            come = [party for party in self.parties if party not in before and party.place == place]
            self.regroup({party: self.rows.pop(party) for party in gone}, come)
        return left

    def night(self) -> None:
        """After the measures of the night, the disease."""
        super().night()
        self.check()
        self.disease()

    def check(self) -> None:
        """Letters add up to the people of each row."""
        people = Counter[Row]()
        for party in self.parties:
            if not party.outcome:
                assert self.rows[party] == self.row_of(party)
                people[self.rows[party]] += party.people
        assert people == Counter({row: urn.total() for row, urn in self.urns.items() if urn.total()})

    # --- the disease

    def disease(self) -> None:
        """Who was exposed or infectious before this night is done with first; who is infected tonight waits."""
        self.new, self.dead = Counter(), Counter()
        infected = {row: self.infected(row) for row in self.filled() if row[0] in self.net.places}
        treated = {row: count for place in self.net.places for row, count in self.treated(place).items()}
        due = Counter[Row]()
        for row in self.filled():
            urn, ill, reached = self.urns[row], self.urns[row]["I"], treated.get(row, 0)
            waiting = self.number(self.health.incubation_days)
            ripe = self.count(urn["E"], 1 / waiting) if waiting else 0
            ends_treated, dies_treated = self.end_of(reached, treated=True)
            ends, dies = self.end_of(ill - reached, treated=False)
            urn["E"] -= ripe
            urn["I"] += ripe - ends_treated - ends
            urn["R"] += ends_treated + ends - dies_treated - dies
            due[row] = dies_treated + dies
            self.new[row] = infected.get(row, 0)
            urn["S"] -= self.new[row]
            urn["E" if waiting else "I"] += self.new[row]
        for row, number in due.items():
            if number:
                self.bury(row, number)

    def filled(self) -> list[Row]:
        return [row for row, urn in self.urns.items() if urn.total()]

    def infected(self, row: Row) -> int:
        """How many susceptible of a row at a place are infected tonight."""
        place, days = row[0], self.number(self.health.infectious_days)
        here = [urn for (node, _), urn in self.urns.items() if node == place]
        people, ill = sum(urn.total() for urn in here), sum(urn["I"] for urn in here)
        force = self.number(self.health.reproduction_number) / days * ill / people
        capacity = self.net.capacity(place, self.day)
        if not math.isinf(capacity):
            force *= (people / capacity) ** self.number(self.health.crowding_power)
        return self.count(self.urns[row]["S"], 1 - math.exp(-force))

    def treated(self, place: str) -> Counter[Row]:
        """How many of the infectious of each row at a place are reached by measures of kind treat."""
        rows = [(place, travel) for travel in self.travels]
        ill = [(row, number) for row in rows for number in range(self.urns[row]["I"])]
        reached = set[tuple[Row, int]]()
        for measure in self.active:
            if measure.kind != "treat" or measure.place != place:
                continue
            met = [one for one in ill if self.meets_travel(measure, one[0][1])]
            found = [one for one in met if self.random.random() < self.share(measure)]
            most = self.number(measure.row.per_day, math.inf) * measure.scale
            self.random.shuffle(found)
            reached |= set(found[: math.floor(most)] if math.isfinite(most) else found)
        return Counter(row for row, _ in reached)

    def meets_travel(self, measure: Measure, travel: str) -> bool:
        wanted = [value for name, value in pairs_of(measure.row.groups) if name == "travel"]
        return not wanted or travel in wanted

    def end_of(self, ill: int, *, treated: bool) -> tuple[int, int]:
        """Of so many infectious, how many cease to be tonight, and how many of these die."""
        s = self.health
        own = s.treated_infectious_days if treated else None
        days = self.number(own if own is not None else s.infectious_days)
        fatal = (
            s.treated_case_fatality if treated and s.treated_case_fatality is not None else s.case_fatality
        )
        ends = self.count(ill, 1 / days)
        return ends, self.count(ends, self.number(fatal))

    def count(self, people: int, chance: float) -> int:
        """Of so many, for how many it happens."""
        return sum(self.random.random() < chance for _ in range(people))

    def bury(self, row: Row, due: int) -> None:
        """Whole parties of a row die; those due beyond them recover, others die with a party."""
        here = [party for party, own in self.rows.items() if own == row]
        size = here[0].people
        wanted = due // size + (self.random.random() < due % size / size)
        self.random.shuffle(here)
        taken = here[:wanted]
        people = size * len(taken)
        self.urns[row]["R"] += max(0, due - people)  # spared
        self.drawn(row, max(0, people - due))  # they die with their party
        for party in taken:
            del self.rows[party]
            self.finish(party, "died")
        self.dead[row] += people

    # --- record

    def record(self) -> dict[str, list[Any]]:
        """RECORDS of the day, [place, travel], beside what is recorded anyway."""
        found: dict[str, list[Any]] = {**super().record()}
        ill = Counter({row: urn["I"] for row, urn in self.urns.items()})
        dead = Counter[Row]()
        for (node, travel), number in self.dead.items():
            dead[self.ends.get(node, node), travel] += number
        for name, counts in zip(RECORDS, (self.new, ill, dead), strict=True):
            found[name] = [[counts[place, travel] for travel in self.travels] for place in self.net.places]
        return found

"""Health in means (`expected`) on one road, written out by hand from docs/model.md.

A town, a post half a day on, a city a day and a quarter further; part of those who reach the post are held in the cell,
where families are separated and the ill are treated, and whence people are released to the post in the morning. Every
row (node, travel) has a number of parties by when they leave it, and its people by state.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from verification.networks import START, scenario

from travesia.scenario import GoalSettings, GroupValue, HealthSettings, Outputs, Scenario, Settings

SIZES = {"alone": 1, "family": 3, "child": 1}
SHARES = {"alone": 0.5, "family": 0.5, "child": 0.0}
PLACES = ("town", "post", "city", "cell")
HOMES = {"first": "post", "second": "city"}  # where deaths on a leg count


@dataclass(frozen=True)
class Road:
    """The numbers of the road: stays, shares of the measures, beds of the cell, quota of the doctor."""

    days: int = 20
    people: float = 30_000.0
    stay_town: float = 2.5
    stay_post: float = 0.8
    held: float = 0.4
    freed: float = 0.15
    split: float = 0.25
    beds: float = 4_000.0
    care: float = 0.6
    most_treated: float = 150.0
    crowding: float = 0.7
    reproduction: float = 5.0
    ill_days: float = 6.0
    incubation: float = 2.0
    fatality: float = 0.2
    treated_days: float = 3.0
    treated_fatality: float = 0.05
    immune: float = 0.1
    infectious: float = 0.02


def scenario_of(road: Road) -> Scenario:
    """The same road as a scenario."""
    groups = {
        "travel": {
            "alone": GroupValue(adults=1, share=SHARES["alone"]),
            "family": GroupValue(adults=2, children=1, share=SHARES["family"]),
            "child": GroupValue(children=1, share=SHARES["child"]),
        }
    }
    settings = Settings(
        name="sick-road", title={"en": "A road", "es": "Un camino"}, start=START, days=road.days, groups=groups,
        movement=GoalSettings(
            leg_cost=2.0, speed_km_per_day={"walk": 40.0}, leg_bins_per_day=8, time_bins_per_day=1024
        ),
        outputs=Outputs(by=("travel",)),
        health=HealthSettings(
            disease="flu", reproduction_number=road.reproduction, infectious_days=road.ill_days,
            incubation_days=road.incubation, crowding_power=road.crowding, case_fatality=road.fatality,
            treated_infectious_days=road.treated_days, treated_case_fatality=road.treated_fatality,
            immune_share=road.immune, infectious_share=road.infectious,
        ),
    )  # fmt: skip

    def place(name: str, kind: str, lon: float, **more: Any) -> dict[str, Any]:
        return {"place": name, "kind": kind, "country": "GTM", "lat": 15.0, "lon": lon} | more

    way = {"mode": "walk", "both_ways": False}
    return scenario(
        settings,
        places=[
            place("town", "town", -88.0, stay_mean_days=road.stay_town),
            place("post", "checkpoint", -88.2, stay_mean_days=road.stay_post),
            place("city", "destination", -88.6),
            place("cell", "detention", -88.2, capacity=road.beds),
        ],
        legs=[
            {"leg": "first", "from": "town", "to": "post", "distance_km": 20.0} | way,
            {"leg": "second", "from": "post", "to": "city", "distance_km": 50.0} | way,
        ],
        departures=[{"departure": "march", "kind": "known", "place": "town", "people": road.people}],
        destinations=[{"destination": "city", "share": 1.0}],
        measures=[
            {"measure": "hold", "kind": "detain", "place": "post", "share": road.held, "target": "cell"},
            {"measure": "free", "kind": "release", "place": "cell", "share": road.freed, "target": "post"},
            {"measure": "tear", "kind": "separate", "place": "cell", "share": road.split,
             "groups": "travel=family", "target": "party:travel=alone*2+child"},
            {"measure": "care", "kind": "treat", "place": "cell", "share": road.care,
             "per_day": road.most_treated},
        ],
    )  # fmt: skip


@dataclass
class Line:
    """A row: parties by the time they leave it ("" for those who stay), and people by state."""

    parties: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    people: dict[str, float] = field(default_factory=lambda: dict.fromkeys("SEIR", 0.0))

    def all(self) -> float:
        """People in the row."""
        return sum(self.people.values())


class Means:
    """The road day by day."""

    def __init__(self, road: Road) -> None:
        self.road = road
        self.rows: defaultdict[tuple[str, str], Line] = defaultdict(Line)

    def run(self) -> dict[str, list[list[list[float]]]]:
        """people, ill, infectious and died_ill, [date][place][travel]."""
        found: dict[str, list[list[list[float]]]] = defaultdict(list)
        for day in range(self.road.days):
            self.dead: defaultdict[tuple[str, str], float] = defaultdict(float)
            self.new: defaultdict[tuple[str, str], float] = defaultdict(float)
            for travel in SIZES:
                self.day_of(travel, first=day == 0)
            self.separate()
            self.disease()
            counts = {
                "people": lambda row: self.rows[row].all(),
                "ill": lambda row: self.new[row],
                "infectious": lambda row: self.rows[row].people["I"],
                "died_ill": lambda row: self.dead[row],
            }
            for name, count in counts.items():
                found[name].append([[count((p, t)) for t in SIZES] for p in PLACES])
        return found

    def move(self, old: tuple[str, str], new: tuple[str, str] | None, parties: float, *, leaves: str = "",
             at: str = "") -> None:  # fmt: skip
        """Parties of a row (those who leave it at a time) go to another, with the states of the row in proportion."""
        line, size = self.rows[old], SIZES[old[1]]
        whole = line.all()
        share = parties * size / whole if whole else 0.0
        line.parties[at] -= parties
        taken = {state: number * share for state, number in line.people.items()}
        line.people = {state: number - taken[state] for state, number in line.people.items()}
        if new:
            self.rows[new].parties[leaves] += parties
            for state, number in taken.items():
                self.rows[new].people[state] += number

    def day_of(self, travel: str, *, first: bool) -> None:
        """Departures, the morning and the journeys of one kind of party."""
        road, (town, post, cell) = self.road, [(place, travel) for place in ("town", "post", "cell")]
        leg_1, leg_2, city = ("first", travel), ("second", travel), ("city", travel)
        if first:
            people = road.people * SHARES[travel]
            self.rows[town].parties[""] = people / SIZES[travel]
            well = people * (1 - road.immune)
            ill = well * road.infectious
            self.rows[town].people = {"S": well - ill, "E": 0.0, "I": ill, "R": people * road.immune}
        self.move(cell, post, self.rows[cell].parties[""] * road.freed)
        self.move(town, leg_1, self.rows[town].parties[""] / (1 + road.stay_town), leaves="0.5")
        on = 1 / (1 + road.stay_post)
        late = self.rows[leg_2].parties.pop("tomorrow 0.75", 0.0)
        early = self.rows[leg_2].parties.pop("tomorrow 0.25", 0.0)
        self.rows[leg_2].parties |= {"0.25": early, "0.75": late}
        self.move(post, leg_2, self.rows[post].parties[""] * on, leaves="tomorrow 0.25")
        self.move(leg_2, city, early, at="0.25")
        self.move(city, None, early)
        come = self.rows[leg_1].parties["0.5"]
        self.move(leg_1, post, come, at="0.5")
        self.move(post, cell, come * road.held)
        self.move(post, leg_2, come * (1 - road.held) * on, leaves="tomorrow 0.75")
        self.move(leg_2, city, late, at="0.75")
        self.move(city, None, late)

    def separate(self) -> None:
        """Families in the cell become two adults and a child."""
        torn = self.rows["cell", "family"].parties[""] * self.road.split
        line = self.rows["cell", "family"]
        share = torn * SIZES["family"] / line.all() if line.all() else 0.0
        for state, number in line.people.items():
            self.rows["cell", "alone"].people[state] += number * share * 2 / 3
            self.rows["cell", "child"].people[state] += number * share / 3
            line.people[state] -= number * share
        line.parties[""] -= torn
        self.rows["cell", "alone"].parties[""] += 2 * torn
        self.rows["cell", "child"].parties[""] += torn

    def disease(self) -> None:
        """Infection at places, the end of incubation and of illness everywhere."""
        road = self.road
        force = {place: self.force(place) for place in PLACES}
        ill = sum(self.rows["cell", travel].people["I"] for travel in SIZES)
        care = road.care * min(1.0, road.most_treated / (road.care * ill)) if ill else 0.0
        for row in list(self.rows):
            line, s = self.rows[row], dict(self.rows[row].people)
            reached = care * s["I"] if row[0] == "cell" else 0.0
            ends, ends_treated = (s["I"] - reached) / road.ill_days, reached / road.treated_days
            dies = ends * road.fatality + ends_treated * road.treated_fatality
            self.new[row] = s["S"] * (1 - math.exp(-force.get(row[0], 0.0)))
            ripe, whole = s["E"] / road.incubation, line.all()
            line.people = {
                "S": s["S"] - self.new[row],
                "E": s["E"] + self.new[row] - ripe,
                "I": s["I"] + ripe - ends - ends_treated,
                "R": s["R"] + ends + ends_treated - dies,
            }
            self.dead[HOMES.get(row[0], row[0]), row[1]] += dies
            for time in line.parties:
                line.parties[time] *= 1 - dies / whole if whole else 1.0

    def force(self, place: str) -> float:
        """The force of infection at a place."""
        road, here = self.road, [self.rows[place, travel] for travel in SIZES]
        people, ill = sum(line.all() for line in here), sum(line.people["I"] for line in here)
        crowd = (people / road.beds) ** road.crowding if place == "cell" else 1.0
        return road.reproduction / road.ill_days * ill / people * crowd if people else 0.0

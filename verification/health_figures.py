"""Reported figures of disease in detention and on the way beside what the model says from priors alone.

Checks, not fits: no prior was adjusted to these figures. `python -m verification.health_figures` prints the table.

Priors: the reproduction number spans the scenarios of Irvine et al. (2020) for detention, 2.5 to 7 (its own second row
at 2.5 and 7 alone); infectious 5 to 10 and incubating 3 to 7 days; 1 to 10 in 1,000 infectious when they are put
together. Shares of tests that were positive are of those tested, often because they were ill, and a test
stays positive after the infectious days: they may lie above the share infectious.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from verification.networks import scenario

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.result import Result
from travesia.scenario import GoalSettings, GroupValue, HealthSettings, Parameter, Prior, Scenario, Settings

Floats = NDArray[np.float64]
REPLICATES, DAYS, PEOPLE = 200, 90, 1000
PRIORS = {"number": (2.5, 7.0), "ill_days": (5.0, 10.0), "before_days": (3.0, 7.0), "at_first": (0.001, 0.01)}


@dataclass(frozen=True)
class Figure:
    """A reported share beside the model's median and 90 % interval."""

    name: str
    reported: float
    low: float
    median: float
    high: float

    @property
    def place(self) -> str:
        """Where the report falls: below, inside or above the interval."""
        return "below" if self.reported < self.low else "above" if self.reported > self.high else "inside"


def parameters(number: float | None = None) -> dict[str, Parameter]:
    """The priors; the reproduction number fixed where it is given."""
    made = {
        name: Parameter(value=(low + high) / 2, prior=Prior(kind="uniform", low=low, high=high))
        for name, (low, high) in PRIORS.items()
    }
    return made if number is None else made | {"number": Parameter(value=number)}


def disease() -> HealthSettings:
    """COVID-19 under those priors."""
    return HealthSettings(
        disease="COVID-19",
        reproduction_number="number",
        infectious_days="ill_days",
        incubation_days="before_days",
        infectious_share="at_first",
    )


def centre(number: float | None = None) -> Scenario:
    """A detention centre, full, that nobody enters or leaves for 90 days."""
    settings = Settings(
        name="centre",
        title={"en": "A closed centre", "es": "Un centro cerrado"},
        start=date(2020, 4, 1),
        days=DAYS,
        movement=GoalSettings(leg_cost=2.0),
        groups={"travel": {"alone": GroupValue(adults=1)}},
        parameters=parameters(number),
        health=disease(),
    )
    return scenario(
        settings,
        places=[
            {
                "place": "centre",
                "kind": "detention",
                "country": "USA",
                "lat": 26.0,
                "lon": -98.0,
                "capacity": PEOPLE,
            },
            {"place": "city", "kind": "destination", "country": "USA", "lat": 27.0, "lon": -98.0},
        ],
        legs=[{"leg": "road", "from": "centre", "to": "city", "distance_km": 100.0, "mode": "walk"}],
        departures=[{"departure": "held", "kind": "present", "place": "centre", "people": PEOPLE}],
        destinations=[{"destination": "city", "share": 1.0}],
    )


def caravan() -> Scenario:
    """The caravan of January 2021 with the disease."""
    made = read_scenario("caravan-2021")
    known = made.settings.parameters | parameters()
    return made.with_settings(made.settings.model_copy(update={"parameters": known, "health": disease()}))


def shares(result: Result, variable: str, place: str) -> Floats:
    """A variable of health as a share of the people at a place, [replicate, date]; NaN where nobody is."""
    people = result.total("people").sel(place=place).values.astype(float)
    counted = result.total(variable).sel(place=place).values.astype(float)
    return np.divide(counted, people, out=np.full(people.shape, np.nan), where=people > 0)


def figure(name: str, reported: float, values: Floats) -> Figure:
    """A report beside the quantiles of the replicates that say anything."""
    low, median, high = np.nanquantile(values, [0.05, 0.5, 0.95])
    return Figure(name, reported, float(low), float(median), float(high))


def figures() -> list[Figure]:
    """Every reported figure that the model can answer."""
    found = []
    for number, reported in ((2.5, 0.72), (7.0, 1.0)):
        held = simulate(centre(number), replicates=REPLICATES, seed=1)
        ever = 1 - (PEOPLE - held.total("ill").sum(["date", "place"]).values) / PEOPLE
        first = held.total("infectious").isel(date=0).sum("place").values / PEOPLE
        found.append(
            figure(f"infected by day 90 at R0 {number:g} (Irvine et al. 2020)", reported, ever + first)
        )
    peak = shares(simulate(centre(), replicates=REPLICATES, seed=1), "infectious", "centre").max(axis=1)
    found.append(figure("ICE, positive of those tested by 31 May 2020 (peak)", 1461 / 2781, peak))
    found.append(figure("ICE, positive of those tested by 24 June 2020 (peak)", 2489 / 8858, peak))
    walked = simulate(caravan(), replicates=REPLICATES, seed=1)
    day = int((walked.dates == np.datetime64("2021-01-17")).argmax())
    there = shares(walked, "infectious", "vadohondo")[:, day]
    found.append(figure("caravan at Vado Hondo, positive of 104 tested, January 2021", 21 / 104, there))
    return found


if __name__ == "__main__":
    for line in figures():
        print(
            f"{line.name}: reported {line.reported:.2f}, model {line.median:.3f} "
            f"[{line.low:.3f}, {line.high:.3f}]: {line.place}"
        )

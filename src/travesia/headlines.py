"""What a run did to people, in numbers at its end: those every scenario has, and its own quantities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.capacity import capacities
from travesia.measure_table import KINDS
from travesia.result import Result
from travesia.scenario import FINAL_OUTCOMES, GoalSettings, Quantity, Scenario

Floats = NDArray[np.float64]
QUANTILES = {"low90": 0.05, "low50": 0.25, "median": 0.5, "high50": 0.75, "high90": 0.95}
"""How a number is told over the replicates: the median, and the ends of the 50 and 90 % intervals."""
ILLNESS = "illness"
"""The cause of deaths of measures that stands with those of the section `health`."""
ALWAYS = ("died", "detained", "returned")
"""Told of every scenario, also where it has nothing that could cause them."""
_TITLES = {
    "died": "Died",
    "ill": "Fell ill",
    "separated": "Separated from their family",
    "turned_away": "Turned away for lack of a bed (nights)",
    "overcrowded_days": "Overcrowded days of detention centres",
    "days_detained": "Days spent in detention",
    "gave_up": "Gave up",
    "detained": "Detained (each time)",
    "stopped": "Stopped (each time)",
    "returned": "Returned (each time)",
    "set_off_again": "Set off again after a return",
    "reunited": "Reunited with their family",
    "sheltered": "Nights with a bed",
    "treated": "Treated",
    "admitted": "Admitted",
    "arrived": "Arrived",
    "settled": "Settled",
    "departed": "Departed",
}
"""In the order of every table and picture: what is done to people comes before whom forces stop."""
_BY_EVENT = {
    "separated": "separate",
    "detained": "detain",
    "stopped": "block",
    "returned": "return",
    "set_off_again": "retry",
    "reunited": "reunite",
    "sheltered": "shelter",
    "treated": "treat",
}
_BY_OUTCOME = ("gave_up", "admitted", "arrived", "settled")


@dataclass(frozen=True)
class Headline:
    """A number at the end of a run.

    total : [replicate] of a result. measures : those whose events, targets or beds make it up. modelled : whether
    the scenario has anything that could make it more than 0. deaths : whether it counts deaths alone.
    """

    name: str
    title: str
    total: Callable[[Result], Floats]
    measures: frozenset[str] = frozenset()
    modelled: bool = True
    deaths: bool = False


def headlines(scenario: Scenario) -> list[Headline]:
    """Every number that a scenario has: harm to people first, then what forces did, then its own quantities.

    scenario : whose. Events and crossings count each time they happen to somebody, over the whole run. Of its own
    quantities people present are those of the last day, and flows are summed over the run; one that has a name of
    the list takes its place, and those that count deaths alone stand with the deaths.
    """
    own = scenario.settings.outputs.quantities
    measures = _measures(scenario)
    standard = {h.name: h for h in _standard(scenario, measures)}
    found = standard | {name: _own(scenario, name, measures) for name in own}
    deaths = [name for name in own if name not in _TITLES and found[name].deaths]
    first = _order(list(standard), deaths)
    return [found[name] for name in dict.fromkeys([*first, *own])]


def totals(result: Result, chosen: Iterable[Headline]) -> pd.DataFrame:
    """The numbers of a run, one row per replicate and one column per name.

    result : of a run. chosen : of `headlines`.
    """
    return pd.DataFrame({h.name: h.total(result) for h in chosen}, index=result.data["replicate"].values)


def _order(standard: list[str], deaths: list[str]) -> list[str]:
    """The names of the list, deaths of each kind after deaths, entries into countries before departures."""
    causes = [*sorted(name for name in standard if name.startswith("died_")), *deaths]
    entries = sorted(name for name in standard if name.startswith("entered_"))
    names = [n for title in _TITLES for n in ((title, *causes) if title == "died" else (title,))]
    names[names.index("departed") : names.index("departed")] = entries
    return [name for name in names if name in standard or name in deaths]


def _measures(scenario: Scenario) -> pd.DataFrame:
    """Name, kind, place, cause and target of each measure, as plain objects: many questions are asked of them.

    target : its kind's usual one where the cell is blank.
    """
    table = scenario.measures
    columns = {name: table[name].tolist() for name in ("measure", "kind", "place", "target")}
    columns["cause"] = table["cause"].tolist() if "cause" in table else [""] * len(table)
    usual = {kind: meaning.target for kind, meaning in KINDS.items()}
    columns["target"] = [
        target or usual.get(kind, "") for target, kind in zip(columns["target"], columns["kind"], strict=True)
    ]
    return pd.DataFrame(columns, dtype=object)


def _standard(scenario: Scenario, measures: pd.DataFrame) -> list[Headline]:
    made = [
        _events(name, _TITLES[name], _named(measures, measures["kind"] == kind))
        for name, kind in _BY_EVENT.items()
        if name in ALWAYS or (measures["kind"] == kind).any()
    ]
    made += [*_deaths(scenario, measures), *_outcomes(scenario, measures)]
    made += [*_detention(scenario, measures), *_entries(scenario)]
    beds = _named(measures, measures["kind"].isin(["shelter", "capacity"]))
    if (measures["kind"] == "shelter").any():
        shelters = _named(measures, measures["kind"] == "shelter")
        made.append(
            Headline("turned_away", _TITLES["turned_away"], lambda r: _sum(r, "refused", shelters), beds)
        )
        made = [replace(h, measures=beds) if h.name == "sheltered" else h for h in made]
    made.append(Headline("departed", _TITLES["departed"], _departed))
    if scenario.settings.disease is not None:
        made.append(Headline("ill", _TITLES["ill"], lambda r: _whole(r, "ill")))
    elif scenario.settings.health is not None:
        made.append(Headline("ill", "Fell ill (--set health=on)", lambda r: 0 * _departed(r), modelled=False))
    return made


def _deaths(scenario: Scenario, measures: pd.DataFrame) -> list[Headline]:
    """Deaths in all, and those of each cause that measures of harm name, or that the section `health` has."""
    deadly = measures["target"] == "died"
    health = scenario.settings.disease is not None
    every = _named(measures, deadly)
    made = [Headline("died", _TITLES["died"], _outcome("died"), every, bool(every) or health)]
    causes = measures["cause"]
    for cause in sorted(set(causes[deadly]) - {""}):
        of_it = _named(measures, deadly & (causes == cause))
        if not (health and cause == ILLNESS):
            made.append(_events(f"died_{cause}", f"Died: {cause.replace('_', ' ')}", of_it))
    if health:
        of_it = _named(measures, deadly & (causes == ILLNESS))
        made.append(
            Headline(
                f"died_{ILLNESS}",
                "Died: illness",
                lambda r: _sum(r, "events", of_it) + _whole(r, "died_ill"),
                of_it,
            )
        )
    return [replace(headline, deaths=True) for headline in made]


def _outcomes(scenario: Scenario, measures: pd.DataFrame) -> list[Headline]:
    movement = scenario.settings.movement
    goal = isinstance(movement, GoalSettings)
    possible = {
        "gave_up": isinstance(movement, GoalSettings) and movement.give_up_per_day != 0,
        "arrived": goal,
        "settled": not isinstance(movement, GoalSettings) and movement.camps_are_sinks,
    }
    made = []
    for name in _BY_OUTCOME:
        into = _named(measures, measures["target"] == name)
        if into or possible.get(name):
            made.append(Headline(name, _TITLES[name], _outcome(name), into))
    return made


def _detention(scenario: Scenario, measures: pd.DataFrame) -> list[Headline]:
    """Days people spend in places of detention, and days on which these hold more than they have room for."""
    places = scenario.places
    held = [str(place) for place in places.loc[places["kind"] == "detention", "place"]]
    if not held:
        return []
    about = measures["place"].isin(held) | measures["target"].isin(held)
    names = _named(measures, about)
    made = [Headline("days_detained", _TITLES["days_detained"], lambda r: _present(r, held), names)]
    room = places["place"].isin(held) & ~places["capacity"].isin([np.nan, ""])
    if room.any() or ((measures["kind"] == "capacity") & measures["place"].isin(held)).any():
        made.append(
            Headline("overcrowded_days", _TITLES["overcrowded_days"], lambda r: _overcrowded(r, held), names)
        )
    return made


def _entries(scenario: Scenario) -> list[Headline]:
    """Crossings of a leg from another country, for each country where legs do."""
    country = dict(zip(scenario.places["place"], scenario.places["country"], strict=True))
    ways = list(zip(scenario.legs["from"], scenario.legs["to"], scenario.legs["both_ways"], strict=True))
    into = {country[b] for a, b, _ in ways if country[a] != country[b]}
    into |= {country[a] for a, b, both in ways if both and country[a] != country[b]}
    return [
        Headline(
            f"entered_{name.lower()}",
            f"Entered {name.replace('_', ' ')} (crossings)",
            _entered(country, name),
        )
        for name in sorted(into - {""})
    ]


def _own(scenario: Scenario, name: str, measures: pd.DataFrame) -> Headline:
    spec = scenario.settings.outputs.quantities[name]
    title = spec.title.get("en") or name.replace("_", " ").capitalize()
    dying = _named(measures, measures["target"].isin(spec.outcomes)) if spec.outcomes else frozenset()

    def total(result: Result) -> Floats:
        series = result.quantity(name)
        summed = series.sum("date") if result.kind(name) == "flow" else series.isel(date=-1)
        return np.asarray(summed.values, dtype=float)

    deaths = _counts_deaths(spec, _named(measures, measures["target"] == "died"))
    return Headline(name, title, total, frozenset(spec.events) | dying, deaths=deaths)


def _counts_deaths(spec: Quantity, deadly: frozenset[str]) -> bool:
    """Whether a quantity counts deaths and nothing else, whatever its name. deadly : measures that people die of."""
    counted = {*spec.events, *spec.outcomes} | ({"died"} if spec.died_ill else set())
    others = (spec.present, spec.infectious, spec.crossed, spec.ill)
    return bool(counted) and not any(others) and counted <= deadly | {"died"}


def _events(name: str, title: str, measures: frozenset[str]) -> Headline:
    return Headline(name, title, lambda r: _sum(r, "events", measures), measures, bool(measures))


def _named(measures: pd.DataFrame, rows: pd.Series[bool]) -> frozenset[str]:
    return frozenset(measures.loc[rows, "measure"].tolist())


def _sum(result: Result, variable: str, measures: frozenset[str]) -> Floats:
    array = result.total(variable).transpose("replicate", "date", "measure")
    there = [i for i, name in enumerate(array["measure"].values.tolist()) if name in measures]
    return np.asarray(array.values.sum(axis=1)[:, there].sum(axis=1), dtype=float)


def _outcome(name: str) -> Callable[[Result], Floats]:
    assert name in FINAL_OUTCOMES

    def total(result: Result) -> Floats:
        outcomes = result.total("outcomes").transpose("replicate", "date", "outcome")
        number = outcomes["outcome"].values.tolist().index(name)
        return np.asarray(outcomes.values[:, :, number].sum(axis=1), dtype=float)

    return total


def _whole(result: Result, variable: str) -> Floats:
    """A variable summed over everything but the replicates. Raises UsageError where the run has none."""
    array = result.total(variable).transpose("replicate", ...)
    return np.asarray(array.values.sum(axis=tuple(range(1, array.ndim))), dtype=float)


def _departed(result: Result) -> Floats:
    return _whole(result, "departed")


def _present(result: Result, places: list[str]) -> Floats:
    people = result.total("people").transpose("replicate", "date", "place")
    there = [i for i, place in enumerate(people["place"].values.tolist()) if place in places]
    return np.asarray(people.values[:, :, there].sum(axis=(1, 2)), dtype=float)


def _entered(country: Mapping[str, str], name: str) -> Callable[[Result], Floats]:
    def total(result: Result) -> Floats:
        starts, ends = result.data["from"].values.tolist(), result.data["to"].values.tolist()
        over = np.array(
            [country[a] != name and country[b] == name for a, b in zip(starts, ends, strict=True)], dtype=bool
        )
        return np.asarray(result.total("crossed").values[:, :, over].sum(axis=(1, 2)), dtype=float)

    return total


def _overcrowded(result: Result, places: list[str]) -> Floats:
    """Place-days with more people than room, under the capacities of each replicate and day."""
    room, people = capacities(result), result.total("people").transpose("place", "replicate", "date")
    out = np.zeros(result.replicates)
    number = {place: i for i, place in enumerate(people["place"].values.tolist())}
    for place in places:
        out += (people.values[number[place]] > room.at(place) + 1e-9).sum(axis=1)
    return out

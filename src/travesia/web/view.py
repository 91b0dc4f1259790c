"""A scenario and a run as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.capacity import capacities
from travesia.figures import Q90
from travesia.headlines import headlines
from travesia.labels import licences_of, published_label
from travesia.planning import needs
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.views import without_groups
from travesia.web.changes import can_have_beds, can_have_clinic
from travesia.web.publish import PEOPLE_UNITS, Grain, grain_of, is_coarse, needed, two_figures
from travesia.web.reports import Reports, reports_of
from travesia.web.shapes import (
    Band,
    Difference,
    LegView,
    Need,
    NeedsView,
    Network,
    PlaceView,
    PolicyView,
    QuantityView,
    RunView,
    SourceView,
    Total,
)

Floats = NDArray[np.float64]
Series = tuple[str, str, NDArray[Any]]
"""Quantity, place and series [replicate, date], in the order of `Result.series`."""


def network_of(scenario: Scenario, name: str, *, today: date) -> Network:
    """A scenario before it runs.

    scenario : whose. name : it is served by. today : decides how finely its journeys may be told.
    """
    settings = scenario.settings
    coarse = is_coarse(scenario, today)
    health = settings.health
    return Network(
        id=name,
        title=_titled(settings.title, settings.name),
        start=settings.start.isoformat(),
        days=settings.days,
        rule=settings.movement.rule,
        coarse=coarse,
        sensitivity=published_label(licences_of(scenario), coarse=coarse),
        places=_areas(scenario) if coarse else _places(scenario),
        legs=[] if coarse else [LegView(one=one, other=other) for one, other in pairs_of(scenario)],
        policies=[
            PolicyView(name=policy, title=_titled(content.title, policy), note=content.note)
            for policy, content in settings.policies.items()
        ],
        disease=health.disease if health else "",
        health=bool(health and health.on),
        licence=settings.licence,
        note=settings.note,
        sources=sources_of(scenario.sources),
    )


def sources_of(table: pd.DataFrame) -> list[SourceView]:
    """Where figures come from, of a table of sources."""
    return [
        SourceView(**{name: _text(row[name]) for name in ("source", "title", "url", "date")})
        for row in table.to_dict("records")
    ]


def run_view(result: Result, *, today: date, seconds: float, reports: Reports | None = None) -> RunView:
    """A run as it is shown.

    result : of a central run or an ensemble. today : decides how finely it may be told. seconds : it took.
    reports : what was reported, where it is at hand; no change of a scenario changes it.
    """
    result, scenario = without_groups(result), result.scenario
    coarse = is_coarse(scenario, today)
    grain = grain_of(scenario, coarse=coarse)
    reports = reports or reports_of(scenario)
    watched = [] if coarse else list(_watched(result, reports))
    people = grain.stock(result.total("people").transpose("replicate", "date", "place").values.astype(float))
    return RunView(
        kind="central" if result.mode == "expected" else "ensemble",
        policy=result.policy,
        replicates=result.replicates,
        seed=result.seed,
        dates=list(grain.dates),
        people=_bands(people),
        flows=[] if coarse else _flows(result),
        capacity=[None] * len(grain.names) if coarse else _capacities(result, grain),
        quantities=[] if coarse else list(_quantities(result, watched, reports)),
        totals=list(_totals(result, watched)),
        seconds=round(seconds, 4),
    )


def needs_of(result: Result, place: str) -> NeedsView:
    """What a place must provide on its fullest day. result : of a central run or an ensemble."""
    found = needs(result, places=[place], dates="fullest")
    row, daily = found.places.iloc[0], found.daily
    return NeedsView(
        place=place,
        date=f"{row['fullest']:%Y-%m-%d}",
        over=None if np.isnan(row["over"]) else float(row["over"]),
        first_over="" if row.isna()["first_over_median"] else f"{row['first_over_median']:%Y-%m-%d}",
        needs=[_need(line) for line in daily[daily["median"].notna()].to_dict("records")],
        notes=list(found.notes),
    )


def _need(line: Mapping[Any, Any]) -> Need:
    low, median, high = (float(needed(line[name], line["unit"])) for name in ("low90", "median", "high90"))
    named = {name: str(line[name]) for name in ("quantity", "who", "unit")}
    return Need(**named, people=line["unit"] in PEOPLE_UNITS, median=median, low=low, high=high)


def difference(row: Mapping[str, Any], titles: Mapping[str, str]) -> Difference:
    """A paired difference as it is published; deaths exactly. row : of `Comparison.differences`, with `deaths`."""
    told = ("median", "low90", "high90", "reference_median", "policy_median")
    numbers = [float("nan") if row[name] is None else row[name] for name in told]
    shown = np.nan_to_num(np.rint(numbers) if row["deaths"] else two_figures(numbers)).tolist()
    median, low, high, before, after = shown
    return Difference(
        name=row["quantity"],
        title=titles[row["quantity"]],
        deaths=row["deaths"],
        before=before,
        after=after,
        median=median,
        low=low,
        high=high,
        probability=row["probability_above_zero"] or 0.0,
        by_definition=row["by_definition"],
        sign_open=row["sign_open"],
    )


def pairs_of(scenario: Scenario) -> list[tuple[int, int]]:
    """Neighbouring places by their numbers, the smaller first."""
    number = {str(place): i for i, place in enumerate(scenario.places["place"])}
    ends = zip(scenario.legs["from"], scenario.legs["to"], strict=True)
    return sorted({(min(number[a], number[b]), max(number[a], number[b])) for a, b in ends})


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if isinstance(value, str) or pd.isna(value) else float(value)


def _titled(title: dict[str, str], name: str) -> dict[str, str]:
    return dict(title) or {"en": name}


def _places(scenario: Scenario) -> list[PlaceView]:
    rule = scenario.settings.movement.rule
    return [
        PlaceView(
            place=str(row["place"]),
            name=_text(row["name"]) or str(row["place"]),
            kind=_text(row["kind"]),
            country=_text(row["country"]),
            area=_text(row["area"]),
            lat=_number(row["lat"]),
            lon=_number(row["lon"]),
            beds=can_have_beds(row, rule),
            clinics=can_have_clinic(row, rule),
        )
        for row in scenario.places.to_dict("records")
    ]


def _areas(scenario: Scenario) -> list[PlaceView]:
    """The areas of a network that may not be told by place, each at the middle of its places."""
    grain = grain_of(scenario, coarse=True)
    where = scenario.places[["lat", "lon"]].groupby(grain.place).mean()
    return [
        PlaceView(
            place=name,
            name=name,
            kind="area",
            country=name.partition(" · ")[0],
            area=name.partition(" · ")[2],
            lat=_number(where["lat"].iloc[i]),
            lon=_number(where["lon"].iloc[i]),
            beds=False,
            clinics=False,
        )
        for i, name in enumerate(grain.names)
    ]


def _bands(values: Floats) -> list[Band]:
    """One band for each column. values : [replicate, date, column]."""
    if len(values) == 1:
        return [Band(median=column) for column in two_figures(values[0]).T.tolist()]
    low, median, high = (two_figures(found).T.tolist() for found in np.quantile(values, Q90, axis=0))
    return [Band(median=m, low=a, high=b) for m, a, b in zip(median, low, high, strict=True)]


def _flows(result: Result) -> list[list[float]]:
    """People over each pair of neighbours, either way, each day: medians."""
    pairs = {pair: i for i, pair in enumerate(pairs_of(result.scenario))}
    number = {str(place): i for i, place in enumerate(result.scenario.places["place"])}
    starts, ends = result.data["from"].values.tolist(), result.data["to"].values.tolist()
    crossed = result.total("crossed").transpose("leg", "replicate", "date").values
    found = np.zeros((len(pairs), *crossed.shape[1:]))
    for leg, (start, end) in enumerate(zip(starts, ends, strict=True)):
        one, other = sorted((number[start], number[end]))
        found[pairs[one, other]] += crossed[leg]
    middle = found[:, 0] if result.replicates == 1 else np.median(found, axis=1)
    flows: list[list[float]] = two_figures(middle).tolist()
    return flows


def _capacities(result: Result, grain: Grain) -> list[list[float | None] | None]:
    """Room at each place on each day, of the first replicate; none where it has no limit."""
    found: list[list[float | None] | None] = []
    rooms = capacities(result)
    for name in grain.names:
        room = rooms.at(name)[0]
        finite = np.isfinite(room)
        found.append(
            [x if ok else None for x, ok in zip(room.tolist(), finite, strict=True)] if finite.any() else None
        )
    return found


def _watched(result: Result, reports: Reports) -> Iterable[Series]:
    """The quantities of the scenario, and people present at places with observations."""
    for name in result.scenario.settings.outputs.quantities:
        yield name, "", result.counts(name)
    people = result.total("people").transpose("replicate", "date", "place")
    number = {str(place): i for i, place in enumerate(people["place"].values.tolist())}
    for place in reports.at_place:
        yield "present", place, people.values[:, :, number[place]]


def _quantities(result: Result, watched: Sequence[Series], reports: Reports) -> Iterable[QuantityView]:
    """The quantities of the scenario and people at observed places, with what was reported of them."""
    known = result.scenario.settings.outputs.quantities
    places = result.scenario.places
    names = dict(zip(places["place"].tolist(), places["name"].tolist(), strict=True))
    bands = _bands(np.stack([values for *_, values in watched], axis=2)) if watched else []
    for (quantity, place, _), band in zip(watched, bands, strict=True):
        title = known[quantity].title if quantity in known else {"en": _text(names[place]) or place}
        kind: Any = result.kind(quantity)
        reported = reports.at_place[place] if place else reports.of_quantity.get(quantity, [])
        yield QuantityView(
            name=quantity,
            place=place,
            title=_titled(title, quantity.replace("_", " ").capitalize()),
            kind=kind,
            band=band,
            reported=reported,
        )


def _totals(result: Result, watched: Sequence[Series]) -> Iterable[Total]:
    """Every number at the end of the run; deaths of the whole run exactly, the others in two figures.

    watched : quantities worked out already; those of the scenario that are not among them are left out.
    """
    own = result.scenario.settings.outputs.quantities
    series = {name: values for name, place, values in watched if not place}
    for headline in headlines(result.scenario):
        if headline.name in series:
            flows = result.kind(headline.name) == "flow"
            values = series[headline.name].sum(axis=1) if flows else series[headline.name][:, -1]
        elif headline.name not in own:
            values = headline.total(result)
        else:
            continue
        found = np.quantile(values, Q90)
        low, median, high = (np.rint(found) if headline.deaths else two_figures(found)).tolist()
        single = result.replicates == 1
        yield Total(
            name=headline.name,
            title=headline.title,
            deaths=headline.deaths,
            median=median,
            low=None if single else low,
            high=None if single else high,
            modelled=headline.modelled,
        )

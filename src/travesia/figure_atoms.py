"""What reported figures are sums of, so that it can be told which of them follow from others."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pandas as pd

from travesia.observed import TOTAL
from travesia.scenario import Quantity, Scenario

Atom = tuple[str, str, int, int]
"""What is counted, where or by which measure, and the days (ordinals) from which to before which."""
Areas = Mapping[str, Mapping[str, pd.Timestamp]]
_STOCKS, _FLOWS = ("present", "infectious"), ("crossed", "events", "outcomes", "ill", "died_ill")
_BEGINNING = 0


def atoms_of(scenario: Scenario, table: pd.DataFrame) -> list[frozenset[Atom]]:
    """What each figure is the sum of, [row].

    scenario : whose. table : of `figures.observations`. People at places of an area or a country add up to those of
    it, all that have been observed to the total; a quantity adds up all it counts; flows of some days those of each.
    """
    spans = [_span(scenario, figure) for figure in table.itertuples(index=False)]
    cuts = sorted({day for span in spans if span for day in span})
    areas = _areas(scenario, table)
    return [
        _atoms(_terms(scenario, figure, areas), figure, span, cuts)
        for figure, span in zip(table.itertuples(index=False), spans, strict=True)
    ]


def is_national(scenario: Scenario, figure: Any) -> bool:
    """Whether a figure is of a whole country or more, as far as the scenario goes.

    figure : a row of `figures.observations`. One of a place is not; one of a quantity is, where it counts at more than
    one place and leaves out none of its countries at which the same is counted, or counts final outcomes.
    """
    if figure.quantity == "present":
        return not figure.place and figure.area in {TOTAL, *scenario.places["country"]} - {""}
    spec = scenario.settings.outputs.quantities.get(figure.quantity)
    if spec is None:
        return False
    if spec.outcomes:
        return True
    country = dict(zip(scenario.places["place"], scenario.places["country"], strict=True))
    counted, peers = _counted(scenario, spec), _peers(scenario, spec)
    there = {country.get(place, "") for place in counted}
    return len(counted) > 1 and all(place in counted for place in peers if country.get(place, "") in there)


def _counted(scenario: Scenario, spec: Quantity) -> set[str]:
    """The places at which a quantity counts; of a leg the one where it ends, of a measure without any all."""
    places = {*spec.present, *spec.infectious, *spec.ill, *spec.died_ill}
    places |= {_ends(scenario, leg)[1] for leg in spec.crossed}
    where = _places_of_measures(scenario)
    return places | {place for name in spec.events for place in where.get(name, set())}


def _peers(scenario: Scenario, spec: Quantity) -> set[str]:
    """All places at which the same could be counted."""
    places, found = scenario.places, set[str]()
    kind = dict(zip(places["place"], places["kind"], strict=True))
    if stocks := {*spec.present, *spec.infectious, *spec.ill, *spec.died_ill}:
        kinds = {kind.get(place) for place in stocks}
        found |= {place for place, own in kind.items() if own in kinds}
    if spec.crossed:
        country = dict(zip(places["place"], places["country"], strict=True))
        over = [(country.get(a), country.get(b)) for a, b in (_ends(scenario, leg) for leg in spec.crossed)]
        borders = all(a != b for a, b in over)
        for a, b, both in zip(*(scenario.legs[name] for name in ("from", "to", "both_ways")), strict=True):
            for one, other in ((a, b), (b, a)) if both else ((a, b),):
                if not borders or country.get(one) != country.get(other):
                    found.add(other)
    if spec.events:
        where, kinds_of = _places_of_measures(scenario), _kinds_of_measures(scenario)
        wanted = {kinds_of.get(name) for name in spec.events}
        found |= {place for name, own in where.items() if kinds_of[name] in wanted for place in own}
    return found


def _places_of_measures(scenario: Scenario) -> dict[str, set[str]]:
    everywhere, found = {str(place) for place in scenario.places["place"]}, dict[str, set[str]]()
    table = scenario.measures
    for name, place, leg in zip(table["measure"], table["place"], table["leg"], strict=True):
        at = {place} if place else {_ends(scenario, leg)[1]} if leg else everywhere
        found.setdefault(name, set()).update(at)
    return found


def _kinds_of_measures(scenario: Scenario) -> dict[str, str]:
    return dict(zip(scenario.measures["measure"], scenario.measures["kind"], strict=True))


def _ends(scenario: Scenario, leg: str) -> tuple[str, str]:
    """The two ends of a leg: a directed one (`A>B`), or one of the table."""
    one, mark, other = leg.partition(">")
    if mark:
        return one, other.partition("#")[0]
    row = scenario.legs[scenario.legs["leg"] == leg]
    return (str(row["from"].iloc[0]), str(row["to"].iloc[0])) if len(row) else (leg, leg)


def _span(scenario: Scenario, figure: Any) -> tuple[int, int] | None:
    """The days of a flow, from which to before which; None for a stock."""
    kind = _kind(scenario, figure)
    if kind == "stock":
        return None
    first = _BEGINNING if kind == "cumulative" else figure.date_from.toordinal()
    return first, figure.end.toordinal() + 1


def _kind(scenario: Scenario, figure: Any) -> str:
    """Of which kind a figure is: those called stock are of the kind of their quantity."""
    spec = scenario.settings.outputs.quantities.get(figure.quantity)
    own = "stock" if figure.quantity == "present" else spec.kind if spec else ""
    return own if own == "stock" or (own and figure.kind == "stock") else str(figure.kind)


def _areas(scenario: Scenario, table: pd.DataFrame) -> Areas:
    """The places whose people add up to those of an area, a country or the total, and since when they are observed."""
    stocks = table[(table["quantity"] == "present") & (table["place"] != "")]
    seen = dict(stocks.groupby("place")["end"].min())
    found: dict[str, dict[str, pd.Timestamp]] = {TOTAL: dict(seen)}
    for place, area, country in zip(*(scenario.places[c] for c in ("place", "area", "country")), strict=True):
        for name in {area, country} - {""}:
            if place in seen:
                found.setdefault(name, {})[place] = seen[place]
    return found


def _terms(scenario: Scenario, figure: Any, areas: Areas) -> list[tuple[str, str]]:
    if figure.quantity == "present":
        if figure.place:
            return [("present", figure.place)]
        # those observed so far: what is withheld must not change when figures of another place come in
        inside = [place for place, since in areas.get(figure.area, {}).items() if since <= figure.end]
        return [("present", place) for place in inside] or [("area", figure.area)]
    spec = scenario.settings.outputs.quantities.get(figure.quantity)
    if spec is None:
        return [("quantity", figure.quantity)]
    terms = [(name, text) for name in (*_STOCKS, *_FLOWS) for text in getattr(spec, name)]
    return [one for name, text in terms for one in _directions(scenario, name, text)]


def _directions(scenario: Scenario, name: str, text: str) -> list[tuple[str, str]]:
    """A leg of the table is counted both ways."""
    if name != "crossed" or ">" in text:
        return [(name, text)]
    one, other = _ends(scenario, text)
    return [(name, f"{one}>{other}"), (name, f"{other}>{one}")]


def _atoms(
    terms: list[tuple[str, str]], figure: Any, span: tuple[int, int] | None, cuts: list[int]
) -> frozenset[Atom]:
    if span is None:
        days = [(figure.date_from.toordinal(), figure.end.toordinal() + 1)]
    else:
        days = [(a, b) for a, b in pairwise(cuts) if span[0] <= a and b <= span[1]]
    return frozenset((name, text, *day) for name, text in terms for day in days)

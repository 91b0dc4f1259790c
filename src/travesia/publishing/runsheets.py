"""The tables of a run as they may be handed out, from what the page shows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from travesia.publishing.sheets import TOTAL, Column, Sheet, frame_of, rounding
from travesia.scenario import Scenario
from travesia.web.shapes import Band, LegView, Network, RunView

BAND = (
    Column("median", "Median over the replicates.", "number", "people", "#affected+simulated+median", True),
    Column("q05", "5 % quantile over the replicates.", "number", "people", "#affected+simulated+q05", True),
    Column("q95", "95 % quantile over the replicates.", "number", "people", "#affected+simulated+q95", True),
)
PLACE = Column("place", "Identifier of the place, or of an area.", hxl="#loc+code")
NAME = Column("name", "Name of the place.", hxl="#loc+name")
COUNTRY = Column(
    "country", "Country, ISO 3166-1 alpha-3 where the scenario gives it so.", hxl="#country+code"
)
AREA = Column("area", "First-level area: p-code or name.", hxl="#adm1")
WITHHELD = "withheld"


def run_sheets(network: Network, run: RunView) -> dict[str, Sheet]:
    """Every table of a run, by name; those that its grain leaves nothing of have no rows.

    network, run : as the page shows them, so by area and month only where that is the rule.
    """
    return {
        sheet.name: sheet
        for sheet in (
            _totals(run),
            _places(network, run),
            _legs(network, run),
            _people(network, run),
            _flows(network, run),
            _quantities(run),
        )
    }


def parameter_sheet(scenario: Scenario) -> Sheet:
    """The assumptions of a scenario: values, and the ends of their priors."""
    columns = (
        Column("parameter", "Parameter of the scenario.", hxl="#indicator+code"),
        Column("value", "Its value.", "number", hxl="#indicator+value+num"),
        Column(
            "low",
            "Lower end of its prior; blank where it is not uncertain.",
            "number",
            hxl="#indicator+low+num",
        ),
        Column("high", "Upper end of its prior.", "number", hxl="#indicator+high+num"),
        Column("unit", "Unit of the value.", hxl="#indicator+unit"),
        Column("source", "Key of the scenario's sources, or `assumption`.", hxl="#meta+source"),
        Column("note", "What a reader should know.", hxl="#meta+description"),
    )
    rows = [
        (
            name,
            p.value,
            p.prior.low if p.prior else None,
            p.prior.high if p.prior else None,
            p.unit,
            p.source,
            p.note,
        )
        for name, p in scenario.settings.parameters.items()
    ]
    return Sheet("parameters", "The assumptions of the scenario.", columns, frame_of(columns, rows))


def _when(coarse: bool) -> Column:
    kind: Literal["yearmonth", "date"] = "yearmonth" if coarse else "date"
    return Column("date", "Month." if coarse else "Day.", kind, hxl="#date")


def _totals(run: RunView) -> Sheet:
    columns = (*TOTAL, *BAND)
    rows = [(t.name, t.title, rounding(t), t.median, t.low, t.high) for t in run.totals if t.modelled]
    words = "Every number at the end of the run, simulated; what the scenario does not model is left out."
    return Sheet("totals", words, columns, frame_of(columns, rows))


def _places(network: Network, run: RunView) -> Sheet:
    columns = (
        PLACE,
        NAME,
        Column("kind", "What the place is.", hxl="#loc+type"),
        COUNTRY,
        AREA,
        Column(
            "lat", "Latitude, WGS 84; of an area the middle of its places.", "number", "degree", "#geo+lat"
        ),
        Column("lon", "Longitude, WGS 84.", "number", "degree", "#geo+lon"),
        _when(network.coarse),
        *BAND,
    )
    rows = []
    for place, band in zip(network.places, run.people, strict=True):
        day = int(np.argmax(band.median))
        head = (place.place, place.name, place.kind, place.country, place.area, place.lat, place.lon)
        rows.append((*head, run.dates[day], *_at(band, day)))
    words = "Places (areas, where journeys are told so), with the most people simulated there and when."
    return Sheet("places", words, columns, frame_of(columns, rows))


def _legs(network: Network, run: RunView) -> Sheet:
    columns = (
        Column("one", "Place at one end.", hxl="#loc+from+code"),
        Column("other", "Place at the other end.", hxl="#loc+to+code"),
        Column("date", "Day with the most people on it.", "date", hxl="#date"),
        Column(
            "people",
            "Median of people who finished it that day, either way.",
            "number",
            "people",
            _FLOW,
            True,
        ),
    )
    rows = []
    for leg, series in zip(network.legs, run.flows, strict=not network.coarse):
        day = int(np.argmax(series))
        rows.append((*_ends(network, leg), run.dates[day], series[day]))
    return Sheet(
        "legs", "Legs, with the most people simulated on them in a day.", columns, frame_of(columns, rows)
    )


def _people(network: Network, run: RunView) -> Sheet:
    columns = (_when(network.coarse), PLACE, NAME, COUNTRY, *BAND)
    places = network.places
    days = len(run.dates)
    frame = pd.DataFrame(
        {
            "date": np.tile(np.array(run.dates, dtype=object), len(places)),
            **{
                name: np.repeat(np.array([getattr(place, name) for place in places], dtype=object), days)
                for name in ("place", "name", "country")
            },
            **_bands(run.people, days),
        }
    )
    kinds = {
        "date": "str" if network.coarse else "datetime64[s]",
        "place": "str",
        "name": "str",
        "country": "str",
    }
    grain = "The mean over the month, by area." if network.coarse else "At the end of each day."
    return Sheet("people", f"People at each place, simulated. {grain}", columns, frame.astype(kinds))


def _flows(network: Network, run: RunView) -> Sheet:
    columns = (
        Column("date", "Day.", "date", hxl="#date"),
        Column("one", "Name of the place at one end.", hxl="#loc+from+name"),
        Column("other", "Name of the place at the other end.", hxl="#loc+to+name"),
        Column(
            "people",
            "Median of people who finished the leg that day, either way.",
            "number",
            "people",
            _FLOW,
            True,
        ),
    )
    legs, days = network.legs if run.flows else [], len(run.dates)
    names = [place.name for place in network.places]
    frame = pd.DataFrame(
        {
            "date": np.tile(np.array(run.dates, dtype=object), len(legs)),
            "one": np.repeat(np.array([names[leg.one] for leg in legs], dtype=object), days),
            "other": np.repeat(np.array([names[leg.other] for leg in legs], dtype=object), days),
            "people": np.array(run.flows, dtype=float).ravel(),
        }
    )
    kinds = {"date": "datetime64[s]", "one": "str", "other": "str"}
    return Sheet("flows", "People on each leg each day, simulated.", columns, frame.astype(kinds))


def _quantities(run: RunView) -> Sheet:
    columns = (
        Column("date", "Day; the last one where a figure covers several.", "date", hxl="#date"),
        Column(
            "quantity", "Quantity of the scenario, or `present` for people at a place.", hxl="#indicator+code"
        ),
        Column("place", "Place, for `present`.", hxl="#loc+code"),
        Column("title", "What it counts.", hxl="#indicator+name"),
        Column(
            "kind", "stock: on the day; flow: of the day; cumulative: up to the day.", hxl="#indicator+type"
        ),
        *BAND,
        Column(
            "reported",
            "The figure reported; blank where none was, or only a range.",
            "number",
            "people",
            _SEEN,
        ),
        Column("low", "Lower end of the range reported.", "number", "people", f"{_SEEN}+low"),
        Column("high", "Upper end of the range reported.", "number", "people", f"{_SEEN}+high"),
        Column("reported_by", "Who reported it.", hxl="#meta+source"),
        Column("status", f"`reported`, or `{WITHHELD}` to protect few people.", hxl="#status"),
    )
    rows = [row for quantity in run.quantities for row in _rows(quantity, run.dates)]
    words = "The quantities watched, simulated, each beside the figures reported about it."
    return Sheet("quantities", words, columns, frame_of(columns, rows))


def _rows(quantity: Any, dates: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """Every day of a quantity; a day of which several figures were reported once for each."""
    title = quantity.title.get("en", quantity.name)
    reported: dict[int, list[tuple[Any, ...]]] = {}
    for told in quantity.reported:
        numbers = (None, None, None) if told.withheld else (told.value, told.low, told.high)
        status = WITHHELD if told.withheld else "reported"
        reported.setdefault(told.day, []).append((*numbers, told.by, status))
    for day, date in enumerate(dates):
        for cells in reported.get(day, [(None, None, None, "", "")]):
            head = (date, quantity.name, quantity.place, title, quantity.kind)
            yield *head, *_at(quantity.band, day), *cells


def _at(band: Band, day: int) -> tuple[float | None, ...]:
    return tuple(side[day] if side else None for side in (band.median, band.low, band.high))


def _bands(bands: Sequence[Band], days: int) -> dict[str, Any]:
    nothing = [np.nan] * days
    low, high = (
        [side or nothing for side in sides] for sides in zip(*((b.low, b.high) for b in bands), strict=True)
    )
    sides = {"median": [band.median for band in bands], "q05": low, "q95": high}
    return {name: np.array(each, dtype=np.float64).ravel() for name, each in sides.items()}


def _ends(network: Network, leg: LegView) -> tuple[str, str]:
    return network.places[leg.one].place, network.places[leg.other].place


_FLOW, _SEEN = "#affected+simulated+moved", "#affected+reported"

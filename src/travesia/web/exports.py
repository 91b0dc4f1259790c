"""The tables of a run as they may be handed out, as CSV and XLSX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Literal

import pandas as pd

from travesia.tables import RISKY_START, csv_bytes
from travesia.web.publish import FEW, STANDS_FOR_FEW
from travesia.web.shapes import Band, Network, RunView

Table = Literal["people", "flows", "quantities", "totals"]
Format = Literal["csv", "xlsx"]
MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def table_bytes(network: Network, run: RunView, table: Table, kind: Format) -> bytes:
    """One table of a run as a file; cells that a spreadsheet would run as a formula begin with an apostrophe.

    network, run : as shown. table, kind : which, and as what.
    """
    made = pd.DataFrame(list(_ROWS[table](network, run)), columns=_COLUMNS[table])
    if kind == "csv":
        return csv_bytes(made)
    return _xlsx(made, table)


def shown(value: float | None) -> Any:
    """A published count for a cell: a number, `<10`, or nothing."""
    if value is None:
        return ""
    if abs(value) == STANDS_FOR_FEW:
        return f"<{FEW}"
    return int(value) if value == int(value) else value


def _people(network: Network, run: RunView) -> Iterator[tuple[Any, ...]]:
    for place, band in zip(network.places, run.people, strict=True):
        for day, date in enumerate(run.dates):
            yield date, place.place, place.name, place.country, *_cells(band, day)


def _flows(network: Network, run: RunView) -> Iterator[tuple[Any, ...]]:
    names = [place.name for place in network.places]
    for leg, series in zip(network.legs, run.flows, strict=not network.coarse):
        for date, people in zip(run.dates, series, strict=True):
            yield date, names[leg.one], names[leg.other], str(shown(people))


def _quantities(network: Network, run: RunView) -> Iterator[tuple[Any, ...]]:
    for quantity in run.quantities:
        reported = {figure.day: figure for figure in quantity.reported if not figure.withheld}
        for day, date in enumerate(run.dates):
            figure = reported.get(day)
            told = (figure.value, figure.low, figure.high, figure.by) if figure else (None, None, None, "")
            words = quantity.title.get("en", quantity.name)
            cells = _cells(quantity.band, day)
            yield date, quantity.name, quantity.place, words, quantity.kind, *cells, *_plain(told)


def _totals(network: Network, run: RunView) -> Iterator[tuple[Any, ...]]:
    for total in run.totals:
        exact = total.name.partition("_")[0] == "died"
        numbers = (total.median, total.low, total.high)
        cells = (str(int(n)) if exact and n is not None else str(shown(n)) for n in numbers)
        yield total.name, total.title, *cells


def _cells(band: Band, day: int) -> tuple[str, str, str]:
    low, high = (side[day] if side else None for side in (band.low, band.high))
    return str(shown(band.median[day])), str(shown(low)), str(shown(high))


def _plain(cells: tuple[Any, ...]) -> Iterator[str]:
    for cell in cells:
        yield "" if cell is None else str(cell)


def _xlsx(table: pd.DataFrame, name: str) -> bytes:
    """A workbook of one sheet, every text cell as text."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(name)
    sheet.append(list(table.columns))
    for row in table.to_dict("records"):
        sheet.append([_cell(str(value), number=column in _NUMBERS) for column, value in row.items()])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(text: str, *, number: bool) -> str | float:
    if number and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    return f"'{text}" if re.match(RISKY_START, text) else text


_ROWS = {"people": _people, "flows": _flows, "quantities": _quantities, "totals": _totals}
_BAND = ["median", "q05", "q95"]
_NUMBERS = {*_BAND, "people", "reported", "low", "high"}
_COLUMNS = {
    "people": ["date", "place", "name", "country", *_BAND],
    "flows": ["date", "one", "other", "people"],
    "quantities": [
        *["date", "quantity", "place", "title", "kind", *_BAND],
        *["reported", "low", "high", "reported_by"],
    ],
    "totals": ["quantity", "title", *_BAND],
}

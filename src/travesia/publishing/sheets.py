"""Tables to hand out: what each column means, and their bytes as CSV and Parquet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any, Literal

import pandas as pd

from travesia.disclosure import FEW
from travesia.publishing.about import About
from travesia.tables import RISKY_START
from travesia.web.publish import STANDS_FOR_FEW
from travesia.web.shapes import Difference, Total

Kind = Literal["string", "number", "date", "yearmonth"]
Cell = str | float | int | date | None
FEWER, FEWER_LESS = f"<{FEW}", f">-{FEW}"
"""How fewer than ten are shown, and a difference of that much downwards."""
MISSING = ("", FEWER, FEWER_LESS)
EXACT = "exact"
_NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


@dataclass(frozen=True)
class Column:
    """A column. unit : of its numbers. hxl : its tag. counts : whether 5 stands for fewer than ten."""

    name: str
    description: str
    kind: Kind = "string"
    unit: str = ""
    hxl: str = ""
    counts: bool = False


TOTAL = (
    Column("quantity", "Name of the number.", hxl="#indicator+code"),
    Column("title", "What it counts, over the whole run.", hxl="#indicator+name"),
    Column("rounded", "`two figures`, or `exact` for deaths.", hxl="#meta+rounded"),
)
"""Which number of a whole run a row is of, in the words of `rounding`."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as it may be handed out.

    frame : its rows, in the order of columns; NaN, NaT and blank text are nothing.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame

    def __post_init__(self) -> None:
        assert list(self.frame.columns) == [column.name for column in self.columns], self.name

    def has_tags(self) -> bool:
        """Whether any column has an HXL tag."""
        return any(column.hxl for column in self.columns)


def rounding(number: Total | Difference) -> str:
    """How a number of a whole run is rounded."""
    return EXACT if number.deaths else "two figures"


def cells(sheet: Sheet) -> Iterator[list[Cell]]:
    """The rows for people and spreadsheets: `<10` for few, and no text that a spreadsheet would run."""
    yield from map(list, zip(*(_shown(sheet, column) for column in sheet.columns), strict=True))


def csv_text(sheet: Sheet, *, hxl: bool = False) -> bytes:
    """A table as UTF-8 CSV: text in quotes, an apostrophe before a sign that would begin a formula.

    sheet : to write. hxl : add a row of HXL tags under the header.
    """
    head: list[list[Cell]] = [[column.name for column in sheet.columns]]
    if hxl:
        head.append([column.hxl for column in sheet.columns])
    lines = (",".join(map(_written, row)) for rows in (head, cells(sheet)) for row in rows)
    return ("\n".join(lines) + "\n").encode()


def parquet_bytes(sheet: Sheet, about: About) -> bytes:
    """A table as Parquet, with what it is in its metadata and units in those of the columns.

    sheet : to write. about : where it came from.
    """
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"number": pa.float64(), "date": pa.date32()}
    fields = [
        pa.field(
            c.name, kinds.get(c.kind, pa.string()), metadata={"description": c.description, "unit": c.unit}
        )
        for c in sheet.columns
    ]
    told = json.dumps(about.json() | {"table": sheet.description}, ensure_ascii=False)
    schema = pa.schema(fields, metadata={"travesia": told})
    out = BytesIO()
    parquet.write_table(
        pa.Table.from_pandas(sheet.frame, schema=schema, preserve_index=False).replace_schema_metadata(
            schema.metadata
        ),
        out,
        compression="zstd",
    )
    return out.getvalue()


def table_schema(sheet: Sheet) -> dict[str, Any]:
    """The Table Schema (Data Package 2.0) of a table as CSV."""
    fields = [
        {"name": column.name, "type": column.kind, "description": column.description}
        | ({"unit": column.unit} if column.unit else {})
        for column in sheet.columns
    ]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": fields,
        "missingValues": list(MISSING),
    }


def plain_rows(sheet: Sheet) -> list[dict[str, Any]]:
    """The rows ready for JSON, numbers as they are (5 for fewer than ten); None where there is nothing."""
    texts = {c.name: sheet.frame[c.name].dt.strftime("%Y-%m-%d") for c in sheet.columns if c.kind == "date"}
    table = sheet.frame.assign(**texts).astype(object)
    return [
        {str(name): value for name, value in row.items()}
        for row in table.where(table.notna() & (table != ""), None).to_dict("records")
    ]


def safe(text: str) -> str:
    """Text that no spreadsheet runs as a formula, with signs that no workbook can hold as escapes."""
    text = re.sub(_NOT_XML, lambda sign: sign[0].encode("unicode_escape").decode(), text)
    return f"'{text}" if re.match(RISKY_START, text) else text


def frame_of(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows as a table of the columns' types."""
    found = pd.DataFrame(rows, columns=[column.name for column in columns])
    return found.astype({column.name: _DTYPE[column.kind] for column in columns})


def _shown(sheet: Sheet, column: Column) -> list[Cell]:
    values = sheet.frame[column.name]
    if column.kind == "date":
        return [None if day is pd.NaT else day.date() for day in values]
    if column.kind != "number":
        return [safe(text) or None for text in values.fillna("").astype(str)]
    few = column.counts & (values.abs() == STANDS_FOR_FEW)
    if "rounded" in sheet.frame:
        few &= sheet.frame["rounded"] != EXACT
    return [_number(x, few=f) for x, f in zip(values.tolist(), few.tolist(), strict=True)]


def _number(value: float, *, few: bool) -> Cell:
    if value != value:
        return None
    if few:
        return FEWER if value > 0 else FEWER_LESS
    return int(value) if value == int(value) else value


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    return '"' + cell.replace('"', '""') + '"' if isinstance(cell, str) else str(cell)


_DTYPE = {"string": "str", "number": "float64", "date": "datetime64[s]", "yearmonth": "str"}

"""The tidy tables of a run, what their columns mean, and their bytes as CSV and Parquet."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from travesia.result import Result
from travesia.scenario import HEALTH_RECORDS
from travesia.summary import Summary, summarise

DESCRIPTIONS = {
    "people_by_place": "People at each place at the end of each day, waiting lists included.",
    "quantities": "The quantities watched, beside the figures reported about them.",
    "events": "People to whom each measure happened, each day.",
    "refused": "People beyond the quota of each measure, or turned away for lack of a bed, each day.",
    "legs": "People who finished each leg, in each direction, each day.",
    "outcomes": "People whose story in the run ended, by outcome, each day.",
    "accounts": "Where everyone is at the end of each day; outcomes are those so far, and `missing` is 0.",
    "parameters": "The parameter values the replicates ran with.",
    "ill": "People newly infected at each place, each day (with health).",
    "infectious": "People infectious at each place at the end of each day (with health).",
    "died_ill": "People who died of the illness, by place, each day; on a leg, where it ends (with health).",
}
_FIELDS = {
    "date": ("Day; the last one where a figure covers several.", ""),
    "place": ("Identifier of the place, or the area a figure covers.", ""),
    "name": ("Name of the place.", ""),
    "quantity": ("Quantity of the outputs, or `present` for people at a place.", ""),
    "kind": ("stock: on the date; flow: from date_from to date; cumulative: up to the date.", ""),
    "date_from": ("First day of a flow, or of a stock reported for several days.", ""),
    "q05": ("5 % quantile over the replicates.", "people"),
    "q50": ("Median over the replicates.", "people"),
    "q95": ("95 % quantile over the replicates.", "people"),
    "mean": ("Mean over the replicates.", "people"),
    "reported": ("The figure reported; blank where none was, or only a range.", ""),
    "low": ("Lower end of the range reported.", ""),
    "high": ("Upper end of the range reported.", ""),
    "unit": ("Unit of the figure reported: people or events.", ""),
    "reported_by": ("Who reported it.", ""),
    "source": ("Key of scenario/sources.csv.", ""),
    "measure": ("Measure of the policy.", ""),
    "leg": ("Leg in one direction.", ""),
    "from": ("Place where it starts.", ""),
    "to": ("Place where it ends.", ""),
    "outcome": ("Final outcome.", ""),
    "account": (
        "departed so far (people present on the first day included), at_places, in_transit (on a leg), "
        "a final outcome so far, or missing (departed and nowhere: 0).",
        "",
    ),
    "parameter": ("Parameter of the scenario.", ""),
}
_SHOWN = ("q05", "q50", "q95", "mean")
RISKY_START = r"^([=+\-@\t\r])"


def tables(found: Result | Summary) -> dict[str, pd.DataFrame]:
    """The tables of a run folder, by name (see DESCRIPTIONS).

    found : a result, or its summary. Counts are of the day; q05, q50, q95 and mean are over the replicates, per row.
    """
    summary = summarise(found)
    with_health = [name for name in HEALTH_RECORDS if name in summary.data]
    parameters = pd.DataFrame(
        {
            "parameter": pd.Series(summary.data["parameter"].values, dtype="str"),
            **_columns(summary, "parameters"),
        }
    )
    return {
        "people_by_place": _named(summary, _daily(summary, "people", "place")),
        "quantities": summary.observed_table(),
        "events": _daily(summary, "events", "measure"),
        "refused": _daily(summary, "refused", "measure"),
        "legs": _with_ends(summary, _daily(summary, "crossed", "leg")),
        "outcomes": _daily(summary, "outcomes", "outcome"),
        "accounts": _daily(summary, "accounts", "account"),
        "parameters": parameters,
        **{name: _named(summary, _daily(summary, name, "place")) for name in with_health},
    }


def table_schema(table: pd.DataFrame) -> dict[str, Any]:
    """The Table Schema (Data Package 2.0) of a table of a run.

    table : one of `tables`.
    """
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": [_field(str(name), table[name]) for name in table.columns],
        "missingValues": [""],
    }


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as UTF-8 CSV that is safe to open in a spreadsheet.

    table : one of `tables`. A text cell that begins with = + - @ or a control character would run as a
    formula, so it gets a leading apostrophe; numbers and the Parquet copy stay as they are.
    """
    from pyarrow import csv

    text = [name for name in table.columns if _type(table[name]) == "string"]
    # millions of rows have few different texts, of which few begin so, or none
    risky = [c for c in text if pd.Series(table[c].unique(), dtype="str").str.match(RISKY_START).any()]
    safe = {c: table[c].astype("str").str.replace(RISKY_START, r"'\1", regex=True) for c in risky}
    out = BytesIO()
    csv.write_csv(_arrow(table.assign(**safe)), out)
    return out.getvalue()


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """A table as Parquet.

    table : one of `tables`.
    """
    from pyarrow import parquet

    out = BytesIO()
    parquet.write_table(_arrow(table), out, compression="zstd")
    return out.getvalue()


def _daily(summary: Summary, view: str, dim: str) -> pd.DataFrame:
    """Quantiles and mean over the replicates for each date and label."""
    labels = [str(label) for label in summary.data[dim].values]
    return pd.DataFrame(
        {
            "date": np.repeat(summary.dates.values.astype("datetime64[s]"), len(labels)),
            dim: pd.Series(np.tile(np.array(labels, dtype=object), len(summary.dates)), dtype="str"),
            **_columns(summary, view),
        }
    )


def _columns(summary: Summary, view: str) -> dict[str, np.ndarray[Any, Any]]:
    """The columns of numbers, rounded to a millionth of a person: 12.4, not 12.399999999999999."""
    return {name: summary.statistic(view, name).values.ravel().round(6) for name in _SHOWN}


def _named(summary: Summary, table: pd.DataFrame) -> pd.DataFrame:
    places = summary.scenario.places
    names = dict(zip(places["place"].astype(str), places["name"].astype(str), strict=True))
    table.insert(2, "name", table["place"].map(names).astype("str"))
    return table


def _with_ends(summary: Summary, table: pd.DataFrame) -> pd.DataFrame:
    legs = [str(leg) for leg in summary.data["leg"].values]
    for position, end in ((2, "from"), (3, "to")):
        ends = dict(zip(legs, (str(p) for p in summary.data[end].values), strict=True))
        table.insert(position, end, table["leg"].map(ends).astype("str"))
    return table


def _field(name: str, column: pd.Series[Any]) -> dict[str, Any]:
    description, unit = _FIELDS[name]
    field = {"name": name, "type": _type(column), "description": description}
    return field | ({"unit": unit} if unit else {})


def _type(column: pd.Series[Any]) -> str:
    return {"M": "date", "i": "integer", "u": "integer", "f": "number"}.get(column.dtype.kind, "string")


def _arrow(table: pd.DataFrame) -> Any:
    import pyarrow as pa

    kinds = {"date": pa.date32(), "integer": pa.int64(), "number": pa.float64(), "string": pa.string()}
    schema = pa.schema([(str(name), kinds[_type(table[name])]) for name in table.columns])
    return pa.Table.from_pandas(table, schema=schema, preserve_index=False).replace_schema_metadata(None)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table ready for JSON: dates as text, None where there is nothing."""
    dates = [str(name) for name in table if table[name].dtype.kind == "M"]
    texts = {name: table[name].dt.strftime("%Y-%m-%d") for name in dates}
    plain = table.assign(**texts).astype(object)
    return [
        {str(k): v for k, v in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")
    ]

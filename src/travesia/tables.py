"""The tidy tables of a run, what their columns mean, and their bytes as CSV and Parquet."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from travesia.result import Q90, Result, quantile_names

DESCRIPTIONS = {
    "people_by_place": "People at each place at the end of each day, waiting lists included.",
    "quantities": "The quantities watched, beside the figures reported about them.",
    "events": "People to whom each measure happened, each day.",
    "refused": "People beyond the quota of each measure, or turned away for lack of a bed, each day.",
    "legs": "People who finished each leg, in each direction, each day.",
    "outcomes": "People whose story in the run ended, by outcome, each day.",
    "accounts": "Where everyone is, for every replicate and day; `missing` is 0.",
    "parameters": "The parameter values each replicate ran with.",
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
    "replicate": ("Number of the replicate, from 0.", ""),
    "departed": ("Departed so far, people present on the first day included.", "people"),
    "at_places": ("At places.", "people"),
    "in_transit": ("On a leg.", "people"),
    "missing": ("Departed and nowhere: 0.", "people"),
    "parameter": ("Parameter of the scenario.", ""),
    "value": ("Its value.", ""),
}
_RISKY_START = r"^([=+\-@\t\r])"
_QUANTILE_CELLS = 4_000_000


def tables(result: Result) -> dict[str, pd.DataFrame]:
    """The tables of a run folder, by name (see DESCRIPTIONS).

    result : of a run. Counts are of the day; q05, q50, q95 and mean are over the replicates, per row.
    """
    with_health = [name for name in ("ill", "infectious", "died_ill") if name in result.data]
    return {
        "people_by_place": _named(result, _daily(result, "people", "place")),
        "quantities": result.observed_table(),
        "events": _daily(result, "events", "measure"),
        "refused": _daily(result, "refused", "measure"),
        "legs": _with_ends(result, _daily(result, "crossed", "leg")),
        "outcomes": _daily(result, "outcomes", "outcome"),
        "accounts": _accounts(result),
        "parameters": result.frame("parameters").rename(columns={"parameters": "value"}),
        **{name: _named(result, _daily(result, name, "place")) for name in with_health},
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
    safe = table.assign(
        **{c: table[c].astype("str").str.replace(_RISKY_START, r"'\1", regex=True) for c in text}
    )
    out = BytesIO()
    csv.write_csv(_arrow(safe), out)
    return out.getvalue()


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """A table as Parquet.

    table : one of `tables`.
    """
    from pyarrow import parquet

    out = BytesIO()
    parquet.write_table(_arrow(table), out, compression="zstd")
    return out.getvalue()


def _daily(result: Result, variable: str, dim: str) -> pd.DataFrame:
    """Quantiles and mean over the replicates for each date and label."""
    array = result.total(variable).transpose("replicate", "date", dim).values
    labels = [str(label) for label in result.data[dim].values]
    bands, mean = _over_replicates(array)
    return pd.DataFrame(
        {
            "date": np.repeat(result.dates.values.astype("datetime64[s]"), len(labels)),
            dim: pd.Series(np.tile(np.array(labels, dtype=object), len(result.dates)), dtype="str"),
            **{name: bands[i].ravel() for i, name in enumerate(quantile_names(Q90))},
            "mean": mean.ravel(),
        }
    )


def _over_replicates(array: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Quantiles [q, date, label] and mean [date, label], some days at a time to bound the memory."""
    replicates, days, labels = array.shape
    step = max(1, _QUANTILE_CELLS // max(1, replicates * labels))
    blocks = [
        np.quantile(array[:, first : first + step], Q90, axis=0) for first in range(0, days, step) if labels
    ]
    bands = np.concatenate(blocks, axis=1) if blocks else np.zeros((len(Q90), days, labels))
    return bands.round(6), array.mean(axis=0).round(6)


def _named(result: Result, table: pd.DataFrame) -> pd.DataFrame:
    places = result.scenario.places
    shown = places["name"].fillna("").astype(str).where(places["name"].fillna("") != "", places["place"])
    names = dict(zip(places["place"].astype(str), shown.astype(str), strict=True))
    table.insert(2, "name", table["place"].map(names).astype("str"))
    return table


def _with_ends(result: Result, table: pd.DataFrame) -> pd.DataFrame:
    legs = [str(leg) for leg in result.data["leg"].values]
    for position, end in ((2, "from"), (3, "to")):
        ends = dict(zip(legs, (str(p) for p in result.data[end].values), strict=True))
        table.insert(position, end, table["leg"].map(ends).astype("str"))
    return table


def _accounts(result: Result) -> pd.DataFrame:
    accounts = result.accounts()
    outcomes = accounts["outcomes"].to_dataset("outcome")
    wide = accounts.drop_vars(["outcomes", "outcome"]).merge(outcomes)
    return wide.to_dataframe(dim_order=["replicate", "date"]).reset_index()


def _field(name: str, column: pd.Series[Any]) -> dict[str, Any]:
    description, unit = _FIELDS.get(name, (f"People whose final outcome is {name}, so far.", "people"))
    field = {"name": name, "type": _type(column), "description": description}
    return field | ({"unit": unit} if unit else {})


def _type(column: pd.Series[Any]) -> str:
    return {"M": "date", "i": "integer", "u": "integer", "f": "number"}.get(column.dtype.kind, "string")


def _arrow(table: pd.DataFrame) -> Any:
    import pyarrow as pa

    kinds = {"date": pa.date32(), "integer": pa.int64(), "number": pa.float64(), "string": pa.string()}
    schema = pa.schema([(str(name), kinds[_type(table[name])]) for name in table.columns])
    return pa.Table.from_pandas(table, schema=schema, preserve_index=False).replace_schema_metadata(None)

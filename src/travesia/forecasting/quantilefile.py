"""Forecasts as a table of quantiles, one a row: ours to read, and anyone's to enter."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.errors import Problem, ScenarioError, UsageError
from travesia.forecasting.past import Floats, Past
from travesia.forecasting.records import Days
from travesia.forecasting.spread import LEVELS as MEMBER_LEVELS

COLUMNS = (
    "model",
    "case",
    "origin_date",
    "target_date",
    "horizon_days",
    "location",
    "output_type",
    "output_type_id",
    "value",
)
LEVELS = (0.01, 0.025, *(round(0.05 * k, 2) for k in range(1, 20)), 0.975, 0.99)
"""The levels written: the 23 that forecast hubs use."""


def quantile_table(
    members: Floats, *, model: str, case: str, start: date, past: Past, days: Days
) -> pd.DataFrame:
    """A forecast as rows: model, case, origin_date, target_date, horizon_days, location, quantile level, value.

    members : [place, day, member]. start : date of day 0. past : what was known. days : of the run. Source: the model
    output format of hubverse, with the location a place of the scenario.
    """
    places, count = len(past.series), len(days)
    return quantile_rows(
        members.reshape(places * count, -1),
        model=model,
        case=case,
        start=start,
        origin=past.origin,
        locations=np.repeat(np.array(past.places, dtype=str), count),
        days=np.tile(np.asarray(days, dtype=np.int64), places),
    )


def quantile_rows(
    members: Floats,
    *,
    model: str,
    case: str,
    start: date,
    origin: int,
    locations: NDArray[np.str_],
    days: Days,
) -> pd.DataFrame:
    """The rows of `quantile_table` for any targets.

    members : [target, member]. origin : day of the run. locations, days : where and on which day [target].
    """
    values, each = np.quantile(members, LEVELS, axis=1).T, len(LEVELS)  # [target, level]
    dates = np.array([(start + timedelta(days=int(day))).isoformat() for day in days], dtype=str)
    columns = {
        "model": model,
        "case": case,
        "origin_date": (start + timedelta(days=origin)).isoformat(),
        "target_date": np.repeat(dates, each),
        "horizon_days": np.repeat(np.asarray(days) - origin, each),
        "location": np.repeat(locations, each),
        "output_type": "quantile",
        "output_type_id": np.tile(np.array(LEVELS), len(values)),
        "value": np.round(values.ravel(), 1),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def csv_text(table: pd.DataFrame) -> str:
    """The table as CSV."""
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    return text.getvalue()


def read_quantiles(path: Path) -> pd.DataFrame:
    """A table of quantiles from a CSV.

    path : a file with the columns COLUMNS; case may be missing where there is one case, horizon_days always, for it
    follows from the dates. Raises UsageError where there is no such file, ScenarioError with every row that is wrong.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UsageError(f"no file {str(path)!r}; name a CSV file of quantiles") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UsageError(f"{path} cannot be read as a table: {error}") from None
    missing = [name for name in COLUMNS if name not in table and name not in ("case", "horizon_days")]
    if missing:
        raise UsageError(f"{path}: no column {', '.join(missing)}; the columns are {', '.join(COLUMNS)}")
    table = table[[name for name in COLUMNS if name in table]]
    table = table[table["output_type"] == "quantile"].reset_index(names="row")
    if "case" not in table:
        table["case"] = ""
    problems: list[Problem] = []
    levels, people = (pd.to_numeric(table[name], errors="coerce") for name in ("output_type_id", "value"))
    for found, right, what in (
        (levels, (levels > 0) & (levels < 1), "a level between 0 and 1"),
        (people, (people >= 0) & (people < np.inf), "a number of people, 0 or more"),
    ):
        name = str(found.name)
        problems += _problems(path, table, name, ~right, what)
        table[name] = found
    for name in ("origin_date", "target_date"):
        dates = pd.to_datetime(table[name], format="%Y-%m-%d", errors="coerce")
        problems += _problems(path, table, name, dates.isna(), "a date like 2012-06-30")
        table[name] = dates
    if problems:
        raise ScenarioError(problems)
    return table.drop(columns="row")


def _problems(path: Path, table: pd.DataFrame, name: str, wrong: pd.Series, what: str) -> list[Problem]:
    rows = table[wrong.to_numpy(dtype=bool)]
    return [
        Problem(path.name, int(row) + 2, name, str(value), f"it is not {what}", f"write {what}")
        for row, value in zip(rows["row"], rows[name], strict=True)
    ]


def members_of(table: pd.DataFrame, *, start: date, past: Past, days: Days) -> Floats:
    """The members [place, day, member] that rows of one model and case say at an origin; NaN where they say nothing.

    table : of `read_quantiles`. A level between two given ones is linear between their values, one outside them has
    the value of the nearest; a day between two target dates of a place likewise, one outside them has none.
    """
    origin = pd.Timestamp(start + timedelta(days=past.origin))
    rows = table[table["origin_date"] == origin]
    found = np.full((len(past.series), len(days), MEMBER_LEVELS.size), np.nan)
    for k, place in enumerate(past.places):
        own = rows[rows["location"] == place]
        if own.empty:
            continue
        grouped = own.groupby((own["target_date"] - pd.Timestamp(start)).dt.days, sort=True)
        at = np.array([day for day, _ in grouped], dtype=float)
        values = np.stack([np.interp(MEMBER_LEVELS, *_sorted(some)) for _, some in grouped])
        told = (np.asarray(days) >= at[0]) & (np.asarray(days) <= at[-1])
        for member in range(MEMBER_LEVELS.size):
            found[k, told, member] = np.interp(np.asarray(days, dtype=float)[told], at, values[:, member])
    return found


def _sorted(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Levels and values in the order of the levels, values never falling."""
    ordered = rows.sort_values("output_type_id")
    return ordered["output_type_id"].to_numpy(float), np.maximum.accumulate(ordered["value"].to_numpy(float))


def by_model(table: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """The rows of each model."""
    return {str(name): rows for name, rows in table.groupby("model", sort=True)}

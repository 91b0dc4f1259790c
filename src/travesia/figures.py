"""Figures reported about the world, beside what was simulated: which ones there are, and how they are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.observed import whole_observations
from travesia.scenario import Scenario

Q90 = (0.05, 0.5, 0.95)
_REPORTED = ("reported", "low", "high", "unit", "reported_by", "source")
_NOT_REPORTED = (np.nan, np.nan, np.nan, "", "", "")
OBSERVED_COLUMNS = ("date", "quantity", "place", "kind", "date_from", "q05", "q50", "q95", *_REPORTED)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Watched:
    """A series that is watched or observed: a quantity of the outputs, or `present` at a place.

    kind : stock (people present), flow (of the day) or cumulative (up to the day).
    """

    quantity: str
    place: str
    kind: str


def quantile_names(q: Sequence[float]) -> list[str]:
    """Column names of quantiles: q05, q50, q97.5.

    q : probabilities.
    """
    return [f"q{100 * p:02.0f}" if abs(100 * p - round(100 * p)) < 1e-9 else f"q{100 * p:g}" for p in q]


def quantile_columns(values: NDArray[Any], q: Sequence[float]) -> pd.DataFrame:
    """Quantiles over the first axis, one column each.

    values : [replicate, row]. q : probabilities.
    """
    # rounded to a millionth of a person: 12.4, not 12.399999999999999
    return pd.DataFrame(np.quantile(values, q, axis=0).T.round(6), columns=quantile_names(q))


def observations(scenario: Scenario) -> pd.DataFrame:
    """The observations with every column there and of one type; `end` is the last day, `reported` the value.

    scenario : whose observations.
    """
    table = whole_observations(scenario).reset_index(drop=True)
    out = pd.DataFrame(index=table.index)
    for column in ("quantity", "place", "area", "unit", "reported_by", "source", "kind"):
        out[column] = table[column].fillna("").astype(str) if column in table else ""
    for column, name in (("value", "reported"), ("low", "low"), ("high", "high")):
        out[name] = pd.to_numeric(table[column], errors="coerce") if column in table else np.nan
    out["date_from"] = pd.to_datetime(table["date_from"]) if "date_from" in table else pd.NaT
    to = pd.to_datetime(table["date_to"]) if "date_to" in table else out["date_from"]
    out["end"] = to.fillna(out["date_from"])
    out["kind"] = out["kind"].replace("", "stock")
    return out


def observed_places(scenario: Scenario, table: pd.DataFrame | None = None) -> list[str]:
    """The places for which people present were observed, in the order of the scenario.

    table : its `observations`, if they are at hand.
    """
    table = observations(scenario) if table is None else table
    seen = set(table.loc[(table["quantity"] == "present") & (table["place"] != ""), "place"])
    return [str(place) for place in scenario.places["place"] if place in seen]


def answers(
    scenario: Scenario,
    dates: pd.DatetimeIndex,
    watched: Sequence[Watched],
    values: NDArray[Any],
    table: pd.DataFrame | None = None,
) -> Floats:
    """What each replicate has where a figure was reported: [replicate, figure], in the order of `figures`.

    values : [replicate, date, series]. table : as for `figures`. A flow is from date_from to date, a cumulative figure
    from the first day, a stock reported for a span of days its mean over them; NaN where a figure covers days before
    the run.
    """
    found = [
        _answer(values[:, :, number], watched[number].kind, figure, dates)
        for number, figure in figures(scenario, dates, watched, table)
    ]
    return np.stack(found, axis=1) if found else np.zeros((len(values), 0))


def figures(
    scenario: Scenario,
    dates: pd.DatetimeIndex,
    watched: Sequence[Watched],
    table: pd.DataFrame | None = None,
) -> Iterator[tuple[int, Any]]:
    """The number of a series and each figure reported about it within the run, series by series.

    table : the figures, if not those of `observations`: `disclosure.told_observations`, which also says which of them
    are withheld, for all that is handed out.
    """
    table = observations(scenario) if table is None else table
    table = table[table["end"].between(dates[0], dates[-1])]
    reported: dict[tuple[str, str], list[Any]] = {}
    for figure in table.itertuples(index=False):
        reported.setdefault(_subject(figure), []).append(figure)
    for number, series in enumerate(watched):
        for figure in reported.get(_subject(series), []):
            yield number, figure


def _subject(told: Any) -> tuple[str, str]:
    """What a figure or a series is about: people present are told by place, other quantities are not."""
    return told.quantity, told.place if told.quantity == "present" else ""


def observed_table(
    scenario: Scenario,
    dates: pd.DatetimeIndex,
    watched: Sequence[Watched],
    bands: NDArray[Any],
    answered: NDArray[Any],
) -> pd.DataFrame:
    """Simulated quantities beside what was reported.

    bands : quantiles [Q90, date, series]. answered : quantiles [Q90, figure] of `answers`. One row per date and
    series, repeated for each figure reported of it; a series without a figure on a date has one row with blanks.
    kind says what is compared: stock (the quantity on that date), flow (from date_from to date) or cumulative
    (from the first day of the run to date). Simulated numbers are blank where a figure covers days before the run,
    or an area that is no place of the network. A stock reported for a span of days is compared with the mean.
    """
    bands, answered = np.round(bands, 6), np.round(answered, 6)
    own: list[list[tuple[Any, Any]]] = [[] for _ in watched]
    for column, (number, figure) in enumerate(figures(scenario, dates, watched)):
        own[number].append((figure, answered[:, column].tolist()))
    rows = [
        row
        for number, series in enumerate(watched)
        for row in _rows(series, dates, bands[:, :, number].T.tolist(), own[number])
    ]
    table = observations(scenario)
    table = table[table["end"].between(dates[0], dates[-1])]
    elsewhere = table[(table["quantity"] == "present") & (table["place"] == "") & (table["area"] != "")]
    nan = np.nan
    for figure in elsewhere.itertuples(index=False):
        head = (figure.end, "present", figure.area, figure.kind, figure.date_from)
        rows.append((*head, nan, nan, nan, *_reported(figure)))
    return _typed(pd.DataFrame(rows, columns=list(OBSERVED_COLUMNS)))


def _rows(
    series: Watched, dates: pd.DatetimeIndex, bands: list[Any], figures: list[tuple[Any, Any]]
) -> list[tuple[Any, ...]]:
    """The rows of one series in order of date: its figures, and a blank row for a date without."""
    rows: list[tuple[Any, ...]] = []
    answered = set()
    for figure, simulated in figures:
        kind = _kind(series.kind, figure)
        first, last = _span(figure, dates)
        if kind == series.kind and (first == last or kind == "cumulative") and _covered(kind, first):
            answered.add(figure.end)
        start = pd.NaT if kind == "cumulative" else figure.date_from
        rows.append((figure.end, series.quantity, series.place, kind, start, *simulated, *_reported(figure)))
    for day, band in zip(dates, bands, strict=True):
        if day not in answered:
            start = pd.NaT if series.kind == "cumulative" else day
            rows.append((day, series.quantity, series.place, series.kind, start, *band, *_NOT_REPORTED))
    return sorted(rows, key=lambda row: row[0])


def _answer(series: NDArray[Any], own: str, figure: Any, dates: pd.DatetimeIndex) -> Floats:
    """What answers one figure, [replicate]. series : [replicate, date] of the kind `own`."""
    kind = _kind(own, figure)
    first, last = _span(figure, dates)
    if not _covered(kind, first):
        return np.full(len(series), np.nan)
    if kind == "stock":
        return np.asarray(series[:, first : last + 1].mean(axis=1), dtype=np.float64)
    if own == "flow":
        start = first if kind == "flow" else 0
        return np.asarray(series[:, start : last + 1].sum(axis=1), dtype=np.float64)
    answer = series[:, last]
    if kind == "flow" and first:
        answer = answer - series[:, first - 1]
    return np.asarray(answer, dtype=np.float64)


def _kind(own: str, figure: Any) -> str:
    """How a figure is compared: figures called stock are of the kind of the series."""
    return own if figure.kind == "stock" else str(figure.kind)


def _covered(kind: str, first: int) -> bool:
    """Whether the run covers the days of a figure."""
    return first >= 0 or kind == "cumulative"


def _span(figure: Any, dates: pd.DatetimeIndex) -> tuple[int, int]:
    first, last = (int((day - dates[0]).days) for day in (figure.date_from, figure.end))
    return first, last


def _reported(figure: Any) -> tuple[Any, ...]:
    return tuple(getattr(figure, column) for column in _REPORTED)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    kinds = dict.fromkeys(("date", "date_from"), "datetime64[s]")
    kinds |= dict.fromkeys((*quantile_names(Q90), "reported", "low", "high"), "float64")
    return rows.astype({column: kinds.get(column, "str") for column in rows.columns})

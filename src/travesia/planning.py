"""What places must provide: arrivals, people by age and sex, needs by an editable table, and full places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.capacity import Capacities, capacities
from travesia.composition import Composition, composition
from travesia.errors import UsageError, nearest
from travesia.incoming import Incoming, incoming
from travesia.indicators import WOMEN, read_indicators
from travesia.result import Result

Floats = NDArray[np.float64]
WINDOWS = (3, 7, 14)
BANDS = {"median": 0.5, "low50": 0.25, "high50": 0.75, "low90": 0.05, "high90": 0.95}
"""Columns of quantiles over the replicates: the median, and the ends of the 50 and 90 % intervals."""
_LEAST = 0.5  # of a person, below which in the central run nobody has come yet
_SLACK = 1e-9
_UNITS = {"family": "families"}


@dataclass(frozen=True, eq=False)
class Needs:
    """What each place must provide, over the replicates of a run.

    places : one row per place where anybody ever is: place, name, kind, arrives (probability that anybody comes),
    first_arrival_*, peak_date_*, peak_people_*, fullest (the day with most people on average), capacity (the smallest
    on any day, NaN for none), over (probability that it is exceeded) and first_over_* (the first such day, over the
    replicates that have one); * is each of BANDS.
    daily : one row per place, date, quantity and whom it is counted for (who): present, arrivals (of the day),
    arrivals_3_days (those of the next three days; blank near the end of the run) and each indicator, in unit.
    indicators : the table used. notes : what cannot be told, and why. central : whether it is one central run.
    """

    places: pd.DataFrame
    daily: pd.DataFrame
    indicators: pd.DataFrame
    notes: tuple[str, ...]
    central: bool


@dataclass(frozen=True)
class _Ask:
    """What is asked of each place."""

    composition: Composition
    incoming: Incoming
    capacities: Capacities
    indicators: pd.DataFrame
    dates: pd.DatetimeIndex
    days: NDArray[np.int64] | None  # None: the fullest day


def needs(
    result: Result,
    *,
    indicators: str | Path | pd.DataFrame | None = None,
    places: Sequence[str] = (),
    dates: Sequence[str | date] | Literal["all", "fullest"] = "all",
) -> Needs:
    """What each place must provide on each day, with intervals over the replicates.

    result : of a run. indicators : a CSV file or table of how much each person needs; None for the Sphere Handbook's
    (2018). places : to report on; empty for every place where anybody ever is. dates : to report on: `all`, the
    `fullest` day of each place, or some days. Only one place is held in memory at a time.
    Raises ScenarioError for faulty indicators, UsageError for places or dates the run does not have.
    """
    table = read_indicators(indicators)
    women = table.loc[table["indicator"] == WOMEN, "amount"]
    table = table[table["indicator"] != WOMEN]
    made = composition(
        result.scenario, result.data["people"], women_share=float(women.iloc[0]) if len(women) else None
    )
    known = table[table["per"].isin([*made.who, "arrival"])]
    ask = _Ask(made, incoming(result), capacities(result), known, result.dates, _days(result, dates))
    rows, parts = [], []
    for place in _places(result, places):
        row, part = _of_place(result, place, ask, wanted=place in places)
        if row:
            rows.append(row)
            parts.append(part)
    names = [f"{what}_{band}" for what in ("first_arrival", "peak_date", "first_over") for band in BANDS]
    summary = pd.DataFrame(rows, columns=None if rows else ["place", "name", "kind"])
    kinds = {name: "datetime64[s]" for name in (*names, "fullest") if name in summary}
    return Needs(
        places=summary.astype(kinds),
        daily=pd.concat(parts, ignore_index=True) if parts else _daily_frame({}, np.zeros((len(BANDS), 0))),
        indicators=known.reset_index(drop=True),
        notes=(*made.notes, *_left_out(table, made), *_no_cost(table)),
        central=result.mode == "expected",
    )


def first_over(people: Floats, capacity: Floats) -> tuple[float, Floats]:
    """How likely a capacity is exceeded, and the first day it is, of the replicates where it is.

    people : at night, [replicate, date]. capacity : [replicate or 1, date], inf for none. Days count from 0.
    """
    over = np.asarray(people > capacity + _SLACK)
    ever = np.asarray(over.any(axis=1))
    return float(ever.mean()), over.argmax(axis=1)[ever].astype(np.float64)


def next_days(arrivals: Floats, days: int) -> Floats:
    """Arrivals on the days that follow each day, NaN where the run ends before.

    arrivals : [replicate, date, …]. days : how many.
    """
    so_far = arrivals.cumsum(axis=1)
    found = np.full(arrivals.shape, np.nan)
    known = max(arrivals.shape[1] - days, 0)
    found[:, :known] = so_far[:, days:] - so_far[:, :known]
    return found


def _days(result: Result, dates: Sequence[str | date] | str) -> NDArray[np.int64] | None:
    if isinstance(dates, str):
        if dates not in ("all", "fullest"):
            raise UsageError(f"dates {dates!r}: give a list of days, 'all' or 'fullest'")
        return np.arange(len(result.dates)) if dates == "all" else None
    found = []
    for given in dates:
        try:
            day = pd.Timestamp(given)
        except ValueError:
            raise UsageError(
                f"{str(given)!r} is no date; write it as year-month-day, like 2021-01-14"
            ) from None
        if day not in result.dates:
            first, last = result.dates[0], result.dates[-1]
            raise UsageError(
                f"{given} is no day of the run; it goes from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
            )
        found.append(int((day - result.dates[0]).days))
    return np.array(sorted(set(found)), dtype=np.int64)


def _places(result: Result, wanted: Sequence[str]) -> list[str]:
    known = [str(place) for place in result.data["place"].values]
    for place in wanted:
        if place not in known:
            raise UsageError(f"no place {place!r} in the run; {nearest(place, known)}")
    return [place for place in known if place in wanted] if wanted else known


def _of_place(result: Result, place: str, ask: _Ask, *, wanted: bool) -> tuple[dict[str, Any], pd.DataFrame]:
    """The row of a place and its days; an empty row where nobody ever is and nobody asked."""
    present = ask.composition.count(result.data["people"].sel(place=place, drop=True))
    coming = ask.incoming.at(place, ask.composition)
    people, arriving = present[..., 0], coming[..., 0]
    if not wanted and not people.any() and not arriving.any():
        return {}, pd.DataFrame()
    crowd = people.mean(axis=0) if people.any() else arriving.mean(axis=0)
    fullest = int(crowd.argmax())
    row = _summary(result, place, people, arriving, ask) | {"fullest": ask.dates[fullest]}
    days = np.array([fullest]) if ask.days is None else ask.days
    if len(days) == len(ask.dates) and not wanted:
        days = days[_anybody(people, arriving)]
    return row, _daily(place, row["name"], present, coming, days, ask)


def _anybody(people: Floats, arriving: Floats) -> NDArray[np.bool_]:
    """The days on which anybody is there, or comes within the longest window, in any replicate, [date]."""
    there, coming = np.asarray((people != 0).any(axis=0)), np.asarray((arriving != 0).any(axis=0))
    soon = [coming[day : day + WINDOWS[-1] + 1].any() for day in range(len(coming))]
    found: NDArray[np.bool_] = np.logical_or(there, np.array(soon, dtype=bool))
    return found


def _summary(result: Result, place: str, people: Floats, arriving: Floats, ask: _Ask) -> dict[str, Any]:
    table = result.scenario.places
    own = table[table["place"] == place].iloc[0]
    come = arriving.cumsum(axis=1) >= _LEAST
    capacity = ask.capacities.at(place)
    likely, over = first_over(people, capacity)
    held = people.max(axis=1) > 0
    smallest = float(capacity.min())
    return {
        "place": place,
        "name": str(own["name"]) or place,
        "kind": str(own["kind"]),
        "arrives": float(come.any(axis=1).mean()),
        **_date_bands("first_arrival", come.argmax(axis=1)[come.any(axis=1)].astype(np.float64), ask.dates),
        **_date_bands("peak_date", people.argmax(axis=1)[held].astype(np.float64), ask.dates),
        **{f"peak_people_{b}": float(v) for b, v in zip(BANDS, _bands(people.max(axis=1)), strict=True)},
        "capacity": smallest if np.isfinite(smallest) else np.nan,
        "over": likely if np.isfinite(smallest) else np.nan,
        **_date_bands("first_over", over, ask.dates),
    }


def _daily(
    place: str, name: str, present: Floats, coming: Floats, days: NDArray[np.int64], ask: _Ask
) -> pd.DataFrame:
    """Every quantity of a place on these days, quantity by quantity."""
    found = list(_quantities(present, coming, days, ask))
    count = len(days)
    columns: dict[str, Any] = {
        "place": [place] * (count * len(found)),
        "name": [name] * (count * len(found)),
        "date": np.tile(ask.dates.values[days], len(found)),
        "quantity": np.repeat([quantity for quantity, *_ in found], count),
        "who": np.repeat([who for _, who, *_ in found], count),
        "unit": np.repeat([unit for _, _, unit, _ in found], count),
    }
    return _daily_frame(columns, np.concatenate([bands for *_, bands in found], axis=1).round(6))


def _daily_frame(columns: Mapping[str, Any], bands: Floats) -> pd.DataFrame:
    texts = {c: pd.Series(columns.get(c, []), dtype="str") for c in ("place", "name")}
    texts["date"] = pd.Series(columns.get("date", []), dtype="datetime64[s]")
    texts |= {c: pd.Series(columns.get(c, []), dtype="str") for c in ("quantity", "who", "unit")}
    return pd.DataFrame(texts | dict(zip(BANDS, bands, strict=True)))


def _quantities(
    present: Floats, coming: Floats, days: NDArray[np.int64], ask: _Ask
) -> Iterator[tuple[str, str, str, Floats]]:
    """Each quantity as (name, who, unit, [band, day])."""
    who = ask.composition.who
    there, came = present[:, days], coming[:, days, 0]
    of_who, of_arrivals = _bands(there), _bands(came)
    for i, one in enumerate(who):
        yield "present", one, _UNITS.get(one, "people"), of_who[..., i]
    yield "arrivals", "person", "people", of_arrivals
    for window in WINDOWS:
        ahead = _bands(next_days(coming, window)[:, days])
        for i, one in enumerate(who):
            yield f"arrivals_{window}_days", one, _UNITS.get(one, "people"), ahead[..., i]
    for name, rows in ask.indicators.groupby("indicator", sort=False):
        pers, amounts = list(rows["per"]), rows["amount"].to_numpy(dtype=float)
        if len(pers) == 1:  # quantiles of a multiple are the multiple of quantiles
            bands = amounts[0] * (of_arrivals if pers[0] == "arrival" else of_who[..., who.index(pers[0])])
        else:
            counts = [came if per == "arrival" else there[..., who.index(per)] for per in pers]
            bands = _bands(sum((a * c for a, c in zip(amounts, counts, strict=True)), np.zeros_like(came)))
        yield str(name), "+".join(pers), str(rows["unit"].iloc[0]), bands


def _bands(values: Floats) -> Floats:
    """Quantiles over the first axis, [band, …]."""
    found: Floats = np.quantile(values, list(BANDS.values()), axis=0)
    return found


def _date_bands(name: str, days: Floats, dates: pd.DatetimeIndex) -> dict[str, Any]:
    """Quantiles of days as dates of the run; NaT where no replicate has one."""
    if not len(days):
        return {f"{name}_{band}": pd.NaT for band in BANDS}
    found = np.quantile(days, list(BANDS.values()), method="inverted_cdf").astype(int)
    return {f"{name}_{band}": dates[day] for band, day in zip(BANDS, found, strict=True)}


def _left_out(table: pd.DataFrame, made: Composition) -> Iterator[str]:
    for row in table[~table["per"].isin([*made.who, "arrival"])].to_dict("records"):
        yield f"Left out: {row['indicator']} per {row['per']}, who cannot be counted here."


def _no_cost(table: pd.DataFrame) -> Iterator[str]:
    if not table["indicator"].str.contains("cost").any():
        yield (
            "No cost is given: it takes a price with a source. Add a row such as `cost,person,AMOUNT,USD/day,…` "
            "to a copy of the indicators."
        )

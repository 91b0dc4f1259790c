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
from travesia.headlines import QUANTILES
from travesia.incoming import Incoming, incoming
from travesia.indicators import WOMEN, read_indicators
from travesia.planning_amounts import Indicator, Sums, bands, indicators_of, sums_of, totals_table
from travesia.result import Result, day_in

Floats = NDArray[np.float64]
WINDOWS = (3, 7, 14)
_LEAST = 0.5  # of a person, below which in the central run nobody has come yet
_SLACK = 1e-9
_UNITS = {"family": "families"}


@dataclass(frozen=True, eq=False)
class Needs:
    """What each place must provide, over the replicates of a run.

    places : one row per place where anybody ever is: place, name, kind, arrives (probability that anybody comes),
    first_arrival_*, peak_date_*, peak_people_*, fullest (the day with most people on average), capacity (the smallest
    on any day, NaN for none), over (probability that it is exceeded) and first_over_* (the first such day, over the
    replicates that have one); * is each of QUANTILES.
    daily : one row per place, date, quantity and whom it is counted for (who): present, arrivals (of the day),
    arrivals_3_days (those of the next three days; blank near the end of the run) and each indicator, in unit.
    totals : over all days of the run, of all places, each kind of place and each place: nights, arrivals, and the
    indicators of which days can be added up (a unit by the day, or `per` arrival).
    indicators : the table used. notes : what cannot be told, and why. central : whether it is one central run.
    """

    places: pd.DataFrame
    daily: pd.DataFrame
    totals: pd.DataFrame
    indicators: pd.DataFrame
    notes: tuple[str, ...]
    central: bool


@dataclass(frozen=True)
class _Ask:
    """What is asked of each place."""

    composition: Composition
    incoming: Incoming
    capacities: Capacities
    indicators: tuple[Indicator, ...]
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
    ask = _Ask(
        made, incoming(result), capacities(result), indicators_of(known), result.dates, _days(result, dates)
    )
    rows, parts, sums = [], [], []
    for place in places_named(result, places):
        row, part, own = _of_place(result, place, ask, wanted=bool(places))
        if row:
            rows.append(row)
            parts.append(part)
            sums.append((place, row["name"], row["kind"], own))
    names = [f"{what}_{band}" for what in ("first_arrival", "peak_date", "first_over") for band in QUANTILES]
    summary = pd.DataFrame(rows, columns=None if rows else ["place", "name", "kind"])
    kinds = {name: "datetime64[s]" for name in (*names, "fullest") if name in summary}
    return Needs(
        places=summary.astype(kinds),
        daily=pd.concat(parts, ignore_index=True)
        if parts
        else _daily_frame({}, np.zeros((len(QUANTILES), 0))),
        totals=totals_table(sums),
        indicators=known.reset_index(drop=True),
        notes=(
            *made.notes,
            *_left_out(table, made),
            *_never_at_night(summary, places),
            *_returned(result, summary),
        ),
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
    found = {int((day_in(result.dates, given) - result.dates[0]).days) for given in dates}
    return np.array(sorted(found), dtype=np.int64)


def places_named(result: Result, wanted: Sequence[str]) -> list[str]:
    """The ids of places that are meant by id or name, in the order of the run; all of them where none is named.

    result : of a run. wanted : ids or names, however capitalised. Raises UsageError for an unknown or ambiguous one.
    """
    known = [str(place) for place in result.data["place"].values]
    ids = _ids(result)
    chosen = set()
    for place in wanted:
        meant = [place] if place in known else ids.get(place.casefold(), [])
        if len(meant) != 1:
            hint = f"it may be {' or '.join(meant)}" if meant else nearest(place, known)
            raise UsageError(f"no place {place!r} in the run; {hint}")
        chosen.update(meant)
    return [place for place in known if place in chosen] if wanted else known


def _ids(result: Result) -> dict[str, list[str]]:
    """The places that go by a name or an id, whichever way it is capitalised."""
    found: dict[str, list[str]] = {}
    table = result.scenario.places
    for place, name in zip(table["place"], table["name"], strict=True):
        for word in sorted({str(place).casefold(), str(name).casefold()}):
            found.setdefault(word, []).append(str(place))
    return found


def _of_place(
    result: Result, place: str, ask: _Ask, *, wanted: bool
) -> tuple[dict[str, Any], pd.DataFrame, Sums]:
    """The row of a place, its days and its totals; an empty row where nobody ever is and nobody asked."""
    present = ask.composition.count(result.data["people"].sel(place=place, drop=True))
    coming = ask.incoming.at(place, ask.composition)
    people, arriving = present[..., 0], coming[..., 0]
    if not wanted and not people.any() and not arriving.any():
        return {}, pd.DataFrame(), {}
    crowd = people.mean(axis=0) if people.any() else arriving.mean(axis=0)
    fullest = int(crowd.argmax())
    row = _summary(result, place, people, arriving, ask) | {"fullest": ask.dates[fullest]}
    days = np.array([fullest]) if ask.days is None else ask.days
    if len(days) == len(ask.dates) and not wanted:
        days = days[_anybody(people, arriving)]
    counts = _counts(present, coming, ask)
    return row, _daily(place, row["name"], present, coming, days, ask), sums_of(ask.indicators, counts)


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
        "name": str(own["name"]),
        "kind": str(own["kind"]),
        "arrives": float(come.any(axis=1).mean()),
        **_date_bands("first_arrival", come.argmax(axis=1)[come.any(axis=1)].astype(np.float64), ask.dates),
        **_date_bands("peak_date", people.argmax(axis=1)[held].astype(np.float64), ask.dates),
        **{f"peak_people_{b}": float(v) for b, v in zip(QUANTILES, bands(people.max(axis=1)), strict=True)},
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
    return pd.DataFrame(texts | dict(zip(QUANTILES, bands, strict=True)))


def _quantities(
    present: Floats, coming: Floats, days: NDArray[np.int64], ask: _Ask
) -> Iterator[tuple[str, str, str, Floats]]:
    """Each quantity as (name, who, unit, [band, day])."""
    who = ask.composition.who
    there, came = present[:, days], coming[:, days, 0]
    of_who, of_arrivals = bands(there), bands(came)
    for i, one in enumerate(who):
        yield "present", one, _UNITS.get(one, "people"), of_who[..., i]
    yield "arrivals", "person", "people", of_arrivals
    for window in WINDOWS:
        ahead = bands(next_days(coming, window)[:, days])
        for i, one in enumerate(who):
            yield f"arrivals_{window}_days", one, _UNITS.get(one, "people"), ahead[..., i]
    counts = {one: there[..., i] for i, one in enumerate(who)} | {"arrival": came}
    bands_of = {one: of_who[..., i] for i, one in enumerate(who)} | {"arrival": of_arrivals}
    for indicator in ask.indicators:
        found = indicator.daily_bands(counts, bands_of)
        yield indicator.name, "+".join(indicator.per), indicator.unit, found


def _counts(present: Floats, coming: Floats, ask: _Ask) -> dict[str, Floats]:
    """How many of each kind of person are there and how many arrive, [replicate, date]."""
    who = ask.composition.who
    return {one: present[..., i] for i, one in enumerate(who)} | {"arrival": coming[..., 0]}


def _date_bands(name: str, days: Floats, dates: pd.DatetimeIndex) -> dict[str, Any]:
    """Quantiles of days as dates of the run; NaT where no replicate has one."""
    if not len(days):
        return {f"{name}_{band}": pd.NaT for band in QUANTILES}
    found = np.quantile(days, list(QUANTILES.values()), method="inverted_cdf").astype(int)
    return {f"{name}_{band}": dates[day] for band, day in zip(QUANTILES, found, strict=True)}


def _left_out(table: pd.DataFrame, made: Composition) -> Iterator[str]:
    for row in table[~table["per"].isin([*made.who, "arrival"])].to_dict("records"):
        yield f"Left out: {row['indicator']} per {row['per']}, who cannot be counted here."


def _never_at_night(summary: pd.DataFrame, asked: Sequence[str]) -> Iterator[str]:
    """Of the places asked for, those that people only pass: the model needs no beds there, however many come."""
    if summary.empty:
        return
    rows = summary[
        summary["place"].isin(asked) & (summary["peak_people_high90"] == 0) & (summary["arrives"] > 0)
    ]
    if len(rows):
        yield (
            f"Nobody spends a night at {_some(rows['name'])}: people pass through the same day in this scenario (its "
            "stay_mean_days in places.csv). See the arrivals."
        )


def _returned(result: Result, summary: pd.DataFrame) -> Iterator[str]:
    """Where the returned are brought, they are counted until they set off again."""
    measures = result.scenario.measures
    targets = set(measures.loc[measures["kind"] == "return", "target"])
    rows = summary[summary["place"].isin(targets)] if len(summary) else summary
    if len(rows):
        yield (
            f"The returned are counted at night at {_some(rows['name'])} until they set off again: whoever would go "
            "home from there needs no bed. Plan their reception by the arrivals."
        )


def _some(names: pd.Series) -> str:
    found = [str(name) for name in names]
    more = f" and {len(found) - 5} more places" if len(found) > 5 else ""
    return ", ".join(found[:5]) + more

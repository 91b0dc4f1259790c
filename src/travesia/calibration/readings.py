"""The figures that were reported, and what a run has in their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.errors import UsageError, nearest
from travesia.figures import observations
from travesia.model import Model
from travesia.movement.starts import begin_as_observed
from travesia.result import directed_legs_named
from travesia.scenario import FINAL_OUTCOMES, Quantity, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PRESENT = "present"
NINETY = 2 * 1.6448536269514722  # width of a 90 % interval in standard deviations


@dataclass(frozen=True)
class Series:
    """Something that is counted: a quantity of the outputs, or `present` at a place. stock : of people, not a flow."""

    quantity: str
    place: str
    stock: bool

    @property
    def label(self) -> str:
        """The place, or else the quantity."""
        return self.place or self.quantity


@dataclass(frozen=True, eq=False)
class Records:
    """Figures of several series, series by series and each in the order of its days; arrays [record].

    row : of `series`. first, last : days of the run. value : reported; of cumulative figures, what was added since the
    one before. low, high : ends of a range that was reported (NaN: none). given : a run begins with it, so that the run
    cannot miss it; what follows is judged given it.
    """

    series: tuple[Series, ...]
    row: Ints
    first: Ints
    last: Ints
    value: Floats
    low: Floats
    high: Floats
    given: NDArray[np.bool_]

    @property
    def starts(self) -> Ints:
        """First record of each series, and one past the last."""
        return np.searchsorted(self.row, np.arange(len(self.series) + 1)).astype(np.int64)

    def after(self, day: int) -> NDArray[np.bool_]:
        """Those of days later than one."""
        return np.asarray(self.last > day)

    def table(self, scenario: Scenario) -> pd.DataFrame:
        """One row per record: quantity, place, date_from, date, reported."""
        start = pd.Timestamp(scenario.settings.start)
        return pd.DataFrame(
            {
                "quantity": [self.series[k].quantity for k in self.row],
                "place": [self.series[k].place for k in self.row],
                "date_from": [start + pd.Timedelta(days=int(d)) for d in self.first],
                "date": [start + pd.Timedelta(days=int(d)) for d in self.last],
                "reported": self.value,
            }
        )


def read_records(scenario: Scenario, *, quantities: Sequence[str] = ()) -> Records:
    """The figures of a scenario that a run can answer.

    scenario : cut at the origin. quantities : to keep; empty for all. Of several figures of one series and day the
    last row holds; a range without a figure counts as its middle; figures of days before the run, or of an area that
    is no place of it, are left out. Cumulative figures become what was added since the one before, so that successive
    ones do not count the same people twice. Where runs begin with the people observed on day 0, the first figure is
    given: it is that of day 0, or was taken to be. Raises UsageError where none is left, or a quantity is unknown.
    """
    table = observations(scenario)
    known = sorted({str(name) for name in table["quantity"]})
    for name in quantities:
        if name not in known:
            raise UsageError(f"--quantity {name}: no figure of it was reported; {nearest(name, known)}")
    own = scenario.settings.outputs.quantities
    places = set(scenario.places["place"])
    start = pd.Timestamp(scenario.settings.start)
    table = table.assign(
        first=(table["date_from"] - start).dt.days,
        last=(table["end"] - start).dt.days,
        value=table["reported"].fillna((table["low"] + table["high"]) / 2),
    )
    wanted = table["quantity"].isin(quantities or known) & table["value"].notna()
    wanted &= (table["quantity"].isin(list(own)) & (table["quantity"] != PRESENT)) | table["place"].isin(
        places
    )
    wanted &= (table["last"] >= 0) & (table["last"] < scenario.settings.days)
    table = table[wanted]
    parts, series = [], list[Series]()
    for (quantity, place), rows in table.groupby(["quantity", "place"], sort=True):
        spec = own.get(str(quantity))
        one = Series(str(quantity), str(place) if quantity == PRESENT else "", _is_stock(spec))
        part = _of_series(one, spec, rows)
        if len(part):
            parts.append(part.assign(row=len(series)))
            series.append(one)
    if not parts:
        raise UsageError(
            f"scenario {scenario.name!r} has no figure up to that day that a run could be compared with; "
            "choose a later day, or add rows to observations.csv"
        )
    whole = pd.concat(parts, ignore_index=True)
    begun = set(begin_as_observed(scenario))
    begins = np.array([one.quantity == PRESENT and one.place in begun for one in series], dtype=bool)
    row = whole["row"].to_numpy(np.int64)
    return Records(
        tuple(series),
        row,
        whole["first"].to_numpy(np.int64),
        whole["last"].to_numpy(np.int64),
        value=whole["value"].to_numpy(float),
        low=whole["low"].to_numpy(float),
        high=whole["high"].to_numpy(float),
        given=(np.diff(row, prepend=-1) > 0) & begins[row],
    )


def _is_stock(spec: Quantity | None) -> bool:
    return spec is None or bool(spec.present or spec.infectious)


def _of_series(one: Series, spec: Quantity | None, rows: pd.DataFrame) -> pd.DataFrame:
    """The records of one series: first, last, value, low, high."""
    rows = rows.drop_duplicates("last", keep="last").sort_values("last")
    if one.stock:
        return rows.loc[rows["first"] >= 0, ["first", "last", "value", "low", "high"]]
    kind = rows["kind"].where(rows["kind"] != "stock", "cumulative" if spec and spec.cumulative else "flow")
    flows = rows[(kind == "flow") & (rows["first"] >= 0)]
    sums = rows[kind == "cumulative"]
    added = pd.DataFrame(
        {
            "first": sums["last"].shift(1, fill_value=-1) + 1,
            "last": sums["last"],
            "value": sums["value"].diff().fillna(sums["value"]),
            "low": sums["low"] - sums["value"].shift(1, fill_value=0.0),
            "high": sums["high"] - sums["value"].shift(1, fill_value=0.0),
        }
    )
    both = pd.concat([flows[["first", "last", "value", "low", "high"]], added])
    return both.drop_duplicates("last", keep="last").sort_values("last")


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads what a run has in the place of figures. terms : of each series, variable of a run and which columns."""

    records: Records
    terms: tuple[tuple[tuple[str, Ints], ...], ...]

    def daily(self, arrays: Mapping[str, Floats]) -> Floats:
        """Each series day by day, [day, series]: people there, or those of the day. arrays : [day, column, class]."""
        days = len(arrays["people"])
        found = np.zeros((days, len(self.terms)))
        for k, terms in enumerate(self.terms):
            for variable, columns in terms:
                found[:, k] += arrays[variable][:, columns].sum(axis=(1, 2))
        return found

    def answers(self, daily: Floats) -> Floats:
        """What answers each record: [record], of `daily` [day, series]."""
        records = self.records
        whole = np.concatenate([np.zeros((1, daily.shape[1])), np.cumsum(daily, axis=0)])
        total = whole[records.last + 1, records.row] - whole[records.first, records.row]
        stock = np.array([one.stock for one in records.series], dtype=bool)[records.row]
        return np.asarray(total / np.where(stock, records.last - records.first + 1, 1), dtype=float)


def reader_of(model: Model, records: Records, variables: Sequence[str]) -> Reader:
    """What reads the records from runs of a model. variables : that its runs have."""
    own = model.scenario.settings.outputs.quantities
    labels: dict[str, list[str]] = {
        "people": model.scenario.places["place"].tolist(),
        "crossed": model.legs["leg"].tolist(),
        "events": list(model.measures.names),
        "outcomes": list(FINAL_OUTCOMES),
    }
    labels |= {name: labels["people"] for name in ("infectious", "ill", "died_ill")}
    found = []
    for one in records.series:
        named = _terms(model, one, own.get(one.quantity))
        columns = [
            (
                variable,
                np.array([labels[variable].index(x) for x in names if x in labels[variable]], np.int64),
            )
            for variable, names in named
        ]
        found.append(tuple((v, c) for v, c in columns if c.size and v in variables))
    return Reader(records, tuple(found))


def _terms(model: Model, one: Series, spec: Quantity | None) -> list[tuple[str, list[str]]]:
    if spec is None:
        return [("people", [one.place])]
    known = model.legs["leg"].tolist()
    legs = [leg for wanted in spec.crossed for leg in directed_legs_named(model.scenario.legs, known, wanted)]
    named: dict[str, Any] = {
        "people": spec.present,
        "infectious": spec.infectious,
        "crossed": legs,
        "events": spec.events,
        "outcomes": spec.outcomes,
        "ill": spec.ill,
        "died_ill": spec.died_ill,
    }
    return [(variable, list(names)) for variable, names in named.items() if names]

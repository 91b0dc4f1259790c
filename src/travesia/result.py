"""The one result type: labelled arrays of a run, and the tables people ask of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from functools import cached_property, reduce
from html import escape
from importlib import import_module
from operator import add
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from travesia.errors import UsageError, nearest
from travesia.figures import (
    Q90,
    Watched,
    answers,
    observations,
    observed_places,
    observed_table,
    quantile_columns,
)
from travesia.scenario import FINAL_OUTCOMES, Quantity, Scenario

Counts = NDArray[Any]
ACCOUNTS = ("departed", "at_places", "in_transit")  # of everyone, beside the final outcomes
_OWN_DIMS = frozenset({"replicate", "date", "place", "leg", "measure", "outcome", "parameter"})


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a run found: every count for every replicate and day.

    data : people [replicate, date, place, *by], in_transit [replicate, date, *by], crossed [replicate, date,
    leg, *by], events and refused [replicate, date, measure, *by], departed [replicate, date, *by], outcomes
    [replicate, date, outcome, *by], parameters [replicate, parameter]; `by` are the group attributes of the
    outputs; with health ill (newly infected), infectious and died_ill [replicate, date, place, and travel if it
    is in `by`]. Counts are people, int64 in stochastic and float64 in expected mode. scenario : what was run.
    seed : of the random streams. policy : the name of the policy. seconds : time spent, by stage.
    """

    data: xr.Dataset
    scenario: Scenario
    seed: int
    mode: Literal["stochastic", "expected"]
    policy: str
    seconds: Mapping[str, float]

    @property
    def replicates(self) -> int:
        """How many replicates there are."""
        return int(self.data.sizes["replicate"])

    @property
    def plot(self) -> Any:
        """Its pictures: `plot.map(date)`, `plot.people(*places)`, `plot.quantities(*names)`, `plot.needs(place)`.

        Each is a `pictures.Picture`, which a notebook shows.
        """
        return import_module("travesia.pictures").Pictures(self)  # by name: pictures are made of results

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days of the run."""
        return pd.DatetimeIndex(self.data["date"].values)

    def total(self, variable: str) -> xr.DataArray:
        """A variable of `data` summed over the group attributes.

        variable : people, in_transit, crossed, events, refused, departed or outcomes. Raises UsageError if
        there is no such variable.
        """
        array = self._variable(variable)
        groups = [dim for dim in array.dims if dim not in _OWN_DIMS]
        return array.sum(groups) if groups else array

    def quantity(self, name: str) -> xr.DataArray:
        """A quantity that the outputs of the scenario name, as [replicate, date].

        name : a key of `outputs.quantities`. People present and the infectious are a stock; crossings, events,
        outcomes, infections and deaths of illness are those of the day, or up to the day where the quantity is
        cumulative. Raises UsageError for an unknown name.
        """
        coords = {dim: self.data[dim] for dim in ("replicate", "date")}
        return xr.DataArray(self.counts(name), coords, ("replicate", "date"), name=name)

    def counts(self, name: str) -> Counts:
        """The numbers of `quantity` alone, people as [replicate, date].

        name : a key of `outputs.quantities`. Raises UsageError for an unknown name.
        """
        spec = self._spec(name)
        stock, flow = self._terms(name, spec)
        found: Counts = stock + (flow.cumsum(axis=1) if spec.cumulative else flow)
        return found

    def quantiles(self, name: str, q: Sequence[float] = Q90) -> pd.DataFrame:
        """Quantiles of a quantity over the replicates: columns date, q05, q50, q95 (as asked).

        name : a key of `outputs.quantities`. q : probabilities. Raises UsageError for an unknown name.
        """
        return pd.concat(
            [pd.DataFrame({"date": self.dates}), quantile_columns(self.quantity(name).values, q)], axis=1
        )

    def frame(self, variable: str) -> pd.DataFrame:
        """A variable of `data` as a tidy table, one row per number.

        variable : a name in `data`. Raises UsageError if there is none of that name.
        """
        return self._variable(variable).to_dataframe(name=variable).reset_index()

    def accounts(self) -> xr.Dataset:
        """Where everyone is, day by day: departed, at_places, in_transit, outcomes and missing.

        departed and outcomes are up to the day. `missing` = departed − at_places − in_transit − outcomes;
        it is 0 for every replicate and day.
        """
        departed = self.total("departed").cumsum("date")
        at_places = self.total("people").sum("place")
        in_transit = self.total("in_transit")
        outcomes = self.total("outcomes").cumsum("date")
        return xr.Dataset(
            {
                "departed": departed,
                "at_places": at_places,
                "in_transit": in_transit,
                "outcomes": outcomes,
                "missing": departed - at_places - in_transit - outcomes.sum("outcome"),
            }
        )

    def people_json(self, replicate: int = 0) -> dict[str, Any]:
        """The accounts at the end of one replicate and its events, ready for JSON.

        replicate : its number, from 0. Returns people {departed, at_places, in_transit, outcomes {name:
        number}} and events {measure: number}. Raises UsageError if there is no such replicate.
        """
        if not 0 <= replicate < self.replicates:
            raise UsageError(f"replicate {replicate} does not exist; they are 0 to {self.replicates - 1}")
        last = self.accounts().isel(replicate=replicate, date=-1)
        people: dict[str, Any] = {k: last[k].item() for k in ACCOUNTS}
        people["outcomes"] = _by_label(last["outcomes"], "outcome")
        events = self.total("events").isel(replicate=replicate).sum("date")
        return {"people": people, "events": _by_label(events, "measure")}

    def series(self) -> Iterator[tuple[str, str, xr.DataArray]]:
        """Every series that is watched or observed, as (quantity, place, [replicate, date]).

        First the quantities of the outputs (place is blank), then `present` at each place with observations.
        """
        for name in self.scenario.settings.outputs.quantities:
            yield name, "", self.quantity(name)
        people = self.total("people")
        for place in self.observed_places():
            yield "present", place, people.sel(place=place, drop=True)

    def kind(self, quantity: str) -> str:
        """How a quantity counts: stock (people present), flow (of the day) or cumulative (up to the day).

        quantity : a key of `outputs.quantities`, or `present`. Raises UsageError for an unknown name.
        """
        if quantity == "present":
            return "stock"
        return self._spec(quantity).kind

    def observed_places(self) -> list[str]:
        """The places for which people present were observed, in the order of the result."""
        return observed_places(self.scenario, self._figures)

    def observed_table(self) -> pd.DataFrame:
        """Simulated quantities beside what was reported; see `figures.observed_table`."""
        watched, values = self.watched_values()
        found = self.answers(watched, values)
        bands = (np.quantile(array, Q90, axis=0) for array in (values, found))
        return observed_table(self.scenario, self.dates, watched, *bands)

    def answers(self, watched: Sequence[Watched], values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """What each replicate has where a figure was reported, as [replicate, figure]; see `figures.answers`.

        watched, values : as `watched_values` gives them.
        """
        return answers(self.scenario, self.dates, watched, values, self._figures)

    def watched_values(self) -> tuple[list[Watched], np.ndarray[Any, Any]]:
        """Every series that is watched or observed, and its values, people as [replicate, date, series]."""
        named = list(self.series())
        watched = [Watched(quantity, place, self.kind(quantity)) for quantity, place, _ in named]
        empty = np.zeros((self.replicates, len(self.dates), 0), dtype=np.int64)
        return watched, np.stack([series.values for *_, series in named], axis=2) if named else empty

    @cached_property
    def _figures(self) -> pd.DataFrame:
        return observations(self.scenario)

    def _variable(self, variable: str) -> xr.DataArray:
        if variable not in self.data:
            known = [str(v) for v in self.data.data_vars]
            raise UsageError(f"the result has no {variable!r}; {nearest(variable, known)}")
        return self.data[variable]

    def _spec(self, name: str) -> Quantity:
        known = self.scenario.settings.outputs.quantities
        if name not in known:
            raise UsageError(f"no quantity is called {name!r}; {nearest(name, list(known))}")
        return known[name]

    def _terms(self, name: str, spec: Quantity) -> tuple[Counts, Counts]:
        """The stock and the daily flow that make up a quantity, each [replicate, date]."""
        numbers = self._numbers
        legs = [
            leg for x in spec.crossed for leg in directed_legs_named(self.scenario.legs, numbers["leg"], x)
        ]
        stock = [
            self._sum(name, "people", "place", spec.present, {}),
            self._sum(name, "infectious", "place", spec.infectious, {}),
        ]
        flow = [
            self._sum(name, "crossed", "leg", legs, {}),
            self._sum(name, "events", "measure", spec.events, self._measures),
            self._sum(name, "outcomes", "outcome", spec.outcomes, FINAL_OUTCOMES),
            self._sum(name, "ill", "place", spec.ill, {}),
            self._sum(name, "died_ill", "place", spec.died_ill, {}),
        ]
        departed = self.data["departed"]
        nothing = np.zeros((self.replicates, len(departed["date"])), dtype=departed.dtype)
        stocks, flows = ([part for part in parts if part is not None] for parts in (stock, flow))
        return reduce(add, stocks, nothing), reduce(add, flows, nothing)

    @cached_property
    def _numbers(self) -> dict[str, dict[str, int]]:
        """The number of each label along each dimension of places, legs, measures and outcomes."""
        dims = ("place", "leg", "measure", "outcome")
        return {dim: {str(v): i for i, v in enumerate(self.data[dim].values.tolist())} for dim in dims}

    @cached_property
    def _measures(self) -> frozenset[str]:
        return frozenset(str(m) for m in self.scenario.measures["measure"].tolist())

    def _sum(
        self, name: str, variable: str, dim: str, labels: Sequence[str], silent: Collection[str]
    ) -> Counts | None:
        """The sum over some labels, if any; `silent` ones exist but did not occur in this run, and count 0."""
        if not labels:
            return None
        present = self._numbers[dim]
        for label in labels:
            if label not in present and label not in silent:
                raise UsageError(
                    f"quantity {name!r} names the {dim} {label!r}, which the result does not have; "
                    f"{nearest(label, list(present))}"
                )
        array = self.total(variable).transpose("replicate", "date", dim)
        found: Counts = array.values[:, :, [present[label] for label in labels if label in present]].sum(
            axis=2
        )
        return found

    def _summary(self) -> list[tuple[str, str]]:
        last = self.accounts().isel(date=-1).median("replicate")
        missing = float(np.abs(self.accounts()["missing"].values).max())
        outcomes = ", ".join(
            f"{k} {_plain(v)}" for k, v in _by_label(last["outcomes"], "outcome").items() if v
        )
        return [
            ("scenario", f"{self.scenario.name}, policy {self.policy}"),
            (
                "run",
                f"{self.mode}, {self.replicates} replicate{'s' * (self.replicates != 1)}, seed {self.seed}",
            ),
            ("days", f"{self.dates[0]:%Y-%m-%d} to {self.dates[-1]:%Y-%m-%d} ({len(self.dates)})"),
            ("departed", f"{_plain(last['departed'].item())} people (median)"),
            (
                "at places",
                f"{_plain(last['at_places'].item())}; in transit {_plain(last['in_transit'].item())}",
            ),
            ("outcomes", outcomes or "none"),
            (
                "missing",
                "0 in every replicate, every day" if missing < 1e-6 else f"up to {missing:g}: a defect",
            ),
        ]

    def __repr__(self) -> str:
        return "Result\n" + "\n".join(f"  {key:<10} {value}" for key, value in self._summary())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(key)}</th><td>{escape(value)}</td></tr>"
            for key, value in self._summary()
        )
        return f"<table><caption>Result</caption>{rows}</table>{self.plot.map().image()}"


def day_in(dates: pd.DatetimeIndex, given: Date | str) -> pd.Timestamp:
    """A day of a run.

    dates : of the run. given : a date, or its text. Raises UsageError for what is no date, and for a day before or
    after.
    """
    try:
        day = pd.Timestamp(given)
    except ValueError:
        raise UsageError(f"{str(given)!r} is no date; write it as year-month-day, like 2021-01-14") from None
    if day not in dates:
        raise UsageError(
            f"{given} is no day of the run; it goes from {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}"
        )
    return day


def directed_legs_named(legs: pd.DataFrame, known: Collection[str], wanted: str) -> list[str]:
    """The directed legs that a name stands for: itself, or both directions of a leg of the table.

    legs : of the scenario. known : names of the directed legs of a run.
    """
    if wanted in known:
        return [wanted]
    row = legs[legs["leg"] == wanted]
    if row.empty:
        return [wanted]
    one, other = str(row["from"].iloc[0]), str(row["to"].iloc[0])
    same = _pairs(legs) == frozenset((one, other))
    rank = list(legs.loc[same, "leg"]).index(wanted)
    mark = f"#{rank + 1}" if rank else ""
    return [leg for leg in (f"{one}>{other}{mark}", f"{other}>{one}{mark}") if leg in known] or [wanted]


def _pairs(legs: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(
        [frozenset(p) for p in zip(legs["from"], legs["to"], strict=True)], legs.index, dtype=object
    )


def _by_label(array: xr.DataArray, dim: str) -> dict[str, Any]:
    return {str(k): v for k, v in zip(array[dim].values, array.values.tolist(), strict=True)}


def _plain(number: float) -> str:
    return f"{number:,.0f}"

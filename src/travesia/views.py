"""What is shown of a run, for each of its replicates: the arrays whose quantiles make tables and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from travesia.result import ACCOUNTS, Result
from travesia.scenario import HEALTH_RECORDS
from travesia.score import scores_by_replicate

COUNTS = {
    "people": "place",
    "crossed": "leg",
    "events": "measure",
    "refused": "measure",
    "outcomes": "outcome",
}
BY_GROUP = (*COUNTS, "in_transit", "departed", *HEALTH_RECORDS)
GROUPED = "_by_group"


def views(result: Result, names: Sequence[str] | None = None) -> dict[str, xr.DataArray]:
    """Arrays [replicate, …] by name; all of VIEWS, and the counts by group where there are groups, if names is None.

    result : of some replicates of a run, or all.
    """
    every = [name for name in VIEWS if name not in HEALTH_RECORDS or name in result.data] + grouped(result)
    wanted = every if names is None else names
    totals = without_groups(result)
    series = _series(totals) if {"watched", "answers"} & {*wanted} else {}
    return {name: series[name] if name in series else _view(result, totals, name) for name in wanted}


def grouped(result: Result) -> list[str]:
    """The names of the counts by group: none where the outputs tell no groups apart."""
    levels = result.data["departed"].shape[2:]
    there = [name for name in BY_GROUP if name in result.data and _has_groups(result, name)]
    return [f"{name}{GROUPED}" for name in there] if np.prod(levels, initial=1) > 1 else []


def _has_groups(result: Result, name: str) -> bool:
    """Whether an array tells groups apart: health is told by travel alone, and not where the outputs leave it out."""
    return name not in HEALTH_RECORDS or result.data[name].ndim > 3


def without_groups(result: Result) -> Result:
    """The same result, each array summed over the group attributes once and for all."""
    names = [str(name) for name in result.data.data_vars]
    return replace(result, data=result.data.assign({name: result.total(name) for name in names}))


def _view(result: Result, totals: Result, name: str) -> xr.DataArray:
    if name.endswith(GROUPED):
        return result.data[name.removesuffix(GROUPED)]
    return VIEWS[name](totals).transpose("replicate", ...)


def _counts(variable: str, dim: str) -> Callable[[Result], xr.DataArray]:
    return lambda result: result.total(variable).transpose("replicate", "date", dim)


def _accounts(result: Result) -> xr.DataArray:
    """Where everyone is, up to each day: [replicate, date, account]; outcomes by name, and `missing`."""
    found = result.accounts()
    outcomes = found["outcomes"].rename(outcome="account")
    parts = [found[name].expand_dims(account=[name]) for name in ACCOUNTS]
    missing = found["missing"].expand_dims(account=["missing"])
    every = xr.concat([*parts, outcomes, missing], "account", coords="minimal", compat="override")
    return every.transpose("replicate", "date", "account")


def _series(result: Result) -> dict[str, xr.DataArray]:
    """The series that are watched or observed, [replicate, date, series]; what answers figures, [replicate, figure]."""
    watched, values = result.watched_values()
    coords = {
        "date": result.data["date"],
        "watched_quantity": ("series", np.array([w.quantity for w in watched], dtype=str)),
        "watched_place": ("series", np.array([w.place for w in watched], dtype=str)),
        "watched_kind": ("series", np.array([w.kind for w in watched], dtype=str)),
    }
    answered = result.answers(watched, values)
    return {
        "watched": xr.DataArray(values, dims=("replicate", "date", "series"), coords=coords),
        "answers": xr.DataArray(answered, dims=("replicate", "figure")),
    }


def _together(result: Result) -> xr.DataArray:
    """People at all places with observations: [replicate, date]."""
    return result.total("people").sel(place=result.observed_places()).sum("place")


def _most(result: Result) -> xr.DataArray:
    """The most people at each place in one night: [replicate, place]."""
    return result.total("people").max("date")


def _passed(result: Result) -> xr.DataArray:
    """How often each pair of neighbours was passed, either way, up to the last day: [replicate, pair]."""
    ends = zip(result.data["from"].values.tolist(), result.data["to"].values.tolist(), strict=True)
    pairs = [(one, other) if one <= other else (other, one) for one, other in ends]
    names = sorted(set(pairs))
    crossed = result.total("crossed").sum("date").transpose("replicate", "leg").values
    number = {pair: k for k, pair in enumerate(names)}
    passed = np.zeros((len(crossed), len(names)), dtype=crossed.dtype)
    for column, pair in enumerate(pairs):
        passed[:, number[pair]] += crossed[:, column]
    coords = {
        "one": ("pair", np.array([one for one, _ in names], dtype=str)),
        "other": ("pair", np.array([other for _, other in names], dtype=str)),
    }
    return xr.DataArray(passed, dims=("replicate", "pair"), coords=coords)


def _scores(result: Result) -> xr.DataArray:
    """The scores of each replicate: [replicate, score]; none where nothing was observed."""
    found = scores_by_replicate(result)
    values = np.stack(list(found.values()), axis=1) if found else np.zeros((result.replicates, 0))
    return xr.DataArray(
        values, dims=("replicate", "score"), coords={"score": np.array(list(found), dtype=str)}
    )


def _parameters(result: Result) -> xr.DataArray:
    return result.data["parameters"]


VIEWS: dict[str, Callable[[Result], xr.DataArray]] = {
    **{name: _counts(name, dim) for name, dim in COUNTS.items()},
    **{name: _counts(name, "place") for name in HEALTH_RECORDS},
    "accounts": _accounts,
    "watched": lambda result: _series(result)["watched"],
    "answers": lambda result: _series(result)["answers"],
    "together": _together,
    "most": _most,
    "passed": _passed,
    "scores": _scores,
    "parameters": _parameters,
}

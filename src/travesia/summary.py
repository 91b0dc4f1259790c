"""Quantiles and means over the replicates of a run: all that its tables, pictures and the terminal show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from travesia.errors import UsageError, nearest
from travesia.figures import Q90, Watched, observed_table, quantile_names
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.views import views

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
STATISTICS = (*quantile_names(QUANTILES), "mean")
MOST_CELLS = 4_000_000  # of one block, all replicates together
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Summary:
    """What a run found, over its replicates.

    data : the `views` of the run with the dimension `statistic` (STATISTICS) in place of `replicate`. scenario :
    what was run. seed, mode, policy, replicates : of the run. seconds : time spent, by stage.
    """

    data: xr.Dataset
    scenario: Scenario
    seed: int
    mode: Literal["stochastic", "expected"]
    policy: str
    replicates: int
    seconds: Mapping[str, float]

    @property
    def dates(self) -> pd.DatetimeIndex:
        """The days of the run."""
        return pd.DatetimeIndex(self.data["date"].values)

    def statistic(self, view: str, name: str = "q50") -> xr.DataArray:
        """One statistic of a view: [date, place], or as it is shaped.

        view : a name in `data`. name : of STATISTICS. Raises UsageError for an unknown view.
        """
        return self._view(view).sel(statistic=name, drop=True)

    def bands(self, view: str, q: Sequence[float] = Q90) -> NDArray[Any]:
        """Quantiles of a view: [q, …]. q : some of QUANTILES."""
        return np.asarray(self._view(view).sel(statistic=quantile_names(q)).values)

    def watched(self) -> list[Watched]:
        """The series that are watched or observed."""
        names = (self.data[f"watched_{part}"].values.tolist() for part in ("quantity", "place", "kind"))
        return [Watched(*parts) for parts in zip(*names, strict=True)]

    def scores(self) -> dict[str, float]:
        """The means of the scores; none where nothing was observed."""
        means = self.statistic("scores", "mean")
        return {
            str(name): float(value) for name, value in zip(means["score"].values, means.values, strict=True)
        }

    def observed_table(self) -> pd.DataFrame:
        """Simulated quantities beside what was reported; see `figures.observed_table`."""
        bands, answered = self.bands("watched"), self.bands("answers")
        return observed_table(self.scenario, self.dates, self.watched(), bands, answered)

    def missing(self) -> float:
        """How many people are missing at most, on any day of any replicate: 0."""
        return float(np.abs(self.data["missing_range"].values).max())

    def _view(self, view: str) -> xr.DataArray:
        if view not in self.data:
            raise UsageError(
                f"the summary has no {view!r}; {nearest(view, [str(v) for v in self.data.data_vars])}"
            )
        return self.data[view]


def summarise(found: Result | Summary, names: Sequence[str] | None = None) -> Summary:
    """The summary of a result; a summary is handed back.

    found : of a run. names : of the views that are wanted; all if None.
    """
    if isinstance(found, Summary):
        return found
    shown = views(found, names)
    blocks = {name: statistics(array.values) for name, array in shown.items()}
    worst = missing_range(shown["accounts"].values) if "accounts" in shown else np.zeros(2)
    data = labelled(shown, blocks, worst)
    told = (found.scenario, found.seed, found.mode, found.policy, found.replicates, found.seconds)
    return Summary(data, *told)


def labelled(
    shown: Mapping[str, xr.DataArray], blocks: Mapping[str, Floats], worst: NDArray[Any]
) -> xr.Dataset:
    """The data of a summary.

    shown : views of some replicates. blocks : statistics of each. worst : see `missing_range`.
    """
    arrays = {
        name: xr.DataArray(
            blocks[name],
            dims=("statistic", *array.dims[1:]),
            coords=dict(array.drop_vars("replicate", errors="ignore").coords),
        )
        for name, array in shown.items()
    }
    coords = {"statistic": np.array(STATISTICS)}
    return xr.Dataset({**arrays, "missing_range": ("end", worst)}, coords=coords)


def missing_range(accounts: NDArray[Any]) -> Floats:
    """The fewest and the most people missing. accounts : [replicate, date, account], `missing` the last."""
    missing = accounts[..., -1]
    return np.array([missing.min(initial=0), missing.max(initial=0)], dtype=np.float64)


def statistics(values: NDArray[Any]) -> Floats:
    """Statistics over the first axis: [STATISTICS, …], some cells at a time to bound the memory.

    values : [replicate, …]. Quantiles are linear between the values next to them in order (NumPy's default).
    """
    cells = values.reshape(len(values), -1)
    out = np.empty((len(STATISTICS), cells.shape[1]))
    step = max(1, MOST_CELLS // len(cells))
    for first in range(0, cells.shape[1], step):
        # each cell's values side by side: quick, and the mean is summed alike however many cells there are
        block = np.ascontiguousarray(cells[:, first : first + step].T)
        out[: len(QUANTILES), first : first + step] = np.quantile(block, QUANTILES, axis=1)
        out[len(QUANTILES), first : first + step] = _mean(block)
    return out.reshape(len(STATISTICS), *values.shape[1:])


def _mean(block: NDArray[Any]) -> Floats:
    if block.dtype.kind == "f":
        return np.asarray(block.mean(axis=1), dtype=np.float64)
    return np.asarray(block.sum(axis=1, dtype=np.int64) / block.shape[1], dtype=np.float64)

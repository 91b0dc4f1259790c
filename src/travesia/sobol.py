"""Sobol' designs and sensitivity indices, both by SALib, on the unit cube."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.errors import TravesiaError, UsageError

Floats = NDArray[np.float64]
CONFIDENCE = 0.9  # of the intervals
RESAMPLES = 1000  # of the bootstrap
COLUMNS = (
    "quantity",
    "factor",
    "first_order",
    "first_order_low90",
    "first_order_high90",
    "total",
    "total_low90",
    "total_high90",
)


def sobol_points(names: Sequence[str], count: int, *, seed: int) -> Floats:
    """Saltelli's extension of a scrambled Sobol' sequence: shares [count × (names + 2), name] from 0 to 1.

    names : of the factors, two or more. count : base sample, a power of two. Raises UsageError for another count,
    TravesiaError where SALib is not installed. Source: Saltelli (2002), doi:10.1016/S0010-4655(02)00280-1.
    """
    if count < 2 or count & (count - 1):
        near = 1 << max(1, count.bit_length() - 1)
        raise UsageError(f"--points {count}: a Sobol' design needs a power of two; take {near} or {2 * near}")
    sample, _ = _salib()
    found = sample.sample(_problem(names), count, calc_second_order=False, seed=seed % 2**32)
    return np.asarray(found, dtype=np.float64)


def sobol_indices(names: Sequence[str], values: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """First-order and total indices with bootstrapped intervals, one row per quantity and factor (COLUMNS).

    names : of the factors. values : [point of `sobol_points`, quantity]. A quantity that does not vary has no indices
    (NaN). Sources: Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018 (first order); Jansen (1999),
    doi:10.1016/S0010-4655(98)00154-4 (total), as SALib has them.
    """
    _, analysis = _salib()
    rows = []
    for quantity in values.columns:
        found = _indices(analysis, names, values[quantity].to_numpy(dtype=np.float64), seed % 2**32)
        rows += [
            (str(quantity), name, *(float(x) for x in numbers))
            for name, numbers in zip(names, found, strict=True)
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _indices(analysis: Any, names: Sequence[str], y: Floats, seed: int) -> Floats:
    """Index, low and high of first order and of total, [factor, 6]."""
    if np.ptp(y) == 0:
        return np.full((len(names), 6), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a resample in which nothing varies
        found = analysis.analyze(
            _problem(names),
            y,
            calc_second_order=False,
            num_resamples=RESAMPLES,
            conf_level=CONFIDENCE,
            seed=seed,
        )
    first, total = found["S1"], found["ST"]
    ends = (first, first - found["S1_conf"], first + found["S1_conf"])
    return np.round(np.column_stack([*ends, total, total - found["ST_conf"], total + found["ST_conf"]]), 6)


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def _salib() -> tuple[Any, Any]:
    try:
        from SALib.analyze import sobol as analysis
        from SALib.sample import sobol as sample
    except ImportError as error:
        raise TravesiaError(
            'SALib is not installed; install it with: pip install "travesia[sobol]"'
        ) from error
    return sample, analysis

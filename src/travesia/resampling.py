"""Weighted draws as equal ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def resample(weights: Floats, count: int, *, offset: float = 0.5) -> NDArray[np.int64]:
    """Rows by their weights, evenly: each as often as its weight says, to less than one (systematic resampling).

    weights : they sum to 1. offset : of the marks, from 0 to 1; one that is drawn makes every row as likely as its
    weight. Source: Kitagawa (1996).
    """
    marks = (np.arange(count) + offset) / count
    return np.minimum(np.searchsorted(np.cumsum(weights), marks), len(weights) - 1).astype(np.int64)


def effective(weights: Floats) -> float:
    """How many equal draws weighted ones are worth (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())

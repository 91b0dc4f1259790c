"""Weighted draws as equal ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEPS = 40  # of a bisection


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


def tempered(weights: Floats, least: float) -> Floats:
    """The weights to the highest power, 1 at most, that leaves so many equal draws; they sum to 1.

    Source: Koblents & Míguez (2015), section 4, for the idea.
    """
    low, high, found = 0.0, 1.0, np.asarray(weights / weights.sum())
    if effective(found) >= least:
        return found
    known = np.log(np.maximum(weights / weights.max(), 1e-300))
    for _ in range(STEPS):
        power = (low + high) / 2
        found = np.exp(power * known)
        low, high = (power, high) if effective(found) >= least else (low, power)
    found = np.exp(low * known)
    return np.asarray(found / found.sum())

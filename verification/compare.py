"""Whether two samples of replicates come from the same distribution, with a stated chance of a false alarm.

The bound holds exactly, for any distribution and any number of replicates. If both samples have the same
distribution, the difference d_i of replicate i of one and of the other is as likely as −d_i; given the
sizes |d_i| the signs are fair coins, and by Hoeffding (1963, Theorem 2)

    P(|Σ d_i| ≥ x √(Σ d_i²)) ≤ 2 exp(−x²/2).

The same holds for squares around the pooled mean (which the swap of a pair leaves as it is), hence for
spreads, and for any weighted sum of cells whose weights come from other replicates: many small differences
in one direction are found by learning the direction on the first half and testing it on the second.
Bonferroni joins the tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Cell:
    """One test: its name, the score x of the bound, its p-value (a bound), and both means."""

    name: str
    score: float
    p_value: float
    mean_a: float
    mean_b: float


@dataclass(frozen=True)
class Comparison:
    """The outcome of all tests; `false_alarm` bounds the chance that `agree` is False by luck alone."""

    agree: bool
    false_alarm: float
    threshold: float
    tests: int
    rms_z: float
    worst: tuple[Cell, ...]

    def __str__(self) -> str:
        head = f"{'agree' if self.agree else 'DIFFER'}: {self.tests} tests, "
        head += f"false alarm below {self.false_alarm:g}, score limit {self.threshold:.2f}, "
        head += f"rms z {self.rms_z:.3f} (about 1 where nothing differs)"
        rows = [
            f"  {c.name}: score {c.score:+.2f}, p ≤ {c.p_value:.1e}, means {c.mean_a:.4g} and {c.mean_b:.4g}"
            for c in self.worst
        ]
        return "\n".join([head, *rows])


def welch_z(mean_a: Array, sd_a: Array, n_a: int, mean_b: Array, sd_b: Array, n_b: int) -> Array:
    """The difference of means over its standard error, per cell; 0 where both are constant and equal.

    mean_*, sd_* : one value per cell; n_* : replicates. Source: Welch (1947).
    """
    error = np.sqrt(sd_a**2 / n_a + sd_b**2 / n_b)
    difference = mean_a - mean_b
    return np.where(difference == 0, 0.0, difference / np.where(error == 0, np.finfo(float).tiny, error))


def compare(
    a: Mapping[str, np.ndarray[Any, Any]],
    b: Mapping[str, np.ndarray[Any, Any]],
    *,
    false_alarm: float = 1e-6,
    labels: Mapping[str, Sequence[str]] | None = None,
    worst: int = 8,
) -> Comparison:
    """Test means and spreads of every cell, and the direction in which all cells differ together.

    a, b : arrays [replicate, …] of independent replicates under the same names and with the same shapes (the
    surplus of the longer sample is not used). false_alarm : bound on the chance that equal samples differ.
    labels : names along the last axis of an array. worst : how many cells to report. Raises ValueError where
    names or shapes differ, or below 4 replicates. Source of the bound: Hoeffding (1963, Theorem 2).
    """
    names, cells_a, cells_b = _cells(a, b, labels or {})
    n = min(len(cells_a), len(cells_b))
    pooled = (cells_a[:n] + cells_b[:n]).mean(axis=0) / 2
    tests = [
        _tests(names, cells_a[:n], cells_b[:n]),
        _tests(
            [f"spread of {name}" for name in names], (cells_a[:n] - pooled) ** 2, (cells_b[:n] - pooled) ** 2
        ),
        [_direction(cells_a[:n], cells_b[:n])],
    ]
    found = sorted((cell for part in tests for cell in part), key=lambda cell: -abs(cell.score))
    threshold = math.sqrt(2 * math.log(2 * len(found) / false_alarm))
    z = welch_z(
        *(cells_a.mean(0), cells_a.std(0, ddof=1), len(cells_a)),
        *(cells_b.mean(0), cells_b.std(0, ddof=1), len(cells_b)),
    )
    varies = (cells_a.std(0) > 0) & (cells_b.std(0) > 0)
    rms = float(np.sqrt(np.mean(z[varies] ** 2))) if varies.any() else 0.0
    agree = all(abs(cell.score) < threshold for cell in found)
    return Comparison(agree, false_alarm, threshold, len(found), rms, tuple(found[:worst]))


def _cells(
    a: Mapping[str, np.ndarray[Any, Any]],
    b: Mapping[str, np.ndarray[Any, Any]],
    labels: Mapping[str, Sequence[str]],
) -> tuple[list[str], Array, Array]:
    """All cells side by side, with their names, and both samples as [replicate, cell]."""
    if sorted(a) != sorted(b):
        raise ValueError(f"arrays {sorted(a)} on one side and {sorted(b)} on the other")
    names: list[str] = []
    for name in sorted(a):
        shape = a[name].shape[1:]
        if b[name].shape[1:] != shape or min(len(a[name]), len(b[name])) < 4:
            raise ValueError(f"{name}: shapes {a[name].shape} and {b[name].shape}")
        for index in np.ndindex(shape):
            ends = [*map(str, index[:-1]), labels[name][index[-1]]] if name in labels else map(str, index)
            names.append(f"{name}[{', '.join(ends)}]")

    def flat(sample: Mapping[str, np.ndarray[Any, Any]]) -> Array:
        parts = [np.asarray(sample[name], float).reshape(len(sample[name]), -1) for name in sorted(sample)]
        return np.concatenate(parts, axis=1)

    return names, flat(a), flat(b)


def _tests(names: Sequence[str], a: Array, b: Array) -> list[Cell]:
    """The score of each cell with the bound on its p-value."""
    scores = _scores(a - b)
    means = zip(a.mean(axis=0), b.mean(axis=0), strict=True)
    return [
        Cell(name, float(score), min(1.0, 2 * math.exp(-(score**2) / 2)), float(mean_a), float(mean_b))
        for name, score, (mean_a, mean_b) in zip(names, scores, means, strict=True)
    ]


def _scores(differences: Array) -> Array:
    """Σ d / √(Σ d²) per cell; 0 where all d are 0."""
    size = np.sqrt((differences**2).sum(axis=0))
    return np.where(size == 0, 0.0, differences.sum(axis=0) / np.where(size == 0, 1.0, size))


def _direction(a: Array, b: Array) -> Cell:
    """All cells together, weighted by what the first half of the replicates says of their differences."""
    half = len(a) // 2
    learned = a[:half] - b[:half]
    variance = np.concatenate([a[:half], b[:half]]).var(axis=0)
    weights = np.where(variance > 0, learned.mean(axis=0) / np.where(variance > 0, variance, 1.0), 0.0)
    return _tests(["all cells together"], (a[half:] @ weights)[:, None], (b[half:] @ weights)[:, None])[0]

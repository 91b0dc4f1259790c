"""A quick stand-in for runs: their answers as a smooth function of what is not known, with how far it is off."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EXPLAINED = 0.9995  # of the variance of the answers
MOST_COMPONENTS = 24
SMOOTHINGS = (0.0, 1e-4, 1e-2, 1.0, 100.0)
FOLDS = 5
MOST_DIRECTIONS = 12
INFORMED = 0.05  # least share of the variance of a direction that figures could take away


@dataclass(frozen=True, eq=False)
class Directions:
    """The directions of the standard normal coordinates that figures can tell something about.

    basis : orthonormal [unknown, unknown], those directions first. count : how many they are.
    """

    basis: Floats
    count: int

    def seen(self, u: Floats) -> Floats:
        """The coordinates along the informed directions, [row, direction]."""
        return np.asarray(u @ self.basis[:, : self.count])

    def whole(self, seen: Floats, rng: np.random.Generator) -> Floats:
        """All coordinates [row, unknown]: along the other directions nothing is learnt, they are drawn anew."""
        rest = rng.standard_normal((len(seen), len(self.basis) - self.count))
        return np.asarray(np.hstack([seen, rest]) @ self.basis.T)


def directions_of(u: Floats, heights: Floats, precision: Floats) -> Directions:
    """The informed directions, from runs all over the prior.

    u : [run, unknown]. heights : answers on scale [run, record]. precision : a matrix [any, record] that whitens what
    scatters. With few unknowns all directions are kept; else those along which a linear regression of the whitened
    answers says that more than INFORMED of the prior's variance would go, the strongest MOST_DIRECTIONS at most.
    Source: Cui et al. (2014), likelihood-informed subspace, with a regression in place of the derivatives.
    """
    count = u.shape[1]
    if count <= MOST_DIRECTIONS:
        return Directions(np.eye(count), count)
    centred = u - u.mean(axis=0)
    ridge = 1e-6 * len(u) * np.eye(count)
    slope = np.linalg.solve(centred.T @ centred + ridge, centred.T @ (heights - heights.mean(axis=0)))
    left, size, _ = np.linalg.svd(slope @ precision.T, full_matrices=True)
    told = size**2 / (1 + size**2)
    return Directions(left, int(np.clip((told > INFORMED).sum(), 1, MOST_DIRECTIONS)))


@dataclass(frozen=True, eq=False)
class Emulator:
    """Answers on scale at any coordinates. error : mean squared error on runs held out, [record]."""

    centre: Floats
    components: Floats  # [component, record]
    surface: Any
    error: Floats

    def __call__(self, seen: Floats) -> Floats:
        """Answers on scale, [row, record]. seen : [row, direction]."""
        return np.asarray(self.centre + self.surface(seen) @ self.components)


def emulate(seen: Floats, heights: Floats, *, near: int = 0) -> Emulator:
    """An emulator of runs.

    seen : [run, direction]. heights : [run, record]. near : the error is that of so many runs at the end alone, which
    lie where the posterior is (0: of all). Principal components of the answers, each interpolated by cubic radial basis
    functions over a polynomial of degree 2 (scipy), as smooth as five-fold cross-validation says. Source: Higdon et al.
    (2008), section 3 (components), with another interpolator.
    """
    _, first = np.unique(
        seen, axis=0, return_index=True
    )  # two runs at one point would make the system singular
    kept_runs = np.sort(first)
    near = int((kept_runs >= len(seen) - near).sum())
    seen, heights = seen[kept_runs], heights[kept_runs]
    centre = heights.mean(axis=0)
    _, size, rows = np.linalg.svd(heights - centre, full_matrices=False)
    share = np.cumsum(size**2) / max(float((size**2).sum()), 1e-300)
    kept = min(int(np.searchsorted(share, EXPLAINED)) + 1, MOST_COMPONENTS, len(size))
    components = rows[:kept]
    scores = (heights - centre) @ components.T
    held_out = {smoothing: _held_out(seen, scores, smoothing) for smoothing in SMOOTHINGS}
    from_run = len(seen) - near if near else 0
    best = min(SMOOTHINGS, key=lambda s: float(((held_out[s] - scores)[from_run:] ** 2).sum()))
    wrong = (centre + held_out[best] @ components - heights)[from_run:]
    return Emulator(centre, components, _surface(seen, scores, best), np.asarray((wrong**2).mean(axis=0)))


def _held_out(seen: Floats, scores: Floats, smoothing: float) -> Floats:
    found = np.zeros_like(scores)
    fold = np.arange(len(seen)) % FOLDS
    for k in range(FOLDS):
        found[fold == k] = _surface(seen[fold != k], scores[fold != k], smoothing)(seen[fold == k])
    return found


def _surface(seen: Floats, scores: Floats, smoothing: float) -> Any:
    from scipy.interpolate import RBFInterpolator

    terms = comb(seen.shape[1] + 2, 2)
    degree = 2 if len(seen) >= 2 * terms else 1
    return RBFInterpolator(seen, scores, kernel="cubic", degree=degree, smoothing=smoothing)

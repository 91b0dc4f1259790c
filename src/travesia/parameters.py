"""Parameters: named numbers, drawn from their priors by name, and the cells of tables that name them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from travesia.rng import uniforms
from travesia.scenario import Prior, Settings

Floats = NDArray[np.float64]
TAIL = 0.05  # low and high of the two-parameter priors are their 5 % and 95 % points


def quantile(prior: Prior, u: Floats) -> Floats:
    """The prior's quantiles of u (0–1)."""
    return _quantile_of(prior)(u)


@lru_cache(maxsize=1024)
def _quantile_of(prior: Prior) -> Callable[[Floats], Floats]:
    low, high = prior.low, prior.high
    z = special.ndtri(1 - TAIL)
    if prior.kind == "uniform":
        return lambda u: low + (high - low) * u
    if prior.kind == "triangular":
        mode = prior.central if prior.central is not None else (low + high) / 2
        cut = (mode - low) / (high - low)
        return lambda u: np.where(
            u < cut,
            low + np.sqrt(u * (high - low) * (mode - low)),
            high - np.sqrt((1 - u) * (high - low) * (high - mode)),
        )
    if prior.kind == "normal":
        return lambda u: (low + high) / 2 + (high - low) / (2 * z) * special.ndtri(u)
    if prior.kind == "lognormal":
        a, b = np.log(low), np.log(high)
        return lambda u: np.exp((a + b) / 2 + (b - a) / (2 * z) * special.ndtri(u))
    if prior.kind == "beta":
        alpha, beta = _fit(lambda p: special.betaincinv(p[0], p[1], [TAIL, 1 - TAIL]), low, high, unit=True)
        return lambda u: special.betaincinv(alpha, beta, u)
    shape, scale = _fit(lambda p: p[1] * special.gammaincinv(p[0], [TAIL, 1 - TAIL]), low, high, unit=False)
    return lambda u: scale * special.gammaincinv(shape, u)


def _fit(ends: Callable[[Floats], Floats], low: float, high: float, *, unit: bool) -> Floats:
    """The two parameters with which the 5 % and 95 % points are low and high; starts from the matching moments."""
    mean, sd = (low + high) / 2, (high - low) / 3.3
    size = mean * (1 - mean) / sd**2 - 1 if unit else 0.0
    start = [max(mean * size, 0.3), max((1 - mean) * size, 0.3)] if unit else [(mean / sd) ** 2, sd**2 / mean]
    target = np.array([low, high])
    scale = high - low
    found = optimize.least_squares(
        lambda logs: (np.asarray(ends(np.exp(logs))) - target) / scale, np.log(start), xtol=1e-14, ftol=1e-14
    )
    return np.asarray(np.exp(found.x), dtype=np.float64)


def draw(settings: Settings, seed: int, replicates: Iterable[int]) -> Floats:
    """Values [replicate, parameter], in the order of the names; each drawn by its name and replicate alone."""
    numbers = list(replicates)
    values = np.empty((len(numbers), len(settings.parameters)))
    for column, (name, parameter) in enumerate(settings.parameters.items()):
        if parameter.prior is None:
            values[:, column] = parameter.value
            continue
        u = np.array([uniforms(seed, replicate, "parameter", name, count=1)[0] for replicate in numbers])
        values[:, column] = quantile(parameter.prior, u)
    return values


def medians(settings: Settings) -> dict[str, float]:
    """The values the central run uses."""
    return {name: parameter.value for name, parameter in settings.parameters.items()}


def resolve(number: float | str, values: Mapping[str, float]) -> float:
    """A number, or the value of the parameter it names."""
    return values[number] if isinstance(number, str) else float(number)


def product(factors: Iterable[float | str], values: Mapping[str, float]) -> float:
    """The product of factors, each a number or the name of a parameter; 1 of none."""
    return math.prod(resolve(factor, values) for factor in factors)


@dataclass(frozen=True)
class Column:
    """A numeric column whose cells may name parameters; an empty cell is NaN."""

    fixed: Floats
    named: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, cells: Iterable[Any]) -> Column:
        """From the cells of a table."""
        listed = list(cells)
        named = tuple((i, cell) for i, cell in enumerate(listed) if isinstance(cell, str) and cell != "")
        fixed = np.array(
            [np.nan if isinstance(cell, str) else float(cell) for cell in listed], dtype=np.float64
        )
        return cls(fixed, named)

    def at(self, values: Mapping[str, float]) -> Floats:
        """The numbers for these parameter values."""
        if not self.named:
            return self.fixed
        numbers = self.fixed.copy()
        for i, name in self.named:
            numbers[i] = values[name]
        return numbers

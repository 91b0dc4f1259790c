"""Quantiles: those of SciPy or of sums, for few people and for billions, monotone, at a cost that stays the same.

All seeds are fixed, so the tests cannot fail by luck.
"""

from __future__ import annotations

from functools import partial
from time import process_time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import gammaln

from travesia import quantiles, rng

Floats = NDArray[np.float64]
ROUNDING = 1e-9  # of the chances of SciPy and of the sums


def uniforms(*words: int | str, count: int) -> Floats:
    """Uniforms, the last of them deep in both tails."""
    return np.concatenate([rng.uniforms("quantile", *words, count=count), [1e-15, 1e-9, 1 - 1e-9, 1 - 1e-15]])


@pytest.mark.parametrize(
    ("n", "p"),
    [
        *[(1, 0.3), (12, 0.5), (300, 0.01), (300, 0.99), (1600, 0.49), (8000, 0.053), (90_000, 0.4)],
        *[(1610, 0.5), (405_000, 0.001), (405_000, 0.999), (4e11, 1e-9), (2_000_000, 0.3)],
        *[(40_000_000, 0.5), (4e9, 0.3), (4e9, 0.9999), (1e12, 0.2)],
    ],
)
def test_binomial_quantiles_are_those_of_scipy(n: float, p: float) -> None:
    for u in uniforms(str(n), str(p), count=1000):
        k = quantiles.binomial_quantile(u, float(n), p)
        if k != stats.binom.ppf(u, n, p):  # only where it is a matter of rounding
            assert stats.binom.cdf(k - 1, n, p) - ROUNDING <= u <= stats.binom.cdf(k, n, p) + ROUNDING


@pytest.mark.parametrize("mean", [0.01, 0.9, 7.0, 350.0, 399.0, 401.0, 80_000.0, 2e7, 3e10])
def test_poisson_quantiles_are_those_of_scipy(mean: float) -> None:
    for u in uniforms("poisson", str(mean), count=1000):
        k = quantiles.poisson_quantile(u, mean)
        if k != stats.poisson.ppf(u, mean):
            assert stats.poisson.cdf(k - 1, mean) - ROUNDING <= u <= stats.poisson.cdf(k, mean) + ROUNDING
    assert quantiles.poisson_quantile(0.5, 0.0) == 0.0


@pytest.mark.parametrize(
    ("good", "bad", "drawn"),
    [
        *[(1, 1, 1), (5, 3, 4), (40, 60, 10), (3, 900, 500), (4000, 9000, 7000), (900, 800, 1000)],
        *[(1700, 1600, 1650), (500, 10_000_000, 9_000_000), (30_000, 600_000, 20_000), (9e5, 2e6, 1e6)],
        *[(600_000, 30_000, 610_000), (2e6, 9e6, 1000), (9e6, 2e6, 1e7)],
    ],
)
def test_hypergeometric_quantiles_are_those_of_the_sum(good: float, bad: float, drawn: float) -> None:
    first, last = max(0.0, drawn - bad), min(good, drawn)
    mean, variance = quantiles.hypergeometric_moments(good, bad, drawn)
    reach = 12 * np.sqrt(variance) + 60
    first, last = max(first, np.floor(mean - reach)), min(last, np.ceil(mean + reach))
    k = np.arange(first, last + 1)
    chance = np.exp(choose(good, k) + choose(bad, drawn - k) - choose(good + bad, drawn))
    below = np.cumsum(chance / chance.sum())
    for u in uniforms("hypergeometric", str(good), str(bad), count=1000):
        i = int(quantiles.hypergeometric_quantile(u, float(good), float(bad), float(drawn)) - first)
        assert (below[i - 1] if i else 0.0) - ROUNDING <= u <= below[i] + ROUNDING
    assert quantiles.hypergeometric_quantile(0.5, 4.0, 0.0, 3.0) == 3.0
    assert quantiles.hypergeometric_quantile(0.5, 0.0, 9.0, 3.0) == 0.0


def choose(n: float, k: Floats) -> Floats:
    """ln of n over k."""
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def test_normal_quantiles_are_those_of_scipy() -> None:
    u = np.concatenate([rng.uniforms("normal", count=500), [1e-15, 1e-6, 0.5, 1 - 1e-6]])
    ours = [quantiles.normal_quantile(value) for value in u]
    np.testing.assert_allclose(ours, stats.norm.ppf(u), rtol=1e-9, atol=1e-9)
    assert 8 < quantiles.normal_quantile(1.0) < 9  # what the largest uniform is rounded to


@pytest.mark.parametrize("people", [500.0, 1590.0, 50_000.0, 3e7])
def test_quantiles_are_monotone_in_every_argument(people: float) -> None:
    """Also where the sum ends and the expansion begins: at a share of 0.5 that is at 1,600 people."""
    whole = 40 * people
    for number, (u, v) in enumerate(rng.uniforms("monotone", str(people), count=4000).reshape(-1, 2)):
        low, high = sorted((u, v))
        p = (0.02, 0.3, 0.5, 0.97)[number % 4]
        drawn = np.floor(p * whole)
        more = float(number % 30)
        count = partial(quantiles.hypergeometric_quantile, bad=whole - people, drawn=drawn)
        assert quantiles.binomial_quantile(low, people, p) <= quantiles.binomial_quantile(high, people, p)
        assert quantiles.binomial_quantile(u, people, p) <= quantiles.binomial_quantile(u, people, p * 1.001)
        assert quantiles.binomial_quantile(u, people, p) <= quantiles.binomial_quantile(u, people + more, p)
        assert quantiles.poisson_quantile(u, people) <= quantiles.poisson_quantile(u, people + 0.1 * more)
        assert count(low, people) <= count(high, people) <= count(high, people + more)


def test_the_cost_does_not_grow_with_the_people() -> None:
    """Ten million times the people cost at most a hundred times (measured: less; summing up would cost 3,000 times)."""
    many = rng.uniforms("cost", count=2000)

    def seconds(people: float) -> float:
        spent = []
        for _ in range(3):
            began = process_time()
            for u in many:
                quantiles.binomial_quantile(u, people, 0.4)
                quantiles.poisson_quantile(u, people)
                quantiles.hypergeometric_quantile(u, people, 2 * people, people)
            spent.append(process_time() - began)
        return min(spent)

    seconds(1e3)
    assert seconds(1e11) < 100 * seconds(1e4)


@pytest.mark.parametrize("mean", [401.0, 1000.0, 1e5])
def test_only_uniforms_near_a_border_need_the_integral(mean: float) -> None:
    """The most skewed of the laws, at the borders themselves: the number changes where the chance does."""
    spread = np.sqrt(mean)
    for k in np.unique(np.floor(mean + spread * np.linspace(-7.5, 5.5, 400))):
        border = stats.poisson.cdf(k, mean)
        shift = 1e-4 * stats.poisson.pmf(k, mean)
        assert quantiles.poisson_quantile(border - shift, mean) == k
        assert quantiles.poisson_quantile(border + shift, mean) == k + 1


@pytest.mark.parametrize(("n", "p"), [(2000.0, 0.3), (5e5, 0.002), (4e8, 0.4)])
def test_draws_by_quantile_have_the_law(n: float, p: float) -> None:
    """A chi-squared test of 40 cells of about equal chance, wrong by luck once in 10,000 times."""
    draws = [quantiles.binomial_quantile(u, n, p) for u in rng.uniforms("law", str(n), count=20_000)]
    edges = np.unique(stats.binom.ppf(np.arange(1, 40) / 40, n, p))
    wanted = np.diff(stats.binom.cdf(edges, n, p), prepend=0.0, append=1.0) * len(draws)
    seen = np.bincount(np.searchsorted(edges, draws), minlength=edges.size + 1)
    assert stats.chisquare(seen, wanted).pvalue > 1e-4

"""Random numbers: keyed draws are uniform and independent, and the samplers have the distributions they claim.

All seeds are fixed, so the tests cannot fail by luck; the bounds are those of a test at level 1e-4.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from travesia import rng

LEVEL = 1e-4
Floats = NDArray[np.float64]


def stream(*words: int | str) -> NDArray[np.uint64]:
    return np.array([rng.key_of(*words)], dtype=np.uint64)


def agrees(draws: Floats, cdf: Floats, support: Floats) -> bool:
    """A chi-squared test of whole numbers; neighbouring values are joined until ten draws are expected of each."""
    expected, observed, cells = [], [], 0.0
    counts = {value: int(n) for value, n in zip(*np.unique(draws, return_counts=True), strict=True)}
    probability = np.diff(cdf, prepend=0.0)
    here = 0
    for value, p in zip(support, probability, strict=True):
        cells += p * len(draws)
        here += counts.pop(float(value), 0)
        if cells >= 10:
            expected.append(cells)
            observed.append(here)
            cells, here = 0.0, 0
    expected[-1] += cells + (1 - cdf[-1]) * len(draws)
    observed[-1] += here
    assert not counts, f"outside the support: {sorted(counts)}"
    scale = sum(observed) / sum(expected)
    return bool(stats.chisquare(observed, [e * scale for e in expected]).pvalue > LEVEL)


def test_uniforms_are_uniform_whatever_the_words() -> None:
    by_position = rng.uniforms(1, 2, "name", count=20_000)
    by_replicate = np.array([rng.uniforms(1, i, "name", count=1)[0] for i in range(5_000)])
    by_seed = np.array([rng.uniforms(i, 0, "name", count=1)[0] for i in range(5_000)])
    for values in (by_position, by_replicate, by_seed):
        assert stats.kstest(values, "uniform").pvalue > LEVEL
        assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4.5 / np.sqrt(len(values))
    assert abs(np.corrcoef(by_replicate, by_seed)[0, 1]) < 4.5 / np.sqrt(5_000)


def test_streams_are_uniform_within_and_across_keys() -> None:
    one = stream(7)
    within = np.array([rng.uniform(one) for _ in range(20_000)])
    codes = range(5_000)
    starts = (rng.start(np.uint64(5), np.uint64(4), np.uint64(code << 15), np.uint64(0)) for code in codes)
    across = np.array([rng.uniform(np.array([s], dtype=np.uint64)) for s in starts])
    for values in (within, across):
        assert stats.kstest(values, "uniform").pvalue > LEVEL
        assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4.5 / np.sqrt(len(values))


def test_a_draw_depends_on_its_words_alone() -> None:
    assert rng.uniforms(1, "a", count=3).tolist() == rng.uniforms(1, "a", count=9)[:3].tolist()
    keys = {rng.key_of(*words) for words in [(1, 2), (2, 1), (1, "2"), ("1", 2), (1,), (1, 2, 0), (-1, 2)]}
    assert len(keys) == 7
    assert rng.key_of("caravan", 3) == rng.key_of("caravan", 3)


@pytest.mark.parametrize(
    ("n", "p"),
    [
        *[(1, 0.3), (8, 0.5), (9, 0.02), (40, 0.2), (40, 0.8), (50, 0.5), (1000, 0.009), (1000, 0.011)],
        *[(5000, 0.35), (5000, 0.999), (1_000_000, 0.5), (1_000_000, 1e-6)],
    ],
)
def test_binomial_draws(n: int, p: float) -> None:
    one = stream("binomial", n, str(p))
    draws = np.array([rng.binomial(one, float(n), p) for _ in range(20_000)])
    low, high = stats.binom.ppf([1e-9, 1 - 1e-9], n, p)
    support = np.arange(low, high + 1)
    assert agrees(draws, stats.binom.cdf(support, n, p), support)


def test_binomial_draws_at_the_ends() -> None:
    one = stream("ends")
    assert [
        rng.binomial(one, n, p) for n, p in [(0.0, 0.5), (7.0, 0.0), (7.0, 1.0), (1e6, 1.0), (1e6, 0.0)]
    ] == [
        0.0,
        0.0,
        7.0,
        1e6,
        0.0,
    ]


@pytest.mark.parametrize("shape", [0.05, 0.7, 1.0, 3.5, 200.0])
def test_gamma_draws(shape: float) -> None:
    one = stream("gamma", str(shape))
    draws = np.array([rng.gamma(one, shape) for _ in range(10_000)])
    assert stats.kstest(draws, stats.gamma(shape).cdf).pvalue > LEVEL


@pytest.mark.parametrize(
    ("good", "bad", "drawn"),
    [(5, 200, 60), (200, 5, 60), (60, 900, 4), (400, 600, 300), (40, 30, 55)],
)
def test_hypergeometric_draws_are_those_of_scipy(good: int, bad: int, drawn: int) -> None:
    """Over many streams the p-values are uniform: one stream alone may be an unlucky one."""
    law = stats.hypergeom(good + bad, good, drawn)
    support = np.arange(min(good, drawn) + 1)
    means = law.pmf(support) * 4000
    many = means > 5
    found = []
    for number in range(60):
        source = stream("hypergeometric draws", good, bad, drawn, number)
        draws = [rng.hypergeometric(source, float(good), float(bad), float(drawn)) for _ in range(4000)]
        seen = np.bincount(np.array(draws, dtype=int), minlength=support.size)
        assert seen.size == support.size
        rest = means[~many].sum()
        score = ((seen - means)[many] ** 2 / means[many]).sum()
        score += (seen[~many].sum() - rest) ** 2 / rest if rest > 1 else 0.0
        found.append(stats.chi2.sf(score, many.sum() - 1 + (rest > 1)))
    assert stats.kstest(found, "uniform").pvalue > LEVEL
    assert rng.hypergeometric(source, 9.0, 0.0, 9.0) == 9.0

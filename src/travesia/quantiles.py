"""Quantiles at one uniform, compiled: of the normal law, and of counts at a cost that does not grow with the count.

A quantile is monotone in its uniform and in the numbers of its law, so that two policies that differ in a share keep
their draws close. Counts with a standard deviation up to SUMMED sum up the chances of one number after another. Beyond,
the expansion of Cornish and Fisher (1938) with the corrections of Sheppard says which number it is, but for the few
uniforms so near the border of two numbers that the chance below the border has to be known: it is integrated. Both ways
are exact to rounding, so that it does not matter where one ends and the other begins.
"""

from __future__ import annotations

import math

import numpy as np

from travesia.jit import compiled, outer

SUMMED = 20.0  # standard deviations up to which chances are summed up, a few hundred terms at most
REACH = 10.0  # standard deviations beyond which nothing is left to integrate
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(32)
_BINOMIAL, _POISSON, _HYPERGEOMETRIC = np.int64(0), np.int64(1), np.int64(2)
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_LEAST_TAIL = 2.0**-54  # half the distance of the largest uniform from 1


@compiled
def normal_quantile(u):  # type: ignore[no-untyped-def]
    """The standard normal quantile (`normal_quantile_upper` on the smaller tail)."""
    if u < 0.5:
        return -normal_quantile_upper(u)
    return normal_quantile_upper(max(1.0 - u, _LEAST_TAIL))


@compiled
def normal_quantile_upper(tail):  # type: ignore[no-untyped-def]
    """z with P(Z > z) = tail, for tail <= 1/2 (Newton's method on the error function from a rational start)."""
    t = math.sqrt(-2.0 * math.log(tail))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    )
    for _ in range(3):
        error = 0.5 * math.erfc(z / math.sqrt(2.0)) - tail
        slope = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
        step = error / slope
        z += step / (1.0 + 0.5 * z * step)
    return z


@compiled
def binomial_quantile(u, n, p):  # type: ignore[no-untyped-def]
    """The binomial quantile of the uniform u: monotone in u, n and p."""
    if p <= 0.0 or n <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    variance = n * p * (1.0 - p)
    spread = math.sqrt(variance)
    if spread > SUMMED:
        third, fourth = variance * (1.0 - 2.0 * p), variance * (1.0 - 6.0 * p * (1.0 - p))
        return _expanded(u, n * p, variance, third, fourth, _BINOMIAL, n, p, 0.0)
    k = max(0.0, math.floor(n * p - 9.5 * spread - 40.0))
    high = min(n, k + 19.0 * spread + 90.0)
    ratio = p / (1.0 - p)
    term = math.exp(log_binomial(k, n, p))
    total = term
    while total < u and k < high:
        k += 1.0
        factor = (
            ratio * (n - k + 1.0) / k
        )  # beside the term, so that the processor need not wait for one to divide
        term = term * factor if term > 0.0 else math.exp(log_binomial(k, n, p))
        total += term
    return k


@compiled
def poisson_quantile(u, mean):  # type: ignore[no-untyped-def]
    """The Poisson quantile of the uniform u, monotone in both."""
    if mean <= 0.0:
        return 0.0
    spread = math.sqrt(mean)
    if spread > SUMMED:
        return _expanded(u, mean, mean, mean, mean, _POISSON, mean, 0.0, 0.0)
    k = max(0.0, math.floor(mean - 9.5 * spread - 40.0))
    high = k + 19.0 * spread + 130.0
    term = math.exp(k * math.log(mean) - mean - math.lgamma(k + 1.0))
    total = term
    while total < u and k < high:
        k += 1.0
        factor = mean / k
        term = term * factor if term > 0.0 else math.exp(k * math.log(mean) - mean - math.lgamma(k + 1.0))
        total += term
    return k


@compiled
def hypergeometric_quantile(u, good, bad, drawn):  # type: ignore[no-untyped-def]
    """How many of `drawn` taken without replacement are good, by the quantile of the uniform u."""
    low = max(0.0, drawn - bad)
    high = min(good, drawn)
    if low >= high:
        return low
    mean, variance = hypergeometric_moments(good, bad, drawn)
    spread = math.sqrt(variance)
    if spread > SUMMED:
        whole, kept = good + bad, good + bad - drawn
        third = variance * ((bad - good) / whole) * ((kept - drawn) / (whole - 2.0))
        fourth = (
            whole * (whole + 1.0) - 6.0 * (good * bad + drawn * kept) + 6.0 * (5.0 * whole - 6.0) * variance
        )
        fourth *= variance / ((whole - 2.0) * (whole - 3.0))
        return _expanded(u, mean, variance, third, fourth, _HYPERGEOMETRIC, good, bad, drawn)
    k = max(low, math.floor(mean - 9.5 * spread - 40.0))
    high = min(high, k + 19.0 * spread + 90.0)
    term = math.exp(log_hypergeometric(k, good, bad, drawn))
    total = term
    while total < u and k < high:
        ratio = (good - k) * (drawn - k) / ((k + 1.0) * (bad - drawn + k + 1.0))
        k += 1.0
        term = term * ratio if term > 0.0 else math.exp(log_hypergeometric(k, good, bad, drawn))
        total += term
    return k


@compiled
def hypergeometric_moments(good, bad, drawn):  # type: ignore[no-untyped-def]
    """Mean and variance of the good ones among `drawn` taken without replacement."""
    whole = good + bad
    mean = drawn * good / whole
    return mean, mean * (bad / whole) * (whole - drawn) / max(whole - 1.0, 1.0)


# --- many people: the expansion, and the integral near a border


@outer
def _expanded(u, mean, variance, third, fourth, law, a, b, c):  # type: ignore[no-untyped-def]
    """The quantile by its cumulants up to the fourth; a, b, c : the numbers of the law.

    Source: Cornish and Fisher (1938), Rev. Inst. Int. Stat. 5, 307-320; the cumulants of a law that gives this one
    when rounded are by Sheppard (1898): the second less 1/12, the fourth more 1/120. What is left out is below
    (0.1 + 0.01 z⁴) / variance, for binomial, Poisson and hypergeometric laws of any skewness (tested).
    """
    spread = math.sqrt(variance - 1.0 / 12.0)
    skew, tails = third / spread**3, (fourth + 1.0 / 120.0) / spread**4
    z = normal_quantile(u)
    bend = skew * (z * z - 1.0) / 6.0 + z * (
        tails * (z * z - 3.0) / 24.0 - skew * skew * (2.0 * z * z - 5.0) / 36.0
    )
    x = mean + spread * (z + bend)
    k = np.floor(x)
    if abs(x - k - 0.5) * variance > 0.1 + 0.01 * z**4:
        return np.floor(x + 0.5)
    return k if _reaches(u, k, mean, spread, law, a, b, c) else k + 1.0


@outer
def _reaches(u, k, mean, spread, law, a, b, c):  # type: ignore[no-untyped-def]
    """Whether the chance of k or less is at least u: the smaller tail is integrated from k + 1/2.

    The sum over whole numbers is the integral and two terms in central differences at k + 1/2 (Euler and Maclaurin's
    formula as Gauss gave it); the third is below 1e-10 where the standard deviation is above SUMMED.
    """
    side = 1.0 if k + 0.5 > mean else -1.0
    half = 0.5 * (mean + side * REACH * spread - k - 0.5)
    area = 0.0
    for j in range(_NODE.size):
        area += _WEIGHT[j] * math.exp(_log_chance(law, k + 0.5 + half * (1.0 + _NODE[j]), a, b, c))
    before, here = math.exp(_log_chance(law, k - 1.0, a, b, c)), math.exp(_log_chance(law, k, a, b, c))
    after, beyond = math.exp(_log_chance(law, k + 1.0, a, b, c)), math.exp(_log_chance(law, k + 2.0, a, b, c))
    first, third = after - here, beyond - 3.0 * after + 3.0 * here - before
    tail = area * abs(half) + side * (first / 24.0 - third * 17.0 / 5760.0)
    return tail >= u if side < 0.0 else 1.0 - tail >= u


@outer
def _log_chance(law, x, a, b, c):  # type: ignore[no-untyped-def]
    if law == _BINOMIAL:
        return log_binomial(x, a, b)
    if law == _POISSON:
        return -_beyond_stirling(x) - _deviance(x, a) - 0.5 * math.log(x) - _HALF_LOG_2PI
    return log_hypergeometric(x, a, b, c)


@compiled
def log_binomial(x, n, p):  # type: ignore[no-untyped-def]
    """The log of the chance of x hits in n trials, also between whole numbers, to an absolute error of about 1e-12.

    Source: Loader (2000), Fast and accurate computation of binomial probabilities: no large numbers are subtracted.
    """
    if x <= 0.0:
        return n * math.log1p(-p)
    if x >= n:
        return n * math.log(p)
    rest = n - x
    series = _beyond_stirling(n) - _beyond_stirling(x) - _beyond_stirling(rest)
    return (
        series
        - _deviance(x, n * p)
        - _deviance(rest, n * (1.0 - p))
        + 0.5 * math.log(n / (x * rest))
        - _HALF_LOG_2PI
    )


@compiled
def log_hypergeometric(x, good, bad, drawn):  # type: ignore[no-untyped-def]
    """The log of the chance that x of `drawn` are good: three binomial chances with one share (Loader 2000)."""
    share = drawn / (good + bad)
    taken = log_binomial(x, good, share) + log_binomial(drawn - x, bad, share)
    return taken - log_binomial(drawn, good + bad, share)


@outer
def _beyond_stirling(x):  # type: ignore[no-untyped-def]
    """ln x! less Stirling's formula x ln x − x + ln(2πx)/2."""
    if x < 16.0:
        return math.lgamma(x + 1.0) - (x + 0.5) * math.log(x) + x - _HALF_LOG_2PI
    s = 1.0 / (x * x)
    return (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s / 1680.0))) / x


@outer
def _deviance(x, mean):  # type: ignore[no-untyped-def]
    """x ln(x / mean) + mean − x."""
    e = (x - mean) / mean
    return mean * ((1.0 + e) * math.log1p(e) - e)

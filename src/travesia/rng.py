"""Every random number of a run: keyed by what it is for, never by the order in which it is drawn.

A key is folded from words (seed, replicate, day, purpose, situation …) by the finaliser of SplitMix64; a stream is
SplitMix64 started at the key (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195, with the constants of
Stafford's variant 13). Samplers take the stream as a one-element uint64 array. Monotone quantiles take one uniform,
so that two policies that differ in a share keep their draws close.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
from numpy.typing import NDArray

from travesia.jit import compiled
from travesia.quantiles import (
    SUMMED,
    binomial_quantile,
    hypergeometric_moments,
    hypergeometric_quantile,
    log_binomial,
    log_hypergeometric,
    normal_quantile,
)

# purposes: the third word of a key
DEPARTURE, DESTINATION, MOVE, MEASURE, QUOTA, ROUTE_SHOCK, WAIT, HEALTH = 2, 3, 4, 5, 6, 7, 9, 10

_GOLD = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_W1, _W2, _W3 = np.uint64(0xD1B54A32D192ED03), np.uint64(0x9FB21C651E98DF25), np.uint64(0xAEF17502108EF2D9)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_STEP = 1.0 / 9007199254740992.0  # 2^-53


@compiled
def mix(z):  # type: ignore[no-untyped-def]
    """The SplitMix64 finaliser: a bijection of 64-bit words in which every input bit moves half the output bits."""
    z = np.uint64(z)
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@compiled
def fold(key, word):  # type: ignore[no-untyped-def]
    """A key with one more word in it; the order of words matters."""
    return mix((np.uint64(key) + _GOLD) ^ mix(np.uint64(word) + _GOLD))


@compiled
def start(day_key, purpose, code, moment):  # type: ignore[no-untyped-def]
    """The start of the stream of one split, for the key of its day; odd multipliers keep the words apart."""
    return mix(day_key + purpose * _W1 + code * _W2 + moment * _W3)


@compiled
def uniform(stream):  # type: ignore[no-untyped-def]
    """The next uniform on (0, 1) of a stream."""
    stream[0] += _GOLD
    return (np.float64(mix(stream[0]) >> _S11) + 0.5) * _STEP


@compiled
def uniform_at(key):  # type: ignore[no-untyped-def]
    """The one uniform on (0, 1) of a key."""
    return (np.float64(mix(np.uint64(key) + _GOLD) >> _S11) + 0.5) * _STEP


@compiled
def _fold_all(words):  # type: ignore[no-untyped-def]
    key = np.uint64(0)
    for word in words:
        key = fold(key, word)
    return key


@compiled
def _fill(key, out):  # type: ignore[no-untyped-def]
    for k in range(out.size):
        out[k] = uniform_at(fold(key, np.uint64(k)))


def key_of(*words: int | str) -> int:
    """The key of these words; names count by their CRC-32 and length, so a name means the same in every scenario."""
    return int(_fold_all(np.array([_as_number(word) for word in words], dtype=np.uint64)))


def _as_number(word: int | str) -> int:
    if isinstance(word, int):
        return word % 2**64
    data = word.encode()
    return zlib.crc32(data) | len(data) << 32


def uniforms(*words: int | str, count: int) -> NDArray[np.float64]:
    """`count` uniforms on (0, 1) for these words; the k-th does not depend on `count`."""
    found = np.empty(count)
    _fill(np.uint64(key_of(*words)), found)
    return found


def split_by_quantile(
    count: float, weight: NDArray[np.float64], total: float, *words: int | str
) -> NDArray[np.float64]:
    """A count dealt over weights, by one uniform of these words for each option that has a weight. total : of them."""
    found = np.zeros(weight.size)
    _split(np.uint64(key_of(*words)), count, weight, total, found)
    return found


@compiled
def binomial(stream, n, p):  # type: ignore[no-untyped-def]
    """A binomial draw: trials for n <= 8, inversion for small means, else Hörmann's BTRS.

    Source: Hörmann (1993), J. Stat. Comput. Simul. 46.
    """
    if p <= 0.0 or n <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    if n <= 8.0:
        hits = 0.0
        for _ in range(int(n)):
            if uniform(stream) < p:
                hits += 1.0
        return hits
    q = min(p, 1.0 - p)
    k = _binomial_inversion(stream, n, q) if n * q < 10.0 else _binomial_btrs(stream, n, q)
    return k if p <= 0.5 else n - k


@compiled
def _binomial_inversion(stream, n, p):  # type: ignore[no-untyped-def]
    ratio = p / (1.0 - p)
    start = math.exp(n * math.log1p(-p))
    while True:
        u = uniform(stream)
        term, k = start, 0.0
        while u > term:
            u -= term
            k += 1.0
            if k > 110.0:  # rounding ate the tail: draw again
                break
            term *= ratio * (n - k + 1.0) / k
        if k <= 110.0:
            return min(k, n)


@compiled
def _binomial_btrs(stream, n, p):  # type: ignore[no-untyped-def]
    spq = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * spq
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = n * p + 0.5
    vr = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spq
    mode = math.floor((n + 1.0) * p)
    peak = 0.0
    have_peak = False
    while True:
        u = uniform(stream) - 0.5
        v = uniform(stream)
        us = 0.5 - abs(u)
        k = math.floor((2.0 * a / us + b) * u + c)
        if us >= 0.07 and v <= vr:
            return k
        if k < 0.0 or k > n:
            continue
        if not have_peak:
            peak = log_binomial(mode, n, p)
            have_peak = True
        if math.log(v * alpha / (a / (us * us) + b)) <= log_binomial(k, n, p) - peak:
            return k


@compiled
def _split(key, count, weight, total, out):  # type: ignore[no-untyped-def]
    last, k = -1, 0
    for j in range(weight.size):
        if weight[j] > 0.0:
            last = j
    for j in range(last):
        if weight[j] > 0.0:
            u = uniform_at(fold(key, np.uint64(k)))
            out[j] = binomial_quantile(u, count, min(weight[j] / total, 1.0))
            count -= out[j]
            total -= weight[j]
            k += 1
    out[last] = count


@compiled
def hypergeometric(stream, good, bad, drawn):  # type: ignore[no-untyped-def]
    """How many of `drawn` taken without replacement are good: one by one where few, by inversion from the mode,
    and by the quantile where that would take long."""
    low, high = max(0.0, drawn - bad), min(good, drawn)
    if low >= high:
        return low
    whole = good + bad
    few, many = min(good, drawn), max(good, drawn)
    if few <= 8.0:  # each of the few is among the many, without replacement
        hits = 0.0
        for k in range(int(few)):
            if uniform(stream) * (whole - k) < many - hits:
                hits += 1.0
        return hits
    if hypergeometric_moments(good, bad, drawn)[1] > SUMMED * SUMMED:
        return hypergeometric_quantile(uniform(stream), good, bad, drawn)
    mode = min(max(math.floor((drawn + 1.0) * (good + 1.0) / (whole + 2.0)), low), high)
    peak = math.exp(log_hypergeometric(mode, good, bad, drawn))
    while True:
        u = uniform(stream) - peak
        up, down, above, below = mode, mode, peak, peak
        while u >= 0.0 and above + below > 0.0:
            if up < high and above > 0.0:
                above *= (good - up) * (drawn - up) / ((up + 1.0) * (bad - drawn + up + 1.0))
                up += 1.0
                u -= above
                if u < 0.0:
                    return up
            else:
                above = 0.0
            if down > low and below > 0.0:
                below *= down * (bad - drawn + down) / ((good - down + 1.0) * (drawn - down + 1.0))
                down -= 1.0
                u -= below
                if u < 0.0:
                    return down
            else:
                below = 0.0
        if u < 0.0:  # else rounding ate the tail: draw again
            return mode


@compiled
def gamma(stream, shape):  # type: ignore[no-untyped-def]
    """A gamma draw of scale 1 (Marsaglia and Tsang 2000, ACM TOMS 26, 363-372; boosted below shape 1)."""
    boost = 1.0
    if shape < 1.0:
        boost = uniform(stream) ** (1.0 / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        z = normal_quantile(uniform(stream))
        v = 1.0 + c * z
        if v <= 0.0:
            continue
        v = v * v * v
        if math.log(uniform(stream)) < 0.5 * z * z + d - d * v + d * math.log(v):
            return boost * d * v


def generator(*words: int | str) -> np.random.Generator:
    """A stream of NumPy's own samplers, for designs (not for runs): the same words give the same one."""
    return np.random.Generator(np.random.Philox(key_of(*words)))

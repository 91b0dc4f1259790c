"""Cohorts: the table *situation → number of parties*, and how a cohort is split over its options, compiled.

A situation is one int64 (see `pack`). The same functions give draws or means, by what `part` returns; both movement
rules and all measures use them. Counts are float64, exact to 2^53. Nothing here allocates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from travesia.jit import compiled, inner, outer
from travesia.quantiles import binomial_quantile
from travesia.rng import binomial, mix, start, uniform

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

AT_PLACE, ON_LEG, WAITING, TURNING_BACK = 0, 1, 2, 3
# what `pack` has room for; travesia.limits refuses scenarios that need more
MOST_INDICES = 1 << 22  # places × aims, legs × aims, waiting lists × aims
MOST_DAYS = (1 << 12) - 1  # waited, or bins left on a leg
MOST_GROUPS = 1 << 11
SMALL = 1e-4  # in expected mode a cohort smaller than this is not split: it goes where most of it would


class Table(NamedTuple):
    """Situation → count: open addressing over dense arrays. `meta` is [entries, overflowed, generation]."""

    slot: Ints  # generation << 32 | entry
    code: Ints
    count: Floats  # type: ignore[assignment]  # a tuple has a method of this name
    meta: Ints


class Pool(NamedTuple):
    """Cohorts in the middle of a day, by slice and time bin: a Table whose key also holds the bin."""

    slot: Ints  # generation << 32 | entry
    code: Ints
    bin: Ints
    count: Floats  # type: ignore[assignment]
    time: Floats  # sum of count × time
    next: Ints
    head: Ints  # [slice × bins + bin]
    meta: Ints  # [entries, overflowed, generation, highest bin used]


class Net(NamedTuple):
    """Places, legs, groups: what does not change during a run."""

    leg_from: Ints
    leg_to: Ints
    a_place: Ints  # [a] place of a place-and-aim index
    q_leg: Ints  # [q] leg of a leg-and-aim index
    q_arrive: Ints  # [q] place-and-aim index on arrival
    size: Floats  # [group] people in a party
    output: Ints  # [group × 3 + attempt] output class


class Records(NamedTuple):
    """What a run leaves behind, in people: [day, place | leg | measure | outcome, output class]."""

    people: Floats
    in_transit: Floats
    crossed: Floats
    events: Floats
    refused: Floats
    outcomes: Floats
    departed: Floats


OUTSIDE = np.int64(-1)  # where people are who have left the run
NEXT, FULL = 0, 1  # columns of the first row of a trail: the next free row, whether there was room


@outer
def note(trail, start, end, before, after, people):  # type: ignore[no-untyped-def]
    """Remember that people went from one node to another, or changed their group. trail : [row, 5], row 0 its state."""
    row = int(trail[0, NEXT])
    if row >= trail.shape[0]:
        trail[0, FULL] = 1.0
        return
    trail[row, 0], trail[row, 1], trail[row, 2], trail[row, 3] = start, end, before, after
    trail[row, 4] = people
    trail[0, NEXT] = row + 1


@inner
def moved(day, start, end, group, parties):  # type: ignore[no-untyped-def]
    """Note, where somebody follows it (health), that parties went to another node: a place, or places + leg."""
    if day.work.trail.size > 0 and parties > 0.0:
        note(day.work.trail, start, end, group, group, parties * day.net.size[group])


@inner
def changed(day, place, before, after, parties):  # type: ignore[no-untyped-def]
    """Note that people at a place are of another group now. parties : of the group they are in afterwards."""
    if day.work.trail.size > 0 and parties > 0.0:
        note(day.work.trail, place, place, before, after, parties * day.net.size[after])


@inner
def joins(day, place, before, after, parties):  # type: ignore[no-untyped-def]
    """Note that people at a place are of another group now. parties : of the group they were in."""
    if day.work.trail.size > 0 and parties > 0.0:
        note(day.work.trail, place, place, before, after, parties * day.net.size[before])


@compiled
def pack(kind, index, k, group, mark):  # type: ignore[no-untyped-def]
    """A situation as a number: kind (2 bits), place or leg with aim (22), k (12), group (11), mark (15)."""
    return (kind << 60) | (index << 38) | (k << 26) | (group << 15) | mark


@inner
def kind_of(code):  # type: ignore[no-untyped-def]
    return code >> 60


@inner
def index_of(code):  # type: ignore[no-untyped-def]
    return (code >> 38) & 0x3FFFFF


@inner
def k_of(code):  # type: ignore[no-untyped-def]
    return (code >> 26) & 0xFFF


@inner
def group_of(code):  # type: ignore[no-untyped-def]
    return (code >> 15) & 0x7FF


@inner
def mark_of(code):  # type: ignore[no-untyped-def]
    return code & 0x7FFF


@inner
def put(table, code, count):  # type: ignore[no-untyped-def]
    """Add parties to a situation; a full table is marked and the run is repeated with a larger one."""
    if count <= 0.0:
        return
    wrap = table.slot.size - 1
    generation = table.meta[2]
    h = np.int64(mix(code)) & wrap
    while table.slot[h] >> 32 == generation:
        e = table.slot[h] & 0xFFFFFFFF
        if table.code[e] == code:
            table.count[e] += count
            return
        h = (h + 1) & wrap
    e = table.meta[0]
    if e >= table.code.size:
        table.meta[1] = 1
        return
    table.slot[h] = (generation << 32) | e
    table.code[e] = code
    table.count[e] = count
    table.meta[0] = e + 1


@compiled
def clear(table):  # type: ignore[no-untyped-def]
    """Empty a table or pool in constant time."""
    table.meta[0] = 0
    table.meta[2] += 1


@inner
def push(pool, tick, code, count, time):  # type: ignore[no-untyped-def]
    """Add parties to a situation in a time bin; equal ones merge and take their mean time."""
    if count <= 0.0:
        return
    wrap = pool.slot.size - 1
    generation = pool.meta[2]
    h = np.int64(mix(code + (tick << 44))) & wrap
    while pool.slot[h] >> 32 == generation:
        e = pool.slot[h] & 0xFFFFFFFF
        if pool.code[e] == code and pool.bin[e] == tick:
            pool.count[e] += count
            pool.time[e] += count * time
            return
        h = (h + 1) & wrap
    e = pool.meta[0]
    if e >= pool.code.size:
        pool.meta[1] = 1
        return
    pool.slot[h] = (generation << 32) | e
    pool.code[e] = code
    pool.bin[e] = tick
    pool.count[e] = count
    pool.time[e] = count * time
    pool.next[e] = pool.head[tick]
    pool.head[tick] = e
    pool.meta[0] = e + 1
    pool.meta[3] = max(pool.meta[3], tick)


@inner
def part(expected, stream, n, p):  # type: ignore[no-untyped-def]
    """How many of n parties it happens to, each with probability p: the only difference between the two modes."""
    if not expected:
        return binomial(stream, n, p)
    if n < SMALL:
        return n if p >= 0.5 else 0.0
    return n * min(max(p, 0.0), 1.0)


@outer
def part_by_quantile(expected, stream, n, p):  # type: ignore[no-untyped-def]
    """As `part`, by one uniform through the binomial quantile: monotone, so that paired runs stay close."""
    if not expected:
        return binomial_quantile(uniform(stream), n, p)
    return n * min(max(p, 0.0), 1.0)


@inner
def deal(expected, stream, n, weight, lo, hi, out):  # type: ignore[no-untyped-def]
    """Split n parties over options lo … hi−1 in proportion to `weight` (multinomial, or its means) into `out`."""
    total = 0.0
    best = lo
    for j in range(lo, hi):
        total += weight[j]
        out[j] = 0.0
        if weight[j] > weight[best]:
            best = j
    if expected:
        if n < SMALL:
            out[best] = n
            return
        for j in range(lo, hi):
            out[j] = n * (weight[j] / total)
        return
    if n <= 8.0 and hi - lo > 1:
        for _ in range(int(n)):
            left = uniform(stream) * total
            j = lo
            while j < hi - 1 and left >= weight[j]:
                left -= weight[j]
                j += 1
            while weight[j] <= 0.0 and j > lo:
                j -= 1
            out[j] += 1.0
        return
    for j in range(lo, hi):
        if n <= 0.0:
            return
        if weight[j] <= 0.0:
            continue
        share = weight[j] / total if weight[j] < total else 1.0
        taken = binomial(stream, n, share)
        out[j] = taken
        n -= taken
        total -= weight[j]
    if n > 0.0:  # rounding of the running total left someone over
        out[best] += n


@inner
def open_stream(stream, day_key, purpose, code, moment):  # type: ignore[no-untyped-def]
    """Start the stream of one split: keyed by the day, the purpose, the situation and the moment in the day."""
    stream[0] = start(day_key, np.uint64(purpose), np.uint64(code), np.uint64(moment))


@inner
def tally(array, day, column, net, code, count):  # type: ignore[no-untyped-def]
    """Record parties of a situation as people of their output class."""
    group = group_of(code)
    array[day, column, net.output[group * 3 + min(mark_of(code), 2)]] += count * net.size[group]

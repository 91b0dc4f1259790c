"""Rule `flee`, compiled: room at limited places, and what it does to the choice of a place."""

from __future__ import annotations

import numpy as np

from travesia.cohorts import ON_LEG, index_of, kind_of
from travesia.flee_columns import EPOCH, FACTOR, LATE, PULL
from travesia.jit import inner, merged, outer


@inner
def room(day, place):  # type: ignore[no-untyped-def]
    """Flee's capacity multiplier: 1 while there is room, 0 when full, linear in between."""
    flee, here = day.flee, day.work.at[place]
    capacity = flee.capacity[day.number, place]
    if capacity < 1.0 or here <= flee.buffer * capacity:
        return 1.0
    if here >= capacity:
        return 0.0
    return 1.0 - (here - flee.buffer * capacity) / (capacity * (1.0 - flee.buffer))


@merged
def who_may_come(day):  # type: ignore[no-untyped-def]
    """How many people may reach each place today: all on a leg to it, or to a place from which it can be chosen."""
    flee, work = day.flee, day.work
    work.came[:] = 0.0
    work.coming[:] = 0.0
    for e in range(day.here.meta[0]):
        if kind_of(day.here.code[e]) == ON_LEG:
            work.came[day.net.leg_to[day.net.q_leg[index_of(day.here.code[e])]]] += day.here.count[e]
    for place in range(flee.town.shape[1]):
        if work.came[place] <= 0.0:
            continue
        work.coming[place] += work.came[place]
        row = flee.calendar[day.number, EPOCH] * flee.town.shape[1] + place
        for j in range(flee.option_start[row], flee.option_start[row + 1]):
            work.coming[flee.option_place[j]] += work.came[place]


@outer
def find_near_full(day):  # type: ignore[no-untyped-def]
    """Mark limited places whose room may change now, and the places from where they can be chosen; whether any is."""
    flee, work = day.flee, day.work
    any_near = False
    for place in range(flee.town.shape[1]):
        work.near_full[place] = 0
        work.sees_near_full[place] = 0
        capacity = flee.capacity[day.number, place]
        if capacity < 1.0:
            continue
        here = work.at[place]
        may_go = 4.0 * work.chance[place] * here + 3.0
        if here + work.coming[place] > flee.buffer * capacity and here - may_go < capacity:
            work.near_full[place] = 1
            any_near = True
    if not any_near:
        return False
    for place in range(flee.town.shape[1]):
        row = flee.calendar[day.number, EPOCH] * flee.town.shape[1] + place
        seen = work.near_full[place]
        for j in range(flee.option_start[row], flee.option_start[row + 1]):
            seen |= work.near_full[flee.option_place[j]]
        work.sees_near_full[place] = seen
    return True


@inner
def turned_away(day, end):  # type: ignore[no-untyped-def]
    """Whether a camp is too full to set out for it; a camp that became a town is not."""
    return day.flee.camp[day.number, end] and room(day, end) < 0.5


@merged
def weigh(day, place, lo, hi, chooser):  # type: ignore[no-untyped-def]
    """Weights of the options of a place into `work.weight`; kept for the day unless a limited place is nearly full."""
    flee, work = day.flee, day.work
    places = flee.town.shape[1]
    now = day.number * work.attraction.size + chooser
    if work.weighed_on[place] == now and not work.sees_near_full[place]:
        return
    work.weighed_on[place] = now
    total, largest = 0.0, 0.0
    for j in range(lo, hi):
        end = flee.option_place[j]
        lure = work.attraction[chooser * places + end] * flee.option_terms[j, PULL]
        if flee.fixed:
            base = work.base[np.int64(flee.option_terms[j, LATE]) * places + end]
            weight = (flee.weight_softening + base) * flee.option_terms[j, FACTOR]
            weight = weight**flee.weight_power * lure
        else:
            weight = (flee.weight_softening + lure) * flee.option_terms[j, FACTOR] * room(day, end)
            if flee.weight_power != 1.0:
                weight = weight**flee.weight_power
        work.weight[j] = weight
        total += weight
        largest = max(largest, weight)
    if flee.pruning >= 1.001:
        for j in range(lo, hi):
            if work.weight[j] < largest / flee.pruning:
                work.weight[j] = 0.0
    if total <= 0.0:
        for j in range(lo, hi):
            work.weight[j] = 1.0

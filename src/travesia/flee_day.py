"""A day of the rule `flee`, compiled: morning decisions, travel with same-day hops, capacity slices.

Flee 3's rule as its source has it on 14 May 2026, for cohorts. What Flee decides person by person in list order is
here the random-order process: where a limited place is nearly full, a cohort is dealt over slices that act one after
another.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from travesia.cohorts import (
    AT_PLACE,
    ON_LEG,
    TURNING_BACK,
    WAITING,
    Floats,
    Ints,
    Net,
    Pool,
    Records,
    Table,
    deal,
    group_of,
    index_of,
    k_of,
    kind_of,
    mark_of,
    open_stream,
    pack,
    part,
    push,
    put,
    tally,
)
from travesia.flee_columns import CHOOSER, EPOCH, HARVEST, HARVESTS, HOME, KM, SPEED, WALK
from travesia.flee_room import find_near_full, turned_away, weigh, who_may_come
from travesia.jit import inner, merged
from travesia.rng import MOVE, uniform

IN_THE_MORNING = -1  # the slice of those who decide before travel begins
CLOSED, NO_ROUTE = -1, -2  # in place of the next leg of a route
AT_HARVEST = 1  # in place of the bins left, for people at a place
ROUNDING = 1e-9  # the km of merged cohorts are means, which may miss the whole day by this share of it
MIXED_DAYS = 64  # days on foot and other days on a leg are counted apart, fewer than this of each


class Flee(NamedTuple):
    """How people choose and travel, as arrays. A mark is fresh × bins + travel index; `fresh`: on a first leg."""

    bins: int  # of the recent travel index, on [0, 2); 1 where short stints are not avoided
    slices: int
    speed: float  # km a day, at most
    walk: float
    on_foot: int
    avoid_short: int
    one_budget: int  # a day is one budget of travel; else each hop starts with a full day's speed, as in Flee
    bin_km: float
    day_bins: int  # bins of km used today
    buffer: float
    weight_softening: float
    weight_power: float
    pruning: float
    fixed: int  # routes are chosen by fixed weights, without regard to room
    town: Ints  # [day, place]
    camp: Ints  # [day, place]
    capacity: Floats  # [day, place] below 1: no limit
    calendar: Ints  # [day, EPOCH (which state of the network) | HARVEST]
    groups: Ints  # [group, CHOOSER | HOME (place, or -1) | HARVESTS (goes home for it)]
    option_start: Ints  # [epoch × places + place]
    option_place: Ints  # where the route ends
    option_terms: Floats  # [option, FACTOR (1 / (softening + km)^distance_power) | PULL | LATE]
    option_q: Ints  # first leg and remaining route, or -1: nobody gets away by it
    next_q: Ints  # [epoch × a + a]: next leg of the remaining route, or CLOSED, or NO_ROUTE
    final_place: Ints  # [a] end of the remaining route
    q_back: Ints  # [q] place and remaining route of people whom the leg, now closed, sends back
    legs: Floats  # [leg, KM | SPEED (km a day) | WALK (chance of a day on foot)]
    closing_start: Ints
    closing_leg: Ints


class FleeWork(NamedTuple):
    """Scratch arrays of the rule `flee`."""

    stream: NDArray[np.uint64]
    chance: Floats  # [place] to leave today
    attraction: Floats  # [chooser × places + place]
    base: Floats  # [late × places + place] scores in the tables of fixed routes
    at: Floats  # [place] people there now
    came: Floats  # [place] people on a leg to it this morning
    coming: Floats  # [place] people who may come today
    near_full: Ints  # [place] limited, and its room may change now
    sees_near_full: Ints  # [place] a nearly full place can be chosen from here
    closing: Ints  # [leg]
    weight: Floats  # [option]
    out: Floats  # [option], then [way]: how many
    way: Ints  # [way] leg and remaining route
    weighed_on: Ints  # [place] day and chooser


class FleeDay(NamedTuple):
    """What always travels together on a day of the rule `flee`; `here` empties into `tonight`."""

    number: int
    key: np.uint64
    expected: bool
    net: Net
    flee: Flee
    records: Records
    pool: Pool
    here: Table
    tonight: Table
    work: FleeWork


@merged
def travel(day):  # type: ignore[no-untyped-def]
    """Everyone at a place decides, then everyone travels, and may decide again at the places they reach."""
    morning(day)
    who_may_come(day)
    find_near_full(day)
    for e in range(day.here.meta[0]):
        kind = kind_of(day.here.code[e])
        if kind != AT_PLACE and kind != WAITING and day.here.count[e] > 0.0:
            open_stream(day.work.stream, day.key, MOVE, day.here.code[e], 1)
            go_along(day, day.here.code[e], day.here.count[e], 0.0, 0)
    go_on(day)


# --- before anyone moves


@merged
def turn_back_on_closed(day):  # type: ignore[no-untyped-def]
    """People on a leg that closes today will be sent back to its start when they reach its end."""
    flee, table, closing = day.flee, day.here, day.work.closing
    lo, hi = flee.closing_start[day.number], flee.closing_start[day.number + 1]
    if lo == hi:
        return
    for i in range(lo, hi):
        closing[flee.closing_leg[i]] = 1
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if kind_of(code) == ON_LEG and count > 0.0 and closing[day.net.q_leg[index_of(code)]]:
            table.count[e] = 0.0
            put(table, code + ((TURNING_BACK - ON_LEG) << 60), count)
    for i in range(lo, hi):
        closing[flee.closing_leg[i]] = 0


@merged
def count_at_places(day):  # type: ignore[no-untyped-def]
    """How many people are at each place this morning; nobody is on the way to one yet."""
    day.work.at[:] = 0.0
    day.work.coming[:] = 0.0
    for e in range(day.here.meta[0]):
        code = day.here.code[e]
        if kind_of(code) == AT_PLACE:
            day.work.at[counted_at(day.net, day.flee.groups, code)] += day.here.count[e]
        elif kind_of(code) == WAITING:
            day.work.at[index_of(code)] += day.here.count[e]
            put(day.tonight, code, day.here.count[e])


@inner
def counted_at(net, groups, code):  # type: ignore[no-untyped-def]
    """Where people who are nowhere on the way count: at home during the harvest."""
    return groups[group_of(code), HOME] if k_of(code) == AT_HARVEST else net.a_place[index_of(code)]


# --- decisions


@merged
def morning(day):  # type: ignore[no-untyped-def]
    """Everyone at a place decides; who sees a place that is nearly full does so slice by slice."""
    table, work, stream = day.here, day.work, day.work.stream
    there = table.meta[0]
    slices = day.flee.slices if find_near_full(day) else 1
    for s in range(slices):
        for e in range(there):
            code, count = table.code[e], table.count[e]
            if count <= 0.0 or kind_of(code) != AT_PLACE:
                continue
            if s < slices - 1 and work.sees_near_full[day.net.a_place[index_of(code)]]:
                open_stream(stream, day.key, MOVE, code, 2 + s)
                count = part(day.expected, stream, count, 1.0 / (slices - s))
            table.count[e] -= count
            ways, staying, night = decide(day, code, count, 0.0, IN_THE_MORNING, 10000 + s)
            for i in range(ways):
                if sets_out(day, i):
                    put(table, pack(ON_LEG, work.way[i], 0, group_of(code), mark_of(code)), work.out[i])
                else:
                    staying += work.out[i]
            settle(day, night, staying, 0.0)


@merged
def go_on(day):  # type: ignore[no-untyped-def]
    """Those who reached a place with km left decide again, in order of slice and km."""
    pool, work = day.pool, day.work
    tick = 0
    while tick <= pool.meta[3]:
        e = pool.head[tick]
        if e < 0:
            tick += 1
            continue
        pool.head[tick] = -1
        slice_no = tick // day.flee.day_bins
        while e >= 0:
            code, count, following = pool.code[e], pool.count[e], pool.next[e]
            pool.code[e] = -1  # whoever comes later in this bin is a new cohort
            work.at[day.net.a_place[index_of(code)]] += count
            km_today = pool.time[e] / count
            ways, staying, night = decide(day, code, count, km_today, slice_no, 20000 + tick)
            for i in range(ways):
                if sets_out(day, i):
                    onward = pack(ON_LEG, work.way[i], 0, group_of(code), mark_of(code))
                    go_along(day, onward, work.out[i], km_today, slice_no)
                else:
                    staying += work.out[i]
            settle(day, night, staying, km_today)
            e = following


@inner
def decide(day, code, count, km_today, slice_no, turn):  # type: ignore[no-untyped-def]
    """People at a place stay, or choose a way: how many ways are chosen (the work arrays tell which, and by how many),
    how many stay, and in which situation they do."""
    flee, work, stream = day.flee, day.work, day.work.stream
    a, group, mark = index_of(code), group_of(code), mark_of(code)
    place = day.net.a_place[a]
    open_stream(stream, day.key, MOVE, code, turn)
    if home_for_harvest(day, code, place, count):
        return 0, count, pack(AT_PLACE, a, AT_HARVEST, group, mark)
    night = pack(AT_PLACE, place, 0, group, mark)
    following = flee.next_q[flee.calendar[day.number, EPOCH] * day.net.a_place.size + a]
    if following == CLOSED:
        return 0, count, night
    if following != NO_ROUTE:
        work.way[0], work.out[0] = following, count
        return 1, 0.0, night
    chance = work.chance[place]
    if flee.avoid_short and slice_no >= 0 and flee.town[day.number, place]:
        index = (mark % flee.bins) * (2.0 / flee.bins)
        if (index + km_today / flee.speed) * 0.5 < 0.5 - ROUNDING:
            chance = 1.0
    row = flee.calendar[day.number, EPOCH] * flee.town.shape[1] + place
    lo, hi = flee.option_start[row], flee.option_start[row + 1]
    leaving = part(day.expected, stream, count, chance)
    if hi == lo or leaving <= 0.0:
        return 0, count, night
    weigh(day, place, lo, hi, flee.groups[group, CHOOSER])
    deal(day.expected, stream, leaving, work.weight, lo, hi, work.out)
    ways, staying = 0, count - leaving
    for j in range(lo, hi):
        if work.out[j] > 0.0 and flee.option_q[j] < 0:
            staying += work.out[j]
        elif work.out[j] > 0.0:
            work.way[ways], work.out[ways] = flee.option_q[j], work.out[j]
            ways += 1
    return ways, staying, night


@merged
def home_for_harvest(day, code, place, count):  # type: ignore[no-untyped-def]
    """Whether people are home for the harvest today; those who go, or come back, change where they count."""
    at, home = day.work.at, day.flee.groups[group_of(code), HOME]
    harvest = day.flee.calendar[day.number, HARVEST] and day.flee.groups[group_of(code), HARVESTS]
    was = k_of(code) == AT_HARVEST
    if harvest and not was:
        at[place] -= count
        at[home] += count
    elif was and not harvest:
        at[place] += count
        at[home] -= count
    return harvest


# --- moves


@inner
def sets_out(day, i):  # type: ignore[no-untyped-def]
    """Whether those who chose way i set out: not for a camp that is full, and then they drop the route and stay."""
    leg = day.net.q_leg[day.work.way[i]]
    if turned_away(day, day.flee.final_place[day.net.q_arrive[day.work.way[i]]]):
        return False
    day.work.at[day.net.leg_from[leg]] -= day.work.out[i]
    return True


@inner
def go_along(day, code, count, km_today, slice_no):  # type: ignore[no-untyped-def]
    """Go on along a leg as far as today allows, each at the speed of the day: reach its end, or rest on it."""
    flee, net = day.flee, day.net
    kind, q, k, group, mark = kind_of(code), index_of(code), k_of(code), group_of(code), mark_of(code)
    leg = net.q_leg[q]
    walkers = 0.0
    if flee.on_foot and mark >= flee.bins:
        walkers = count
    elif flee.legs[leg, WALK] > 0.0:
        walkers = part(day.expected, day.work.stream, count, flee.legs[leg, WALK])
    for on_foot in range(2):
        people = walkers if on_foot else count - walkers
        if people <= 0.0:
            continue
        speed = flee.walk if on_foot else flee.legs[leg, SPEED]
        km_left = flee.legs[leg, KM] - km_behind(flee, leg, k, speed)
        further = 0.0
        if flee.one_budget:  # k counts bins of km, rounded at random without bias
            there = km_today + km_left * flee.speed / speed <= flee.speed * (1.0 + ROUNDING)
            km_then = km_today + km_left * flee.speed / speed if there else flee.speed
            limit = flee.speed
            bins = k + (1.0 - km_today / flee.speed) * speed / flee.bin_km
            then = np.int64(bins)
            if not there:
                further = part(day.expected, day.work.stream, people, bins - then)
        else:  # k counts days, each with a full day's speed whatever was used up before
            there = km_left < speed
            km_then = km_today + (km_left if there else speed)
            limit = speed
            then = k + (MIXED_DAYS if on_foot and flee.legs[leg, WALK] > 0.0 else 1)
        if not there:
            settle(day, pack(kind, q, then, group, mark), people - further, km_then)
            night = pack(kind, q, then + 1, group, mark)
        elif kind == TURNING_BACK:
            day.work.at[net.leg_from[leg]] += people
            further, night = people, pack(AT_PLACE, flee.q_back[q], 0, group, mark % flee.bins)
        else:
            tally(day.records.crossed, day.number, leg, net, pack(ON_LEG, q, 0, group, 0), people)
            night = pack(AT_PLACE, net.q_arrive[q], 0, group, mark % flee.bins)
            if km_then < limit * (1.0 - ROUNDING):
                arrive(day, night, people, km_then, slice_no)
            else:
                day.work.at[net.leg_to[leg]] += people
                further = people
        settle(day, night, further, km_then)


@merged
def km_behind(flee, leg, k, speed):  # type: ignore[no-untyped-def]
    """How far along a leg people are in the morning."""
    if flee.one_budget:
        return min(k * flee.bin_km, flee.legs[leg, KM])
    if flee.legs[leg, WALK] > 0.0:
        return (k // MIXED_DAYS) * flee.walk + (k % MIXED_DAYS) * flee.legs[leg, SPEED]
    return k * speed


@merged
def arrive(day, code, count, km_today, slice_no):  # type: ignore[no-untyped-def]
    """Arrive at a place with km left today: decide again in order of the km, and of the slice where room is short."""
    flee, work = day.flee, day.work
    km_bin = min(np.int64(km_today / flee.bin_km), flee.day_bins - 1)
    first, last = slice_no, slice_no
    if slice_no == 0 and work.sees_near_full[day.net.a_place[index_of(code)]]:
        first, last = 1, flee.slices
    for s in range(first, last + 1):
        share = count if s == last else part(day.expected, work.stream, count, 1.0 / (last - s + 1))
        push(day.pool, s * flee.day_bins + km_bin, code, share, km_today)
        count -= share


@inner
def settle(day, code, count, km_today):  # type: ignore[no-untyped-def]
    """Settle for the night: the travel index becomes (index + km today / speed) / 2, rounded to a bin.

    A cohort is rounded together, up or down at random without bias (in expected mode to the nearest bin): rounding each
    person apart would not change the mean, and would multiply situations.
    """
    flee = day.flee
    if count <= 0.0:
        return
    up = 0.0
    if flee.bins > 1:
        mark = mark_of(code)
        fresh = mark // flee.bins
        value = 0.5 * (mark - fresh * flee.bins + km_today / flee.speed * (0.5 * flee.bins))
        low = min(np.int64(value), flee.bins - 1)
        up = value - low if low < flee.bins - 1 else 0.0
        if not day.expected:
            up = 1.0 if up > uniform(day.work.stream) else 0.0
        code += fresh * flee.bins + low - mark
    put(day.tonight, code + 1, count * up)
    put(day.tonight, code, count - count * up)

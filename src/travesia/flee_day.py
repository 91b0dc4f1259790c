"""One day of the rule `flee`, compiled: spawning, morning decisions, travel with same-day hops, capacity slices.

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
from travesia.flee_room import find_near_full, turned_away, weigh, who_may_come
from travesia.flee_start import Match, Starts, set_conditions, start_out
from travesia.jit import inner, merged
from travesia.rng import MOVE, uniform

IN_THE_MORNING = -1  # the slice of those who decide before travel begins
CLOSED, NO_ROUTE = -1, -2  # in place of the next leg of a route
AT_HARVEST = 1  # in place of the bins left, for people at a place
SETTLING = 9000  # the turn of those who stay for good
MIXED_DAYS = 64  # days on foot and other days on a leg are counted apart, fewer than this of each


class Flee(NamedTuple):
    """How people choose and travel, as arrays. A mark is fresh × bins + travel index; `fresh`: on a first leg.

    A chooser is a class of groups who see the same attraction in the same places.
    """

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
    chance_sure: Floats  # [day, place] the chance to leave is sure + more × (size / base)^power
    chance_more: Floats
    size_base: float
    size_power: float
    size: Floats  # [day, place] the capacity that counts as size
    town: Ints  # [day, place]
    camp: Ints  # [day, place]
    score: Floats  # [day, class × places + place]
    pull: Floats  # [home × places + place]
    chooser: Ints  # [group]
    chooser_class: Ints  # [chooser]
    chooser_home: Ints  # [chooser]
    population_power: float
    match: Match
    capacity: Floats  # [day, place] below 1: no limit
    epoch: Ints  # [day] which state of the network
    option_start: Ints  # [epoch × places + place]
    option_place: Ints  # where the route ends
    option_factor: Floats  # 1 / (softening + km)^distance_power
    option_pull: Floats
    option_late: Ints
    option_q: Ints  # first leg and remaining route
    late_score: Floats  # [2 × day + late, place] with fixed routes
    next_q: Ints  # [epoch × a + a]: next leg of the remaining route, or CLOSED, or NO_ROUTE
    final_place: Ints  # [a] end of the remaining route
    q_back: Ints  # [q] place and remaining route of people whom the leg, now closed, sends back
    base_a: Ints  # [place] the place without a route
    km: Floats  # [leg]
    leg_speed: Floats  # [leg] km a day
    leg_walk: Floats  # [leg] chance of a day on foot
    closing_start: Ints
    closing_leg: Ints
    harvest: Ints  # [day]
    harvests: Ints  # [group] go home for the harvest
    home: Ints  # [group] place, or -1
    sink: Floats  # [place] chance a night to stay in the camp for good


class FleeWork(NamedTuple):
    """Scratch arrays of the rule `flee`."""

    stream: NDArray[np.uint64]
    population: Floats  # [place] left
    held: Floats  # [1] people due while there is nobody who could leave
    chance: Floats  # [place] to leave today
    attraction: Floats  # [chooser × places + place]
    mix: Floats  # [attribute value × places + place] people there with it
    at: Floats  # [place] people there now
    came: Floats  # [place] people on a leg to it this morning
    coming: Floats  # [place] people who may come today
    near_full: Ints  # [place] limited, and its room may change now
    sees_near_full: Ints  # [place] a nearly full place can be chosen from here
    closing: Ints  # [leg]
    weight: Floats  # [option]
    out: Floats  # [option]
    dealt: Floats  # [group]
    weighed_on: Ints  # [place] day and chooser


class FleeDay(NamedTuple):
    """What always travels together on a day of the rule `flee`; `here` empties into `tonight`."""

    number: int
    key: np.uint64
    expected: bool
    net: Net
    flee: Flee
    starts: Starts
    records: Records
    pool: Pool
    here: Table
    tonight: Table
    work: FleeWork


@merged
def flee_day(day):  # type: ignore[no-untyped-def]
    """Everything between the start of a day and its record: everyone at a place decides, then everyone travels."""
    start_out(day)
    turn_back_on_closed(day)
    count_at_places(day)
    set_conditions(day)
    morning(day)
    who_may_come(day)
    find_near_full(day)
    for e in range(day.here.meta[0]):
        kind = kind_of(day.here.code[e])
        if (kind != AT_PLACE and kind != WAITING) and day.here.count[e] > 0.0:
            advance(day, day.here.code[e], day.here.count[e])
    go_on(day)
    sink(day)


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
            day.work.at[counted_at(day.net, day.flee, code)] += day.here.count[e]
        elif kind_of(code) == WAITING:
            day.work.at[index_of(code)] += day.here.count[e]
            put(day.tonight, code, day.here.count[e])


@inner
def counted_at(net, flee, code):  # type: ignore[no-untyped-def]
    """Where people who are nowhere on the way count: at home during the harvest."""
    return flee.home[group_of(code)] if k_of(code) == AT_HARVEST else net.a_place[index_of(code)]


# --- decisions


@merged
def morning(day):  # type: ignore[no-untyped-def]
    """Everyone at a place decides; who sees a place that is nearly full does so slice by slice."""
    table, stream = day.here, day.work.stream
    there = table.meta[0]
    slices = day.flee.slices if find_near_full(day) else 1
    for s in range(slices):
        for e in range(there):
            code, count = table.code[e], table.count[e]
            if count <= 0.0 or kind_of(code) != AT_PLACE:
                continue
            if s < slices - 1 and day.work.sees_near_full[day.net.a_place[index_of(code)]]:
                open_stream(stream, day.key, MOVE, code, 2 + s)
                count = part(day.expected, stream, count, 1.0 / (slices - s))
            table.count[e] -= count
            decide(day, code, count, 0.0, IN_THE_MORNING, 10000 + s)


@merged
def go_on(day):  # type: ignore[no-untyped-def]
    """Those who reached a place with km left decide again, in order of slice and km."""
    pool = day.pool
    tick = 0
    while tick <= pool.meta[3]:
        e = pool.head[tick]
        if e < 0:
            tick += 1
            continue
        pool.head[tick] = -1
        while e >= 0:
            code, count, following = pool.code[e], pool.count[e], pool.next[e]
            pool.code[e] = -1  # whoever comes later in this bin is a new cohort
            day.work.at[day.net.a_place[index_of(code)]] += count
            decide(day, code, count, pool.time[e] / count, tick // day.flee.day_bins, 20000 + tick)
            e = following


@inner
def decide(day, code, count, km_today, slice_no, turn):  # type: ignore[no-untyped-def]
    """People at a place stay, or choose a route and set out; who finds a full camp at its end stays."""
    flee, work, stream = day.flee, day.work, day.work.stream
    a, group, mark = index_of(code), group_of(code), mark_of(code)
    place = day.net.a_place[a]
    open_stream(stream, day.key, MOVE, code, turn)
    harvest = home_for_harvest(day, code, place, count)
    following = flee.next_q[flee.epoch[day.number] * day.net.a_place.size + a]
    if following != NO_ROUTE and not harvest:
        keep_to_route(day, a, following, group, mark, count, km_today, slice_no)
        return
    chance = work.chance[place]
    if flee.avoid_short and slice_no >= 0 and flee.town[day.number, place]:
        index = (mark % flee.bins) * (2.0 / flee.bins)
        if (index + km_today / flee.speed) * 0.5 < 0.5:
            chance = 1.0
    leaving = part(day.expected, stream, count, 0.0 if harvest else chance)
    staying = count - leaving
    row = flee.epoch[day.number] * flee.base_a.size + place
    lo, hi = flee.option_start[row], flee.option_start[row + 1]
    if hi == lo:
        staying, leaving = count, 0.0
    if leaving > 0.0:
        weigh(day, place, lo, hi, flee.chooser[group])
        deal(day.expected, stream, leaving, work.weight, lo, hi, work.out)
        for j in range(lo, hi):
            if work.out[j] <= 0.0:
                continue
            if turned_away(day, flee.option_place[j]):
                staying += work.out[j]
            else:
                set_out(day, flee.option_q[j], group, mark, work.out[j], km_today, slice_no)
    rest(day, AT_PLACE, a, AT_HARVEST if harvest else 0, group, mark, staying, km_today)


@inner
def home_for_harvest(day, code, place, count):  # type: ignore[no-untyped-def]
    """Whether people are home for the harvest today; those who go, or come back, change where they count."""
    flee, at, group = day.flee, day.work.at, group_of(code)
    harvest = flee.harvest[day.number] and flee.harvests[group]
    was = k_of(code) == AT_HARVEST
    if harvest and not was:
        at[place] -= count
        at[flee.home[group]] += count
    elif was and not harvest:
        at[place] += count
        at[flee.home[group]] -= count
    return harvest


@inner
def keep_to_route(day, a, following, group, mark, count, km_today, slice_no):  # type: ignore[no-untyped-def]
    """People with a route take its next leg; who finds it closed, or a full camp at its end, drops it and stays."""
    if following == CLOSED or turned_away(day, day.flee.final_place[a]):
        rest(day, AT_PLACE, day.flee.base_a[day.net.a_place[a]], 0, group, mark, count, km_today)
    else:
        set_out(day, following, group, mark, count, km_today, slice_no)


# --- moves


@inner
def set_out(day, q, group, mark, count, km_today, slice_no):  # type: ignore[no-untyped-def]
    """Enter a leg: in the morning to travel with everyone else, later in the day at once."""
    leg = day.net.q_leg[q]
    day.work.at[day.net.leg_from[leg]] -= count
    if slice_no == IN_THE_MORNING:
        put(day.here, pack(ON_LEG, q, 0, group, mark), count)
    else:
        go_along(day, ON_LEG, q, 0, group, mark, count, km_today, slice_no)


@merged
def advance(day, code, count):  # type: ignore[no-untyped-def]
    """A new day on a leg."""
    open_stream(day.work.stream, day.key, MOVE, code, 1)
    go_along(day, kind_of(code), index_of(code), k_of(code), group_of(code), mark_of(code), count, 0.0, 0)


@inner
def go_along(day, kind, q, k, group, mark, count, km_today, slice_no):  # type: ignore[no-untyped-def]
    """Go on along a leg as far as today allows, each at the speed of the day; k tells how much is behind."""
    flee = day.flee
    leg = day.net.q_leg[q]
    walkers = 0.0
    if flee.on_foot and mark >= flee.bins:
        walkers = count
    elif flee.leg_walk[leg] > 0.0:
        walkers = part(day.expected, day.work.stream, count, flee.leg_walk[leg])
    for on_foot in range(2):
        people = walkers if on_foot else count - walkers
        if people <= 0.0:
            continue
        speed = flee.walk if on_foot else flee.leg_speed[leg]
        km_left = flee.km[leg] - km_behind(flee, leg, k, speed)
        further = 0.0
        if flee.one_budget:  # k counts bins of km, rounded at random without bias
            there = km_today + km_left * flee.speed / speed <= flee.speed
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
            then = k + (MIXED_DAYS if on_foot and flee.leg_walk[leg] > 0.0 else 1)
        if there:
            leave(day, kind, q, group, mark, people, km_then, limit, slice_no)
        else:
            rest(day, kind, q, then, group, mark, people - further, km_then)
            rest(day, kind, q, then + 1, group, mark, further, km_then)


@inner
def km_behind(flee, leg, k, speed):  # type: ignore[no-untyped-def]
    """How far along a leg people are in the morning."""
    if flee.one_budget:
        return min(k * flee.bin_km, flee.km[leg])
    if flee.leg_walk[leg] > 0.0:
        return (k // MIXED_DAYS) * flee.walk + (k % MIXED_DAYS) * flee.leg_speed[leg]
    return k * speed


@inner
def leave(day, kind, q, group, mark, count, km_today, speed, slice_no):  # type: ignore[no-untyped-def]
    """Reach the end of a leg: arrive there, or, where it was closed meanwhile, be back at its start for the night."""
    if kind == ON_LEG:
        arrive(day, q, group, mark, count, km_today, speed, slice_no)
        return
    flee = day.flee
    day.work.at[day.net.leg_from[day.net.q_leg[q]]] += count
    rest(day, AT_PLACE, flee.q_back[q], 0, group, mark % flee.bins, count, km_today)


@inner
def arrive(day, q, group, mark, count, km_today, speed, slice_no):  # type: ignore[no-untyped-def]
    """Arrive at the end of a leg: decide again today if km are left, else stay the night."""
    flee, net, work = day.flee, day.net, day.work
    tally(day.records.crossed, day.number, net.q_leg[q], net, pack(ON_LEG, q, 0, group, 0), count)
    a = net.q_arrive[q]
    place = net.a_place[a]
    mark = mark % flee.bins if mark >= flee.bins else mark
    if km_today >= speed:
        work.at[place] += count
        rest(day, AT_PLACE, a, 0, group, mark, count, km_today)
        return
    km_bin = min(np.int64(km_today / flee.bin_km), flee.day_bins - 1)
    code = pack(AT_PLACE, a, 0, group, mark)
    first, last = slice_no, slice_no
    if slice_no == 0 and work.sees_near_full[place]:
        first, last = 1, flee.slices
    for s in range(first, last + 1):
        share = count if s == last else part(day.expected, work.stream, count, 1.0 / (last - s + 1))
        push(day.pool, s * flee.day_bins + km_bin, code, share, km_today)
        count -= share


@inner
def rest(day, kind, index, k, group, mark, count, km_today):  # type: ignore[no-untyped-def]
    """Settle for the night: the travel index becomes (index + km today / speed) / 2, rounded to a bin.

    A cohort is rounded together, up or down at random without bias (in expected mode to the nearest bin): rounding each
    person apart would not change the mean, and would multiply situations.
    """
    flee = day.flee
    if count <= 0.0:
        return
    up = 0.0
    if flee.bins > 1:
        fresh = mark // flee.bins
        value = 0.5 * (mark - fresh * flee.bins + km_today / flee.speed * (0.5 * flee.bins))
        low = min(np.int64(value), flee.bins - 1)
        up = value - low if low < flee.bins - 1 else 0.0
        if not day.expected:
            up = 1.0 if up > uniform(day.work.stream) else 0.0
        mark = fresh * flee.bins + low
    put(day.tonight, pack(kind, index, k, group, mark + 1), count * up)
    put(day.tonight, pack(kind, index, k, group, mark), count - count * up)


@merged
def sink(day):  # type: ignore[no-untyped-def]
    """At night some of those in camps that are sinks stay there for good."""
    flee, table = day.flee, day.tonight
    if flee.sink.size == 0:
        return
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if kind_of(code) != AT_PLACE or count <= 0.0:
            continue
        place = day.net.a_place[index_of(code)]
        if not flee.camp[day.number, place] or flee.sink[place] <= 0.0:
            continue
        open_stream(day.work.stream, day.key, MOVE, code, SETTLING)
        settled = part(day.expected, day.work.stream, count, flee.sink[place])
        table.count[e] -= settled
        put(table, pack(WAITING, place, 0, group_of(code), 0), settled)

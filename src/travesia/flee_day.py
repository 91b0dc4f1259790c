"""One day of the rule `flee`, compiled: spawning, morning decisions, travel with same-day hops, capacity slices.

Flee 3's rule as its source has it on 14 May 2026, for cohorts. What Flee decides person by person in list order is here
the random-order process: where a limited place is nearly full, a cohort is dealt over slices that act one after another.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from travesia.jit import inner, outer

from travesia.cohorts import (
    AT_PLACE,
    ON_LEG,
    TURNING_BACK,
    Floats,
    Ints,
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
from travesia.rng import DEPARTURE, MOVE, uniform


class Flee(NamedTuple):
    """Rule `flee` as arrays. A mark is fresh × bins + travel index; `fresh` people are still on their first leg."""

    bins: int  # of the recent travel index, on [0, 2); 1 where short stints are not avoided
    slices: int
    speed: float  # km a day
    walk: float
    on_foot: int
    avoid_short: int
    bin_km: float
    day_bins: int  # bins of km used today
    buffer: float
    weight_softening: float
    weight_power: float
    pruning: float
    move_chance: Floats  # [day, place]
    town: Ints  # [day, place]
    score: Floats  # [day, place]
    capacity: Floats  # [place] below 1: no limit
    epoch: Ints  # [day] which set of open legs
    option_start: Ints  # [epoch × places + place]
    option_place: Ints  # where the route ends
    option_factor: Floats  # 1 / (softening + km)^distance_power
    option_q: Ints  # first leg and remaining route
    next_q: Ints  # [epoch × a + a]: next leg of the remaining route, −1 closed, −2 no route
    final_place: Ints  # [a] end of the remaining route
    base_a: Ints  # [place] the place without a route
    km: Floats  # [leg]
    closing_start: Ints
    closing_leg: Ints
    spawn: Floats  # [day] how many people start
    spawn_weight: Floats  # [day, place]


@inner
def room(flee, work, place):  # type: ignore[no-untyped-def]
    """Flee's capacity multiplier: 1 while there is room, 0 when full, linear in between."""
    capacity = flee.capacity[place]
    here = work.at[place]
    if capacity < 1.0 or here <= flee.buffer * capacity:
        return 1.0
    if here >= capacity:
        return 0.0
    return 1.0 - (here - flee.buffer * capacity) / (capacity * (1.0 - flee.buffer))


@inner
def rest(flee, night_table, kind, index, k, group, mark, count, km_today, expected, stream):  # type: ignore[no-untyped-def]
    """Settle for the night: the travel index becomes (index + km today / speed) / 2, rounded to a bin.

    A cohort is rounded together, up or down at random without bias (in expected mode to the nearest bin): rounding each
    person apart would not change the mean, and would multiply situations.
    """
    if count <= 0.0:
        return
    if flee.bins == 1:
        put(night_table, pack(kind, index, k, group, mark), count)
        return
    fresh = mark // flee.bins
    value = 0.5 * (mark - fresh * flee.bins + km_today / flee.speed * (0.5 * flee.bins))
    low = np.int64(value)
    if value - low > (0.5 if expected else uniform(stream)):
        low += 1
    put(night_table, pack(kind, index, k, group, fresh * flee.bins + min(low, flee.bins - 1)), count)


@inner
def weigh(flee, work, day, place, lo, hi):  # type: ignore[no-untyped-def]
    """Weights of the options of a place into `work.weight`; kept for the day unless a limited place is nearly full."""
    if work.weighed_on[place] == day and not work.sees_near_full[place]:
        return
    work.weighed_on[place] = day
    total, largest = 0.0, 0.0
    for j in range(lo, hi):
        end = flee.option_place[j]
        weight = (flee.weight_softening + flee.score[day, end]) * flee.option_factor[j] * room(flee, work, end)
        if flee.weight_power != 1.0:
            weight = weight**flee.weight_power
        work.weight[j] = weight
        total += weight
        largest = max(largest, weight)
    if flee.pruning > 1.001:
        for j in range(lo, hi):
            if work.weight[j] < largest / flee.pruning:
                work.weight[j] = 0.0
    if total <= 0.0:
        for j in range(lo, hi):
            work.weight[j] = 1.0


@inner
def arrive(
    flee,
    net,
    records,
    pool,
    night_table,
    work,
    day,
    q,
    group,
    mark,
    count,
    km_today,
    speed,
    slice,
    expected,
    stream,
):  # type: ignore[no-untyped-def]
    """Arrive at the end of a leg: decide again today if km are left, else stay the night."""
    tally(records.crossed, day, net.q_leg[q], net, pack(ON_LEG, q, 0, group, 0), count)
    a = net.q_arrive[q]
    place = net.a_place[a]
    mark = mark % flee.bins if mark >= flee.bins else mark
    if km_today >= speed:
        work.at[place] += count
        rest(flee, night_table, AT_PLACE, a, 0, group, mark, count, km_today, expected, stream)
        return
    bin = min(np.int64(km_today / flee.bin_km), flee.day_bins - 1)
    code = pack(AT_PLACE, a, 0, group, mark)
    first, last = slice, slice
    if slice == 0 and work.sees_near_full[place]:
        first, last = 1, flee.slices
    for s in range(first, last + 1):
        share = count if s == last else part(expected, stream, count, 1.0 / (last - s + 1))
        push(pool, s * flee.day_bins + bin, code, share, km_today)
        count -= share


@inner
def set_out(
    flee,
    net,
    records,
    pool,
    table,
    night_table,
    work,
    day,
    q,
    group,
    mark,
    count,
    km_today,
    slice,
    expected,
    stream,
):  # type: ignore[no-untyped-def]
    """Enter a leg: in the morning (slice −1) to travel with everyone else, later in the day with a full day's speed."""
    work.at[net.leg_from[net.q_leg[q]]] -= count
    if slice < 0:
        put(table, pack(ON_LEG, q, 0, group, mark), count)
        return
    km = flee.km[net.q_leg[q]]
    if flee.speed > km:
        arrive(
            flee,
            net,
            records,
            pool,
            night_table,
            work,
            day,
            q,
            group,
            mark,
            count,
            km_today + km,
            flee.speed,
            slice,
            expected,
            stream,
        )
    else:
        rest(flee, night_table, ON_LEG, q, 1, group, mark, count, km_today + flee.speed, expected, stream)


@inner
def decide(
    flee,
    net,
    meeting,
    records,
    pool,
    table,
    night_table,
    work,
    day,
    day_key,
    code,
    count,
    km_today,
    slice,
    turn,
    expected,
):  # type: ignore[no-untyped-def]
    """People at a place stay, or choose a route and set out; who finds the end of the route full stays."""
    stream = work.stream
    a, group, mark = index_of(code), group_of(code), mark_of(code)
    place = net.a_place[a]
    open_stream(stream, day_key, MOVE, code, turn)
    following = flee.next_q[flee.epoch[day] * net.a_place.size + a]
    chance = 1.0 if following != -2 else flee.move_chance[day, place]
    if flee.avoid_short and slice >= 0 and flee.town[day, place]:
        index = (mark % flee.bins) * (2.0 / flee.bins)
        if (index + km_today / flee.speed) * 0.5 < 0.5:
            chance = 1.0
    leaving = part(expected, stream, count, chance)
    home = flee.base_a[place]
    staying = count - leaving  # with a route left only those who find the way closed or the end full stay at `home`
    if home != a:
        rest(flee, night_table, AT_PLACE, a, 0, group, mark, staying, km_today, expected, stream)
        staying = 0.0
    row = flee.epoch[day] * flee.base_a.size + place
    lo, hi = flee.option_start[row], flee.option_start[row + 1]
    if following >= 0:
        hi = lo + 1
        work.out[lo] = leaving
    elif following == -1 or leaving <= 0.0:
        hi = lo
    if following == -2 and hi > lo:
        weigh(flee, work, day, place, lo, hi)
        deal(expected, stream, leaving, work.weight, lo, hi, work.out)
    if hi == lo:
        staying += leaving
    for j in range(lo, hi):
        going = work.out[j]
        if going <= 0.0:
            continue
        end = flee.final_place[a] if following >= 0 else flee.option_place[j]
        if room(flee, work, end) < 0.5:
            staying += going
            continue
        q = following if following >= 0 else flee.option_q[j]
        set_out(
            flee, net, records, pool, table, night_table, work, day, q, group, mark, going, km_today, slice, expected, stream
        )  # fmt: skip
    rest(flee, night_table, AT_PLACE, home, 0, group, mark, staying, km_today, expected, stream)


@outer
def who_may_come(flee, net, table, work, day):  # type: ignore[no-untyped-def]
    """How many people may reach each place today: all on a leg to it, or to a place from which it can be chosen."""
    work.came[:] = 0.0
    work.coming[:] = 0.0
    for e in range(table.meta[0]):
        if kind_of(table.code[e]) == ON_LEG:
            work.came[net.leg_to[net.q_leg[index_of(table.code[e])]]] += table.count[e]
    for place in range(flee.base_a.size):
        if work.came[place] <= 0.0:
            continue
        work.coming[place] += work.came[place]
        row = flee.epoch[day] * flee.base_a.size + place
        for j in range(flee.option_start[row], flee.option_start[row + 1]):
            work.coming[flee.option_place[j]] += work.came[place]


@outer
def find_near_full(flee, work, day):  # type: ignore[no-untyped-def]
    """Mark limited places whose room may change now, and the places from where they can be chosen; whether any is."""
    any_near = False
    for place in range(flee.capacity.size):
        work.near_full[place] = 0
        work.sees_near_full[place] = 0
        capacity = flee.capacity[place]
        if capacity < 1.0:
            continue
        here = work.at[place]
        may_go = 4.0 * flee.move_chance[day, place] * here + 3.0
        if here + work.coming[place] > flee.buffer * capacity and here - may_go < capacity:
            work.near_full[place] = 1
            any_near = True
    if not any_near:
        return False
    for place in range(flee.capacity.size):
        row = flee.epoch[day] * flee.base_a.size + place
        seen = work.near_full[place]
        for j in range(flee.option_start[row], flee.option_start[row + 1]):
            seen |= work.near_full[flee.option_place[j]]
        work.sees_near_full[place] = seen
    return True


@outer
def spawn(flee, net, meeting, records, table, work, day, day_key, expected):  # type: ignore[no-untyped-def]
    """Deal the people who start today over the places in conflict."""
    if flee.spawn[day] <= 0.0:
        return
    places = flee.base_a.size
    for place in range(places):
        meeting.weight[place] = flee.spawn_weight[day, place]
    open_stream(work.stream, day_key, DEPARTURE, 0, 0)
    deal(expected, work.stream, flee.spawn[day], meeting.weight, 0, places, meeting.out)
    for place in range(places):
        count = meeting.out[place]
        if count > 0.0:
            code = pack(AT_PLACE, flee.base_a[place], 0, 0, flee.bins)
            put(table, code, count)
            tally(records.departed, day, 0, net, code, count)


@outer
def turn_back_on_closed(flee, net, table, work, day):  # type: ignore[no-untyped-def]
    """People on a leg that closes today will be sent back to its start when they reach its end."""
    lo, hi = flee.closing_start[day], flee.closing_start[day + 1]
    if lo == hi:
        return
    for i in range(lo, hi):
        work.closing[flee.closing_leg[i]] = 1
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if kind_of(code) == ON_LEG and count > 0.0 and work.closing[net.q_leg[index_of(code)]]:
            table.count[e] = 0.0
            put(table, code + ((TURNING_BACK - ON_LEG) << 60), count)
    for i in range(lo, hi):
        work.closing[flee.closing_leg[i]] = 0


@inner
def advance(flee, net, records, pool, night_table, work, day, day_key, code, count, expected):  # type: ignore[no-untyped-def]
    """One day on a leg: arrive when more km are behind than the leg has, else stay on it."""
    q, group, mark, passes = index_of(code), group_of(code), mark_of(code), k_of(code)
    leg = net.q_leg[q]
    speed = flee.walk if flee.on_foot and mark >= flee.bins else flee.speed
    open_stream(work.stream, day_key, MOVE, code, 1)
    if (passes + 1) * speed <= flee.km[leg]:
        rest(
            flee, night_table, kind_of(code), q, passes + 1, group, mark, count, speed, expected, work.stream
        )
        return
    km_today = flee.km[leg] - passes * speed
    if kind_of(code) == ON_LEG:
        arrive(
            flee,
            net,
            records,
            pool,
            night_table,
            work,
            day,
            q,
            group,
            mark,
            count,
            km_today,
            speed,
            0,
            expected,
            work.stream,
        )
        return
    start = net.leg_from[leg]
    work.at[start] += count
    rest(
        flee,
        night_table,
        AT_PLACE,
        flee.base_a[start],
        0,
        group,
        mark % flee.bins,
        count,
        km_today,
        expected,
        work.stream,
    )


@outer
def flee_day(flee, net, meeting, records, pool, table, night_table, work, day, day_key, expected):  # type: ignore[no-untyped-def]
    """One day: spawning, closures, everyone at a place decides, everyone on a leg advances and may go on."""
    spawn(flee, net, meeting, records, table, work, day, day_key, expected)
    turn_back_on_closed(flee, net, table, work, day)
    work.at[:] = 0.0
    there = table.meta[0]
    for e in range(there):
        if kind_of(table.code[e]) == AT_PLACE:
            work.at[net.a_place[index_of(table.code[e])]] += table.count[e]
    work.coming[:] = 0.0
    slices = flee.slices if find_near_full(flee, work, day) else 1
    for s in range(slices):
        for e in range(there):
            code, count = table.code[e], table.count[e]
            if count <= 0.0 or kind_of(code) != AT_PLACE:
                continue
            if s < slices - 1 and work.sees_near_full[net.a_place[index_of(code)]]:
                open_stream(work.stream, day_key, MOVE, code, 2 + s)
                count = part(expected, work.stream, count, 1.0 / (slices - s))
            table.count[e] -= count
            decide(
                flee,
                net,
                meeting,
                records,
                pool,
                table,
                night_table,
                work,
                day,
                day_key,
                code,
                count,
                0.0,
                -1,
                10000 + s,
                expected,
            )
    who_may_come(flee, net, table, work, day)
    find_near_full(flee, work, day)
    for e in range(table.meta[0]):
        if kind_of(table.code[e]) != AT_PLACE and table.count[e] > 0.0:
            advance(
                flee,
                net,
                records,
                pool,
                night_table,
                work,
                day,
                day_key,
                table.code[e],
                table.count[e],
                expected,
            )
    bin = 0
    while bin <= pool.meta[3]:
        e = pool.head[bin]
        if e < 0:
            bin += 1
            continue
        pool.head[bin] = -1
        while e >= 0:
            code, count = pool.code[e], pool.count[e]
            pool.code[e] = -1
            following = pool.next[e]
            work.at[net.a_place[index_of(code)]] += count
            decide(
                flee,
                net,
                meeting,
                records,
                pool,
                table,
                night_table,
                work,
                day,
                day_key,
                code,
                count,
                pool.time[e] / count,
                bin // flee.day_bins,
                20000 + bin,
                expected,
            )
            e = following


__all__ = ["Flee", "flee_day"]

"""The day's arithmetic, compiled: morning, travel, night, record, for both movement rules.

`run` loops over the days. What differs between the rules is how a cohort chooses its way and how a leg takes up the
day; the cohorts, the split and the records are the same. docs/model.md tells it in words, in the same order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from travesia.jit import compiled, inner, outer
from numpy.typing import NDArray

from travesia.cohorts import (
    AT_PLACE,
    ON_LEG,
    WAITING,
    Floats,
    Ints,
    clear,
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
from travesia.flee_day import Day as FleeDay
from travesia.flee_day import flee_day
from travesia.measures import (
    ARRIVE,
    HARM,
    LEAVE,
    MORNING,
    NIGHT,
    SHELTER,
    join,
    meet,
    remember,
    settle,
)
from travesia.rng import MOVE, ROUTE_SHOCK, WAIT, fold, gamma

ARRIVED, GAVE_UP = 3, 4  # positions in scenario.FINAL_OUTCOMES
END_OF_DAY = 1.0 - 1e-9


class Goal(NamedTuple):
    """Rule `goal` as arrays; `way` says which set of options (open legs and believed costs) a place has on a day."""

    aims: int  # destinations + 1; aim 0 is "heading nowhere"
    aim_place: Ints
    leave_chance: Floats  # [place]
    give_up: float
    leg_days: Floats  # [group × legs + leg]
    way: Ints  # [day × places + place]
    way_start: Ints
    way_leg: Ints
    way_chance: Floats  # [option × aims + aim]
    way_open: Ints  # [way × aims + aim]
    concentration: float
    shock_group: Ints  # [group] parties that share the shock on route choice
    leg_bins: int
    time_bins: int


class Departures(NamedTuple):
    """Who starts: rows [start[day], start[day + 1]) of situation and parties."""

    start: Ints
    code: Ints
    count: Floats


class Work(NamedTuple):
    """Scratch arrays."""

    stream: NDArray[np.uint64]
    place_head: Ints
    touched: Ints
    link: Ints
    at: Floats  # [place] parties there now
    came: Floats  # [place] arrivals of the day
    coming: Floats  # [place] parties on a leg towards it last night
    near_full: Ints
    sees_near_full: Ints
    closing: Ints  # [leg]
    weight: Floats  # [option of the rule flee]
    out: Floats
    weighed_on: Ints  # [place] day


@outer
def stands(measures, day, place, moments):  # type: ignore[no-untyped-def]
    """Whether a measure acts at this place (or on a leg into it: never asked for) at one of these moments."""
    for i in range(measures.at_start[place], measures.at_start[place + 1]):
        m = measures.at[i]
        if measures.moments[m] & moments and measures.share[day, m] > 0.0:
            return True
    return False


@outer
def waiting_lists(measures, meeting, table, night_table, day_key, expected, stream, aims):  # type: ignore[no-untyped-def]
    """People whose days on a waiting list are over go to the target of their measure; the others wait on."""
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if kind_of(code) != WAITING or count <= 0.0:
            continue
        m, aim, k = index_of(code) // aims, index_of(code) % aims, k_of(code)
        if measures.waits_geometric[m]:
            open_stream(stream, day_key, WAIT, code, 0)
            due = part(expected, stream, count, 1.0 / measures.wait_days[m])
        else:
            due = count if k <= 1 else 0.0
        waiting = pack(WAITING, m * aims + aim, max(k - 1, 0), group_of(code), mark_of(code))
        put(night_table, waiting, count - due)
        remember(
            meeting, pack(AT_PLACE, measures.target[m] * aims + aim, 0, group_of(code), mark_of(code)), due
        )
        table.count[e] = 0.0
    settle(meeting, table)


@inner
def sort_by_place(table, net, measures, work, day, moments):  # type: ignore[no-untyped-def]
    """Link the cohorts at places where a measure acts at these moments; the number of such places."""
    touched = 0
    for e in range(table.meta[0]):
        code = table.code[e]
        if kind_of(code) != AT_PLACE or table.count[e] <= 0.0:
            continue
        place = net.a_place[index_of(code)]
        if work.place_head[place] == -1:
            if not stands(measures, day, place, moments):
                continue
            work.touched[touched] = place
            touched += 1
        work.link[e] = work.place_head[place]
        work.place_head[place] = e
    return touched


@outer
def round_at_places(
    table, night_table, net, measures, meeting, records, work, day, day_key, aims, moments, expected
):  # type: ignore[no-untyped-def]
    """The measures of every place act, moment after moment, on the cohorts of a table that are there."""
    touched = sort_by_place(table, net, measures, work, day, moments)
    for i in range(touched):
        place = work.touched[i]
        meeting.size[0] = 0
        e = work.place_head[place]
        while e >= 0:
            join(meeting, table.code[e], table.count[e], 0.0)
            e = work.link[e]
        for moment in (MORNING, NIGHT, SHELTER, HARM):
            if moments & moment:
                meet(
                    measures,
                    meeting,
                    net,
                    records,
                    night_table,
                    day,
                    day_key,
                    place,
                    aims,
                    moment,
                    0,
                    expected,
                    work.stream,
                )
        e, k = work.place_head[place], 0
        while e >= 0:
            table.count[e] = meeting.count[k]
            e, k = work.link[e], k + 1
        work.place_head[place] = -1
    settle(meeting, table)


@inner
def enter(goal, net, pool, night_table, aim, leg, group, mark, count, time, expected, stream):  # type: ignore[no-untyped-def]
    """Enter a leg at a time of the day: arrive today, or keep what is left in whole bins, rounded without bias."""
    q = leg * goal.aims + aim
    arrival = time + goal.leg_days[group * net.leg_to.size + leg]
    if arrival <= 1.0:
        push(pool, np.int64(arrival * goal.time_bins), pack(ON_LEG, q, 0, group, mark), count, arrival)
        return
    left = (arrival - 1.0) * goal.leg_bins
    bins = np.int64(left)
    up = part(expected, stream, count, left - bins)
    put(night_table, pack(ON_LEG, q, bins, group, mark), count - up)
    put(night_table, pack(ON_LEG, q, bins + 1, group, mark), up)


@inner
def choose_way(
    goal,
    net,
    meeting,
    pool,
    night_table,
    day,
    day_key,
    place,
    aim,
    group,
    mark,
    count,
    time,
    expected,
    stream,
):  # type: ignore[no-untyped-def]
    """Split a leaving cohort over the open legs by the recursive logit, with the shock of the day if there is one."""
    way = goal.way[day * goal.leave_chance.size + place]
    lo, hi = goal.way_start[way], goal.way_start[way + 1]
    for j in range(lo, hi):
        meeting.weight[j - lo] = goal.way_chance[j * goal.aims + aim]
    if goal.concentration < np.inf and not expected:
        for j in range(lo, hi):
            if meeting.weight[j - lo] > 0.0:
                shock = work_key(day_key, place, aim, goal.shock_group[group], goal.way_leg[j])
                meeting.shock[0] = shock
                meeting.weight[j - lo] = (
                    gamma(meeting.shock, goal.concentration * meeting.weight[j - lo]) + 1e-300
                )
    deal(expected, stream, count, meeting.weight, 0, hi - lo, meeting.out)
    for j in range(lo, hi):
        if meeting.out[j - lo] > 0.0:
            enter(
                goal,
                net,
                pool,
                night_table,
                aim,
                goal.way_leg[j],
                group,
                mark,
                meeting.out[j - lo],
                time,
                expected,
                stream,
            )


@inner
def work_key(day_key, place, aim, shared_by, leg):  # type: ignore[no-untyped-def]
    """The key of the shock on one option."""
    key = fold(fold(day_key, np.uint64(ROUTE_SHOCK)), np.uint64(place))
    return fold(fold(fold(key, np.uint64(aim)), np.uint64(shared_by)), np.uint64(leg))


@inner
def morning_at_place(
    goal, net, meeting, records, pool, night_table, day, day_key, code, count, expected, stream
):  # type: ignore[no-untyped-def]
    """Who is at a place in the morning stays, gives up, or would leave (and then meets who stands in the way)."""
    place, aim = net.a_place[index_of(code)], index_of(code) % goal.aims
    if aim == 0 or goal.leave_chance[place] <= 0.0:
        put(night_table, code, count)
        return
    if goal.aim_place[aim] == place:
        tally(records.outcomes, day, ARRIVED, net, code, count)
        return
    open_stream(stream, day_key, MOVE, code, 0)
    if not goal.way_open[goal.way[day * goal.leave_chance.size + place] * goal.aims + aim]:
        gone = part(expected, stream, count, goal.give_up)
        tally(records.outcomes, day, GAVE_UP, net, code, gone)
        put(night_table, code, count - gone)
        return
    leaving = part(expected, stream, count, goal.leave_chance[place])
    put(night_table, code, count - leaving)
    push(pool, 0, code, leaving, 0.0)


@inner
def go_on(goal, net, meeting, records, pool, night_table, day, day_key, place, e, bin, expected, stream):  # type: ignore[no-untyped-def]
    """What a cohort does once the measures of the place have let it through."""
    code, count, time = meeting.code[e], meeting.count[e], meeting.time[e]
    if count <= 0.0:
        return
    group, mark, aim = group_of(code), mark_of(code), index_of(code) % goal.aims
    here = pack(AT_PLACE, place * goal.aims + aim, 0, group, mark)
    open_stream(stream, day_key, MOVE, code, bin + 1)
    if kind_of(code) == ON_LEG:
        tally(records.crossed, day, net.q_leg[index_of(code)], net, code, count)
        if goal.aim_place[aim] == place:
            tally(records.outcomes, day, ARRIVED, net, here, count)
            return
        way = goal.way[day * goal.leave_chance.size + place]
        if time >= END_OF_DAY or not goal.way_open[way * goal.aims + aim]:
            put(night_table, here, count)
            return
        leaving = part(expected, stream, count, goal.leave_chance[place])
        put(night_table, here, count - leaving)
        count = leaving
    if count > 0.0:
        choose_way(
            goal,
            net,
            meeting,
            pool,
            night_table,
            day,
            day_key,
            place,
            aim,
            group,
            mark,
            count,
            time,
            expected,
            stream,
        )


@outer
def travel_bin(goal, net, measures, meeting, records, pool, night_table, work, day, day_key, bin, expected):  # type: ignore[no-untyped-def]
    """Everyone who is at a place in this time bin meets its measures, and goes on or stays."""
    touched = 0
    e = pool.head[bin]
    pool.head[bin] = -1
    while e >= 0:
        code = pool.code[e]
        place = (
            net.a_place[index_of(code)]
            if kind_of(code) == AT_PLACE
            else net.leg_to[net.q_leg[index_of(code)]]
        )
        if work.place_head[place] == -1:
            work.touched[touched] = place
            touched += 1
        following = pool.next[e]
        pool.next[e] = work.place_head[place]
        work.place_head[place] = e
        e = following
    for i in range(touched):
        place = work.touched[i]
        meeting.size[0] = 0
        e = work.place_head[place]
        while e >= 0:
            join(meeting, pool.code[e], pool.count[e], pool.time[e] / pool.count[e])
            pool.code[e] = -1  # whoever comes later in this bin is a new cohort
            e = pool.next[e]
        work.place_head[place] = -1
        arrived = meeting.size[0]
        for k in range(arrived):
            meeting.moved_count[meeting.moved_count.size - 1 - k] = meeting.count[k]
        meet(
            measures,
            meeting,
            net,
            records,
            night_table,
            day,
            day_key,
            place,
            goal.aims,
            LEAVE | ARRIVE,
            bin,
            expected,
            work.stream,
        )
        for k in range(arrived):
            if kind_of(meeting.code[k]) == ON_LEG:  # stopped on arrival: they finished the leg all the same
                stopped = meeting.moved_count[meeting.moved_count.size - 1 - k] - meeting.count[k]
                tally(
                    records.crossed, day, net.q_leg[index_of(meeting.code[k])], net, meeting.code[k], stopped
                )
            go_on(
                goal,
                net,
                meeting,
                records,
                pool,
                night_table,
                day,
                day_key,
                place,
                k,
                bin,
                expected,
                work.stream,
            )


@outer
def goal_day(goal, net, measures, meeting, records, pool, table, night_table, work, day, day_key, expected):  # type: ignore[no-untyped-def]
    """One day of the rule `goal`: waiting lists, morning, travel, night."""
    for m in range(meeting.left.size):
        meeting.left[m] = measures.quota[day, m]
    waiting_lists(measures, meeting, table, night_table, day_key, expected, work.stream, goal.aims)
    round_at_places(
        table, night_table, net, measures, meeting, records, work, day, day_key, goal.aims, MORNING, expected
    )
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if count <= 0.0:
            continue
        if kind_of(code) == AT_PLACE:
            morning_at_place(
                goal,
                net,
                meeting,
                records,
                pool,
                night_table,
                day,
                day_key,
                code,
                count,
                expected,
                work.stream,
            )
            continue
        bins = k_of(code)
        if bins > goal.leg_bins:
            put(
                night_table,
                pack(ON_LEG, index_of(code), bins - goal.leg_bins, group_of(code), mark_of(code)),
                count,
            )
            continue
        time = bins / goal.leg_bins
        push(
            pool,
            np.int64(time * goal.time_bins),
            pack(ON_LEG, index_of(code), 0, group_of(code), mark_of(code)),
            count,
            time,
        )
    bin = 0
    while bin <= pool.meta[3]:
        if pool.head[bin] >= 0:
            travel_bin(
                goal, net, measures, meeting, records, pool, night_table, work, day, day_key, bin, expected
            )
        else:
            bin += 1
    night = NIGHT | SHELTER | HARM
    round_at_places(
        night_table,
        night_table,
        net,
        measures,
        meeting,
        records,
        work,
        day,
        day_key,
        goal.aims,
        night,
        expected,
    )


@outer
def record(net, held_at, records, table, work, day, aims):  # type: ignore[no-untyped-def]
    """Count people where they spend the night."""
    work.coming[:] = 0.0
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if count <= 0.0:
            continue
        if kind_of(code) == AT_PLACE:
            tally(records.people, day, net.a_place[index_of(code)], net, code, count)
        elif kind_of(code) == WAITING:
            tally(records.people, day, held_at[index_of(code) // aims], net, code, count)
        else:
            leg = net.q_leg[index_of(code)]
            work.coming[net.leg_to[leg]] += count
            tally(records.in_transit, day, 0, net, code, count)


@inner
def open_day(day, net, records, departures, here, tonight, pool):  # type: ignore[no-untyped-def]
    """Start a day: empty the tables of the night and of the day, let the departures of the day appear."""
    clear(tonight)
    clear(pool)
    pool.meta[3] = -1
    for i in range(departures.start[day], departures.start[day + 1]):
        put(here, departures.code[i], departures.count[i])
        tally(records.departed, day, 0, net, departures.code[i], departures.count[i])


@inner
def overflowed(here, tonight, pool, meeting):  # type: ignore[no-untyped-def]
    return here.meta[1] or tonight.meta[1] or pool.meta[1] or meeting.size[2]


@compiled
def run_goal(days, expected, key, net, goal, measures, departures, records, table, night_table, pool, meeting, work):  # type: ignore[no-untyped-def]
    """One replicate of the rule `goal`; True when a table overflowed and the run must be repeated with larger ones."""
    here, tonight = table, night_table
    for day in range(days):
        open_day(day, net, records, departures, here, tonight, pool)
        day_key = fold(key, np.uint64(day))
        goal_day(goal, net, measures, meeting, records, pool, here, tonight, work, day, day_key, expected)
        record(net, measures.place, records, tonight, work, day, goal.aims)
        if overflowed(here, tonight, pool, meeting):
            return True
        here, tonight = tonight, here
    return False


@compiled
def run_flee(days, expected, key, net, flee, departures, records, table, night_table, pool, work):  # type: ignore[no-untyped-def]
    """One replicate of the rule `flee`; True when a table overflowed and the run must be repeated with larger ones."""
    here, tonight = table, night_table
    for day in range(days):
        open_day(day, net, records, departures, here, tonight, pool)
        day_key = fold(key, np.uint64(day))
        flee_day(FleeDay(day, day_key, expected, net, flee, records, pool, here, tonight, work))
        record(net, flee.base_a, records, tonight, work, day, 1)
        if here.meta[1] or tonight.meta[1] or pool.meta[1]:
            return True
        here, tonight = tonight, here
    return False

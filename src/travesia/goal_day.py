"""One day of the rule `goal`, compiled: waiting lists, morning, travel, night. docs/model.md tells it in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from travesia.cohorts import (
    AT_PLACE,
    ON_LEG,
    OUTSIDE,
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
    moved,
    open_stream,
    pack,
    part,
    push,
    put,
    tally,
)
from travesia.jit import inner, merged, outer
from travesia.measure_arrays import ARRIVE, HARM, LEAVE, MOMENTS, MORNING, NIGHT, SHELTER, Measures, Meeting
from travesia.measures import deliver, join, meet, put_back
from travesia.rng import MOVE, ROUTE_SHOCK, WAIT, fold, gamma

ARRIVED, GAVE_UP = 3, 4  # positions in scenario.FINAL_OUTCOMES
# of a fixed type: for a plain constant Numba would compile the functions it is given to once more
FIRST = np.int64(0)
IN_THE_MORNING, ON_THE_WAY = np.int64(MORNING), np.int64(LEAVE | ARRIVE)
AT_NIGHT = np.int64(NIGHT | SHELTER | HARM)


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


class Work(NamedTuple):
    """Scratch arrays."""

    stream: NDArray[np.uint64]
    place_head: Ints
    touched: Ints
    link: Ints
    trail: Floats  # who went where today (`cohorts.note`); empty where nobody follows it


class Day(NamedTuple):
    """What always travels together on a day of the rule `goal`; `here` empties into `tonight`."""

    number: int
    key: np.uint64
    expected: bool
    aims: int
    net: Net
    goal: Goal
    measures: Measures
    meeting: Meeting
    records: Records
    pool: Pool
    here: Table
    tonight: Table
    work: Work


@merged
def goal_day(day):  # type: ignore[no-untyped-def]
    """Everything between the departures of a day and its record."""
    for m in range(day.meeting.left.size):
        day.meeting.left[m] = day.measures.quota[day.number, m]
    waiting_lists(day)
    round_at_places(day, day.here, IN_THE_MORNING)
    wake_up(day)
    tick, again = FIRST, FIRST
    while tick <= day.pool.meta[3]:
        if day.pool.head[tick] >= 0:
            travel(day, tick, again)
            again += 1
        else:
            tick, again = tick + 1, FIRST
    round_at_places(day, day.tonight, AT_NIGHT)


# --- waiting lists, and measures on those who are at a place


@merged
def waiting_lists(day):  # type: ignore[no-untyped-def]
    """People whose days on a waiting list are over go to the target of their measure; the others wait on."""
    table, measures = day.here, day.measures
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if kind_of(code) != WAITING or count <= 0.0:
            continue
        line, aim = index_of(code) // day.aims, index_of(code) % day.aims
        m = measures.list_measure[line]
        due = count if k_of(code) <= 1 else 0.0
        if measures.waits_geometric[m]:
            open_stream(day.work.stream, day.key, WAIT, code, 0)
            due = part(day.expected, day.work.stream, count, 1.0 / measures.wait_days[m])
        days = max(k_of(code) - 1, 0)
        put(day.tonight, pack(WAITING, index_of(code), days, group_of(code), mark_of(code)), count - due)
        table.count[e] = 0.0
        if due > 0.0:
            place, back = measures.list_place[line], measures.list_back[line]
            deliver(day, m, aim, group_of(code), mark_of(code), due, place, back, IN_THE_MORNING)
    put_back(day.meeting, table)


@outer
def round_at_places(day, table, moments):  # type: ignore[no-untyped-def]
    """The measures of every place act, moment after moment, on the cohorts of a table that are there."""
    work, meeting = day.work, day.meeting
    arrays = (meeting.code, meeting.count, meeting.time, meeting.size)
    touched = sort_by_place(day, table, moments)
    for i in range(touched):
        place = work.touched[i]
        meeting.size[0] = 0
        e = work.place_head[place]
        while e >= 0:
            join(*arrays, table.code[e], table.count[e], 0.0)
            e = work.link[e]
        for moment in (MORNING, NIGHT, SHELTER, HARM):
            if moments & moment and acts_at(day.measures, day.number, place, moment):
                meet(day, place, moment, FIRST)
        e, k = work.place_head[place], 0
        while e >= 0 and k < meeting.size[0]:
            table.count[e] = meeting.count[k]
            e, k = work.link[e], k + 1
        work.place_head[place] = -1
    put_back(meeting, table)


@merged
def sort_by_place(day, table, moments):  # type: ignore[no-untyped-def]
    """Link the cohorts at places where a measure acts at these moments; the number of such places."""
    work = day.work
    touched = 0
    for e in range(table.meta[0]):
        code = table.code[e]
        if kind_of(code) != AT_PLACE or table.count[e] <= 0.0:
            continue
        place = day.net.a_place[index_of(code)]
        if work.place_head[place] == -1:
            if not acts_at(day.measures, day.number, place, moments):
                continue
            work.touched[touched] = place
            touched += 1
        work.link[e] = work.place_head[place]
        work.place_head[place] = e
    return touched


@inner
def acts_at(measures, day, place, moments):  # type: ignore[no-untyped-def]
    """Whether a measure acts at this place on this day, at one of these moments, in whatever turn."""
    return measures.standing[day, place] & (moments | moments << MOMENTS | moments << 2 * MOMENTS) != 0


# --- travel


@merged
def wake_up(day):  # type: ignore[no-untyped-def]
    """Everyone at a place or on a leg starts the day; who does not reach the end of the leg today stays on it."""
    table, leg_bins = day.here, day.goal.leg_bins
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if count <= 0.0:
            continue
        if kind_of(code) == AT_PLACE:
            morning_at_place(day, code, count)
            continue
        bins = k_of(code)
        if bins > leg_bins:
            put(
                day.tonight,
                pack(ON_LEG, index_of(code), bins - leg_bins, group_of(code), mark_of(code)),
                count,
            )
            continue
        arriving = pack(ON_LEG, index_of(code), 0, group_of(code), mark_of(code))
        time = bins / leg_bins
        push(day.pool, np.int64(time * day.goal.time_bins), arriving, count, time)


@inner
def morning_at_place(day, code, count):  # type: ignore[no-untyped-def]
    """Who is at a place in the morning has arrived, stays, gives up, or would leave and meets who stands there."""
    goal, stream = day.goal, day.work.stream
    place, aim = day.net.a_place[index_of(code)], index_of(code) % day.aims
    if aim > 0 and goal.aim_place[aim] == place:
        tally(day.records.outcomes, day.number, ARRIVED, day.net, code, count)
        moved(day, place, OUTSIDE, group_of(code), count)
        return
    if aim == 0 or goal.leave_chance[place] <= 0.0:
        put(day.tonight, code, count)
        return
    open_stream(stream, day.key, MOVE, code, 0)
    if not goal.way_open[way_of(day, place) * day.aims + aim]:
        gone = part(day.expected, stream, count, goal.give_up)
        tally(day.records.outcomes, day.number, GAVE_UP, day.net, code, gone)
        moved(day, place, OUTSIDE, group_of(code), gone)
        put(day.tonight, code, count - gone)
        return
    leaving = part(day.expected, stream, count, goal.leave_chance[place])
    put(day.tonight, code, count - leaving)
    push(day.pool, 0, code, leaving, 0.0)


@inner
def way_of(day, place):  # type: ignore[no-untyped-def]
    """Which set of options a place has today."""
    return day.goal.way[day.number * day.goal.leave_chance.size + place]


@outer
def travel(day, tick, again):  # type: ignore[no-untyped-def]
    """Everyone who is at a place in this time bin meets its measures, and goes on or stays.

    again : how often the bin was gone through before; short legs bring people back into it.
    """
    pool, meeting, work, net = day.pool, day.meeting, day.work, day.net
    arrays = (meeting.code, meeting.count, meeting.time, meeting.size)
    moment_of_day = again * (day.goal.time_bins + 2) + tick
    places = day.goal.leave_chance.size
    touched = sort_pool(day, tick)
    for i in range(touched):
        place = work.touched[i]
        meeting.size[0] = 0
        e = work.place_head[place]
        while e >= 0:
            code = pool.code[e]
            join(*arrays, code, pool.count[e], pool.time[e] / pool.count[e])
            if kind_of(code) == ON_LEG:
                leg = net.q_leg[index_of(code)]
                tally(day.records.crossed, day.number, leg, net, code, pool.count[e])
                moved(day, places + leg, place, group_of(code), pool.count[e])
            pool.code[e] = -1  # whoever comes later in this bin is a new cohort
            e = pool.next[e]
        work.place_head[place] = -1
        if acts_at(day.measures, day.number, place, ON_THE_WAY):
            meet(day, place, ON_THE_WAY, moment_of_day)
        for k in range(meeting.size[0]):
            if meeting.count[k] > 0.0:
                go_on(day, place, k, tick, moment_of_day)


@merged
def sort_pool(day, tick):  # type: ignore[no-untyped-def]
    """Link the cohorts of a time bin by place and empty the bin; the number of places."""
    pool, work, net = day.pool, day.work, day.net
    touched = 0
    e = pool.head[tick]
    pool.head[tick] = -1
    while e >= 0:
        q = index_of(pool.code[e])
        place = net.a_place[q] if kind_of(pool.code[e]) == AT_PLACE else net.leg_to[net.q_leg[q]]
        if work.place_head[place] == -1:
            work.touched[touched] = place
            touched += 1
        following = pool.next[e]
        pool.next[e] = work.place_head[place]
        work.place_head[place] = e
        e = following
    return touched


@merged
def go_on(day, place, k, tick, moment_of_day):  # type: ignore[no-untyped-def]
    """What a cohort of the meeting does once the measures of the place have let it through."""
    goal, meeting = day.goal, day.meeting
    code, count = meeting.code[k], meeting.count[k]
    aim = index_of(code) % day.aims
    open_stream(day.work.stream, day.key, MOVE, code, moment_of_day + 1)
    if kind_of(code) == ON_LEG:
        here = pack(AT_PLACE, place * day.aims + aim, 0, group_of(code), mark_of(code))
        if goal.aim_place[aim] == place:
            tally(day.records.outcomes, day.number, ARRIVED, day.net, here, count)
            moved(day, place, OUTSIDE, group_of(code), count)
            return
        leaving = 0.0
        if goal.way_open[way_of(day, place) * day.aims + aim]:
            leaving = part(day.expected, day.work.stream, count, goal.leave_chance[place])
        put(day.tonight, here, count - leaving)
        count = leaving
    if count > 0.0:
        choose_way(day, place, aim, group_of(code), mark_of(code), count, tick, meeting.time[k])


@merged
def choose_way(day, place, aim, group, mark, count, tick, time):  # type: ignore[no-untyped-def]
    """Split a leaving cohort over the open legs by the recursive logit, with the shock of the day if there is one."""
    goal, meeting = day.goal, day.meeting
    way = way_of(day, place)
    lo, hi = goal.way_start[way], goal.way_start[way + 1]
    for j in range(lo, hi):
        chance = goal.way_chance[j * goal.aims + aim]
        if chance > 0.0 and goal.concentration < np.inf and not day.expected:
            meeting.shock[0] = shock_key(day.key, place, aim, goal.shock_group[group], goal.way_leg[j])
            chance = gamma(meeting.shock, goal.concentration * chance) + 1e-300
        meeting.weight[j - lo] = chance
    deal(day.expected, day.work.stream, count, meeting.weight, FIRST, hi - lo, meeting.out)
    for j in range(lo, hi):
        if meeting.out[j - lo] > 0.0:
            enter(day, aim, goal.way_leg[j], group, mark, meeting.out[j - lo], tick, time)


@inner
def shock_key(day_key, place, aim, shared_by, leg):  # type: ignore[no-untyped-def]
    """The key of the shock on one option."""
    key = fold(fold(day_key, np.uint64(ROUTE_SHOCK)), np.uint64(place))
    return fold(fold(fold(key, np.uint64(aim)), np.uint64(shared_by)), np.uint64(leg))


@inner
def enter(day, aim, leg, group, mark, count, tick, time):  # type: ignore[no-untyped-def]
    """Enter a leg at a time of the day: arrive today, or keep what is left in whole bins, rounded without bias.

    tick : the bin that is gone through; a mean time that rounding took below its bin leads into no earlier one.
    """
    goal = day.goal
    q = leg * day.aims + aim
    moved(day, day.net.leg_from[leg], goal.leave_chance.size + leg, group, count)
    arrival = time + goal.leg_days[group * day.net.leg_to.size + leg]
    if arrival <= 1.0:
        due = max(np.int64(arrival * goal.time_bins), tick)
        push(day.pool, due, pack(ON_LEG, q, 0, group, mark), count, arrival)
        return
    left = (arrival - 1.0) * goal.leg_bins
    bins = np.int64(left)
    up = part(day.expected, day.work.stream, count, left - bins)
    put(day.tonight, pack(ON_LEG, q, bins, group, mark), count - up)
    put(day.tonight, pack(ON_LEG, q, bins + 1, group, mark), up)

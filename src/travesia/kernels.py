"""The loop over the days, compiled: departures, the day of the movement rule, the record.

The two rules differ in how a cohort chooses its way and how a leg takes up the day (`goal_day`, `flee_day`); the
cohorts, the split and the records are the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from travesia.cohorts import (
    AT_PLACE,
    FULL,
    NEXT,
    WAITING,
    Floats,
    Ints,
    clear,
    index_of,
    kind_of,
    put,
    tally,
)
from travesia.flee_day import FleeDay, count_at_places, counted_at, travel, turn_back_on_closed
from travesia.flee_start import set_conditions, sink, start_out
from travesia.goal_day import Day, goal_day
from travesia.health import health_day
from travesia.jit import compiled, inner
from travesia.rng import fold


class Departures(NamedTuple):
    """Who starts: rows [start[day], start[day + 1]) of situation and parties."""

    start: Ints
    code: Ints
    count: Floats  # type: ignore[assignment]  # a tuple has a method of this name
    row: Ints  # of the table of departures


@compiled
def run_goal(
    days,
    expected,
    key,
    net,
    goal,
    measures,
    departures,
    records,
    table,
    night_table,
    pool,
    meeting,
    work,
    health,
):  # type: ignore[no-untyped-def]
    """One replicate of the rule `goal`; True when a table overflowed and the run must be repeated with larger ones.

    health : None where the scenario has none; then nothing of it is compiled.
    """
    here, tonight = table, night_table
    if health is not None:
        work.trail[0, NEXT], work.trail[0, FULL] = 1.0, 0.0
        health.state[:] = 0.0
        health.ill[:] = 0.0
    for number in range(days):
        open_day(number, net, records, departures, here, tonight, pool)
        day_key = fold(key, np.uint64(number))
        given = (net, goal, measures, meeting, records, pool, here, tonight, work)
        day = Day(number, day_key, expected, goal.aims, *given)
        goal_day(day)
        if health is not None:
            health_day(day, health, departures)
            if work.trail[0, FULL] > 0.0:
                return True
        record(net, measures.list_place, records, tonight, number, goal.aims)
        if overflowed(here, tonight, pool, meeting):
            return True
        here, tonight = tonight, here
    return False


@compiled
def run_flee(
    days, expected, key, net, flee, starts, conditions, records, table, night_table, pool, work, start_work
):  # type: ignore[no-untyped-def]
    """One replicate of the rule `flee`; True when a table overflowed and the run must be repeated with larger ones."""
    here, tonight = table, night_table
    stream, at = work.stream, work.at
    for number in range(days):
        clear(tonight)
        clear(pool)
        pool.meta[3] = -1
        day_key = fold(key, np.uint64(number))
        start_out(
            number, day_key, expected, starts, flee.bins, here, net, records.departed, start_work, stream
        )
        day = FleeDay(number, day_key, expected, net, flee, records, pool, here, tonight, work)
        turn_back_on_closed(day)
        count_at_places(day)
        set_conditions(
            number,
            conditions,
            net.a_place,
            flee.camp,
            here,
            start_work,
            work.chance,
            at,
            work.attraction,
            work.base,
        )
        travel(day)
        if starts.sink.size > 0:
            sink(number, day_key, expected, starts.sink, flee.camp, net.a_place, tonight, stream)
        record_flee(net, flee.groups, records, tonight, number)
        if here.meta[1] or tonight.meta[1] or pool.meta[1]:
            return True
        here, tonight = tonight, here
    return False


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
def record(net, held_at, records, table, day, aims):  # type: ignore[no-untyped-def]
    """Count people where they spend the night. held_at : the place of each waiting list."""
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if count <= 0.0:
            continue
        if kind_of(code) == AT_PLACE:
            tally(records.people, day, net.a_place[index_of(code)], net, code, count)
        elif kind_of(code) == WAITING:
            tally(records.people, day, held_at[index_of(code) // aims], net, code, count)
        else:
            tally(records.in_transit, day, 0, net, code, count)


@inner
def record_flee(net, groups, records, table, day):  # type: ignore[no-untyped-def]
    """Count people where they spend the night; those who settled for good wait there."""
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if count <= 0.0:
            continue
        if kind_of(code) == AT_PLACE:
            tally(records.people, day, counted_at(net, groups, code), net, code, count)
        elif kind_of(code) == WAITING:
            tally(records.people, day, index_of(code), net, code, count)
        else:
            tally(records.in_transit, day, 0, net, code, count)


@inner
def overflowed(here, tonight, pool, meeting):  # type: ignore[no-untyped-def]
    """Whether a table had no room for a situation."""
    return here.meta[1] or tonight.meta[1] or pool.meta[1] or meeting.size[2]

"""Health, compiled: infection states follow the people of the rule `goal`, and disease spreads at night.

Not a party but a node has a state: counts of people susceptible, exposed, infectious and recovered for each place and
directed leg, by travel. Who moves takes the states of the node along in proportion (well mixed within node × travel).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from travesia.cohorts import (
    AT_PLACE,
    NEXT,
    OUTSIDE,
    WAITING,
    Floats,
    Ints,
    group_of,
    index_of,
    kind_of,
    open_stream,
    part_by_quantile,
    tally,
)
from travesia.jit import inner, merged, outer
from travesia.rng import HEALTH, hypergeometric, uniform

STATE_COLUMNS = 9  # of Health.state:
SUSCEPTIBLE, EXPOSED, INFECTIOUS, RECOVERED, DRAWS, DUE, QUEUE, STEP, COMES = range(STATE_COLUMNS)
INFECTION, ONSET, END, END_TREATED, FATALITY, FATALITY_TREATED, CROWDING, IMMUNE = range(8)  # of Health.rates
DIED = 0  # position in scenario.FINAL_OUTCOMES
AT_NIGHT, AT_DEPARTURE, AT_DEATH = np.int64(0), np.int64(1), np.int64(2)
CARRIED = np.int64(3)  # and more: one for each draw of the day
AT_TREATMENT = np.int64(-1)  # of each measure that treats


class Health(NamedTuple):
    """A disease as arrays. A row is node × kinds of travel + travel."""

    rates: Floats  # by the names above: infections a day by one who is infectious; chances a night; shares
    capacity: Floats  # [day, place] inf where there is no limit
    infectious: Floats  # [row of departures] share of those who start infectious
    travel: Ints  # [group]
    size: Floats  # [travel] people in a party
    treats: Ints  # [k, measure | place | then 1 for each travel it meets]
    state: Floats  # [row, column]
    treated: (
        Floats  # [2, travel] scratch: infectious people treated this night, and those one measure reaches
    )
    ill: Floats  # [day, 3, place, travel]: infected, infectious at the end of the day, died of illness


@outer
def health_day(day, health, departures):  # type: ignore[no-untyped-def]
    """Let the states follow the people of the day, then spread the disease."""
    number, key, expected, net = day.number, day.key, day.expected, day.net
    trail, stream, measures = day.work.trail, day.work.stream, day.measures
    kinds, state = health.size.size, health.state
    state[:, DRAWS] = 0.0
    for i in range(departures.start[number], departures.start[number + 1]):
        begin(key, expected, health, net, departures, i, kinds, stream)
    follow(key, expected, health, trail, kinds, stream)
    trail[0, NEXT] = 1.0
    places = health.capacity.shape[1]
    deaths = 0.0
    for node in range(state.shape[0] // kinds):
        people, exposed, infectious = 0.0, 0.0, 0.0
        for row in range(node * kinds, (node + 1) * kinds):
            people += (
                state[row, SUSCEPTIBLE] + state[row, EXPOSED] + state[row, INFECTIOUS] + state[row, RECOVERED]
            )
            exposed += state[row, EXPOSED]
            infectious += state[row, INFECTIOUS]
        if exposed + infectious <= 0.0:
            continue
        force = 0.0
        health.treated[:] = 0.0
        if node < places:
            crowd = people / max(health.capacity[number, node], 1.0)
            crowding = crowd ** health.rates[CROWDING] if health.capacity[number, node] < np.inf else 1.0
            force = health.rates[INFECTION] * infectious / people * crowding
            treat(number, key, expected, health, measures.share, measures.quota, node, kinds, stream)
        for travel in range(kinds):
            deaths += one_night(number, key, expected, health, node, travel, force, places, stream)
    if deaths > 0.0:
        held_at, outcomes = measures.list_place, day.records.outcomes
        bury(number, key, expected, health, net, held_at, day.aims, day.tonight, outcomes, stream)
    for row in range(places * kinds):
        health.ill[number, 1, row // kinds, row % kinds] = state[row, INFECTIOUS]


@merged
def begin(key, expected, health, net, departures, i, kinds, stream):  # type: ignore[no-untyped-def]
    """The states of those who start: immune ones are drawn first, then the infectious among the others."""
    code = departures.code[i]
    group = group_of(code)
    row = net.a_place[index_of(code)] * kinds + health.travel[group]
    people = departures.count[i] * net.size[group]
    open_stream(stream, key, HEALTH, code, AT_DEPARTURE)
    immune = part_by_quantile(expected, stream, people, health.rates[IMMUNE])
    infectious = part_by_quantile(expected, stream, people - immune, health.infectious[departures.row[i]])
    health.state[row, SUSCEPTIBLE] += people - immune - infectious
    health.state[row, INFECTIOUS] += infectious
    health.state[row, RECOVERED] += immune


@merged
def follow(key, expected, health, trail, kinds, stream):  # type: ignore[no-untyped-def]
    """Carry the states along the steps of the day, those between the same two rows at once where that is the same.

    Until somebody leaves a row that others have come into, or comes into one that others have left, the order of the
    steps does not matter. Steps that wait are kept in the first rows of the trail: [from row, to row, the step before
    it from the same row, –, people]; STEP of a row is the last that waits to leave it, COMES whether one waits to come.
    """
    state = health.state
    waiting = 1
    for k in range(1, int(trail[0, NEXT])):
        before = int(trail[k, 0]) * kinds + health.travel[int(trail[k, 2])]
        after = np.int64(OUTSIDE)
        if trail[k, 1] != OUTSIDE:
            after = int(trail[k, 1]) * kinds + health.travel[int(trail[k, 3])]
        people = trail[k, 4]
        if before == after:
            continue
        if state[before, COMES] > 0.0 or (after != OUTSIDE and state[after, STEP] > 0.0):
            carry_all(key, expected, state, trail, waiting, stream)
            waiting = 1
        j = int(state[before, STEP])
        while j > 0 and trail[j, 1] != after:
            j = int(trail[j, 2])
        if j > 0:
            trail[j, 4] += people
            continue
        trail[waiting, 0], trail[waiting, 1], trail[waiting, 2] = before, after, state[before, STEP]
        trail[waiting, 4] = people
        state[before, STEP] = waiting
        if after != OUTSIDE:
            state[after, COMES] = 1.0
        waiting += 1
    carry_all(key, expected, state, trail, waiting, stream)


@outer
def carry_all(key, expected, state, trail, waiting, stream):  # type: ignore[no-untyped-def]
    """Carry the states along the steps that wait."""
    for j in range(1, waiting):
        before, after = np.int64(trail[j, 0]), np.int64(trail[j, 1])
        carry(key, expected, state, before, after, trail[j, 4], stream)
        state[before, STEP] = 0.0
        if after != OUTSIDE:
            state[after, COMES] = 0.0


@outer
def carry(key, expected, state, before, after, people, stream):  # type: ignore[no-untyped-def]
    """People leave a row for another (or the run) with their share of each state: drawn without replacement."""
    total = (
        state[before, SUSCEPTIBLE]
        + state[before, EXPOSED]
        + state[before, INFECTIOUS]
        + state[before, RECOVERED]
    )
    people = min(people, total)
    whole = people >= total * (1.0 - 1e-12)
    clean = total == state[before, SUSCEPTIBLE]
    left, among = people, total
    if not (expected or whole or clean):
        open_stream(stream, key, HEALTH, before, CARRIED + np.int64(state[before, DRAWS]))
        state[before, DRAWS] += 1.0
    for column in (EXPOSED, INFECTIOUS, RECOVERED, SUSCEPTIBLE):
        here = state[before, column]
        if whole:
            took = here
        elif column == SUSCEPTIBLE:
            took = left
        elif here <= 0.0:
            took = 0.0
        elif expected:
            took = here * (people / total)
        else:
            took = hypergeometric(stream, here, among - here, left)
        left -= took
        among -= here
        state[before, column] = max(here - took, 0.0)
        if after != OUTSIDE:
            state[after, column] += took


@merged
def treat(number, key, expected, health, share, quota, place, kinds, stream):  # type: ignore[no-untyped-def]
    """How many of the infectious of each travel are treated; a quota is for those who are ill first."""
    treated, reached = health.treated[0], health.treated[1]
    for k in range(health.treats.shape[0]):
        m = health.treats[k, 0]
        if health.treats[k, 1] != place or share[number, m] <= 0.0:
            continue
        open_stream(stream, key, HEALTH, k, AT_TREATMENT)
        wanted = 0.0
        for travel in range(kinds):
            ill = health.treats[k, 2 + travel] * health.state[place * kinds + travel, INFECTIOUS]
            reached[travel] = part_by_quantile(expected, stream, ill, share[number, m])
            wanted += reached[travel]
        if wanted > quota[number, m]:
            ration(expected, stream, reached, wanted, quota[number, m])
        for travel in range(kinds):
            ill = health.state[place * kinds + travel, INFECTIOUS]
            if reached[travel] <= 0.0:
                continue
            if expected:
                twice = reached[travel] * (treated[travel] / ill)
            else:
                twice = hypergeometric(stream, treated[travel], ill - treated[travel], reached[travel])
            treated[travel] += reached[travel] - twice


@inner
def ration(expected, stream, reached, wanted, quota):  # type: ignore[no-untyped-def]
    """A quota for the people reached, who are more: the same fraction of each travel, or whole people at random."""
    left = math.floor(quota)
    for travel in range(reached.size):
        here = reached[travel]
        if expected:
            reached[travel] = here * (quota / wanted)
        else:
            reached[travel] = hypergeometric(stream, here, wanted - here, left)
            left -= reached[travel]
            wanted -= here


@merged
def one_night(number, key, expected, health, node, travel, force, places, stream):  # type: ignore[no-untyped-def]
    """Infection, onset and end of the disease in one row; who is due to die, in people, is noted and counted."""
    state, rates = health.state, health.rates
    row = node * health.size.size + travel
    open_stream(stream, key, HEALTH, row, AT_NIGHT)
    cared = min(health.treated[0, travel], state[row, INFECTIOUS])
    infected = part_by_quantile(expected, stream, state[row, SUSCEPTIBLE], -math.expm1(-force))
    onset = infected  # without an incubation
    if rates[ONSET] > 0.0:
        onset = part_by_quantile(expected, stream, state[row, EXPOSED], rates[ONSET])
    ended = part_by_quantile(expected, stream, state[row, INFECTIOUS] - cared, rates[END])
    dead = part_by_quantile(expected, stream, ended, rates[FATALITY])
    if cared > 0.0:
        over = part_by_quantile(expected, stream, cared, rates[END_TREATED])
        dead += part_by_quantile(expected, stream, over, rates[FATALITY_TREATED])
        ended += over
    state[row, SUSCEPTIBLE] -= infected
    state[row, EXPOSED] += infected - onset
    state[row, INFECTIOUS] += onset - ended
    state[row, RECOVERED] += ended - dead
    state[row, DUE] = dead
    if node < places:
        health.ill[number, 0, node, travel] = infected
    return dead


@outer
def bury(number, key, expected, health, net, held_at, aims, table, outcomes, stream):  # type: ignore[no-untyped-def]
    """Whole parties leave the run for those due to die: people / size, rounded at random so that the mean is right.

    Who dies beyond those due is any of the people there; who is due but does not die recovers.
    """
    state, kinds = health.state, health.size.size
    state[:, QUEUE] = 0.0
    for e in range(table.meta[0]):
        if table.count[e] > 0.0:
            row = row_of(health, net, held_at, aims, table.code[e], kinds)
            state[row, QUEUE] += table.count[e]
    for row in range(state.shape[0]):
        due, size = state[row, DUE], health.size[row % kinds]
        if due <= 0.0:
            continue
        parties = due / size
        if not expected:
            open_stream(stream, key, HEALTH, row, AT_DEATH)
            parties = math.floor(due / size + uniform(stream))
        parties = min(parties, state[row, QUEUE])
        if parties * size < due:
            state[row, RECOVERED] += due - parties * size
        else:
            carry(key, expected, state, row, OUTSIDE, parties * size - due, stream)
        state[row, DUE] = parties
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if count <= 0.0:
            continue
        row = row_of(health, net, held_at, aims, code, kinds)
        if state[row, DUE] <= 0.0:
            continue
        open_stream(stream, key, HEALTH, code, AT_DEATH)
        dead = count * (state[row, DUE] / state[row, QUEUE])
        if not expected:
            dead = hypergeometric(stream, count, state[row, QUEUE] - count, state[row, DUE])
            state[row, DUE] -= dead
            state[row, QUEUE] -= count
        table.count[e] = max(count - dead, 0.0)
        tally(outcomes, number, DIED, net, code, dead)
        place = row // kinds
        if place >= health.capacity.shape[1]:  # on a leg: counted where it ends
            place = net.leg_to[place - health.capacity.shape[1]]
        health.ill[number, 2, place, row % kinds] += dead * health.size[row % kinds]
    state[:, DUE] = 0.0


@inner
def row_of(health, net, held_at, aims, code, kinds):  # type: ignore[no-untyped-def]
    """The row of a situation: its place (that of its waiting list) or leg, and its travel."""
    kind, index = kind_of(code), index_of(code)
    if kind == AT_PLACE:
        node = net.a_place[index]
    elif kind == WAITING:
        node = held_at[index // aims]
    else:
        node = health.capacity.shape[1] + net.q_leg[index]
    return node * kinds + health.travel[group_of(code)]

"""How measures act on the parties that meet them, compiled: competition, quotas, targets, the ledger.

`Meeting` holds the parties that meet the measures of one place at one moment. `meet` lets them act: shares compete,
quotas are dealt without replacement, events are counted, and who is moved goes to the target.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from travesia.jit import inner, outer
from numpy.typing import NDArray

from travesia.cohorts import (
    AT_PLACE,
    ON_LEG,
    WAITING,
    Floats,
    Ints,
    deal,
    group_of,
    index_of,
    kind_of,
    mark_of,
    open_stream,
    pack,
    part_by_quantile,
    put,
    tally,
)
from travesia.rng import DESTINATION, MEASURE, QUOTA, hypergeometric_quantile, uniform

# moments at which a measure meets people (bits), what its target is, what becomes of the destination
MORNING, LEAVE, ARRIVE, NIGHT, SHELTER, HARM = 1, 2, 4, 8, 16, 32
TO_PLACE, TO_STAY, TO_BACK, TO_OUTCOME, TO_PARTY, TO_REUNITE = range(6)
KEEP_AIM, DROP_AIM, DRAW_AIM = range(3)
ATTEMPTS = 3  # attempts are told apart up to "3 or more"


class Measures(NamedTuple):
    """Measures as arrays; `share` already holds multipliers and the shocks of the replicate."""

    at_start: Ints  # [place, then directed leg, then end]: which measures stand there
    at: Ints
    moments: Ints  # [measure] bits
    competes: Ints  # [measure] 1 where it moves people or holds them
    share: Floats  # [day, measure] 0 where it does not act
    quota: Floats  # [day, measure] people, inf where there is no limit
    meets: Ints  # [measure, group]
    target_kind: Ints
    target: Ints
    place: Ints  # [measure] where those who wait are held
    wait_days: Floats  # [measure] days on the waiting list; with `waits_geometric` their mean
    waits_geometric: Ints
    aim: Ints
    attempts: Ints  # [measure] 1 where it starts a new attempt
    party_start: Ints  # [measure × groups + group]: which parties one party becomes
    party_group: Ints
    party_count: Floats
    aim_weight: Floats  # [group × aims] shares of the destinations


class Meeting(NamedTuple):
    """Scratch of one round; `size` is [parties, moved, overflowed]."""

    code: Ints
    count: Floats
    time: Floats
    lists: Ints  # [party] how many measures it meets
    measure: Ints  # [party × width + j]
    share: Floats
    hits: Floats
    left: Floats  # [measure] what is left of today's quota
    moved_code: Ints  # people moved, put back when the round is over
    moved_count: Floats
    size: Ints
    weight: Floats
    out: Floats
    shock: NDArray[np.uint64]


@outer
def join(meeting, code, count, time):  # type: ignore[no-untyped-def]
    """One more cohort in the meeting."""
    n = meeting.size[0]
    if n >= meeting.code.size:
        meeting.size[2] = 1
        return
    meeting.code[n] = code
    meeting.count[n] = count
    meeting.time[n] = time
    meeting.size[0] = n + 1


@outer
def remember(meeting, code, count):  # type: ignore[no-untyped-def]
    """Parties to be put into a table when the round is over."""
    if count <= 0.0:
        return
    n = meeting.size[1]
    if n >= meeting.moved_code.size:
        meeting.size[2] = 1
        return
    meeting.moved_code[n] = code
    meeting.moved_count[n] = count
    meeting.size[1] = n + 1


@outer
def settle(meeting, table):  # type: ignore[no-untyped-def]
    """Put the parties that were moved in this round into a table."""
    for k in range(meeting.size[1]):
        put(table, meeting.moved_code[k], meeting.moved_count[k])
    meeting.size[1] = 0


@inner
def line_up(measures, meeting, net, day, place, moment, competing, aims):  # type: ignore[no-untyped-def]
    """List for every party the measures it meets at this moment, with their shares."""
    width = meeting.share.size // meeting.code.size
    places = measures.at_start.size - 1 - net.leg_to.size
    for e in range(meeting.size[0]):
        code = meeting.code[e]
        group = group_of(code)
        came_by_leg = kind_of(code) == ON_LEG
        now = moment & ~LEAVE if came_by_leg else moment & ~ARRIVE
        n = 0
        for where in (place, places + net.q_leg[index_of(code)] if came_by_leg else -1):
            if where < 0:
                continue
            for i in range(measures.at_start[where], measures.at_start[where + 1]):
                m = measures.at[i]
                if not measures.moments[m] & now or measures.competes[m] != competing:
                    continue
                if measures.share[day, m] <= 0.0 or not measures.meets[m, group]:
                    continue
                if measures.aim[m] == DRAW_AIM and index_of(code) % aims != 0:
                    continue  # only those who no longer head anywhere set off again
                meeting.measure[e * width + n] = m
                meeting.share[e * width + n] = measures.share[day, m]
                meeting.hits[e * width + n] = 0.0
                n += 1
        meeting.lists[e] = n


@inner
def draw_hits(meeting, day_key, expected, stream, moment, bin, competing):  # type: ignore[no-untyped-def]
    """Draw to how many parties each measure happens: competing ones share 1 − ∏(1 − p), the others each on its own."""
    width = meeting.share.size // meeting.code.size
    for e in range(meeting.size[0]):
        n = meeting.lists[e]
        if n == 0 or meeting.count[e] <= 0.0:
            continue
        open_stream(stream, day_key, MEASURE, meeting.code[e], (bin * 2 + competing) * 64 + moment)
        lo = e * width
        if competing == 0:
            for j in range(lo, lo + n):
                meeting.hits[j] = part_by_quantile(expected, stream, meeting.count[e], meeting.share[j])
            continue
        none, total = 1.0, 0.0
        for j in range(lo, lo + n):
            none *= 1.0 - meeting.share[j]
            total += meeting.share[j]
        hit = part_by_quantile(expected, stream, meeting.count[e], 1.0 - none)
        for j in range(lo, lo + n):
            share = meeting.share[j]
            got = hit if j == lo + n - 1 else part_by_quantile(expected, stream, hit, min(share / total, 1.0))
            meeting.hits[j] = got
            hit -= got
            total -= share


@inner
def deal_quotas(measures, meeting, net, records, day, day_key, expected, stream, moment, bin, competing):  # type: ignore[no-untyped-def]
    """Where more people were drawn than a quota allows, deal it over them without replacement; count the refused."""
    width = meeting.share.size // meeting.code.size
    for m in range(meeting.left.size):
        if meeting.left[m] == np.inf or measures.competes[m] != competing or not measures.moments[m] & moment:
            continue
        drawn = 0.0
        for e in range(meeting.size[0]):
            for j in range(e * width, e * width + meeting.lists[e]):
                if meeting.measure[j] == m:
                    drawn += meeting.hits[j] * net.size[group_of(meeting.code[e])]
        if drawn <= 0.0:
            continue
        quota = meeting.left[m]
        if drawn <= quota:
            meeting.left[m] = quota - drawn
            continue
        rest, spare = drawn, quota
        for e in range(meeting.size[0]):
            code = meeting.code[e]
            size = net.size[group_of(code)]
            for j in range(e * width, e * width + meeting.lists[e]):
                if meeting.measure[j] != m or meeting.hits[j] <= 0.0:
                    continue
                people = meeting.hits[j] * size
                if expected:
                    got = meeting.hits[j] * quota / drawn
                else:
                    open_stream(stream, day_key, QUOTA, code, (bin * 256 + m) * 64 + moment)
                    took = hypergeometric_quantile(uniform(stream), people, rest - people, min(spare, rest))
                    rest -= people
                    spare -= took
                    got = math.floor(took / size)
                tally(records.refused, day, m, net, code, meeting.hits[j] - got)
                meeting.hits[j] = got
                meeting.left[m] = max(meeting.left[m] - got * size, 0.0)


@inner
def send(
    measures,
    meeting,
    net,
    records,
    night_table,
    day,
    day_key,
    m,
    code,
    count,
    place,
    aims,
    moment,
    expected,
    stream,
):  # type: ignore[no-untyped-def]
    """Move parties to the target of a measure: in the morning and at night they are remembered, else settled for the night."""
    group, mark = group_of(code), mark_of(code)
    aim = index_of(code) % aims
    if measures.attempts[m]:
        mark = min(mark + 1, ATTEMPTS - 1)
    kind = measures.target_kind[m]
    if kind == TO_OUTCOME:
        tally(records.outcomes, day, measures.target[m], net, code, count)
        return
    if measures.aim[m] == DRAW_AIM:
        open_stream(stream, day_key, DESTINATION, code, np.int64(m) * 64 + moment)
        deal(expected, stream, count, measures.aim_weight, group * aims, group * aims + aims, meeting.out)
        for k in range(aims):
            remember(meeting, pack(AT_PLACE, place * aims + k, 0, group, mark), meeting.out[group * aims + k])
        return
    if measures.aim[m] == DROP_AIM:
        aim = 0
    if kind == TO_PARTY:
        for i in range(
            measures.party_start[m * net.size.size + group],
            measures.party_start[m * net.size.size + group + 1],
        ):
            new = pack(AT_PLACE, place * aims + aim, 0, measures.party_group[i], mark)
            stay(meeting, night_table, moment, new, count * measures.party_count[i])
        return
    if kind == TO_PLACE and (measures.wait_days[m] > 0.0 or measures.waits_geometric[m]):
        days = 0 if measures.waits_geometric[m] else np.int64(measures.wait_days[m])
        new = pack(WAITING, m * aims + aim, days, group, mark)
        if moment & MORNING:
            put(night_table, new, count)
        else:
            stay(meeting, night_table, moment, new, count)
        return
    where = place
    if kind == TO_PLACE:
        where = measures.target[m]
    elif kind == TO_BACK and kind_of(code) == ON_LEG:
        where = net.leg_from[net.q_leg[index_of(code)]]
    stay(meeting, night_table, moment, pack(AT_PLACE, where * aims + aim, 0, group, mark), count)


@outer
def stay(meeting, night_table, moment, code, count):  # type: ignore[no-untyped-def]
    """Settle parties for the night; in the morning and at night only once the round is over."""
    if moment & (LEAVE | ARRIVE):
        put(night_table, code, count)
    else:
        remember(meeting, code, count)


@outer
def meet(
    measures, meeting, net, records, night_table, day, day_key, place, aims, moment, bin, expected, stream
):  # type: ignore[no-untyped-def]
    """Let the measures of a place act on the parties of the meeting; what is left of each stays in `meeting.count`."""
    width = meeting.share.size // meeting.code.size
    for competing in (1, 0):
        line_up(measures, meeting, net, day, place, moment, competing, aims)
        draw_hits(meeting, day_key, expected, stream, moment, bin, competing)
        deal_quotas(measures, meeting, net, records, day, day_key, expected, stream, moment, bin, competing)
        for e in range(meeting.size[0]):
            for j in range(e * width, e * width + meeting.lists[e]):
                hits = meeting.hits[j]
                if hits <= 0.0:
                    continue
                m = meeting.measure[j]
                code = meeting.code[e]
                if measures.target_kind[m] == TO_REUNITE:
                    reunite(measures, meeting, net, records, day, m, e, hits, place, aims)
                    continue
                tally(records.events, day, m, net, code, hits)
                if competing:
                    meeting.count[e] = max(meeting.count[e] - hits, 0.0)
                    send(
                        measures,
                        meeting,
                        net,
                        records,
                        night_table,
                        day,
                        day_key,
                        m,
                        code,
                        hits,
                        place,
                        aims,
                        moment,
                        expected,
                        stream,
                    )


@inner
def reunite(measures, meeting, net, records, day, m, e, hits, place, aims):  # type: ignore[no-untyped-def]
    """Join parties of one into families, as many as the other members present allow.

    `hits` counts parties of the first member (the cohort e) that are called; the others must be in the same situation.
    """
    code = meeting.code[e]
    groups = net.size.size
    row = m * groups + group_of(code)
    lo, hi = measures.party_start[row], measures.party_start[row + 1]
    if hi - lo < 2:
        return  # not the first member of the family
    families = math.floor(hits / measures.party_count[lo])
    for i in range(lo + 1, hi - 1):
        present = 0.0
        for f in range(meeting.size[0]):
            if group_of(meeting.code[f]) == measures.party_group[i] and same_but_group(meeting.code[f], code):
                present = meeting.count[f]
        families = min(families, math.floor(present / measures.party_count[i]))
    if families <= 0.0:
        return
    for i in range(lo, hi - 1):
        for f in range(meeting.size[0]):
            if group_of(meeting.code[f]) == measures.party_group[i] and same_but_group(meeting.code[f], code):
                meeting.count[f] -= families * measures.party_count[i]
    family = pack(
        AT_PLACE, place * aims + index_of(code) % aims, 0, measures.party_group[hi - 1], mark_of(code)
    )
    tally(records.events, day, m, net, family, families)
    remember(meeting, family, families)


@inner
def same_but_group(a, b):  # type: ignore[no-untyped-def]
    """Whether two situations differ in the group alone."""
    return index_of(a) == index_of(b) and mark_of(a) == mark_of(b) and kind_of(a) == kind_of(b)

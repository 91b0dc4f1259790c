"""How measures act on the parties that meet them, compiled: competition, quotas, targets, the ledger.

`Meeting` (in measure_arrays) holds the parties that meet the measures of one place at one moment. `meet` lets them
act: shares compete, quotas are dealt without replacement, events are counted, and who is moved goes to the target.
"""

from __future__ import annotations

import math

import numpy as np

from travesia.cohorts import (
    AT_PLACE,
    ON_LEG,
    OUTSIDE,
    WAITING,
    changed,
    deal,
    group_of,
    index_of,
    joins,
    kind_of,
    mark_of,
    moved,
    open_stream,
    pack,
    part_by_quantile,
    put,
    tally,
)
from travesia.jit import inner, merged, outer
from travesia.measure_arrays import (
    ARRIVE,
    ATTEMPTS,
    BESIDE,
    COMPETING,
    DRAW_AIM,
    DROP_AIM,
    LEAVE,
    MOMENTS,
    MORNING,
    REUNITING,
    TO_BACK,
    TO_OUTCOME,
    TO_PARTY,
    TO_PLACE,
)
from travesia.quantiles import hypergeometric_quantile
from travesia.rng import DESTINATION, MEASURE, QUOTA, uniform


@outer
def join(codes, counts, times, size, code, count, time):  # type: ignore[no-untyped-def]
    """One more cohort in the meeting, whose arrays these are."""
    n = size[0]
    if n >= codes.size:
        size[2] = 1
        return
    codes[n] = code
    counts[n] = count
    times[n] = time
    size[0] = n + 1


@outer
def remember(codes, counts, size, code, count):  # type: ignore[no-untyped-def]
    """Parties to be put into a table when the round is over."""
    if count <= 0.0:
        return
    n = size[1]
    if n >= codes.size:
        size[2] = 1
        return
    codes[n] = code
    counts[n] = count
    size[1] = n + 1


@outer
def put_back(meeting, table):  # type: ignore[no-untyped-def]
    """Put the parties that were moved in this round into a table."""
    for k in range(meeting.size[1]):
        put(table, meeting.moved_code[k], meeting.moved_count[k])
    meeting.size[1] = 0


@inner
def stay(day, moment, code, count):  # type: ignore[no-untyped-def]
    """Parties a measure has put somewhere: for the night, or (in the morning, at night) until the round is over."""
    if moment & (LEAVE | ARRIVE):
        put(day.tonight, code, count)
    else:
        remember(day.meeting.moved_code, day.meeting.moved_count, day.meeting.size, code, count)


@outer
def meet(day, place, moment, tick):  # type: ignore[no-untyped-def]
    """Let the measures of a place act on the parties of the meeting; what is left of each stays in `meeting.count`.

    moment : bits of the moments. tick : the time bin, and how often it was gone through; part of the key of the draws.
    """
    meeting = day.meeting
    width = meeting.share.size // meeting.code.size
    for turn in (COMPETING, BESIDE, REUNITING):
        acting = day.measures.standing[day.number, place] >> MOMENTS * turn
        if not acting & moment or not line_up(day, place, moment, turn):
            continue
        draw_hits(day, moment, tick, turn)
        deal_quotas(day, moment, tick, turn)
        for e in range(meeting.size[0]):
            for j in range(e * width, e * width + meeting.lists[e]):
                hits = meeting.hits[j]
                if hits <= 0.0:
                    continue
                m, code = meeting.measure[j], meeting.code[e]
                if turn == REUNITING:
                    reunite(day, m, code, hits, place, moment)
                    continue
                tally(day.records.events, day.number, m, day.net, code, hits)
                if turn == COMPETING:
                    meeting.count[e] = max(meeting.count[e] - hits, 0.0)
                    take(day, m, code, hits, place, moment)


@merged
def line_up(day, place, moment, turn):  # type: ignore[no-untyped-def]
    """List for every party the measures it meets at this moment and turn, with their shares; how many in all."""
    measures, meeting, net = day.measures, day.meeting, day.net
    width = meeting.share.size // meeting.code.size
    places = measures.at_start.size - 1 - net.leg_to.size
    found = 0
    for e in range(meeting.size[0]):
        code = meeting.code[e]
        came_by_leg = kind_of(code) == ON_LEG
        now = moment & ~LEAVE if came_by_leg else moment & ~ARRIVE
        n = 0
        for where in (place, places + net.q_leg[index_of(code)] if came_by_leg else -1):
            if where < 0:
                continue
            for i in range(measures.at_start[where], measures.at_start[where + 1]):
                m = measures.at[i]
                if measures.turn[m] == turn and measures.moments[m] & now and acts_on(day, m, code):
                    meeting.measure[e * width + n] = m
                    meeting.share[e * width + n] = measures.share[day.number, m]
                    meeting.hits[e * width + n] = 0.0
                    n += 1
        meeting.lists[e] = n
        found += n
    return found


@inner
def acts_on(day, m, code):  # type: ignore[no-untyped-def]
    """Whether a measure acts today, and on these parties; only those who head nowhere set off again."""
    measures = day.measures
    if measures.share[day.number, m] <= 0.0 or not measures.meets[m, group_of(code)]:
        return False
    return measures.aim[m] != DRAW_AIM or index_of(code) % day.aims == 0


@merged
def draw_hits(day, moment, tick, turn):  # type: ignore[no-untyped-def]
    """Draw to how many parties each measure happens: competing ones share 1 − ∏(1 − p), the others each on its own."""
    meeting, stream = day.meeting, day.work.stream
    width = meeting.share.size // meeting.code.size
    for e in range(meeting.size[0]):
        n = meeting.lists[e]
        if n == 0 or meeting.count[e] <= 0.0:
            continue
        code, lo = meeting.code[e], e * width
        open_stream(stream, day.key, MEASURE, code, (tick * 4 + turn) * 64 + moment)
        if turn != COMPETING:
            for j in range(lo, lo + n):
                count = meeting.count[e]
                if turn == REUNITING:
                    count = families(day, meeting.measure[j], code)
                meeting.hits[j] = part_by_quantile(day.expected, stream, count, meeting.share[j])
            continue
        none, total = 1.0, 0.0
        for j in range(lo, lo + n):
            none *= 1.0 - meeting.share[j]
            total += meeting.share[j]
        hit = part_by_quantile(day.expected, stream, meeting.count[e], 1.0 - none)
        for j in range(lo, lo + n):
            share = meeting.share[j]
            got = hit
            if j < lo + n - 1:
                chance = share / total if share < total else 1.0  # rounding may leave nothing of the total
                got = part_by_quantile(day.expected, stream, hit, chance)
            meeting.hits[j] = got
            hit -= got
            total -= share


@inner
def people_each(day, m, code, turn):  # type: ignore[no-untyped-def]
    """People in what one hit of a measure takes: a party, or the family that is made."""
    group = group_of(code)
    if turn == REUNITING:
        group = day.measures.party_group[day.measures.party_start[m * day.net.size.size + group + 1] - 1]
    return day.net.size[group]


@merged
def deal_quotas(day, moment, tick, turn):  # type: ignore[no-untyped-def]
    """Use up the quotas; where more people were drawn than is left, only some of them are taken."""
    measures, meeting = day.measures, day.meeting
    width = meeting.share.size // meeting.code.size
    for k in range(measures.limited.size):
        m = measures.limited[k]
        if meeting.left[m] == np.inf or measures.turn[m] != turn or not measures.moments[m] & moment:
            continue
        drawn = 0.0
        for e in range(meeting.size[0]):
            for j in range(e * width, e * width + meeting.lists[e]):
                if meeting.measure[j] == m:
                    drawn += meeting.hits[j] * people_each(day, m, meeting.code[e], turn)
        if drawn <= meeting.left[m]:
            meeting.left[m] -= drawn
        else:
            deal_quota(day, m, drawn, moment, tick, turn)


@inner
def quota_word(m, tick, moment, again):  # type: ignore[no-untyped-def]
    """The word of one draw of a quota: other for each measure, tick (below 2^16), moment and round of the dealing."""
    return (((m // 256 * 65536 + tick) * 256 + m % 256) * 64 + moment) * 64 + again


@outer
def deal_quota(day, m, drawn, moment, tick, turn):  # type: ignore[no-untyped-def]
    """Deal what is left of a quota over the parties drawn, without replacement; the others are refused.

    Exactly as if they came one after another in random order and each was taken if it fits whole: as many as fit
    whoever they are (left / largest party) are taken at once, until nobody fits.
    """
    meeting, stream = day.meeting, day.work.stream
    width = meeting.share.size // meeting.code.size
    for e in range(meeting.size[0]):
        for j in range(e * width, e * width + meeting.lists[e]):
            if meeting.measure[j] == m:  # `share` now holds the parties still in the queue
                meeting.share[j] = meeting.hits[j]
                meeting.hits[j] = meeting.hits[j] * meeting.left[m] / drawn if day.expected else 0.0
    block = 0.0 if day.expected else 1.0
    again = 0
    while block > 0.0:
        left, largest, queue = meeting.left[m], 0.0, 0.0
        for e in range(meeting.size[0]):
            for j in range(e * width, e * width + meeting.lists[e]):
                size = people_each(day, m, meeting.code[e], turn) if meeting.measure[j] == m else np.inf
                if size <= left and meeting.share[j] > meeting.hits[j]:
                    largest = max(largest, size)
                    queue += meeting.share[j] - meeting.hits[j]
        block = min(math.floor(left / largest), queue) if queue > 0.0 else 0.0
        spare = block
        for e in range(meeting.size[0]):
            for j in range(e * width, e * width + meeting.lists[e]):
                size = people_each(day, m, meeting.code[e], turn) if meeting.measure[j] == m else np.inf
                here = meeting.share[j] - meeting.hits[j]
                if spare <= 0.0 or size > left or here <= 0.0:
                    continue
                word = quota_word(m, tick, moment, again)
                open_stream(stream, day.key, QUOTA, meeting.code[e], word)
                took = hypergeometric_quantile(uniform(stream), here, queue - here, spare)
                queue -= here
                spare -= took
                meeting.hits[j] += took
                meeting.left[m] -= took * size
        again += 1
    if day.expected:
        meeting.left[m] = 0.0
    for e in range(meeting.size[0]):
        for j in range(e * width, e * width + meeting.lists[e]):
            if meeting.measure[j] == m:
                refused = (meeting.share[j] - meeting.hits[j]) * people_each(day, m, meeting.code[e], turn)
                people = day.net.size[group_of(meeting.code[e])]
                tally(day.records.refused, day.number, m, day.net, meeting.code[e], refused / people)


@inner
def take(day, m, code, count, place, moment):  # type: ignore[no-untyped-def]
    """Send parties to the target of a measure: at once, or by its waiting list."""
    measures = day.measures
    back = place
    if kind_of(code) == ON_LEG:
        back = day.net.leg_from[day.net.q_leg[index_of(code)]]
    aim = 0 if measures.aim[m] == DROP_AIM else index_of(code) % day.aims
    if measures.wait_days[m] <= 0.0:
        deliver(day, m, aim, group_of(code), mark_of(code), count, place, back, moment)
        return
    line = measures.list_start[m]
    while measures.list_place[line] != place or (
        measures.target_kind[m] == TO_BACK and measures.list_back[line] != back
    ):
        line += 1
    days = 0 if measures.waits_geometric[m] else np.int64(measures.wait_days[m])
    waiting = pack(WAITING, line * day.aims + aim, days, group_of(code), mark_of(code))
    stay(day, moment | LEAVE if moment & MORNING else moment, waiting, count)


@outer
def deliver(day, m, aim, group, mark, count, place, back, moment):  # type: ignore[no-untyped-def]
    """Put parties at the target of a measure. place : where they are; back : where the leg they came by starts."""
    measures, net, aims = day.measures, day.net, day.aims
    if measures.attempts[m]:
        mark = min(mark + 1, ATTEMPTS - 1)
    kind = measures.target_kind[m]
    here = pack(AT_PLACE, place * aims + aim, 0, group, mark)
    if kind == TO_OUTCOME:
        moved(day, place, OUTSIDE, group, count)
        tally(day.records.outcomes, day.number, measures.target[m], net, here, count)
        return
    if kind == TO_PARTY:
        row = m * net.size.size + group
        for i in range(measures.party_start[row], measures.party_start[row + 1]):
            new = pack(AT_PLACE, place * aims + aim, 0, measures.party_group[i], mark)
            stay(day, moment, new, count * measures.party_count[i])
            changed(day, place, group, measures.party_group[i], count * measures.party_count[i])
        return
    start = place
    if kind == TO_PLACE:
        place = measures.target[m]
    elif kind == TO_BACK:
        place = back
    moved(day, start, place, group, count)
    if measures.aim[m] != DRAW_AIM:
        stay(day, moment, pack(AT_PLACE, place * aims + aim, 0, group, mark), count)
        return
    stream, out, lo = day.work.stream, day.meeting.out, group * aims
    open_stream(stream, day.key, DESTINATION, here, m * 64 + moment)
    deal(day.expected, stream, count, measures.aim_weight, lo, lo + aims, out)
    for k in range(aims):
        stay(day, moment, pack(AT_PLACE, place * aims + k, 0, group, mark), out[lo + k])


@inner
def families(day, m, code):  # type: ignore[no-untyped-def]
    """How many families a measure could make of the parties of one that are there in the situation of `code`.

    0 unless `code` is of the first member, so that nobody is counted twice.
    """
    measures, meeting = day.measures, day.meeting
    row = m * day.net.size.size + group_of(code)
    lo, hi = measures.party_start[row], measures.party_start[row + 1]
    number = np.inf if hi - lo > 1 else 0.0
    for i in range(lo, hi - 1):
        present = 0.0
        for f in range(meeting.size[0]):
            if is_like(meeting.code[f], code, measures.party_group[i]):
                present = meeting.count[f]
        number = min(number, present / measures.party_count[i])
    return number if day.expected else math.floor(number)


@inner
def reunite(day, m, code, hits, place, moment):  # type: ignore[no-untyped-def]
    """Join parties of one into families, as far as an earlier measure of the same turn has left them."""
    measures, meeting = day.measures, day.meeting
    row = m * day.net.size.size + group_of(code)
    lo, hi = measures.party_start[row], measures.party_start[row + 1]
    made = min(hits, families(day, m, code))
    if made <= 0.0:
        return
    for i in range(lo, hi - 1):
        for f in range(meeting.size[0]):
            if is_like(meeting.code[f], code, measures.party_group[i]):
                meeting.count[f] = max(meeting.count[f] - made * measures.party_count[i], 0.0)
        joins(
            day, place, measures.party_group[i], measures.party_group[hi - 1], made * measures.party_count[i]
        )
    aim = index_of(code) % day.aims
    family = pack(AT_PLACE, place * day.aims + aim, 0, measures.party_group[hi - 1], mark_of(code))
    tally(day.records.events, day.number, m, day.net, family, made)
    stay(day, moment, family, made)


@inner
def is_like(other, code, group):  # type: ignore[no-untyped-def]
    """Whether a situation is that of `code`, but of this group."""
    same = index_of(other) == index_of(code) and mark_of(other) == mark_of(code)
    return same and kind_of(other) == kind_of(code) and group_of(other) == group

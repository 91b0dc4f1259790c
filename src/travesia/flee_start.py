"""Rule `flee`, compiled: who starts where, and what a day is like at each place before anyone moves."""

from __future__ import annotations

from typing import NamedTuple

from travesia.cohorts import (
    AT_PLACE,
    Floats,
    Ints,
    deal,
    group_of,
    index_of,
    kind_of,
    open_stream,
    pack,
    put,
    tally,
)
from travesia.jit import inner, merged, outer
from travesia.rng import DEPARTURE, poisson_quantile, uniform

OBSERVED, CONSTANT, SHARE, POISSON = 0, 1, 2, 3
ATTRIBUTES = 2  # ethnicity, religion
TYPICAL = (
    100.0  # people of the usual mix who are added to those at a place, so that one person is no majority
)


class Starts(NamedTuple):
    """Who starts. A slot is a place, or one of those present before day 0; its rows of `share` say which groups."""

    mode: int
    due: Floats  # [day] people to deal over the places (OBSERVED)
    weight: Floats  # [day, place] per inhabitant (OBSERVED)
    amount: Floats  # [day, place] people, mean, or what multiplies the rate
    rate: float  # share of the population a day (SHARE)
    takes: int  # whoever starts leaves the population
    population: Floats  # [place]
    present_place: Ints  # [present] who is there before day 0
    present_count: Floats
    slot: Ints  # [slot] first row of share
    share: Floats
    group: Ints


class Match(NamedTuple):
    """Attraction of one's own kind. A trait is a value of ethnicity or of religion."""

    acts: Ints  # [3 × attribute + at a camp, in conflict, elsewhere]; all 0 where nothing is matched
    trait: Ints  # [group × ATTRIBUTES + attribute], or -1
    chooser_trait: Ints  # [chooser × ATTRIBUTES + attribute], or -1
    usual: Floats  # [trait] its share of all
    resident: Floats  # [trait × places + place] share of the inhabitants
    in_conflict: Ints  # [day, place]
    typical: float  # TYPICAL in units of hasten


@merged
def start_out(day):  # type: ignore[no-untyped-def]
    """Let appear who was there before day 0, and who starts today."""
    starts, work, places = day.starts, day.work, day.flee.base_a.size
    if day.number == 0:
        for i in range(starts.present_place.size):
            appear(day, places + i, starts.present_place[i], starts.present_count[i])
    if starts.mode == OBSERVED:
        due = starts.due[day.number] + work.held[0]
        if due <= 0.0:
            return
        total = 0.0
        for place in range(places):
            work.weight[place] = starts.weight[day.number, place] * work.population[place]
            total += work.weight[place]
        work.held[0] = 0.0 if total > 0.0 else due
        if total <= 0.0:
            return
        open_stream(work.stream, day.key, DEPARTURE, 0, 0)
        deal(day.expected, work.stream, due, work.weight, 0, places, work.out)
    else:
        for place in range(places):
            work.out[place] = how_many(day, place, starts.amount[day.number, place])
    for place in range(places):
        if work.out[place] > 0.0:
            appear(day, place, place, work.out[place])
            if starts.takes:
                work.population[place] = max(work.population[place] - work.out[place], 0.0)


@inner
def how_many(day, place, amount):  # type: ignore[no-untyped-def]
    """How many start at a place in conflict or under water: whole people, as Flee cuts them."""
    starts, work = day.starts, day.work
    if amount <= 0.0:
        return 0.0
    if starts.mode == SHARE:
        return float(int(starts.rate * work.population[place] * amount))
    if starts.mode == CONSTANT:
        return float(int(amount))
    if day.expected:
        return amount
    open_stream(work.stream, day.key, DEPARTURE, place, 0)
    return poisson_quantile(uniform(work.stream), amount)


@outer
def appear(day, slot, place, count):  # type: ignore[no-untyped-def]
    """People appear at a place, dealt over the groups of the slot."""
    starts, work = day.starts, day.work
    lo, hi = starts.slot[slot], starts.slot[slot + 1]
    if hi == lo + 1:
        work.dealt[lo] = count
    else:
        open_stream(work.stream, day.key, DEPARTURE, slot, 1)
        deal(day.expected, work.stream, count, starts.share, lo, hi, work.dealt)
    for row in range(lo, hi):
        if work.dealt[row] > 0.0:
            code = pack(AT_PLACE, day.flee.base_a[place], 0, starts.group[row], day.flee.bins)
            put(day.here, code, work.dealt[row])
            tally(day.records.departed, day.number, 0, day.net, code, work.dealt[row])


@outer
def set_conditions(day):  # type: ignore[no-untyped-def]
    """Work out today's chance to leave each place, and its attraction for each chooser."""
    flee, work, places = day.flee, day.work, day.flee.base_a.size
    for place in range(places):
        more = flee.chance_more[day.number, place]
        if flee.size_power != 0.0:
            size = max(work.population[place], flee.size[day.number, place], 0.0)
            if size > 0.0:
                more *= (size / flee.size_base) ** flee.size_power
            elif flee.size_power > 0.0:
                more = 0.0
        work.chance[place] = min(flee.chance_sure[day.number, place] + more, 1.0)
    matching = flee.match.usual.size > 0
    if matching:
        count_traits(day)
    for chooser in range(flee.chooser_class.size):
        score = flee.chooser_class[chooser] * places
        pull = flee.chooser_home[chooser] * places
        for place in range(places):
            lure = flee.score[day.number, score + place] * flee.pull[pull + place]
            if flee.population_power != 0.0 and not flee.camp[day.number, place]:
                lure *= max(work.population[place], 1.0) ** flee.population_power
            if matching:
                lure *= own_kind(day, chooser, place)
            work.attraction[chooser * places + place] = lure


@inner
def count_traits(day):  # type: ignore[no-untyped-def]
    """How many of those at each place this morning have each trait."""
    flee, work, places = day.flee, day.work, day.flee.base_a.size
    work.mix[:] = 0.0
    for e in range(day.here.meta[0]):
        code = day.here.code[e]
        if kind_of(code) != AT_PLACE or day.here.count[e] <= 0.0:
            continue
        place = day.net.a_place[index_of(code)]
        for attribute in range(ATTRIBUTES):
            trait = flee.match.trait[group_of(code) * ATTRIBUTES + attribute]
            if trait >= 0:
                work.mix[trait * places + place] += day.here.count[e]


@inner
def own_kind(day, chooser, place):  # type: ignore[no-untyped-def]
    """How much more, or less, of their own kind people find at a place than is usual; 1 where nobody is."""
    flee, work, places = day.flee, day.work, day.flee.base_a.size
    camp = flee.camp[day.number, place] > 0
    spot = 0 if camp else 1 if flee.match.in_conflict[day.number, place] else 2
    factor = 1.0
    for attribute in range(ATTRIBUTES):
        trait = flee.match.chooser_trait[chooser * ATTRIBUTES + attribute]
        if trait < 0 or not flee.match.acts[3 * attribute + spot]:
            continue
        usual, typical = flee.match.usual[trait], flee.match.typical
        residents = 0.0 if camp else work.population[place]
        same = work.mix[trait * places + place] + residents * flee.match.resident[trait * places + place]
        factor *= (same + typical * usual) / (work.at[place] + residents + typical) / usual
    return factor

"""Rule `flee`, compiled: who starts where, and what a day is like at each place before anyone moves."""

from __future__ import annotations

from typing import NamedTuple

from travesia.cohorts import (
    AT_PLACE,
    WAITING,
    Floats,
    Ints,
    deal,
    group_of,
    index_of,
    kind_of,
    open_stream,
    pack,
    part,
    put,
    tally,
)
from travesia.jit import merged, outer
from travesia.quantiles import poisson_quantile
from travesia.rng import DEPARTURE, MOVE, uniform

OBSERVED, CONSTANT, SHARE, POISSON = 0, 1, 2, 3
ATTRIBUTES = 2  # ethnicity, religion
SETTLING = 9000  # the turn of those who stay for good
TYPICAL = (
    100.0  # people of the usual mix who are added to those at a place, so that one person is no majority
)


class Starts(NamedTuple):
    """Who starts. A slot is a place, or one of those present before day 0; its rows of `share` say which groups."""

    mode: int
    due: Floats  # [day] people to deal over the places (OBSERVED)
    weight: (
        Floats  # [day, place] of an inhabitant (OBSERVED); people, their mean, or what multiplies the rate
    )
    rate: float  # share of the population a day (SHARE)
    takes: int  # whoever starts leaves the population
    population: Floats  # [place]
    present_place: Ints  # [present] who is there before day 0
    present_count: Floats
    slot: Ints  # [slot] first row of share
    share: Floats
    group: Ints
    sink: Floats  # [place] chance a night to stay in the camp for good; empty where camps are no sinks


class StartWork(NamedTuple):
    """Scratch arrays."""

    population: Floats  # [place] left
    held: Floats  # [1] people due while there is nobody who could leave
    weight: Floats  # [place]
    out: Floats  # [place]
    dealt: Floats  # [row of share]
    mix: Floats  # [trait, place] people there with it


class Conditions(NamedTuple):
    """What a day is like at each place. A chooser is a class of groups who see the same attraction in the same places.

    A trait is a value of ethnicity or of religion; arrays of traits are empty where people do not look for their kind.
    """

    sure: Floats  # [day, place] the chance to leave is sure + more × (size / base)^power
    more: Floats
    size: Floats  # [day, place] the capacity that counts as size
    size_base: float
    size_power: float
    score: Floats  # [day, class × places + place]
    pull: Floats  # [home × places + place]
    population_power: float
    table: Floats  # [2 × day + late, place] scores in the tables of fixed routes
    chooser: Ints  # [chooser, class | home | trait of ethnicity | trait of religion]
    acts: Ints  # [attribute, at a camp | in conflict | elsewhere]
    trait: Ints  # [group, attribute], or -1
    usual: Floats  # [trait] its share of all
    resident: Floats  # [trait, place] share of the inhabitants
    in_conflict: Ints  # [day, place]
    typical: float  # TYPICAL in units of hasten


@outer
def start_out(number, key, expected, starts, bins, here, net, departed, work, stream):  # type: ignore[no-untyped-def]
    """Let appear who was there before day 0, and who starts today. bins : of the mark of those who never travelled."""
    places = starts.population.size
    how_many(number, key, expected, starts, work, stream)
    slots = starts.slot.size - 1 if number == 0 else places
    for i in range(slots):
        slot = (i + places) % slots  # those present come first
        if slot >= places:
            place, count = starts.present_place[slot - places], starts.present_count[slot - places]
        else:
            place, count = slot, work.out[slot]
            if starts.takes:
                work.population[place] = max(work.population[place] - count, 0.0)
        if count <= 0.0:
            continue
        lo, hi = starts.slot[slot], starts.slot[slot + 1]
        work.dealt[lo] = count
        if hi > lo + 1:
            open_stream(stream, key, DEPARTURE, slot, 1)
            deal(expected, stream, count, starts.share, lo, hi, work.dealt)
        for row in range(lo, hi):
            if work.dealt[row] > 0.0:
                code = pack(AT_PLACE, place, 0, starts.group[row], bins)
                put(here, code, work.dealt[row])
                tally(departed, number, 0, net, code, work.dealt[row])


@merged
def how_many(number, key, expected, starts, work, stream):  # type: ignore[no-untyped-def]
    """How many start at each place today, into `work.out`: whole people, as Flee cuts them."""
    places = starts.population.size
    due = work.held[0]
    if starts.mode == OBSERVED:
        due += starts.due[number]
    total = 0.0
    for place in range(places):
        work.out[place] = 0.0
        if starts.mode == OBSERVED:
            work.weight[place] = starts.weight[number, place] * work.population[place]
            total += work.weight[place]
            continue
        amount = starts.weight[number, place]
        if starts.mode == SHARE:
            amount = float(int(starts.rate * work.population[place] * amount))
        elif starts.mode == CONSTANT:
            amount = float(int(amount))
        elif amount > 0.0 and not expected:
            open_stream(stream, key, DEPARTURE, place, 0)
            amount = poisson_quantile(uniform(stream), amount)
        work.out[place] = amount
    work.held[0] = 0.0 if total > 0.0 else due
    if total > 0.0 and due > 0.0:
        open_stream(stream, key, DEPARTURE, 0, 0)
        deal(expected, stream, due, work.weight, 0, places, work.out)


@outer
def set_conditions(number, rules, a_place, camp, here, work, chance, at, attraction, base):  # type: ignore[no-untyped-def]
    """Work out today's chance to leave each place, and its attraction for each chooser."""
    places = chance.size
    for place in range(places):
        more = rules.more[number, place]
        if rules.size_power != 0.0:
            size = max(work.population[place], rules.size[number, place])
            if size > 0.0:
                more *= (size / rules.size_base) ** rules.size_power
            elif rules.size_power > 0.0:
                more = 0.0
        chance[place] = min(rules.sure[number, place] + more, 1.0)
        for late in range(base.size // places):
            base[late * places + place] = rules.table[2 * number + late, place]
    matching = rules.usual.size > 0
    if matching:
        count_traits(rules, a_place, here, work)
    for chooser in range(attraction.size // places):
        score, pull = rules.chooser[chooser, 0] * places, rules.chooser[chooser, 1] * places
        for place in range(places):
            lure = rules.score[number, score + place] * rules.pull[pull + place]
            if rules.population_power != 0.0 and not camp[number, place]:
                lure *= max(work.population[place], 1.0) ** rules.population_power
            if matching:
                lure *= own_kind(number, rules, camp, work, at, chooser, place)
            attraction[chooser * places + place] = lure


@merged
def count_traits(rules, a_place, here, work):  # type: ignore[no-untyped-def]
    """How many of those at each place this morning have each trait."""
    work.mix[:] = 0.0
    for e in range(here.meta[0]):
        code = here.code[e]
        if kind_of(code) != AT_PLACE or here.count[e] <= 0.0:
            continue
        for attribute in range(ATTRIBUTES):
            trait = rules.trait[group_of(code), attribute]
            if trait >= 0:
                work.mix[trait, a_place[index_of(code)]] += here.count[e]


@merged
def own_kind(number, rules, camp, work, at, chooser, place):  # type: ignore[no-untyped-def]
    """How much more, or less, of their own kind people find at a place than is usual; 1 where nobody is."""
    is_camp = camp[number, place] > 0
    spot = 0 if is_camp else 1 if rules.in_conflict[number, place] else 2
    factor = 1.0
    for attribute in range(ATTRIBUTES):
        trait = rules.chooser[chooser, 2 + attribute]
        if trait < 0 or not rules.acts[attribute, spot]:
            continue
        usual, typical = rules.usual[trait], rules.typical
        residents = 0.0 if is_camp else work.population[place]
        same = work.mix[trait, place] + residents * rules.resident[trait, place]
        factor *= (same + typical * usual) / (at[place] + residents + typical) / usual
    return factor


@outer
def sink(number, key, expected, chance, camp, a_place, table, stream):  # type: ignore[no-untyped-def]
    """At night some of those in camps that are sinks stay there for good. chance : [place]."""
    for e in range(table.meta[0]):
        code, count = table.code[e], table.count[e]
        if kind_of(code) != AT_PLACE or count <= 0.0:
            continue
        place = a_place[index_of(code)]
        if not camp[number, place] or chance[place] <= 0.0:
            continue
        open_stream(stream, key, MOVE, code, SETTLING)
        settled = part(expected, stream, count, chance[place])
        table.count[e] -= settled
        put(table, pack(WAITING, place, 0, group_of(code), 0), settled)

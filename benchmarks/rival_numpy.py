"""The plain rule with one array element per person, in NumPy: what somebody who knows NumPy would write."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from persons import Persons

ON_NO_LEG = -1


def simulate(persons: Persons, seed: int) -> NDArray[np.int64]:
    """People at each place every night, [day, place]."""
    random = np.random.default_rng(seed)
    days, places = persons.chance.shape
    everyone = int(persons.present.sum() + persons.due.sum())
    place = np.zeros(everyone, dtype=np.int64)
    leg = np.full(everyone, ON_NO_LEG)
    progress = np.zeros(everyone)
    people = int(persons.present.sum())
    place[:people] = np.repeat(np.arange(places), persons.present)
    nights = np.zeros((days, places), dtype=np.int64)
    last_way = persons.way_start[1:] - 1
    of_way = np.repeat(np.arange(places), np.diff(persons.way_start))
    for day in range(days):
        new = int(persons.due[day])
        place[people : people + new] = np.searchsorted(persons.origin[day], random.random(new), side="right")
        people += new
        chance, ladder = persons.chance[day], persons.cumulative[day] + of_way
        here = np.flatnonzero(leg[:people] == ON_NO_LEG)
        moving = here[random.random(here.size) < chance[place[here]]]
        _leave(moving, place, leg, progress, ladder, last_way, random)
        moving = np.flatnonzero(leg[:people] != ON_NO_LEG)
        used = np.zeros(moving.size)
        while moving.size:
            progress[moving] += persons.speed
            used += persons.speed
            over = progress[moving] - persons.km[leg[moving]]
            there = over > 0
            moving, used = moving[there], (used - over)[there]
            place[moving] = persons.end[leg[moving]]
            leg[moving] = ON_NO_LEG
            on = (used < persons.speed) & (random.random(moving.size) < chance[place[moving]])
            moving, used = moving[on], used[on]
            _leave(moving, place, leg, progress, ladder, last_way, random)
        settled = place[:people][leg[:people] == ON_NO_LEG]
        nights[day] = np.bincount(settled, minlength=places)
    return nights


def _leave(who, place, leg, progress, ladder, last_way, random) -> None:  # type: ignore[no-untyped-def]
    """Choose a way: `ladder` rises by 1 from place to place, so that one search serves all of them."""
    found = np.searchsorted(ladder, place[who] + random.random(who.size), side="right")
    leg[who] = np.minimum(found, last_way[place[who]])  # where u + place rounds to the next place
    progress[who] = 0.0

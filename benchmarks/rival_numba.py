"""The plain rule person by person, compiled with Numba: the fastest that keeps single persons without cleverness."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from persons import Persons


def simulate(persons: Persons, seed: int) -> NDArray[np.int64]:
    """People at each place every night, [day, place]."""
    everyone = int(persons.present.sum() + persons.due.sum())
    place, leg, progress = np.zeros(everyone, np.int64), np.full(everyone, -1), np.zeros(everyone)
    nights = np.zeros(persons.chance.shape, dtype=np.int64)
    _run(persons, seed, place, leg, progress, nights)
    return nights


@njit(cache=True)
def _run(persons, seed, place, leg, progress, nights):  # type: ignore[no-untyped-def]
    np.random.seed(seed)  # noqa: NPY002 - Numba's own generator
    days, places = nights.shape
    people = 0
    for p in range(places):
        for _ in range(persons.present[p]):
            place[people] = p
            people += 1
    for day in range(days):
        for _ in range(persons.due[day]):
            place[people] = np.searchsorted(persons.origin[day], np.random.random(), side="right")
            people += 1
        for i in range(people):
            if leg[i] < 0:
                _decide(persons, day, i, place, leg, progress)
            used = 0.0
            while leg[i] >= 0:
                progress[i] += persons.speed
                used += persons.speed
                over = progress[i] - persons.km[leg[i]]
                if over <= 0.0:
                    break
                used -= over
                place[i], leg[i] = persons.end[leg[i]], -1
                if used < persons.speed:
                    _decide(persons, day, i, place, leg, progress)
            if leg[i] < 0:
                nights[day, place[i]] += 1


@njit(cache=True)
def _decide(persons, day, i, place, leg, progress):  # type: ignore[no-untyped-def]
    here = place[i]
    if np.random.random() < persons.chance[day, here]:
        u, way = np.random.random(), persons.way_start[here]
        while persons.cumulative[day, way] <= u:
            way += 1
        leg[i], progress[i] = way, 0.0

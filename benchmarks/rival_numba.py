"""The plain rule person by person, compiled with Numba: the fastest that keeps single persons without cleverness."""

# ruff: noqa: NPY002 - inside compiled functions, np.random is Numba's own generator
from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray
from persons import Persons


def simulate(persons: Persons, seed: int) -> NDArray[np.int64]:
    """People at each place every night, [day, place]."""
    everyone = int(persons.present.sum() + persons.due.sum())
    place, leg, progress = np.zeros(everyone, np.int64), np.full(everyone, -1), np.zeros(everyone)
    people = int(persons.present.sum())
    place[:people] = np.repeat(np.arange(persons.present.size), persons.present)
    nights = np.zeros(persons.chance.shape, dtype=np.int64)
    _seed(seed)
    for day, new in enumerate(persons.due.tolist()):
        _start(persons.origin[day], place[people : people + new])
        people += new
        ways = (persons.way_start, persons.end, persons.km, persons.cumulative[day])
        state = (place[:people], leg[:people], progress[:people])
        _day(persons.speed, persons.chance[day], *ways, *state, nights[day])
    return nights


@njit(cache=True)
def _seed(seed):  # type: ignore[no-untyped-def]
    np.random.seed(seed)


@njit(cache=True)
def _start(origin, place):  # type: ignore[no-untyped-def]
    for i in range(place.size):
        place[i] = np.searchsorted(origin, np.random.random(), side="right")


@njit(cache=True)
def _day(speed, chance, way_start, end, km, cumulative, place, leg, progress, night):  # type: ignore[no-untyped-def]
    for i in range(place.size):
        here, way, done, used = place[i], leg[i], progress[i], 0.0
        while True:
            if way < 0:  # at a place: go on, or stay for the night
                if used >= speed or np.random.random() >= chance[here]:
                    break
                u, way, done = np.random.random(), way_start[here], 0.0
                while cumulative[way] <= u:
                    way += 1
            done += speed
            used += speed
            if done <= km[way]:
                break
            used -= done - km[way]
            here, way = end[way], -1
        place[i], leg[i], progress[i] = here, way, done
        if way < 0:
            night[here] += 1

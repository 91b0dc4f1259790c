"""A structural model of growth: level, damped trend, drivers, and how growth is split over places."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from travesia.forecasting.past import Floats, Ints, Past
from travesia.forecasting.records import Series

MEMORY_DAYS = (10.0, 30.0, 90.0)
"""Half-lives with which past growth is forgotten."""
CALM_DAYS = (7.0, 30.0)
"""Days without growth that are added to what was seen, so that a jump over a day or two is no trend."""
DAMPING_DAYS = (0.0, 10.0, 30.0, 100.0, 300.0)
"""Times after which a trend has faded to 1/e; 0 is none."""
RECORD_DAYS = (0.0, 20.0, 200.0)
"""Days of counts at a place that say as much of its growth as the network does; 0 leaves the network out."""
ANCHORS = (7.0, 15.0, 30.0, 60.0, 90.0)
"""Horizons in days at which candidates are weighed; between two of them weights are interpolated."""
RECENT_DAYS = 30
"""Days of simulated arrivals that say how the network splits growth."""


@dataclass(frozen=True)
class Candidate:
    """One set of hyper-parameters. driven : growth per day and place in conflict, not per day."""

    damping_days: float
    memory_days: float
    calm_days: float
    record_days: float
    driven: bool


CANDIDATES = tuple(
    Candidate(*chosen)
    for chosen in product(DAMPING_DAYS, MEMORY_DAYS, CALM_DAYS, RECORD_DAYS, (False, True))
    if chosen[0] or chosen[1:] == (MEMORY_DAYS[0], CALM_DAYS[0], RECORD_DAYS[0], False)
)
"""Every set that is tried; with no trend the others say nothing."""


def growths(past: Past) -> Floats:
    """People a day each place gains at the origin by each candidate [candidate, place].

    past : what is known. Past growth between two counts is spread evenly over the days between them; what came after
    the latest count of a place is unknown, and not 0. It is averaged with weights that halve every `memory_days`, with
    `calm_days` of no growth. At a place with little record the growth of the total counts, split by simulated
    arrivals (a decline by the people who are there); that of all places stays the same.
    """
    rates: dict[tuple[float, float, bool], Floats] = {}
    for memory, driven in product(MEMORY_DAYS, (False, True)):
        for calm, found in zip(CALM_DAYS, _rates(past, memory, driven=driven), strict=True):
            rates[memory, calm, driven] = found
    last, share = past.last, network_shares(past)
    there = last / last.sum() if last.sum() > 0 else np.zeros(last.size)
    counted = past.last_day - np.array([_first_seen(series) for series in past.series], dtype=float)
    found = np.zeros((len(CANDIDATES), last.size))
    for row, one in enumerate(CANDIDATES):
        own = rates[one.memory_days, one.calm_days, one.driven]
        total = own.sum()
        network = one.record_days / np.maximum(one.record_days + counted, 1.0)
        mixed = (1 - network) * own + network * total * (share if total > 0 else there)
        whole = mixed.sum()
        found[row] = mixed * (total / whole if total * whole > 0 else 1.0)
    return found


def network_shares(past: Past) -> Floats:
    """How the network splits those who arrive [place]: simulated arrivals of the days after the origin, or before it.

    Where nobody arrives: by nearness; where nothing is near: as people are there.
    """
    arrivals, day = past.signals.arrivals, past.origin
    window = arrivals[day + 1 :] if len(arrivals) > day + 1 else arrivals[max(day - RECENT_DAYS + 1, 0) :]
    for pull in (window.sum(axis=0), past.signals.nearness[-1], past.last, np.ones(len(past.series))):
        if pull.sum() > 0:
            return np.asarray(pull / pull.sum(), dtype=float)
    return np.zeros(len(past.series))


def _rates(past: Past, memory: float, *, driven: bool) -> Floats:
    """Weighted mean growth a day at each place, for each number of calm days [calm, place]."""
    days = np.arange(past.origin + 1)
    weight = 0.5 ** ((past.origin - days) / memory)
    conflict, ahead = past.signals.conflict[: past.origin + 1], past.signals.conflict[past.origin + 1 :]
    driven = driven and conflict[-1] > 0
    coming = float(ahead.mean() if ahead.size else conflict[-1]) if driven else 1.0
    calm = np.array(CALM_DAYS) * (conflict[-1] if driven else 1.0)
    found = np.zeros((calm.size, len(past.series)))
    for row, series in enumerate(past.series):
        known = (days > _first_seen(series)) & (days <= series.days[-1])
        rise = np.diff(series.at(days), prepend=0.0)
        base = (weight * conflict if driven else weight)[known].sum()
        found[:, row] = (weight * rise)[known].sum() / (base + calm) * coming
    return found


def _first_seen(series: Series) -> int:
    """The day of the first count of anybody: a 0 before it may be no count at all."""
    return int(series.days[np.argmax(series.people > 0)])


def damped(days: Floats) -> Floats:
    """Days of undamped growth to which a damped one comes [candidate, …]. days : since the latest count."""
    tau = np.array([one.damping_days for one in CANDIDATES]).reshape(-1, *([1] * np.ndim(days)))
    safe = np.where(tau > 0, tau, 1.0)
    found: Floats = np.where(tau > 0, safe * -np.expm1(-np.asarray(days)[None] / safe), 0.0)
    return found


def candidates_at(past: Past, place: Ints, days: Ints) -> Floats:
    """What every candidate says [candidate, pair]. place : row in the past [pair]. days : of the run [pair]."""
    since = (days - past.last_day[place]).astype(float)
    found: Floats = np.maximum(past.last[place] + growths(past)[:, place] * damped(since), 0.0)
    return found

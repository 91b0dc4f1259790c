"""The model's end-to-end forecast: candidates of the structural model, weighed by how well each did before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from travesia.forecasting.growth import ANCHORS, CANDIDATES, candidates_at
from travesia.forecasting.past import Floats, Pairs, Past, pairs, rows_in
from travesia.forecasting.records import Days

NEAR = 1.5
"""A past forecast speaks for a horizon at most so many times longer or shorter."""


def said_by_candidates(past: Past, of: Pairs) -> Floats:
    """What every candidate would have said [candidate, pair]. past : what is known. of : its pairs."""
    found = np.zeros((len(CANDIDATES), of.lead.size))
    for day in np.unique(of.origin):
        here = np.flatnonzero(of.origin == day)
        then = past.until(int(day))
        row = rows_in(past, then)[of.place[here]]
        found[:, here] = candidates_at(then, row, of.lead[here] + int(day))
    return found


def weigh(said: Floats, of: Pairs, *, known: int, prior: Floats | float = 0.0) -> Floats:
    """Weights of the candidates at each anchor [anchor, candidate], from counts up to a day.

    said : of every candidate [candidate, pair]. of : the pairs. known : the last day whose counts may be used. prior :
    log weights before any count. A candidate's weight is its mean absolute error to the power −n, n the past periods
    of that length that do not overlap: the likelihood of errors whose scale is not known.
    """
    usable = of.origin + of.lead <= known
    score = np.zeros((len(ANCHORS), len(said))) + prior
    for row, anchor in enumerate(ANCHORS):
        near = usable & _near(of, anchor)
        if near.any():
            ends = of.origin[near] + of.lead[near]
            periods = max((ends.max() - of.origin[near].min()) / anchor, 1.0)
            score[row] -= periods * _log_errors(said[:, near], of.came[near])
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    found: Floats = weight / weight.sum(axis=1, keepdims=True)
    return found


def error_ratios(past: Past) -> Floats:
    """How far off each candidate was, as the log of its mean absolute error over that of no trend [anchor, candidate].

    past : a whole record, from which other conflicts may learn; 0 at an anchor without counts.
    """
    of = pairs(past, longest=int(ANCHORS[-1] * NEAR))
    said = said_by_candidates(past, of)
    found = np.zeros((len(ANCHORS), len(CANDIDATES)))
    for row, anchor in enumerate(ANCHORS):
        near = _near(of, anchor)
        if near.any():
            error = _log_errors(said[:, near], of.came[near])
            found[row] = error - error[0]
    return found


def typical_errors(past: Past) -> Floats:
    """How far off the model was, on the scale of roots and over the root of what it said, at each anchor [anchor].

    past : a whole record; half of its errors are within 0.6745 times that, as those of a normal distribution.
    """
    of = pairs(past, longest=int(ANCHORS[-1] * NEAR))
    _, before = combined(past, of, np.array([past.origin + 1]))
    relative = (np.sqrt(of.came) - np.sqrt(before)) / np.sqrt(np.maximum(before, 1.0))
    return np.array([np.median(np.abs(relative[_near(of, anchor)])) / 0.6745 for anchor in ANCHORS])


def _near(of: Pairs, anchor: float) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.abs(np.log(of.lead / anchor)) <= np.log(NEAR)
    return found


def _log_errors(said: Floats, came: Floats) -> Floats:
    """The log of the mean absolute error of each candidate; of one that was never off that of a billionth."""
    error = np.abs(said - came).mean(axis=1)
    return np.asarray(np.log(np.maximum(error, max(1e-9 * float(error.max()), 1e-9))), dtype=float)


def at_lead(weights: Floats, lead: Floats) -> Floats:
    """Weights for some horizons [candidate, lead]. weights : at the anchors. lead : days."""
    where = np.interp(np.log(np.maximum(lead, 1.0)), np.log(ANCHORS), np.arange(len(ANCHORS)))
    low = np.minimum(where.astype(np.int64), len(ANCHORS) - 2)
    part = (where - low)[None]
    found: Floats = (1 - part) * weights[low].T + part * weights[low + 1].T
    return found


def combined(past: Past, of: Pairs, days: Days) -> tuple[Floats, Floats]:
    """The model's forecast [place, day], and what it would have said before [pair].

    past : what is known. of : its pairs. days : after the origin. Each past forecast weighs the candidates by the
    counts up to its own origin.
    """
    said = said_by_candidates(past, of)
    before = np.zeros(of.lead.size)
    for day in np.unique(of.origin):
        here = np.flatnonzero(of.origin == day)
        weights = weigh(said, of, known=int(day), prior=past.prior)
        before[here] = (at_lead(weights, of.lead[here].astype(float)) * said[:, here]).sum(axis=0)
    places, ahead = len(past.series), np.asarray(days, dtype=np.int64)
    every = candidates_at(past, np.repeat(np.arange(places), ahead.size), np.tile(ahead, places))
    weights = at_lead(
        weigh(said, of, known=past.origin, prior=past.prior), (ahead - past.origin).astype(float)
    )
    now = (np.tile(weights, places) * every).sum(axis=0).reshape(places, ahead.size)
    return now, before

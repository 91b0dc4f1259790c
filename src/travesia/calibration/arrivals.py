"""How many set out after the origin, where that is read from observed totals: the total goes on as it is forecast."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from travesia.forecasting.methods import MODEL, forecasts
from travesia.forecasting.origin import known_on
from travesia.forecasting.past import Past, past_of
from travesia.forecasting.records import Series, records
from travesia.forecasting.signals import pulls
from travesia.forecasting.spread import LEVELS
from travesia.observed import by_counts
from travesia.scenario import FleeSettings, Scenario

Floats = NDArray[np.float64]
TOTAL = "total"


def follows_totals(scenario: Scenario) -> bool:
    """Whether departures are read from observed totals, so that a forecast must forecast them."""
    if not (scenario.departures["kind"] == "observed").any():
        return False
    movement = scenario.settings.movement
    return not isinstance(movement, FleeSettings) or by_counts(movement)


def arrival_paths(
    scenario: Scenario, origin: date, *, days: int, draws: int, rng: np.random.Generator
) -> Floats | None:
    """People who set out on each day after the origin, [draw, day]; None where the scenario works that out itself.

    scenario : of which nothing after the origin is used. The total of all places is forecast by the structural model,
    as one series; each draw follows one quantile of it all along, and sets out what that path rises
    above its highest number so far.
    """
    if not follows_totals(scenario):
        return None
    past = _total(scenario, origin, days)
    if past is None:
        return np.zeros((draws, days))
    ahead = np.arange(past.origin + 1, past.origin + days + 1)
    members = forecasts(past, ahead, names=(MODEL,))[MODEL][0]  # [day, member]
    level = (rng.permutation(draws) + 0.5) / draws
    paths = np.stack([np.interp(level, LEVELS, row) for row in members], axis=1)
    whole = np.column_stack([np.full(draws, past.last.sum()), paths])
    highest = np.maximum.accumulate(whole, axis=1)
    return np.asarray(np.diff(highest, axis=1), dtype=float)


def _total(scenario: Scenario, origin: date, days: int) -> Past | None:
    """What is known of the total of all places on the origin; None where nobody was counted."""
    known = known_on(scenario, origin, days=days, blank=True)
    day = (origin - scenario.settings.start).days
    counted = [one.until(day) for one in records(known)]
    counted = [one for one in counted if one.seen]
    if not counted:
        return None
    when = np.unique(np.concatenate([one.days for one in counted]))
    people = np.sum([np.where(when < one.days[0], 0.0, one.at(when)) for one in counted], axis=0)
    rows = np.array([list(known.places["place"]).index(counted[0].place)], dtype=np.int64)
    return past_of([Series(TOTAL, when, people)], pulls(known, rows), day)

"""Triggers: how often an alarm at a probability would have been right, at past origins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from travesia.errors import UsageError, nearest
from travesia.forecasting.methods import MODEL, forecasts
from travesia.forecasting.origin import refuse_no_days
from travesia.forecasting.past import Past
from travesia.forecasting.signals import past_on
from travesia.scenario import Scenario

PROBABILITIES = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
FIRST_DAY, EVERY_DAYS = 30, 10


@dataclass(frozen=True)
class Tried:
    """One past origin: probability that the threshold is reached, and the day it was; NaN where it was not."""

    origin: int
    probability: float
    reached: float


@dataclass(frozen=True, eq=False)
class Triggers:
    """Alarms by probability.

    table : probability, alarms, events, hits, hit_rate, false_alarms, false_alarm_ratio, lead_days. tried : every past
    origin. now : the probability at the origin of the forecast.
    """

    table: pd.DataFrame
    tried: Sequence[Tried]
    now: float


def triggers(
    scenario: Scenario,
    *,
    origin: date,
    days: int,
    place: str,
    threshold: float,
    tell: Callable[[int, int], None] | None = None,
) -> Triggers:
    """What alarms for a place would have been worth so far.

    scenario : of which nothing after the origin is used. origin : of the forecast. days : how far it looks. place :
    where. threshold : people. At past origins, every 10 days from day 30, where fewer were counted so far: the chance
    that so many are there on some day of the next `days` (the highest of the days' chances), and whether a count
    reached it. Origins whose days are not over are left out. tell : called with origins done and in all. Raises
    UsageError for a place where nobody was counted.
    """
    end = (origin - scenario.settings.start).days
    refuse_no_days(days)
    known = past_on(scenario, end)
    if place not in known.places:
        hint = (
            nearest(place, known.places) if known.places else "alarms are of people at places, not of flows"
        )
        raise UsageError(f"nobody was counted at {place!r} by {origin}; {hint}")
    counts = known.series[known.places.index(place)]
    possible = [day for day in range(FIRST_DAY, end - days + 1, EVERY_DAYS)]
    tried = []
    for done, day in enumerate(possible, start=1):
        so_far = counts.until(day)
        if so_far.seen and so_far.people.max() < threshold:
            past = past_on(scenario, day)
            later = counts.after(day, day + days)
            over = later.days[later.people >= threshold]
            tried.append(
                Tried(
                    day, _chance(past, place, threshold, days), float(over[0]) if over.size else float("nan")
                )
            )
        if tell:
            tell(done, len(possible))
    return Triggers(_table(tried), tried, _chance(known, place, threshold, days))


def _chance(past: Past, place: str, threshold: float, days: int) -> float:
    """The chance that so many are at a place, on the likeliest of the days after the origin."""
    ahead = np.arange(past.origin + 1, past.origin + days + 1)
    members = forecasts(past, ahead, names=(MODEL,))[MODEL]
    return float((members[past.places.index(place)] >= threshold).mean(axis=1).max())


def _table(tried: Sequence[Tried]) -> pd.DataFrame:
    chance = np.array([one.probability for one in tried])
    reached = np.array([one.reached for one in tried])
    day = np.array([one.origin for one in tried], dtype=float)
    event = ~np.isnan(reached)
    rows = []
    for level in PROBABILITIES:
        alarm = chance >= level
        hits, events, alarms = int((alarm & event).sum()), int(event.sum()), int(alarm.sum())
        lead = (reached - day)[alarm & event]
        rows.append(
            {
                "probability": level,
                "origins": len(tried),
                "alarms": alarms,
                "events": events,
                "hits": hits,
                "hit_rate": hits / events if events else float("nan"),
                "false_alarms": alarms - hits,
                "false_alarm_ratio": (alarms - hits) / alarms if alarms else float("nan"),
                "lead_days": float(lead.mean()) if lead.size else float("nan"),
            }
        )
    return pd.DataFrame(rows)

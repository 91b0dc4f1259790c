"""Learning how people are split over camps, from conflicts with counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.forecasting import skill
from travesia.forecasting.allocate import MEMBERS, camp_effects, capacities, follow
from travesia.forecasting.attraction import Attraction, attraction, pull
from travesia.forecasting.hyperpriors import PARAMETERS, SPREAD, TRACKS, Hyper, names, prior_draws
from travesia.forecasting.past import Floats
from travesia.observed import camp_counts
from travesia.resampling import resample
from travesia.scenario import Scenario

DRAWS = 1024
EVERY_DAYS, AHEAD_DAYS = 60, 90
"""The counts up to each of these origins are followed so many days ahead."""
SPREADS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
THIN_DAYS = 10


@dataclass(frozen=True, eq=False)
class Lesson:
    """A case to learn from. total [day], counts [day, camp]; known : the counts as they were on day 0 [1, camp]."""

    name: str
    found: Attraction
    total: Floats
    counts: Floats
    known: Floats
    capacity: Floats | None
    later: tuple[Floats, ...]

    def drawing(self, drawn: dict[str, Floats], effects: Floats) -> Floats:
        """What each camp draws [member, day, camp]."""
        return pull(self.found, drawn["distance_power"], drawn["newest_boost"], effects)


def lesson(scenario: Scenario) -> Lesson:
    """What is to be learnt of a case; raises UsageError where nobody was counted in a camp."""
    counts = camp_counts(scenario)[1].T.astype(float)
    if counts.sum() <= 0:
        raise UsageError(
            f"{scenario.name}: nobody was counted in a camp, so nothing can be learnt of the split"
        )
    origins = range(EVERY_DAYS, scenario.settings.days - EVERY_DAYS // 2, EVERY_DAYS)
    return Lesson(
        scenario.name,
        attraction(scenario),
        counts.sum(axis=1),
        counts,
        counts_until(scenario, 0),
        capacities(scenario),
        tuple(counts_until(scenario, origin) for origin in origins),
    )


def counts_until(scenario: Scenario, day: int) -> Floats:
    """The counts [day, camp] as they were known on a day, later counts and registrations left out."""
    until = pd.Timestamp(scenario.settings.start + timedelta(days=day))
    table = scenario.observations
    known = scenario.with_table("observations", table[table["date_from"] <= until].reset_index(drop=True))
    return camp_counts(known)[1].T[: day + 1].astype(float)


def losses(of: Lesson, draws: dict[str, Floats], track: str) -> Floats:
    """What each draw costs on a case [draw]: its averaged relative difference, from day 0 and from later origins."""
    drawing = of.drawing(draws, np.zeros((len(draws[PARAMETERS[0]]), len(of.found.camps))))
    capacity = of.capacity if track == "given" else None
    whole = _difference(follow(drawing, draws, of.total, of.known, capacity), of.counts)
    parts = []
    for known in of.later:
        end = min(len(known) + AHEAD_DAYS, len(of.total))
        said = follow(drawing, draws, of.total[:end], known, capacity)
        parts.append(_difference(said[:, len(known) :], of.counts[len(known) : end]))
    return whole + (np.mean(parts, axis=0) if parts else 0.0)


def learn(scenarios: Sequence[Scenario], *, draws: int = DRAWS, tell: Callable[[str], None] = print) -> Hyper:
    """Losses of draws of the priors on each case, and how much camps differ from what is said of them.

    scenarios : with all their counts. draws : how many, a power of two. tell : called with what was done. The spread
    of the effects of camps is the one with the smallest scaled CRPS over cases, each split with the weights of
    the others; for a case itself, it is chosen without it.
    """
    lessons = [lesson(scenario) for scenario in scenarios]
    drawn = prior_draws(draws)
    found: dict[str, Floats] = {}
    for track in TRACKS:
        found[track] = np.stack([losses(one, drawn, track) for one in lessons], axis=1)
        tell(f"{track}: losses of {draws} draws on {len(lessons)} cases")
    camps = tuple(names(one.found.camps) for one in lessons)
    hyper = Hyper(drawn, found, camps, {track: np.full(len(lessons) + 1, SPREAD) for track in TRACKS})
    spread = {}
    for track in TRACKS:
        spread[track] = np.array(
            [_spread(hyper, lessons, track, without=own) for own in (*range(len(lessons)), -1)], dtype=float
        )
        tell(f"{track}: spread of the effects of camps {spread[track].tolist()}")
    return replace(hyper, spread=spread)


def _spread(hyper: Hyper, lessons: Sequence[Lesson], track: str, *, without: int) -> float:
    """The best spread for the cases but one, each split by what the others but that one say."""
    cost = np.zeros(len(SPREADS))
    for row, one in enumerate(lessons):
        if row == without:
            continue
        chosen = resample(hyper.weights(track, without=(without, row)), MEMBERS)
        drawn = {name: hyper.draws[name][chosen] for name in PARAMETERS}
        effects = camp_effects(MEMBERS, len(one.found.camps), seed=0)
        came = one.counts[::THIN_DAYS]
        for index, spread in enumerate(SPREADS):
            drawing = one.drawing(drawn, effects * spread)
            said = follow(drawing, drawn, one.total, one.known, one.capacity if track == "given" else None)
            members = np.moveaxis(said[:, ::THIN_DAYS], 0, 2).reshape(-1, MEMBERS)
            cost[index] += skill.crps(members, came.reshape(-1)).sum() / max(came.sum(), 1.0)
    return float(SPREADS[int(cost.argmin())])


def _difference(said: Floats, came: Floats) -> Floats:
    """Averaged relative difference of each member; `said` has the total of what came already."""
    wrong = np.abs(said - came[None]).sum(axis=2) / np.maximum(came.sum(axis=1), 1.0)
    return np.asarray(wrong.mean(axis=1), dtype=float)

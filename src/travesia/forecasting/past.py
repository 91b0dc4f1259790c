"""What is known on an origin, and every forecast that could have been made and checked before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from travesia.forecasting.records import Days, People, Series

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BETWEEN = 10
"""Days from one past origin to the next, at least."""


@dataclass(frozen=True, eq=False)
class Signals:
    """What drivers and the network say by day of the run; nothing of it is a count of people.

    conflict : places in conflict [day]. nearness, gravity : pull of each place on those who leave, falling with the
    distance and with its square [day, place]. arrivals : people the simulator brings to each place a day when they
    leave at a steady rate [day, place]; days after the origin are what follows if conflicts persist.
    """

    conflict: Floats
    nearness: Floats
    gravity: Floats
    arrivals: Floats

    def until(self, day: int, kept: NDArray[np.bool_]) -> Signals:
        """Up to a day, for some of the places."""
        cut = (self.nearness, self.gravity, self.arrivals)
        return Signals(self.conflict[: day + 1], *(array[: day + 1, kept] for array in cut))


@dataclass(frozen=True, eq=False)
class Past:
    """What is known on an origin.

    origin : day of the run. series : of the places where somebody was counted, up to that day. signals : of these
    places. prior : what other conflicts teach, log weights of the model's candidates [anchor, candidate]; 0 nothing.
    usual : typical errors there over the root of what was said, by horizon in days; empty where none are known.
    """

    origin: int
    series: tuple[Series, ...]
    signals: Signals
    prior: Floats | float = 0.0
    usual: tuple[tuple[float, float], ...] = ()

    def until(self, day: int) -> Past:
        """What was known on an earlier day."""
        cut = [series.until(day) for series in self.series]
        kept = np.array([series.seen for series in cut], dtype=bool)
        seen = tuple(series for series in cut if series.seen)
        return Past(day, seen, self.signals.until(day, kept), self.prior, self.usual)

    @property
    def places(self) -> list[str]:
        """Where somebody was counted."""
        return [series.place for series in self.series]

    @property
    def last(self) -> People:
        """The latest count at each place [place]."""
        return np.array([series.people[-1] for series in self.series], dtype=float)

    @property
    def last_day(self) -> Days:
        """The day of the latest count at each place [place]."""
        return np.array([series.days[-1] for series in self.series], dtype=np.int64)


Point = Callable[[Past, Days], Floats]
"""People at each place of the past on each of the days after its origin [place, day]."""


class Pairs(NamedTuple):
    """Past forecasts that can be checked, arrays [pair]: where, from which day, how many days ahead, what came."""

    place: Ints
    origin: Ints
    lead: Ints
    came: Floats


def pairs(past: Past, *, longest: int) -> Pairs:
    """Every count beside the past origins before it.

    past : what is known. longest : days from an origin to a count, at most. Past origins are days on which somebody
    was counted, from the first on, `BETWEEN` days apart at least; a place is forecast once somebody was counted there.
    """
    found: list[Pairs] = []
    for day in past_origins(past):
        for index, series in enumerate(past.series):
            later = series.after(day, min(past.origin, day + longest))
            if later.days.size and series.until(day).seen:
                size = later.days.size
                found.append(Pairs(np.full(size, index), np.full(size, day), later.days - day, later.people))
    if not found:
        nothing = np.zeros(0, dtype=np.int64)
        return Pairs(nothing, nothing, nothing, np.zeros(0))
    rows, days, leads, people = (np.concatenate(column) for column in zip(*found, strict=True))
    return Pairs(rows, days, leads, people)


def past_origins(past: Past) -> list[int]:
    """Days before the origin on which somebody was counted, `BETWEEN` days apart at least."""
    chosen: list[int] = []
    for day in sorted({int(day) for series in past.series for day in series.days}):
        if day < past.origin and (not chosen or day >= chosen[-1] + BETWEEN):
            chosen.append(day)
    return chosen


def said(point: Point, past: Past, of: Pairs) -> Floats:
    """What a method would have said, [pair]. point : the method. past : what is known now. of : its pairs."""
    found = np.zeros(of.lead.size)
    for day in np.unique(of.origin):
        here = np.flatnonzero(of.origin == day)
        then = past.until(int(day))
        days = np.unique(of.lead[here]) + int(day)
        forecast = point(then, days)
        row = rows_in(past, then)[of.place[here]]
        found[here] = forecast[row, np.searchsorted(days, of.lead[here] + int(day))]
    return found


def rows_in(past: Past, then: Past) -> Ints:
    """The row of each place of the past in an earlier one; −1 where nobody was counted yet."""
    index = {place: row for row, place in enumerate(then.places)}
    return np.array([index.get(place, -1) for place in past.places], dtype=np.int64)


def past_of(series: Sequence[Series], signals: Signals, origin: int) -> Past:
    """What is known on an origin of the whole series. signals : of the same places, in the same order."""
    seen = [one.until(origin) for one in series]
    kept = np.array([one.seen for one in seen], dtype=bool)
    cut = (signals.nearness, signals.gravity, signals.arrivals)
    of_seen = Signals(signals.conflict, *(array[:, kept] for array in cut))
    return Past(origin, tuple(one for one in seen if one.seen), of_seen)

"""Rule `flee`: every route people can choose, by state of the network, and what remains of it on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.errors import UsageError
from travesia.scenario import FleeSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Path = tuple[int, ...]
"""Places after the first, the last of them the end."""
MOST_ROUTES = 3_000_000  # about 2 GB
MAJOR_ROUTES_COUNT = 0.25  # of their length, in Flee


@dataclass(frozen=True)
class Routes:
    """Every route people can choose, by state of the network (epoch) and place; remaining routes are interned.

    a : place and remaining route; the first `places` of them have none. q : leg and the route that remains at its end.
    q_back [q] : where people are whom a closed leg sends back: at its start, with what remains of their route.
    option_km, option_part : with the softening added the share of km that counts as distance. option_late : with
    fixed_routes, the end is scored a day late.
    option_q : −1 where the way cannot be begun.
    """

    a_place: Ints
    final_place: Ints
    q_leg: Ints
    q_arrive: Ints
    q_back: Ints
    option_start: Ints
    option_place: Ints
    option_km: Floats
    option_part: Floats
    option_late: Ints
    option_q: Ints
    next_q: Ints

    def distance(self, softening: float) -> Floats:
        """The distance of each option that counts."""
        return np.asarray((softening + self.option_km) * self.option_part)


@dataclass(frozen=True)
class NetworkState:
    """What of the network can change: [leg] open, [leg] everyone who leaves its start must take it, [place] marker."""

    open: Bools
    forced: Bools
    marker: Bools


@dataclass
class _Interned:
    """Numbers of (place, remaining route) and of (leg, remaining route at its end), in order of first use."""

    legs: pd.DataFrame
    may_close: Bools
    a_of: dict[tuple[int, Path], int]
    q_of: dict[tuple[int, Path], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start, self.end = self.legs["start"].to_numpy(), self.legs["end"].to_numpy()
        self.order = list(self.a_of)  # a may stand in it before `_onward` has followed it

    def leg(self, leg: int, rest: Path) -> int:
        """The number of a leg with what remains of the route at its end."""
        self._place(int(self.end[leg]), rest)
        if self.may_close[leg]:
            self._place(int(self.start[leg]), rest)
        return self.q_of.setdefault((leg, rest), len(self.q_of))

    def _place(self, place: int, rest: Path) -> None:
        if (place, rest) not in self.a_of:
            self.a_of[place, rest] = len(self.a_of)
            self.order.append((place, rest))


def find_routes(
    settings: FleeSettings, names: Sequence[str], legs: pd.DataFrame, states: Sequence[NetworkState]
) -> Routes:
    """All routes of every state of the network. names : of the places. legs : of `directed_legs`."""
    places = len(names)
    open_always = np.logical_and.reduce([state.open for state in states])
    known = _Interned(legs, ~open_always, {(p, ()): p for p in range(places)})
    option_start: list[int] = [0]
    options: list[tuple[int, float, float, int, int]] = []
    first_leg: list[dict[tuple[int, int], int]] = []
    for state in states:
        view = _View.of(legs, state)
        first_leg.append(view.first)
        for place in range(places):
            for path, km, part, late in _options(settings, view, place, names):
                leg = view.first.get((place, path[0]))
                q = -1 if leg is None else known.leg(leg, path[1:])  # a lost first hop: they stay
                options.append((path[-1], km, part, int(late), q))
                if len(options) > MOST_ROUTES:
                    raise UsageError(_too_many(settings.awareness_level))
            option_start.append(len(options))
    next_q = _onward(known, first_leg)
    columns = list(zip(*options, strict=True)) or [(), (), (), (), ()]
    start, end = known.start, known.end
    return Routes(
        a_place=np.array([place for place, _ in known.a_of], dtype=np.int64),
        final_place=np.array([rest[-1] if rest else place for place, rest in known.a_of], dtype=np.int64),
        q_leg=np.array([leg for leg, _ in known.q_of], dtype=np.int64),
        q_arrive=np.array([known.a_of[int(end[leg]), rest] for leg, rest in known.q_of], dtype=np.int64),
        q_back=np.array(
            [known.a_of.get((int(start[leg]), rest), -1) for leg, rest in known.q_of], dtype=np.int64
        ),
        option_start=np.array(option_start, dtype=np.int64),
        option_place=np.array(columns[0], dtype=np.int64),
        option_km=np.array(columns[1], dtype=float),
        option_part=np.array(columns[2], dtype=float),
        option_late=np.array(columns[3], dtype=np.int64),
        option_q=np.array(columns[4], dtype=np.int64),
        next_q=next_q,
    )


def _too_many(awareness_level: int) -> str:
    return (
        f"awareness_level {awareness_level} gives more than {MOST_ROUTES:,} routes on this network; "
        f"take a lower one (--set awareness_level={max(awareness_level - 1, 1)})"
    )


def _onward(known: _Interned, first_leg: Sequence[dict[tuple[int, int], int]]) -> Ints:
    """The next leg of every remaining route in every state, [epoch × a + a]: −1 closed, −2 no route."""
    next_q: list[list[int]] = [[] for _ in first_leg]
    for place, rest in known.order:  # it grows while remaining routes are followed
        for epoch, first in enumerate(first_leg):
            onward = first.get((place, rest[0])) if rest else None
            if not rest or onward is None:
                next_q[epoch].append(-2 if not rest else -1)
                continue
            next_q[epoch].append(known.leg(onward, rest[1:]))
    return np.array(next_q, dtype=np.int64).reshape(-1)


@dataclass(frozen=True)
class _View:
    """A state of the network as route search needs it: legs out of each place, and the first leg of each pair.

    `shortest` : of legs between the same two places only the first of the shortest.
    """

    out: list[list[int]]
    shortest: list[list[int]]
    first: dict[tuple[int, int], int]
    end: Ints
    km: Floats
    state: NetworkState

    @classmethod
    def of(cls, legs: pd.DataFrame, state: NetworkState) -> _View:
        start, end = legs["start"].to_numpy(), legs["end"].to_numpy()
        out: list[list[int]] = [[] for _ in range(state.marker.size)]
        first: dict[tuple[int, int], int] = {}
        for leg in np.flatnonzero(state.open):
            out[start[leg]].append(int(leg))
            first.setdefault((int(start[leg]), int(end[leg])), int(leg))
        km = legs["km"].to_numpy(dtype=float)
        shortest = [_first_shortest(leaving, end, km) for leaving in out]
        return cls(out, shortest, first, end, km, state)


def _first_shortest(leaving: list[int], end: Ints, km: Floats) -> list[int]:
    least: dict[int, int] = {}
    for leg in leaving:
        other = least.setdefault(int(end[leg]), leg)
        if km[leg] < km[other]:
            least[int(end[leg])] = leg
    return sorted(least.values(), key=leaving.index)


def _options(
    settings: FleeSettings, view: _View, place: int, names: Sequence[str]
) -> Iterator[tuple[Path, float, float, bool]]:
    """Routes from a place: km, the share of them that counts, and whether their end is scored a day late."""
    forced = [leg for leg in view.out[place] if view.state.forced[leg]]
    if forced:
        for leg in forced:
            yield (int(view.end[leg]),), float(view.km[leg]), 1.0, False
    elif settings.fixed_routes:
        for end, (path, km, part) in _fixed(settings, view, place, names).items():
            yield path, km, part, end > place
    else:
        for path, km in paths(view, place, _awareness(settings), view.out, markers_count=False):
            yield path, km, 1.0, False


def _awareness(settings: FleeSettings) -> int:
    """Steps ahead; level 0 sees the next place by distance alone unless Flee's freeze is kept."""
    if settings.awareness_level == 0 and not settings.frozen_at_awareness_0:
        return 1
    return settings.awareness_level


def paths(
    view: _View, place: int, awareness: int, out: list[list[int]], *, markers_count: bool
) -> Iterator[tuple[Path, float]]:
    """Loop-free routes from a place, depth first in the order of the legs; a marker is no end.

    out : the legs out of each place that are tried. markers_count : whether a marker counts as a step.
    """
    if awareness == 0:
        return
    marker = view.state.marker
    stack: list[tuple[int, Path, float, int]]
    stack = [(leg, (), 0.0, 0) for leg in reversed(out[place])]
    while stack:
        leg, before, length, depth = stack.pop()
        here = int(view.end[leg])
        if here == place or here in before:
            continue
        path, total = (*before, here), length + float(view.km[leg])
        steps = depth if marker[here] and not markers_count else depth + 1
        if not marker[here]:
            yield path, total
        if awareness > steps:
            stack.extend((onward, path, total, steps) for onward in reversed(out[here]))


def _fixed(
    settings: FleeSettings, view: _View, place: int, names: Sequence[str]
) -> dict[int, tuple[Path, float, float]]:
    """The best route to each end within the awareness depth, and the major routes that lead further, by end.

    With the km of each, and the share of them that counts.
    """
    if view.state.marker[place]:
        return {}
    found = _shortest(settings, view, place)
    near = {place, *found}
    hubs = [(place, (), 0.0), *((end, path, 0.0) for end, (path, _) in found.items())]
    table = {end: (path, km, 1.0) for end, (path, km) in found.items()}
    for hub, to_hub, _ in hubs:
        for major in _majors(settings, names, hub):
            if major[-1] in near:
                continue
            way = (*to_hub, *major)
            km = _length(view, place, way)
            if km is None or not _better(settings, view, way, km):
                continue
            lost = settings.major_routes_lose_first_hop and len(way) > 1
            table[major[-1]] = (way[lost:], km, MAJOR_ROUTES_COUNT)
    return table


def _shortest(settings: FleeSettings, view: _View, place: int) -> dict[int, tuple[Path, float]]:
    found: dict[int, tuple[Path, float]] = {}
    for path, km in paths(view, place, _awareness(settings), view.shortest, markers_count=True):
        known = found.get(path[-1])
        if known is None or settings.softening + km < settings.softening + known[1]:
            found[path[-1]] = (path, km)
    return found


def _better(settings: FleeSettings, view: _View, way: Path, km: float) -> bool:
    """Flee takes a major route if it counts for less than the ordinary route to its end from the place before."""
    before = way[-2] if len(way) > 1 else None
    if before is None or view.state.marker[before]:
        return True
    ordinary = _shortest(settings, view, before).get(way[-1])
    return (
        ordinary is None or (settings.softening + km) * MAJOR_ROUTES_COUNT < settings.softening + ordinary[1]
    )


def _majors(settings: FleeSettings, names: Sequence[str], hub: int) -> Iterator[Path]:
    """The major routes that begin at a place, forth or back, without the place itself."""
    index = {name: i for i, name in enumerate(names)}
    for chain in settings.major_routes:
        way = [index[name] for name in chain]
        if way[0] == hub:
            yield tuple(way[1:])
        if way[-1] == hub:
            yield tuple(way[-2::-1])


def _length(view: _View, place: int, way: Path) -> float | None:
    """Kilometres along places; None where a leg is missing or closed."""
    km, here = 0.0, place
    for there in way:
        leg = view.first.get((here, there))
        if leg is None:
            return None
        km, here = km + float(view.km[leg]), there
    return km

"""Legs between places of a list: near ones are joined, but not where a way through another is hardly longer."""

from __future__ import annotations

import heapq
from math import inf

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
ROADS_PER_STRAIGHT_KM = 1.3
"""Length of a way by its great circle. Wang, Bette, Schreckenberg & Guhr 2024 (arXiv:2406.06490): 1.3 ± 0.1 over large
motorway networks. 316 legs of six published conflict cases: median 1.23, half of them from 1.12 to 1.46."""
MOST_DETOUR = 1.15
"""A way through other places may be so many times as long as the straight leg that it stands in for."""
NEAREST = 4
MOST_PLACES = 5_000
"""All distances between places are held in memory: 200 MB at this number."""


def join(
    km: Floats, *, nearest: int = NEAREST, most_detour: float = MOST_DETOUR, likely: Bools | None = None
) -> Ints:
    """Pairs of places to join [leg, 2], sorted; every place is reached from every other.

    km : distances between all places [place, place], above 0 off the diagonal. nearest : each place is a candidate for
    joining with so many others. most_detour : a candidate a–c is left out where kept legs lead from a to c in at most
    so many times its length. likely : pairs that may be candidates [place, place]; all if None. The legs of the minimum
    spanning tree are always kept. Source: the greedy spanner of
    Althöfer et al. 1993, doi:10.1007/BF02189308, among the candidates.
    """
    ways: list[dict[int, float]] = [{} for _ in km]
    for a, b in _candidates(km, nearest, likely):
        length = float(km[a, b])
        if _shortest(ways, a, b, within=most_detour * length) > most_detour * length:
            ways[a][b] = ways[b][a] = length
    pairs = [(a, b) for a, others in enumerate(ways) for b in sorted(others) if a < b]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _candidates(km: Floats, nearest: int, likely: Bools | None) -> list[tuple[int, int]]:
    """Pairs of near places and those of the minimum spanning tree, the shortest first."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    count = len(km)
    order = np.argsort(km, axis=1, kind="stable")[:, 1 : nearest + 1]
    near = {
        (min(a, b), max(a, b))
        for a in range(count)
        for b in order[a].tolist()
        if likely is None or likely[a, b]
    }
    tree = minimum_spanning_tree(km).tocoo()
    near |= {(int(min(a, b)), int(max(a, b))) for a, b in zip(tree.row, tree.col, strict=True)}
    return sorted(near, key=lambda pair: (km[pair], pair))


def _shortest(ways: list[dict[int, float]], start: int, goal: int, *, within: float) -> float:
    """Length of the shortest way over the legs kept so far, infinite where it is longer than `within`."""
    best, ahead = {start: 0.0}, [(0.0, start)]
    while ahead:
        length, place = heapq.heappop(ahead)
        if place == goal:
            return length
        for other, step in ways[place].items():
            if length + step <= within and length + step < best.get(other, inf):
                best[other] = length + step
                heapq.heappush(ahead, (length + step, other))
    return inf

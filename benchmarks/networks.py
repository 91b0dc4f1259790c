"""Large made-up networks for the rule `flee`."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from travesia.scenario import QUIRKS, TABLES, FleeSettings, Scenario, Settings
from travesia.schema import frame

START = date(2020, 1, 1)
DEGREE = 3.8
KM_PER_PLACE = 40.0  # side of the square there is for each place
CAMP_EVERY, CONFLICT_EVERY = 20, 10


def random_geometric(*, places: int, days: int, people: int, awareness: int, seed: int = 1) -> Scenario:
    """Places at random in a square, joined by the shortest legs that make the mean degree 3.8.

    places, days : how many. people : leave evenly over the days, from one place in ten, where conflict breaks
    out one after the other in the first half of the run. awareness : legs people look ahead. One place in
    twenty is a camp, and all camps together hold half of the people; the observations stand at the first.
    """
    random = np.random.default_rng(seed)
    xy = random.uniform(0, KM_PER_PLACE * np.sqrt(places), (places, 2))
    pairs, km = joined(xy)
    names = [f"p{number}" for number in range(places)]
    camps = np.arange(places) % CAMP_EVERY == 0
    zones = np.flatnonzero(np.arange(places) % CONFLICT_EVERY == 1)
    breaks_out = [START + timedelta(int(day)) for day in np.linspace(0, days // 2, len(zones))]
    tables = {
        "places": {
            "place": names,
            "kind": ["camp" if camp else "town" for camp in camps],
            "population": [0.0 if camp else 10_000.0 for camp in camps],
            "capacity": [people / 2 / camps.sum() if camp else None for camp in camps],
            "country": ["AAA"] * places,
        },
        "legs": {
            "from": [names[a] for a, _ in pairs],
            "to": [names[b] for _, b in pairs],
            "distance_km": km.tolist(),
        },
        "departures": {"departure": ["all"], "kind": ["observed"]},
        "drivers": {
            "driver": ["conflict"] * len(zones),
            "place": [names[zone] for zone in random.permutation(zones)],
            "date": breaks_out,
            "value": [1.0] * len(zones),
        },
        "observations": {
            "quantity": ["present"] * 2,
            "place": [names[0]] * 2,
            "date_from": [START, START + timedelta(days - 1)],
            "value": [0.0, float(people)],
        },
    }
    settings = Settings(
        name=f"network-{places}",
        title={"en": f"{places} places at random"},
        start=START,
        days=days,
        movement=FleeSettings(**dict.fromkeys(QUIRKS, True), awareness_level=awareness),
    )
    return Scenario(settings, {name: frame(name, tables.get(name, {})) for name in TABLES})


def joined(xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of places [leg, 2] and their km [leg]: a spanning tree, then the shortest ones.

    xy : km, [place, 2].
    """
    corners = Delaunay(xy).simplices
    sides = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1)
    sides = np.unique(sides, axis=0).astype(np.int64)
    km = np.hypot(*(xy[sides[:, 0]] - xy[sides[:, 1]]).T)
    tree = minimum_spanning_tree(coo_array((km, sides.T), shape=(len(xy), len(xy)))).tocoo()
    needed = {(min(a, b), max(a, b)) for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    is_needed = np.array([(a, b) in needed for a, b in sides.tolist()])
    order = np.lexsort((km, ~is_needed))[: round(DEGREE * len(xy) / 2)]
    return sides[order], np.maximum(km[order], 1.0)

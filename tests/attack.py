"""Somebody who reads published figures and works out those that were withheld, by linear programming.

What figures are sums of is worked out here anew, day by day and in other words than in `travesia.figure_atoms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from travesia.figures import observations
from travesia.scenario import Scenario

WIDTH = 10.0
"""A withheld count is recovered where what is published leaves less room than this for it."""
Floats = NDArray[np.float64]


def sums_of(scenario: Scenario) -> Floats:
    """Which unknown numbers of people make up each figure: [figure, unknown], 0 or 1."""
    table = observations(scenario)
    told: Any = list(table.itertuples(index=False))
    first = int(min(f.date_from.toordinal() for f in told)) - 1
    what = [_what(scenario, figure, table) for figure in told]
    when = [_when(scenario, figure, first) for figure in told]
    together: dict[frozenset[int], None] = {}
    for one in sorted(set().union(*what)):
        rows = [k for k, parts in enumerate(what) if one in parts]
        for day in sorted(set().union(*(when[k] for k in rows)), key=str):
            together[frozenset(k for k in rows if day in when[k])] = None
    found = np.zeros((len(told), len(together)))
    for column, rows_together in enumerate(together):
        found[sorted(rows_together), column] = 1.0
    return found


def recovered(sums: Floats, known: Mapping[int, tuple[float, float]], secrets: Iterable[Floats]) -> list[int]:
    """The numbers of the secrets that what is known leaves less than WIDTH for.

    sums : of `sums_of`. known : by figure, the least and the most it can be. secrets : sums of unknowns.
    """
    rows = sorted(known)
    limits = np.array([known[row] for row in rows]).reshape(-1, 2)
    matrix, sides = np.vstack([sums[rows], -sums[rows]]), np.concatenate([limits[:, 1], -limits[:, 0]])
    found = []
    for number, secret in enumerate(secrets):
        ends = []
        for sign in (1, -1):
            # nobody believes in a billion people: that makes every interval finite
            answer = linprog(sign * secret, A_ub=matrix, b_ub=sides, bounds=(0, 1e9), method="highs")
            assert answer.status == 0, answer.message
            ends.append(sign * answer.fun)
        if ends[1] - ends[0] < WIDTH - 1e-6:
            found.append(number)
    return found


def known_from(tables: Iterable[pd.DataFrame]) -> dict[int, tuple[float, float]]:
    """What published tables tell, all together; `reported_by` names the figure, as `r17`."""
    found: dict[int, tuple[float, float]] = {}
    for table in tables:
        for row in table.itertuples(index=False):
            told: Any = row
            number = int(told.reported_by.removeprefix("r"))
            if told.reported == told.reported:
                found[number] = (told.reported, told.reported)
            elif told.low == told.low and number not in found:
                found[number] = (told.low, told.high)
    return found


def implied(sums: Floats, table: pd.DataFrame) -> list[Floats]:
    """Differences of fewer than ten people between consecutive cumulative figures of one subject.

    table : of `figures.observations`, those under country level, with their numbers as index.
    """
    rows = table[(table["kind"] == "cumulative") & table["reported"].notna()]
    found = []
    for _, own in rows.groupby(["quantity", "place", "area"]):
        for before, after in pairwise(own.sort_values("end", kind="stable").itertuples()):
            told: Any = (before, after)
            if told[0].end < told[1].end and 0 < told[1].reported - told[0].reported < WIDTH:
                found.append(sums[told[1].Index] - sums[told[0].Index])
    return found


def _what(scenario: Scenario, figure: Any, table: pd.DataFrame) -> set[str]:
    places = scenario.places
    if figure.quantity == "present":
        if figure.place:
            return {f"present {figure.place}"}
        seen = places[
            places["place"].isin(
                table.loc[(table["quantity"] == "present") & (table["end"] <= figure.end), "place"]
            )
        ]
        inside = seen[
            (seen["area"] == figure.area) | (seen["country"] == figure.area) | (figure.area == "total")
        ]
        return {f"present {place}" for place in inside["place"]} or {f"elsewhere {figure.area}"}
    spec = scenario.settings.outputs.quantities[figure.quantity]
    found = set()
    for name in ("present", "infectious", "events", "outcomes", "ill", "died_ill"):
        found |= {f"{name} {text}" for text in getattr(spec, name)}
    for text in spec.crossed:
        if ">" in text:
            found.add(f"crossed {text}")
        else:
            leg = scenario.legs.set_index("leg").loc[text]
            found |= {f"crossed {leg['from']}>{leg['to']}", f"crossed {leg['to']}>{leg['from']}"}
    return found


def _when(scenario: Scenario, figure: Any, first: int) -> set[Any]:
    start, end = figure.date_from.toordinal(), figure.end.toordinal()
    spec = scenario.settings.outputs.quantities.get(figure.quantity)
    if spec is None or spec.present or spec.infectious:
        return {(start, end)}
    kind = figure.kind
    if kind == "stock":
        kind = "cumulative" if spec.cumulative else "flow"
    return set(range(first if kind == "cumulative" else start, end + 1))

"""Directed legs and dates: what both movement rules need of the tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.scenario import Scenario


def directed_legs(scenario: Scenario) -> pd.DataFrame:
    """One row for each direction of a leg, in the order of the table, forth before back.

    Columns: leg (`A>B`, made unique by `#2`), name (the id in legs.csv), from, to, start, end (place indices),
    km, and the numeric columns of legs.csv.
    """
    index = {name: i for i, name in enumerate(scenario.places["place"])}
    rows, seen = [], dict[tuple[str, str], int]()
    for leg in scenario.legs.to_dict("records"):
        for a, b in [(leg["from"], leg["to"])] + [(leg["to"], leg["from"])] * bool(leg["both_ways"]):
            seen[a, b] = seen.get((a, b), 0) + 1
            name = f"{a}>{b}" + (f"#{seen[a, b]}" if seen[a, b] > 1 else "")
            rows.append(
                leg
                | {"leg": name, "name": leg["leg"], "from": a, "to": b, "start": index[a], "end": index[b]}
            )
    columns = [
        "leg",
        "name",
        "from",
        "to",
        "start",
        "end",
        *[c for c in scenario.legs.columns if c not in ("leg", "from", "to")],
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(km=table["distance_km"])


def active_on(scenario: Scenario, row: pd.Series) -> slice:
    """The days of the run on which a dated row acts, as a slice."""
    start = pd.Timestamp(scenario.settings.start)
    first = 0 if pd.isna(row["date_from"]) else (pd.Timestamp(row["date_from"]) - start).days
    last = (
        scenario.settings.days - 1 if pd.isna(row["date_to"]) else (pd.Timestamp(row["date_to"]) - start).days
    )
    return slice(max(first, 0), max(last + 1, 0))


def measure_legs(scenario: Scenario, legs: pd.DataFrame, row: pd.Series) -> NDArray[np.bool_]:
    """The directed legs a measure names: both ways by id, else one by `A>B`; all of a place or between countries."""
    starts, ends = legs["from"].to_numpy(dtype=str), legs["to"].to_numpy(dtype=str)
    if row["place"]:
        return np.asarray((starts == row["place"]) | (ends == row["place"]))
    if row["leg"]:
        both = np.asarray(legs["name"].to_numpy(dtype=str) == row["leg"])
        return both if both.any() else np.asarray(legs["leg"].to_numpy(dtype=str) == row["leg"])
    country = dict(zip(scenario.places["place"], scenario.places["country"], strict=True))
    pairs = [(country[a], country[b]) for a, b in zip(starts, ends, strict=True)]
    a, _, b = row["countries"].partition("-")
    wanted = {(a.strip(), b.strip()), (b.strip(), a.strip())}
    return np.array([pair in wanted for pair in pairs], dtype=bool)


def closed_legs(scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame) -> NDArray[np.bool_]:
    """Which directed legs may not be entered, [day, leg]: those closed, and corridors outside their dates."""
    closed = np.zeros((scenario.settings.days, len(legs)), dtype=bool)
    for _, row in measures[measures["kind"].isin(["close", "corridor"])].iterrows():
        shut = np.zeros(scenario.settings.days, dtype=bool)
        shut[active_on(scenario, row)] = True
        if row["kind"] == "corridor":
            shut = ~shut
        closed |= shut[:, None] & measure_legs(scenario, legs, row)
    return closed

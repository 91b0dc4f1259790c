"""What other conflicts teach about the structural model, before a conflict has a record of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from travesia.forecasting.growth import ANCHORS, CANDIDATES
from travesia.forecasting.past import Floats

FILE = Path(__file__).resolve().parents[1] / "data" / "forecast_prior.csv"
ERRORS = FILE.with_name("forecast_errors.csv")
PERIODS = 20.0
"""All other conflicts together count like so many past periods of the conflict's own."""
_KEYS = ["horizon_days", "damping_days", "memory_days", "calm_days", "record_days", "driven"]


def prior_for(name: str, start: date) -> Floats:
    """Log weights of the candidates at each anchor [anchor, candidate], from conflicts other than this one.

    name, start : of the scenario; a conflict of the table with the same name or the same first day is left out.
    """
    table = _table()
    others = _others(table, name, start)
    shape = (len(ANCHORS), len(CANDIDATES))
    if not others:
        return np.zeros(shape)
    return np.asarray(-PERIODS * table[others].mean(axis=1).to_numpy(float).reshape(shape), dtype=float)


def prior_table(learnt: Mapping[tuple[str, date], Floats]) -> pd.DataFrame:
    """The table that is shipped: a row per anchor and candidate, a column per conflict named `name start`.

    learnt : log error ratios [anchor, candidate] by name and first day; see `ahead.error_ratios`.
    """
    rows = [
        (anchor, one.damping_days, one.memory_days, one.calm_days, one.record_days, int(one.driven))
        for anchor in ANCHORS
        for one in CANDIDATES
    ]
    found = pd.DataFrame(rows, columns=_KEYS)
    for (name, start), ratio in sorted(learnt.items()):
        found[f"{name} {start.isoformat()}"] = np.round(ratio.reshape(-1), 3)
    return found


def usual_errors(name: str, start: date) -> tuple[tuple[float, float], ...]:
    """Horizons in days and the typical error of the model in other conflicts, over the root of what it said.

    name, start : as for `prior_for`.
    """
    if not ERRORS.is_file():
        return ()
    table = pd.read_csv(ERRORS)
    others = _others(table, name, start)
    if not others:
        return ()
    typical = np.sqrt((table[others] ** 2).mean(axis=1))
    return tuple(zip(table["horizon_days"].astype(float).tolist(), typical.tolist(), strict=True))


def errors_table(learnt: Mapping[tuple[str, date], Floats]) -> pd.DataFrame:
    """The table of typical errors that is shipped. learnt : by name and first day [anchor]."""
    found = pd.DataFrame({"horizon_days": ANCHORS})
    for (name, start), size in sorted(learnt.items()):
        found[f"{name} {start.isoformat()}"] = np.round(size, 4)
    return found


def _others(table: pd.DataFrame, name: str, start: date) -> list[str]:
    """The columns of other conflicts."""
    columns = sorted(str(column) for column in table.columns if " " in str(column))
    return [one for one in columns if one.split(" ")[0] != name and one.split(" ")[1] != start.isoformat()]


@cache
def _table() -> pd.DataFrame:
    """The shipped table; without it, or if it is of other candidates, no conflict teaches anything."""
    if not FILE.is_file():
        return pd.DataFrame(columns=_KEYS)
    table = pd.read_csv(FILE)
    expected = prior_table({})
    same = len(table) == len(expected) and bool((table[_KEYS] == expected).all(axis=None))
    return table if same else pd.DataFrame(columns=_KEYS)

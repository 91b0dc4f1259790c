"""The benchmark: cases, rolling origins, every method, one answer for a machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from travesia.errors import UsageError
from travesia.forecasting.against import entered
from travesia.forecasting.allocation import ALLOCATORS, allocation_scores
from travesia.forecasting.methods import MODEL, forecasts
from travesia.forecasting.past import Floats, Past, Signals
from travesia.forecasting.records import Days, records
from travesia.forecasting.rolling import (
    EVERY_DAYS,
    FIRST_DAY,
    HORIZONS,
    WINDOW,
    Checked,
    Forecaster,
    origins,
    roll,
    targets,
)
from travesia.forecasting.scoring import by_case, pits, scores, skill_against
from travesia.forecasting.signals import past_on
from travesia.scenario import Scenario

NOTHING = Signals(np.zeros(0), *(np.zeros((0, 0)) for _ in range(3)))


@dataclass(frozen=True, eq=False)
class Benchmark:
    """What came out.

    scores : by origin. cases : by case. skill : of the model. pits : of every forecast. left_out : cases of which no
    forecast can be checked.
    """

    track: str
    checked: Sequence[Checked]
    scores: pd.DataFrame
    cases: pd.DataFrame
    skill: pd.DataFrame
    pits: pd.DataFrame
    left_out: tuple[str, ...] = ()


def benchmark(
    scenarios: Sequence[Scenario],
    *,
    track: str = "end-to-end",
    entries: Sequence[pd.DataFrame] = (),
    tell: Callable[[int, int], None] | None = None,
) -> Benchmark:
    """Score the model and the naive methods on some cases, by the scores of docs/forecast.md.

    scenarios : the cases, with every count. track : end-to-end uses nothing after the origin; known-conflicts knows
    which places are in conflict later. entries : tables of quantiles of other methods. tell :
    called with origins done and in all. Raises UsageError where an entry says nothing of a target, or no forecast of
    any case can be checked.
    """
    whole, done = sum(len(origins(scenario)) for scenario in scenarios), 0
    checked: list[Checked] = []

    def step() -> None:
        nonlocal done
        done += 1
        if tell:
            tell(done, whole)

    for scenario in scenarios:
        others = [entered(entry, scenario, start=scenario.settings.start) for entry in entries]

        def know(origin: int, case: Scenario = scenario) -> Past:
            return past_on(case, origin, conflicts_known=track == "known-conflicts")

        def every(past: Past, days: Days, others: list[Forecaster] = others) -> Mapping[str, Floats]:
            found = dict(forecasts(past, days))
            for other in others:
                found |= other(past, days)
            return found

        checked += roll(scenario, know, every, tell=step)
    covered = {one.case for one in checked}
    left_out = tuple(scenario.name for scenario in scenarios if scenario.name not in covered)
    if not checked:
        raise UsageError(
            f"no forecast can be checked in {', '.join(left_out)}: a case needs counts of people at places (quantity "
            f"present, kind stock) before and after day {FIRST_DAY}"
        )
    found = scores(checked)
    cases = by_case(found)
    return Benchmark(track, checked, found, cases, skill_against(cases, model=MODEL), pits(checked), left_out)


def as_json(found: Benchmark) -> dict[str, Any]:
    """The answer for a machine: `mean_ard` and `mean_scaled_crps` of the model, and both by method and case."""
    methods = {str(name): _method(rows) for name, rows in found.cases.groupby("method", sort=True)}
    ours = methods[MODEL]
    return {
        "track": found.track,
        "first_day": FIRST_DAY,
        "every_days": EVERY_DAYS,
        "horizons_days": list(HORIZONS),
        "window_share_of_horizon": round(WINDOW, 4),
        "mean_ard": ours["mean_ard"],
        "mean_scaled_crps": ours["mean_scaled_crps"],
        "ard": ours["ard"],
        "scaled_crps": ours["scaled_crps"],
        "methods": methods,
        "left_out": list(found.left_out),
        "skill": found.skill.round(4).to_dict("records"),
    }


def _method(rows: pd.DataFrame) -> dict[str, Any]:
    """Means over cases, all horizons together and one by one."""
    by_horizon = {str(horizon): _numbers(some) for horizon, some in rows.groupby("horizon", sort=True)}
    return _numbers(rows) | {"horizons": by_horizon}


def _numbers(rows: pd.DataFrame) -> dict[str, Any]:
    cases = rows.groupby("case", sort=True)[["ard", "scaled_crps"]].mean()
    forecasts = rows["forecasts"]
    coverage = {
        level: round(float((rows[f"cover{level}"] * forecasts).sum() / forecasts.sum()), 4)
        for level in ("50", "80", "95")
    }
    other = (
        rows.groupby("case", sort=True)[["mase", "log_crps", "scaled_energy", "scaled_tail"]].mean().mean()
    )
    return {
        "mean_ard": round(float(cases["ard"].mean()), 4),
        "mean_scaled_crps": round(float(cases["scaled_crps"].mean()), 4),
        "ard": {str(case): round(float(value), 4) for case, value in cases["ard"].items()},
        "scaled_crps": {str(case): round(float(value), 4) for case, value in cases["scaled_crps"].items()},
        "coverage": coverage,
        **{str(name): None if pd.isna(value) else round(float(value), 4) for name, value in other.items()},
    }


def target_table(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """What an entry must forecast: case, origin_date, target_date, horizon_days, location."""
    rows = []
    for scenario in scenarios:
        truth, start = records(scenario), scenario.settings.start
        for origin in origins(scenario):
            seen = Past(origin, tuple(one.until(origin) for one in truth if one.until(origin).seen), NOTHING)
            for horizon in HORIZONS:
                for one in targets(truth, seen, horizon):
                    dates = (start + timedelta(days=day) for day in (origin, one.day))
                    rows.append(
                        (scenario.name, *(when.isoformat() for when in dates), one.day - origin, one.place)
                    )
    return pd.DataFrame(rows, columns=["case", "origin_date", "target_date", "horizon_days", "location"])


def allocation_table(scenarios: Sequence[Scenario], *, blank: bool) -> pd.DataFrame:
    """Scores of the track allocation by case and method. blank : capacities are taken away."""
    return pd.concat(
        [allocation_scores(scenario, ALLOCATORS, blank=blank) for scenario in scenarios], ignore_index=True
    )


def allocation_json(found: pd.DataFrame, capacities: str) -> dict[str, Any]:
    """The answer for a machine: both scores by method and case."""
    methods = {
        str(name): {
            "mean_ard": round(float(rows["ard"].mean()), 4),
            "mean_scaled_crps": round(float(rows["scaled_crps"].mean()), 4),
            "ard": dict(zip(rows["case"], rows["ard"].round(4).tolist(), strict=True)),
            "scaled_crps": dict(zip(rows["case"], rows["scaled_crps"].round(4).tolist(), strict=True)),
        }
        for name, rows in found.groupby("method", sort=True)
    }
    return {"track": "allocation", "capacities": capacities, "methods": methods, **methods.get(MODEL, {})}

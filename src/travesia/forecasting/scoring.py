"""Scores of checked forecasts: one row per origin, horizon and method, and their summary by case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from travesia.forecasting import skill
from travesia.forecasting.past import Floats
from travesia.forecasting.rolling import Checked
from travesia.rng import generator

DRAWS = 2000
"""Resamples of the cases for the interval of a skill."""


def scores(checked: Sequence[Checked]) -> pd.DataFrame:
    """Scores of every forecast: sums over the places, so that larger groups of rows are ratios of sums.

    Columns: case, origin, horizon, method, places; observed, crps, absolute (people, summed); log_crps, cover50,
    cover80, cover95 (summed over places); energy, tail (people); ard, mase (of the origin).
    """
    rows = []
    for one in checked:
        for name, members in one.members.items():
            rows.append(
                {"case": one.case, "origin": one.origin, "horizon": one.horizon, "method": name}
                | _scores(one, members)
            )
    return pd.DataFrame(rows)


def _scores(one: Checked, members: Floats) -> dict[str, Any]:
    came = one.observed
    wrong = np.median(members, axis=1) - came
    covered = skill.covered(members, came)
    threshold = np.array([counts.max() for counts in one.history])
    return {
        "places": came.size,
        "observed": float(came.sum()),
        "crps": float(skill.crps(members, came).sum()),
        "absolute": float(np.abs(wrong).sum()),
        "log_crps": float(skill.log_crps(members, came).sum()),
        "energy": float(skill.energy_score(apart(members)[None], came[None])[0]),
        "tail": float(skill.upper_tail_crps(members, came, threshold).sum()),
        "ard": float(np.abs(wrong).sum() / max(came.sum(), 1.0)),
        "mase": skill.mase(wrong, one.history),
        **{f"cover{round(100 * level)}": float(inside.sum()) for level, inside in covered.items()},
    }


def apart(members: Floats) -> Floats:
    """Members of several places as if their errors had nothing to do with each other [member, place].

    members : quantiles [place, member]. Quantiles say nothing of how places go together; each place's are shuffled,
    always in the same way.
    """
    mixed = [row[generator("apart", k).permutation(row.size)] for k, row in enumerate(members)]
    return np.stack(mixed, axis=1)


def pits(checked: Sequence[Checked]) -> pd.DataFrame:
    """The probability integral transform of every forecast: case, horizon, method, pit."""
    blocks = [
        pd.DataFrame(
            {
                "case": one.case,
                "horizon": one.horizon,
                "method": name,
                "pit": skill.pit(members, one.observed),
            }
        )
        for one in checked
        for name, members in one.members.items()
    ]
    return pd.concat(blocks, ignore_index=True)


def each(one: Checked, *, origin: date) -> pd.DataFrame:
    """Every forecast of one origin: location, date, method, observed, q10, median, q90, crps, inside80, pit.

    origin : its date.
    """
    blocks = [
        pd.DataFrame(
            {
                "location": list(one.places),
                "date": pd.Timestamp(origin) + pd.to_timedelta(one.day - one.origin, unit="D"),
                "method": name,
                "observed": one.observed,
                **{
                    label: np.quantile(members, q, axis=1)
                    for label, q in (("q10", 0.1), ("median", 0.5), ("q90", 0.9))
                },
                "crps": skill.crps(members, one.observed),
                "inside80": skill.covered(members, one.observed)[0.8],
                "pit": skill.pit(members, one.observed),
            }
        )
        for name, members in one.members.items()
    ]
    return pd.concat(blocks, ignore_index=True)


def by_case(found: pd.DataFrame) -> pd.DataFrame:
    """Scores by case, horizon and method.

    found : of `scores`. scaled_crps, scaled_energy and scaled_tail are over what was counted, so that cases are
    alike; log_crps and coverages are means over forecasts, ard and mase over origins.
    """
    keys = ["method", "horizon", "case"]
    total = found.groupby(keys, sort=True)[
        ["places", "observed", "crps", "energy", "tail", "log_crps", "cover50", "cover80", "cover95"]
    ].sum()
    mean = found.groupby(keys, sort=True)[["ard", "mase"]].mean()
    people, count = np.maximum(total["observed"], 1.0), total["places"]
    return pd.DataFrame(
        {
            "forecasts": count,
            "scaled_crps": total["crps"] / people,
            "ard": mean["ard"],
            "mase": mean["mase"],
            "log_crps": total["log_crps"] / count,
            "scaled_energy": total["energy"] / people,
            "scaled_tail": total["tail"] / people,
            "cover50": total["cover50"] / count,
            "cover80": total["cover80"] / count,
            "cover95": total["cover95"] / count,
        }
    ).reset_index()


def skill_against(cases: pd.DataFrame, *, model: str) -> pd.DataFrame:
    """Skill of the model against every other method at each horizon: 1 − its mean scaled CRPS over the other's.

    cases : of `by_case`. Columns: against, horizon, skill, low, high (90 % interval over resampled cases), better (of
    how many cases), cases.
    """
    rows = []
    for horizon, found in cases.groupby("horizon", sort=True):
        wide = found.pivot(index="case", columns="method", values="scaled_crps")
        draw = generator("skill", int(str(horizon))).integers(len(wide), size=(DRAWS, len(wide)))
        for name in [name for name in wide if name != model]:
            ours, theirs = wide[model].to_numpy(), wide[name].to_numpy()
            low, high = np.quantile(_skill(ours[draw].mean(axis=1), theirs[draw].mean(axis=1)), [0.05, 0.95])
            rows.append(
                {
                    "against": name,
                    "horizon": int(str(horizon)),
                    "skill": float(_skill(ours.mean(), theirs.mean())),
                    "low": float(low),
                    "high": float(high),
                    "better": int((ours < theirs).sum()),
                    "cases": len(wide),
                }
            )
    return pd.DataFrame(rows)


def _skill(ours: Any, theirs: Any) -> Any:
    return 1.0 - np.asarray(ours) / np.maximum(theirs, 1e-12)

"""Whether a posterior to which figures are added month by month stays that of all figures.

    python -m verification.assimilation [CASES] [--case mali2012] [--settings FILE] [--from DATE] [--months 3] [-j 2]

CASES is a folder of Flee folders, by default TRAVESIA_CASES. The case is calibrated on the first day; then the figures
of each following month are assimilated, each time into the posterior that the month before left. At three of the days
it is calibrated anew with the same figures, at the first of them with another seed too: what differs between these two
is chance. Printed, and written to docs/assimilation.csv: a row for each of these days; see `compared`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.calibration.assimilate import assimilate
from travesia.calibration.calibrate import calibrate
from travesia.calibration.outlook import Outlook, outlook
from travesia.folder import read_scenario
from travesia.forecasting import skill
from travesia.forecasting.origin import known_on
from travesia.forecasting.records import records
from travesia.scenario import Scenario

DOCS = Path(__file__).resolve().parents[1] / "docs"
DAYS = 30  # that are forecast
AGAIN = 3  # days on which everything is calibrated anew
QUANTILES = (0.1, 0.5, 0.9)
Floats = NDArray[np.float64]


def new_figures(scenario: Scenario, since: date, until: date) -> pd.DataFrame:
    """The figures of a scenario after a day, up to another, of places that were known on the first."""
    known = set(known_on(scenario, since, days=0).places["place"])
    table = known_on(scenario, until, days=0).observations
    later = table["date_from"] > pd.Timestamp(since)
    rows: pd.DataFrame = table[later & (table["place"].isin(known) | (table["place"] == ""))]
    return rows


def means_and_sds(found: Outlook) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each unknown, and of σ, τ and ℓ, in standard normal coordinates."""
    u = np.hstack([found.posterior.draws.u, found.posterior.draws.hyper])
    return u.mean(axis=0), u.std(axis=0, ddof=1)


def last_day(found: Outlook) -> tuple[list[str], Floats]:
    """Places, and the members of the forecast of the last day, [place, member]."""
    at = found.targets.last == found.targets.last.max()
    return [found.targets.series[k].label for k in found.targets.row[at]], found.members[:, at].T


def compared(one: Outlook, other: Outlook, came: dict[str, float]) -> dict[str, float]:
    """How far one posterior and forecast is from another.

    came : later figures of the last day by place. mean_apart, most_apart : of the posterior means of all unknowns, in
    standard deviations of the other. width : standard deviations of the one in those of the other, geometric mean.
    q10, q50, q90 : difference of these quantiles of the forecast of the last day, all places together, over its people.
    crps_one, crps_other : over what came.
    """
    (mean, sd), (mean_other, sd_other) = means_and_sds(one), means_and_sds(other)
    apart = np.abs(mean - mean_other) / sd_other
    places, members = last_day(one)
    others, theirs = last_day(other)
    theirs = theirs[[others.index(place) for place in places]]
    whole = np.median(theirs, axis=1).sum()
    found = {
        "mean_apart": apart.mean(),
        "most_apart": apart.max(),
        "width": np.exp(np.log(sd / sd_other).mean()),
    }
    for level in QUANTILES:
        off = np.abs(np.quantile(members, level, axis=1) - np.quantile(theirs, level, axis=1))
        found[f"q{100 * level:.0f}"] = off.sum() / whole
    truth = np.array([came.get(place, np.nan) for place in places])
    counted = np.isfinite(truth)
    for name, said in (("crps_one", members), ("crps_other", theirs)):
        levels = np.quantile(said[counted], np.arange(1, 100) / 100, axis=1).T
        if counted.any():
            found[name] = skill.crps(levels, truth[counted]).sum() / truth[counted].sum()
    return {name: round(float(value), 3) for name, value in found.items()}


def months(first: date, count: int) -> list[date]:
    """The ends of so many months after a day."""
    return [day.date() for day in pd.date_range(first, periods=count + 1, freq="ME")[-count:]]


def anew(scenario: Scenario, day: date, *, seed: int, workers: int) -> Outlook:
    """The forecast of a posterior that all figures up to a day were used for at once."""
    posterior = calibrate(scenario, day, seed=seed, workers=workers)
    return outlook(posterior, scenario, origin=day, days=DAYS, seed=1, workers=workers)


def checked(scenario: Scenario, first: date, count: int, *, workers: int, seed: int = 1) -> pd.DataFrame:
    """The comparison of a scenario: see the beginning of this file."""
    posterior = calibrate(scenario, first, seed=seed, workers=workers)
    counted = {one.place: one for one in records(scenario)}
    days, before, rows = months(first, count), first, []
    checks = {days[int(k)] for k in np.linspace(0, count - 1, AGAIN).round()}
    for day in days:
        began = process_time()
        figures = new_figures(scenario, before, day)
        found = assimilate(posterior, figures, days=DAYS, seed=seed, workers=workers)
        posterior, before, spent = found.posterior, day, process_time() - began
        quality = posterior.quality
        told: dict[str, Any] = {
            "case": scenario.name,
            "until": day.isoformat(),
            "new_figures": len(figures),
            "runs": quality.runs,
            "effective": round(quality.effective),
            "k_hat": round(quality.k_hat, 2),
            "cpu_seconds": round(spent, 1),
        }
        print(told, file=sys.stderr, flush=True)
        if day not in checks:
            rows.append(told)
            continue
        at = (day - scenario.settings.start).days + DAYS
        came = {place: float(one.at([at])[0]) for place, one in counted.items()}
        full = anew(scenario, day, seed=seed, workers=workers)
        rows.append(told | {"against": "calibrated anew"} | compared(found, full, came))
        if day == days[0]:
            again = anew(scenario, day, seed=seed + 1, workers=workers)
            chance: dict[str, Any] = {
                "case": scenario.name,
                "until": day.isoformat(),
                "against": "another seed",
            }
            rows.append(chance | compared(again, full, came))
        print(rows[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and write it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="?", type=Path, default=os.environ.get("TRAVESIA_CASES"))
    parser.add_argument("--case", default="mali2012")
    parser.add_argument("--settings", default="plain.yml", help="in the folder `settings` of CASES")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2012, 6, 30))
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("-j", "--jobs", type=int, default=1)
    wanted = parser.parse_args(arguments)
    if not wanted.cases:
        parser.error("name the folder of cases, or set TRAVESIA_CASES")
    folder = Path(wanted.cases)
    scenario = read_scenario(folder / wanted.case, settings=folder / "settings" / wanted.settings)
    table = checked(scenario, wanted.first, wanted.months, workers=wanted.jobs)
    path = DOCS / "assimilation.csv"
    if path.exists():
        other = pd.read_csv(path)
        table = pd.concat([other[other["case"] != scenario.name], table], ignore_index=True)
    table.to_csv(path, index=False)
    print(table.to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

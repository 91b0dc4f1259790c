"""Rule `flee` against Flee's recorded runs: `python -m verification.flee_parity` writes docs/flee-parity.csv.

Flee's runs stand beside the cases (50 seeds with the settings `plain`, 20 with the others, 100 people per agent). Two
things are compared: the averaged relative difference (ARD) that Flee's users know, with capacities as given and
blanked; and, where no capacity binds and both should be the same process, the mean number of people of every camp.
"""

from __future__ import annotations

import csv
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.observed import camp_counts
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.score import ard

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "flee-parity.csv"
CASES = ("burundi2015", "car2013", "mali2012", "ssudan2013", "tigray2020")
SETTINGS = ("plain", "plain-blank", "modern125", "simsetting")
HASTEN = 100  # people per agent in Flee's runs
LEAST_LIMIT = 0.015
SEED = 1


@dataclass(frozen=True)
class Parity:
    """Mean ARD of a case under some settings, ours and Flee's, and how far apart they may be.

    limit : 0.015, or four standard errors of the difference where that is more.
    """

    ours: float
    flee: float
    limit: float

    @property
    def difference(self) -> float:
        """Ours less Flee's."""
        return self.ours - self.flee

    @property
    def agree(self) -> bool:
        """Whether the difference is within the limit."""
        return abs(self.difference) <= self.limit


@dataclass(frozen=True)
class CampDay:
    """Mean people (in units of 100) of a camp on a day, ours and Flee's, and the difference in standard errors."""

    camp: str
    day: int
    ours: float
    flee: float
    z: float


def case_scenario(cases: Path, case: str, settings: str, **values: object) -> Scenario:
    """A case under one of SETTINGS (`-blank`: with the capacities blanked), 100 people per agent unless said."""
    changed: dict[str, object] = {"hasten": HASTEN} | values
    if settings.endswith("-blank"):
        changed["capacities"] = "blank"
    file = cases / "settings" / f"{settings.removesuffix('-blank')}.yml"
    return read_scenario(
        cases / case, settings=file, values={name: str(value) for name, value in changed.items()}
    )


def camp_people(result: Result, camps: list[str]) -> np.ndarray[Any, Any]:
    """Agents at the camps, [replicate, day, camp]."""
    people = result.total("people").sel(place=camps).transpose("replicate", "date", "place")
    agents: np.ndarray[Any, Any] = people.values / HASTEN
    return agents


def ard_parity(
    cases: Path, runs: Path, case: str, settings: str, *, replicates: int, seed: int = SEED
) -> dict[str, Parity]:
    """The ARD, `rescaled` and `normal`, beside Flee's. runs : the folder of Flee's recorded runs."""
    scenario = case_scenario(cases, case, settings)
    camps, observed = camp_counts(scenario, hasten=HASTEN)
    result = simulate(scenario, replicates=replicates, seed=seed)
    summary = pd.read_csv(runs / "summary.csv")
    flee = summary[(summary["case"] == case) & (summary["settings"] == settings)].iloc[0]
    found = {}
    for name, ours in zip(("rescaled", "normal"), ard(camp_people(result, camps), observed.T), strict=True):
        error = math.sqrt(flee[f"ard_{name}_sd"] ** 2 / flee["seeds"] + ours.var() / len(ours))
        limit = max(LEAST_LIMIT, 4 * error)
        found[name] = Parity(float(ours.mean()), float(flee[f"ard_{name}_mean"]), limit)
    return found


def camp_parity(cases: Path, runs: Path, case: str, *, replicates: int, seed: int = SEED) -> list[CampDay]:
    """Every camp on every 30th day with 10 agents or more, settings `plain-blank`: z of the difference of means."""
    scenario = case_scenario(cases, case, "plain-blank")
    flee = pd.read_csv(runs / f"{case}-plain-blank.csv")
    camps = list(flee["camp"].unique())
    ours = camp_people(simulate(scenario, replicates=replicates, seed=seed), camps)
    found = []
    for column, camp in enumerate(camps):
        means = flee[flee["camp"] == camp].set_index("day")["people_mean"] / HASTEN
        for day in range(0, scenario.settings.days, 30):
            if means[day] < 10:
                continue
            sample = ours[:, day, column]
            difference = sample.mean() - means[day]
            error = sample.std(ddof=1) * math.sqrt(1 / 50 + 1 / replicates)
            z = 0.0 if difference == 0 else difference / max(error, 1e-9)
            found.append(CampDay(camp, day, float(sample.mean()), float(means[day]), float(z)))
    return found


def rms(rows: list[CampDay]) -> float:
    """The root mean square of z: about 1 where nothing differs."""
    return math.sqrt(sum(row.z**2 for row in rows) / len(rows))


def table_row(case: str, settings: str, found: dict[str, Parity]) -> dict[str, str]:
    """A row of docs/flee-parity.csv."""
    row = {"case": case, "settings": settings}
    for name, parity in found.items():
        row[f"ARD {name}"], row[f"Flee's {name}"] = f"{parity.ours:.3f}", f"{parity.flee:.3f}"
    worst = max(found.values(), key=lambda parity: abs(parity.difference) / parity.limit)
    return row | {"largest difference": f"{worst.difference:+.4f}", "limit": f"{worst.limit:.3f}"}


def main() -> int:
    """Write the table; exit code 1 where Flee is not matched."""
    cases = Path(os.environ.get("TRAVESIA_CASES") or ROOT.parent / "shared" / "cases").expanduser()
    runs = cases.parent / "reference" / "flee-runs"
    rows, agree = [], True
    for case in CASES:
        for settings in SETTINGS:
            found = ard_parity(cases, runs, case, settings, replicates=400)
            agree = agree and all(parity.agree for parity in found.values())
            rows.append(table_row(case, settings, found))
            print(", ".join(rows[-1].values()), file=sys.stderr)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())

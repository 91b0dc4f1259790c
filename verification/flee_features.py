"""Rule `flee` against Flee's recorded runs, feature by feature: `python -m verification.flee_features [NAME…]`.

Each folder in flee_features/ is a small Flee folder that uses one feature of Flee, with Flee's own runs of it beside
it (record_flee_features.py). Compared are the mean numbers of agents at every place, under way and in all, on every
5th day and the last, wherever Flee has 5 or more. Where nothing differs z has mean 0 and rms about 1; the cells of a
folder depend on each other, so its rms z strays from 1 by some 0.15. Without names all are compared and
docs/flee-features.csv is written.
"""

from __future__ import annotations

import csv
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from verification.record_flee_features import ALL, FOLDERS, RUNS, TRAVELLING, features

from travesia.ensemble import simulate
from travesia.errors import ScenarioError
from travesia.folder import read_scenario
from travesia.result import Result
from travesia.scenario import FleeSettings

TABLE = Path(__file__).resolve().parent.parent / "docs" / "flee-features.csv"
COLUMNS = ("feature", "cells", "rms_z", "largest_z", "day", "place", "ours", "flee", "sd_ratio")
REPLICATES = 600
SEED = 1
LEAST_AGENTS = 5
LARGEST_RMS_Z, LARGEST_Z = 1.3, 5.0
EXACT = 1e-9  # relative; where nothing is drawn, in Flee or here

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Cell:
    """Means and standard deviations of the number of agents at a place on a day, ours and Flee's.

    z : the difference of the means in standard errors; infinite where both are certain and differ.
    """

    day: int
    place: str
    ours: float
    ours_sd: float
    flee: float
    flee_sd: float
    z: float


@dataclass(frozen=True)
class Compared:
    """All cells of a feature."""

    feature: str
    cells: tuple[Cell, ...]

    @property
    def rms_z(self) -> float:
        """The root mean square of z: about 1 where nothing differs."""
        return math.sqrt(sum(cell.z**2 for cell in self.cells) / len(self.cells))

    @property
    def worst(self) -> tuple[Cell, ...]:
        """The cells by size of z, largest first."""
        return tuple(sorted(self.cells, key=lambda cell: -abs(cell.z)))

    @property
    def sd_ratio(self) -> float:
        """Our standard deviations over Flee's, as the root of the ratio of the mean variances."""
        flee = sum(cell.flee_sd**2 for cell in self.cells)
        return math.sqrt(sum(cell.ours_sd**2 for cell in self.cells) / flee) if flee else 1.0

    @property
    def agree(self) -> bool:
        """Whether rms z and every z are within their limits."""
        return self.rms_z < LARGEST_RMS_Z and abs(self.worst[0].z) <= LARGEST_Z


def compare(feature: str, *, replicates: int = REPLICATES, seed: int = SEED) -> Compared:
    """Run a folder and set it beside Flee's runs.

    Raises ScenarioError where the folder is refused.
    """
    result = simulate(read_scenario(FOLDERS / feature), replicates=replicates, seed=seed)
    seeds = seeds_of(feature)
    cells = []
    with (FOLDERS / feature / "recorded.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            flee, flee_sd = float(row["agents_mean"]), float(row["agents_sd"])
            if flee < LEAST_AGENTS:
                continue
            day, place = int(row["day"]), row["place"]
            sample = sample_of(result, day, place)
            ours, ours_sd = float(sample.mean()), float(sample.std(ddof=1))
            z = z_of(ours, ours_sd, len(sample), flee, flee_sd, seeds)
            cells.append(Cell(day, place, ours, ours_sd, flee, flee_sd, z))
    return Compared(feature, tuple(cells))


def seeds_of(feature: str) -> int:
    """How many runs of Flee were recorded."""
    with RUNS.open(encoding="utf-8") as file:
        return next(int(row["seeds"]) for row in csv.DictReader(file) if row["feature"] == feature)


def sample_of(result: Result, day: int, place: str) -> Array:
    """Agents at a place, TRAVELLING or ALL, at the end of a day in agents, by replicate."""
    if place == TRAVELLING:
        found = result.total("in_transit").isel(date=day)
    elif place == ALL:
        found = result.total("departed").isel(date=slice(day + 1)).sum("date")
    else:
        found = result.total("people").sel(place=place).isel(date=day)
    return found.values.astype(float) / agent_people(result)


def agent_people(result: Result) -> int:
    """People per agent in Flee."""
    movement = result.scenario.settings.movement
    return movement.hasten if isinstance(movement, FleeSettings) else 1


def z_of(ours: float, ours_sd: float, m: int, flee: float, flee_sd: float, n: int) -> float:
    """The difference of two means in standard errors (Welch 1947).

    Where one sample has no spread by luck (a rare event that did not happen) its own spread says nothing, and
    that of both together is used. Where neither has any, the means must be equal to rounding.
    """
    difference = ours - flee
    if ours_sd == 0 and flee_sd == 0:
        return 0.0 if abs(difference) <= EXACT * abs(flee) else math.copysign(math.inf, difference)
    if ours_sd == 0 or flee_sd == 0:
        pooled = ((m - 1) * ours_sd**2 + (n - 1) * flee_sd**2) / (m + n - 2)
        return difference / math.sqrt(pooled * (1 / m + 1 / n))
    return difference / math.sqrt(ours_sd**2 / m + flee_sd**2 / n)


def table_row(compared: Compared) -> dict[str, str]:
    """A row of docs/flee-features.csv."""
    worst = compared.worst[0]
    values = (
        compared.feature,
        str(len(compared.cells)),
        f"{compared.rms_z:.2f}",
        f"{worst.z:+.2f}",
        str(worst.day),
        worst.place,
        f"{worst.ours:.2f}",
        f"{worst.flee:.2f}",
        f"{compared.sd_ratio:.2f}",
    )
    return dict(zip(COLUMNS, values, strict=True))


def main(names: list[str]) -> int:
    """Print the table, and write it where all were asked for; exit code 1 where Flee is not matched."""
    rows, agree = [], True
    print(",".join(COLUMNS))
    for feature in names or features():
        try:
            compared = compare(feature)
        except ScenarioError as refused:
            print(f"{feature}: refused\n{refused}", file=sys.stderr)
            agree = False
            continue
        rows.append(table_row(compared))
        print(",".join(rows[-1].values()), "" if compared.agree else "DIFFERS", flush=True)
        agree = agree and compared.agree
    if not names and agree:
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the default bins and slices of rule `flee` cost: a run with them against one so fine that more changes nothing.

`python -m verification.flee_bins` prints the table. The engine keeps km within a day, the recent travel index and the
order of people near a full camp only roughly (`distance_bin_km`, `travel_index_bins`, `capacity_slices`).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from verification.flee_parity import ROOT, case_scenario

from travesia.ensemble import simulate

FINE = {"distance_bin_km": 1, "capacity_slices": 32, "travel_index_bins": 1024}
HASTEN = 10
FIRST_DAY = 10  # before it there are few people to misplace
COMPARED = (
    ("mali2012", "plain"),
    ("mali2012", "modern125"),
    ("burundi2015", "plain"),
    ("burundi2015", "modern125"),
)


@dataclass(frozen=True)
class BinError:
    """How far the means of two samples of runs are apart.

    misplaced : share of people who are elsewhere, mean over the days. noise : the same for two samples of one model, as
    expected from their spread. rms_z : of differences in standard errors, at places with more than 100 people.
    largest : relative difference at such a place on any day.
    """

    misplaced: float
    noise: float
    rms_z: float
    largest: float


def bin_error(cases: Path, case: str, settings: str, *, replicates: int, seed: int = 3) -> BinError:
    """The default bins against FINE ones, `replicates` of each, with ten people per agent."""

    def people(**values: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        scenario = case_scenario(cases, case, settings, hasten=HASTEN, **values)
        found = simulate(scenario, replicates=replicates, seed=seed).total("people").values
        return np.asarray(found, dtype=float)[:, FIRST_DAY:]

    fine, ours = people(**FINE), people()
    reference, difference = fine.mean(axis=0), ours.mean(axis=0) - fine.mean(axis=0)
    error = np.sqrt((fine.var(axis=0) + ours.var(axis=0)) / replicates)
    total = reference.sum(axis=1)
    many = reference > 100
    mean_of_a_half_normal = np.sqrt(2 / np.pi)
    return BinError(
        misplaced=float(np.mean(np.abs(difference).sum(axis=1) / 2 / total)),
        noise=float(np.mean(mean_of_a_half_normal * error.sum(axis=1) / 2 / total)),
        rms_z=float(np.sqrt(np.mean((difference / np.maximum(error, 1e-9))[many] ** 2))),
        largest=float((np.abs(difference) / np.maximum(reference, 1e-9))[many].max()),
    )


def main() -> int:
    """Print the table."""
    cases = Path(os.environ.get("TRAVESIA_CASES") or ROOT.parent / "shared" / "cases").expanduser()
    for case, settings in COMPARED:
        print(case, settings, bin_error(cases, case, settings, replicates=60))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What each of Flee's quirks changes on the real cases; `python -m verification.flee_quirks` measures it.

Central runs at full population with Flee's settings of 2025 (`modern125.yml`), capacities as given. Each quirk is left
out alone, and all together. Written to docs/flee-quirks.csv: the averaged relative difference to the observed camps
(rescaled; lower is nearer), and the share of people who are elsewhere than with Flee's rule, mean over the days.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.result import Result
from travesia.scenario import QUIRKS
from travesia.score import scores

ROOT = Path(__file__).resolve().parents[1]
CASES = ("burundi2015", "car2013", "mali2012", "ssudan2013", "syria2013", "tigray2020")
SETTINGS = "modern125"
NONE, ALL = "(as Flee)", "(all)"
NOT_RUN = ("dates_one_day_late",)  # changes a label only


def central(cases: Path, case: str, without: tuple[str, ...]) -> Result:
    """The central run of a case with some of Flee's quirks left out."""
    values = dict.fromkeys(without, "false")
    made = read_scenario(cases / case, settings=cases / "settings" / f"{SETTINGS}.yml", values=values)
    return simulate(made, expected=True)


def elsewhere(one: Result, other: Result) -> float:
    """The share of people who are elsewhere in another run, mean over the days; people on legs count as one place."""
    gap = np.abs(one.total("people").values[0] - other.total("people").values[0]).sum(axis=1)
    gap += np.abs(one.total("in_transit").values[0] - other.total("in_transit").values[0])
    people = one.total("departed").values[0].cumsum()
    return float(np.mean(gap / 2 / np.maximum(people, 1.0)))


def lines(cases: Path) -> Iterator[tuple[str, str, float, float]]:
    """(case, quirk left out, ARD, share elsewhere)."""
    for case in CASES:
        flee = central(cases, case, ())
        yield case, NONE, scores(flee)["ard_rescaled"], 0.0
        for quirk in [q for q in QUIRKS if q not in NOT_RUN]:
            run = central(cases, case, (quirk,))
            yield case, quirk, scores(run)["ard_rescaled"], elsewhere(flee, run)
        run = central(cases, case, QUIRKS)
        yield case, ALL, scores(run)["ard_rescaled"], elsewhere(flee, run)


def main() -> None:
    """Measure, then write: what is interrupted leaves the table as it was."""
    cases = Path(os.environ.get("TRAVESIA_CASES", ROOT.parent / "shared" / "cases"))
    found = []
    for case, quirk, ard, share in lines(cases):
        found.append([case, quirk, f"{ard:.4f}", f"{share:.4f}"])
        print(f"{case:<12} {quirk:<28} ARD {ard:.4f}  elsewhere {share:.4f}", flush=True)
    with (ROOT / "docs" / "flee-quirks.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["case", "left_out", "ard_rescaled", "share_elsewhere"])
        rows.writerows(found)


if __name__ == "__main__":
    main()

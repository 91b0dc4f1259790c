"""How a known total is split over camps: what is shipped is learnt here, and every variant is scored leave one out.

    python -m verification.allocation [CASES] [--write]

CASES is a folder of Flee folders, by default TRAVESIA_CASES. With --write the tables in src/travesia/data are learnt
anew from them. Written to docs/allocation.csv: averaged relative difference of the median and scaled CRPS by variant
and case, each case split with what the others say; to docs/allocation-origins.csv: with counts up to origins every 30
days from day 60, the difference 30 days later beside that of the shares on the origin. The means are printed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from travesia.flee import read_flee_folder
from travesia.forecasting import skill
from travesia.forecasting.allocate import allocate
from travesia.forecasting.hyperpriors import CASES, DRAWS, Hyper, prior_draws, shipped, to_tables
from travesia.forecasting.learning import counts_until, learn, lesson, losses
from travesia.observed import camp_counts
from travesia.scenario import Scenario
from travesia.score import ard

ROOT = Path(__file__).resolve().parents[1]
DATA, DOCS = ROOT / "src" / "travesia" / "data", ROOT / "docs"
SOURCE = (
    "fitted coefficients only, from FabFlee config_files/flee3_validation 99335a0 (BSD 3-Clause): camp counts UNHCR "
    "(CC BY 4.0), conflict days derived by its authors from ACLED; no record of either is in here"
)
HORIZON, FIRST, EVERY = 30, 60, 30
NOTHING_SAYS = 1e12
"""So many people would have to be counted on day 0 for their shares to matter."""
Change = Callable[[Hyper], Hyper]


def folders(path: Path) -> list[Scenario]:
    """The Flee folders in a folder, by name."""
    return [read_flee_folder(one) for one in sorted(path.iterdir()) if (one / "input_csv").is_dir()]


def known_on_day_0(scenario: Scenario, *, track: str) -> Scenario:
    """The scenario with the counts of day 0 alone, and without capacities on the track `blank`."""
    return _known(scenario, 0, track=track)


def _known(scenario: Scenario, day: int, *, track: str) -> Scenario:
    until = pd.Timestamp(scenario.settings.start) + pd.Timedelta(days=day)
    rows = scenario.observations["date_from"] <= until
    known = scenario.with_table("observations", scenario.observations[rows].reset_index(drop=True))
    if track == "given":
        return known
    return known.with_table("places", known.places.assign(capacity=float("nan")))


def scored(scenario: Scenario, hyper: Hyper, *, track: str) -> tuple[float, float, float]:
    """ARD of the median, scaled CRPS, and the share of counts inside the 80 % interval."""
    came = camp_counts(scenario)[1].T.astype(float)
    members = allocate(known_on_day_0(scenario, track=track), came.sum(axis=1), hyper=hyper)
    found = skill.crps(members.reshape(-1, members.shape[2]), came.reshape(-1)).sum() / came.sum()
    low, high = np.quantile(members, [0.1, 0.9], axis=2)
    inside = float(((low <= came) & (came <= high)).mean())
    return float(ard(np.median(members, axis=2)[None], came)[0][0]), float(found), inside


def from_origins(scenario: Scenario, hyper: Hyper) -> tuple[float, float]:
    """Difference 30 days after each origin, capacities blanked: of the model, and of the shares on the origin."""
    came = camp_counts(scenario)[1].T.astype(float)
    total, found = came.sum(axis=1), []
    for origin in range(FIRST, len(total) - HORIZON, EVERY):
        day, known = origin + HORIZON, _known(scenario, origin, track="blank")
        said = np.median(allocate(known, total[: day + 1], hyper=hyper, origin=origin)[day], axis=1)
        last = counts_until(scenario, origin)[-1]
        pair = [said, last] if last.sum() > 0 else [said, said]
        found.append([np.abs(one / one.sum() * total[day] - came[day]).sum() / total[day] for one in pair])
    mine, naive = np.mean(found, axis=0)
    return float(mine), float(naive)


def without(parameter: str, value: float) -> Change:
    """The model with one of its parameters fixed, so that it says nothing."""
    return lambda hyper: replace(
        hyper, draws=hyper.draws | {parameter: np.full_like(hyper.draws[parameter], value)}
    )


def over_legs(scenario: Scenario) -> Scenario:
    """The scenario without coordinates, so that distances are those of the shortest way over its legs."""
    blank = float("nan")
    return scenario.with_table("places", scenario.places.assign(lat=blank, lon=blank))


FIXED: dict[str, tuple[Change, ...]] = {
    "distance alone": (without("newest_boost", 0.0), without("evidence_people", NOTHING_SAYS)),
    "distance, newest": (without("evidence_people", NOTHING_SAYS),),
    "distance, day 0": (without("newest_boost", 0.0),),
    "all, over the legs": (),
}
"""Simpler than what is shipped, and the same by other distances."""
WEIGHED = {"priors alone": 0.0, "temperature 0.02": 2.5, "temperature 0.2": 0.25}
"""The same with the losses on the other cases weighing less or more."""


def varied(scenarios: Sequence[Scenario], changes: Sequence[Change], *, own: Hyper, draws: int) -> Hyper:
    """What a variant learns of the cases; own : has the spread of the effects of camps."""
    lessons = [lesson(one) for one in scenarios]
    start = Hyper(prior_draws(draws), {}, own.cases, own.spread)
    for change in changes:
        start = change(start)
    blank = np.stack([losses(one, start.draws, "blank") for one in lessons], axis=1)
    return replace(start, losses={"blank": blank})


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; learn first with --write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=Path, default=os.environ.get("TRAVESIA_CASES"))
    parser.add_argument("--write", action="store_true")
    wanted = parser.parse_args(arguments)
    if not wanted.cases:
        parser.error("name the folder of cases, or set TRAVESIA_CASES")
    scenarios = folders(Path(wanted.cases))
    if wanted.write:
        hyper = learn(scenarios, tell=lambda text: print(text, file=sys.stderr))
        draws, known = to_tables(hyper, [one.name for one in scenarios], SOURCE)
        draws.to_csv(DATA / DRAWS, index=False)
        known.to_csv(DATA / CASES, index=False)
    else:
        hyper = shipped()
    rows: list[tuple[object, ...]] = []
    for track in ("blank", "given"):
        rows += [("shipped", track, one.name, *scored(one, hyper, track=track)) for one in scenarios]
    for name, changes in FIXED.items():
        cases = [over_legs(one) if "legs" in name else one for one in scenarios]
        simpler = varied(cases, changes, own=hyper, draws=256)
        rows += [(name, "blank", one.name, *scored(one, simpler, track="blank")) for one in cases]
    for name, factor in WEIGHED.items():
        other = replace(hyper, losses={track: factor * cost for track, cost in hyper.losses.items()})
        rows += [(name, "blank", one.name, *scored(one, other, track="blank")) for one in scenarios]
    table = pd.DataFrame(rows, columns=["variant", "capacities", "case", "ard", "scaled_crps", "cover80"])
    later = pd.DataFrame(
        [(one.name, *from_origins(one, hyper)) for one in scenarios], columns=["case", "ard", "last_shares"]
    )
    table.round(3).to_csv(DOCS / "allocation.csv", index=False)
    later.round(4).to_csv(DOCS / "allocation-origins.csv", index=False)
    print(
        table.groupby(["variant", "capacities"], sort=False)[["ard", "scaled_crps", "cover80"]]
        .mean()
        .round(3)
    )
    print(later[["ard", "last_shares"]].mean().round(4).to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write the tables of docs/allocation.md: `python -m docs.write_allocation [CASES]`.

CASES, a folder of Flee folders, measures the naive methods anew (`travesia benchmark --track allocation`; seconds) and
how many capacities are the highest counts, and keeps both (allocation-naive.csv, allocation-capacities.csv). What
Travesía scores stands in docs/allocation.csv (`python -m verification.allocation`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from docs.write_readme import ROOT, put

from travesia.folder import read_scenario
from travesia.observed import camp_counts
from travesia.scenario import Scenario

DOCS = ROOT / "docs"
PAGE, NAIVE, CAPACITIES = (DOCS / f"allocation{name}" for name in (".md", "-naive.csv", "-capacities.csv"))
NEAR = 0.05  # of the highest count, to be taken for it
# ARD, rescaled, of Flee's own runs at its commit 02cd2cbd with modern125.yml, by case in order of the alphabet.
FLEE = {
    "blank": (0.798, 0.814, 0.821, 0.848, 0.380, 0.733),
    "given": (0.473, 0.395, 0.330, 0.544, 0.334, 0.376),
}
ROWS = (
    ("blank", "shipped", "**capacities blanked**: Travesía"),
    ("blank", "Flee", "Flee"),
    ("blank", "distance", "inverse distance, population, day 0 kept"),
    ("blank", "gravity", "gravity r⁻², equal zones, day 0 kept"),
    ("given", "shipped", "**capacities as given**: Travesía"),
    ("given", "Flee", "Flee, `modern125`"),
    ("given", "capacity", "by capacity alone"),
)
VARIANTS = {
    "shipped": "as shipped",
    "distance, day 0": "without the newest camp",
    "distance, newest": "without the counts of day 0",
    "distance alone": "distance alone",
    "all, over the legs": "distances over legs",
    "priors alone": "priors alone, nothing learnt",
    "temperature 0.02": "losses weighing more (0.02 for 0.05)",
    "temperature 0.2": "losses weighing less (0.2 for 0.05)",
}


def measure(cases: Path) -> None:
    """Keep what the naive methods score, and how many camps have the capacity of their highest count."""
    folders = sorted(str(path) for path in cases.iterdir() if (path / "input_csv").is_dir())
    told = [(Path(folder).name, *near_highest(read_scenario(folder))) for folder in folders]
    pd.DataFrame(told, columns=["case", "camps", "near_highest_count"]).to_csv(CAPACITIES, index=False)
    rows = []
    for capacities in FLEE:
        command = ["benchmark", *folders, "--track", "allocation", "--capacities", capacities, "--json"]
        done = subprocess.run([sys.executable, "-m", "travesia", *command], check=True, capture_output=True)
        for method, found in json.loads(done.stdout)["methods"].items():
            if method != "model":
                rows += [
                    (capacities, method, case, ard, found["scaled_crps"][case])
                    for case, ard in found["ard"].items()
                ]
    table = pd.DataFrame(rows, columns=["capacities", "method", "case", "ard", "scaled_crps"])
    table.round(4).to_csv(NAIVE, index=False)


def near_highest(scenario: Scenario) -> tuple[int, int]:
    """Camps that were counted, and those whose capacity is within 5 % of the highest count."""
    camps, counts = camp_counts(scenario)
    given = scenario.places.set_index("place")["capacity"].reindex(list(camps)).to_numpy(dtype=float)
    highest = np.asarray(counts, dtype=float).max(axis=1)
    return len(highest), int((np.abs(given - highest) <= NEAR * highest).sum())


def naive(capacities: str, method: str) -> pd.DataFrame:
    """ARD and scaled CRPS of a naive method by case."""
    table = pd.read_csv(NAIVE)
    return table[(table["capacities"] == capacities) & (table["method"] == method)].set_index("case")


def own(capacities: str = "blank", variant: str = "shipped") -> pd.DataFrame:
    """What Travesía scores by case."""
    table = pd.read_csv(DOCS / "allocation.csv")
    return table[(table["capacities"] == capacities) & (table["variant"] == variant)].set_index("case")


def short(number: float) -> str:
    """Three decimals, no zero before the point."""
    return f"{number:.3f}".lstrip("0")


def scores() -> str:
    """ARD by case of Travesía, of Flee and of naive methods."""
    cases = list(own().index)
    lines = ["| | " + " | ".join(cases) + " | mean |", "|" + "---|" * (len(cases) + 2)]
    for capacities, method, title in ROWS:
        if method == "Flee":
            values = pd.Series(FLEE[capacities], index=cases)
        else:
            values = (own(capacities) if method == "shipped" else naive(capacities, method))["ard"]
        mean = f"**{short(values.mean())}**" if method == "shipped" else short(values.mean())
        lines.append(f"| {title} | " + " | ".join([*(short(values[case]) for case in cases), mean]) + " |")
    return "\n".join(lines)


def variants() -> str:
    """Mean ARD and CRPS of simpler and other variants."""
    lines = ["| capacities blanked | mean ARD | CRPS |", "|---|---|---|"]
    for variant, title in VARIANTS.items():
        found = own(variant=variant)
        lines.append(f"| {title} | {short(found['ard'].mean())} | {short(found['scaled_crps'].mean())} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables. text : as it stands."""
    for name, table in (("scores-table", scores()), ("variants-table", variants())):
        assert text.count(f"<!-- {name} -->") == 1, name
        text = put(text, name, table)
    return text


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(Path(sys.argv[1]))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

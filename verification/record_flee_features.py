"""Flee's own runs of the folders in flee_features/: `python -m verification.record_flee_features --flee PATH`.

Needs a checkout of Flee (https://github.com/djgroen/flee) and an interpreter that has what Flee imports (numpy,
pandas, pyyaml, beartype); travesia is not needed. Each folder is run many times in a process of its own, with the
steps of Flee's runscripts/run.py, and the mean and the standard deviation of the number of agents at every place on
every 5th day and the last are written to flee_features/<feature>/recorded.csv; the number of runs and Flee's commit
to flee_features/runs.csv.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

FOLDERS = Path(__file__).resolve().parent / "flee_features"
RUNS = FOLDERS / "runs.csv"
RUNS_COLUMNS = ("feature", "seeds", "flee_commit", "seconds_per_seed")
EVERY_DAYS = 5
TRAVELLING, ALL = "(travelling)", "(all)"

Counts = dict[tuple[int, str], list[int]]


def features() -> list[str]:
    """The names of the folders, in order of the alphabet."""
    return sorted(path.parent.name for path in FOLDERS.glob("*/simsetting.yml"))


def recorded_days(days: int) -> list[int]:
    """Every 5th day and the last."""
    return sorted({*range(0, days, EVERY_DAYS), days - 1})


class Flee:
    """The modules of a checkout of Flee, imported from where it lies."""

    def __init__(self, checkout: Path) -> None:
        sys.path.insert(0, str(checkout))
        self.flee = importlib.import_module("flee.flee")
        self.spawning = importlib.import_module("flee.spawning")
        self.demographics = importlib.import_module("flee.demographics")
        self.geography = importlib.import_module("flee.InputGeography")
        self.data = importlib.import_module("flee.datamanager.handle_refugee_data")
        self.period = importlib.import_module("flee.datamanager.read_period")
        self.settings = importlib.import_module("flee.SimulationSettings").SimulationSettings

    def forget(self) -> None:
        """Undo what a run leaves behind in Flee's modules: its debt, its raw total and its demographics."""
        self.spawning.__dict__["__refugees_raw"] = 0
        self.spawning.__dict__["__refugee_debt"] = 0
        self.demographics.__dict__["__demographics"] = {}

    def read(self) -> tuple[Any, Any, Any, dict[str, Any], int]:
        """The folder that is the working directory: ecosystem, geography, data, places by name, days."""
        start, days = self.period.read_sim_period("input_csv/sim_period.csv")
        settings = self.settings
        settings.ReadFromYML("simsetting.yml")
        settings.ConflictInputFile = "input_csv/conflicts.csv"
        settings.FloodLevelInputFile = "input_csv/flood_level.csv"
        ecosystem = self.flee.Ecosystem(start, demographics_test_prefix="input_csv")
        geography = self.geography.InputGeography()
        geography.ReadLocationsFromCSV("input_csv/locations.csv")
        geography.ReadLinksFromCSV("input_csv/routes.csv")
        geography.ReadClosuresFromCSV("input_csv/closures.csv")
        ecosystem, places = geography.StoreInputGeographyInEcosystem(ecosystem)
        for place in ecosystem.locations:
            # Flee compares this attribute as the text of the file, on which it stops.
            if "deactivation_probability" in place.attributes:
                place.attributes["deactivation_probability"] = float(
                    place.attributes["deactivation_probability"]
                )
        if settings.spawn_rules["read_from_agents_csv_file"]:
            geography.ReadAgentsFromCSV(ecosystem, "input_csv/agents.csv")
        data = self.data.RefugeeTable(
            csvformat="generic",
            data_directory="source_data",
            start_date=start,
            data_layout="data_layout.csv",
            population_scaledown_factor=settings.optimisations["PopulationScaleDownFactor"],
            start_empty=settings.spawn_rules["EmptyCampsOnDay0"],
        )
        data.ReadL1Corrections("input_csv/registration_corrections.csv")
        return ecosystem, geography, data, places, days

    def run(self, seed: int, counts: Counts) -> None:
        """One run of the folder that is the working directory; its counts are added to `counts`."""
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 -- Flee draws from this stream
        self.forget()
        ecosystem, geography, data, places, days = self.read()
        for name in ecosystem.get_camp_names():
            self.spawning.add_initial_refugees(ecosystem, data, places[name])
        wanted = set(recorded_days(days))
        for day in range(days):
            geography.AddNewConflictZones(ecosystem, day)
            self.spawning.spawn_daily_displaced(ecosystem, day, data)
            self.spawning.refresh_spawn_weights(ecosystem)
            ecosystem.enact_border_closures(day)
            ecosystem.evolve()
            if day not in wanted:
                continue
            for place in ecosystem.locations:
                counts.setdefault((day, place.name), []).append(place.numAgents)
            travelling = sum(agent.travelling for agent in ecosystem.agents)
            counts.setdefault((day, TRAVELLING), []).append(travelling)
            counts.setdefault((day, ALL), []).append(ecosystem.numAgents())


def record(checkout: Path, folder: Path, *, seeds: int) -> None:
    """Run a folder with the seeds 0, 1, … and write its recorded.csv; Flee's messages go nowhere."""
    flee = Flee(checkout)
    counts: Counts = {}
    os.chdir(folder)  # Flee looks for location_changes.csv in the working directory
    messages = sys.stdout, sys.stderr
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = sys.stderr = nowhere
        try:
            for seed in range(seeds):
                flee.run(seed, counts)
        except SystemExit as stopped:
            raise RuntimeError("Flee ended the process") from stopped
        finally:
            sys.stdout, sys.stderr = messages
    with (folder / "recorded.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("day", "place", "agents_mean", "agents_sd"))
        for (day, place), sample in counts.items():
            writer.writerow((day, place, f"{np.mean(sample):.12g}", f"{np.std(sample, ddof=1):.6g}"))


def _record_apart(checkout: Path, name: str, seeds: int) -> tuple[str, float | None]:
    """`record` in a process of its own; the seconds a seed took, or None where Flee failed."""
    command = [sys.executable, __file__, "--flee", str(checkout), "--seeds", str(seeds), "--here", name]
    begun = time.perf_counter()
    failed = subprocess.run(command, check=False).returncode
    took = (time.perf_counter() - begun) / seeds
    print(f"{name}: {'FAILED' if failed else f'{took:.2f} s a seed'}", file=sys.stderr)
    return name, None if failed else took


def _write_runs(done: dict[str, dict[str, str]]) -> None:
    rows: dict[str, dict[str, str]] = {}
    if RUNS.is_file():
        with RUNS.open(encoding="utf-8") as file:
            rows = {row["feature"]: row for row in csv.DictReader(file)}
    rows |= done
    with RUNS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, RUNS_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[name] for name in sorted(rows))


def main() -> int:
    """Record the folders named, or all; exit code 1 where Flee failed on one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--flee", type=Path, required=True, metavar="PATH", help="a checkout of Flee")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these features (default: all)")
    parser.add_argument("--seeds", type=int, default=100, help="runs of each folder (default: 100)")
    parser.add_argument("--here", metavar="NAME", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    checkout = asked.flee.resolve()
    if asked.here:
        record(checkout, FOLDERS / asked.here, seeds=asked.seeds)
        return 0
    commit = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    names = asked.only or features()
    with ThreadPoolExecutor(2) as pool:
        took = dict(pool.map(lambda name: _record_apart(checkout, name, asked.seeds), names))
    _write_runs(
        {
            name: dict(zip(RUNS_COLUMNS, (name, str(asked.seeds), commit, f"{seconds:.2f}"), strict=True))
            for name, seconds in took.items()
            if seconds is not None
        }
    )
    return int(None in took.values())


if __name__ == "__main__":
    sys.exit(main())

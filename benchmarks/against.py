"""Travesía against what one would otherwise use: Flee, Mesa, and persons in NumPy and in Numba.

    python benchmarks/against.py --flee FOLDER [--runs 3] [--quick]

The same rule (Flee's plain one, without capacities) on the same two networks: mali2012, and one made up. Every program
is given the same chances, ways and departures; first it is checked that they bring the same people to the same places,
then the CPU seconds of a run are compared, without reading, compiling and set-up. Flee is a clone of
github.com/djgroen/flee at 02cd2cbd; its needs and Mesa are installed into .venv-rivals (requirements-rivals.txt).
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

import flee_folders
import numpy as np
import rival_numba
import rival_numpy
from measuring import runner, times_people
from networks import random_geometric
from numpy.typing import NDArray
from persons import Persons, persons_of, save
from readme_tables import machine, put_table
from speed import _cases_folder

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.scenario import Scenario

HERE = Path(__file__).resolve().parent
ARRAYS = "per person"  # ends the names of programs that hold persons in arrays
RIVALS = HERE.parent / ".venv-rivals"
REPLICATES = 200  # of Travesía, which say what noise is
CHECK_EVERY = 10  # days
MOST_RMS = 1.5  # of z of the means, about 1 by chance; neighbouring days and places go together
SHORT = 1e-12
MORE = 100  # times the people of the made-up network
MOST_OF_OBJECTS = 1_000_000  # people, for programs with a Python object for each


@dataclass(frozen=True)
class Case:
    """A network and its people, in the form each program reads."""

    name: str
    folder: Path  # a Flee folder, with settings.yml
    scenario: Scenario
    persons: Persons

    @property
    def people(self) -> int:
        """How many there are at the end."""
        return int(self.persons.present.sum() + self.persons.due.sum())

    @property
    def camps(self) -> NDArray[np.int64]:
        """The places at which Flee counts."""
        return np.flatnonzero((self.scenario.places["kind"] == "camp").to_numpy())


@dataclass(frozen=True)
class Timed:
    """What a program said: CPU seconds of each run, and the people at the camps every night, [run, day, camp]."""

    program: str
    seconds: list[float]
    nights: NDArray[np.float64]


Runs = Callable[[Case, int], tuple[float, NDArray[np.float64]]]


def cases(folder: Path, *, quick: bool) -> Iterator[Case]:
    """The networks: mali2012 where there are cases, and one at random."""
    found = _cases_folder()
    if found is None:
        print("mali2012 is skipped: it needs the cases (TRAVESIA_CASES or ../shared/cases)")
    else:
        flee_folders.without_capacities(found / "mali2012", folder / "mali2012")
        yield _case("mali2012", folder / "mali2012")
    size = (
        {"places": 40, "days": 60, "people": 2_000}
        if quick
        else {"places": 100, "days": 200, "people": 20_000}
    )
    made = random_geometric(**size, awareness=1)
    for name, factor in (("made up", 1), (f"made up, {MORE} times the people", MORE)):
        flee_folders.write(times_people(made, factor), folder / f"made-up-{factor}")
        yield _case(name, folder / f"made-up-{factor}")


def _case(name: str, folder: Path) -> Case:
    flee_folders.write_settings(folder / "settings.yml")
    scenario = read_scenario(folder, settings=folder / "settings.yml")
    movement = scenario.settings.movement.model_copy(update={"capacities": "blank"})
    scenario = scenario.with_settings(scenario.settings.model_copy(update={"movement": movement}))
    return Case(name, folder, scenario, persons_of(scenario))


def rivals(flee: Path | None) -> dict[str, Runs]:
    """What runs a case with a seed, for each program."""
    found: dict[str, Runs] = {"NumPy, per person": _in_process(rival_numpy.simulate)}
    found["Numba, per person"] = _in_process(rival_numba.simulate)
    found["Mesa"] = _mesa
    if flee is None:
        print("Flee is skipped: give --flee FOLDER, a clone of github.com/djgroen/flee")
    else:
        found["Flee (serial)"] = lambda case, seed: _flee(case, seed, flee)
    return found


def travesia(case: Case, runs: int) -> Timed:
    """Travesía: seconds of warm replicates, the nights of many."""
    run = runner(case.scenario)
    seconds = [run(number) for number in range(max(20, runs) + 1)][1:]
    people = simulate(case.scenario, replicates=REPLICATES, seed=1).data["people"]
    people = people.sum(dim=[name for name in people.dims if name not in ("replicate", "date", "place")])
    nights = people.transpose("replicate", "date", "place").to_numpy()[:, :, case.camps]
    return Timed("Travesía", seconds, nights)


def timed(program: str, run: Runs, case: Case, runs: int) -> Timed:
    """A rival: the first run of those in this process is thrown away, as it compiles."""
    if program.endswith(ARRAYS):
        run(case, 0)
    seconds, nights = zip(*(run(case, seed) for seed in range(1, runs + 1)), strict=True)
    return Timed(program, list(seconds), np.array(nights))


def rms_z(ours: Timed, theirs: Timed) -> float:
    """Root mean square of the differences of means in standard errors, over camps and every tenth day."""
    a, b = (each.nights[:, ::CHECK_EVERY].astype(float) for each in (ours, theirs))
    error = a.std(axis=0, ddof=1) * np.sqrt(1 / len(a) + 1 / len(b))
    sure = error > SHORT
    z = (a.mean(axis=0) - b.mean(axis=0))[sure] / error[sure]
    return float(np.sqrt(np.mean(z**2)))


def _in_process(program: Callable[[Persons, int], NDArray[np.int64]]) -> Runs:
    def run(case: Case, seed: int) -> tuple[float, NDArray[np.float64]]:
        began = process_time()
        nights = program(case.persons, seed)
        return process_time() - began, nights[:, case.camps].astype(float)

    return run


def _mesa(case: Case, seed: int) -> tuple[float, NDArray[np.float64]]:
    tables, nights = case.folder / "persons.npz", case.folder / "nights.npy"
    save(case.persons, tables)
    seconds = _child("rival_mesa.py", str(tables), str(nights), str(seed))
    return seconds, np.load(nights)[:, case.camps].astype(float)


def _flee(case: Case, seed: int, flee: Path) -> tuple[float, NDArray[np.float64]]:
    out = case.folder / "out.csv"
    folders = [str(case.folder / name) for name in ("input_csv", "source_data", "settings.yml")]
    seconds = _child("rival_flee.py", str(flee), *folders, str(out), str(seed))
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = case.scenario.places["place"].to_numpy()[case.camps]
    nights = [[float(row[f"{name} sim"]) for name in names] for row in rows]
    return seconds, np.array(nights)


def _child(script: str, *arguments: str) -> float:
    """CPU seconds, as a script in the rivals' environment prints them."""
    done = subprocess.run(
        [str(_interpreter()), str(HERE / script), *arguments],
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    if done.returncode:
        raise SystemExit(f"{script} failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def _interpreter() -> Path:
    python = RIVALS / "bin" / "python"
    stamp = RIVALS / "installed"
    if not stamp.exists():
        print(f"installing the rivals into {RIVALS.name} (once)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(RIVALS)], check=True)
        wanted = str(HERE / "requirements-rivals.txt")
        subprocess.run([str(python), "-m", "pip", "install", "-qq", "-r", wanted], check=True)
        stamp.touch()
    return python


def main() -> None:
    """Check, measure, print, and write the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--flee", type=Path, help="a clone of github.com/djgroen/flee")
    parser.add_argument("--runs", type=int, default=3, help="of each rival (3)")
    parser.add_argument("--quick", action="store_true", help="a small network, and write nothing")
    given = parser.parse_args()
    rows, differ = [], []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), quick=given.quick):
            ours = travesia(case, given.runs)
            best = median(ours.seconds)
            size = f"{len(case.scenario.places)} places, {case.people:,} people, {case.scenario.settings.days} days"
            rows.append(
                [case.name, "Travesía", size, f"{1000 * best:.1f} ms", "1", f"{len(ours.seconds)}", ""]
            )
            print(" | ".join(rows[-1]), flush=True)
            for program, run in rivals(given.flee).items():
                if case.people > MOST_OF_OBJECTS and not program.endswith(ARRAYS):
                    continue
                theirs = timed(program, run, case, given.runs)
                z, spent = rms_z(ours, theirs), median(theirs.seconds)
                if z > MOST_RMS:
                    differ.append(f"{program} on {case.name}: rms z {z:.2f}")
                shown = f"{spent:.1f} s" if spent >= 10 else f"{spent:.2f} s"
                rows.append(
                    [case.name, program, size, shown, f"{spent / best:,.0f}", f"{given.runs}", f"{z:.2f}"]
                )
                print(" | ".join(rows[-1]), flush=True)
    if differ:
        raise SystemExit("not the same rule, so nothing is written: " + "; ".join(differ))
    if not given.quick:
        header = [
            "network",
            "program",
            "size",
            "CPU time of a run",
            "times Travesía's",
            "runs",
            "rms z of arrivals",
        ]
        put_table("against", header, rows, note=f"Medians. {machine()}.")


if __name__ == "__main__":
    main()

"""Replicates a second of `travesia run` with one and with two processes, and the CPU time beside the engine.

    python benchmarks/throughput.py [--replicates 2000] [--only mali2012]

Each line is a command of its own, on the clock, so on a machine that does nothing else. *Steady* is from the moment
every process has given back its first batch until the last shard is written: without the start of the processes, the
final tables and pictures. *Whole* is the command from beginning to end. *Beside the engine* is user and system CPU time
of all its processes, less that of the engine, for a replicate: start, shards, final tables.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from readme_tables import machine, put_table
from speed import _cases_folder

from travesia import cli
from travesia.longrun import Progress
from travesia.store import read_provenance

HEADER = [
    "case",
    "processes",
    "replicates",
    "steady, a second",
    "whole command, a second",
    "engine, ms CPU",
    "beside the engine, ms CPU",
    "content hash",
]
CASES = {"mali2012": 10_000, "burundi2015": 2000}  # with plain.yml: replicates
PROCESSES = (1, 2)
LEAST_RATIO, LEAST_A_SECOND = 1.8, 120.0  # of burundi2015, two processes to one; of mali2012 with two


@dataclass(frozen=True)
class Measured:
    """One command. steady, whole : replicates a second. engine, beside : CPU ms of a replicate."""

    case: str
    processes: int
    replicates: int
    steady: float
    whole: float
    engine: float
    beside: float
    content_hash: str

    @property
    def cells(self) -> list[str]:
        """A row of the table."""
        told = [f"{self.steady:.1f}", f"{self.whole:.1f}", f"{self.engine:.2f}", f"{self.beside:.2f}"]
        return [self.case, f"{self.processes}", f"{self.replicates:,}", *told, self.content_hash[:8]]


def measure(cases: Path, case: str, *, processes: int, replicates: int) -> Measured:
    """Run the command in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out, log = Path(folder) / "run", Path(folder) / "log.json"
        given = ["run", str(cases / case), "--settings", str(cases / "settings" / "plain.yml")]
        given += ["-n", f"{replicates}", "-j", f"{processes}", "--summary-only", "-o", str(out)]
        before, began = _child_seconds(), perf_counter()
        command = [sys.executable, __file__, "--child", str(log), *given]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        clock, spent = perf_counter() - began, _child_seconds() - before
        told = json.loads(log.read_text(encoding="utf-8"))
        provenance = read_provenance(out)
    engine = provenance["seconds"]["simulate"]
    return Measured(
        case,
        processes,
        replicates,
        steady(told, processes),
        replicates / clock,
        1000 * engine / replicates,
        1000 * (spent - engine) / replicates,
        provenance["content_hash"],
    )


def steady(told: list[tuple[float, str, int]], processes: int) -> float:
    """Replicates a second between the batch that is the first of the last process, and the last batch.

    told : (seconds, stage, replicates done), as the progress of the run was told.
    """
    done = [(at, count) for at, stage, count in told if stage == "simulating" and count > 0]
    (first, before), (last, after) = done[processes - 1], done[-1]
    return (after - before) / (last - first)


def child(log: Path, given: list[str]) -> int:
    """The command, with the moments of its progress written to a file."""
    moments: list[tuple[float, str, int]] = []

    @contextmanager
    def noted(_: str) -> Iterator[Callable[[Progress], None]]:
        yield lambda at: moments.append((perf_counter(), at.stage, at.done))

    cli.progress = noted
    code = cli.main(given)
    log.write_text(json.dumps(moments), encoding="utf-8")
    return code


def _child_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, print, and write the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--replicates", type=int, help="of each run; 10,000 and 2,000 if not given")
    parser.add_argument("--only", choices=CASES, help="this case, and write nothing")
    given = parser.parse_args()
    cases = _cases_folder()
    if cases is None:
        raise SystemExit("it needs the cases (TRAVESIA_CASES or ../shared/cases)")
    print(" | ".join(HEADER))
    found = []
    for case in [given.only] if given.only else CASES:
        for processes in PROCESSES:
            count = given.replicates or CASES[case]
            found.append(measure(cases, case, processes=processes, replicates=count))
            print(" | ".join(found[-1].cells), flush=True)
    ratios = {one.case: two.steady / one.steady for one, two in zip(found[::2], found[1::2], strict=True)}
    note = "Two processes to one: " + ", ".join(f"{case} {ratio:.2f}" for case, ratio in ratios.items())
    if not given.only:
        fast = next(line.steady for line in found if line.case == "mali2012" and line.processes == 2)
        met = ratios["burundi2015"] >= LEAST_RATIO and fast >= LEAST_A_SECOND
        note += f". Targets (burundi2015 {LEAST_RATIO:g}, mali2012 {LEAST_A_SECOND:g} a second): "
        note += "met" if met else "NOT met"
    note += f". {machine()}."
    print(note)
    if not given.only:
        put_table("throughput", HEADER, [line.cells for line in found], note=note)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        sys.exit(child(Path(sys.argv[2]), sys.argv[3:]))
    main()

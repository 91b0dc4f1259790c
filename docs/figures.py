"""Every number that pages show as a result of ours, and the program that makes it: `make figures`.

    python -m docs.figures            # makes all that takes minutes anew, in order, then says what is left
    python -m docs.figures --list     # writes the table of CONTRIBUTING.md

Programs that need the real conflict folders (TRAVESIA_CASES) are left out where there are none.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from docs import examples
from docs.write_readme import ROOT, put

PAGE = ROOT / "CONTRIBUTING.md"
CASES, NOT_TIMED = "CASES", "–"
INPUTS = {"docs/claims-figures.csv"}  # facts with sources


@dataclass(frozen=True)
class Program:
    """numbers : what they are. command : of Python, or make. writes : files. minutes : about; dear : by hand."""

    numbers: str
    command: str
    writes: tuple[str, ...]
    minutes: str
    dear: bool = False

    @property
    def line(self) -> str:
        """As it is typed."""
        return self.command if self.command.startswith("make ") else f"python {self.command}"


def docs(*names: str) -> tuple[str, ...]:
    """Paths of files in docs."""
    return tuple(f"docs/{name}" for name in names)


def shown() -> tuple[str, ...]:
    """Pages that show what their commands print."""
    found = [page for page in examples.pages() if any(block.shown for block in examples.blocks(page))]
    return tuple(page.relative_to(ROOT).as_posix() for page in found)


CORRIDOR = tuple(
    f"corridor-{name}.csv" for name in ("reports", "dated", "disease", "policies", "pairs", "tornado")
)
AHEAD = tuple(f"corridor-forecast{name}.csv" for name in ("", "-scores", "-learnt", "-earlier", "-forget"))
PROGRAMS = (
    Program(
        "the caravan of January 2021 beside its reports",
        "-m docs.write_readme",
        ("README.md", "README.es.md", *docs("images/caravan-2021-map.png")),
        "1",
    ),
    Program(
        "the caravans from what was known before",
        "-m verification.prediction_page",
        docs("prediction.csv", "caravans-history.csv", "prediction.md"),
        "3",
    ),
    Program("Flee's features", "-m verification.flee_features", docs("flee-features.csv"), "2"),
    Program(
        "a known total split over camps",
        f"-m verification.allocation {CASES}",
        docs("allocation.csv", "allocation-origins.csv"),
        "1",
    ),
    Program(
        "the same by naive methods",
        f"-m docs.write_allocation {CASES}",
        docs("allocation-naive.csv", "allocation-capacities.csv", "allocation.md"),
        "1",
    ),
    Program("tables and sentences from the files kept", "docs/write_flee.py", docs("flee.md"), "1"),
    Program("the same", "-m docs.write_corridor", docs("corridor.md"), "1"),
    Program("the same", "-m docs.write_corridor_forecast", docs("corridor-forecast.md"), "1"),
    Program("the same", "docs/write_forecast.py", docs("forecast.md"), "1"),
    Program("what examples print", "-m docs.examples PAGES", shown(), "3"),
    Program("the notebook of the tutorial", "-m docs.write_notebook", docs("tutorial.ipynb"), "1"),
    Program("numbers that pages repeat", "-m docs.write_numbers", ("README.md", "README.es.md"), "1"),
    Program(
        "pictures of the page and of a report",
        "docs/write_page.py",
        docs(*(f"images/{name}.png" for name in ("page", "report", "page.es", "report.es"))),
        "1",
    ),
    Program(
        "speed beside its targets",
        "make bench",
        ("benchmarks/results.csv", "README.md", "README.es.md"),
        "10",
        dear=True,
    ),
    Program("replicates a second", "benchmarks/throughput.py", ("benchmarks/README.md",), "8", dear=True),
    Program(
        "the corridor, by people",
        "benchmarks/corridor.py --people",
        ("benchmarks/README.md",),
        "3",
        dear=True,
    ),
    Program("the planet", "benchmarks/world_growth.py", ("benchmarks/README.md",), NOT_TIMED, dear=True),
    Program(
        "beside other programs",
        "benchmarks/against.py --flee FLEE",
        ("benchmarks/README.md",),
        NOT_TIMED,
        dear=True,
    ),
    Program(
        "Flee's recorded runs", "-m verification.flee_parity", docs("flee-parity.csv"), NOT_TIMED, dear=True
    ),
    Program(
        "what Flee's quirks change",
        "-m verification.flee_quirks",
        docs("flee-quirks.csv"),
        NOT_TIMED,
        dear=True,
    ),
    Program(
        "the benchmark of forecasts",
        f"docs/write_forecast.py {CASES}",
        docs("benchmark-cases.csv", "benchmark-skill.csv", "images/benchmark.png", "forecast.md"),
        "4",
        dear=True,
    ),
    Program(
        "the corridor's year (its page has the commands before)",
        "-m docs.write_corridor runs/*",
        docs(*CORRIDOR, "corridor.md"),
        "60",
        dear=True,
    ),
    Program(
        "the corridor's forecast (its page has the commands before)",
        "-m docs.write_corridor_forecast post fc history",
        docs(*AHEAD, "images/corridor-forecast.png", "corridor-forecast.md"),
        NOT_TIMED,
        dear=True,
    ),
    Program(
        "calibration, month by month",
        "-m verification.assimilation",
        docs("assimilation.csv"),
        NOT_TIMED,
        dear=True,
    ),
    Program(
        "calibration, checked by simulation",
        "-m verification.sbc 100 docs",
        docs("calibration-ranks.csv", "images/calibration-ranks.png"),
        "2",
        dear=True,
    ),
)


def table() -> str:
    """The programs as a Markdown table."""
    lines = ["| numbers | command | writes | minutes, about |", "|---|---|---|--:|"]
    for one in PROGRAMS:
        writes = (
            ", ".join(f"`{name}`" for name in one.writes) if len(one.writes) < 5 else f"`{one.writes[0]}` …"
        )
        lines.append(f"| {one.numbers} | `{one.line}` | {writes} | {one.minutes} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """CONTRIBUTING.md with the table. text : as it stands."""
    return put(text, "figures-table", table())


def words(program: Program, cases: Path | None) -> list[str] | None:
    """What is run; None where it needs the cases and there are none."""
    pages = [name for name in shown() if cases or "flee/" not in (ROOT / name).read_text(encoding="utf-8")]
    given = {CASES: [str(cases)], "PAGES": pages}
    if cases is None and CASES in program.command:
        return None
    return [word for part in program.command.split() for word in given.get(part, [part])]


def main() -> int:
    """Run what takes minutes, and name the rest."""
    if sys.argv[1:] == ["--list"]:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    folder = Path(os.environ.get("TRAVESIA_CASES") or ROOT.parent / "shared" / "cases").expanduser()
    for program in (one for one in PROGRAMS if not one.dear):
        given = words(program, folder if folder.is_dir() else None)
        if given is None:
            print(f"left out, for want of the cases (TRAVESIA_CASES): {program.line}", flush=True)
            continue
        began = perf_counter()
        subprocess.run([sys.executable, *given], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        print(f"{perf_counter() - began:5.0f} s  {program.line}", flush=True)
    print("Not made anew: they take long, or need a machine that does nothing else (minutes, about)")
    for program in (one for one in PROGRAMS if one.dear):
        print(f"{program.minutes:>5}    {program.line}  ->  {program.writes[0]}")
    print("After these: python -m docs.write_numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())

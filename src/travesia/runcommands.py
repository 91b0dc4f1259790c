"""The commands about runs that are long: joining their shards, printing a job array, and checking what was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from travesia import terminal
from travesia.arguments import (
    Assignments,
    Folder,
    Jobs,
    Keep,
    Output,
    PolicyName,
    Replicates,
    Seed,
    SettingsFile,
    assignments,
    replicates_of,
)
from travesia.bars import progress
from travesia.errors import EXIT_CHECKSUM, EXIT_DONE, EXIT_FAILED, StoreError
from travesia.slurm import MOST_TASKS, slurm_script

TASK_MEMORY_MB = 1000  # three times what one process needs


def merge(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN_FOLDER", help="What was given to -o.")],
) -> None:
    """Join the shards of a run to its run folder.

    For shards that tasks of a cluster wrote (travesia slurm); travesia run does it by itself.
    """
    from travesia.longrun import merge as join_shards

    with progress(f"joining {run_folder}") as tell:
        summary = join_shards(run_folder, tell=tell)
    terminal.show_run(summary, run_folder)


def slurm(
    scenario: Folder,
    settings: SettingsFile = None,
    replicates: Replicates = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
    output: Output = None,
    values: Assignments = None,
    policy: PolicyName = "actual",
    keep: Keep = None,
    tasks: Annotated[
        int, typer.Option("--tasks", metavar="K", min=1, max=MOST_TASKS, help="Tasks of the array.")
    ] = 100,
    time: Annotated[
        str, typer.Option("--time", metavar="LIMIT", help="Time limit of a task, as Slurm reads it.")
    ] = "04:00:00",
) -> None:
    """Print a Slurm job array whose tasks write shards of a run.

    Each task runs its share of the replicates; travesia merge joins them.
    """
    from travesia.folder import read_scenario
    from travesia.policy import measures_of

    given = assignments(values)
    found = read_scenario(scenario, settings=settings, values=given)
    measures_of(found, policy)
    folder = output or Path("runs") / f"{found.name}-{seed}"
    count = replicates_of(replicates)
    where = str(Path(scenario).resolve()) if Path(scenario).exists() else scenario
    run = ["travesia", "run", where, "-n", str(count), "--seed", str(seed), "-j", str(jobs)]
    run += ["-o", str(folder.resolve()), "--policy", policy]
    run += ["--settings", str(settings.resolve())] if settings else []
    run += [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
    run += [] if keep is None else ["--keep-replicates" if keep else "--summary-only"]
    merging = ["travesia", "merge", str(folder.resolve())]
    print(
        slurm_script(
            found.name, run, merging, tasks=min(tasks, count), jobs=jobs, time=time, memory_mb=TASK_MEMORY_MB
        ),
        end="",
    )


def verify(
    run_folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="What `travesia run`, `compare`, `tornado`, `sweep`, `calibrate`, `forecast`, `assimilate`, "
            "`benchmark` or `export` wrote.",
        ),
    ],
) -> None:
    """Check that a folder of results is as it was written.

    Compares each file with its checksum and the results of a run or sweep with their content hash; exit code 4 if one
    differs. Of a run or sweep that is not complete the shards or points are checked; exit code 1 if they are well.
    """
    from travesia.longrun import shards_of, verify_shards
    from travesia.store import read_provenance, verify_run
    from travesia.sweepstore import points_of, verify_points

    for beside_of, wrong_in in ((shards_of, verify_shards), (points_of, verify_points)):
        beside = beside_of(run_folder)
        beside = run_folder if run_folder.suffix == beside.suffix else beside
        if not beside.is_dir() or (beside != run_folder and run_folder.exists()):
            continue
        found = _unfinished(beside, wrong_in)
        if found is None:
            break
        problems, told = found
        for line in [*(f"WRONG  {problem}" for problem in problems), f"{beside}: not complete, {told}"]:
            print(line)
        raise typer.Exit(EXIT_CHECKSUM if problems else EXIT_FAILED)
    problems = verify_run(run_folder)
    hashed = not problems and "content_hash" in read_provenance(run_folder)
    for line in terminal.verified_lines(run_folder, problems, hashed=hashed):
        print(line)
    raise typer.Exit(EXIT_CHECKSUM if problems else EXIT_DONE)


def _unfinished(
    beside: Path, wrong_in: Callable[[Path], tuple[list[str], str]]
) -> tuple[list[str], str] | None:
    """What is wrong beside a folder that is not complete; None where the command at work there has just ended."""
    try:
        found = wrong_in(beside)
    except StoreError:
        if beside.is_dir():
            raise
        return None
    return found if beside.is_dir() else None

"""Runs in processes of their own, to be killed at random moments; and what a run folder must have in the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.factory import small_scenario, write_small_scenario

from travesia.runplan import Plan, plan_of

REPLICATES = 60
TIMES = {
    "provenance.json",
    "datapackage.json",
    "SHA256SUMS",
}  # say when a run was, or the hash of what says it
SECONDS_AT_MOST = 120


def long_scenario(folder: Path) -> Path:
    """The small scenario over so many days that a few of its replicates fill a shard."""
    write_small_scenario(folder)
    settings = folder / "scenario.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("days: 30", "days: 400"), encoding="utf-8"
    )
    return folder


def command(scenario: Path, folder: Path, *more: str) -> list[str]:
    """The command of a run in JSON."""
    given = ["run", str(scenario), "-n", str(REPLICATES), "-o", str(folder), "--json", "--no-pictures", *more]
    return [sys.executable, "-m", "travesia", *given]


def run(scenario: Path, folder: Path, *more: str) -> dict[str, Any]:
    """What a run that nothing interrupts prints."""
    done = subprocess.run(command(scenario, folder, *more), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lasting(folder: Path) -> dict[str, bytes]:
    """The files of a run folder whose bytes are always the same."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in TIMES]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def start(given: Sequence[str]) -> subprocess.Popen[str]:
    """A command in a group of processes of its own."""
    return subprocess.Popen(
        given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_for_shards(process: subprocess.Popen[str], beside: Path, more: int) -> None:
    """Wait until so many more shards are written, or the process has ended."""
    wanted = shards(beside) + more
    until = time.monotonic() + SECONDS_AT_MOST
    while process.poll() is None and shards(beside) < wanted and time.monotonic() < until:
        time.sleep(0.005)


def shards(beside: Path) -> int:
    """How many shards there are; none when they have been joined, for their folder may go at any moment."""
    try:
        names = [path.name for path in beside.iterdir()]
    except FileNotFoundError:
        return 0
    return sum(name.endswith(".h5") and not name.startswith(".") for name in names)


def kill_runs(scenario: Path, parent: Path, *, kills: int, dice: random.Random) -> dict[Path, list[int]]:
    """Kill runs again and again, the workers with them or not, and let them end.

    Until so many kills have met a run at work; when a run ends before it is killed, another begins. Gives the folders,
    all complete, each with the number of shards that its kills found.
    """
    found: dict[Path, list[int]] = {}
    while sum(map(len, found.values())) < kills:
        folder = parent / f"run{len(found)}"
        beside = folder.with_name(f"{folder.name}.shards")
        given = command(scenario, folder, "-j", dice.choice(["1", "2"]), "--keep-replicates")
        found[folder] = []
        while not folder.exists() and sum(map(len, found.values())) < kills:
            with start(given) as process:
                wait_for_shards(process, beside, dice.choice([0, 1, 1]))
                time.sleep(dice.uniform(0, 0.5))
                with suppress(ProcessLookupError):
                    if dice.random() < 0.5:
                        os.killpg(process.pid, signal.SIGKILL)
                    else:
                        process.kill()
                process.communicate()
            if process.returncode == -signal.SIGKILL and not folder.exists():  # else its shards may be gone
                found[folder].append(shards(beside))
        done = subprocess.run(given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return found


def kill_workers(given: Sequence[str], folder: Path, *, kills: int, dice: random.Random) -> int:
    """Kill single workers of runs at random moments until so many have died; how many commands that took.

    A run that gives up, because one batch has cost too many workers, goes on by the same command.
    """
    beside, commands, killed, overwrite = folder.with_name(f"{folder.name}.shards"), 0, 0, list[str]()
    while killed < kills or not folder.exists() or beside.exists():
        commands += 1
        with start([*given, *overwrite]) as process:
            while process.poll() is None and killed < kills:
                wait_for_shards(process, beside, dice.choice([0, 1]))
                time.sleep(dice.uniform(0, 0.3))
                workers = children(process.pid)
                if workers and process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.kill(dice.choice(workers), signal.SIGKILL)
                        killed += 1
            _, errors = process.communicate()
        assert process.returncode == 0 or "again and again" in errors, errors
        overwrite = ["--overwrite"] if folder.exists() else []
    return commands


def children(pid: int) -> list[int]:
    """The workers of a process (not the helper that Python starts to track what processes share)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            words = (path.parent / "cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid and b"spawn_main" in words:
            found.append(int(path.parent.name))
    return found


def plan(**other: Any) -> Plan:
    """The plan of nine replicates of the small scenario."""
    given = {"replicates": 9, "seed": 1, "expected": False, "policy": "actual"} | other
    return plan_of(small_scenario(), **given)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

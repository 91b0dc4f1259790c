"""The folders that are mutated: held in memory as contents by path, and written where a run can read them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from tests.factory import SMALL
from tests.flee_factory import FILES as FLEE
from tests.flee_factory import write_flee_folder

from travesia.folder import read_scenario, write_scenario
from travesia.starter import starter_files

ROOT = Path(__file__).resolve().parents[1]
FEATURES = ROOT / "verification" / "flee_features"
CARAVAN = ROOT / "src" / "travesia" / "scenarios" / "caravan-2021"
SHORT_DAYS = 12
IS_ROOT = os.name == "posix" and os.geteuid() == 0


@dataclass(frozen=True)
class Odd:
    """What stands where a file should be, and is none (or, `locked`, one that may not be read)."""

    kind: Literal["directory", "loop", "dangling", "endless", "pipe", "locked"]
    content: bytes = b""


Content = bytes | Odd
Folder = Mapping[str, Content]


@dataclass(frozen=True)
class Source:
    """A folder as it is before anything is done to it.

    kind : whose format it has. rule : of movement. has_sources : whether names of sources are held against a table.
    """

    name: str
    kind: Literal["own", "flee"]
    rule: Literal["goal", "flee"]
    folder: Folder
    has_sources: bool = False


@cache
def sources() -> dict[str, Source]:
    """Every folder that is mutated, by its name: all of them read without an error."""
    starter = {name: text.encode() for name, text in starter_files("starter").items()}
    found = [
        Source("own-small", "own", "goal", {n: t.encode() for n, t in SMALL.items()}, True),
        Source("own-sick", "own", "goal", _sick(), True),
        Source("own-caravan", "own", "goal", _caravan(), True),
        Source("own-cut-down", "own", "goal", _cut_down(starter), True),
        Source("own-starter", "own", "goal", starter, True),
        Source("own-flee", "own", "flee", _converted()),
        Source("flee-small", "flee", "flee", {n: _bytes(t) for n, t in FLEE.items()}),
    ]
    for path in sorted(FEATURES.iterdir()) if FEATURES.is_dir() else []:
        if (path / "input_csv").is_dir():
            found.append(Source(f"flee-{path.name}", "flee", "flee", _read(path)))
    return {source.name: source for source in found}


def write_folder(folder: Folder, where: Path) -> None:
    """Write a folder to `where`, which is made."""
    where.mkdir(parents=True, exist_ok=True)
    for name, content in folder.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content.kind == "locked":
            path.write_bytes(content.content)
            path.chmod(0)
        elif content.kind == "directory":
            path.mkdir()
        elif content.kind == "pipe":
            os.mkfifo(path)
        else:
            target = {"loop": path.name, "dangling": "not-there", "endless": "/dev/zero"}[content.kind]
            path.symlink_to(target)


def _bytes(content: str | bytes | None) -> bytes:
    assert content is not None
    return content if isinstance(content, bytes) else content.encode()


def _read(path: Path) -> dict[str, bytes]:
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name != "recorded.csv")
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def _caravan() -> dict[str, bytes]:
    """The packaged caravan over its first days."""
    folder = _read(CARAVAN)
    settings = folder["scenario.yaml"].decode().splitlines()
    assert sum(line.startswith("days:") for line in settings) == 1
    shorter = [f"days: {SHORT_DAYS}" if line.startswith("days:") else line for line in settings]
    return {**folder, "scenario.yaml": ("\n".join(shorter) + "\n").encode()}


def _sick() -> dict[str, bytes]:
    """The small scenario with a disease, and care against it."""
    health = """\
health:
  disease: influenza
  reproduction_number: 1.8
  infectious_days: 5
  incubation_days: 2
  case_fatality: 0.001
  treated_infectious_days: 4
  treated_case_fatality: 0.0005
  immune_share: 0.2
  infectious_share: 0.01
  infectious_share_by_departure: {march: 0.05}
  source: report
"""
    care = "care,actual,treat,shelter,,,2021-01-20,,,,stopped,30,,,,,,,report\n"
    texts = SMALL | {
        "scenario.yaml": SMALL["scenario.yaml"] + health,
        "measures.csv": SMALL["measures.csv"] + care,
    }
    return {name: text.encode() for name, text in texts.items()}


def _cut_down(starter: Mapping[str, bytes]) -> dict[str, bytes]:
    """The least that runs: no measures, no observations."""
    settings = """\
name: least
title: {en: Least}
start: 2021-01-14
days: 20
movement: {rule: goal, speed_km_per_day: {walk: 30, bus: 300}}
"""
    kept = ("places.csv", "legs.csv", "destinations.csv", "departures.csv", "sources.csv")
    return {"scenario.yaml": settings.encode(), **{name: starter[name] for name in kept}}


def _converted() -> dict[str, bytes]:
    """A Flee folder written as a scenario of our own."""
    with TemporaryDirectory() as place:
        write_flee_folder(Path(place) / "flee")
        write_scenario(read_scenario(Path(place) / "flee"), Path(place) / "own")
        return _read(Path(place) / "own")

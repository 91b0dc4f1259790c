"""Flee folders with a year of counts, for tests of forecasts."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
from flee_factory import CLOSURES, CONFLICTS, CORRECTIONS, PERIOD, YAML, Changes, write_flee_folder

from travesia.flee import read_flee_folder
from travesia.scenario import Scenario

START = date(2015, 3, 1)
DAYS = 240


def counts(level: float, *, every: int, wobble: float, key: int) -> list[tuple[int, int]]:
    """Days and people: growth that slows down, with noise."""
    days = np.arange(0, DAYS, every)
    noise = np.random.default_rng(key).normal(0, wobble, days.size)
    people = level * (1 - np.exp(-(days + 1) / 80)) * np.exp(noise)
    return list(zip(days.tolist(), np.rint(people).astype(int).tolist(), strict=True))


def camp_file(rows: list[tuple[int, int]]) -> str:
    """A file of counts."""
    return "".join(f"{START + timedelta(days=day)},{people}\n" for day, people in rows)


def changes() -> dict[str, str | bytes | None]:
    """A folder of 240 days: Camp1 counted every 6 days, Camp2 every 9; Beta joins the conflict on day 40."""
    conflict = "".join(f"{day},1,{int(day >= 40)},0,0,0,0\n" for day in range(DAYS))
    return {
        PERIOD: f"StartDate,{START}\nLength,{DAYS}\n",
        CONFLICTS: "#Day,Alpha,Beta,Gamma,Delta,Camp1,Camp2\n" + conflict,
        CLOSURES: "#closure_type,name1,name2,closure_start,closure_end\ncountry,Here,There,20,35\n",
        CORRECTIONS: f"Camp1,{START + timedelta(days=60)},normalize\n",
        YAML: "spawn_rules:\n  insert_day0: True\nmove_rules:\n  max_move_speed: 200.0\n",
        "source_data/refugees.csv": camp_file([(0, 300), (DAYS - 1, 20000)]),
        "source_data/camp1.csv": camp_file(counts(12000, every=6, wobble=0.03, key=1)),
        "source_data/camp2.csv": camp_file(counts(7000, every=9, wobble=0.05, key=2)),
    }


def write_counted(path: Path, more: Changes | None = None) -> Path:
    """Write the folder."""
    return write_flee_folder(path, changes() | (more or {}))


def counted(path: Path, more: Changes | None = None) -> Scenario:
    """Read the folder written there."""
    return read_flee_folder(write_counted(path, more))

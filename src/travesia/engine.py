"""One replicate: room for the kernel to work in, the run, and its records as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from travesia.cohorts import Pool, Records, Table, clear
from travesia.flee_day import FleeWork
from travesia.goal_day import Work
from travesia.kernels import run_flee, run_goal
from travesia.measures import Meeting
from travesia.model import FLEE_RULE, Model, Tables
from travesia.rng import key_of
from travesia.scenario import FINAL_OUTCOMES

Floats = NDArray[np.float64]
FIRST_ROOM = 1024  # cohorts; doubled when a run needs more
MOST_ROOM = 1 << 24


@dataclass
class Engine:
    """Runs replicates of one model, keeping its scratch arrays between them."""

    model: Model
    room: int = FIRST_ROOM

    def __post_init__(self) -> None:
        self._tables: tuple[Table, Table, Pool, Meeting] | None = None

    def replicate(
        self, values: Mapping[str, float], *, seed: int, replicate: int, expected: bool
    ) -> tuple[Records, float]:
        """Run one replicate: its records in people, and the CPU seconds of the simulation (compilation not counted)."""
        tables = self.model.tables(values, seed=seed, replicate=replicate, expected=expected)
        key = np.uint64(key_of(seed, replicate))
        return self._run(tables, key, expected, self.model.scenario.settings.days)

    def warm_up(self) -> None:
        """Load or compile the kernel, so that it does not count as simulation."""
        from travesia.parameters import medians

        values = medians(self.model.scenario.settings)
        self._run(self.model.tables(values, seed=0, replicate=0, expected=True), np.uint64(0), True, 0)

    def _run(self, tables: Tables, key: np.uint64, expected: bool, days: int) -> tuple[Records, float]:
        from time import process_time

        while True:
            records = self._records()
            table, night_table, pool, meeting = self._room(tables)
            began = process_time()
            net = self.model.net
            rest = (tables.departures, records, table, night_table, pool)
            if self.model.rule == FLEE_RULE:
                overflow = run_flee(days, expected, key, net, tables.flee, *rest, self._flee_work(tables))
            else:
                goal = (tables.goal, tables.measures, *rest, meeting, self._work())
                overflow = run_goal(days, expected, key, net, *goal)
            spent = process_time() - began
            if not overflow:
                unit = self.model.unit
                return (records if unit == 1 else Records(*(array * unit for array in records))), spent
            self.room *= 2
            self._tables = None
            if self.room > MOST_ROOM:
                raise MemoryError(f"more than {MOST_ROOM} different situations in one day")

    def _records(self) -> Records:
        model = self.model
        days, classes = model.scenario.settings.days, len(model.classes)
        sizes = [
            len(model.scenario.places),
            1,
            len(model.legs),
            len(model.measures.names),
            len(model.measures.names),
            len(FINAL_OUTCOMES),
            1,
        ]
        return Records(*(np.zeros((days, size, classes)) for size in sizes))

    def _room(self, tables: Tables) -> tuple[Table, Table, Pool, Meeting]:
        """Scratch tables of the present size; emptied."""
        if self._tables is None:
            bins = self._bins(tables)
            self._tables = (
                new_table(self.room),
                new_table(self.room),
                new_pool(2 * self.room, bins),
                self._meeting(tables),
            )
        table, night_table, pool, meeting = self._tables
        for one in (table, night_table):
            clear(one)
            one.meta[1] = 0
        pool.meta[1] = 0
        pool.head[:] = -1
        meeting.size[:] = 0
        return table, night_table, pool, meeting

    def _bins(self, tables: Tables) -> int:
        if self.model.rule == FLEE_RULE:
            return (tables.flee.slices + 1) * tables.flee.day_bins
        return tables.goal.time_bins + 2

    def _meeting(self, tables: Tables) -> Meeting:
        at_start, places = tables.measures.at_start, len(self.model.scenario.places)
        standing = np.diff(at_start)
        width = int(standing[:places].max(initial=0) + standing[places:].max(initial=0)) + 1
        options = max(
            int(np.diff(tables.flee.option_start).max(initial=0)),
            int(np.diff(tables.goal.way_start).max(initial=0)),
            places,
            tables.goal.aims * len(self.model.groups.values),
        )
        return Meeting(
            code=np.zeros(self.room, dtype=np.int64),
            count=np.zeros(self.room),
            time=np.zeros(self.room),
            lists=np.zeros(self.room, dtype=np.int64),
            measure=np.zeros(self.room * width, dtype=np.int64),
            share=np.zeros(self.room * width),
            hits=np.zeros(self.room * width),
            left=np.zeros(len(self.model.measures.names)),
            moved_code=np.zeros(4 * self.room, dtype=np.int64),
            moved_count=np.zeros(4 * self.room),
            size=np.zeros(3, dtype=np.int64),
            weight=np.zeros(options + 1),
            out=np.zeros(options + 1),
            shock=np.zeros(1, dtype=np.uint64),
        )

    def _work(self) -> Work:
        places = len(self.model.scenario.places)
        return Work(np.zeros(1, dtype=np.uint64), ints(places, -1), ints(places), ints(self.room))

    def _flee_work(self, tables: Tables) -> FleeWork:
        places, legs = len(self.model.scenario.places), len(self.model.legs)
        widest = max(len(tables.flee.option_place), places)
        return FleeWork(
            stream=np.zeros(1, dtype=np.uint64),
            at=np.zeros(places),
            came=np.zeros(places),
            coming=np.zeros(places),
            near_full=ints(places),
            sees_near_full=ints(places),
            closing=ints(legs),
            weight=np.zeros(widest),
            out=np.zeros(widest),
            weighed_on=ints(places, -1),
        )


def ints(size: int, fill: int = 0) -> NDArray[np.int64]:
    """Whole numbers, all alike."""
    return np.full(size, fill, dtype=np.int64)


def new_table(room: int) -> Table:
    """An empty table for so many situations."""
    slots = 1 << (2 * room - 1).bit_length()
    return Table(
        np.zeros(slots, dtype=np.int64),
        np.zeros(room, dtype=np.int64),
        np.zeros(room),
        np.array([0, 0, 1], dtype=np.int64),
    )


def new_pool(room: int, bins: int) -> Pool:
    """An empty pool for so many cohorts in so many time bins."""
    slots = 1 << (2 * room - 1).bit_length()
    return Pool(
        np.zeros(slots, dtype=np.int64),
        np.zeros(room, dtype=np.int64),
        np.zeros(room, dtype=np.int64),
        np.zeros(room),
        np.zeros(room),
        np.zeros(room, dtype=np.int64),
        np.full(bins, -1, dtype=np.int64),
        np.array([0, 0, 1, -1], dtype=np.int64),
    )

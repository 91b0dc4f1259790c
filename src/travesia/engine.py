"""One replicate: room for the kernel to work in, the run, and its records as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

from travesia.cohorts import Pool, Records, Table, clear
from travesia.errors import TravesiaError
from travesia.flee_day import FleeWork
from travesia.flee_start import StartWork
from travesia.goal_day import Work
from travesia.jit import quick_compilation
from travesia.kernels import run_flee, run_goal
from travesia.measure_arrays import Meeting
from travesia.model import FleeTables, GoalTables, Model
from travesia.parameters import medians
from travesia.rng import key_of
from travesia.scenario import FINAL_OUTCOMES, HEALTH_RECORDS

Floats = NDArray[np.float64]
RECORD_DIMENSION = {
    "people": "place",
    "in_transit": "",
    "crossed": "leg",
    "events": "measure",
    "refused": "measure",
    "outcomes": "outcome",
    "departed": "",
}
"""The dimension of each of `Records`, beside the day and the output class."""
FIRST_ROOM = 1024  # cohorts; doubled when a run needs more
MOST_ROOM = 1 << 24
STEPS = 8  # of people in a day, for each cohort there is room for


@dataclass
class Engine:
    """Runs replicates of one model, keeping its scratch arrays between them."""

    model: Model
    room: int = FIRST_ROOM

    def __post_init__(self) -> None:
        self._scratch: tuple[Table, Table, Pool] | None = None

    def replicate(
        self, values: Mapping[str, float], *, seed: int, replicate: int, expected: bool
    ) -> tuple[dict[str, Floats], float]:
        """Run one replicate: records in people by name, and the CPU seconds of the simulation (without compilation).

        values : of the parameters by name. seed, replicate : the key of every draw. expected : means instead of draws.
        Raises ScenarioError where the values allow no solution, TravesiaError.
        """
        tables = self.model.tables(values, seed=seed, replicate=replicate, expected=expected)
        return self._run(
            tables, np.uint64(key_of(seed, replicate)), expected, self.model.scenario.settings.days
        )

    def warm_up(self) -> None:
        """Load or compile the kernel, so that it does not count as simulation."""
        values = medians(self.model.scenario.settings)
        tables = self.model.tables(values, seed=0, replicate=0, expected=True)
        with quick_compilation():
            self._run(tables, np.uint64(0), True, 0)

    def _run(
        self, tables: GoalTables | FleeTables, key: np.uint64, expected: bool, days: int
    ) -> tuple[dict[str, Floats], float]:
        while True:
            records = self._records()
            started = (days, expected, key, self.model.net)
            filled = (records, *self._tables(tables))
            began = process_time()
            if isinstance(tables, FleeTables):
                given = (tables.flee, tables.starts, tables.conditions)
                overflow = run_flee(*started, *given, *filled, *self._flee_work(tables))
            else:
                aims = (tables.goal, tables.measures, tables.departures)
                scratch = (self._meeting(tables), self._goal_work(tables))
                overflow = run_goal(*started, *aims, *filled, *scratch, tables.health)
            spent = process_time() - began
            if not overflow:
                unit = self.model.unit
                found = {
                    name: array if unit == 1 else array * unit for name, array in records._asdict().items()
                }
                return found | _health_records(tables), spent
            self.room *= 2
            self._scratch = None
            if self.room > MOST_ROOM:
                raise TravesiaError(
                    f"more than {MOST_ROOM:,} different situations in one day; take coarser bins in the settings"
                )

    def _records(self) -> Records:
        days, classes = self.model.scenario.settings.days, len(self.model.classes)
        sizes = record_sizes(self.model)
        return Records(**{name: np.zeros((days, size, classes)) for name, size in sizes.items()})

    def _tables(self, tables: GoalTables | FleeTables) -> tuple[Table, Table, Pool]:
        """Tables of cohorts of the present size, emptied."""
        if isinstance(tables, FleeTables):
            bins = (tables.flee.slices + 1) * tables.flee.day_bins
        else:
            bins = tables.goal.time_bins + 2
        if self._scratch is None or self._scratch[2].head.size != bins:
            self._scratch = new_table(self.room), new_table(self.room), new_pool(2 * self.room, bins)
        here, tonight, pool = self._scratch
        for table in (here, tonight):
            clear(table)
            table.meta[1] = 0
        pool.meta[1] = 0
        pool.head[:] = -1
        return here, tonight, pool

    def _meeting(self, tables: GoalTables) -> Meeting:
        at_start, places = tables.measures.at_start, len(self.model.scenario.places)
        standing = np.diff(at_start)
        width = int(standing[:places].max(initial=0) + standing[places:].max(initial=0)) + 1
        ways = int(np.diff(tables.goal.way_start).max(initial=0))
        options = max(ways, places, tables.goal.aims * len(self.model.groups.values))
        return Meeting(
            code=ints(self.room),
            count=np.zeros(self.room),
            time=np.zeros(self.room),
            lists=ints(self.room),
            measure=ints(self.room * width),
            share=np.zeros(self.room * width),
            hits=np.zeros(self.room * width),
            left=np.zeros(len(self.model.measures.names)),
            moved_code=ints(4 * self.room),
            moved_count=np.zeros(4 * self.room),
            size=ints(3),
            weight=np.zeros(options + 1),
            out=np.zeros(options + 1),
            shock=np.zeros(1, dtype=np.uint64),
        )

    def _goal_work(self, tables: GoalTables) -> Work:
        places = len(self.model.scenario.places)
        trail = np.zeros((0 if tables.health is None else STEPS * self.room, 5))
        return Work(np.zeros(1, dtype=np.uint64), ints(places, -1), ints(places), ints(self.room), trail)

    def _flee_work(self, tables: FleeTables) -> tuple[FleeWork, StartWork]:
        flee, starts, conditions = tables.flee, tables.starts, tables.conditions
        places, legs = len(self.model.scenario.places), len(self.model.legs)
        options = max(len(flee.option_place), 1)
        work = FleeWork(
            stream=np.zeros(1, dtype=np.uint64),
            chance=np.zeros(places),
            attraction=np.zeros(places * len(conditions.chooser)),
            base=np.zeros(2 * places * flee.fixed),
            at=np.zeros(places),
            came=np.zeros(places),
            coming=np.zeros(places),
            near_full=ints(places),
            sees_near_full=ints(places),
            closing=ints(legs),
            weight=np.zeros(options),
            out=np.zeros(options),
            way=ints(options),
            weighed_on=ints(places, -1),
        )
        start_work = StartWork(
            population=starts.population.copy(),
            held=np.zeros(1),
            weight=np.zeros(places),
            out=np.zeros(places),
            dealt=np.zeros(len(starts.share)),
            mix=np.zeros((len(conditions.usual), places)),
        )
        return work, start_work


def record_sizes(model: Model) -> dict[str, int]:
    """How many places, legs, measures or outcomes each record of a replicate counts apart; 1 where it counts none."""
    sizes = {
        "": 1,
        "place": len(model.scenario.places),
        "leg": len(model.legs),
        "measure": len(model.measures.names),
        "outcome": len(FINAL_OUTCOMES),
    }
    return {name: sizes[dimension] for name, dimension in RECORD_DIMENSION.items()}


def _health_records(tables: GoalTables | FleeTables) -> dict[str, Floats]:
    """What health leaves behind, [day, place, travel]; nothing where the scenario has none."""
    if isinstance(tables, FleeTables) or tables.health is None:
        return {}
    return {name: np.ascontiguousarray(tables.health.ill[:, k]) for k, name in enumerate(HEALTH_RECORDS)}


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

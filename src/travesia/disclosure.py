"""Which reported counts are withheld: few people under country level, and whatever would reveal them.

Figures hang together: those of places add up to those of areas, groups to totals, and what is counted up to two days
differs by what happened between them. Each figure is a sum of unknown numbers of people, none below 0; somebody who
reads all figures that are told knows of a withheld one that it lies in an interval (linear programming). It counts as
revealed where that interval is narrower than FEW, so that not even `fewer than ten` can be told. Then further figures
are withheld, the finest and smallest first. What is withheld depends on figures of the same and earlier days alone:
later ones neither reveal it nor bring it back. Source: complementary cell suppression, Hundepool et al. (2012),
Statistical Disclosure Control, chapter 4; the choice is greedy, not the least possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.figure_atoms import Atom, atoms_of, is_national
from travesia.figures import observations
from travesia.scenario import Scenario

FEW = 10
FAR = 1e6
_ZERO = 1e-7
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """A figure, or what two of them imply.

    row : of the observations; -1 for what is implied. plus, minus : what it is a sum of. low, high : what it tells.
    end : its last day (ordinal). national : whether it is of a country, not of less. few : whether it tells of few.
    """

    row: int
    plus: frozenset[Atom]
    minus: frozenset[Atom]
    low: float
    high: float
    end: int
    national: bool
    few: bool


def told_observations(scenario: Scenario, *, complementary: bool = True) -> pd.DataFrame:
    """The observations as they may be told: with a column `withheld`, and blank numbers where it is true.

    scenario : whose; all of its figures count, whatever part is shown. complementary : also withhold those that would
    reveal others. Columns as `figures.observations`.
    """
    table = observations(scenario)
    hidden = np.zeros(len(table), dtype=bool)
    if not _may_be_few(table):  # most often, and quickly told
        return table.assign(withheld=hidden)
    hidden[list(_hidden(_cells(scenario, table), complementary))] = True
    for name in ("reported", "low", "high"):
        table[name] = table[name].mask(hidden)
    return table.assign(withheld=hidden)


def _may_be_few(table: pd.DataFrame) -> bool:
    """Whether any number, or any difference of cumulative ones, is of few people."""
    numbers = table[["reported", "low", "high"]].to_numpy(dtype=float)
    rows = table[(table["kind"] == "cumulative") & table["reported"].notna()].sort_values(
        "end", kind="stable"
    )
    changes = rows.groupby(["quantity", "place", "area"])["reported"].diff().to_numpy(dtype=float)
    return bool(((numbers > 0) & (numbers < FEW)).any() or ((changes > 0) & (changes < FEW)).any())


def _cells(scenario: Scenario, table: pd.DataFrame) -> tuple[Cell, ...]:
    """The figures that have numbers, and what consecutive cumulative ones of the same subject imply."""
    found: list[Cell] = []
    subjects: dict[tuple[str, str, str], list[Cell]] = {}
    atoms, of_country = atoms_of(scenario, table), dict[tuple[str, str, str], bool]()
    figure: Any
    for row, figure in enumerate(table.itertuples(index=False)):
        numbers = [float(x) for x in (figure.reported, figure.low, figure.high) if x == x]
        if not numbers:
            continue
        value = figure.reported
        low, high = (value, value) if value == value else (min(numbers), max(numbers))
        subject = (figure.quantity, figure.place, figure.area)
        if subject not in of_country:
            of_country[subject] = is_national(scenario, figure)
        national = of_country[subject]
        few = not national and any(0 < x < FEW for x in numbers)
        cell = Cell(row, atoms[row], frozenset(), low, high, figure.end.toordinal(), national, few)
        found.append(cell)
        if figure.kind == "cumulative" and value == value and not national:
            subjects.setdefault(subject, []).append(cell)
    implied = [
        Cell(-1, after.plus - before.plus, before.plus - after.plus, change, change, after.end, False, True)
        for cells in subjects.values()
        for before, after in pairwise(sorted(cells, key=lambda cell: (cell.end, cell.row)))
        if 0 < (change := after.low - before.low) < FEW and after.end > before.end
    ]
    return (*found, *implied)


@lru_cache(maxsize=16)
def _hidden(cells: tuple[Cell, ...], complementary: bool) -> frozenset[int]:
    """The rows that are withheld."""
    hidden = {cell.row for cell in cells if cell.few and cell.row >= 0}
    secrets = [cell for cell in cells if cell.few]
    if not complementary or not secrets:
        return frozenset(hidden)
    own = [cell for cell in cells if cell.row >= 0]
    for day in sorted({cell.end for cell in cells}):
        known = [cell for cell in own if cell.end <= day]
        if not any(cell.end == day for cell in known):
            continue
        guarded, before = [secret for secret in secrets if secret.end <= day], -1
        while before != len(hidden):  # each round withholds one more, or is the last
            before = len(hidden)
            for secret in guarded:
                _guard(secret, known, day, hidden)
    return frozenset(hidden)


def _guard(secret: Cell, known: Sequence[Cell], day: int, hidden: set[int]) -> None:
    """Withhold figures of a day until the secret lies in a wide interval."""
    while True:
        told = _connected(secret, [cell for cell in known if cell.row not in hidden])
        if all(cell.end < day for cell in told):
            return  # nothing new is known of it
        low, high, telling = interval(secret, told)
        if high - low >= FEW - _ZERO:
            return
        fresh = [cell for cell in telling if cell.end == day] or [cell for cell in told if cell.end == day]
        hidden.add(min(fresh, key=lambda cell: (cell.national, len(cell.plus), cell.high, cell.row)).row)


def interval(secret: Cell, told: Sequence[Cell]) -> tuple[float, float, list[Cell]]:
    """Where a figure lies, and the figures that tell so.

    secret : which. told : the figures that are known; where they contradict each other, the nearest that do not.
    Ends beyond FAR are told as FAR.
    """
    known = sorted({atom for cell in (secret, *told) for atom in cell.plus | cell.minus})
    columns = {atom: number for number, atom in enumerate(known)}
    every = np.unique(np.stack([_row(cell, columns) for cell in (secret, *told)]), axis=1)
    wanted, matrix = every[0], every[1:]
    sides = np.array([(cell.low, cell.high) for cell in told]).reshape(-1, 2)
    try:
        found = [_end(wanted, matrix, sides, sign) for sign in (1.0, -1.0)]
    except ValueError:
        sides = _reconciled(matrix, sides)
        found = [_end(wanted, matrix, sides, sign) for sign in (1.0, -1.0)]
    telling = found[0][1] | found[1][1]
    return found[0][0], found[1][0], [cell for cell, tells in zip(told, telling, strict=True) if tells]


def _end(wanted: Floats, matrix: Floats, sides: Floats, sign: float) -> tuple[float, NDArray[np.bool_]]:
    """The lower (sign 1) or upper (-1) end of a sum, and which figures hold it there. Raises ValueError if none is."""
    from scipy.optimize import linprog

    rows = np.vstack([matrix, -matrix, wanted, -wanted])
    limits = np.concatenate([sides[:, 1], -sides[:, 0], [FAR, FAR]])
    found = linprog(sign * wanted, A_ub=rows, b_ub=limits, method="highs")
    if found.status != 0:
        raise ValueError(found.message)
    weights = np.abs(found.ineqlin.marginals[:-2]).reshape(2, -1).max(axis=0)
    return sign * float(found.fun), weights > _ZERO


def _reconciled(matrix: Floats, sides: Floats) -> Floats:
    """Limits that do not contradict each other, as near as can be (least sum of changes). sides : [row, 2]."""
    from scipy.optimize import linprog

    count, width = matrix.shape
    eye = np.eye(count)
    rows = np.block([[matrix, -eye], [-matrix, -eye]])
    limits = np.concatenate([sides[:, 1], -sides[:, 0]])
    found = linprog(np.concatenate([np.zeros(width), np.ones(count)]), A_ub=rows, b_ub=limits, method="highs")
    slack = found.x[width:] + _ZERO
    wrong = found.x[width:] > _ZERO
    wide: Floats = sides + np.where(wrong[:, None], np.stack([-slack, slack], axis=1), 0.0)
    return wide


def _connected(secret: Cell, told: Sequence[Cell]) -> list[Cell]:
    """The figures that have to do with the secret, through others too."""
    reached, rest, found = set(secret.plus | secret.minus), list(told), list[Cell]()
    while True:
        near = [cell for cell in rest if not reached.isdisjoint(cell.plus)]
        if not near:
            return sorted(found, key=lambda cell: cell.row)
        found += near
        reached.update(*(cell.plus for cell in near))
        rows = {cell.row for cell in near}
        rest = [cell for cell in rest if cell.row not in rows]


def _row(cell: Cell, columns: dict[Atom, int]) -> Floats:
    row = np.zeros(len(columns))
    row[[columns[atom] for atom in cell.plus]] = 1.0
    row[[columns[atom] for atom in cell.minus]] = -1.0
    return row

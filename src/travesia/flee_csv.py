"""What the readers of Flee's files share: rows of CSV files, numbers in cells, notes of what was found."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from travesia.errors import Problem, nearest

THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
TOO_MANY = 10**12
"""No count of people or days is as large."""
FEW = 12
"""So many names are still listed in a message."""
YEAR_MONTH_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True)
class Notes:
    """The problems found so far, and the file being read; copies for other files share the list."""

    file: str = ""
    found: list[Problem] = field(default_factory=list)

    def of(self, file: str) -> Notes:
        """Notes on another file, in the same list."""
        return replace(self, file=file)

    def error(self, row: int, column: str, value: object, message: str, remedy: str) -> None:
        """Note what makes the folder unusable."""
        self.found.append(Problem(self.file, row, column, str(value), message, remedy))

    def warn(self, row: int, column: str, value: object, message: str, remedy: str) -> None:
        """Note what was tolerated."""
        self.found.append(Problem(self.file, row, column, str(value), message, remedy, "warning"))


@dataclass(frozen=True)
class Row:
    """One row of a CSV file; `number` counts as a spreadsheet does, from 1."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """The cell without spaces around it; "" beyond the end of the row."""
        return self.cells[column].strip() if column < len(self.cells) else ""

    @property
    def blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)

    @property
    def comment(self) -> bool:
        return bool(self.cells) and self.cells[0].lstrip().startswith("#")


def read_rows(path: Path, notes: Notes) -> list[Row] | None:
    """All rows of a CSV file, blank ones and comments included; None (and a problem) where it cannot be read.

    path : the file. notes : where problems go; a byte order mark is a warning.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        notes.error(0, "", "", "this file is missing", "add it; Flee needs it too")
        return None
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        notes.error(row, "", "", "not UTF-8 text", "save the file again as CSV UTF-8")
        return None
    except OSError as error:
        notes.error(0, "", "", f"cannot be read ({error.strerror})", "check that it is a file you may read")
        return None
    if text.startswith("\ufeff"):
        text = text.removeprefix("\ufeff")
        notes.warn(
            1, "", "", "starts with a byte order mark, on which Flee stops", "save it as UTF-8 without"
        )
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return [Row(number, tuple(cells)) for number, cells in enumerate(reader, 1)]
    except csv.Error as error:
        notes.error(reader.line_num, "", "", f"not CSV ({error})", "save the file again as CSV")
        return None


def data_rows(rows: Sequence[Row], notes: Notes, *, header: str) -> Iterator[Row]:
    """The rows that hold data: neither blank, nor comments, nor a header without `#`.

    rows : of the file. notes : where problems go. header : what the first cell of a header row says.
    """
    for row in rows:
        if row.blank or row.comment:
            continue
        if row.number == 1 and row.cell(0).lower() == header:
            notes.warn(
                1, header, "", "the header does not start with #, so Flee takes it for data", "add a #"
            )
            continue
        if row.cell(0) == "":
            message = "the first cell is blank and others are not, on which Flee stops; the row is left out"
            notes.warn(row.number, header, "", message, "fill the cell or delete the row")
            continue
        yield row


def number(notes: Notes, row: int, column: str, cell: str, *, want: str) -> float | None:
    """The number in a cell; None (and a problem) where there is none.

    notes, row, column : where the cell stands. cell : its text. want : what to write instead.
    """
    text = cell.strip()
    if THOUSANDS.fullmatch(text):
        notes.warn(row, column, cell, "read without the commas, on which Flee stops", "write digits only")
        text = text.replace(",", "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    notes.error(row, column, cell, "blank" if text == "" else "not a number", f"write {want}")
    return None


def integer(notes: Notes, row: int, column: str, cell: str, *, want: str) -> int | None:
    """The whole number in a cell; None (and a problem) where there is none; arguments as for `number`."""
    text = cell.strip()
    if re.fullmatch(r"[+-]?\d{1,12}", text):
        return int(text)
    value = number(notes, row, column, cell, want=want)
    if value is None:
        return None
    if abs(value) >= TOO_MANY:
        notes.error(row, column, cell, "too large a number", f"write {want}")
        return None
    if value != int(value):
        notes.error(row, column, cell, "not a whole number", f"write {want}")
        return None
    if not THOUSANDS.fullmatch(text):
        message = f"read as {int(value)}; Flee stops on a whole number written like this"
        notes.warn(row, column, cell, message, "write digits only")
    return int(value)


def day(notes: Notes, row: int, column: str, cell: str) -> date | None:
    """The date in a cell (year-month-day, zeros may be missing); None (and a problem) where there is none."""
    match = YEAR_MONTH_DAY.fullmatch(cell.strip())
    try:
        if match is not None:
            return date(*(int(part) for part in match.groups()))
    except ValueError:
        pass
    notes.error(row, column, cell, "not a date", "write it as year-month-day, 2012-02-29")
    return None


def hint(name: str, known: Collection[str]) -> str:
    """The nearest known name, or all of them where they are few.

    name : what was written; known : the names that exist.
    """
    text = nearest(name, sorted(known))
    many = len(known) > FEW and text.startswith("known names")
    return "check the spelling" if many else text


def collapse(problems: Sequence[Problem]) -> list[Problem]:
    """The same problems, with warnings that differ only in row and value told once, at their first row.

    problems : in the order found.
    """
    first: dict[object, int] = {}
    more: dict[int, int] = {}
    kept: list[Problem] = []
    for problem in problems:
        key = (problem.file, problem.column, problem.message, problem.remedy)
        if problem.level == "warning" and key in first:
            more[first[key]] = more.get(first[key], 0) + 1
            continue
        first.setdefault(key, len(kept))
        kept.append(problem)
    for index, count in more.items():
        rows = "row" if count == 1 else "rows"
        kept[index] = replace(kept[index], message=f"{kept[index].message} (and {count} more {rows})")
    return kept

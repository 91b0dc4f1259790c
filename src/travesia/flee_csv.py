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
from travesia.inputfile import input_bytes, odd_sign

BETWEEN_THOUSANDS = "[,' \u00a0\u2009\u202f]"
THOUSANDS = re.compile(rf"[+-]?\d{{1,3}}({BETWEEN_THOUSANDS}\d{{3}})+(\.\d+)?")
TOO_MANY = 10**12
"""No count of people or days is as large."""
TOO_MANY_TO_COMPARE = 5_000
FEW = 12
"""So many names are still listed in a message."""
YEAR_MONTH_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
OTHER_DATE = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?")
"""Dates that leave no doubt, though Flee stops on them: other signs between, or a time of day after."""


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
        content = input_bytes(path)
    except FileNotFoundError:
        notes.error(0, "", "", "this file is missing", "add it; Flee needs it too")
        return None
    except OSError as error:
        notes.error(0, "", "", f"cannot be read ({error.strerror})", "check that it is a file you may read")
        return None
    text = _text(content, notes)
    if text is None or _other_separator(text, notes):
        return None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [Row(number, tuple(cells)) for number, cells in enumerate(reader, 1)]
    except csv.Error as error:
        notes.error(reader.line_num, "", "", f"not CSV ({error})", "save the file again as CSV")
        return None
    if reader.line_num > len(rows):
        _warn_of_long_cell(rows, notes)
    return rows


def _text(content: bytes, notes: Notes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        notes.error(0, "", "", "UTF-16, not UTF-8 text", "save the file again as CSV UTF-8")
        return None
    if b"\0" in content:
        row = content.count(b"\n", 0, content.index(b"\0")) + 1
        notes.error(row, "", "", "has NUL bytes, so it is not text", "save the file again as CSV UTF-8")
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        notes.error(row, "", "", "not UTF-8 text", "save the file again as CSV UTF-8")
        return None
    if text.startswith("\ufeff"):
        text = text.removeprefix("\ufeff")
        notes.warn(
            1, "", "", "starts with a byte order mark, on which Flee stops", "save it as UTF-8 without"
        )
    odd = odd_sign(text)
    if odd is not None:
        at, message, remedy = odd
        notes.warn(text.count("\n", 0, at) + 1, "", "", message, f"{remedy}, and others like it")
    return text


def _warn_of_long_cell(rows: Sequence[Row], notes: Notes) -> None:
    """Say where a cell first goes over several lines, as after a quotation mark that nothing closes."""
    for row in rows:
        long = next((cell for cell in row.cells if "\n" in cell or "\r" in cell), None)
        if long is not None:
            message = "a quotation mark opens a cell of several lines"
            remedy = "close it on its line, or delete it"
            notes.warn(row.number, "", f"{long[:20].splitlines()[0]}…", message, remedy)
            return


def _other_separator(text: str, notes: Notes) -> bool:
    """Whether something other than commas stands between the cells; a comma may then be a decimal one."""
    lines = [line for line in text[:10_000].splitlines() if line.strip()][:5]
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if lines and all(sign in line and "," not in line.replace(sign, "") for line in lines):
            message = f"the columns are separated by {name}"
            notes.error(1, "", "", message, "save it with commas (CSV UTF-8)")
            return True
    return False


def data_rows(rows: Sequence[Row], notes: Notes, *, header: Collection[str]) -> Iterator[Row]:
    """The rows that hold data: neither blank, nor comments, nor a header without `#`.

    rows : of the file. notes : where problems go. header : what the first cell of a header row may say, the usual
    word first.
    """
    usual, began = next(iter(header)), False
    for row in rows:
        if row.blank or row.comment:
            continue
        if not began and row.cell(0).lower() in header:
            began = True
            message = "the header does not start with #, so Flee takes it for data"
            notes.warn(row.number, usual, "", message, "add a #")
            continue
        began = True
        if row.cell(0) == "":
            message = "the first cell is blank and others are not, on which Flee stops; the row is left out"
            notes.warn(row.number, usual, "", message, "fill the cell or delete the row")
            continue
        yield row


def header_row(rows: Sequence[Row], *, header: Collection[str], columns: int) -> Row:
    """The row that names columns beyond those Flee knows by position; no cells where there is none.

    rows : of the file. header : as for `data_rows`. columns : that Flee knows by position.
    """
    for row in rows:
        if len(row.cells) > columns and (row.comment or row.cell(0).lower() in header):
            return row
        if not row.blank and not row.comment:
            break
    return Row(0, ())


def name_in(row: Row, notes: Notes, at: int, column: str) -> str:
    """The name in a cell, without the spaces around it that Flee keeps.

    row, at : which cell. notes : where problems go. column : what it is called.
    """
    name = row.cell(at)
    if at < len(row.cells) and row.cells[at] != name:
        message = "spaces around it are left out; Flee keeps them and takes it for another"
        notes.warn(row.number, column, row.cells[at], message, "delete the spaces")
    return name


def refuse_more_cells(row: Row, notes: Notes, columns: int) -> None:
    """Refuse numbers beyond the last column, which a comma within a number may have made; leave out other text.

    row : of data. notes : where problems go. columns : how many there are.
    """
    extra = [cell.strip() for cell in row.cells[columns:] if cell.strip()]
    if not extra:
        return
    if any(cell.replace(".", "").isdigit() for cell in extra):
        remedy = "a comma within a number splits it: write digits only"
        notes.error(row.number, "", " ".join(extra), f"more cells than the {columns} columns", remedy)
    else:
        message = f"beyond the {columns} columns of the header, on which Flee stops; left out"
        notes.warn(row.number, "", " ".join(extra), message, "delete the cell, or name its column")


def number(notes: Notes, row: int, column: str, cell: str, *, want: str) -> float | None:
    """The number in a cell; None (and a problem) where there is none.

    notes, row, column : where the cell stands. cell : its text. want : what to write instead.
    """
    text = cell.strip()
    if THOUSANDS.fullmatch(text):
        marks = "commas" if "," in text else "marks between thousands"
        notes.warn(row, column, cell, f"read without the {marks}, on which Flee stops", "write digits only")
        text = re.sub(BETWEEN_THOUSANDS, "", text)
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
    match = YEAR_MONTH_DAY.fullmatch(cell.strip()) or OTHER_DATE.fullmatch(cell.strip())
    try:
        if match is not None and match.re is YEAR_MONTH_DAY:
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match is not None and (match[2] or len(match[3] + match[4]) == 4):
            found = date(int(match[1]), int(match[3]), int(match[4]))
            message = f"read as {found}; Flee stops on a date written like this"
            notes.warn(row, column, cell, message, "write it as year-month-day, 2012-02-29")
            return found
    except ValueError:
        pass
    notes.error(row, column, cell, "not a date", "write it as year-month-day, 2012-02-29")
    return None


def hint(name: str, known: Collection[str]) -> str:
    """The nearest known name, or all of them where they are few.

    name : what was written; known : the names that exist.
    """
    if len(known) > TOO_MANY_TO_COMPARE:
        return "check the spelling"
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

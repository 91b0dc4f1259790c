"""One CSV file to one table of a scenario, with every problem in it, and back."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from travesia.errors import Problem, nearest
from travesia.inputfile import input_bytes, odd_sign
from travesia.schema import Column, Fault, Table, doubt, frame, read_cell, table


@dataclass(frozen=True)
class TableFile:
    """What stands in a CSV file.

    frame : the table; cells with problems are empty in it, so that rows keep their numbers.
    whole : whether other tables can be held against it (all rows and required columns could be read).
    problems : all of them. absent : required columns that are not there.
    """

    frame: pd.DataFrame
    whole: bool
    problems: tuple[Problem, ...]
    absent: tuple[str, ...] = ()


def read_table(path: Path, *, name: str) -> TableFile:
    """Read the CSV file `path` as table `name`, or say all that is wrong with it.

    UTF-8 with or without byte order mark, any line ends; spaces around cells and empty rows at the end do not
    count.
    """
    rows = _rows(path)
    if isinstance(rows, Problem):
        return TableFile(frame(name, {}), False, (rows,))
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        problem = Problem(
            path.name, 0, "", "", "the file is empty", f"write a header: {_header(table(name))}"
        )
        return TableFile(frame(name, {}), False, (problem,))
    header = _trimmed(rows[0])
    wrong_mark = _separator_problem(header, path.name)
    if wrong_mark:
        return TableFile(frame(name, {}), False, (wrong_mark,))
    problems = _header_problems(header, path.name, table(name))
    absent = tuple(
        column.name for column in table(name).columns if column.required and column.name not in header
    )
    if not any(column.name in header for column in table(name).columns):  # another file altogether
        return TableFile(frame(name, {}), False, tuple(problems), absent)
    body = rows[1:]
    for number, row in enumerate(body, start=2):
        problems.extend(_row_problems(row, len(header), len(rows[0]), path.name, number))
    whole = not absent and not any(problem.column == "" for problem in problems)
    usable = [
        row if any(row) and len(_trimmed(row)) <= len(header) <= len(row) <= len(rows[0]) else []
        for row in body
    ]
    columns = {}
    for column in table(name).columns:
        if column.name in header:
            position = header.index(column.name)
            texts = [row[position] if row else "" for row in usable]
            columns[column.name] = _column(column, texts, path.name, problems)
    columns = columns or {table(name).columns[0].name: [None] * len(body)}
    return TableFile(frame(name, columns), whole, tuple(problems), absent)


def _rows(path: Path) -> list[list[str]] | Problem:
    try:
        content = input_bytes(path)
    except OSError as error:
        return Problem(path.name, 0, "", "", f"cannot be read ({error.strerror})", "make it a readable file")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(path.name, 0, "", "", "UTF-16, not UTF-8", "save it as CSV UTF-8")
    if b"\0" in content:
        row = content.count(b"\n", 0, content.index(b"\0")) + 1
        return Problem(path.name, row, "", "", "has NUL bytes, so it is not text", "save it as CSV UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        return Problem(path.name, row, "", "", "not UTF-8 text", "save it as CSV UTF-8")
    rows: list[list[str]] = []
    try:
        rows.extend(
            [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)
        )
    except csv.Error as error:
        return Problem(
            path.name, len(rows) + 1, "", "", f"not regular CSV: {error}", "mend the quotes of the row"
        )
    return rows


def _trimmed(row: Sequence[str]) -> list[str]:
    """The row without empty cells at its end."""
    length = max((position for position, cell in enumerate(row, start=1) if cell), default=0)
    return list(row[:length])


def _header(content: Table) -> str:
    return ",".join(column.name for column in content.columns if column.required)


def _separator_problem(header: Sequence[str], file: str) -> Problem | None:
    for mark, words in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and mark in header[0]:
            message = f"the columns are separated by {words}"
            return Problem(file, 1, "", "", message, "save it with commas (CSV UTF-8)")
    return None


def _header_problems(header: Sequence[str], file: str, content: Table) -> list[Problem]:
    known = [column.name for column in content.columns]
    problems = []
    meant: set[str] = set()
    for position, name in enumerate(header, start=1):
        if name == "":
            message = f"column {position} has no name"
            problems.append(Problem(file, 1, "", "", message, "name it, or delete the column"))
        elif name in header[: position - 1]:
            problems.append(Problem(file, 1, name, "", "the column stands twice", "delete one of the two"))
        elif name not in known:
            hint = nearest(name, [other for other in known if other not in header])
            meant.update(other for other in known if hint == f"did you mean {other!r}?")
            problems.append(Problem(file, 1, name, "", "unknown column", hint))
    required = [column.name for column in content.columns if column.required and column.name not in header]
    missing = [name for name in required if name not in meant]
    problems += [Problem(file, 1, name, "", "the column is missing", "add it") for name in missing]
    return problems


def _row_problems(row: Sequence[str], width: int, written: int, file: str, number: int) -> list[Problem]:
    """width : columns with a name. written : cells in the header; empty ones at its end may go on in the rows."""
    if not any(row):
        return [Problem(file, number, "", "", "the row is empty", "delete it")]
    if width < len(_trimmed(row)) or written < len(row):
        message = f"{len(row)} cells under {width} columns"
        return [Problem(file, number, "", "", message, 'put cells with a comma in quotes: "a, b"')]
    if len(row) < width:
        message = f"{len(row)} cells under {width} columns"
        return [Problem(file, number, "", "", message, "write a comma for each empty cell too")]
    return []


def _column(column: Column, texts: Sequence[str], file: str, problems: list[Problem]) -> list[Any]:
    meanings = {text: read_cell(column, text) for text in dict.fromkeys(texts)}
    odd = {text: found[1:] for text in meanings if (found := odd_sign(text))}
    values = []
    for number, text in enumerate(texts, start=2):
        value = meanings[text]
        if isinstance(value, Fault):
            problems.append(Problem(file, number, column.name, text, value.message, value.remedy))
            value = None
        elif text in odd:
            problems.append(Problem(file, number, column.name, text, *odd[text], "warning"))
        elif doubtful := doubt(column, text):
            problems.append(
                Problem(file, number, column.name, text, doubtful.message, doubtful.remedy, "warning")
            )
        values.append(value)
    return values


# --- back to text ------------------------------------------------------------------------------------------


def written_columns(content: pd.DataFrame, *, name: str) -> list[str]:
    """The columns of table `name` worth writing: the required ones, and those that are not all default."""
    columns = []
    for column in table(name).columns:
        empty = column.blank if column.default is None else column.default
        plain = [_text(value) for value in content[column.name]]
        if column.required or any(text != _text(empty) for text in plain):
            columns.append(column.name)
    return columns


def table_text(content: pd.DataFrame, *, name: str) -> str:
    """The CSV text of table `name` that reads back as `content`."""
    columns = written_columns(content, name=name)
    rows = zip(*(content[column] for column in columns), strict=True)
    return "".join(map(_line, [columns, *([_text(value) for value in row] for row in rows)]))


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    # told to end lines with \r\n, the writer quotes cells that hold either
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is pd.NaT or value is None:
        return ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(bool(value)).lower()
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    number = float(value)
    if math.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

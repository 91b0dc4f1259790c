"""The error tree, the shape of a problem, and the exit code of each failure.

TravesiaError            1   failed, may be tried again
  UsageError             2   the call itself is off
  ScenarioError          3   the scenario has problems (all of them, as `problems`)
  StoreError             1   a run folder cannot be read or written
    NoFolderError        2   the folder that was named is not there, or holds something else
    ChecksumError        4   a file of a run folder is not what was written
  ServiceError           1   a service on the network fails, refuses, or has changed
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_PROBLEMS, EXIT_CHECKSUM, EXIT_INTERRUPTED = 0, 1, 2, 3, 4, 130


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with (or doubtful in) an input, and what to do about it.

    `row` counts lines of the file as a spreadsheet shows them, the header being row 1; 0 means the whole file.
    """

    file: str
    row: int
    column: str
    value: str
    message: str
    remedy: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        where = visible(self.file)
        if self.row:
            where += f", row {self.row}"
        if self.column:
            where += f", column {visible(self.column, most=80)}"
        value = f"'{visible(self.value, most=80)}' — " if self.value != "" else ""
        return f"{where}: {value}{visible(self.message)}; {visible(self.remedy)}"


class TravesiaError(Exception):
    """Anything travesia refuses or fails to do."""

    exit_code = EXIT_FAILED


class UsageError(TravesiaError):
    """The call itself is off: an unknown name, a value out of range, two options that exclude each other."""

    exit_code = EXIT_USAGE


class ScenarioError(TravesiaError):
    """The scenario has problems; `problems` holds all of them, errors first."""

    exit_code = EXIT_PROBLEMS

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: p.level != "error")
        count = sum(p.level == "error" for p in problems)
        lines = "\n".join(str(p) for p in self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''}\n{lines}")

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[list[Problem]]]:
        """So that it can be sent from one process to another."""
        return type(self), (self.problems,)


class StoreError(TravesiaError):
    """A run folder cannot be read or written."""


class NoFolderError(StoreError):
    """The folder that was named is not there, or is none of the kind that is read."""

    exit_code = EXIT_USAGE


class ChecksumError(StoreError):
    """A file of a run folder is not what was written."""

    exit_code = EXIT_CHECKSUM


class ServiceError(TravesiaError):
    """A service on the network cannot be reached, fails, refuses, or answers in another form than documented."""


def shortlist(problems: Sequence[Problem], *, most: int = 100) -> list[Problem]:
    """The same problems, with those that differ only in row and value told so often and then counted.

    problems : in the order found. most : that are told of one kind.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    kept = []
    for problem in problems:
        kind = (problem.level, problem.file, problem.column, problem.message)
        seen[kind] += 1
        if seen[kind] <= most:
            kept.append(problem)
        elif seen[kind] == most + 1:
            kept.append(replace(problem, row=0, value="", remedy="see the rows named before"))
    ends = {(p.level, p.file, p.column, p.message): i for i, p in enumerate(kept) if p.row == 0}
    for kind, i in ends.items():
        if seen[kind] > most:
            kept[i] = replace(kept[i], message=f"{kept[i].message} (in {seen[kind] - most:,} more rows)")
    return kept


def visible(text: str, *, most: int = 400) -> str:
    """A text for a line of a message: signs that cannot be seen as escapes, and the middle of a long one left out.

    text : from an input file, perhaps. most : signs that are kept.
    """
    if len(text) > most:
        text = f"{text[: most - 20]} … {text[-10:]} ({len(text):,} signs)"
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def nearest(name: str, known: Sequence[str]) -> str:
    """A hint that names the nearest known name, or all of them where none is near.

    name : what was written; known : the names that exist.
    """
    match = get_close_matches(name, known, n=1, cutoff=0.6)
    if match:
        return f"did you mean {match[0]!r}?"
    return "known names: " + ", ".join(sorted(known)) if known else "none are defined"

"""Flee's settings YAML as entries with the row each stands in, and what their values mean."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import yaml

from travesia.flee_csv import Notes

FALSE_WORDS, TRUE_WORDS = ("false", "no", "off", "0"), ("true", "yes", "on", "1")


@dataclass(frozen=True)
class Entry:
    """One setting as it stands in the file; `inner` are those of a section within a section."""

    section: str
    key: str
    value: object
    row: int
    inner: tuple[Entry, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}" if self.section else self.key

    def error(self, notes: Notes, message: str, remedy: str) -> None:
        """Note that the setting cannot be used."""
        notes.error(self.row, self.name, _shown(self.value), message, remedy)

    def warn(self, notes: Notes, message: str, remedy: str) -> None:
        """Note what was done with the setting."""
        notes.warn(self.row, self.name, _shown(self.value), message, remedy)


def _shown(value: object) -> str:
    """A value for a message; long ones cut, since a few lines of YAML can stand for more than there is room for."""
    if value is None:
        return ""
    if not isinstance(value, dict | list):
        return str(value)
    short = reprlib.Repr()
    short.maxdict = short.maxlist = 12
    short.maxlevel, short.maxstring, short.maxother = 3, 100, 100
    return short.repr(value)


def read_entries(text: str, notes: Notes, *, sections: Sequence[str]) -> list[Entry]:
    """All settings of the file in order; none (and a problem) where it is not YAML.

    text : of the file. notes : where problems go. sections : the keys of the top level that hold settings.
    """
    try:
        content = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "not YAML"
        row = mark.line + 1 if mark is not None else 0
        notes.error(row, "", "", f"not YAML ({reason})", "check indentation, colons and tabs")
        return []
    except (ValueError, RecursionError, TypeError) as error:  # a date that is none, a list as a key
        notes.error(0, "", "", f"not YAML that can be read ({error})", "write plain settings")
        return []
    if content is None:
        return []
    if not isinstance(content, dict) or not isinstance(root, yaml.MappingNode):
        notes.error(
            1, "", "", "not a settings file", "write sections such as `move_rules:` with settings below"
        )
        return []
    _drop_repeated(root, notes)
    entries: list[Entry] = []
    for entry in _inner(root, content, "", depth=3):
        if entry.key not in sections:
            entries.append(entry)
        elif isinstance(entry.value, dict):
            entries += entry.inner
        elif entry.value is not None:
            entry.error(notes, "not a section", "write its settings below it, indented")
    return entries


def _drop_repeated(root: yaml.MappingNode, notes: Notes) -> None:
    """Leave out the keys of the top level that come again further down, with all that is in them, as Flee does."""
    last = {str(key.value): key.start_mark.line + 1 for key, _ in root.value}
    for key, _ in root.value:
        row, name = key.start_mark.line + 1, str(key.value)
        if row != last[name]:
            message = f"stands again in row {last[name]}, and only that counts, as in Flee"
            notes.warn(row, name, "", message, "make one of the two")
    root.value = [pair for pair in root.value if pair[0].start_mark.line + 1 == last[str(pair[0].value)]]


def _inner(node: yaml.Node, content: object, section: str, *, depth: int) -> tuple[Entry, ...]:
    """The settings of a section and those within them, so many sections deep (a section may hold itself)."""
    if depth == 0 or not isinstance(node, yaml.MappingNode) or not isinstance(content, dict):
        return ()
    found = []
    for key_node, body in node.value:
        key = str(key_node.value)
        entry = Entry(section, key, content.get(key), key_node.start_mark.line + 1)
        found.append(replace(entry, inner=_inner(body, entry.value, entry.name, depth=depth - 1)))
    return tuple(found)


def boolean(entry: Entry, notes: Notes) -> bool | None:
    """Whether a switch is on; quoted words mean what they say; None (and a problem) where it is no switch."""
    value = entry.value
    if isinstance(value, bool | int | float):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in FALSE_WORDS:
        entry.warn(notes, "read as false; Flee takes any quoted word for true", "write False without quotes")
        return False
    if word in TRUE_WORDS:
        return True
    entry.error(notes, "neither true nor false", "write True or False")
    return None


def number(entry: Entry, notes: Notes) -> float | None:
    """The number of a setting; None (and a problem) where it is none."""
    value = entry.value
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if math.isfinite(found):
            return found
    entry.error(notes, "not a number", "write a number")
    return None


def integer(entry: Entry, notes: Notes) -> int | None:
    """The whole number of a setting, cut as Flee does; None (and a problem) where it is none."""
    value = number(entry, notes)
    if value is None:
        return None
    if value != int(value):
        message = f"cut to the whole number {int(value)}, as Flee does"
        entry.warn(notes, message, "write a whole number")
    return int(value)


def numbers(entry: Entry, notes: Notes) -> tuple[float, ...] | None:
    """The numbers of a list; None (and a problem) where it is none."""
    if not isinstance(entry.value, list):
        entry.error(notes, "not a list of numbers", "write [1.0, 1.0, 0.5]")
        return None
    parts = [number(replace(entry, value=part), notes) for part in entry.value]
    return tuple(part for part in parts if part is not None)

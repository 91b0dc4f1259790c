"""Series of observed counts: entries by day, sums of several series, and corrections at a registration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Entry = tuple[int, float]
"""Day of the run, people."""


def curve(entries: Sequence[Entry], days: NDArray[np.int64]) -> NDArray[np.float64]:
    """The value on each of the days, [day]: the first before the first entry, the last after the last, else linear.

    entries : in the order of the table; of those later than a day the first counts. Source: Flee's data manager.
    """
    at = np.array([when for when, _ in entries], dtype=np.int64)
    values = np.array([value for _, value in entries], dtype=float)
    # the first entry later than t, in table order, is the first whose running maximum is
    following = np.searchsorted(np.maximum.accumulate(at), days, side="right")
    after = np.minimum(following, at.size - 1)
    before = np.maximum(after - 1, 0)
    span = np.where(at[after] == at[before], 1, at[after] - at[before])
    between = values[before] + (days - at[before]) / span * (values[after] - values[before])
    result: NDArray[np.float64] = np.where(
        days <= at[0], values[0], np.where(following == at.size, values[-1], between)
    )
    return result


def summed(parts: Sequence[Sequence[Entry]], *, as_flee: bool) -> list[Entry]:
    """The sum of several series.

    as_flee : entry by entry as Flee's data manager adds them, which loses some (where it would stop, and otherwise,
    the curves are added). Source: its behaviour, May 2026.
    """
    parts = [part for part in parts if part]
    if not parts:
        return []
    total = list(parts[0])
    for part in parts[1:]:
        total = _as_flee(total, part) if as_flee and adds_in_flee(total, part) else _as_curves(total, part)
    return total


def adds_in_flee(first: Sequence[Entry], second: Sequence[Entry]) -> bool:
    """Whether Flee adds the second series to the first; it stops where the first starts earlier."""
    return first[0][0] >= second[0][0]


def _as_curves(first: Sequence[Entry], second: Sequence[Entry]) -> list[Entry]:
    days = np.array(sorted({when for when, _ in (*first, *second)}), dtype=np.int64)
    values = curve(first, days) + curve(second, days)
    return list(zip(days.tolist(), values.tolist(), strict=True))


def _as_flee(first: Sequence[Entry], second: Sequence[Entry]) -> list[Entry]:
    """Walk over `second`; what is between its days is added to its last value, or to the next of `first`.

    Entries of `first` after the end of `second` are lost, and entries of `second` after the end of `first`
    repeat the last of `first`.
    """
    total: list[Entry] = []
    at, last = 0, len(first) - 1
    before = 0.0
    for when, value in second:
        while first[at][0] < when:
            total.append((first[at][0], before + first[at][1]))
            if at == last:
                break
            at += 1
        if when <= first[at][0]:
            total.append((when, value + first[at][1]))
            before = value
            if when == first[at][0] and at < last:
                at += 1
    return total


def correction(entries: Sequence[Entry], when: int) -> tuple[int, float] | str:
    """How many entries a registration on day `when` scales, and by what; or the reason why it cannot.

    Source: level-1 registration correction of Flee's data manager.
    """
    index = next((i for i, entry in enumerate(entries) if i > 0 and entry[0] == when), 0)
    if index == 0:
        return "no count of this series on that day, or none before it"
    if entries[index - 1][1] < 1:
        return "nobody was counted before that day"
    return index, entries[index][1] / entries[index - 1][1]


def corrected(entries: Sequence[Entry], when: int) -> list[Entry]:
    """The entries with all before a registration scaled, so that the count before it meets the one on that day."""
    found = correction(entries, when)
    index, factor = (0, 1.0) if isinstance(found, str) else found
    return [(day, value * factor if i < index else value) for i, (day, value) in enumerate(entries)]

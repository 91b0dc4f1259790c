"""How much an indicator of need comes to: amounts with a range, their intervals, and totals over a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.headlines import QUANTILES

Floats = NDArray[np.float64]
ALL_PLACES = "all"
"""What stands for the place in totals over all places."""
_AMOUNTS = ("low", "amount", "high")
_SIDE = (0, 0, 1, 2, 2)  # which amount each of QUANTILES takes
_PER_DAY = "/day"
_MONEY = re.compile(r"[A-Z]{3}(/day)?$")


@dataclass(frozen=True)
class Indicator:
    """One indicator of need.

    name, unit : of it. per : whom each of its rows is for. amounts : [row, low or amount or high], the amount itself
    where a row gives no range.
    """

    name: str
    unit: str
    per: tuple[str, ...]
    amounts: Floats

    @property
    def sums_up(self) -> bool:
        """Whether days can be added up: what is used each day, or handed out on arrival."""
        return self.unit.endswith(_PER_DAY) or set(self.per) == {"arrival"}

    def needed(self, counts: Mapping[str, Floats]) -> Floats:
        """How much is needed, [low or amount or high, …].

        counts : how many of each of `per`, arrays of one shape.
        """
        found = sum(
            np.multiply.outer(row, counts[per]) for row, per in zip(self.amounts, self.per, strict=True)
        )
        return np.asarray(found, dtype=np.float64)

    def daily_bands(self, counts: Mapping[str, Floats], bands_of: Mapping[str, Floats]) -> Floats:
        """What is needed each day as QUANTILES, [band, day].

        counts : how many of each of `per`, [replicate, day]. bands_of : their QUANTILES, [band, day].
        """
        if len(self.per) == 1:  # quantiles of a multiple are the multiple of quantiles
            found: Floats = bands_of[self.per[0]] * self.amounts[0, list(_SIDE)][:, None]
            return found
        return ranged_bands(self.needed(counts))


def indicators_of(table: pd.DataFrame) -> tuple[Indicator, ...]:
    """The indicators of a table, in its order.

    table : of `read_indicators`, without the share of women.
    """
    return tuple(_indicator(str(name), rows) for name, rows in table.groupby("indicator", sort=False))


def _indicator(name: str, rows: pd.DataFrame) -> Indicator:
    amounts = np.stack([rows[c].fillna(rows["amount"]).to_numpy(dtype=float) for c in _AMOUNTS], axis=1)
    return Indicator(name, str(rows["unit"].iloc[0]), tuple(rows["per"]), amounts)


def is_money(unit: str) -> bool:
    """Whether a unit is one of money: three capitals, like USD or USD/day."""
    return _MONEY.match(unit) is not None


def bands(values: Floats) -> Floats:
    """QUANTILES over the first axis, [band, …]."""
    found: Floats = np.quantile(values, list(QUANTILES.values()), axis=0)
    return found


def ranged_bands(values: Floats) -> Floats:
    """QUANTILES of what has a low, a middle and a high value in each replicate, [band, …].

    values : [low or amount or high, replicate, …]. The median is that of the middle values; the intervals go from the
    quantile of the low values to the quantile of the high ones, so that they hold at least what they say.
    """
    sides = zip(_SIDE, QUANTILES.values(), strict=True)
    return np.stack([np.quantile(values[side], q, axis=0) for side, q in sides])


# --- totals over the run

Sums = dict[tuple[str, str, str], Floats]
"""(quantity, who, unit) to the total of each replicate, [low or amount or high, replicate]."""


def sums_of(indicators: Sequence[Indicator], counts: Mapping[str, Floats]) -> Sums:
    """Totals over the days of a place: nights, arrivals, and the indicators of which days can be added up.

    counts : of each kind of person and of `arrival`, [replicate, date].
    """
    whole = {who: values.sum(axis=1) for who, values in counts.items()}
    found: Sums = {
        ("nights", "person", "person-nights"): np.stack([whole["person"]] * 3),
        ("arrivals", "person", "people"): np.stack([whole["arrival"]] * 3),
    }
    for one in indicators:
        if one.sums_up:
            key = (one.name, "+".join(one.per), one.unit.removesuffix(_PER_DAY))
            found[key] = one.needed(whole)
    return found


def totals_table(places: Sequence[tuple[str, str, str, Sums]]) -> pd.DataFrame:
    """Totals over the run of all places, of each kind of place, and of each place: place, name, kind, quantity, who,
    unit and QUANTILES.

    places : (place, name, kind, its sums). Arrivals are not added up over places: who goes on arrives again.
    """
    kinds = list(dict.fromkeys(kind for _, _, kind, _ in places))
    groups = [(ALL_PLACES, "All places", "", [sums for *_, sums in places])] if len(places) > 1 else []
    if len(kinds) > 1:
        for kind in kinds:
            members = [sums for _, _, own, sums in places if own == kind]
            groups.append((ALL_PLACES, f"All of kind {kind}", kind, members))
    rows = [row for *names, members in groups for row in _rows(names, _added(members))]
    rows += [row for *names, sums in places for row in _rows(names, sums)]
    texts = ("place", "name", "kind", "quantity", "who", "unit")
    found = pd.DataFrame(rows, columns=[*texts, *QUANTILES])
    return found.astype(dict.fromkeys(texts, "str") | dict.fromkeys(QUANTILES, "float64"))


def _added(members: Sequence[Sums]) -> Sums:
    keys = [key for key in members[0] if key[0] != "arrivals"]
    return {key: np.sum([sums[key] for sums in members], axis=0) for key in keys}


def _rows(names: Sequence[str], sums: Sums) -> Iterator[tuple[object, ...]]:
    for key, values in sums.items():
        yield (*names, *key, *ranged_bands(values).round(6))

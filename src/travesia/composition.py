"""Who people are: how many adults, children, women, men and families a number of people of a group holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from travesia.scenario import GroupValue, Scenario

Floats = NDArray[np.float64]
WHO = ("person", "adult", "child", "woman", "man", "family", "unaccompanied_child")
_WOMEN = frozenset({"woman", "women", "female", "f", "w", "mujer", "mujeres", "girl", "girls"})
_MEN = frozenset({"man", "men", "male", "m", "hombre", "hombres", "boy", "boys"})
_GENDER = ("gender", "sex")


@dataclass(frozen=True)
class Composition:
    """How many of each of `who` one person of a combination of group attributes stands for.

    dims : the group attributes of the result. who : of WHO, those that can be told. weights : [group, who], groups in
    the order of the product of the attributes. notes : what cannot be told, and why.
    """

    dims: tuple[str, ...]
    who: tuple[str, ...]
    weights: Floats
    notes: tuple[str, ...]

    def count(self, people: xr.DataArray, *, most_cells: int = 4_000_000) -> Floats:
        """How many of each of `who`, [replicate, date, who].

        people : people [replicate, date, *dims] in any order. most_cells : numbers that are held as floats at a time.
        """
        values = people.transpose("replicate", "date", *self.dims).values
        flat = values.reshape(*values.shape[:2], -1)
        found = np.empty((*flat.shape[:2], len(self.who)))
        step = max(1, most_cells // max(1, flat.shape[1] * flat.shape[2]))
        for first in range(0, len(flat), step):
            found[first : first + step] = flat[first : first + step] @ self.weights
        return found


def composition(scenario: Scenario, people: xr.DataArray, *, women_share: float | None) -> Composition:
    """What the groups of a scenario tell of the people in a result.

    scenario : whose groups. people : of the result, for its group attributes. women_share : among adults, where no
    attribute `gender` is there; None where no share is known. A family is a party of two or more people. Where no
    kind of party has children, ages are not told and only people can be counted.
    """
    dims = tuple(str(d) for d in people.dims if d not in ("replicate", "date", "place"))
    labels = list(product(*([str(v) for v in people[d].values] for d in dims)))
    groups = scenario.settings.groups
    why = _ages_unknown(groups, dims)
    if why:
        return Composition(dims, WHO[:1], np.ones((len(labels), 1)), (why,))
    told = [
        [groups[d].get(v, GroupValue()) for d, v in zip(dims, row, strict=True) if d in groups]
        for row in labels
    ]
    adults = np.array([float(sum(value.adults for value in values)) for values in told])
    children = np.array([float(sum(value.children for value in values)) for values in told])
    size = np.maximum(adults + children, 1.0)
    columns = {
        "person": np.ones(len(labels)),
        "adult": adults / size,
        "child": children / size,
        "family": (adults + children >= 2) / size,
        "unaccompanied_child": ((adults == 0) & (children > 0)).astype(np.float64),
    }
    women, notes = _women(dims, labels, women_share)
    if women is not None:
        columns |= {"woman": columns["adult"] * women[0], "man": columns["adult"] * women[1]}
    who = tuple(name for name in WHO if name in columns)
    return Composition(dims, who, np.column_stack([columns[name] for name in who]), notes)


def _ages_unknown(groups: Mapping[str, Mapping[str, GroupValue]], dims: Sequence[str]) -> str:
    """Why adults and children cannot be told apart, or "" where they can."""
    parties = [name for name, values in groups.items() if any(v.people for v in values.values())]
    if not any(value.children for values in groups.values() for value in values.values()):
        return "Adults, children and families cannot be told apart: no kind of party of this scenario has children."
    missing = [name for name in parties if name not in dims]
    if missing:
        name = missing[0]
        return (
            f"Adults, children and families cannot be told apart: the result does not keep {name!r} "
            "(add it to outputs.by and run again)."
        )
    return ""


def _women(
    dims: Sequence[str], labels: Sequence[tuple[str, ...]], share: float | None
) -> tuple[tuple[Floats, Floats] | None, tuple[str, ...]]:
    """Shares of women and of men among the adults of each group, from `gender` or from the share given."""
    for name in (d for d in dims if d.lower() in _GENDER):
        values = [row[dims.index(name)].lower() for row in labels]
        women = np.array([float(v in _WOMEN) for v in values])
        men = np.array([float(v in _MEN) for v in values])
        if women.any() or men.any():
            return (women, men), ()
    if share is None:
        return None, ("Women and men cannot be told apart: no attribute `gender`, and no row `women`.",)
    note = (
        f"Women are taken as {100 * share:.0f} % of adults (row `women` of the indicators): "
        "no attribute `gender` tells."
    )
    ones = np.ones(len(labels))
    return (share * ones, (1.0 - share) * ones), (note,)

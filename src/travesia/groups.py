"""Groups: parties alike for the model, as the product of the attributes a scenario uses, and how rows select them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product

import numpy as np
from numpy.typing import NDArray

from travesia.parameters import resolve
from travesia.scenario import GroupValue, Settings

Floats = NDArray[np.float64]
ATTEMPT = "attempt"
SMUGGLED, YES = "smuggled", "yes"


@dataclass(frozen=True)
class Groups:
    """Every combination of attribute values; `values[g]` are the values of group g in the order of `attributes`."""

    attributes: tuple[str, ...]
    definitions: Mapping[str, Mapping[str, GroupValue]]
    values: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, settings: Settings) -> Groups:
        """The groups of a scenario."""
        attributes = tuple(settings.groups)
        return cls(attributes, settings.groups, tuple(product(*(settings.groups[a] for a in attributes))))

    @cached_property
    def sizes(self) -> Floats:
        """People in a party, [group]."""
        return np.array([sum(value.people for value in values) for values in self._pairs()], dtype=float)

    def _pairs(self) -> list[list[GroupValue]]:
        return [
            [self.definitions[a][v] for a, v in zip(self.attributes, values, strict=True)]
            for values in self.values
        ]

    def select(self, selector: str) -> NDArray[np.bool_]:
        """Which groups `attribute=value` pairs joined by `;` select, [group]; blank selects all."""
        wanted = parse_pairs(selector)
        return np.array(
            [
                all(values[self.attributes.index(a)] in chosen for a, chosen in wanted.items())
                for values in self.values
            ],
            dtype=bool,
        )

    def index(self, group: int, changes: Mapping[str, str]) -> int:
        """The group that differs from this one by these values."""
        values = [changes.get(a, v) for a, v in zip(self.attributes, self.values[group], strict=True)]
        return self.values.index(tuple(values))

    def smallest(self, group: int) -> int:
        """The group that differs in `travel` alone with the smallest party, of adults where there is a choice."""
        if "travel" not in self.attributes:
            return group
        kinds = self.definitions["travel"]
        smallest = min(kinds, key=lambda v: (kinds[v].people, -kinds[v].adults))
        return self.index(group, {"travel": smallest})

    def shares(
        self, parameters: Mapping[str, float], selector: str = "", *, smuggled_odds: float = 1.0
    ) -> Floats:
        """The share of people of each group, [group], of those a selector selects.

        A value without a share gets what the others leave. Of the values a selector names, each gets its share in
        them; where all of these are 0, equal ones. smuggled_odds : factor on the odds of `yes` of the attribute
        `smuggled`, before a selector chooses.
        """
        wanted = parse_pairs(selector)
        by_value: dict[str, dict[str, float]] = {}
        for attribute in self.attributes:
            shares = self.value_shares(attribute, parameters)
            if attribute == SMUGGLED and smuggled_odds != 1.0:
                shares = _with_odds(shares, YES, smuggled_odds)
            chosen = wanted.get(attribute, list(shares))
            whole = sum(shares[v] for v in chosen)
            by_value[attribute] = dict.fromkeys(shares, 0.0) | {
                v: shares[v] / whole if whole > 0 else 1.0 / len(chosen) for v in chosen
            }
        return self.joint(by_value)

    def joint(self, by_value: Mapping[str, Mapping[str, float]]) -> Floats:
        """The share of each group, [group], from those of its values. by_value : by attribute and value."""
        shares = [np.array([by_value[a][v] for v in self.definitions[a]]) for a in self.attributes]
        return np.asarray(reduce(np.multiply.outer, shares, np.ones(1))).reshape(-1)

    def value_shares(self, attribute: str, parameters: Mapping[str, float]) -> dict[str, float]:
        """The shares of the values of an attribute; values without one share what is left."""
        given = {
            v: resolve(d.share, parameters)
            for v, d in self.definitions[attribute].items()
            if d.share is not None
        }
        rest = [v for v in self.definitions[attribute] if v not in given]
        left = max(1.0 - sum(given.values()), 0.0)
        return given | {v: left / len(rest) for v in rest}

    def speeds(self, parameters: Mapping[str, float]) -> Floats:
        """The speed of each group that has its own, NaN for others, [group]."""
        own = []
        for values in self._pairs():
            found = [v.speed_km_per_day for v in values if v.speed_km_per_day is not None]
            own.append(resolve(found[0], parameters) if found else np.nan)
        return np.array(own)


def _with_odds(shares: Mapping[str, float], value: str, factor: float) -> dict[str, float]:
    """The shares once the odds of one value are multiplied; the others keep their proportions."""
    weight = {name: share * (factor if name == value else 1.0) for name, share in shares.items()}
    whole = sum(weight.values())
    return {name: one / whole for name, one in weight.items()} if whole > 0 else dict(shares)


def parse_pairs(selector: str) -> dict[str, list[str]]:
    """`a=x;a=y;b=z` as {a: [x, y], b: [z]}."""
    wanted: dict[str, list[str]] = {}
    for pair in parse_names(selector):
        attribute, _, value = pair.partition("=")
        wanted.setdefault(attribute.strip(), []).append(value.strip())
    return wanted


def parse_names(cell: str) -> list[str]:
    """The entries of a list joined by `;`."""
    return [name.strip() for name in cell.split(";") if name.strip()]


def usual_members(travel: Mapping[str, GroupValue], family: str) -> dict[str, int]:
    """The parties of one that make up a family: of one adult and of one child, the first kind of each.

    travel : the kinds of party. family : one of them. Their people may be fewer than the family's, where there is no
    party of one adult or of one child.
    """
    whole, members = travel[family], dict[str, int]()
    for adults, wanted in ((1, whole.adults), (0, whole.children)):
        single = next((v for v, d in travel.items() if (d.adults, d.children) == (adults, 1 - adults)), None)
        if single and wanted:
            members[single] = wanted
    return {value: members[value] for value in travel if value in members}

"""Targets of measures that change the party: what `party:attribute=value` says, and as arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from travesia.groups import Groups, parse_pairs, usual_members

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def party_arrays(targets: Iterable[tuple[str, str]], groups: Groups) -> tuple[Ints, Ints, Floats]:
    """Which parties one party of each group becomes; for reunite members and family, by the first member.

    targets : kind and target of each measure. Returns where [measure × groups + group] starts, then group and number
    of each party.
    """
    start, group, count = [0], [], []
    for kind, target in targets:
        reunion = parse_reunion(target) if kind == "reunite" else None
        into = parse_party(target) if reunion is None else None
        for g in range(len(groups.values)):
            if reunion:
                members = _members(groups, g, reunion)
                group += [m for m, _ in members]
                count += [n for _, n in members]
            elif into:
                attribute, parts = into
                for value, times in parts:
                    group.append(groups.index(g, {attribute: value}))
                    count.append(float(times))
            start.append(len(group))
    return np.array(start, dtype=np.int64), np.array(group, dtype=np.int64), np.array(count, dtype=np.float64)


def parse_party(target: str) -> tuple[str, list[tuple[str, int]]] | None:
    """`party:travel=alone+child*2` as (travel, [(alone, 1), (child, 2)]); None where the target is no party."""
    if not target.startswith("party:"):
        return None
    ((attribute, (values,)),) = parse_pairs(target.removeprefix("party:")).items()
    return attribute, _counted(values)


def parse_reunion(target: str) -> tuple[str, dict[str, int], str]:
    """`party:travel=parents+child*2>family` as (travel, {parents: 1, child: 2}, family); members may be left out."""
    named, _, family = target.removeprefix("party:").rpartition(">")
    attribute, _, rest = named.partition("=")
    if not named:
        attribute, _, family = family.partition("=")
    members: dict[str, int] = {}
    for value, times in _counted(rest) if rest else []:
        members[value] = members.get(value, 0) + times
    return attribute.strip(), members, family.strip()


def _counted(values: str) -> list[tuple[str, int]]:
    """`alone+child*2` as [(alone, 1), (child, 2)]."""
    parts = [part.partition("*") for part in values.split("+")]
    return [(value.strip(), int(times or 1)) for value, _, times in parts]


def _members(groups: Groups, group: int, reunion: tuple[str, dict[str, int], str]) -> list[tuple[int, float]]:
    """The parties that make up a family, then the family; empty unless `group` is the first member."""
    attribute, named, family = reunion
    members = named or usual_members(groups.definitions[attribute], family)
    own = groups.values[group][groups.attributes.index(attribute)]
    if own != next(iter(members), None):
        return []
    kinds = groups.definitions[attribute]
    for band in ("adults", "children"):  # a family that cannot be made of these is made of nobody
        if sum(getattr(kinds[v], band) * n for v, n in members.items()) != getattr(kinds[family], band):
            return []
    found = [(groups.index(group, {attribute: value}), float(n)) for value, n in members.items()]
    return [*found, (groups.index(group, {attribute: family}), 1.0)]

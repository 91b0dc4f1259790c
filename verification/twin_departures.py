"""How people start, in the twin of rule `goal`: the number of the day, dealt to whole parties."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from verification.twin_network import Network, pairs_of

Group = dict[str, str]


def party_size(network: Network, group: Group) -> int:
    """People in a party of a group."""
    travel = network.settings.groups["travel"][group["travel"]]
    return travel.adults + travel.children


def parties_due(
    network: Network, *, day: int, random: Random, shocks: dict[str, float]
) -> Iterator[tuple[Group, str]]:
    """The group and the place of each party that starts on a day.

    day : day of the run. shocks : what the replicate has drawn for rows of known numbers, kept between days.
    """
    for row in network.departures:
        c = network.number(row.concentration)
        if c and (row.kind == "rate" or row.departure not in shocks):
            shocks[row.departure] = random.gammavariate(c, 1 / c)
        people = people_due(network, row, day=day, random=random, shock=shocks.get(row.departure, 1.0))
        for group, number in deal(network, row.groups, people, random):
            yield from ((parted, row.place) for parted in whole_parties(network, group, number))


def people_due(network: Network, row: Any, *, day: int, random: Random, shock: float) -> int:
    """How many people start on a day by a row of departures.csv, given its shock."""
    first = network.day(row.date_from, 0)
    last = network.day(row.date_to, len(network.days) if row.kind == "rate" else first)
    if row.kind == "present":
        return round(network.number(row.people) * shock) if day == 0 else 0
    if not first <= day <= last:
        return 0
    if row.kind == "known":  # evenly, in whole people
        total, days = round(network.number(row.people) * shock), last - first + 1
        return round(total * (day - first + 1) / days) - round(total * (day - first) / days)
    assert row.kind == "rate", row.kind
    log_rate = sum(
        network.coefficient(text) * network.driver(driver, row.place, day)
        for driver, text in pairs_of(row.drivers)
    )
    inhabitants = network.number(network.places[row.place].population)
    return poisson(inhabitants * network.number(row.rate_per_day) * math.exp(log_rate) * shock, random)


def poisson(mean: float, random: Random) -> int:
    """A Poisson number: how many events of rate 1 fall into a time `mean`."""
    time, number = random.expovariate(1.0), 0
    while time < mean:
        time, number = time + random.expovariate(1.0), number + 1
    return number


def deal(network: Network, fixed: str, people: int, random: Random) -> list[tuple[Group, int]]:
    """People dealt one by one over the groups by their shares, the attributes in `fixed` given."""
    attributes = {name: shares_of(network, name, pairs_of(fixed)) for name in network.settings.groups}
    dealt = Counter(
        tuple(random.choices(list(shares), list(shares.values()))[0] for shares in attributes.values())
        for _ in range(people)
    )
    return [(dict(zip(attributes, values, strict=True)), number) for values, number in dealt.items()]


def shares_of(network: Network, attribute: str, fixed: list[tuple[str, str]]) -> dict[str, float]:
    """The weight of each value of an attribute that may be: those fixed, else all; the rest is shared."""
    values = network.settings.groups[attribute]
    given = {name: network.number(value.share) for name, value in values.items() if value.share is not None}
    rest = max(0.0, 1 - sum(given.values())) / max(1, len(values) - len(given))
    chosen = [value for name, value in fixed if name == attribute] or list(values)
    weights = {name: given.get(name, rest) for name in chosen}
    return weights if any(weights.values()) else dict.fromkeys(chosen, 1.0)


def whole_parties(network: Network, group: Group, people: int) -> Iterator[Group]:
    """The parties these people make; those left over travel in the smallest kind of party, of adults if possible."""
    size, kinds = party_size(network, group), network.settings.groups["travel"]
    order = sorted(kinds, key=lambda kind: (kinds[kind].adults + kinds[kind].children, -kinds[kind].adults))
    small = group | {"travel": order[0]}
    yield from (dict(group) for _ in range(people // size))
    yield from (dict(small) for _ in range(people % size // party_size(network, small)))


def draw_destination(network: Network, group: Group, random: Random) -> str:
    """A destination by the shares of the rows that say most about the group."""
    rows = [row for row in network.destinations if network.fits(row.groups, group)]
    most = max(len({name for name, _ in pairs_of(row.groups)}) for row in rows)
    rows = [row for row in rows if len({name for name, _ in pairs_of(row.groups)}) == most]
    return str(random.choices(rows, [network.number(row.share) for row in rows])[0].destination)

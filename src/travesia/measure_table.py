"""Measures as arrays: what each kind means, where it stands, whom it meets, how likely it acts on each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from travesia.groups import Groups, parse_names
from travesia.measure_arrays import (
    ARRIVE,
    BESIDE,
    COMPETING,
    DRAW_AIM,
    DROP_AIM,
    HARM,
    KEEP_AIM,
    LEAVE,
    MOMENTS,
    MORNING,
    NIGHT,
    REUNITING,
    SHELTER,
    TO_BACK,
    TO_OUTCOME,
    TO_PARTY,
    TO_PLACE,
    TO_REUNITE,
    TO_STAY,
    Measures,
)
from travesia.parameters import Column, resolve
from travesia.parties import party_arrays
from travesia.rng import uniforms
from travesia.scenario import FINAL_OUTCOMES, Scenario
from travesia.travel import Row, active_on, measure_legs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WHEN = {"morning": MORNING, "arrival": ARRIVE, "passing": ARRIVE | LEAVE, "daily": NIGHT}


class Kind(NamedTuple):
    """What a kind usually means: when it meets people, where they go, what becomes of their destination."""

    when: str
    target: str
    aim: int = KEEP_AIM


KINDS = {
    "block": Kind("passing", "stay"),
    "detain": Kind("arrival", ""),
    "transfer": Kind("morning", ""),
    "release": Kind("morning", ""),
    "return": Kind("daily", "", DROP_AIM),
    "retry": Kind("morning", "stay", DRAW_AIM),
    "disperse": Kind("morning", "party:caravan=none"),
    "separate": Kind("daily", ""),
    "reunite": Kind("daily", ""),
    "admit": Kind("arrival", "admitted"),
    "shelter": Kind("daily", "stay"),
    "treat": Kind("daily", "stay"),
    "harm": Kind("daily", "died"),
}
"""The kinds that act on people; close, capacity, corridor, camp_closed and share_information are dated changes."""


@dataclass(frozen=True)
class Beds:
    """Beds of the place of each shelter measure; dated changes in the order of the table, the last one counts."""

    days: int
    shelter_at: Ints  # [measure] a place, −1 where it is no shelter
    capacity: Column  # [place]
    changed: Column  # [change]
    changes: tuple[tuple[slice, int], ...]  # days and place of each change

    def by_place(self, values: Mapping[str, float]) -> Floats:
        """How many people each place can hold, [day, place]; inf where there is no limit."""
        given = self.capacity.at(values)
        capacity = np.tile(np.where(np.isnan(given), np.inf, given), (self.days, 1))
        for (days, place), beds in zip(self.changes, self.changed.at(values), strict=True):
            capacity[days, place] = beds
        return capacity

    def at(self, values: Mapping[str, float]) -> Floats:
        """Beds of each measure, [day, measure]; inf where there is no limit or it is no shelter."""
        return np.where(self.shelter_at >= 0, self.by_place(values)[:, self.shelter_at], np.inf)


@dataclass(frozen=True)
class MeasureTable:
    """The measures of a policy that act on people, before parameters have values. `names` are the ledger's rows."""

    names: tuple[str, ...]
    fixed: Measures  # share, quota and waits still empty
    met_at: Ints  # [place, then directed leg] the place, and where the leg ends
    share: Column
    per_day: Column
    after_days: Column
    mean_days: Column
    concentration: Column
    beds: Beds
    active: NDArray[np.bool_]  # [day, measure]
    scales: tuple[tuple[float | str, ...], ...]
    multiplied: NDArray[np.bool_]  # [sharing, measure]
    multiplier: Column
    sharing_active: NDArray[np.bool_]  # [sharing, day]

    def arrays(
        self, values: Mapping[str, float], *, seed: int, replicate: int, expected: bool, aim_weight: Floats
    ) -> Measures:
        """The measures of one replicate: multipliers applied, shocks of each day drawn. aim_weight : [group × aims]."""
        days, count = self.active.shape
        share = np.broadcast_to(self.share.at(values), (days, count))
        scale = np.array([np.prod([resolve(s, values) for s in scales] or [1.0]) for scales in self.scales])
        power = np.broadcast_to(scale, (days, count)).copy()
        for k, factor in enumerate(self.multiplier.at(values)):
            power[np.ix_(self.sharing_active[k], self.multiplied[k])] *= factor
        share = np.where(self.active, multiplied(share, power), 0.0)
        if not expected:
            share = self._shocks(share, self.concentration.at(values), seed, replicate)
        per_day = self.per_day.at(values) * scale
        quota = np.where(np.isnan(per_day), self.beds.at(values), per_day)
        mean = self.mean_days.at(values)
        after = np.nan_to_num(self.after_days.at(values))
        return self.fixed._replace(
            share=np.ascontiguousarray(share),
            standing=self._standing(share > 0),
            quota=np.ascontiguousarray(quota if expected else np.floor(quota)),
            limited=np.flatnonzero((quota < np.inf).any(axis=0)),
            wait_days=np.where(np.isnan(mean), np.rint(after), np.maximum(mean, 1.0)),
            waits_geometric=(~np.isnan(mean)).astype(np.int64),
            aim_weight=aim_weight,
        )

    def _standing(self, acts: NDArray[np.bool_]) -> Ints:
        """What acts at each place on each day, by moment and turn. acts : [day, measure]."""
        standing = np.zeros_like(self.fixed.standing)
        bits = self.fixed.moments << MOMENTS * self.fixed.turn
        for where, place in enumerate(self.met_at):
            for m in self.fixed.at[self.fixed.at_start[where] : self.fixed.at_start[where + 1]]:
                standing[acts[:, m], place] |= bits[m]
        return standing

    def _shocks(self, share: Floats, concentration: Floats, seed: int, replicate: int) -> Floats:
        """Shares of each day drawn from Beta(cp, c(1 − p)), by the name of the measure."""
        for m in np.flatnonzero(~np.isnan(concentration)):
            days = np.flatnonzero((share[:, m] > 0) & (share[:, m] < 1))
            if days.size == 0:
                continue
            u = uniforms(seed, replicate, "shock", self.names[m], count=int(days[-1]) + 1)[days]
            p, c = share[days, m], concentration[m]
            share[days, m] = special.betaincinv(c * p, c * (1 - p), u)
        return share


def multiplied(share: Floats, power: Floats) -> Floats:
    """1 − (1 − p)^m, exact at both ends: what is certain stays so under any multiplier m above 0."""
    certain = share >= 1.0
    found = -np.expm1(power * np.log1p(-np.where(certain, 0.0, share)))
    return np.where(certain, np.where(power > 0, 1.0, 0.0), found)


def compile_measures(
    scenario: Scenario, measures: pd.DataFrame, legs: pd.DataFrame, groups: Groups
) -> MeasureTable:
    """The measures of a policy as arrays. measures : with a column `scales`; legs : directed."""
    acting = measures[measures["kind"].isin(list(KINDS))].reset_index(drop=True)
    sharing = measures[measures["kind"] == "share_information"]
    place_index = {name: i for i, name in enumerate(scenario.places["place"])}
    records: list[dict[str, Any]] = acting.to_dict("records")  # type: ignore[assignment]
    named = [set(parse_names(cell)) for cell in sharing["multiplies"]]
    return MeasureTable(
        names=tuple(acting["measure"]),
        fixed=_fixed(scenario, records, legs, groups, place_index),
        met_at=np.array([*range(len(place_index)), *legs["end"]], dtype=np.int64),
        share=Column.of(acting["share"]),
        per_day=Column.of(acting["per_day"]),
        after_days=Column.of(acting["after_days"]),
        mean_days=Column.of(acting["mean_days"]),
        concentration=Column.of(acting["concentration"]),
        beds=_beds(scenario, measures, records, place_index),
        active=_active(scenario, records),
        scales=tuple(acting["scales"]),
        multiplied=np.array(
            [[name in wanted for name in acting["measure"]] for wanted in named], dtype=bool
        ).reshape(len(named), len(acting)),
        multiplier=Column.of(sharing["multiplier"]),
        sharing_active=np.ascontiguousarray(_active(scenario, sharing.to_dict("records")).T),
    )


def _active(scenario: Scenario, rows: Sequence[Row]) -> NDArray[np.bool_]:
    """Whether each row acts on each day, [day, row]."""
    found = np.zeros((scenario.settings.days, len(rows)), dtype=bool)
    for number, row in enumerate(rows):
        found[active_on(scenario, row), number] = True
    return found


def _fixed(
    scenario: Scenario,
    records: list[dict[str, Any]],
    legs: pd.DataFrame,
    groups: Groups,
    place_index: dict[str, int],
) -> Measures:
    """What of the measures is the same in every replicate; the rest is zeros."""
    days, count = scenario.settings.days, len(records)
    targets = [_target(row, place_index) for row in records]
    party_start, party_group, party_count = party_arrays(
        ((row["kind"], _target_of(row)) for row in records), groups
    )
    on = [
        None if row["place"] else np.flatnonzero(measure_legs(scenario, legs, row)).tolist()
        for row in records
    ]
    list_start, lists = _lists(records, targets, legs, on, place_index)
    at_start, at = _standing(records, legs, on, place_index)
    return Measures(
        at_start=at_start,
        at=at,
        moments=np.array([_moments(row) for row in records], dtype=np.int64),
        turn=np.array([_turn(row, t) for row, t in zip(records, targets, strict=True)], dtype=np.int64),
        share=np.zeros((days, count)),
        standing=np.zeros((days, len(place_index)), dtype=np.int64),
        quota=np.zeros((days, count)),
        limited=np.zeros(0, dtype=np.int64),
        meets=np.array([groups.select(row["groups"]) for row in records], dtype=np.int64).reshape(
            count, len(groups.values)
        ),
        target_kind=np.array([kind for kind, _ in targets], dtype=np.int64),
        target=np.array([to for _, to in targets], dtype=np.int64),
        list_start=list_start,
        list_measure=np.array([m for m, _, _ in lists], dtype=np.int64),
        list_place=np.array([place for _, place, _ in lists], dtype=np.int64),
        list_back=np.array([back for _, _, back in lists], dtype=np.int64),
        wait_days=np.zeros(count),
        waits_geometric=np.zeros(count, dtype=np.int64),
        aim=np.array([KINDS[row["kind"]].aim for row in records], dtype=np.int64),
        attempts=np.array([row["kind"] == "retry" for row in records], dtype=np.int64),
        party_start=party_start,
        party_group=party_group,
        party_count=party_count,
        aim_weight=np.zeros(0),
    )


def _target_of(row: Mapping[str, str]) -> str:
    return row["target"] or KINDS[row["kind"]].target


def _target(row: Mapping[str, str], places: Mapping[str, int]) -> tuple[int, int]:
    target = _target_of(row)
    if row["kind"] == "reunite":
        return TO_REUNITE, 0
    if target.startswith("party:"):
        return TO_PARTY, 0
    if target in places:
        return TO_PLACE, places[target]
    if target in FINAL_OUTCOMES:
        return TO_OUTCOME, FINAL_OUTCOMES.index(target)
    return {"stay": TO_STAY, "back": TO_BACK}[target], 0


def _moments(row: Mapping[str, str]) -> int:
    when = row["when"] or KINDS[row["kind"]].when
    if row["leg"]:
        return ARRIVE
    if when == "daily":
        return {"shelter": SHELTER, "harm": HARM}.get(row["kind"], NIGHT)
    return WHEN[when]


def _turn(row: Mapping[str, str], target: tuple[int, int]) -> int:
    """Measures that leave people where they are do not compete with those that move or hold them."""
    if row["kind"] == "reunite":
        return REUNITING
    return BESIDE if target[0] == TO_STAY and row["kind"] in ("shelter", "treat", "harm") else COMPETING


def _lists(
    records: list[dict[str, Any]],
    targets: list[tuple[int, int]],
    legs: pd.DataFrame,
    on: Sequence[list[int] | None],
    places: Mapping[str, int],
) -> tuple[Ints, list[tuple[int, int, int]]]:
    """The waiting lists of each measure: (measure, where people wait, where `back` sends them).

    People wait where the measure met them: at its place, or at the end of the leg. on : the legs of each measure that
    does not stand at a place.
    """
    starts, ends = legs["start"].to_numpy(), legs["end"].to_numpy()
    start, lists = [0], []
    for m, (row, own) in enumerate(zip(records, on, strict=True)):
        place = places[row["place"]] if row["place"] else -1
        met = np.flatnonzero(ends == place) if own is None else own
        ways = [(int(ends[leg]), int(starts[leg])) for leg in met]
        if targets[m][0] != TO_BACK:
            ways = [(end, end) for end, _ in ways if end != place]
        here = [(place, place)] if row["place"] else []
        lists += [(m, at, back) for at, back in dict.fromkeys(here + ways)]
        start.append(len(lists))
    return np.array(start, dtype=np.int64), lists


def _standing(
    records: list[dict[str, Any]],
    legs: pd.DataFrame,
    on: Sequence[list[int] | None],
    places: Mapping[str, int],
) -> tuple[Ints, Ints]:
    """Which measures stand at each place and then on each directed leg: index of starts, and measures."""
    here: list[list[int]] = [[] for _ in range(len(places) + len(legs))]
    for m, (row, own) in enumerate(zip(records, on, strict=True)):
        for where in [places[row["place"]]] if own is None else [len(places) + leg for leg in own]:
            here[where].append(m)
    start = np.cumsum([0, *(len(m) for m in here)]).astype(np.int64)
    return start, np.array([m for measures in here for m in measures], dtype=np.int64)


def _beds(
    scenario: Scenario, measures: pd.DataFrame, records: list[dict[str, str]], places: Mapping[str, int]
) -> Beds:
    """What the shelter measures and the dated changes say of beds."""
    changes = measures[measures["kind"] == "capacity"]
    shelter_at = [
        places[row["place"]] if row["kind"] == "shelter" and row["place"] else -1 for row in records
    ]
    return Beds(
        days=scenario.settings.days,
        shelter_at=np.array(shelter_at, dtype=np.int64),
        capacity=Column.of(scenario.places["capacity"]),
        changed=Column.of(changes["capacity"]),
        changes=tuple((active_on(scenario, row), places[row["place"]]) for row in changes.to_dict("records")),
    )

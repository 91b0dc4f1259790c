"""A scenario under a policy as arrays for the kernel: what is the same in every replicate, and what is not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.cohorts import AT_PLACE, Net, pack
from travesia.departures import DeparturePlan, aim_weights, draw_departures, plan_departures
from travesia.errors import Problem, ScenarioError
from travesia.flee_day import Flee
from travesia.goal_day import Goal
from travesia.groups import ATTEMPT, Groups
from travesia.kernels import Departures
from travesia.measure_table import MeasureTable, compile_measures
from travesia.measures import ATTEMPTS, Measures
from travesia.movement.flee import Compiled, compile_flee
from travesia.movement.goal import Network, build_network, choose_ways, leg_km
from travesia.parameters import Column, resolve
from travesia.policy import measures_of
from travesia.scenario import FINAL_OUTCOMES, FleeSettings, GoalSettings, Scenario
from travesia.travel import directed_legs

Floats = NDArray[np.float64]
GOAL_RULE, FLEE_RULE = 0, 1
MOST_BINS_ON_A_LEG = 4095
SHORTEST_LEG_DAYS = 1e-3  # so that a day has an end on a network with legs of no length


class Tables(NamedTuple):
    """What the kernel needs for one replicate."""

    goal: Goal
    flee: Flee
    measures: Measures
    departures: Departures


@dataclass(frozen=True)
class Model:
    """A scenario under a policy, compiled. `unit` is people per counted person (Flee's hasten)."""

    scenario: Scenario
    policy: str
    rule: int
    legs: pd.DataFrame
    groups: Groups
    net: Net
    measures: MeasureTable
    classes: pd.MultiIndex
    unit: int
    network: Network | None
    departures: DeparturePlan | None
    flee: Compiled | None
    stay_mean_days: Column  # [place]
    held: NDArray[np.bool_]  # [place] nobody leaves by themselves

    def tables(self, values: Mapping[str, float], *, seed: int, replicate: int, expected: bool) -> Tables:
        """The arrays of one replicate under these parameter values.

        Raises ScenarioError where they allow no solution.
        """
        if self.flee is not None:
            return self._flee_tables(self.flee, values, seed, replicate, expected)
        assert self.network is not None
        assert self.departures is not None
        aim_weight = aim_weights(self.departures, values)
        return Tables(
            self._goal(self.network, values),
            no_flee(),
            self._measures(values, seed, replicate, expected, aim_weight.reshape(-1)),
            draw_departures(
                self.departures,
                values,
                seed=seed,
                replicate=replicate,
                expected=expected,
                days=self.scenario.settings.days,
            ),
        )

    def _flee_tables(
        self, compiled: Compiled, values: Mapping[str, float], seed: int, replicate: int, expected: bool
    ) -> Tables:
        days = self.scenario.settings.days
        here = np.flatnonzero(compiled.present > 0)
        codes = [pack(AT_PLACE, int(p), 0, 0, compiled.flee.bins) for p in here]
        start = np.full(days + 1, len(here), dtype=np.int64)
        start[0] = 0
        departures = Departures(start, np.array(codes, dtype=np.int64), compiled.present[here])
        measures = self._measures(values, seed, replicate, expected, np.zeros(1))
        return Tables(no_goal(), compiled.flee, measures, departures)

    def _measures(
        self, values: Mapping[str, float], seed: int, replicate: int, expected: bool, aim_weight: Floats
    ) -> Measures:
        return self.measures.arrays(
            values, seed=seed, replicate=replicate, expected=expected, aim_weight=aim_weight
        )

    def _goal(self, network: Network, values: Mapping[str, float]) -> Goal:
        settings = self.scenario.settings.movement
        assert isinstance(settings, GoalSettings)
        ways = choose_ways(network, settings, values)
        by_mode = np.array([resolve(settings.speed_km_per_day[mode], values) for mode in network.mode])
        own = self.groups.speeds(values)[:, None]
        days = leg_km(network, values) / np.where(np.isnan(own), by_mode, own)
        days = np.maximum(days, SHORTEST_LEG_DAYS)
        longest = float(days.max(initial=0.0))
        if longest * settings.leg_bins_per_day > MOST_BINS_ON_A_LEG:
            raise ScenarioError([_leg_too_long(longest, settings)])
        concentration = settings.route_concentration
        return Goal(
            aims=len(network.destinations) + 1,
            aim_place=np.array([-1, *network.destinations], dtype=np.int64),
            leave_chance=np.where(self.held, 0.0, 1.0 / (1.0 + self.stay_mean_days.at(values))),
            give_up=resolve(settings.give_up_per_day, values),
            leg_days=np.ascontiguousarray(days).reshape(-1),
            way=ways.way,
            way_start=ways.way_start,
            way_leg=ways.way_leg,
            way_chance=ways.way_chance,
            way_open=ways.way_open,
            concentration=np.inf if concentration is None else resolve(concentration, values),
            shock_group=self._shock_groups(),
            leg_bins=settings.leg_bins_per_day,
            time_bins=settings.time_bins_per_day,
        )

    def _shock_groups(self) -> NDArray[np.int64]:
        """Parties of one caravan share the shock on the choice of way."""
        if "caravan" not in self.groups.attributes:
            return np.zeros(len(self.groups.values), dtype=np.int64)
        k = self.groups.attributes.index("caravan")
        names = list(self.groups.definitions["caravan"])
        return np.array([names.index(values[k]) for values in self.groups.values], dtype=np.int64)


def _leg_too_long(longest_days: float, settings: GoalSettings) -> Problem:
    return Problem(
        "scenario.yaml",
        0,
        "movement.leg_bins_per_day",
        str(settings.leg_bins_per_day),
        f"a leg that takes {longest_days:.0f} days has more than {MOST_BINS_ON_A_LEG} bins",
        "take a smaller leg_bins_per_day, or split the leg",
    )


def compile_model(scenario: Scenario, policy: str = "actual") -> Model:
    """Everything about a run that is the same in every replicate. Raises UsageError for an unknown policy."""
    measures = measures_of(scenario, policy)
    legs = directed_legs(scenario)
    groups = Groups.of(scenario.settings)
    classes, output = output_classes(groups, scenario.settings.outputs.by)
    table = compile_measures(scenario, measures, legs, groups)
    start, end = legs["start"].to_numpy(dtype=np.int64), legs["end"].to_numpy(dtype=np.int64)
    places = len(scenario.places)
    if isinstance(scenario.settings.movement, FleeSettings):
        compiled = compile_flee(scenario, measures, legs)
        routes = compiled.routes
        net = Net(start, end, routes.a_place, routes.q_leg, routes.q_arrive, groups.sizes, output)
        return Model(
            scenario, policy, FLEE_RULE, legs, groups, net, table, classes, scenario.settings.movement.hasten,
            None, None, compiled, Column.of([0.0] * places), np.zeros(places, dtype=bool),
        )  # fmt: skip
    network = build_network(scenario, measures, legs)
    aims = len(network.destinations) + 1
    net = Net(
        start,
        end,
        np.repeat(np.arange(places), aims).astype(np.int64),
        np.repeat(np.arange(len(legs)), aims).astype(np.int64),
        (end[:, None] * aims + np.arange(aims)).reshape(-1).astype(np.int64),
        groups.sizes,
        output,
    )
    stay = Column.of(scenario.places["stay_mean_days"])
    held = (scenario.places["kind"] == "detention").to_numpy()
    plan = plan_departures(scenario, groups, network.destinations)
    return Model(
        scenario, policy, GOAL_RULE, legs, groups, net, table, classes, 1, network, plan, None, stay, held
    )  # fmt: skip


def output_classes(groups: Groups, by: tuple[str, ...]) -> tuple[pd.MultiIndex, NDArray[np.int64]]:
    """The classes results are kept apart by, and the class of each group and attempt, [group × 3 + attempt]."""
    levels = [["1", "2", "3+"] if a == ATTEMPT else list(groups.definitions[a]) for a in by]
    # not from_product: it sorts the values, and results are laid out in the order of the scenario
    codes = np.indices([len(level) for level in levels]).reshape(len(levels), -1)
    classes = pd.MultiIndex(levels=levels, codes=list(codes), names=list(by))
    codes_of = {key: i for i, key in enumerate(classes)}
    attempts = ("1", "2", "3+")
    output = np.zeros((len(groups.values), ATTEMPTS), dtype=np.int64)
    for g, values in enumerate(groups.values):
        for k in range(ATTEMPTS):
            key = tuple(attempts[k] if a == ATTEMPT else values[groups.attributes.index(a)] for a in by)
            output[g, k] = codes_of[key]
    return classes, output.reshape(-1)


def no_goal() -> Goal:
    """The rule `goal` of a scenario that does not use it."""
    i, f = np.zeros(1, dtype=np.int64), np.zeros(1)
    return Goal(1, i, f, 0.0, f, i, i, i, f, i, np.inf, i, 1, 1)


def no_flee() -> Flee:
    """The rule `flee` of a scenario that does not use it."""
    i, f = np.zeros(1, dtype=np.int64), np.zeros(1)
    f2, i2 = np.zeros((1, 1)), np.zeros((1, 1), dtype=np.int64)
    return Flee(
        1, 1, 1.0, 1.0, 0, 0, 1.0, 1, 0.9, 0.0, 1.0, 1.0, f2, i2, i2, f2, f, i, i, i, f, i, i, i, i, f, i, i, f, f2
    )  # fmt: skip


def describe(scenario: Scenario, policy: str = "actual") -> str:
    """A model in words before it runs: its size, who starts, which measures stand where and when."""
    model = compile_model(scenario, policy)
    settings = scenario.settings
    lines = [
        f"{settings.title.get('en', settings.name)}",
        f"  {settings.days} days from {settings.start}, rule {settings.movement.rule}, policy {policy}",
        f"  {len(scenario.places)} places, {len(model.legs)} directed legs, {len(model.groups.values)} groups",
        f"  outcomes: {', '.join(FINAL_OUTCOMES)}",
    ]
    if model.network is not None:
        names = ", ".join(model.network.places[d] for d in model.network.destinations)
        lines.append(f"  destinations: {names}; {len(model.network.closed)} network states")
        lines += [
            f"  departure {row['departure']}: {row['kind']} at {row['place']}, {row['people']} people"
            for row in scenario.departures.to_dict("records")
        ]
    if model.flee is not None:
        people = int(model.flee.flee.spawn.sum() + model.flee.present.sum()) * model.unit
        routes, states = len(model.flee.routes.option_place), int(model.flee.flee.epoch.max()) + 1
        lines.append(f"  {people} people in all, read from the observed totals")
        lines.append(f"  {routes} routes in {states} states of the network")
    for row in measures_of(scenario, policy).to_dict("records"):
        where = row["place"] or row["leg"] or row["countries"]
        lines.append(
            f"  measure {row['measure']}: {row['kind']} at {where}, {_dates(row)}, share {row['share']}"
        )
    return "\n".join(lines)


def _dates(row: Mapping[Hashable, object]) -> str:
    def show(date: object, missing: str) -> str:
        return missing if pd.isna(date) else str(pd.Timestamp(str(date)).date())  # type: ignore[call-overload]

    return f"{show(row['date_from'], 'start')} to {show(row['date_to'], 'end')}"

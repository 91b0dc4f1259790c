"""A scenario under a policy as arrays for the kernel: what is the same in every replicate, and what is not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.cohorts import MOST_DAYS, Net
from travesia.departures import DeparturePlan, aim_weights, draw_departures, plan_departures
from travesia.errors import Problem, ScenarioError
from travesia.flee_columns import EPOCH, KM, SPEED, WALK
from travesia.flee_day import MIXED_DAYS, Flee
from travesia.flee_start import OBSERVED, Conditions, Starts
from travesia.goal_day import Goal
from travesia.groups import ATTEMPT, Groups
from travesia.health import Health
from travesia.health_table import HealthTable, compile_health
from travesia.kernels import Departures
from travesia.limits import check_days_on_legs, check_groups, check_sizes, check_waits
from travesia.measure_arrays import ATTEMPTS, Measures
from travesia.measure_table import MeasureTable, compile_measures
from travesia.movement.flee import Flight, coarser, compile_flee, with_movement
from travesia.movement.goal import Network, build_network, choose_ways, leg_km
from travesia.movement.people import with_homes
from travesia.parameters import Column, resolve
from travesia.policy import measures_of, responses_of
from travesia.scenario import CAMP_BELOW_MOVECHANCE, FINAL_OUTCOMES, FleeSettings, GoalSettings, Scenario
from travesia.travel import directed_legs

Ints = NDArray[np.int64]
SHORTEST_LEG_DAYS = 1e-3  # so that a day has an end on a network with legs of no length


class GoalTables(NamedTuple):
    """What the kernel needs for one replicate of the rule `goal`."""

    goal: Goal
    measures: Measures
    departures: Departures
    health: Health | None


class FleeTables(NamedTuple):
    """What the kernel needs for one replicate of the rule `flee`."""

    flee: Flee
    starts: Starts
    conditions: Conditions


@dataclass(frozen=True)
class Journeys:
    """Rule `goal`, compiled but for the values of the parameters."""

    network: Network
    departures: DeparturePlan
    stay_mean_days: Column  # [place]
    held: NDArray[np.bool_]  # [place] nobody leaves by themselves
    health: HealthTable | None


@dataclass(frozen=True)
class Model:
    """A scenario under a policy, compiled. `unit` is people per counted person (Flee's hasten)."""

    scenario: Scenario
    policy: str
    legs: pd.DataFrame
    groups: Groups
    net: Net
    measures: MeasureTable
    classes: pd.MultiIndex
    unit: int
    rule: Journeys | Flight

    def tables(
        self, values: Mapping[str, float], *, seed: int, replicate: int, expected: bool
    ) -> GoalTables | FleeTables:
        """The arrays of one replicate under these parameter values.

        Raises ScenarioError where they allow no solution.
        """
        rule = self.rule
        if isinstance(rule, Flight):
            flee = coarser(rule.flee) if expected else rule.flee
            return FleeTables(flee, rule.starts, rule.conditions)
        aim_weight = aim_weights(rule.departures, values).reshape(-1)
        measures = self.measures.arrays(
            values, seed=seed, replicate=replicate, expected=expected, aim_weight=aim_weight
        )
        if expected and ATTEMPT not in self.classes.names:  # draws have the attempt in their keys
            measures = measures._replace(attempts=np.zeros_like(measures.attempts))
        fixed = np.where(measures.waits_geometric > 0, 0.0, measures.wait_days)
        check_waits(self.scenario, self.measures.names, fixed)
        return GoalTables(
            self._goal(rule, values),
            measures,
            draw_departures(
                rule.departures,
                values,
                seed=seed,
                replicate=replicate,
                expected=expected,
                days=self.scenario.settings.days,
            ),
            rule.health.arrays(values, self.measures.beds.by_place(values)) if rule.health else None,
        )

    def _goal(self, rule: Journeys, values: Mapping[str, float]) -> Goal:
        network, settings = rule.network, self.scenario.settings.goal
        ways = choose_ways(network, settings, values)
        by_mode = np.array([resolve(settings.speed_km_per_day[mode], values) for mode in network.mode])
        own = self.groups.speeds(values)[:, None]
        days = leg_km(network, values) / np.where(np.isnan(own), by_mode, own)
        days = np.maximum(days, SHORTEST_LEG_DAYS)
        longest = float(days.max(initial=0.0))
        if longest * settings.leg_bins_per_day > MOST_DAYS:
            raise ScenarioError([_leg_too_long(longest, settings)])
        concentration = settings.route_concentration
        return Goal(
            aims=len(network.destinations) + 1,
            aim_place=np.array([-1, *network.destinations], dtype=np.int64),
            leave_chance=np.where(rule.held, 0.0, 1.0 / (1.0 + rule.stay_mean_days.at(values))),
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
        f"a leg that takes {longest_days:.0f} days has more than {MOST_DAYS} bins",
        "take a smaller leg_bins_per_day, or split the leg",
    )


def compile_model(scenario: Scenario, policy: str = "actual") -> Model:
    """Everything about a run that is the same in every replicate.

    Raises UsageError for an unknown policy, ScenarioError for a scenario too large to be told apart.
    """
    measures = measures_of(scenario, policy)
    own = with_homes(scenario)
    check_groups(scenario.with_settings(own))
    legs = directed_legs(scenario)
    groups = Groups.of(own)
    classes, output = output_classes(groups, scenario.settings.outputs.by)
    table = compile_measures(scenario, measures, legs, groups)
    if isinstance(scenario.settings.movement, FleeSettings):
        flight = compile_flee(scenario, measures, legs, groups)
        output = np.repeat(output[::ATTEMPTS], ATTEMPTS)  # here a mark is no attempt: nobody sets out twice
        routes, unit = flight.routes, scenario.settings.movement.hasten
        check_sizes(scenario, places=routes.a_place.size, legs=routes.q_leg.size, lists=0)
        check_days_on_legs(scenario, _most_on_a_leg(flight.flee, scenario.settings.days))
        net = _net(legs, groups, output, routes.a_place, routes.q_leg, routes.q_arrive)
        return Model(scenario, policy, legs, groups, net, table, classes, unit, flight)
    response = responses_of(scenario, policy)
    network = build_network(scenario, measures, legs, danger=response.danger)
    aims = np.arange(len(network.destinations) + 1)
    check_sizes(
        scenario,
        places=len(scenario.places) * aims.size,
        legs=len(legs) * aims.size,
        lists=table.fixed.list_measure.size * aims.size,
    )
    net = _net(
        legs,
        groups,
        output,
        np.repeat(np.arange(len(scenario.places)), aims.size),
        np.repeat(np.arange(len(legs)), aims.size),
        (legs["end"].to_numpy()[:, None] * aims.size + aims).reshape(-1),
    )
    plan = plan_departures(scenario, groups, network.destinations, response=response)
    held = (scenario.places["kind"] == "detention").to_numpy()
    health = compile_health(scenario, measures, legs, groups)
    journeys = Journeys(network, plan, Column.of(scenario.places["stay_mean_days"]), held, health)
    return Model(scenario, policy, legs, groups, net, table, classes, 1, journeys)


MOVING = (
    "conflict_movechance",
    "camp_movechance",
    "idpcamp_movechance",
    "default_movechance",
    "conflict_weight",
    "camp_weight",
    "foreign_weight",
    "max_move_speed",
    "max_walk_speed",
    "distance_power",
    "weight_power",
    "weight_softening",
    "softening",
)
"""Settings of rule `flee` that change neither who starts nor capacities."""


def with_moves(model: Model, changed: Mapping[str, float]) -> Model:
    """A model of rule `flee` with other settings of movement, compiled where they matter.

    changed : by name; of MOVING only what people do on the way is compiled anew. Values must be within what the
    settings allow.
    """
    flight, old = model.rule, model.scenario.settings
    assert isinstance(flight, Flight)
    movement = old.movement.model_copy(update=dict(changed))
    scenario = model.scenario.with_settings(old.model_copy(update={"movement": movement}))
    if not set(changed) <= set(MOVING) or _leaves_towns(movement) != _leaves_towns(old.movement):
        return compile_model(scenario, model.policy)
    found = with_movement(flight, scenario)
    check_days_on_legs(scenario, _most_on_a_leg(found.flee, scenario.settings.days))
    routes, output = found.routes, model.net.output
    net = _net(model.legs, model.groups, output, routes.a_place, routes.q_leg, routes.q_arrive)
    return replace(model, scenario=scenario, net=net, rule=found)


def _leaves_towns(movement: FleeSettings | GoalSettings) -> bool:
    """Whether people leave towns at all: those who do not are there before day 0."""
    return isinstance(movement, FleeSettings) and movement.default_movechance >= CAMP_BELOW_MOVECHANCE


def _most_on_a_leg(flee: Flee, days: int) -> float:
    """The highest number that tells how far people are on a leg, in multiples of what there is room for."""
    km, speed, walk = flee.legs[:, KM], flee.legs[:, SPEED], flee.legs[:, WALK]
    if flee.one_budget:
        return float(np.minimum(km, days * flee.speed).max(initial=0.0) / flee.bin_km + 2) / MOST_DAYS
    mixed = walk > 0.0
    slowest = np.where(mixed | bool(flee.on_foot), np.minimum(speed, flee.walk), speed)
    counted = np.minimum(km / slowest + 1, days)
    return float((counted / np.where(mixed, MIXED_DAYS - 1, MOST_DAYS)).max(initial=0.0))


def _net(legs: pd.DataFrame, groups: Groups, output: Ints, a_place: Ints, q_leg: Ints, q_arrive: Ints) -> Net:
    start, end = legs["start"].to_numpy(dtype=np.int64), legs["end"].to_numpy(dtype=np.int64)
    a_place, q_leg, q_arrive = (index.astype(np.int64) for index in (a_place, q_leg, q_arrive))
    return Net(start, end, a_place, q_leg, q_arrive, groups.sizes, output)


def output_classes(groups: Groups, by: tuple[str, ...]) -> tuple[pd.MultiIndex, NDArray[np.int64]]:
    """The classes results are kept apart by, and the class of each group and attempt, [group × 3 + attempt]."""
    attempts = ["1", "2", "3+"]
    levels = [attempts if a == ATTEMPT else list(groups.definitions[a]) for a in by]
    # not from_product: it sorts the values, and results are laid out in the order of the scenario
    codes = np.indices([len(level) for level in levels]).reshape(len(levels), -1)
    classes = pd.MultiIndex(levels=levels, codes=list(codes), names=list(by))
    codes_of = {key: i for i, key in enumerate(classes)}
    output = np.zeros((len(groups.values), ATTEMPTS), dtype=np.int64)
    for g, values in enumerate(groups.values):
        for k in range(ATTEMPTS):
            key = tuple(attempts[k] if a == ATTEMPT else values[groups.attributes.index(a)] for a in by)
            output[g, k] = codes_of[key]
    return classes, output.reshape(-1)


def describe(scenario: Scenario, policy: str = "actual") -> str:
    """A model in words before it runs: its size, who starts, which measures stand where and when.

    scenario : whose. policy : as `simulate` takes it. Raises UsageError where there is no such policy, ScenarioError
    where the scenario allows no run.
    """
    model = compile_model(scenario, policy)
    settings = scenario.settings
    lines = [
        f"{settings.title.get('en', settings.name)}",
        f"  {settings.days} days from {settings.start}, rule {settings.movement.rule}, policy {policy}",
        f"  places: {len(scenario.places)}, directed legs: {len(model.legs)}, groups: {len(model.groups.values)}",
        f"  final outcomes: {', '.join(name.replace('_', ' ') for name in FINAL_OUTCOMES)}",
    ]
    if isinstance(model.rule, Flight):
        starts = model.rule.starts
        there, due = (int(count.sum()) * model.unit for count in (starts.present_count, starts.due))
        routes, states = (
            len(model.rule.routes.option_place),
            len(np.unique(model.rule.flee.calendar[:, EPOCH])),
        )
        lines.append(f"  people there before the first day: {there:,}")
        if starts.mode == OBSERVED:
            lines.append(f"  people who set out, read from the observed totals: {due:,}")
        else:
            lines.append("  how many set out is worked out in the run, from conflict or floods")
        lines.append(f"  states of the network: {states}, routes in them: {routes}")
    else:
        network = model.rule.network
        names = ", ".join(network.places[d] for d in network.destinations)
        lines.append(f"  destinations: {names}; states of the network: {len(network.closed)}")
        lines += [
            f"  departure {row['departure']}: {row['kind']} at {row['place']}{_people(row['people'])}"
            for row in scenario.departures.to_dict("records")
        ]
    for row in measures_of(scenario, policy).to_dict("records"):
        where = row["place"] or row["leg"] or row["countries"]
        lines.append(
            f"  measure {row['measure']}: {row['kind']} at {where}, {_dates(row)}, share {row['share']}"
        )
    return "\n".join(lines)


def _people(people: object) -> str:
    """How many leave, where the row says it: a rate works out its own."""
    if pd.isna(people):  # type: ignore[call-overload]
        return ""
    return f", {people:,.10g} people" if isinstance(people, float) else f", {people} people"


def _dates(row: Mapping[Hashable, object]) -> str:
    def show(date: object, missing: str) -> str:
        return missing if pd.isna(date) else str(pd.Timestamp(str(date)).date())  # type: ignore[call-overload]

    return f"{show(row['date_from'], 'start')} to {show(row['date_to'], 'end')}"

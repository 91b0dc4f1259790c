"""The central runs of the page: what a change leaves as it was is not set up anew."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from travesia.engine import FIRST_ROOM, Engine
from travesia.ensemble import Job, result_of, run_replicates
from travesia.measure_table import KINDS
from travesia.model import Journeys, Model, compile_model
from travesia.policy import measures_of, responses_of
from travesia.result import Result
from travesia.scenario import Scenario


@dataclass(frozen=True)
class Runner:
    """Makes central runs. models, rooms : of the last run of each scenario, by the name it is served by."""

    models: dict[str, Model] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)

    def run(self, name: str, scenario: Scenario, policy: str) -> Result:
        """The central run of a scenario. name : always of the same scenario, but for what the page changes."""
        model = model_like(self.models.get(name), scenario, policy)
        engine = Engine(model, max(self.rooms.get(name, 0), FIRST_ROOM))
        job = Job(scenario, policy, seed=0, expected=True)
        done = run_replicates(engine, job, [0])
        self.models[name], self.rooms[name] = model, engine.room
        return result_of(model, job, [done])


def model_like(last: Model | None, scenario: Scenario, policy: str) -> Model:
    """The model of a scenario under a policy; where only factors on measures, departures and danger are others than in
    the last one, with these alone set up anew.

    last : of the same scenario, but for tables, policies and whether its disease is on.
    """
    if last is None or not isinstance(last.rule, Journeys) or not _same_ground(last.scenario, scenario):
        return compile_model(scenario, policy)
    before, measures = measures_of(last.scenario, last.policy), measures_of(scenario, policy)
    if before["policy"].tolist() != measures["policy"].tolist():
        return compile_model(scenario, policy)
    if before["measure"].tolist() != measures["measure"].tolist():
        return compile_model(scenario, policy)
    response = responses_of(scenario, policy)
    scales = tuple(measures.loc[measures["kind"].isin(list(KINDS)), "scales"])
    network = replace(last.rule.network, danger=response.danger)
    departures = replace(last.rule.departures, response=response)
    rule = replace(last.rule, network=network, departures=departures)
    factors = replace(last.measures, scales=scales)
    return replace(last, scenario=scenario, policy=policy, measures=factors, rule=rule)


def _same_ground(one: Scenario, other: Scenario) -> bool:
    same = all(table is one.tables.get(name) for name, table in other.tables.items())
    return same and one.settings.health == other.settings.health

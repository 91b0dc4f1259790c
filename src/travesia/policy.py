"""Policies: which measures are in force under a policy, and how a policy scales those of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from travesia.errors import UsageError, nearest
from travesia.scenario import Number, Response, Scenario

RESPONSES = ("none", "low", "high", "drawn")


def measures_of(scenario: Scenario, policy: str) -> pd.DataFrame:
    """The measures of a policy, or of several joined by `+`, with a column `scales` (numbers or parameter names).

    A policy and all it includes are in force together, each once: their measures, less what any of them switches
    off, with every scale that any of them or of their responses gives. Raises UsageError for a policy the scenario
    does not have.
    """
    known, in_force = scenario.settings.policies, in_force_with(scenario, policy)
    off = {measure for name in in_force for measure in known[name].off}
    table = scenario.measures
    table = table[table["policy"].isin(in_force) & ~table["measure"].isin(off)].reset_index(drop=True)
    given = [scale for name in in_force for scale in (known[name].scale, known[name].response.scale)]
    scales: list[Any] = [
        tuple(scale[measure] for scale in given if scale.get(measure, 1) != 1) for measure in table["measure"]
    ]
    return table.assign(scales=scales)


def in_force_with(scenario: Scenario, policy: str) -> list[str]:
    """The policies in force under a policy, or several joined by `+`: themselves and all they include, each once.

    Raises UsageError for a policy the scenario does not have.
    """
    known = scenario.settings.policies
    in_force: list[str] = []
    wanted = policy.split("+")
    while wanted:
        name = wanted.pop(0)
        if name not in known:
            raise UsageError(
                f"policy {name!r} is not in scenario {scenario.name!r}; {nearest(name, list(known))}"
            )
        if name not in in_force:
            in_force.append(name)
            wanted += known[name].include
    return in_force


@dataclass(frozen=True)
class Responses:
    """The factors of every policy in force (numbers or parameter names); they multiply.

    scale : those on measures, which `measures_of` gives too.
    """

    departures: tuple[Number, ...] = ()
    smuggled: tuple[Number, ...] = ()
    danger: tuple[Number, ...] = ()
    scale: tuple[tuple[str, Number], ...] = ()


def responses_of(scenario: Scenario, policy: str) -> Responses:
    """How people respond to a policy, or to several joined by `+`.

    Raises UsageError for a policy the scenario does not have.
    """
    found = [scenario.settings.policies[name].response for name in in_force_with(scenario, policy)]
    return Responses(
        departures=tuple(one.departures for one in found if one.departures != 1),
        smuggled=tuple(one.smuggled for one in found if one.smuggled != 1),
        danger=tuple(one.danger for one in found if one.danger != 1),
        scale=tuple(pair for one in found for pair in one.scale.items() if pair[1] != 1),
    )


def with_response(scenario: Scenario, response: str) -> Scenario:
    """A copy in which people respond to policies in one given way.

    response : none; low or high (every factor at that end of its prior: the ends of uniform and triangular, the 5 %
    and 95 % points of the others; a factor that is a plain number stays); or drawn (as the scenario has it).
    Raises UsageError for another word.
    """
    if response not in RESPONSES:
        raise UsageError(f"no response {response!r}; {nearest(response, RESPONSES)}")
    if response == "drawn":
        return scenario

    def fixed(factor: Number) -> Number:
        if response == "none":
            return 1.0
        parameter = scenario.settings.parameters.get(factor) if isinstance(factor, str) else None
        if parameter is None:
            return factor
        return getattr(parameter.prior, response) if parameter.prior else parameter.value

    policies = {
        name: policy.model_copy(
            update={
                "response": Response(
                    departures=fixed(policy.response.departures),
                    smuggled=fixed(policy.response.smuggled),
                    danger=fixed(policy.response.danger),
                    scale={measure: fixed(factor) for measure, factor in policy.response.scale.items()},
                )
            }
        )
        for name, policy in scenario.settings.policies.items()
    }
    return scenario.with_settings(scenario.settings.model_copy(update={"policies": policies}))

"""Which assumptions move each number most: central runs with one parameter at a time at the ends of its prior."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from travesia.engine import Engine
from travesia.ensemble import Done, Job, result_of
from travesia.errors import UsageError
from travesia.headlines import Headline, headlines, totals
from travesia.model import compile_model
from travesia.parameters import TAIL, medians, quantile
from travesia.policy import measures_of, responses_of
from travesia.scenario import Scenario
from travesia.workers import map_batches

COLUMNS = ("quantity", "parameter", "low", "high", "base", "at_low", "at_high", "span")


@dataclass(frozen=True, eq=False)
class Tornado:
    """How far each parameter moves each number.

    scenario, policy : what was run. effects : one row per quantity and uncertain parameter, those that move a
    quantity most first: low and high are the 5 % and 95 % points of its prior, at_low and at_high the number there,
    base the number at the medians, span the distance between the least and the greatest of the three. titles : of
    the quantities, in their order.
    """

    scenario: Scenario
    policy: str
    effects: pd.DataFrame
    titles: dict[str, str]

    def movers(self, quantity: str, *, most: int) -> pd.DataFrame:
        """The parameters that move a quantity at all, the strongest first.

        quantity : a key of `titles`. most : how many at most. Raises UsageError for an unknown quantity.
        """
        if quantity not in self.titles:
            raise UsageError(f"no quantity {quantity!r}; they are {', '.join(self.titles)}")
        own = self.effects[(self.effects["quantity"] == quantity) & (self.effects["span"] > 0)]
        return own.head(most)

    def json(self) -> dict[str, Any]:
        """All that was found, ready for JSON."""
        return {
            "scenario": self.scenario.name,
            "policy": self.policy,
            "tornado": self.effects.to_dict("records"),
        }


@dataclass(frozen=True)
class _Task:
    """One central run: a parameter at a value (none at all for the medians)."""

    parameter: str
    end: str
    value: float = 0.0


def tornado(
    scenario: Scenario,
    *,
    policy: str = "actual",
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Tornado:
    """Central runs with each uncertain parameter at the 5 % and the 95 % point of its prior, the others at medians.

    policy : as `simulate` takes it. workers : processes; with more than one, a script must guard its entry point.
    progress : called with runs done and in all. Raises UsageError where no parameter has a prior or the policy is
    unknown, and what `simulate` raises.
    """
    uncertain = {name: p.prior for name, p in scenario.settings.parameters.items() if p.prior is not None}
    if not uncertain:
        raise UsageError(f"no parameter of scenario {scenario.name!r} has a prior, so none can move anything")
    used = parameters_used(scenario, policy)
    tasks = [_Task("", "base")]
    ends: dict[str, tuple[float, float]] = {}
    for name, prior in uncertain.items():
        low, high = (float(x) for x in quantile(prior, np.array([TAIL, 1 - TAIL])))
        ends[name] = (low, high)
        if name in used:
            tasks += [_Task(name, "low", low), _Task(name, "high", high)]
    found: dict[tuple[str, str], pd.Series[float]] = {}
    with closing(
        map_batches(_begin, Job(scenario, policy, 0, True), tasks, workers=min(workers, len(tasks)))
    ) as runs:
        for key, numbers in runs:
            found[key] = numbers
            if progress:
                progress(len(found), len(tasks))
    rows = []
    chosen = _modelled(scenario)
    for headline in chosen:
        base = float(found["", "base"][headline.name])
        own: list[tuple[str, str, float, float, float, float, float, float]] = []
        for name, (low, high) in ends.items():
            at_low, at_high = (
                float(found[name, end][headline.name]) if name in used else base for end in ("low", "high")
            )
            span = max(base, at_low, at_high) - min(base, at_low, at_high)
            told = (round(base, 6), round(at_low, 6), round(at_high, 6), round(span, 6))
            own.append((headline.name, name, low, high, *told))
        rows += sorted(own, key=lambda row: (-row[-1], row[1]))
    return Tornado(
        scenario, policy, pd.DataFrame(rows, columns=list(COLUMNS)), {h.name: h.title for h in chosen}
    )


def parameters_used(scenario: Scenario, policy: str) -> set[str]:
    """The parameters that a run under a policy can depend on: not those of other policies, or of health that is off.

    Raises UsageError for an unknown policy.
    """
    settings = scenario.settings
    in_force = measures_of(scenario, policy)
    tables = [in_force, *(table for name, table in scenario.tables.items() if name != "measures")]
    cells = {str(cell) for table in tables for column in table for cell in table[column].unique()}
    sections = (settings.movement, settings.groups, settings.disease, responses_of(scenario, policy))
    words = re.findall(r"\w+", " ".join([*sorted(cells), *(repr(section) for section in sections)]))
    return set(words) & set(settings.parameters)


def _begin(job: Job) -> Callable[[_Task], tuple[tuple[str, str], pd.Series[float]]]:
    """What runs tasks in this process: one model, compiled once, at other values of its parameters."""
    settings = job.scenario.settings
    engine, chosen = Engine(compile_model(job.scenario, job.policy)), _modelled(job.scenario)

    def run(task: _Task) -> tuple[tuple[str, str], pd.Series[float]]:
        values = medians(settings) | ({task.parameter: task.value} if task.parameter else {})
        records, seconds = engine.replicate(values, seed=0, replicate=0, expected=True)
        arrays = {name: array[np.newaxis] for name, array in records.items()}
        done = Done((0,), arrays, np.array([list(values.values())]), 0.0, seconds)
        result = result_of(engine.model, job, [done])
        return (task.parameter, task.end), totals(result, chosen).iloc[0]

    return run


def _modelled(scenario: Scenario) -> list[Headline]:
    return [headline for headline in headlines(scenario) if headline.modelled]

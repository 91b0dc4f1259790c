"""Which assumptions move each number most: central runs with one parameter at a time at the ends of its prior."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.headlines import headlines, totals
from travesia.parameters import TAIL, quantile
from travesia.policy import measures_of
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

    scenario: Scenario
    policy: str
    parameter: str
    end: str


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
    measures_of(scenario, policy)
    tasks = [_Task(scenario, policy, "", "base")]
    ends: dict[str, tuple[float, float]] = {}
    for name, prior in uncertain.items():
        low, high = (float(x) for x in quantile(prior, np.array([TAIL, 1 - TAIL])))
        ends[name] = (low, high)
        tasks += [
            _Task(_fixed(scenario, name, value), policy, name, end)
            for end, value in (("low", low), ("high", high))
        ]
    found: dict[tuple[str, str], pd.Series[float]] = {}
    with closing(map_batches(_begin, None, tasks, workers=min(workers, len(tasks)))) as runs:
        for key, numbers in runs:
            found[key] = numbers
            if progress:
                progress(len(found), len(tasks))
    rows = []
    chosen = [h for h in headlines(scenario) if h.modelled]
    for headline in chosen:
        base = float(found["", "base"][headline.name])
        own: list[tuple[str, str, float, float, float, float, float, float]] = []
        for name, (low, high) in ends.items():
            at_low, at_high = (float(found[name, end][headline.name]) for end in ("low", "high"))
            span = max(base, at_low, at_high) - min(base, at_low, at_high)
            told = (round(base, 6), round(at_low, 6), round(at_high, 6), round(span, 6))
            own.append((headline.name, name, low, high, *told))
        rows += sorted(own, key=lambda row: (-row[-1], row[1]))
    return Tornado(
        scenario, policy, pd.DataFrame(rows, columns=list(COLUMNS)), {h.name: h.title for h in chosen}
    )


def _fixed(scenario: Scenario, name: str, value: float) -> Scenario:
    """A copy in which a parameter has a value and no prior."""
    parameter = scenario.settings.parameters[name].model_copy(update={"value": value, "prior": None})
    parameters = {**scenario.settings.parameters, name: parameter}
    return scenario.with_settings(scenario.settings.model_copy(update={"parameters": parameters}))


def _begin(_: None) -> Callable[[_Task], tuple[tuple[str, str], pd.Series[float]]]:
    return _run


def _run(task: _Task) -> tuple[tuple[str, str], pd.Series[float]]:
    result = simulate(task.scenario, expected=True, policy=task.policy)
    chosen = [h for h in headlines(task.scenario) if h.modelled]
    return (task.parameter, task.end), totals(result, chosen).iloc[0]

"""Simulate and forecast forced migration under policy.

    from travesia import check, read_scenario, simulate

    caravan = read_scenario("caravan-2021")
    print(check(caravan))
    result = simulate(caravan, replicates=200, seed=1)
    result.quantiles("returned_so_far")

The public names are imported when they are first used, so that `import travesia` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from travesia.comparison import Comparison, compare
    from travesia.ensemble import simulate
    from travesia.errors import Problem, ScenarioError, StoreError, TravesiaError, UsageError
    from travesia.folder import check, read_scenario, write_scenario
    from travesia.forecasting.benchmark import benchmark
    from travesia.forecasting.forecast import Forecast, forecast
    from travesia.longrun import merge, run_to
    from travesia.model import describe
    from travesia.overrides import override
    from travesia.planning import needs
    from travesia.result import Result
    from travesia.runplan import plan_of
    from travesia.scenario import Scenario
    from travesia.score import scores
    from travesia.sensitivity import Tornado, tornado
    from travesia.store import read_run, read_summary, replay_info, verify_run, write_run
    from travesia.summary import Summary
    from travesia.sweeping import Sweep, sweep

_HOME = {
    "Comparison": "comparison",
    "Forecast": "forecasting.forecast",
    "Problem": "errors",
    "Result": "result",
    "Scenario": "scenario",
    "ScenarioError": "errors",
    "StoreError": "errors",
    "Summary": "summary",
    "Sweep": "sweeping",
    "Tornado": "sensitivity",
    "TravesiaError": "errors",
    "UsageError": "errors",
    "benchmark": "forecasting.benchmark",
    "check": "folder",
    "compare": "comparison",
    "describe": "model",
    "forecast": "forecasting.forecast",
    "merge": "longrun",
    "needs": "planning",
    "override": "overrides",
    "plan_of": "runplan",
    "read_run": "store",
    "read_scenario": "folder",
    "read_summary": "store",
    "replay_info": "store",
    "run_to": "longrun",
    "scores": "score",
    "simulate": "ensemble",
    "sweep": "sweeping",
    "tornado": "sensitivity",
    "verify_run": "store",
    "write_run": "store",
    "write_scenario": "folder",
}

__all__ = [
    "Comparison",
    "Forecast",
    "Problem",
    "Result",
    "Scenario",
    "ScenarioError",
    "StoreError",
    "Summary",
    "Sweep",
    "Tornado",
    "TravesiaError",
    "UsageError",
    "benchmark",
    "check",
    "compare",
    "describe",
    "forecast",
    "merge",
    "needs",
    "override",
    "plan_of",
    "read_run",
    "read_scenario",
    "read_summary",
    "replay_info",
    "run_to",
    "scores",
    "simulate",
    "sweep",
    "tornado",
    "verify_run",
    "write_run",
    "write_scenario",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("travesia")
    if name not in _HOME:
        raise AttributeError(f"module 'travesia' has no attribute {name!r}")
    return getattr(import_module(f"travesia.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])

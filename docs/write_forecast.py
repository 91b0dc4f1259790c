"""Learn the prior of the forecasts and record the benchmark: `python docs/write_forecast.py CASES`.

CASES is a folder of Flee folders. Writes src/travesia/data/forecast_prior.csv from the whole record of each case (a
case is forecast by the others' alone), then docs/benchmark-cases.csv, docs/benchmark-skill.csv and
docs/images/benchmark.png.
"""

from __future__ import annotations

import sys
from pathlib import Path

from travesia.folder import read_scenario
from travesia.forecasting.ahead import error_ratios
from travesia.forecasting.benchmark import benchmark
from travesia.forecasting.plot import benchmark_figure, picture_bytes
from travesia.forecasting.prior import FILE, prior_table
from travesia.forecasting.signals import past_on
from travesia.scenario import Scenario
from travesia.tables import csv_bytes

DOCS = Path(__file__).resolve().parent


def learn(scenarios: list[Scenario]) -> None:
    """Write the prior."""
    learnt = {
        (one.name, one.settings.start): error_ratios(past_on(one, one.settings.days - 1)) for one in scenarios
    }
    FILE.write_text(prior_table(learnt).to_csv(index=False, lineterminator="\n"), encoding="utf-8")


def record(scenarios: list[Scenario]) -> None:
    """Write the benchmark's tables and picture."""
    found = benchmark(scenarios, tell=lambda done, whole: print(f"\r{done}/{whole}", end="", file=sys.stderr))
    (DOCS / "benchmark-cases.csv").write_bytes(csv_bytes(found.cases.round(4)))
    (DOCS / "benchmark-skill.csv").write_bytes(csv_bytes(found.skill.round(4)))
    (DOCS / "images" / "benchmark.png").write_bytes(picture_bytes(benchmark_figure(found)))


if __name__ == "__main__":
    folders = sorted(path for path in Path(sys.argv[1]).iterdir() if (path / "input_csv").is_dir())
    cases = [read_scenario(str(folder)) for folder in folders]
    learn(cases)
    record(cases)

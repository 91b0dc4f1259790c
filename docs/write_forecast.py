"""Learn the prior of the forecasts and record the benchmark: `python docs/write_forecast.py [CASES]`.

CASES is a folder of Flee folders; without it the page is written from what was recorded. Writes
src/travesia/data/forecast_prior.csv from the whole record of each case (a case is forecast by the others' alone), then
docs/benchmark-cases.csv, docs/benchmark-skill.csv, docs/images/benchmark.png and the measured part of docs/forecast.md.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from travesia.captions import png
from travesia.folder import read_scenario
from travesia.forecasting.ahead import error_ratios, typical_errors
from travesia.forecasting.benchmark import benchmark
from travesia.forecasting.plot import benchmark_figure
from travesia.forecasting.prior import ERRORS, FILE, errors_table, prior_table
from travesia.forecasting.signals import past_on
from travesia.scenario import Scenario
from travesia.tables import csv_bytes

DOCS = Path(__file__).resolve().parent
SHOWN = ("ARD", "MASE", "log-CRPS", "energy", "tail", "inside 50 %", "inside 80 %", "inside 95 %")


def learn(scenarios: list[Scenario]) -> None:
    """Write the prior."""
    wholes = {(one.name, one.settings.start): past_on(one, one.settings.days - 1) for one in scenarios}
    ratios = {case: error_ratios(past) for case, past in wholes.items()}
    errors = {case: typical_errors(past) for case, past in wholes.items()}
    FILE.write_text(prior_table(ratios).to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    ERRORS.write_text(errors_table(errors).to_csv(index=False, lineterminator="\n"), encoding="utf-8")


def record(scenarios: list[Scenario]) -> None:
    """Write the benchmark's tables and picture."""
    found = benchmark(scenarios, tell=lambda done, whole: print(f"\r{done}/{whole}", end="", file=sys.stderr))
    (DOCS / "benchmark-cases.csv").write_bytes(csv_bytes(found.cases.round(4)))
    (DOCS / "benchmark-skill.csv").write_bytes(csv_bytes(found.skill.round(4)))
    (DOCS / "images" / "benchmark.png").write_bytes(png(benchmark_figure(found)))


def measured(cases: pd.DataFrame, skill: pd.DataFrame) -> str:
    """What the page says of the benchmark: scaled CRPS by case, skill, coverage. cases, skill : as recorded."""
    lines = []
    for horizon, rows in cases.groupby("horizon", sort=True):
        wide = rows.pivot(index="method", columns="case", values="scaled_crps")
        wide = wide.assign(mean=wide.mean(axis=1)).sort_values("mean")
        beaten = skill[skill["horizon"] == horizon].set_index("against")
        heads = [
            f"{horizon} days ahead: scaled CRPS",
            *wide.columns,
            "skill of the model (90 %)",
            "better in",
        ]
        lines += ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
        for method, values in wide.iterrows():
            best = [f"**{v:.3f}**" if v == wide[name].min() else f"{v:.3f}" for name, v in values.items()]
            against = ["", ""]
            if method in beaten.index:
                row = beaten.loc[method]
                against = [
                    f"{row['skill']:.2f} ({row['low']:.2f} to {row['high']:.2f})",
                    f"{row['better']:.0f} of {row['cases']:.0f}",
                ]
            lines.append("| " + " | ".join([str(method), *best, *against]) + " |")
        lines.append("")
    lines += ["| all horizons | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    for method, rows in cases.groupby("method", sort=True):
        shown = [
            f"{rows[name].mean():.3f}" for name in ("ard", "mase", "log_crps", "scaled_energy", "scaled_tail")
        ]
        pooled = [
            f"{100 * (rows[f'cover{q}'] * rows['forecasts']).sum() / rows['forecasts'].sum():.0f} %"
            for q in (50, 80, 95)
        ]
        lines.append("| " + " | ".join([str(method), *shown, *pooled]) + " |")
    return "\n".join(lines)


def page(text: str) -> str:
    """docs/forecast.md with the measured part as recorded. text : as it stands."""
    cases, skill = (pd.read_csv(DOCS / f"benchmark-{name}.csv") for name in ("cases", "skill"))
    part = f"<!-- measured -->\n{measured(cases, skill)}\n<!-- end -->"
    return re.sub(r"<!-- measured -->.*<!-- end -->", lambda _: part, text, flags=re.DOTALL)


if __name__ == "__main__":
    if sys.argv[1:]:
        folders = sorted(path for path in Path(sys.argv[1]).iterdir() if (path / "input_csv").is_dir())
        cases = [read_scenario(str(folder)) for folder in folders]
        learn(cases)
        record(cases)
    PAGE = DOCS / "forecast.md"
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

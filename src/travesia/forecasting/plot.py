"""Pictures of forecasts and of the benchmark."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from travesia.captions import BLUE, GREY, plain_text, short, title_of
from travesia.forecasting.past import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from travesia.forecasting.benchmark import Benchmark
    from travesia.forecasting.forecast import Forecast

MOST_PLACES, COLUMNS = 12, 3


@plain_text()
def forecast_figure(found: Forecast) -> Figure:
    """Counts and forecast of each place, the largest first: median, 50, 80 and 95 % intervals."""
    from matplotlib.figure import Figure

    start = found.start
    shown = np.argsort(-found.past.last, kind="stable")[:MOST_PLACES]
    rows = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(11, 2.6 * rows + 0.9), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    dates = [start + timedelta(days=int(day)) for day in found.days]
    for axis, row in zip(axes.flat, shown, strict=False):
        series = found.past.series[row]
        axis.plot(
            [start + timedelta(days=int(day)) for day in series.days],
            series.people,
            ".-",
            color=GREY,
            lw=0.8,
            ms=3,
        )
        fan(axis, dates, found.members[row])
        tidy(axis, series.place)
    for axis in axes.flat[len(shown) :]:
        axis.axis("off")
    origin = start + timedelta(days=found.past.origin)
    left = len(found.past.series) - len(shown)
    more = f"; {left} further places are in forecast.csv" if left else ""
    title, days = short(title_of(found.scenario), 80), int(found.days[-1]) - found.past.origin
    figure.suptitle(
        f"{title}: known on {origin}, {days} days ahead\n"
        f"dots: counts; line and bands: median, 50, 80 and 95 %{more}",
        fontsize=10,
    )
    return figure


def fan(axis: Axes, dates: Any, members: Floats) -> None:
    """Median, 50, 80 and 95 % intervals by date. members : [date, member]."""
    for level, shade in ((0.95, 0.15), (0.8, 0.25), (0.5, 0.35)):
        low, high = np.quantile(members, [(1 - level) / 2, (1 + level) / 2], axis=1)
        axis.fill_between(dates, low, high, color=BLUE, alpha=shade, lw=0)
    axis.plot(dates, np.median(members, axis=1), color=BLUE, lw=1.2)


def tidy(axis: Axes, title: str) -> None:
    """Title and scale of a series."""
    from matplotlib.ticker import StrMethodFormatter

    axis.set_title(short(title, 30), fontsize=9)
    axis.set_ylim(bottom=0)
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.tick_params(labelsize=7)
    axis.tick_params(axis="x", rotation=30)
    axis.spines[["top", "right"]].set_visible(False)


@plain_text()
def benchmark_figure(found: Benchmark) -> Figure:
    """One page: scaled CRPS by case and method at each horizon, coverage, and the PIT of the model."""
    from matplotlib.figure import Figure

    from travesia.forecasting.methods import MODEL
    from travesia.forecasting.rolling import EVERY_DAYS

    horizons = sorted(found.cases["horizon"].unique())
    figure = Figure(figsize=(11, 8), layout="constrained")
    axes = figure.subplots(3, len(horizons), squeeze=False)
    for column, horizon in enumerate(horizons):
        rows = found.cases[found.cases["horizon"] == horizon]
        wide = rows.pivot(index="case", columns="method", values="scaled_crps")
        wide.loc["mean"] = wide.mean()
        names = [MODEL, *[name for name in wide if name != MODEL]]
        place = np.arange(len(wide))
        for k, name in enumerate(names):
            axes[0, column].plot(
                wide[name],
                place + 0.05 * (k - len(names) / 2),
                "o" if name == MODEL else ".",
                label=name,
                ms=6 if name == MODEL else 5,
                color=BLUE if name == MODEL else f"C{k}",
            )
        axes[0, column].set_yticks(place, list(wide.index), fontsize=7)
        axes[0, column].set_title(f"{horizon} days: scaled CRPS", fontsize=9)
        axes[0, column].set_xlim(left=0)
        total = rows.assign(**{f"n{q}": rows[f"cover{q}"] * rows["forecasts"] for q in (50, 80, 95)})
        grouped = total.groupby("method")[["forecasts", "n50", "n80", "n95"]].sum()
        for k, name in enumerate(names):
            shares = [grouped.loc[name, f"n{q}"] / grouped.loc[name, "forecasts"] for q in (50, 80, 95)]
            axes[1, column].plot(
                [50, 80, 95],
                [100 * share for share in shares],
                "o-" if name == MODEL else ".:",
                color=BLUE if name == MODEL else f"C{k}",
                lw=1,
            )
        axes[1, column].plot([50, 95], [50, 95], color=GREY, lw=0.6)
        axes[1, column].set_title("coverage, % of counts inside", fontsize=9)
        pit = found.pits[(found.pits["horizon"] == horizon) & (found.pits["method"] == MODEL)]["pit"]
        axes[2, column].hist(
            pit, bins=10, range=(0, 1), color=BLUE, weights=np.full(len(pit), 10 / max(len(pit), 1))
        )
        axes[2, column].axhline(1, color=GREY, lw=0.6)
        axes[2, column].set_title("the model's PIT (flat is calibrated)", fontsize=9)
    axes[0, 0].legend(fontsize=6, loc="best")
    for axis in axes.flat:
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"Benchmark, {found.track}: rolling origins every {EVERY_DAYS} days", fontsize=11)
    return figure

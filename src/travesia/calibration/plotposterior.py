"""Pictures of a posterior: prior beside posterior, figures beside what was to be expected, and its forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from travesia.calibration.discrepancy import HYPER, hyper_at
from travesia.calibration.priors import sobol_normal
from travesia.captions import BLUE, DPI, GREY, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from travesia.calibration.outlook import Outlook
    from travesia.calibration.posterior import Posterior

MOST_UNKNOWNS, MOST_SERIES, COLUMNS = 16, 12, 4
BINS = 30


def posterior_figure(found: Posterior) -> Figure:
    """Prior (grey) and posterior (blue) of the unknowns that were learnt most about."""
    table = found.diagnostics.sort_values("learnt", ascending=False, kind="stable").head(MOST_UNKNOWNS)
    figure, axes = _grid(len(table))
    points = sobol_normal(1024, len(found.unknowns), seed=found.seed)
    prior = {one.name: one.at(points[:, k]) for k, one in enumerate(found.unknowns)}
    scatter = hyper_at(sobol_normal(1024, len(HYPER), seed=found.seed))
    prior |= {name: scatter[:, k] for k, name in enumerate(HYPER)}
    for axis, row in zip(axes, table.to_dict("records"), strict=False):
        name = str(row["parameter"])
        low, high = np.quantile(prior[name], [0.005, 0.995])
        edges = np.linspace(low, high, BINS + 1)
        axis.hist(np.clip(prior[name], low, high), edges, density=True, color=GREY, alpha=0.45)
        axis.hist(np.clip(found.values[name], low, high), edges, density=True, color=BLUE, alpha=0.6)
        axis.set_title(short(name, 28), fontsize=8)
        axis.set_yticks([])
    left = len(found.diagnostics) - len(table)
    more = f"; {left} others in diagnostics.csv" if left > 0 else ""
    return _titled(figure, found, f"prior grey, posterior blue; figures up to {found.until}{more}")


def fit_figure(found: Posterior) -> Figure:
    """Figures of each series beside what was to be expected, given the figures before, and the runs alone."""
    table = found.fit.assign(label=found.fit["place"].where(found.fit["place"] != "", found.fit["quantity"]))
    shown = table.groupby("label")["reported"].max().sort_values(ascending=False).index[:MOST_SERIES]
    figure, axes = _grid(len(shown))
    for axis, label in zip(axes, shown, strict=False):
        own = table[table["label"] == label]
        axis.fill_between(own["date"], own["ahead_low90"], own["ahead_high90"], color=BLUE, alpha=0.25, lw=0)
        axis.plot(own["date"], own["run_median"], color=BLUE, lw=1)
        axis.plot(own["date"], own["reported"], ".", color="black", ms=4)
        _tidy(axis, label)
    return _titled(
        figure, found, "dots: figures; line: median run; band: 90 % expected given the figures before"
    )


def outlook_figure(found: Outlook) -> Figure:
    """Figures and forecast of each series, the largest first: median, 50, 80 and 95 %."""
    known, targets, posterior = found.known, found.targets, found.posterior
    start = np.datetime64(found.scenario.settings.start)
    size = [known.value[known.row == k].max() for k in range(len(known.series))]
    shown = np.argsort(-np.array(size), kind="stable")[:MOST_SERIES]
    figure, axes = _grid(len(shown))
    for axis, k in zip(axes, shown, strict=False):
        own, ahead = known.row == k, targets.row == k
        axis.plot(start + known.last[own], known.value[own], ".-", color=GREY, lw=0.8, ms=3)
        days, members = start + targets.last[ahead], found.members[:, ahead]
        for level, shade in ((0.95, 0.15), (0.8, 0.25), (0.5, 0.35)):
            low, high = np.quantile(members, [(1 - level) / 2, (1 + level) / 2], axis=0)
            axis.fill_between(days, low, high, color=BLUE, alpha=shade, lw=0)
        axis.plot(days, np.median(members, axis=0), color=BLUE, lw=1.2)
        _tidy(axis, known.series[k].label)
    left = len(known.series) - len(shown)
    more = f"; {left} further series are in forecast.csv" if left else ""
    told = f"known on {found.origin}, {found.days} days ahead; median, 50, 80 and 95 %{more}"
    return _titled(figure, posterior, told)


def _grid(count: int) -> tuple[Figure, list[Any]]:
    from matplotlib.figure import Figure

    rows = max(1, -(-count // COLUMNS))
    figure = Figure(figsize=(12, 2.1 * rows + 0.8), dpi=DPI, layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel().tolist()
    for axis in axes[count:]:
        axis.axis("off")
    for axis in axes:
        axis.tick_params(labelsize=7)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _tidy(axis: Any, title: str) -> None:
    from matplotlib.ticker import StrMethodFormatter

    axis.set_title(short(title, 28), fontsize=8)
    axis.set_ylim(bottom=0)
    axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.tick_params(axis="x", rotation=30)


def _titled(figure: Figure, found: Posterior, words: str) -> Figure:
    title = found.scenario.settings.title.get("en") or found.scenario.name
    figure.suptitle(f"{short(title, 90)}\n{words}", fontsize=10)
    return figure

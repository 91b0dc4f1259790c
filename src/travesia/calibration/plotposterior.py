"""Pictures of a posterior: prior beside posterior, figures beside what was to be expected, and how they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from travesia.calibration.discrepancy import HYPER, hyper_at
from travesia.calibration.priors import sobol_normal
from travesia.captions import BLUE, DPI, GREY, plain_text, short, title_of
from travesia.forecasting.plot import tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from travesia.calibration.posterior import Posterior

MOST_UNKNOWNS, MOST_SERIES, COLUMNS = 16, 12, 4
BINS = 30


@plain_text()
def posterior_figure(found: Posterior) -> Figure:
    """Prior (grey) and posterior (blue) of the unknowns that were learnt most about."""
    table = found.diagnostics.sort_values("learnt", ascending=False, kind="stable").head(MOST_UNKNOWNS)
    figure, axes = grid(len(table))
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
    return titled(figure, found, f"prior grey, posterior blue; figures up to {found.until}{more}")


@plain_text()
def fit_figure(found: Posterior) -> Figure:
    """Figures of each series beside what was to be expected, given the figures before, and the runs alone."""
    table = found.fit.assign(label=found.fit["place"].where(found.fit["place"] != "", found.fit["quantity"]))
    shown = table.groupby("label")["reported"].max().sort_values(ascending=False).index[:MOST_SERIES]
    figure, axes = grid(len(shown))
    for axis, label in zip(axes, shown, strict=False):
        own = table[table["label"] == label]
        axis.fill_between(own["date"], own["ahead_low90"], own["ahead_high90"], color=BLUE, alpha=0.25, lw=0)
        axis.plot(own["date"], own["run_median"], color=BLUE, lw=1)
        axis.plot(own["date"], own["reported"], ".", color="black", ms=4)
        tidy(axis, label)
    return titled(
        figure, found, "dots: figures; line: median run; band: 90 % expected given the figures before"
    )


def grid(count: int) -> tuple[Figure, list[Any]]:
    """Room for so many pictures, and the axes; those left over are blank."""
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


def titled(figure: Figure, found: Posterior, words: str) -> Figure:
    """The figure with the scenario's title and a line of words."""
    figure.suptitle(f"{short(title_of(found.scenario), 90)}\n{words}", fontsize=10)
    return figure

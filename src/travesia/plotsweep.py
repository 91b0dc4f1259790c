"""A picture of a sweep: indices of a Sobol' design, or each quantity against each factor."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from travesia.captions import BLUE, DPI, plain_text, short, title_of
from travesia.plotpolicies import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from travesia.sweeping import Sweep

MOST_QUANTITIES, MOST_FACTORS, MOST_BARS = 6, 4, 12
COLUMNS = 3


@plain_text()
def sweep_figure(found: Sweep) -> Figure:
    """Small multiples: total and first-order indices with 90 % intervals of a Sobol' design, or every point as a mean
    with its 90 % interval against each factor.

    found : of travesia.sweep. Shows the first quantities that vary, in the order of every table: harm to people first.
    """
    moved = [n for i, n in enumerate(found.titles) if np.ptp(found.totals[:, :, i].mean(axis=1)) > 0]
    shown = moved[:MOST_QUANTITIES]
    figure = _sobol(found, shown) if found.indices is not None else _points(found, shown)
    height = figure.get_figheight()
    title = title_of(found.scenario)
    figure.text(0.01, 1 - 0.22 / height, short(title, 95), fontsize=12, fontweight="bold", va="center")
    policy = "Over policies: " if "policy" in found.design.names else f"Policy {found.policy}: "
    what = (
        "share of the variance of each number that a factor explains"
        if found.indices is not None
        else ("each number at the points of the design")
    )
    figure.text(0.01, 1 - 0.5 / height, f"{policy}{what}", fontsize=9, va="center")
    told = (
        "Dark: total index, with interactions; light: first order, alone. Bars: 90 % bootstrap intervals, by SALib."
        if found.indices is not None
        else "Dots: means; lines: 90 % of the replicates."
        if found.replicates > 1
        else "Dots: single runs."
    )
    design = f"{found.design.kind}, {len(found.design.points):,} points"
    left = len(moved) - len(shown)
    more = f" {left} further quantities vary; points.csv has them all." if left else ""
    figure.text(
        0.01,
        0.12 / height,
        f"{told}{more}\nTravesía · {found.scenario.name} · {design} · {found.runs}",
        fontsize=7.5,
        color="#555555",
        va="bottom",
        linespacing=1.5,
    )
    if not shown:
        figure.text(0.5, 0.5, "No quantity varies over these points.", ha="center")
    return figure


def _figure(rows: int, columns: int, panel_height: float, panel_width: float) -> Figure:
    from matplotlib.figure import Figure

    bottom, top = 0.6, 0.75
    height, width = bottom + top + max(1, rows) * panel_height, max(9.0, columns * panel_width)
    figure = Figure(figsize=(width, height), dpi=DPI)
    figure.set_layout_engine("constrained", rect=(0.005, bottom / height, 0.985, 1 - (bottom + top) / height))
    return figure


def _sobol(found: Sweep, shown: list[str]) -> Figure:
    assert found.indices is not None
    bars = min(len(found.design.names), MOST_BARS)
    rows = -(-len(shown) // COLUMNS)
    figure = _figure(rows, COLUMNS, 0.8 + 0.3 * bars, 4.2)
    for number, name in enumerate(shown, start=1):
        axes = figure.add_subplot(rows, COLUMNS, number)
        own = found.indices[found.indices["quantity"] == name]
        _draw_bars(axes, own.nlargest(bars, "total", keep="all").head(bars))
        axes.set_title(fill(short(found.titles[name], 80), 42), loc="left", fontsize=9)
    return figure


def _draw_bars(axes: Axes, rows: pd.DataFrame) -> None:
    levels = np.arange(len(rows))
    for column, colour, shift in (("total", BLUE, -0.18), ("first_order", "#A6CBE3", 0.18)):
        values = rows[column].to_numpy()
        spread = [values - rows[f"{column}_low90"], rows[f"{column}_high90"] - values]
        axes.barh(levels + shift, values, height=0.34, color=colour)
        axes.errorbar(
            values, levels + shift, xerr=np.array(spread), fmt="none", ecolor="#333333", elinewidth=0.8
        )
    axes.set_yticks(levels, [short(str(name), 30) for name in rows["factor"]], fontsize=7.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.axvline(0, color="#555555", lw=0.8)
    _quiet(axes, "x")


def _points(found: Sweep, shown: list[str]) -> Figure:
    """Rows of quantities, columns of factors; colours tell policies, or the levels of another factor."""
    colour_by = _coloured(found)
    factors = [name for name in found.design.names if name != colour_by][:MOST_FACTORS]
    figure = _figure(len(shown), len(factors), 1.7, 3.6)
    table = found.points
    for row, name in enumerate(shown):
        own = table[table["quantity"] == name].reset_index(drop=True)
        for column, factor in enumerate(factors):
            axes = figure.add_subplot(len(shown), len(factors), row * len(factors) + column + 1)
            _draw_points(axes, own, factor, colour_by)
            if column == 0:
                axes.set_title(short(found.titles[name], 60), loc="left", fontsize=9)
            if row == len(shown) - 1:
                axes.set_xlabel(short(factor, 40), fontsize=8)
    if colour_by and shown:
        _legend(figure, own, colour_by)
    return figure


def _coloured(found: Sweep) -> str:
    """The factor that colours tell: policies, or the last factor with few levels, where there are several factors."""
    few = [name for name, values in found.factor_values.items() if len(np.unique(values)) <= len(COLOURS)]
    if len(found.design.names) == 1 or not few:
        return ""
    return "policy" if "policy" in few else few[-1]


def _draw_points(axes: Axes, rows: pd.DataFrame, factor: str, colour_by: str) -> None:
    at, names = _positions(rows[factor])
    levels = sorted(rows[colour_by].unique()) if colour_by else [None]
    step = float(np.min(np.diff(np.unique(at)))) if len(np.unique(at)) > 1 else 1.0
    for number, level in enumerate(levels):
        own = (rows[colour_by] == level).to_numpy() if colour_by else np.ones(len(rows), dtype=bool)
        part, colour = rows[own], COLOURS[number % len(COLOURS)]
        shift = (
            (number - (len(levels) - 1) / 2) * min(0.06, 0.5 / len(levels)) * step if len(levels) > 1 else 0.0
        )
        if "low90" in rows:
            axes.vlines(at[own] + shift, part["low90"], part["high90"], color=colour, lw=0.8, alpha=0.6)
        axes.plot(at[own] + shift, part["mean"], "o", ms=3, color=colour)
    if names:
        axes.set_xticks(range(len(names)), [short(name, 14) for name in names], fontsize=7.5)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    _quiet(axes, "y")


def _positions(values: pd.Series[Any]) -> tuple[Any, list[str]]:
    """Where the values of a factor stand on an axis, and their names where they are words."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float), []
    names = list(dict.fromkeys(str(value) for value in values))
    return np.array([names.index(str(value)) for value in values], dtype=float), names


def _legend(figure: Figure, rows: pd.DataFrame, colour_by: str) -> None:
    from matplotlib.lines import Line2D

    levels = sorted(rows[colour_by].unique())
    names = [f"{value:.4g}" if isinstance(value, float) else str(value) for value in levels]
    marks = [
        Line2D([], [], marker="o", ls="", ms=4, color=COLOURS[i % len(COLOURS)]) for i in range(len(names))
    ]
    figure.legend(
        marks,
        names,
        title=colour_by,
        loc="upper right",
        ncols=len(names),
        fontsize=7.5,
        title_fontsize=7.5,
        frameon=False,
    )


def _quiet(axes: Axes, across: str) -> None:
    """Thin axes, few numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if across == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(4))
    if across == "y":
        axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}" if abs(v) >= 10 else f"{v:.3g}"))
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x" if across == "x" else "y", color="#EBEBEB", lw=0.6)
    axes.set_axisbelow(True)

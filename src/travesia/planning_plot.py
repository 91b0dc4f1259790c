"""The picture of one place's needs over time."""

from __future__ import annotations

from math import ceil
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pandas as pd

from travesia.captions import BLUE, DPI, GREY, ORANGE, footer, headline, plain_text, short
from travesia.errors import UsageError, nearest
from travesia.planning import Needs
from travesia.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS, _MOST_PANELS = 3, 18
_PEOPLE = {"present": "People at night: beds", "arrivals_7_days": "Arrivals in the next 7 days"}
_GROUPS = {"child": ("children", "#D55E00"), "woman": ("women", "#009E73"), "family": ("families", "#CC79A7")}


@plain_text()
def needs_figure(found: Needs, result: Result, place: str) -> Figure:
    """Small multiples of what one place must provide: median, 50 % and 90 % bands, day by day.

    found : of `needs`, on all dates. result : it came from. place : its identifier. Raises UsageError where it has no
    needs.
    """
    from matplotlib.figure import Figure

    rows = found.daily[found.daily["place"] == place]
    if rows.empty:
        raise UsageError(f"nobody is ever at {place!r}; {nearest(place, sorted(set(found.daily['place'])))}")
    panels = [
        *_PEOPLE,
        *(n for n in dict.fromkeys(found.indicators["indicator"]) if not _is_people(found, n)),
    ]
    panels = panels[:_MOST_PANELS]
    lines = ceil(len(panels) / _COLUMNS)
    height = 0.95 + 2.1 * lines
    figure = Figure(figsize=(11.7, height), dpi=DPI)
    figure.set_layout_engine("constrained", rect=(0.005, 0.5 / height, 0.985, 1 - 0.95 / height))
    capacity = float(found.places.loc[found.places["place"] == place, "capacity"].iloc[0])
    for number, name in enumerate(panels, start=1):
        axes = figure.add_subplot(lines, _COLUMNS, number)
        own = rows[rows["quantity"] == name]
        _draw(axes, own[own["who"].isin(["person"])] if name in _PEOPLE else own, _title(name, own))
        if name in _PEOPLE:
            _draw_groups(axes, own)
        if name == "present" and capacity == capacity:
            axes.axhline(
                capacity, color=ORANGE, lw=1.4, ls="--"
            )  # above the picture where it is far from full
        axes.set_xlim(rows["date"].min(), rows["date"].max())
    title = short(f"{rows['name'].iloc[0]}: needs — {headline(result)}", 110)
    figure.text(0.01, 1 - 0.22 / height, title, fontsize=12, fontweight="bold", va="center")
    figure.legend(
        handles=_handles(rows, central=found.central, capacity=capacity), loc="lower left",
        bbox_to_anchor=(0.005, 0.24 / height), ncols=8, frameon=False, fontsize=8, borderaxespad=0.0,
    )  # fmt: skip
    foot = footer(result, width=11.7, reporters=False)
    figure.text(0.01, 0.1 / height, foot, fontsize=7, color=GREY, va="bottom")
    return figure


def _is_people(found: Needs, name: str) -> bool:
    """Whether an indicator is one for each person, which the first panel shows."""
    rows = found.indicators[found.indicators["indicator"] == name]
    return len(rows) == 1 and rows["per"].iloc[0] == "person" and rows["amount"].iloc[0] == 1.0


def _title(name: str, own: pd.DataFrame) -> str:
    if name in _PEOPLE:
        return _PEOPLE[name]
    words, unit = name.replace("_", " "), own["unit"].iloc[0]
    return words.capitalize() + ("" if unit == words else f" ({unit})")


def _draw(axes: Axes, rows: pd.DataFrame, title: str) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    rows = rows.sort_values("date")
    days = rows["date"].dt.to_pydatetime()
    axes.fill_between(days, rows["low90"], rows["high90"], color=BLUE, alpha=0.18, lw=0)
    axes.fill_between(days, rows["low50"], rows["high50"], color=BLUE, alpha=0.32, lw=0)
    axes.plot(days, rows["median"], color=BLUE, lw=1.6)
    axes.set_title(fill(title, 46), loc="left", fontsize=9)
    locator = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.10g}"))
    axes.tick_params(labelsize=8)
    axes.xaxis.get_offset_text().set_fontsize(8)
    axes.set_ylim(0, axes.get_ylim()[1] if (rows["high90"] > 0).any() else 1)
    if not (rows[["median", "high90"]] > 0).any(axis=None):
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", color=GREY, fontsize=9)
    axes.margins(x=0.02)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#EBEBEB", lw=0.6)
    axes.set_axisbelow(True)


def _draw_groups(axes: Axes, own: pd.DataFrame) -> None:
    """Medians of children, women and families."""
    for who, (_, colour) in _GROUPS.items():
        rows = own[own["who"] == who].sort_values("date")
        if len(rows):
            axes.plot(rows["date"].dt.to_pydatetime(), rows["median"], color=colour, lw=1.2)


def _handles(rows: pd.DataFrame, *, central: bool, capacity: float) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Line2D([], [], color=BLUE, lw=1.6, label="central run" if central else "median")]
    if central and (rows["high50"] > rows["low50"]).any():
        handles.append(Patch(color=BLUE, alpha=0.45, lw=0, label="range of the amount (indicators)"))
    if not central:
        handles.append(Patch(color=BLUE, alpha=0.45, lw=0, label="50 % of runs"))
        handles.append(Patch(color=BLUE, alpha=0.18, lw=0, label="90 % of runs"))
    there = set(rows["who"])
    median = "" if central else " (median)"
    for who, (words, colour) in _GROUPS.items():
        if who in there:
            handles.append(Line2D([], [], color=colour, lw=1.2, label=f"{words}{median}"))
    if capacity == capacity:
        handles.append(Line2D([], [], color=ORANGE, lw=1.4, ls="--", label=f"capacity {capacity:,.0f}"))
    return handles

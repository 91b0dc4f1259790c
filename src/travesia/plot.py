"""Pictures of a run: the map of the corridor, and the quantities against what was reported.

Figures are made with matplotlib's objects alone, so nothing global changes and no display is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from travesia.captions import BLUE, DPI, GREY, footer, headline, plain_text, png, short
from travesia.errors import UsageError, nearest
from travesia.figures import observations, observed_places
from travesia.plotmap import map_figure
from travesia.result import Result
from travesia.summary import QUANTILES, Summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_REPORTERS = ("#D55E00", "#000000", "#009E73", "#CC79A7", "#E69F00", "#661100")  # none that is lost on blue
_MARKERS = "osD^vPX<>phd"
_MOST_REPORTERS, _MOST_PANELS = 12, 24


@plain_text()
def series_figure(found: Result | Summary, names: Sequence[str] | None = None) -> Figure:
    """Small multiples of quantities: median, 50 % and 90 % bands, and what was reported by whom.

    found : a result or its summary. names : quantities or places; if None all quantities of the outputs and the places
    with observations, or else the fullest places. Raises UsageError for an unknown name.
    """
    from matplotlib.figure import Figure

    result = summarise(found, ("watched", "people"))
    panels = [_panel(result, name) for name in (names or _default_names(result))][:_MOST_PANELS]
    columns = 2 if len(panels) in (2, 4) else min(3, max(1, len(panels)))
    rows = max(1, ceil(len(panels) / columns))
    reporters = _reporters(panels)
    handles = _series_handles(reporters, central=result.mode == "expected")
    width = max(7.0, 3.9 * columns)
    legend_columns = int(width / 3.8)
    bottom, top = 0.45 + 0.2 * ceil(len(handles) / legend_columns), 0.45
    height = bottom + top + 2.4 * rows
    figure = Figure(figsize=(width, height), dpi=DPI)
    inside = (0.005, bottom / height, 0.985, 1 - (bottom + top) / height)
    figure.set_layout_engine("constrained", rect=inside)
    for number, panel in enumerate(panels, start=1):
        _draw_panel(figure.add_subplot(rows, columns, number), panel, reporters)
    if not panels:
        figure.text(0.5, 0.5, "Nothing is watched and nobody is at a place.", ha="center")
    figure.text(0.01, 1 - 0.22 / height, headline(result), fontsize=12, fontweight="bold", va="center")
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.005, 0.26 / height), ncols=legend_columns,
        frameon=False, fontsize=8, borderaxespad=0.0,
    )  # fmt: skip
    figure.text(0.01, 0.1 / height, footer(result, width=width), fontsize=7, color=GREY, va="bottom")
    return figure


def write_pictures(found: Result | Summary, folder: str | Path) -> list[Path]:
    """Write map.png and series.png (150 dpi) and return their paths.

    found : a result or its summary. folder : where; it is made if needed.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    figures = {path / "map.png": map_figure(found), path / "series.png": series_figure(found)}
    for file, figure in figures.items():
        file.write_bytes(png(figure, found.scenario))
    return list(figures)


@dataclass(frozen=True)
class _Panel:
    """One small chart: quantiles [5, day] at 5, 25, 50, 75, 95 %, and the figures reported."""

    title: str
    kind: str
    dates: pd.DatetimeIndex
    bands: np.ndarray[Any, Any]
    reported: pd.DataFrame


def _default_names(result: Summary) -> list[str]:
    names = [*result.scenario.settings.outputs.quantities, *observed_places(result.scenario)]
    if names:
        return names
    people = result.statistic("people").max("date")
    return [str(p) for p in people.sortby(-people)["place"].values[:9] if float(people.sel(place=p)) > 0]


def _panel(result: Summary, name: str) -> _Panel:
    quantities = result.scenario.settings.outputs.quantities
    places = [str(p) for p in result.data["place"].values]
    table = observations(result.scenario)
    if name in quantities:
        spec = quantities[name]
        watched = [series.quantity for series in result.watched()]
        number = watched.index(name)
        bands, kind = result.bands("watched", QUANTILES)[:, :, number], result.watched()[number].kind
        title = spec.title.get("en") or name.replace("_", " ").capitalize()
        table = table[table["quantity"] == name]
    elif name in places:
        bands, kind = result.bands("people", QUANTILES)[:, :, places.index(name)], "stock"
        row = result.scenario.places.set_index("place").loc[name]
        title = str(row["name"])
        table = table[(table["quantity"] == "present") & (table["place"] == name)]
    else:
        raise UsageError(f"no quantity or place is called {name!r}; {nearest(name, [*quantities, *places])}")
    return _Panel(title, kind, result.dates, bands, _comparable(table, kind, result.dates))


def _comparable(table: pd.DataFrame, kind: str, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """The figures that can stand on the curve: of its kind, or a flow over several days as its daily mean."""
    table = table[table["end"].between(dates[0], dates[-1])].copy()
    table["kind"] = table["kind"].where((table["kind"] != "stock") | (kind == "stock"), kind)
    whole = (table["kind"] == "flow") & (kind == "cumulative") & (table["date_from"] == dates[0])
    table = table[(table["kind"] == kind) | whole]
    if kind == "flow":
        days = (table["end"] - table["date_from"]).dt.days + 1
        table[["reported", "low", "high"]] = table[["reported", "low", "high"]].div(days, axis=0)
    elif kind == "cumulative":
        table["date_from"] = table["end"]
    return table.dropna(subset=["reported", "low", "high"], how="all")


def _reporters(panels: Sequence[_Panel]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each who reported, the most frequent first; further ones share the last."""
    named = [_who(panel.reported) for panel in panels]
    counts = pd.concat(named).value_counts() if named else pd.Series(dtype=int)
    first = sorted(counts.index, key=lambda who: (-int(counts[who]), who))
    styles = list(zip(_REPORTERS * 2, _MARKERS, strict=True))
    return {str(who): styles[min(i, _MOST_REPORTERS - 1)] for i, who in enumerate(first)}


def _who(reported: pd.DataFrame) -> pd.Series[str]:
    who = reported["reported_by"].where(reported["reported_by"] != "", reported["source"])
    return who.where(who != "", "reported")


def _draw_panel(axes: Axes, panel: _Panel, reporters: dict[str, tuple[str, str]]) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    days, low, low_half, median, high_half, high = panel.dates.to_pydatetime(), *panel.bands
    axes.fill_between(days, low, high, color=BLUE, alpha=0.18, lw=0)
    axes.fill_between(days, low_half, high_half, color=BLUE, alpha=0.32, lw=0)
    axes.plot(days, median, color=BLUE, lw=1.6)
    _draw_reported(axes, panel, reporters)
    axes.set_title(fill(short(panel.title, 88), 46), loc="left", fontsize=9)
    counted = {"flow": "people per day", "cumulative": "people so far", "stock": "people present"}[panel.kind]
    axes.set_ylabel(counted, fontsize=8, color=GREY)
    locator = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axes.tick_params(labelsize=8)
    axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    axes.xaxis.get_offset_text().set_fontsize(8)
    axes.margins(x=0.02)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#EBEBEB", lw=0.6)
    axes.set_axisbelow(True)


def _draw_reported(axes: Axes, panel: _Panel, reporters: dict[str, tuple[str, str]]) -> None:
    table = panel.reported.assign(who=_who(panel.reported))
    many = len(table) > 40
    for who, rows in table.groupby("who", sort=True):
        colour, marker = reporters[str(who)]
        middle = rows["date_from"] + (rows["end"] - rows["date_from"]) / 2
        axes.vlines(middle, rows["low"], rows["high"], color=colour, lw=1.6, alpha=0.8, zorder=4)
        for end in ("low", "high"):
            axes.plot(middle, rows[end], ls="", marker="_", ms=5, mec=colour, mew=1.6, alpha=0.8, zorder=4)
        value = rows["reported"].fillna((rows["low"] + rows["high"]) / 2)
        axes.hlines(value, rows["date_from"], rows["end"], color=colour, lw=1.6, alpha=0.8, zorder=4)
        size = 2.0 if many else 4.5
        face = colour if many else "white"
        axes.plot(
            middle, rows["reported"], ls="", marker=marker, ms=size, mec=colour, mfc=face, mew=1.2, zorder=5
        )


def _series_handles(reporters: dict[str, tuple[str, str]], *, central: bool) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [Line2D([], [], color=BLUE, lw=1.6, label="central run" if central else "median")]
    if not central:
        handles.append(Patch(color=BLUE, alpha=0.45, lw=0, label="50 % of runs"))
        handles.append(Patch(color=BLUE, alpha=0.18, lw=0, label="90 % of runs"))
    shown = list(reporters.items())
    for number, (who, (colour, marker)) in enumerate(shown[:_MOST_REPORTERS], start=1):
        others = number == _MOST_REPORTERS < len(shown)
        told = who if who == "reported" else f"reported: {short(who, 44)}"
        label = "reported by others" if others else told
        handles.append(
            Line2D([], [], ls="", marker=marker, mec=colour, mfc="white", mew=1.2, ms=5, label=label)
        )
    return handles

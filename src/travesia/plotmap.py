"""The map of a run: the corridor, the people at its places, and how many passed its legs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812
from math import cos, log10, radians
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from travesia.captions import BLUE, DPI, GREY, ORANGE, basis, footer, headline, place_labels, plain_text
from travesia.errors import UsageError
from travesia.result import Result, day_in
from travesia.summary import Summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_LABELS = 16
_LARGEST_CIRCLE, _WIDEST_LINE = 1100.0, 7.0
_WIDTH, _LEFT, _ACROSS, _BELOW, _ABOVE = 10.0, 0.07, 0.9, 1.45, 0.75  # inches, and shares of the width


@dataclass(frozen=True)
class _Map:
    """What the map shows: places with coordinates and people, and pairs of places with flows."""

    places: pd.DataFrame
    legs: pd.DataFrame
    date: pd.Timestamp
    hidden: int


@plain_text()
def map_figure(found: Result | Summary, date: Date | str | None = None) -> Figure:
    """The corridor on a day: circles for people at places, lines for those who passed a leg so far.

    found : a result, or its summary (which knows the last day alone). date : the day; the last one if None. Medians
    are shown; circle areas are proportional to people, line widths to crossings in both directions. Raises
    UsageError where the date is not in the run.
    """
    dates = found.dates
    day = pd.Timestamp(dates[-1]) if date is None else day_in(dates, date)
    if isinstance(found, Summary) and day != dates[-1]:
        raise UsageError(
            f"a summary knows of the last day alone, {dates[-1]:%Y-%m-%d}; give a run that keeps its replicates"
        )
    if isinstance(found, Result):
        until = replace(found, data=found.data.sel(date=slice(None, day)))
        found = summarise(until, ("people", "passed"))
    return _draw_map(found, _map_content(found, day))


def _map_content(summary: Summary, day: pd.Timestamp) -> _Map:
    places = summary.scenario.places.set_index("place")[["name", "country", "lat", "lon"]].copy()
    people = summary.statistic("people").sel(date=day)
    places["people"] = pd.Series(people.values, people["place"].values)
    known = places.dropna(subset=["lat", "lon"]).fillna({"people": 0.0})
    passed = summary.statistic("passed")
    legs = pd.DataFrame(
        {"one": passed["one"].values, "other": passed["other"].values, "people": passed.values}
    )
    legs = legs[legs["one"].isin(known.index) & legs["other"].isin(known.index)]
    return _Map(known, legs, day, len(places) - len(known))


def _draw_map(result: Summary, shown: _Map) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    west, east, south, north, height = map_frame(shown.places)
    total = height + _BELOW + _ABOVE
    figure = Figure(figsize=(_WIDTH, total), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((_LEFT, _BELOW / total, _ACROSS, height / total))
    axes.set(xlim=(west, east), ylim=(south, north))
    degree_axes(axes)
    most_people = float(shown.places["people"].max()) if len(shown.places) else 0.0
    most_flow = float(shown.legs["people"].max()) if len(shown.legs) else 0.0
    sizes = _circle_sizes(shown.places["people"].to_numpy(dtype=float), most_people)
    widths = _line_widths(shown.legs["people"].to_numpy(dtype=float), most_flow)
    _draw_legs(axes, shown, widths)
    _draw_places(axes, shown.places, sizes)
    _size_legend(figure, most_people, most_flow, _BELOW / total)
    figure.text(_LEFT, 1 - 0.3 / total, headline(result), fontsize=13, fontweight="bold", va="center")
    figure.text(
        _LEFT, 1 - 0.56 / total, map_words(result, shown.date), fontsize=9.5, color="#333333", va="center"
    )
    hidden = f" · places without coordinates left out: {shown.hidden}" if shown.hidden else ""
    figure.text(
        _LEFT,
        0.12 / total,
        footer(result, width=6.5 if hidden else _WIDTH * _ACROSS, reporters=False) + hidden,
        fontsize=7,
        color=GREY,
        va="bottom",
    )
    if len(shown.places) == 0:
        axes.text(0.5, 0.5, "No place has coordinates", transform=axes.transAxes, ha="center")
        return figure
    place_labels(axes, shown.places, np.sqrt(sizes) / 2, shown.legs.assign(width=widths), most=_MOST_LABELS)
    return figure


def map_words(result: Result | Summary, day: pd.Timestamp) -> str:
    """What the map of a day shows.

    result : of a run. day : of it.
    """
    return f"{day:%Y-%m-%d}: people at places, and how often a leg was passed so far, {basis(result)}"


def map_frame(places: pd.DataFrame) -> tuple[float, float, float, float, float]:
    """West, east, south, north in degrees and the height in inches, such that 1 km is as long either way."""
    if len(places) == 0:
        return -5.0, 5.0, -2.5, 2.5, _WIDTH * _ACROSS / 2
    low, high = places[["lon", "lat"]].min().to_numpy(), places[["lon", "lat"]].max().to_numpy()
    middle = (low + high) / 2
    span = np.maximum(1.16 * (high - low), 1.0)
    squeeze = cos(radians(float(middle[1])))  # length of a degree of longitude by one of latitude
    shape = float(span[0] * squeeze / span[1])
    height = float(np.clip(_WIDTH * _ACROSS / shape, 4.5, 8.0))
    wanted = _WIDTH * _ACROSS / height
    span *= (max(1.0, wanted / shape), max(1.0, shape / wanted))
    (west, south), (east, north) = middle - span / 2, middle + span / 2
    return float(west), float(east), float(south), float(north), height


def _draw_places(axes: Axes, places: pd.DataFrame, sizes: np.ndarray[Any, Any]) -> None:
    order = np.argsort(-sizes, kind="stable")  # small circles on top of large ones
    lon, lat = places["lon"].to_numpy()[order], places["lat"].to_numpy()[order]
    axes.scatter(lon, lat, s=sizes[order], c=BLUE, alpha=0.9, lw=0.6, edgecolors="white", zorder=3)


def degree_axes(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for axis, (plus, minus) in ((axes.xaxis, "EW"), (axes.yaxis, "NS")):
        axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(
            FuncFormatter(lambda v, _, p=plus, m=minus: f"{abs(v):g}°{p if v > 0 else m if v < 0 else ''}")
        )
    axes.tick_params(labelsize=8, colors=GREY, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#EBEBEB", lw=0.6, zorder=0)
    axes.set_axisbelow(True)


def _draw_legs(axes: Axes, shown: _Map, widths: np.ndarray[Any, Any]) -> None:
    from matplotlib.collections import LineCollection

    lon, lat = shown.places["lon"], shown.places["lat"]
    lines = [
        ((lon[a], lat[a]), (lon[b], lat[b]))
        for a, b in zip(shown.legs["one"], shown.legs["other"], strict=True)
    ]
    axes.add_collection(LineCollection(lines, colors="#C4C4C4", linewidths=0.7, zorder=1), autolim=False)
    flows = LineCollection(lines, colors=ORANGE, linewidths=widths, zorder=2, alpha=0.9, capstyle="round")
    axes.add_collection(flows, autolim=False)


def _circle_sizes(people: np.ndarray[Any, Any], most: float) -> np.ndarray[Any, Any]:
    """Marker areas in square points; an empty place is a dot."""
    return np.maximum(6.0, _LARGEST_CIRCLE * people / most) if most else np.full(len(people), 6.0)


def _line_widths(people: np.ndarray[Any, Any], most: float) -> np.ndarray[Any, Any]:
    """Line widths in points, 0 where nobody passed."""
    return np.where(people > 0, np.maximum(0.5, _WIDEST_LINE * people / most), 0.0) if most else 0 * people


def _size_legend(figure: Figure, people: float, flow: float, top: float) -> None:
    from matplotlib.lines import Line2D

    def dot(n: float) -> float:
        return float(np.sqrt(_circle_sizes(np.array([n]), people)[0]))

    circles = [
        Line2D([], [], ls="", marker="o", ms=dot(n), mfc=BLUE,
               mec="white", alpha=0.9, label=f"{n:,.0f}")
        for n in _round_numbers(people)
    ]  # fmt: skip
    lines = [
        Line2D([], [], color=ORANGE, lw=float(_line_widths(np.array([n]), flow)[0]), label=f"{n:,.0f}")
        for n in _round_numbers(flow)
    ]
    style = {"frameon": False, "fontsize": 8, "title_fontsize": 8, "alignment": "left", "handleheight": 3.0}
    anchor = top - 0.035
    for handles, words, x in (
        (circles, "People at a place", 0.07),
        (lines, "Passed a leg, either way (grey: nobody)", 0.5),
    ):
        if handles:
            figure.legend(handles=handles, title=words, loc="upper left", bbox_to_anchor=(x, anchor),
                          ncols=3, columnspacing=2.2, handletextpad=1.4, **style)  # fmt: skip


def _round_numbers(most: float) -> list[float]:
    """Three round numbers, the largest not above `most`."""
    if most < 1:
        return []
    unit = 10 ** int(log10(most))
    digit = max(n for n in (1, 2, 5) if n * unit <= most)
    between = {1: 0.5, 2: 1, 5: 2}[digit]
    return [n * unit for n in (digit / 10, between, digit) if n * unit >= 1]

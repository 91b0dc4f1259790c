"""The picture of a network that was made from a list of places, to check it by eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from travesia.captions import BLUE, DPI, GREY, ORANGE, place_labels, plain_text
from travesia.plotmap import degree_axes, map_frame
from travesia.scenario import Scenario
from travesia.travel import great_circle_km

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _LEFT, _ACROSS, _BELOW, _ABOVE = 10.0, 0.07, 0.9, 0.55, 0.6  # inches, and shares of the width
_MOST_LABELS, _DOT = 60, 22.0


@plain_text()
def network_figure(scenario: Scenario) -> Figure:
    """Places as dots with names, legs as lines; legs between two countries orange and dashed.

    scenario : its places without coordinates, and their legs, are left out.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    places = scenario.places.set_index("place")[["name", "country", "lat", "lon"]].dropna(
        subset=["lat", "lon"]
    )
    apart = great_circle_km(places["lat"].to_numpy(dtype=float), places["lon"].to_numpy(dtype=float))
    places["people"] = np.sort(apart, axis=1)[:, 1]  # those that stand alone are named first
    legs = scenario.legs[scenario.legs["from"].isin(places.index) & scenario.legs["to"].isin(places.index)]
    west, east, south, north, height = map_frame(places)
    total = height + _BELOW + _ABOVE
    figure = Figure(figsize=(_WIDTH, total), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((_LEFT, _BELOW / total, _ACROSS, height / total))
    axes.set(xlim=(west, east), ylim=(south, north))
    degree_axes(axes)
    spot = {
        place: (lon, lat) for place, lon, lat in zip(places.index, places["lon"], places["lat"], strict=True)
    }
    ends = list(zip(legs["from"], legs["to"], strict=True))
    lines = [(spot[a], spot[b]) for a, b in ends]
    country = dict(zip(places.index, places["country"], strict=True))
    abroad = [country[a] != country[b] for a, b in ends]
    colours = [ORANGE if crosses else GREY for crosses in abroad]
    styles = ["--" if crosses else "-" for crosses in abroad]
    axes.add_collection(
        LineCollection(lines, colors=colours, linestyles=styles, linewidths=1.1, zorder=1), autolim=False
    )
    axes.scatter(places["lon"], places["lat"], s=_DOT, c=BLUE, lw=0.6, edgecolors="white", zorder=3)
    title = f"{scenario.settings.name}: {len(places):,} places, {len(legs):,} legs"
    figure.text(_LEFT, 1 - 0.3 / total, title, fontsize=13, fontweight="bold", va="center")
    told = "Look for legs over water or mountains, and for roads that are missing. Dashed: between two countries."
    figure.text(_LEFT, 0.12 / total, told, fontsize=8, color=GREY, va="bottom")
    width = legs.assign(one=legs["from"], other=legs["to"], width=1.1)
    place_labels(axes, places, np.full(len(places), np.sqrt(_DOT) / 2), width, most=_MOST_LABELS)
    return figure

"""What pictures share: titles, footers, names on a map that do not run into each other, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from travesia.figures import observations
from travesia.labels import mark
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.summary import Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

Floats = NDArray[np.float64]
_PLACE_SIZE, _COUNTRY_SIZE, _GAP_POINTS = 8.0, 13.0, 2.5
_STEPS = np.linspace(0, 1, 60)
DPI = 150
# Okabe & Ito (2008): colours that remain distinct for colour-blind readers
BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#767676"
# directions to try around a circle, the most legible first
_AROUND = np.array(
    (
        (1, 0),
        (1, 1),
        (1, -1),
        (-1, 0),
        (-1, 1),
        (-1, -1),
        (0, 1),
        (0, -1),
        (0.5, 1),
        (0.5, -1),
        (-0.5, 1),
        (-0.5, -1),
    )
)


@contextmanager
def plain_text() -> Iterator[None]:
    """While it lasts, texts put on a picture are no formulas: a name with two signs of the dollar stays what it is."""
    from matplotlib import rc_context

    with rc_context({"text.parse_math": False}):
        yield


def place_labels(axes: Axes, places: pd.DataFrame, radius: Floats, lines: pd.DataFrame, *, most: int) -> None:
    """Write the names of the fullest places and of the countries, leaving out what would overlap.

    axes : with its final limits. places : name, country, lat, lon, people. radius :
    of each circle, in points. most : how many places to name at most.
    """
    points = axes.figure.dpi / 72
    spots = axes.transData.transform(places[["lon", "lat"]].to_numpy(dtype=float))
    circles = np.column_stack([spots, radius * points])
    beads = _beads(dict(zip(places.index, spots, strict=True)), lines, points)
    taken: list[Bbox] = []
    people = places["people"].to_numpy(dtype=float)
    for number in np.argsort(-people, kind="stable")[:most].tolist():
        if people[number] > 0 or len(taken) < 2:
            _name_place(axes, str(places["name"].iloc[number]), circles, number, beads, taken)
    grid, nearest, reach = _grid(axes, circles)
    obstacles = (_by_height(circles, beads), _by_height(circles))
    for country in sorted(set(places["country"].fillna("").astype(str)) - {""}):
        own = places["country"].to_numpy() == country
        away = np.hypot(*(grid - circles[own, :2].mean(axis=0)).T)
        good = own[nearest] & (reach < 0.15 * axes.bbox.width)
        middles = grid[good][np.argsort(away[good], kind="stable")]
        _name_country(axes, country.replace("_", " "), middles, obstacles, taken)


def _beads(spots: dict[Any, Any], lines: pd.DataFrame, points: float) -> Floats:
    """Lines as rows of small circles: x, y, radius in pixels."""
    strings = [
        np.column_stack(
            [
                np.outer(1 - _STEPS, spots[a]) + np.outer(_STEPS, spots[b]),
                np.full(len(_STEPS), width * points / 2),
            ]
        )
        for a, b, width in lines[["one", "other", "width"]].itertuples(index=False)
    ]
    return np.concatenate(strings) if strings else np.zeros((0, 3))


def _name_place(
    axes: Axes,
    name: str,
    circles: Floats,
    number: int,
    beads: Floats,
    taken: list[Bbox],
) -> None:
    x, y, radius = circles[number]
    away = radius + _GAP_POINTS * axes.figure.dpi / 72
    text = _text(axes, name, fontsize=_PLACE_SIZE, color="#1A1A1A", zorder=6)
    size = np.array(text.get_window_extent().size)
    others = np.delete(circles, number, axis=0)
    clear_of_lines, others = _by_height(others, beads), _by_height(others)
    for obstacles, stretch in ((clear_of_lines, 1.0), (others, 1.0), (clear_of_lines, 2.0), (others, 2.0)):
        for way in _AROUND:
            reach = stretch * (away if 0 in way else 0.75 * away)
            middle = np.array([x, y]) + reach * np.array(way) + size * way / 2
            if _settle(axes, text, size, middle, obstacles, taken):
                return
    text.remove()


def _grid(axes: Axes, circles: Floats) -> tuple[Floats, ...]:
    """Points over the axes, in pixels; the number of the nearest place to each, and how far it is."""
    box = axes.bbox
    rows = [[(x, y) for y in np.linspace(box.y0, box.y1, 61)] for x in np.linspace(box.x0, box.x1, 61)]
    far = [np.hypot(*(np.array(row)[:, None] - circles[None, :, :2]).transpose(2, 0, 1)) for row in rows]
    nearest, reach = (
        np.concatenate(part) for part in zip(*((f.argmin(axis=1), f.min(axis=1)) for f in far), strict=True)
    )
    return np.array(rows).reshape(-1, 2), nearest, reach


def _name_country(
    axes: Axes,
    country: str,
    middles: Floats,
    every: Sequence[Floats],
    taken: list[Bbox],
) -> None:
    """Write a country's name at the first of some points where it fits, clear of the first obstacles or of the next."""
    text = _text(axes, country, fontsize=_COUNTRY_SIZE, color="#9A9A9A", zorder=1.5, fontweight="bold")
    size = np.array(text.get_window_extent().size)
    for obstacles in every:
        for spot in middles:
            if _settle(axes, text, size, spot, obstacles, taken):
                return
    text.remove()


def _by_height(*circles: Floats) -> Floats:
    """Circles in order of y, so that those near a text are quickly found."""
    every = np.concatenate(circles)
    return every[np.argsort(every[:, 1], kind="stable")]


def _text(axes: Axes, words: str, **style: Any) -> Text:
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.2, foreground="white")]
    return axes.text(0, 0, words, path_effects=halo, ha="center", va="center", **style)


def _settle(
    axes: Axes,
    text: Text,
    size: Floats,
    middle: Floats,
    circles: Floats,
    taken: list[Bbox],
) -> bool:
    """Put a text with its middle at a pixel if it fits in the axes, clear of texts and circles (of `_by_height`)."""
    from matplotlib.transforms import Bbox

    half = size / 2 + 1.5  # pixels, so that names do not touch
    box = Bbox([middle - half, middle + half])
    frame = axes.bbox
    inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    if not inside or any(box.overlaps(other) for other in taken):
        return False
    high = circles[:, 2].max(initial=0.0)
    first, last = np.searchsorted(circles[:, 1], (box.y0 - high, box.y1 + high))
    circles = circles[first:last]
    nearest = np.clip(circles[:, :2], box.min, box.max)
    if (np.hypot(*(circles[:, :2] - nearest).T) < circles[:, 2]).any():
        return False
    lon, lat = axes.transData.inverted().transform(middle)
    text.set_position((float(lon), float(lat)))
    taken.append(box)
    return True


def png(figure: Figure, *scenarios: Scenario) -> bytes:
    """A picture as PNG, with its label.

    figure : of matplotlib. scenarios : that it was made from, if any.
    """
    content = BytesIO()
    figure.savefig(content, format="png", dpi=DPI, metadata=mark(figure, *scenarios))
    return content.getvalue()


def title_of(scenario: Scenario) -> str:
    """The title of a scenario in English, or what there is."""
    settings = scenario.settings
    return settings.title.get("en") or next(iter(settings.title.values()), settings.name)


def headline(result: Result | Summary) -> str:
    """The title of the scenario, and the policy unless it is history as it was.

    result : of a run.
    """
    policy = result.scenario.settings.policies.get(result.policy)
    name = (policy.title.get("en") if policy else "") or result.policy
    return short(title_of(result.scenario), 70) + (
        "" if result.policy == "actual" else f" — policy: {short(name, 40)}"
    )


def footer(result: Result | Summary, *, width: float, reporters: bool = True) -> str:
    """What a picture rests on: scenario, days, expected or simulated, seed, sources, who reported.

    result : of a run. width : room there is, in inches; what does not fit is cut. reporters : name them.
    """
    days = f"{result.dates[0]:%Y-%m-%d} to {result.dates[-1]:%Y-%m-%d}"
    seed = "" if result.mode == "expected" else f", seed {result.seed}"
    count = len(result.scenario.sources)
    sources = f" · {count} source{'s' * (count != 1)}, see sources.csv" if count else ""
    who = observations(result.scenario)["reported_by"]
    named = sorted(set(who[who != ""])) if reporters else []
    reported = f" · reported figures: {', '.join(named)}" if named else ""
    return short(
        f"Travesía · {result.scenario.name} · {days} · {basis(result)}{seed}{sources}{reported}",
        int(16 * width),
    )


def basis(result: Result | Summary) -> str:
    """Whether numbers are those of one central run or medians over replicates.

    result : of a run.
    """
    if result.mode == "expected":
        return "expected (central run)"
    return f"simulated (median of {result.replicates} replicate{'s' * (result.replicates != 1)})"


def short(text: str, most: int) -> str:
    """A text of at most so many characters.

    text : any. most : characters.
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"

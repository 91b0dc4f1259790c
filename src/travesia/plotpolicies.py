"""Pictures of a comparison of policies and of a tornado."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import pandas as pd

from travesia.captions import BLUE, DPI, GREY, ORANGE, plain_text, short, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from travesia.comparison import Comparison
    from travesia.sensitivity import Tornado

# Okabe & Ito (2008): colours that remain distinct for colour-blind readers
COLOURS = (BLUE, "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#661100")
_MARKERS = {"none": "o", "low": "<", "high": ">", "drawn": "D"}
_RESPONSES = {
    "none": "no response",
    "low": "response low",
    "high": "response high",
    "drawn": "response drawn",
}
_COLUMNS = 3
_MOST_PANELS, _MOST_BARS = 33, 5


@plain_text()
def difference_figure(comparison: Comparison) -> Figure:
    """Small multiples, one of each quantity: median, 50 % and 90 % interval of the difference under each policy.

    comparison : of travesia.compare. Quantities that no policy changes are named below the panels.
    """
    from matplotlib.figure import Figure

    rows = comparison.differences[comparison.differences["modelled"]]
    moved = [name for name in comparison.titles if _moves(rows[rows["quantity"] == name])]
    left_out, moved = max(0, len(moved) - _MOST_PANELS), moved[:_MOST_PANELS]
    cases = comparison.cases
    colours = {p: COLOURS[i % len(COLOURS)] for i, p in enumerate(dict.fromkeys(p for p, _ in cases))}
    count = max(1, -(-len(moved) // _COLUMNS))
    panel, bottom, top = 0.75 + 0.19 * len(cases), 1.2, 0.75
    width, height = 11.0, bottom + top + count * panel
    figure = Figure(figsize=(width, height), dpi=DPI)
    figure.set_layout_engine("constrained", rect=(0.005, bottom / height, 0.99, 1 - (bottom + top) / height))
    for number, name in enumerate(moved, start=1):
        axes = figure.add_subplot(count, _COLUMNS, number)
        own = rows[rows["quantity"] == name].set_index(["policy", "response"])
        _draw_panel(axes, own, cases, colours, labelled=number % _COLUMNS == 1)
        mark = (" *" if own["by_definition"].any() else "") + (" †" if own["sign_open"].any() else "")
        axes.set_title(fill(short(comparison.titles[name], 60) + mark, 42), loc="left", fontsize=9)
    if not moved:
        figure.text(0.5, 0.5, "No quantity differs between these policies.", ha="center")
    told = [name for name in comparison.titles if name in set(rows["quantity"])]
    still = [comparison.titles[n] for n in told if not _moves(rows[rows["quantity"] == n])]
    _words(figure, comparison, still, left_out, width=width, height=height)
    return figure


def _moves(rows: pd.DataFrame) -> bool:
    numbers = rows[["median", "low50", "high50", "low90", "high90"]].fillna(0)
    return bool((numbers != 0).any(axis=None))


def _draw_panel(
    axes: Axes, rows: pd.DataFrame, cases: list[tuple[str, str]], colours: dict[str, str], *, labelled: bool
) -> None:
    """One quantity: a line for each case, zero marked."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    several = len({response for _, response in cases}) > 1
    labels = []
    for level, case in enumerate(cases):
        row: Any = rows.loc[case]
        colour = colours[case[0]]
        axes.hlines(level, row["low90"], row["high90"], color=colour, lw=1.2)
        axes.hlines(level, row["low50"], row["high50"], color=colour, lw=4.5, alpha=0.55)
        axes.plot(row["median"], level, marker=_MARKERS[case[1]], ms=5, mfc="white", mec=colour, mew=1.4)
        labels.append(short(case[0], 24) + (f", {_RESPONSES[case[1]]}" if several else ""))
    axes.axvline(0, color="#555555", lw=0.8, zorder=0)
    axes.set_yticks(range(len(cases)), labels if labelled else [""] * len(cases), fontsize=8)
    axes.set_ylim(len(cases) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+,.0f}" if v else "0"))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#EBEBEB", lw=0.6)
    axes.set_axisbelow(True)


def _words(
    figure: Figure, comparison: Comparison, still: list[str], left_out: int, *, width: float, height: float
) -> None:
    """Title above; below what the signs mean, what does not change, and what the picture rests on."""
    title = title_of(comparison.scenario)
    figure.text(0.01, 1 - 0.22 / height, short(title, 95), fontsize=12, fontweight="bold", va="center")
    single = comparison.mode == "expected" or comparison.replicates == 1
    runs = "central runs" if comparison.mode == "expected" else "single runs"
    shown = runs if single else "median, 50 % (thick) and 90 % (thin) of the paired differences"
    figure.text(
        0.01,
        1 - 0.5 / height,
        f"Difference to policy {comparison.policies[0]}: {shown}",
        fontsize=9,
        va="center",
    )
    bounds = comparison.differences["response"].isin(["low", "high"]).any()
    lines = [
        "* follows from what the policy itself switches off, adds or scales."
        + " Responses of people: every one at the low or at the high bound of its prior." * bool(bounds)
    ]
    if comparison.differences["sign_open"].any():
        lines.append("† whether more or fewer die is not claimed: it depends on what is not known well.")
    if left_out:
        lines.append(f"{left_out} further quantities differ; differences.csv has them all.")
    if still:
        lines.append(short("The same under all of them: " + "; ".join(still), int(15 * width)))
    count = comparison.replicates
    runs = (
        "central runs (expected mode)"
        if comparison.mode == "expected"
        else f"{count} paired replicate{'s' * (count != 1)}, seed {comparison.seed}"
    )
    lines.append(f"Travesía · {comparison.scenario.name} · {runs}")
    figure.text(0.01, 0.12 / height, "\n".join(lines), fontsize=7.5, color=GREY, va="bottom", linespacing=1.5)


@plain_text()
def tornado_figure(found: Tornado) -> Figure:
    """Small multiples, one of each quantity: bars from the number at one end of a prior to that at the other.

    found : of travesia.tornado. Each shows the parameters that move it most, the strongest at the top.
    """
    from matplotlib.figure import Figure

    movers = {name: found.movers(name, most=_MOST_BARS) for name in found.titles}
    moved = [name for name in found.titles if not movers[name].empty][:_MOST_PANELS]
    count = max(1, -(-len(moved) // _COLUMNS))
    bottom, top, width = 0.75, 0.75, 13.0
    height = bottom + top + count * (0.75 + 0.19 * _MOST_BARS)
    figure = Figure(figsize=(width, height), dpi=DPI)
    figure.set_layout_engine("constrained", rect=(0.005, bottom / height, 0.985, 1 - (bottom + top) / height))
    for number, name in enumerate(moved, start=1):
        axes = figure.add_subplot(count, _COLUMNS, number)
        _draw_bars(axes, movers[name])
        axes.set_title(fill(short(found.titles[name], 80), 42), loc="left", fontsize=9)
    if not moved:
        figure.text(0.5, 0.5, "No parameter moves any quantity.", ha="center")
    title = title_of(found.scenario)
    figure.text(0.01, 1 - 0.22 / height, short(title, 95), fontsize=12, fontweight="bold", va="center")
    subtitle = f"Policy {found.policy}: the assumptions that move each number most"
    figure.text(0.01, 1 - 0.5 / height, subtitle, fontsize=9, va="center")
    words = (
        "Each parameter at the 5 % point (blue) and the 95 % point (orange) of its prior, all others at their medians; "
        "central runs. The line is the number with all at their medians.\n"
        f"Travesía · {found.scenario.name} · central runs (expected mode)"
    )
    figure.text(0.01, 0.12 / height, words, fontsize=7.5, color=GREY, va="bottom", linespacing=1.5)
    return figure


def _draw_bars(axes: Axes, rows: pd.DataFrame) -> None:
    """The bars of one quantity; its axis need not begin at zero."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    base = float(rows["base"].iloc[0])
    for level, row in enumerate(rows.to_dict("records")):
        for end, colour, high in (("at_low", BLUE, 0.18), ("at_high", ORANGE, -0.18)):
            axes.barh(level - high, row[end] - base, left=base, height=0.34, color=colour)
    axes.axvline(base, color="#555555", lw=0.8)
    axes.set_yticks(range(len(rows)), [short(str(name), 30) for name in rows["parameter"]], fontsize=7.5)
    axes.set_ylim(_MOST_BARS - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}" if abs(v) >= 10 else f"{v:.3g}"))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#EBEBEB", lw=0.6)
    axes.set_axisbelow(True)

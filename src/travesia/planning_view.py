"""What the needs of places look like in a terminal and as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil, isnan
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from travesia import terminal
from travesia.headlines import QUANTILES
from travesia.labels import working_label
from travesia.planning import Needs
from travesia.planning_amounts import ALL_PLACES, is_money
from travesia.tables import records

if TYPE_CHECKING:
    from rich.table import Table

    from travesia.result import Result

MOST_PLACES, MOST_NIGHTS = 12, 5
_WHO = {
    "person": "People",
    "adult": "adults",
    "child": "children",
    "woman": "women",
    "man": "men",
    "family": "families",
    "unaccompanied_child": "unaccompanied children",
}
_WHEN = {
    "present": "there at night",
    "arrivals": "arriving that day",
    "arrivals_3_days": "arriving in the next 3 days",
    "arrivals_7_days": "arriving in the next 7 days",
    "arrivals_14_days": "arriving in the next 14 days",
}
_ONE_LINE = (
    "What",
    "Unit",
    "50 % interval",
    "90 % interval",
    "First arrival",
    "On",
    "First over it",
    "Night",
)
_DATES = ("first_arrival", "peak_date", "first_over")


def show_needs(found: Needs, result: Result, *, sheets: bool) -> None:
    """Print the places with the most people, their needs, and what could not be told.

    found : of `needs`, on few dates. result : it came from. sheets : everything about each place, with intervals.
    """
    runs = "central run" if found.central else f"{result.replicates} replicates, seed {result.seed}"
    print(f"{result.scenario.name}, policy {result.policy}: {runs}")
    if found.places.empty:
        print("Nobody is at a place or arrives at one.")
        return
    terminal.show(places_table(found))
    if sheets:
        for _, rows in found.daily.groupby(["place", "date"], sort=False):
            terminal.show(sheet_table(rows, found))
    else:
        terminal.show(needs_table(found))
    terminal.show(totals_table(found, whole=sheets))
    if len(found.indicators):
        print(
            "Amounts (minimum standards, where they are Sphere's; intervals take in the range of an amount):"
        )
    for line in source_lines(found.indicators):
        print(terminal.harmless(line))
    for note in found.notes:
        print(terminal.harmless(note))


def places_table(found: Needs) -> Table:
    """When people first come to each place, when it holds the most, and whether that is more than it can.

    found : of `needs`.
    """
    year = f", {_one_year(found)}" if _one_year(found) else ""
    below = "" if found.central else " (in brackets: 95 % of runs are below; 90 % of the dates)"
    title = f"Places with the most people{year}{below}"
    columns = ("First arrival", "Most at night", "On", "Capacity", "Over it", "First over it")
    table = _table(title, "Place", *columns, right=("Most at night", "Capacity", "Over it"))
    for row in _fullest_first(found.places).head(MOST_PLACES).to_dict("records"):
        table.add_row(
            row["name"],
            _dates(row, "first_arrival", found),
            _median_to(row["peak_people_median"], row["peak_people_high90"], found),
            _dates(row, "peak_date", found, spread=False),
            "" if isnan(row["capacity"]) else f"{row['capacity']:,.0f}",
            _likely(row["over"], found),
            _dates(row, "first_over", found),
        )
    more = len(found.places) - MOST_PLACES
    captions = [f"and {more} more places: -o FILE.csv has them all"] if more > 0 else []
    if found.places["capacity"].isna().any():
        captions.append("Capacity blank: not known (places.csv)")
    table.caption = "; ".join(captions) or None
    return table


def needs_table(found: Needs) -> Table:
    """The needs of the fullest places on their dates: a line for each indicator, and what is enough in 95 % of runs.

    found : of `needs`, on few dates. Where no date was asked for, that is the night with most people on average.
    """
    names = list(dict.fromkeys(found.indicators["indicator"]))
    order = _fullest_first(found.places)["place"].tolist()
    rows = found.daily[found.daily["quantity"].isin(names)]
    nights = [
        own.set_index("quantity")
        for place in order
        for _, own in rows[rows["place"] == place].groupby("date", sort=True)
    ]
    more, nights = len(nights) - MOST_NIGHTS, nights[:MOST_NIGHTS]
    heads = [f"{own['name'].iloc[0]} {own['date'].iloc[0]:%Y-%m-%d}" for own in nights]
    fullest = set(found.places["fullest"]) >= set(found.daily["date"])
    title = "Needs at night" + (", when most people are there on average" if fullest else "")
    table = _table(title, "What", "Unit", *heads, right=heads)
    if more > 0:
        table.caption = f"and {more} more: name a place with --place, or see them all with -o FILE.csv"
    units = dict(zip(found.indicators["indicator"], found.indicators["unit"], strict=True))
    for name in names:
        table.add_row(_plain(name), units[name], *(_middle(own.loc[name], found) for own in nights))
        if not found.central:
            table.add_row("  enough in 95 % of runs", "", *(_up(own.at[name, "high90"]) for own in nights))
    return table


def sheet_table(rows: pd.DataFrame, found: Needs) -> Table:
    """Everything about one place on one date, with intervals.

    rows : of `daily`, for the place and date. found : they come from.
    """
    first = rows.iloc[0]
    heads = ("Central run",) if found.central else ("Median", "50 % interval", "90 % interval")
    table = _table(f"{first['name']}, {first['date']:%Y-%m-%d}", "What", *heads, "Unit", right=heads)
    before = ""
    for row in rows.to_dict("records"):
        if row["quantity"] != before and (before in ("", *_WHEN)):
            table.add_section()
        before = row["quantity"]
        if isnan(row["median"]):
            continue
        table.add_row(_what(row), *_cells(row, found), row["unit"])
    return table


def totals_table(found: Needs, *, whole: bool) -> Table:
    """What the days of the run add up to: of all places, of each kind of place, and of those with most nights.

    found : of `needs`. whole : every quantity of the places asked for, with intervals, not only nights and money.
    """
    return _whole_totals(found) if whole else _short_totals(found)


def _whole_totals(found: Needs) -> Table:
    heads = ("Central run",) if found.central else ("Median", "50 % interval", "90 % interval")
    table = _table("Over the whole run", "Place", "What", *heads, "Unit", right=heads)
    before = ""
    for row in found.totals.to_dict("records"):
        name = "" if row["name"] == before else row["name"]
        if name and before:
            table.add_section()
        before = row["name"]
        table.add_row(name, _plain(row["quantity"]), *_cells(row, found), row["unit"])
    return table


def _short_totals(found: Needs) -> Table:
    rows = found.totals[[q == "nights" or is_money(u) for q, u in found.totals[["quantity", "unit"]].values]]
    columns = rows[["quantity", "unit"]].drop_duplicates().values.tolist()
    heads = [
        "Nights" if name == "nights" else f"{_plain(name)}, {unit} of {_edition(found, name)}"
        for name, unit in columns
    ]
    title = "Over the whole run" + ("" if found.central else " (in brackets: 90 % interval)")
    table = _table(title, "Place", *heads, right=heads)
    together = rows[rows["place"] == ALL_PLACES]["name"].drop_duplicates().tolist()
    nights = rows[(rows["quantity"] == "nights") & (rows["place"] != ALL_PLACES)]
    fullest = nights.sort_values("median", ascending=False, kind="stable")["place"].head(MOST_PLACES)
    own = {place: rows[rows["place"] == place] for place in fullest}
    for lines in (*(rows[rows["name"] == name] for name in together), *own.values()):
        values = lines.set_index("quantity")
        if values.at["nights", "high90"] == 0:
            continue
        table.add_row(lines["name"].iloc[0], *(_with_range(values.loc[name]) for name, _ in columns))
    return table


def _edition(found: Needs, name: str) -> str:
    return str(found.indicators.loc[found.indicators["indicator"] == name, "edition"].iloc[0])


def _cells(row: Mapping[Any, Any], found: Needs) -> list[str]:
    """A quantity: its median and intervals, or its number in a central run."""
    if found.central:
        return [_middle(row, found)]
    return [_up(row["median"])] + [f"{_up(row[f'low{p}'])} to {_up(row[f'high{p}'])}" for p in (50, 90)]


def _middle(row: Mapping[Any, Any] | pd.Series, found: Needs) -> str:
    """The median; in a central run with the range that an uncertain amount gives it."""
    return _with_range(row) if found.central else _up(row["median"])


def _with_range(row: Mapping[Any, Any] | pd.Series) -> str:
    ends = "" if row["low90"] == row["high90"] else f" ({_up(row['low90'])} to {_up(row['high90'])})"
    return _up(row["median"]) + ends


def needs_json(found: Needs, result: Result) -> dict[str, Any]:
    """The needs ready for JSON: what a run gave, the indicators, the places, the days.

    found : of `needs`. result : it came from. Dates are ISO 8601; what is not known is null.
    """
    return {
        "scenario": result.scenario.name,
        "policy": result.policy,
        "mode": result.mode,
        "replicates": result.replicates,
        "seed": result.seed,
        "sensitivity": working_label(result.scenario),
        "notes": list(found.notes),
        "indicators": records(found.indicators),
        "places": [_nested(row) for row in records(found.places)],
        "needs": records(found.daily),
        "totals": records(found.totals),
    }


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """The bands of a quantity as one object: first_arrival {median, low50, …}."""
    tree: dict[str, Any] = {}
    for name, value in row.items():
        stem, _, band = name.rpartition("_")
        if band in QUANTILES:
            tree.setdefault(stem, {})[band] = value
        else:
            tree[name] = value
    return tree


def source_lines(indicators: pd.DataFrame) -> list[str]:
    """Where the amounts of the indicators stand, each source once.

    indicators : of the needs. What stands in brackets in a source is left out.
    """
    told: dict[str, list[str]] = {}
    for row in indicators.to_dict("records"):
        source = f"{re.sub(r' *[(].*?[)]', '', row['source'])}, {row['edition']}"
        ends = f" ({row['low']:g} to {row['high']:g} {row['unit']})" if row["low"] < row["high"] else ""
        told.setdefault(source, []).append(_plain(row["indicator"]) + ends)
    return [f"  {', '.join(dict.fromkeys(names))}: {source}" for source, names in told.items()]


def _fullest_first(places: pd.DataFrame) -> pd.DataFrame:
    return places.sort_values(["peak_people_median", "peak_people_high90"], ascending=False, kind="stable")


def _what(row: Mapping[Any, Any]) -> str:
    name = row["quantity"]
    if name not in _WHEN:
        return _plain(name)
    if row["who"] != "person":
        return f"  {_WHO[row['who']]}"
    return f"People {_WHEN[name]}"


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _dates(row: Mapping[Any, Any], name: str, found: Needs, *, spread: bool = True) -> str:
    middle = row[f"{name}_median"]
    if pd.isna(middle):
        return ""
    low, high = row[f"{name}_low90"], row[f"{name}_high90"]
    form = "%m-%d" if _one_year(found) else "%Y-%m-%d"
    if found.central or low == high or not spread:
        return f"{middle:{form}}"
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def _one_year(found: Needs) -> str:
    """The year, where all dates of the places are in one."""
    dates = [found.places[f"{name}_{band}"] for name in _DATES for band in QUANTILES]
    years = sorted({int(year) for column in dates for year in column.dropna().dt.year})
    return str(years[0]) if len(years) == 1 else ""


def _likely(probability: float, found: Needs) -> str:
    if isnan(probability):
        return ""
    if found.central:
        return "yes" if probability else "no"
    return f"{probability:.0%}"


def _median_to(middle: float, high: float, found: Needs) -> str:
    return _up(middle) if found.central else f"{_up(middle)} ({_up(high)})"


def _up(value: float) -> str:
    """Needs are rounded up: nobody gets half a toilet."""
    return "–" if isnan(value) else f"{ceil(value - 1e-6):,}"


def _table(title: str, *columns: str, right: tuple[str, ...] | list[str] = ()) -> Table:
    table = terminal.empty_table(title)
    table.caption_justify = "left"
    for name in columns:
        justify: Literal["right", "left"] = "right" if name in right else "left"
        table.add_column(name, justify=justify, overflow="fold", no_wrap=name in _ONE_LINE)
    return table

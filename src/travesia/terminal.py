"""What a run, its problems and its progress look like in a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from rich.table import Table

    from travesia.errors import Problem
    from travesia.result import Result
    from travesia.scenario import Quantity
    from travesia.summary import Summary

DATES_WITHOUT_REPORT = 5
MOST_PLACES = 8
BY_WIDTH = 25
WIDTH_WITHOUT_TERMINAL = 120


def say(text: str) -> None:
    """A message for the person at the terminal; never a result.

    text : one or more lines.
    """
    print(text, file=sys.stderr)


def show(table: Table) -> None:
    """Print a table on stdout, as wide as the terminal, or WIDTH_WITHOUT_TERMINAL where there is none.

    table : of rich.
    """
    from rich.console import Console
    from rich.segment import Segment, Segments

    width = None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    with console.capture() as printed:
        parts = console.render(table)
        console.print(Segments([Segment(harmless(part.text), part.style) for part in parts]))
    print(printed.get(), end="")  # not by rich, which ends the process where a reader such as `head` has gone


def harmless(text: str) -> str:
    """A text without signs that steer a terminal, but for ends of lines. text : of a scenario, perhaps."""
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", "", text)


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """Errors, then warnings, each group under its count.

    problems : in any order.
    """
    lines: list[str] = []
    for level in ("error", "warning"):
        group = [str(problem) for problem in problems if problem.level == level]
        if group:
            lines += [f"{len(group)} {level}{'s' * (len(group) != 1)}", *(f"  {line}" for line in group)]
    return lines


def scenario_table(scenarios: Sequence[tuple[str, str]]) -> Table:
    """The packaged scenarios.

    scenarios : name and title of each.
    """
    table = _table("Scenario", "Title")
    for name, title in scenarios:
        table.add_row(name, title)
    return table


def run_json(summary: Summary, provenance: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What `run --json` prints; people and events are those of the first replicate, so that they add up.

    summary, provenance : of a run. folder : where it was written.
    """
    seconds = summary.seconds
    return {
        "scenario": summary.scenario.name,
        "mode": summary.mode,
        "replicates": summary.replicates,
        "seed": summary.seed,
        **provenance["first_replicate"],
        "seconds": {
            name: round(seconds.get(name, 0.0), 4) for name in ("read", "compile", "simulate", "write")
        },
        "scores": summary.scores(),
        "content_hash": provenance["content_hash"],
        "folder": str(folder),
    }


def show_run(found: Result | Summary, folder: Path) -> None:
    """Print what came out of a run: beside what was reported, by place, where everyone is, and the files.

    found : a result or its summary. folder : where it was written.
    """
    from travesia.summary import summarise

    result = summarise(found)
    count = f"{result.replicates} replicate{'s' * (result.replicates != 1)}, seed {result.seed}"
    runs = "central run" if result.mode == "expected" else count
    first, last = result.dates[0], result.dates[-1]
    title = result.scenario.settings.title.get("en", "")
    if title and title != result.scenario.name:
        print(harmless(title))
    print(f"{result.scenario.name}, policy {result.policy}, {first:%Y-%m-%d} to {last:%Y-%m-%d}: {runs}")
    watched = watched_table(result)
    if watched is not None:
        show(watched)
    for line in coverage_lines(result):
        print(harmless(line))
    if watched is not None:
        print(f"Every day: {folder / 'tables' / 'quantities.csv'}")
    show(places_table(result))
    for line in score_lines(result):
        print(harmless(line))
    show(accounts_table(result))
    print(closing_line(result))
    print(f"Written to {folder}:")
    for path in sorted(folder.iterdir()):
        print(f"  {path.name}{'/' * path.is_dir()}")


def watched_table(result: Summary) -> Table | None:
    """The watched quantities by date beside what was reported; None where nothing is watched.

    result : summary of a run. Shows every report and the last day of everything; tables/quantities.csv has all days.
    Everything is in people unless its title says otherwise.
    """
    rows = result.observed_table()
    quantities, names = result.scenario.settings.outputs.quantities, _place_names(result)
    if result.scenario.settings.movement.rule == "flee":
        rows = rows[rows["quantity"].isin(list(quantities))]
    if rows.empty:
        return None
    table = _table("Date", "What", *_simulated_columns(result), "Reported", "By")
    table.title = "Simulated, beside what was reported (people, unless it says otherwise)"
    table.columns[-1].max_width = BY_WIDTH
    for date, group in _rows_to_show(rows).groupby("date", sort=True):
        label = f"{date:%Y-%m-%d}"
        before: tuple[str, ...] = ()
        for row in group.to_dict("records"):
            simulated = (_what(row, quantities, names), *_simulated(row, result))
            again = simulated == before
            table.add_row(label, *([""] * len(simulated) if again else simulated), *_reported(row))
            label, before = "", simulated
        table.add_section()
    return table


def coverage_lines(found: Result | Summary) -> list[str]:
    """How many of the figures reported lie within the 90 % interval, and what that interval leaves out.

    found : a result or its summary. A range counts where it meets the interval.
    """
    from travesia.summary import summarise

    result = summarise(found, ("watched", "answers"))
    if _one_column(result):
        return []
    rows = (
        result.observed_table().dropna(subset=["q05"]).dropna(subset=["reported", "low", "high"], how="all")
    )
    low, high = (rows[end].fillna(rows["reported"]) for end in ("low", "high"))
    inside = int(((low <= rows["q95"]) & (high >= rows["q05"])).sum())
    lines = (
        [f"{inside} of the {len(rows)} figures reported lie within the 90 % interval."] if len(rows) else []
    )
    if not any(parameter.prior for parameter in result.scenario.settings.parameters.values()):
        lines.append(
            "No parameter here is uncertain: the interval is the luck of the draw alone, and too narrow."
        )
    return lines


def places_table(result: Summary) -> Table:
    """People at places: the observed ones on the last day beside the data, or else the fullest ones.

    result : summary of a run. Data are the observed counts, interpolated to the day as for the scores.
    """
    observed = _observed_last_day(result) if result.scenario.settings.movement.rule == "flee" else {}
    return _observed_places_table(result, observed) if observed else _fullest_places_table(result)


def _observed_places_table(result: Summary, observed: dict[str, float]) -> Table:
    names, places = _place_names(result), result.data["place"].values.tolist()
    last = result.bands("people")[:, -1]
    table = _table("Place", *_simulated_columns(result), "Data", right=("Data",))
    table.title = f"People at places on {result.dates[-1]:%Y-%m-%d}"
    for place, count in observed.items():
        row = _named_band(last[:, places.index(place)])
        table.add_row(names.get(place, place), *_simulated(row, result), _number(count))
    table.add_section()
    total = _named_band(result.bands("together")[:, -1])
    table.add_row("together", *_simulated(total, result), _number(sum(observed.values())))
    return table


def _fullest_places_table(result: Summary) -> Table:
    """The places that hold the most people at a time, when, and how many are there on the last day."""
    there, most, names = result.statistic("people"), result.bands("most"), _place_names(result)
    last = f"{result.dates[-1]:%Y-%m-%d}"
    table = _table("Place", *_simulated_columns(result), "Around", f"On {last}", right=(f"On {last}",))
    table.title = "Places with the most people: the night most are there"
    for number in (-most[1]).argsort(kind="stable")[:MOST_PLACES].tolist():
        if most[1, number] < 0.5:
            break
        place, median = str(there["place"].values[number]), there.values[:, number]
        when = f"{result.dates[int(median.argmax())]:%Y-%m-%d}" if median.max() else ""
        row = _simulated(_named_band(most[:, number]), result)
        table.add_row(names.get(place, place), *row, when, _number(float(median[-1])))
    return table


def accounts_table(result: Summary) -> Table:
    """Where everyone is on the last day.

    result : summary of a run.
    """
    from travesia.result import ACCOUNTS

    table = _table(f"People on {result.dates[-1]:%Y-%m-%d}", *_simulated_columns(result))
    last = result.bands("accounts")[:, -1]
    means = result.statistic("accounts", "mean").values[-1]
    for number, name in enumerate(result.data["account"].values.tolist()):
        if name in ACCOUNTS or (name != "missing" and means[number] > 0):
            table.add_row(name.replace("_", " "), *_simulated(_named_band(last[:, number]), result))
    return table


def closing_line(found: Result | Summary) -> str:
    """Whether the accounts add up in every replicate and on every day.

    found : a result or its summary.
    """
    from travesia.summary import summarise

    result = summarise(found, ("accounts",))
    missing, most = result.missing(), float(result.statistic("accounts", "q95").values.max())
    if missing <= 1e-6 * max(1.0, most):
        return "Nobody is missing in any replicate on any day."
    return f"Up to {missing:g} people are missing on some day: this is a defect, please report it."


def score_lines(result: Summary) -> list[str]:
    """The averaged relative difference of a Flee folder in words, with what it does not say.

    result : summary of a run.
    """
    scores = result.scores()
    if not scores or result.scenario.settings.movement.rule != "flee":
        return []
    lines = [
        "Averaged relative difference to the data (ARD, 0 is perfect): "
        f"{scores['ard_rescaled']:.3f} rescaled, {scores['ard_normal']:.3f} normal"
    ]
    if (result.scenario.departures["kind"] == "observed").any():
        lines.append(
            "The number of people who leave is read from the same data, as Flee does: "
            "this scores where people go, not how many leave."
        )
    return lines


def verified_lines(folder: Path, problems: Sequence[str], *, hashed: bool = True) -> list[str]:
    """Every file of a folder of results with what was found, then the verdict.

    problems : of travesia.store.verify_run, each led by the file it is about. hashed : whether there is a content
    hash, which was checked too.
    """
    from travesia.sums import files

    count = len(problems)
    bad = [f"WRONG  {problem}" for problem in problems]
    if any(problem.startswith("SHA256SUMS") for problem in problems):
        return [*bad, "Nothing else could be checked."]
    bare = {problem.partition(":")[0] for problem in problems}
    good = [f"ok     {name}" for name in sorted(files(folder)) if name not in bare]
    if bad:
        return [*good, *bad, f"{count} thing{'s' * (count != 1)} in {folder} not as written."]
    whole = " and the content hash" if hashed else ""
    return [*good, f"All {len(good)} files{whole} are as they were written."]


def empty_table(title: str = "") -> Table:
    """A table as every command prints it, without columns.

    title : above it.
    """
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = empty_table()
    for column in columns:
        numeric = column in right or column in ("Median", "Central run", "Single run")
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    return table


def _one_column(result: Summary) -> str:
    """What stands in place of median and interval where there is a single run."""
    if result.mode == "expected":
        return "Central run"
    return "Single run" if result.replicates == 1 else ""


def _simulated_columns(result: Summary) -> tuple[str, ...]:
    single = _one_column(result)
    return (single,) if single else ("Median", "90 % interval")


def _simulated(row: Mapping[Any, Any], result: Summary) -> tuple[str, ...]:
    if _one_column(result):
        return (_number(row["q50"]),)
    return _number(row["q50"]), _interval(row["q05"], row["q95"])


def _reported(row: Mapping[Any, Any]) -> tuple[str, str]:
    span = _interval(row["low"], row["high"])
    if isnan(row["reported"]):
        return span, row["reported_by"]
    return _number(row["reported"]) + (f" ({span})" if span else ""), row["reported_by"]


def _what(row: Mapping[Any, Any], quantities: Mapping[str, Quantity], names: Mapping[str, str]) -> str:
    """The title of a quantity, or the place; of a flow, the days it covers."""
    name = str(row["quantity"])
    what = f"People at {names.get(row['place'], row['place'])}"
    if name in quantities:
        what = quantities[name].title.get("en") or name.replace("_", " ")
    if row["kind"] != "flow":
        return what
    several = row["date_from"] < row["date"]
    return what + (f", since {row['date_from']:%Y-%m-%d}" if several else ", that day")


def _rows_to_show(rows: pd.DataFrame) -> pd.DataFrame:
    """Every report and the last date of everything; dates at equal steps where nobody reported anything."""
    told = rows["reported"].notna() | rows["low"].notna() | rows["high"].notna()
    dates = sorted(rows["date"].unique())
    steps = dates[:: -max(1, len(dates) // DATES_WITHOUT_REPORT)]
    chosen = told | rows["date"].isin(dates[-1:] if told.any() else steps)
    shown: pd.DataFrame = rows.loc[chosen]
    return shown


def _observed_last_day(result: Summary) -> dict[str, float]:
    """The observed people of each observed place on the last day of the run."""
    from travesia.figures import observed_places
    from travesia.observed import daily_series

    places = observed_places(result.scenario)
    if not places:
        return {}
    labels, series = daily_series(result.scenario, hasten=1)
    day = min(len(result.dates), series.shape[1]) - 1
    return {place: float(series[labels.index(place), day]) for place in places if place in labels}


def _named_band(band: Any) -> dict[str, float]:
    return dict(zip(("q05", "q50", "q95"), map(float, band), strict=True))


def _place_names(result: Summary) -> dict[str, str]:
    table = result.scenario.places
    return {str(place): str(name) for place, name in zip(table["place"], table["name"], strict=True) if name}


def _number(value: float) -> str:
    return "–" if isnan(value) else f"{value:,.0f}"


def _interval(low: float, high: float) -> str:
    if isnan(low) and isnan(high):
        return ""
    return f"{_number(low)} to {_number(high)}"

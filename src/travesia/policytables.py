"""What a comparison of policies and a tornado look like in a terminal, and their files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from travesia.captions import png
from travesia.headlines import headlines
from travesia.labels import working_label
from travesia.provenance import made_now, scenario_hash
from travesia.sums import PROVENANCE
from travesia.tables import csv_bytes
from travesia.terminal import empty_table, harmless, show
from travesia.wholefolder import put_json, put_new_folder

if TYPE_CHECKING:
    from rich.table import Table

    from travesia.comparison import Comparison
    from travesia.scenario import Scenario
    from travesia.sensitivity import Tornado

RESPONSE_WORDS = {
    "none": "people do not respond to the policy",
    "low": "people respond, every response at its low bound",
    "high": "people respond, every response at its high bound",
    "drawn": "people respond, every response drawn from its prior",
}
BY_DEFINITION = "* follows from what the policy itself switches off, adds or scales"
OPEN_SIGN = (
    "† whether more or fewer die is not claimed: the sign depends on what is not known well (attempts nobody met, "
    "deaths nobody counted, how people respond), or replicates are too few to tell"
)
MOST_MOVERS = 5


def show_comparison(comparison: Comparison) -> None:
    """Print one table for each policy and response, and what the signs mean.

    comparison : of travesia.compare.
    """
    settings, first = comparison.scenario.settings, comparison.policies[0]
    count = comparison.replicates
    if comparison.mode == "expected":
        runs = "central runs"
    else:
        runs = f"{count} paired replicate{'s' * (count != 1)}, seed {comparison.seed}"
    last = pd.Timestamp(settings.start) + pd.Timedelta(days=settings.days - 1)
    print(harmless(settings.title.get("en", settings.name)))
    print(f"{settings.name}, {settings.start} to {last:%Y-%m-%d}, differences to policy {first}: {runs}")
    for policy, response in comparison.cases:
        show(comparison_table(comparison, policy, response))
    if comparison.differences["by_definition"].any():
        print(BY_DEFINITION)
    if comparison.differences["sign_open"].any():
        print(OPEN_SIGN)
    missing = comparison.differences.loc[~comparison.differences["modelled"], "quantity"].unique()
    if len(missing):
        named = ", ".join(comparison.titles[name].lower() for name in missing)
        print(harmless(f"Not modelled in this scenario: {named}."))


def comparison_table(comparison: Comparison, policy: str, response: str) -> Table:
    """The differences of one policy under one response, harm to people first.

    comparison : of travesia.compare. policy, response : one of its cases.
    """
    first, single = comparison.policies[0], comparison.mode == "expected" or comparison.replicates == 1
    spread = () if single else ("50 %", "90 %", "Above 0")
    columns = ("What", first, policy, "Difference", *spread)
    table = plain_table(*columns)
    table.title = f"{policy} compared with {first}: {RESPONSE_WORDS[response]}"
    last = "departed"  # what follows are quantities of the scenario alone
    rows = comparison.differences
    rows = rows[(rows["policy"] == policy) & (rows["response"] == response) & rows["modelled"]]
    before = ""
    for row in rows.to_dict("records"):
        if before == last:
            table.add_section()
        before = str(row["quantity"])
        table.add_row(*_cells({str(k): v for k, v in row.items()}, comparison.titles[before], single))
    return table


def _cells(row: dict[str, Any], title: str, single: bool) -> list[str]:
    cells = [
        title + (" *" if row["by_definition"] else "") + (" †" if row["sign_open"] else ""),
        _number(row["reference_median"]),
        _number(row["policy_median"]),
        _signed(row["median"]),
    ]
    if single:
        return cells
    for width in ("50", "90"):
        cells.append(f"{_signed(row[f'low{width}'])} to {_signed(row[f'high{width}'])}")
    return [*cells, f"{100 * row['probability_above_zero']:.0f} %"]


def write_comparison(comparison: Comparison, folder: Path, *, command: str = "") -> list[Path]:
    """Write differences.csv, totals.csv (every replicate), differences.png and comparison.json; return their paths.

    With provenance and checksums. comparison : of travesia.compare. folder : not there yet, or empty. command : what
    was typed. Raises UsageError where the folder has no room, StoreError where it cannot be written.
    """
    from travesia.plotpolicies import difference_figure

    files = {
        "differences.csv": csv_bytes(_with_words(comparison.differences)),
        "totals.csv": csv_bytes(comparison.totals),
        "comparison.json": json.dumps(
            comparison.json()
            | {"titles": comparison.titles, "command": command, "version": version("travesia")}
            | _of(comparison.scenario)
            | _words(comparison),
            ensure_ascii=False,
            allow_nan=False,
            indent=1,
        ).encode(),
        "differences.png": png(difference_figure(comparison), comparison.scenario),
    }
    told = {
        "seed": comparison.seed,
        "replicates": comparison.replicates,
        "policies": list(comparison.policies),
    }
    return _put_all(folder, files, _of(comparison.scenario) | told | made_now(command))


def _words(comparison: Comparison) -> dict[str, Any]:
    """What a reader without the scenario needs: titles, and which numbers are deaths."""
    settings = comparison.scenario.settings
    named = dict.fromkeys(name for policy in comparison.policies for name in policy.split("+"))
    return {
        "title": dict(settings.title),
        "licence": settings.licence,
        "policy_titles": {name: dict(settings.policies[name].title) or {"en": name} for name in named},
        "quantity_titles": {
            name: dict(own.title) for name, own in settings.outputs.quantities.items() if own.title
        },
        "deaths": [one.name for one in headlines(comparison.scenario) if one.deaths],
    }


def show_tornado(found: Tornado) -> None:
    """Print, for each quantity, the parameters that move it most.

    found : of travesia.tornado.
    """
    settings = found.scenario.settings
    print(harmless(settings.title.get("en", settings.name)))
    print(
        f"{settings.name}, policy {found.policy}: central runs with one parameter at a time at the 5 % and the 95 % "
        "point of its prior, the others at their medians"
    )
    table = plain_table("What", "Central run", "Parameter", "5 % point", "95 % point", "At 5 %", "At 95 %")
    table.columns[2].justify = "left"
    for name, title in found.titles.items():
        told = [title, ""]
        for row in found.movers(name, most=MOST_MOVERS).to_dict("records"):
            told[1] = _number(row["base"]) if told[0] else ""
            ends = (
                f"{row['low']:.4g}",
                f"{row['high']:.4g}",
                _number(row["at_low"]),
                _number(row["at_high"]),
            )
            table.add_row(*told, str(row["parameter"]), *ends)
            told = ["", ""]
        table.add_section()
    show(table)
    still = [title for name, title in found.titles.items() if found.movers(name, most=1).empty]
    if still:
        print(harmless(f"No parameter moves: {', '.join(title.lower() for title in still)}."))


def write_tornado(found: Tornado, folder: Path, *, command: str = "") -> list[Path]:
    """Write tornado.csv, tornado.png and tornado.json; return their paths.

    found : of travesia.tornado. folder, command : as in `write_comparison`, which tells what is raised.
    """
    from travesia.plotpolicies import tornado_figure

    more = {"titles": found.titles, "command": command, "version": version("travesia")} | _of(found.scenario)
    text = json.dumps(
        found.json() | more,
        ensure_ascii=False,
        allow_nan=False,
        indent=1,
    )
    files = {
        "tornado.csv": csv_bytes(found.effects),
        "tornado.json": text.encode(),
        "tornado.png": png(tornado_figure(found), found.scenario),
    }
    return _put_all(folder, files, _of(found.scenario) | {"policy": found.policy} | made_now(command))


def _of(scenario: Scenario) -> dict[str, Any]:
    """What the numbers are of, and who may have them."""
    return {
        "scenario": scenario.name,
        "scenario_hash": scenario_hash(scenario),
        "sensitivity": working_label(scenario),
    }


def _put_all(folder: Path, files: Mapping[str, bytes], provenance: Mapping[str, Any]) -> list[Path]:
    """Write files by name as a new folder; their paths."""

    def put(making: Path) -> None:
        for name, content in files.items():
            (making / name).write_bytes(content)
        put_json(making / PROVENANCE, provenance)

    put_new_folder(folder, put)
    return [folder / name for name in files]


def plain_table(*columns: str, words: int = 1) -> Table:
    """A table whose first columns are words and whose others are numbers."""
    table = empty_table()
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number >= words else "left", overflow="fold")
    return table


def _with_words(table: pd.DataFrame) -> pd.DataFrame:
    """The table with `true` and `false` as words."""
    told = [name for name in table.columns if table[name].dtype == bool]
    return table.assign(**{name: table[name].map({True: "true", False: "false"}) for name in told})


def _number(value: float) -> str:
    return "–" if isnan(value) else f"{value:,.0f}"


def _signed(value: float) -> str:
    if isnan(value):
        return "–"
    return "0" if round(value) == 0 else f"{value:+,.0f}".replace("-", "−")

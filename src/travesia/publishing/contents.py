"""What may be handed out of a run, a forecast or a comparison: tables, and what the page shows of places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from travesia.errors import UsageError
from travesia.forecasting.folder import HEAD, read_forecast
from travesia.publishing.about import About, about_comparison, about_forecast, about_run
from travesia.publishing.othersheets import (
    differences_sheet,
    forecast_run,
    forecast_sheet,
    needs_sheet,
    reported_sheet,
)
from travesia.publishing.runsheets import parameter_sheet, run_sheets
from travesia.publishing.sheets import Sheet
from travesia.store import read_provenance, read_run
from travesia.sums import PROVENANCE
from travesia.web.compared import cases_of, compared_with, read_comparison
from travesia.web.forecasts import forecast_scenario, shown_forecast
from travesia.web.publish import is_coarse
from travesia.web.served import COMPARISON, refuse_export
from travesia.web.shapes import Network, RunView
from travesia.web.view import network_of, run_view


@dataclass(frozen=True, eq=False)
class Published:
    """What is handed out.

    what : in words. name : of its files. sheets : by name. network, run : as the page shows them; None where nothing is
    told of places.
    """

    what: str
    name: str
    about: About
    sheets: Mapping[str, Sheet]
    network: Network | None = None
    run: RunView | None = None


def published(
    folder: Path, *, comparison: Path | None = None, settings: Path | None = None, today: date | None = None
) -> Published:
    """A run, a forecast or a comparison, whichever a folder holds, as it may be handed out.

    folder : that `travesia run`, `forecast -o` or `compare -o` wrote. comparison : beside a run. settings : of a Flee
    folder that a forecast is of. today : decides how finely journeys may be told. Raises UsageError where a comparison
    cannot stand beside it, and what `published_run`, `published_forecast` and `published_comparison` raise.
    """
    kinds = {HEAD: "a forecast", COMPARISON: "another comparison"}
    kind = next((words for name, words in kinds.items() if (folder / name).is_file()), "")
    if comparison is not None and kind:
        raise UsageError(f"a comparison stands beside a run, not beside {kind}; leave --comparison out")
    if (folder / HEAD).is_file():
        return published_forecast(folder, settings=settings, today=today)
    if (folder / COMPARISON).is_file():
        return published_comparison(folder)
    refuse_export(folder)
    return published_run(folder, comparison=comparison, today=today)


def published_run(folder: Path, *, comparison: Path | None = None, today: date | None = None) -> Published:
    """A run as it may be handed out.

    folder : a run folder that keeps its replicates. comparison : that `travesia compare -o` wrote of the same scenario.
    today : decides how finely journeys may be told. Raises StoreError for what is no such folder, UsageError for a
    comparison of another scenario.
    """
    result, told = read_run(folder), read_provenance(folder)
    scenario, day = result.scenario, today or date.today()
    coarse = is_coarse(scenario, day)
    network = network_of(scenario, scenario.name, today=day)
    run = run_view(result, today=day, seconds=sum(result.seconds.values()))
    sheets = run_sheets(network, run)
    more = [reported_sheet(scenario, coarse=coarse), parameter_sheet(scenario)]
    if not coarse:
        more.append(needs_sheet(result))
    if comparison is not None:
        more.append(differences_sheet(compared_with(scenario, comparison)))
    sheets |= {sheet.name: sheet for sheet in more}
    name = f"{scenario.settings.name}-{told['seed']}"
    return Published("a run", name, about_run(scenario, told, coarse=coarse), sheets, network, run)


def published_forecast(folder: Path, *, settings: Path | None = None, today: date | None = None) -> Published:
    """A forecast as it may be handed out; of recent journeys only what is of a country or more, by the month.

    folder : that `travesia forecast -o` wrote. settings : of a Flee folder. today : decides how finely journeys may be
    told. Raises UsageError where it is no forecast, its scenario cannot be read, or nothing of it may be told.
    """
    head, table = read_forecast(folder)
    scenario, day = forecast_scenario(folder, head, settings), today or date.today()
    view = shown_forecast(scenario, head, table, folder.name, today=day)
    coarse = view.network.coarse
    known = folder / PROVENANCE
    told = json.loads(known.read_text(encoding="utf-8")) if known.is_file() else {}
    name = f"{scenario.settings.name}-{head['origin_date']}"
    about = about_forecast(scenario, head, told, coarse=coarse)
    if coarse:
        may = forecast_sheet(table[table["location"].isin([fan.name for fan in view.fans])])
        if not view.fans:
            raise UsageError(
                f"{folder}: nothing of it may be handed out: recent journeys are told by area and month only; "
                "run the scenario and export the run"
            )
        return Published("a forecast of journeys", name, about, {"forecast": may})
    network, run = forecast_run(view, table)
    kept = run_sheets(network, run)
    sheets = {"forecast": forecast_sheet(table)} | {one: kept[one] for one in ("places", "legs", "people")}
    sheets["reported"] = reported_sheet(scenario, coarse=is_coarse(scenario, day))
    return Published("a forecast", name, about, sheets, network, run)


def published_comparison(folder: Path) -> Published:
    """A comparison as it may be handed out: differences over the whole run, in two figures.

    folder : that `travesia compare -o` wrote. Raises UsageError where it cannot be read.
    """
    found = read_comparison(folder)
    sheet = differences_sheet(cases_of(found))
    name = f"{found['scenario']}-{found['seed']}-compared"
    return Published("a comparison", name, about_comparison(found), {sheet.name: sheet})

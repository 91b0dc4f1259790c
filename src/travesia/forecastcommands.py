"""The commands about what comes next: forecast, score, triggers, benchmark."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from travesia import terminal
from travesia.arguments import (
    AsJson,
    Assignments,
    Folder,
    Jobs,
    Seed,
    SettingsFile,
    assignments,
    day_of,
    print_json,
    tell_warnings,
)
from travesia.errors import UsageError
from travesia.files import refuse_full
from travesia.wholefolder import put_new_file

if TYPE_CHECKING:
    import pandas as pd

    from travesia.scenario import Scenario

FORECAST_EXAMPLE = "Example: travesia forecast flee/mali2012 --origin 2012-06-30 --days 90 -o fc"
SCORE_EXAMPLE = "Example: travesia score fc"
TRIGGERS_EXAMPLE = "Example: travesia triggers fc --place Mentao --threshold 8000"
BENCHMARK_EXAMPLE = "Example: travesia benchmark flee/mali2012 flee/burundi2015 -o runs/benchmark"

ForecastFolder = Annotated[Path, typer.Argument(metavar="FORECAST", help="What `travesia forecast` wrote.")]


class Track(StrEnum):
    """What is known of the time after the origin."""

    END_TO_END = "end-to-end"
    ALLOCATION = "allocation"
    KNOWN_CONFLICTS = "known-conflicts"


class Capacities(StrEnum):
    """Whether the places' capacities are used."""

    GIVEN = "given"
    BLANK = "blank"


def forecast(
    context: typer.Context,
    scenario: Folder,
    origin: Annotated[
        str,
        typer.Option("--origin", metavar="DATE", help="The last day whose counts are known; today's report."),
    ],
    days: Annotated[int, typer.Option("--days", metavar="D", min=1, max=365, help="How far ahead.")] = 90,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Where to; not there yet, or empty."),
    ] = None,
    posterior: Annotated[
        Path | None,
        typer.Option(
            "--posterior",
            metavar="FOLDER",
            help="Run the draws that `travesia calibrate --until` this origin wrote, in place of the structural model.",
        ),
    ] = None,
    quantity: Annotated[
        list[str] | None,
        typer.Option(
            "--quantity",
            metavar="NAME",
            help="A flow that was reported by month, in place of people; may be repeated.",
        ),
    ] = None,
    settings: SettingsFile = None,
    values: Assignments = None,
    seed: Seed = 1,
    jobs: Jobs = 1,
) -> None:
    """Forecast how many people will be where people were counted.

    Nothing after the origin is used. Writes quantiles by place and day, and a picture; where nobody was counted at a
    place, or with --quantity, by flow and month. With --posterior every quantity that was compared with figures is
    forecast, and `travesia assimilate` can add new figures.
    """
    if posterior is not None and quantity:
        raise UsageError(
            "a posterior forecasts what it was calibrated with; give --quantity to: travesia calibrate"
        )
    given = assignments(values)

    from travesia.folder import read_scenario
    from travesia.forecasting.folder import write_forecast
    from travesia.forecasting.forecast import forecast as make

    when = day_of(origin, "--origin")
    found = read_scenario(scenario, settings=settings, values=given)
    folder = output or Path("runs") / f"{found.name}-forecast-{when}"
    refuse_full(folder)
    tell_warnings(found, scenario)
    if posterior is None:
        ahead = make(found, origin=when, days=days, quantities=quantity or ())
        write_forecast(ahead, folder, source=scenario, command=context.obj or "")
    else:
        from travesia.calibration.outlook import outlook
        from travesia.calibration.outlookfile import write_outlook
        from travesia.calibration.posteriorfile import read_posterior

        spent, draws = process_time(), read_posterior(posterior)
        with _steps("posterior") as tell:
            future = outlook(
                draws,
                found,
                origin=when,
                days=days,
                seed=seed,
                workers=jobs,
                tell=lambda stage, done, total: tell(done, total),
            )
        seconds = process_time() - spent
        write_outlook(future, folder, source=scenario, command=context.obj or "", seconds=seconds)
    print(folder)
    terminal.say(f"When more was counted: travesia score {shlex.quote(str(folder))}")


def score(
    folder: ForecastFolder,
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario", metavar="SCENARIO", help="Where later counts are; as forecast if not given."
        ),
    ] = "",
    one_by_one: Annotated[
        bool,
        typer.Option(
            "--each", help="A row for each place or flow and date, in place of one for each method."
        ),
    ] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Score a forecast by later counts, beside naive forecasts."""
    from travesia.folder import read_scenario
    from travesia.forecasting.against import checked_forecast
    from travesia.forecasting.folder import read_forecast
    from travesia.forecasting.scoring import by_case, each, scores
    from travesia.tables import records

    head, table = read_forecast(folder)
    checked = checked_forecast(table, read_scenario(scenario or str(head["scenario"]), settings=settings))
    if one_by_one:
        found = each(checked, origin=date.fromisoformat(head["origin_date"]))
        found["date"] = found["date"].dt.strftime("%Y-%m-%d")
    else:
        found = by_case(scores([checked]))
    if as_json:
        print_json(records(found))
        return
    _show(found if one_by_one else found.drop(columns=["case", "horizon"]).sort_values("scaled_crps"))


def triggers(
    folder: ForecastFolder,
    place: Annotated[str, typer.Option("--place", metavar="PLACE", help="Where.")],
    threshold: Annotated[float, typer.Option("--threshold", metavar="N", min=1, help="People.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell what an alarm for a place would have been worth so far.

    At past origins: how often an alarm at a probability came before so many people did, how often it was
    false, and how many days it gave.
    """
    from travesia.folder import read_scenario
    from travesia.forecasting.folder import read_forecast
    from travesia.forecasting.triggers import triggers as tried
    from travesia.tables import records

    head, _ = read_forecast(folder)
    case = read_scenario(str(head["scenario"]), settings=settings)
    with _steps("past origins") as tell:
        found = tried(
            case,
            origin=date.fromisoformat(head["origin_date"]),
            days=int(head["days"]),
            place=place,
            threshold=threshold,
            tell=tell,
        )
    if as_json:
        print_json({"probability_now": round(found.now, 4), "alarms": records(found.table)})
        return
    _show(found.table)
    print(f"chance of {threshold:,.0f} people at {place} within {head['days']} days: {found.now:.0%}")


def benchmark(
    context: typer.Context,
    cases: Annotated[
        list[str], typer.Argument(metavar="CASES…", help="Scenario or Flee folders with counts.")
    ],
    track: Annotated[
        Track,
        typer.Option(
            "--track",
            help="end-to-end: nothing after the origin; known-conflicts: which places are in conflict later; "
            "allocation: the true total of every day, but no count of a camp after day 0.",
        ),
    ] = Track.END_TO_END,
    capacities: Annotated[
        Capacities, typer.Option("--capacities", help="Whether capacities are used; only allocation asks.")
    ] = Capacities.BLANK,
    entry: Annotated[
        list[Path] | None,
        typer.Option(
            "--entry", metavar="FILE", help="Another method as a table of quantiles; may be repeated."
        ),
    ] = None,
    list_targets: Annotated[
        Path | None,
        typer.Option("--targets", metavar="FILE", help="Write which quantiles an entry needs, and stop."),
    ] = None,
    settings: SettingsFile = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Write tables and a picture there."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score forecasts of past conflicts, beside naive ones.

    From every 30th day, 7, 30 and 90 days ahead, by what was counted; see docs/forecast.md.
    """
    from travesia.folder import read_scenario

    if output is not None:
        refuse_full(output)
    scenarios = [read_scenario(case, settings=settings) for case in cases]
    if len({scenario.name for scenario in scenarios}) < len(scenarios):
        raise UsageError("two cases have the same name; give each once")
    if list_targets is not None:
        _write_targets(scenarios, list_targets)
        return
    if track is Track.ALLOCATION:
        _allocation(scenarios, capacities, output, command=context.obj or "", as_json=as_json)
        return

    from travesia.forecasting.benchmark import as_json as answer
    from travesia.forecasting.benchmark import benchmark as run
    from travesia.forecasting.folder import write_benchmark
    from travesia.forecasting.quantilefile import read_quantiles

    entries = [read_quantiles(path) for path in entry or ()]
    with _steps("origins") as tell:
        found = run(scenarios, track=track.value, entries=entries, tell=tell)
    for name in found.left_out:
        terminal.say(
            f"{name} is left out: no forecast can be checked, its counts are too few or end too early"
        )
    if output is not None:
        write_benchmark(found, output, scenarios=scenarios, command=context.obj or "")
        terminal.say(f"Tables and a picture are in {output}")
    if as_json:
        print_json(answer(found) | {"capacities": capacities.value})
        return
    _show(_by_horizon(found.cases))
    _show(found.skill)


def _allocation(
    scenarios: list[Scenario], capacities: Capacities, output: Path | None, *, command: str, as_json: bool
) -> None:
    from travesia.forecasting.benchmark import allocation_json, allocation_table
    from travesia.forecasting.folder import write_allocation

    table = allocation_table(scenarios, blank=capacities is Capacities.BLANK)
    if output is not None:
        write_allocation(table, output, scenarios=scenarios, capacities=capacities.value, command=command)
        terminal.say(f"The table is in {output}")
    if as_json:
        print_json(allocation_json(table, capacities.value))
        return
    wide = table.pivot(index="method", columns="case", values="ard")
    _show(wide.assign(mean=wide.mean(axis=1)).sort_values("mean").reset_index())


def _write_targets(scenarios: list[Scenario], path: Path) -> None:
    from travesia.forecasting.benchmark import target_table
    from travesia.tables import csv_bytes

    if path.exists():
        raise UsageError(f"{path} exists; name another file")
    put_new_file(path, csv_bytes(target_table(scenarios)))
    print(path)


def _by_horizon(cases: pd.DataFrame) -> pd.DataFrame:
    """Means over cases by horizon and method, the best first."""
    shown = ["scaled_crps", "ard", "mase", "log_crps", "cover50", "cover80", "cover95"]
    found = cases.groupby(["horizon", "method"], sort=True)[shown].mean().reset_index()
    return found.sort_values(["horizon", "scaled_crps"], kind="stable")


def _show(table: pd.DataFrame) -> None:
    """A table of numbers on stdout, words first, as the tables of other commands."""
    from travesia.policytables import plain_table

    words = [name for name in table if table[name].dtype.kind not in "fi"]
    table = table[[*words, *(name for name in table if name not in words)]]
    shown = plain_table(*(_title(str(name)) for name in table), words=len(words))
    for row in table.to_dict("records"):
        shown.add_row(*(_cell(value) for value in row.values()))
    terminal.show(shown)


def _title(column: str) -> str:
    """The name of a column as a title: `log_crps` is Log CRPS, `cover80` is In 80 %."""
    if column.startswith("cover"):
        return f"In {column.removeprefix('cover')} %"
    words = column.replace("_", " ").capitalize().split(" ")
    return " ".join(word.upper() if word.lower() in ("ard", "crps", "mase") else word for word in words)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.3f}"
    return str(value)


@contextmanager
def _steps(what: str) -> Any:
    from travesia.bars import counted, progress

    with progress(f"forecasting from {what}") as tell:
        step: Callable[[int, int], None] = counted(tell, "forecasting")
        yield step

"""The command `needs`: what places must provide, from a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from travesia import terminal
from travesia.arguments import AsJson, print_json
from travesia.errors import EXIT_DONE, UsageError
from travesia.files import refuse_inside
from travesia.wholefolder import put_new_file

if TYPE_CHECKING:
    from travesia.planning import Needs
    from travesia.result import Result

EXAMPLE = "Example: travesia needs runs/caravan-2021-1 --place vadohondo --date 2021-01-17"
_SUFFIXES = (".csv", ".json", ".png")


def _copy_indicators(path: Path | None) -> None:
    if path is None:
        return
    from travesia.indicators import indicators_text

    if path.exists():
        raise UsageError(f"{path} exists; name a new file")
    put_new_file(path, indicators_text().encode())
    print(path)
    raise typer.Exit(EXIT_DONE)


def needs(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="What `travesia run` wrote.")],
    place: Annotated[
        list[str] | None,
        typer.Option(
            "--place", metavar="PLACE", help="Everything about this place, by id or name; may be repeated."
        ),
    ] = None,
    date: Annotated[
        list[str] | None,
        typer.Option(
            "--date", metavar="DATE", help="This day, not the fullest of each place; may be repeated."
        ),
    ] = None,
    indicators: Annotated[
        Path | None,
        typer.Option(
            "--indicators", metavar="FILE", help="Your own table of indicators; Sphere's (2018) if not given."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write every day, or each --date: FILE.csv (and FILE-places.csv, FILE-totals.csv), FILE.json, "
            "or, of one --place, FILE.png.",
        ),
    ] = None,
    as_json: AsJson = False,
    copy_indicators: Annotated[
        Path | None,
        typer.Option(
            "--copy-indicators",
            metavar="FILE",
            callback=_copy_indicators,
            is_eager=True,
            help="Write Sphere's table of indicators to a new file, to edit, and stop.",
        ),
    ] = None,
) -> None:
    """Tell what places must provide: beds, water, food, staff.

    From a run: arrivals in the next 3, 7 and 14 days, the first arrival, the fullest night, needs by a table
    of indicators, what they and their cost come to over the run, and when a capacity is exceeded and how
    likely. All with intervals over the replicates.
    """
    places, dates = place or [], date or []
    if output is not None:
        _check_output(output, places, dates)

    from travesia.planning import needs as needs_of
    from travesia.planning_view import needs_json, show_needs
    from travesia.store import read_run

    result = read_run(run_folder)
    if output is not None:
        whole = needs_of(result, indicators=indicators, places=places, dates=dates or "all")
        for path in _write(whole, result, output):
            print(path)
        return
    found = needs_of(result, indicators=indicators, places=places, dates=dates or "fullest")
    if as_json:
        print_json(needs_json(found, result))
    else:
        show_needs(found, result, sheets=bool(places))


def _check_output(output: Path, places: list[str], dates: list[str]) -> None:
    """Refuse a file that cannot be written before anything is computed."""
    if output.suffix not in _SUFFIXES:
        raise UsageError(f"{output}: unknown kind of file; end its name in {', '.join(_SUFFIXES)}")
    for path in _files(output):
        if path.exists():
            raise UsageError(f"{path} exists; name another file")
    if output.suffix == ".png" and len(places) != 1:
        raise UsageError("a picture shows one place; name it with --place")
    if output.suffix == ".png" and dates:
        raise UsageError("a picture shows every day; leave --date out")
    if not output.absolute().parent.is_dir():
        raise UsageError(f"{output.parent} is no folder; make it first, or name another file")
    refuse_inside(output)


def _files(output: Path) -> list[Path]:
    """What is written: of CSV three files."""
    more = ("-places", "-totals") if output.suffix == ".csv" else ()
    return [output, *(output.with_name(f"{output.stem}{what}.csv") for what in more)]


def _write(found: Needs, result: Result, output: Path) -> list[Path]:
    """The files written."""
    files = _files(output)
    for path, content in zip(files, _contents(found, result, output.suffix), strict=True):
        put_new_file(path, content)
    if output.suffix == ".csv":
        for note in found.notes:
            terminal.say(note)
    return files


def _contents(found: Needs, result: Result, suffix: str) -> list[bytes]:
    """What is written, for each of `_files`."""
    import json

    from travesia.planning_view import needs_json
    from travesia.tables import csv_bytes

    if suffix == ".json":
        text = json.dumps(needs_json(found, result), ensure_ascii=False, allow_nan=False, indent=1)
        return [(text + "\n").encode()]
    if suffix == ".png":
        from travesia.captions import png
        from travesia.planning_plot import needs_figure

        figure = needs_figure(found, result, str(found.places["place"].iloc[0]))
        return [png(figure, result.scenario)]
    return [csv_bytes(table) for table in (found.daily, found.places, found.totals)]

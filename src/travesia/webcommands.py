"""The commands `serve`, the page in the browser on this machine alone, and `report`, a page in one file."""

from __future__ import annotations

import socket
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from travesia import terminal
from travesia.arguments import SettingsFile
from travesia.errors import UsageError
from travesia.files import has_room, refuse_inside
from travesia.wholefolder import put_new_file

if TYPE_CHECKING:
    from travesia.web.security import Keys

EXAMPLE = "Example: travesia serve caravan-2021"
REPORT_EXAMPLE = "Example: travesia report runs/caravan-2021-1 -o report.html --lang es"
LOOPBACK = "127.0.0.1"


def serve(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO]...",
            help="Packaged scenarios, or folders: scenarios, Flee, runs, comparisons, forecasts; every packaged "
            "scenario if none is given.",
        ),
    ] = None,
    settings: SettingsFile = None,
    port: Annotated[
        int, typer.Option("--port", metavar="P", min=0, max=65535, help="The port; any free one if 0.")
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address; open nothing.")
    ] = False,
    runs: Annotated[
        Path, typer.Option("--runs", metavar="FOLDER", help="Where ensembles made in the page are kept.")
    ] = Path("runs"),
) -> None:
    """Show scenarios and results in the browser; change policies.

    Prints an address with a token, for this machine alone; nothing is loaded from elsewhere. End it with
    Ctrl-C: ensembles under way are kept as far as they are, and go on when they are asked for again.
    """
    from travesia.web.app import guarded
    from travesia.web.desk import Desk
    from travesia.web.jobs import Jobs
    from travesia.web.security import Keys
    from travesia.web.served import sources_of

    sources = sources_of(what or [], settings)
    desk = Desk(sources, Jobs(runs / "page"))
    if what:
        desk.folders()  # a broken one is told here, not in the browser
    listening = _listen(port)
    keys = Keys.new(listening.getsockname()[1])
    print(keys.address, flush=True)
    terminal.say("Open it in a browser on this machine. Ctrl-C ends it.")
    if not no_browser:
        _open(keys)
    _run(guarded(desk, keys), listening)


class Language(StrEnum):
    """The words of --lang."""

    ENGLISH = "en"
    SPANISH = "es"


def report(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="What `travesia run` wrote.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="The page to write, or with --format the folder; not there yet.  [default: report.html, or report]",
        ),
    ] = None,
    language: Annotated[
        Language, typer.Option("--lang", help="The language it opens in.")
    ] = Language.ENGLISH,
    comparison: Annotated[
        Path | None,
        typer.Option("--comparison", metavar="FOLDER", help="What `travesia compare -o` wrote, shown too."),
    ] = None,
    tornado: Annotated[
        Path | None,
        typer.Option("--tornado", metavar="FOLDER", help="What `travesia tornado -o` wrote, shown too."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="LIST",
            help="Write a folder with the page and what `travesia export` writes: csv, xlsx, parquet, geojson, gpkg, "
            "netcdf, with commas between.",
        ),
    ] = None,
) -> None:
    """Write a run as one page that opens without a network.

    In plain words, with a map, charts, what was reported, assumptions, needs, limits, and how to replay it.
    """
    output = output or Path("report.html" if formats is None else "report")
    if formats is None and output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(
            f"{output}: a report is a page; end its name in .html, or give --format for a folder"
        )
    if output.exists() and (formats is None or not has_room(output)):
        raise UsageError(f"{output} exists; name another with -o")
    refuse_inside(output)

    from travesia.publishing.contents import published_run
    from travesia.publishing.folder import formats_of, write_published
    from travesia.web.onepage import report_html

    wanted = [] if formats is None else formats_of(formats)
    today = date.today()
    page = report_html(
        run_folder,
        language="es" if language is Language.SPANISH else "en",
        comparison=comparison,
        tornado=tornado,
        today=today,
    )
    if formats is None:
        put_new_file(output, page)
        print(output)
        return
    found = published_run(run_folder, comparison=comparison, today=today)
    written = write_published(found, output, formats=wanted, beside={"report.html": page})
    for path in sorted(written.iterdir(), key=lambda path: path.name):
        print(output / path.name)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(128)  # who opens the address at once waits, and is not refused
    except OSError as error:
        raise UsageError(
            f"port {port} is not to be had ({error.strerror}); take another with --port"
        ) from error
    return listening


def _open(keys: Keys) -> None:
    import threading
    import webbrowser

    threading.Timer(1.0, webbrowser.open, [keys.address]).start()


def _run(app: object, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        limit_concurrency=200,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        terminal.say("ended")

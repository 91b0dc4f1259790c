"""The command `serve`: the page in the browser, on this machine alone."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from travesia import terminal
from travesia.arguments import SettingsFile
from travesia.errors import UsageError

if TYPE_CHECKING:
    from travesia.web.security import Keys

EXAMPLE = "Example: travesia serve caravan-2021"
LOOPBACK = "127.0.0.1"


def serve(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO]...",
            help="Packaged scenarios, scenario or Flee folders, or run folders; every packaged one if none is given.",
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
    """Show scenarios and runs on a map in the browser; change policies there.

    Prints an address with a token, for this machine alone; nothing is loaded from elsewhere. End it with
    Ctrl-C: ensembles under way are kept as far as they are, and go on when they are asked for again.
    """
    from travesia.web.app import guarded
    from travesia.web.desk import Desk, sources_of
    from travesia.web.jobs import Jobs
    from travesia.web.security import Keys

    sources = sources_of(what or [], settings)
    desk = Desk(sources, Jobs(runs / "page"))
    if what:
        for name in sources:
            desk.scenario(name)  # a broken one is told here, not in the browser
    listening = _listen(port)
    keys = Keys.new(listening.getsockname()[1])
    print(keys.address, flush=True)
    terminal.say("Open it in a browser on this machine. Ctrl-C ends it.")
    if not no_browser:
        _open(keys)
    _run(guarded(desk, keys), listening)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
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

"""The routes of the page and its API. What they say stands in `desk`; who may ask, in `security`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from travesia.errors import ScenarioError, TravesiaError, UsageError
from travesia.web.desk import Desk
from travesia.web.exports import MIME, Format, Table, table_bytes
from travesia.web.security import App, Gate, Keys, error_body
from travesia.web.served import NotServedError
from travesia.web.shapes import (
    Changes,
    ComparedView,
    CompareRequest,
    ComparisonView,
    Error,
    FolderEntry,
    ForecastView,
    JobRequest,
    JobView,
    NeedsRequest,
    NeedsView,
    Network,
    RunView,
    ScenarioEntry,
)
from travesia.web.static import static_files

Id = Annotated[str, Path(min_length=1, max_length=100)]
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Error} for status in (400, 401, 403, 404, 405, 413, 414, 422, 500)
}


def guarded(desk: Desk, keys: Keys) -> App:
    """The whole server: the gate, and the routes behind it. desk : answers. keys : open the gate."""
    return Gate(api(desk), keys)


def api(desk: Desk) -> FastAPI:
    """The routes. desk : answers them."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.jobs.close()

    app = FastAPI(
        title="Travesía",
        version=version("travesia"),
        description="Scenarios, central runs with changes, and ensembles. Counts of people; aggregates only.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        responses=_ERRORS,
    )
    _add_errors(app)
    _add_scenarios(app, desk)
    _add_jobs(app, desk)
    _add_pages(app)
    return app


def _add_scenarios(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/folders")
    def folders() -> list[FolderEntry]:
        """Everything that is served: scenarios, runs, comparisons, forecasts."""
        return desk.folders()

    @app.get("/api/comparisons/{folder}")
    def comparison(folder: Id) -> ComparedView:
        """What `travesia compare -o` wrote."""
        return desk.compared(folder)

    @app.get("/api/forecasts/{folder}")
    def forecast(folder: Id) -> ForecastView:
        """What `travesia forecast -o` wrote."""
        return desk.forecast(folder)

    @app.get("/api/scenarios")
    def scenarios() -> list[ScenarioEntry]:
        """The scenarios that are served."""
        return desk.entries()

    @app.get("/api/scenarios/{scenario}")
    def network(scenario: Id) -> Network:
        """A scenario before it runs: places, legs, policies, sources."""
        return desk.network(scenario)

    @app.post("/api/scenarios/{scenario}/central", response_model=RunView)
    def central(scenario: Id, changes: Changes) -> Response:
        """The central run under some changes: means instead of draws, at the medians of the parameters."""
        return _large(desk.central_view(scenario, changes))

    @app.post("/api/scenarios/{scenario}/needs")
    def needs(scenario: Id, request: NeedsRequest) -> NeedsView:
        """What a place must provide on its fullest day, in the central run."""
        return desk.needs_view(scenario, request.place, request.changes)

    @app.post("/api/scenarios/{scenario}/tables/{table}", response_class=Response)
    def central_table(
        scenario: Id, table: Table, changes: Changes, kind: Annotated[Format, Query(alias="format")] = "csv"
    ) -> Response:
        """A table of the central run as CSV or XLSX."""
        made = table_bytes(desk.network(scenario), desk.central_view(scenario, changes), table, kind)
        return _file(made, f"{scenario}-{table}.{kind}", MIME[kind])


def _add_jobs(app: FastAPI, desk: Desk) -> None:
    @app.get("/api/jobs")
    def jobs() -> list[JobView]:
        """All ensembles, the latest first."""
        return desk.jobs.every()

    @app.post("/api/jobs")
    def start(request: JobRequest) -> JobView:
        """Make an ensemble, go on with one that was stopped, or find it done."""
        return desk.start(request)

    @app.get("/api/jobs/{job}")
    def job(job: Id) -> JobView:
        """How far an ensemble is."""
        return desk.jobs.view(job)

    @app.post("/api/jobs/{job}/cancel")
    def cancel(job: Id) -> JobView:
        """Stop an ensemble; what is finished stays."""
        return desk.jobs.cancel(job)

    @app.get("/api/runs/{run}", response_model=RunView)
    def run(run: Id) -> Response:
        """A finished ensemble, or a run folder that is served."""
        return _large(desk.ensemble_view(run))

    @app.get("/api/runs/{run}/tables/{table}", response_class=Response)
    def run_table(run: Id, table: Table, kind: Annotated[Format, Query(alias="format")] = "csv") -> Response:
        """A table of an ensemble as CSV or XLSX."""
        made = table_bytes(desk.network_of_run(run), desk.ensemble_view(run), table, kind)
        return _file(made, f"{run}-{table}.{kind}", MIME[kind])

    @app.post("/api/compare")
    def compare(request: CompareRequest) -> ComparisonView:
        """The paired differences of two finished ensembles."""
        return desk.compare(request)


def _add_pages(app: FastAPI) -> None:
    """The built front end: only the files that are in the package, by their exact names."""
    files = static_files()

    def page(name: str) -> Callable[[], Response]:
        content, mime = files[name]

        def answer() -> Response:
            return Response(content, media_type=mime)

        return answer

    for name in files:
        app.get(f"/{name}", include_in_schema=False)(page(name))
    if "index.html" in files:
        app.get("/", include_in_schema=False)(page("index.html"))


def _large(view: RunView) -> Response:
    """Many numbers: written once, not checked a second time on their way out."""
    return Response(view.model_dump_json(), media_type="application/json")


def _file(content: bytes, name: str, mime: str) -> Response:
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    return Response(
        content, media_type=mime, headers={"content-disposition": f'attachment; filename="{safe}"'}
    )


def _add_errors(app: FastAPI) -> None:
    """One shape for everything that goes wrong; no paths of this machine in it."""

    @app.exception_handler(ScenarioError)
    def broken(_: Request, error: ScenarioError) -> Response:
        return _error(400, "scenario", "the scenario cannot run so", [str(p) for p in error.problems[:20]])

    @app.exception_handler(UsageError)
    def wrong(_: Request, error: UsageError) -> Response:
        return _error(400, "usage", str(error))

    @app.exception_handler(NotServedError)
    def not_served(_: Request, error: NotServedError) -> Response:
        return _error(404, "not-found", str(error))

    @app.exception_handler(TravesiaError)
    def failed(_: Request, error: TravesiaError) -> Response:
        print(error, file=sys.stderr)
        return _error(500, "failed", "the folder of runs cannot be read or written; see the terminal")

    @app.exception_handler(Exception)
    def unforeseen(_: Request, error: Exception) -> Response:
        return _error(500, "failed", "something went wrong; see the terminal")

    @app.exception_handler(RequestValidationError)
    def odd(_: Request, error: RequestValidationError) -> Response:
        told = [f"{'.'.join(str(part) for part in e['loc'][1:])}: {e['msg']}" for e in error.errors()[:20]]
        return _error(422, "not-allowed", "this cannot be asked", told)

    @app.exception_handler(400)
    def unreadable(_: Request, error: Exception) -> Response:
        return _error(400, "unreadable", "what was sent cannot be read")

    @app.exception_handler(404)
    def missing(_: Request, error: Exception) -> Response:
        return _error(404, "not-found", "there is nothing of that name")

    @app.exception_handler(405)
    def other_way(_: Request, error: Exception) -> Response:
        return _error(405, "not-so", "this address is not asked in this way")


def _error(status: int, code: str, message: str, problems: list[str] | None = None) -> Response:
    return Response(error_body(code, message, problems), status, media_type="application/json")

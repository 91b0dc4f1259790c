"""What is served, kept at hand: scenarios read once, central runs and finished ensembles made once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any, TypeVar

from travesia.comparison import paired_differences
from travesia.errors import UsageError, nearest
from travesia.folder import packaged_titles, read_scenario
from travesia.provenance import scenario_hash
from travesia.result import Result
from travesia.scenario import Scenario
from travesia.store import read_run
from travesia.web.central import Runner
from travesia.web.changes import changed
from travesia.web.compared import compared_view, read_comparison
from travesia.web.forecasts import forecast_view
from travesia.web.jobs import Jobs
from travesia.web.publish import is_coarse
from travesia.web.reports import Reports, reports_of
from travesia.web.served import NotServedError, Source
from travesia.web.shapes import (
    Changes,
    ComparedView,
    CompareRequest,
    ComparisonView,
    FolderEntry,
    ForecastView,
    JobRequest,
    JobView,
    NeedsView,
    Network,
    RunView,
    ScenarioEntry,
)
from travesia.web.view import difference, needs_of, network_of, run_view

KEPT = 16  # central runs, and ensembles
Found = TypeVar("Found")


class Kept:
    """The last few things made, by what they were made from; each is made once, by whoever asks first."""

    def __init__(self, most: int = KEPT) -> None:
        self._lock = Lock()
        self._found: OrderedDict[Any, Future[Any]] = OrderedDict()
        self._most = most

    def get(self, key: Any, make: Callable[[], Found]) -> Found:
        """What was made from `key`, or is made now; who asks for the same meanwhile waits, and nobody else does.

        What `make` raises is raised to all who wait, and not kept.
        """
        with self._lock:
            waiting = self._found.get(key)
            own: Future[Found] = Future() if waiting is None else waiting
            if waiting is None:
                self._found[key] = own
                if len(self._found) > self._most:
                    self._found.popitem(last=False)
            else:
                self._found.move_to_end(key)
        if waiting is None:
            self._make(key, own, make)
        return own.result()

    def _make(self, key: Any, own: Future[Found], make: Callable[[], Found]) -> None:
        try:
            own.set_result(make())
        except BaseException as error:
            with self._lock:
                if self._found.get(key) is own:
                    del self._found[key]
            own.set_exception(error)


@dataclass(frozen=True)
class Desk:
    """Answers what the page asks. sources : by name. jobs : the ensembles."""

    sources: Mapping[str, Source]
    jobs: Jobs
    today: Callable[[], date] = date.today
    scenarios: Kept = field(default_factory=lambda: Kept(1000))
    runner: Runner = field(default_factory=Runner)
    reports: Kept = field(default_factory=lambda: Kept(1000))
    central: Kept = field(default_factory=Kept)
    views: Kept = field(default_factory=Kept)
    ensembles: Kept = field(default_factory=lambda: Kept(4))
    shown: Kept = field(default_factory=lambda: Kept(100))

    def entries(self) -> list[ScenarioEntry]:
        """The scenarios that are served."""
        return [
            ScenarioEntry(id=one.id, title=one.title)
            for one in self.folders()
            if self.sources[one.id].has_scenario
        ]

    def folders(self) -> list[FolderEntry]:
        """Everything that is served."""
        return [
            FolderEntry(id=name, kind=source.kind, title=self._title(name, source))
            for name, source in self.sources.items()
        ]

    def _title(self, name: str, source: Source) -> dict[str, str]:
        if source.kind == "comparison":
            return self.compared(name).title
        if source.kind == "forecast":
            return self.forecast(name).network.title
        return packaged_titles().get(source.path) or dict(self.scenario(name).settings.title) or {"en": name}

    def compared(self, name: str) -> ComparedView:
        """A comparison that is served. Raises NotServedError for an unknown name."""
        folder = self._folder(name, "comparison")

        def make() -> ComparedView:
            wanted = read_comparison(folder)["scenario_hash"]
            own = (
                other
                for other, source in self.sources.items()
                if source.has_scenario and scenario_hash(self.scenario(other)) == wanted
            )
            return compared_view(folder, name, next(own, ""))

        return self.shown.get(name, make)

    def forecast(self, name: str) -> ForecastView:
        """A forecast that is served. Raises NotServedError for an unknown name."""
        folder, settings, today = self._folder(name, "forecast"), self.sources[name].settings, self.today()
        return self.shown.get((name, today), lambda: forecast_view(folder, name, settings, today=today))

    def _folder(self, name: str, kind: str) -> Path:
        source = self.sources.get(name)
        if source is None or source.folder is None or source.kind != kind:
            known = [other for other, one in self.sources.items() if one.kind == kind]
            raise NotServedError(f"no such {kind} is served; {nearest(name, known)}")
        return source.folder

    def scenario(self, name: str) -> Scenario:
        """A scenario that is served, read once. Raises NotServedError or, for one with problems, ScenarioError."""
        if name not in self.sources or not self.sources[name].has_scenario:
            known = [other for other, source in self.sources.items() if source.has_scenario]
            raise NotServedError(f"no scenario {name!r} is served; {nearest(name, known)}")
        source = self.sources[name]
        return self.scenarios.get(
            name,
            lambda: read_scenario(source.path, settings=source.settings, trusted=source.run is not None),
        )

    def network(self, name: str) -> Network:
        """A scenario before it runs."""
        return network_of(self.scenario(name), name, today=self.today())

    def central_result(self, name: str, changes: Changes) -> tuple[Result, float]:
        """The central run under some changes, and the seconds it took."""

        def make() -> tuple[Result, float]:
            began = perf_counter()
            scenario, policy = changed(self.scenario(name), changes)
            return self.runner.run(name, scenario, policy), perf_counter() - began

        return self.central.get((name, changes.model_dump_json()), make)

    def central_view(self, name: str, changes: Changes) -> RunView:
        """The central run as it is shown."""
        today = self.today()

        def make() -> RunView:
            result, seconds = self.central_result(name, changes)
            return run_view(result, today=today, seconds=seconds, reports=self.reports_of(name))

        return self.views.get((name, changes.model_dump_json(), today), make)

    def reports_of(self, name: str) -> Reports:
        """What was reported of what a scenario tells about; no change changes it."""
        return self.reports.get(name, lambda: reports_of(self.scenario(name)))

    def needs_view(self, name: str, place: str, changes: Changes) -> NeedsView:
        """What a place must provide on its fullest day."""
        result, _ = self.central_result(name, changes)
        if is_coarse(result.scenario, self.today()):
            raise UsageError("journeys of the last 12 months are not told by place")
        return needs_of(result, place)

    def start(self, request: JobRequest) -> JobView:
        """Make an ensemble."""
        scenario, policy = changed(self.scenario(request.scenario), request.changes)
        return self.jobs.start(request, scenario, policy)

    def ensemble(self, name: str) -> Result:
        """The result of a finished ensemble, or of a run folder that is served."""
        source = self.sources.get(name)
        folder = source.run if source and source.run else self.jobs.run_folder(name)
        return self.ensembles.get(name, lambda: read_run(folder))

    def ensemble_view(self, name: str) -> RunView:
        """A finished ensemble as it is shown."""
        result = self.ensemble(name)
        return run_view(result, today=self.today(), seconds=sum(result.seconds.values()))

    def network_of_run(self, name: str) -> Network:
        """The network of a finished ensemble, or of a run folder that is served."""
        return network_of(self.ensemble(name).scenario, name, today=self.today())

    def compare(self, request: CompareRequest) -> ComparisonView:
        """The paired differences of two finished ensembles."""
        before, after = self.jobs.view(request.before), self.jobs.view(request.after)
        alike = ("scenario", "replicates", "seed")
        if any(getattr(before, name) != getattr(after, name) for name in alike):
            raise UsageError("only ensembles of one scenario, seed and number of replicates can be compared")
        rows, titles = paired_differences(self.ensemble(before.id), self.ensemble(after.id))
        return ComparisonView(
            before=before,
            after=after,
            differences=[difference(row, titles) for row in rows if row["modelled"]],
        )

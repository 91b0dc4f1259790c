"""Ensembles made for the page: each a process of its own that writes a run folder, which is its whole state.

runs/page/<id>/request.json   what was asked
runs/page/<id>/scenario/      what is run
runs/page/<id>/run.shards/    what is finished, while it runs
runs/page/<id>/run/           the run folder

So a job is found again after a restart, goes on where it stopped, and asking twice for the same gives the same job.
"""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock

from travesia.errors import StoreError, TravesiaError, UsageError
from travesia.files import put_whole
from travesia.folder import write_scenario
from travesia.locks import is_worked_on
from travesia.longrun import shards_of
from travesia.provenance import scenario_hash
from travesia.scenario import Scenario
from travesia.shards import replicates_named
from travesia.store import is_run
from travesia.web.served import NotServedError
from travesia.web.shapes import JobRequest, JobState, JobView

MOST_AT_WORK = 2
_ID = re.compile(r"[0-9a-f]{16}")
_REQUEST, _SCENARIO, _RUN, _LOG = "request.json", "scenario", "run", "messages.txt"


class Jobs:
    """The ensembles of one folder, and the processes that this server has at work on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, request: JobRequest, scenario: Scenario, policy: str) -> JobView:
        """Make an ensemble, or go on with it, or find it done.

        request : as asked. scenario, policy : with the changes. Raises UsageError where too many are at work,
        StoreError where the folder cannot be written.
        """
        name = id_of(request, scenario, policy)
        with self._lock:
            state, _ = self._state(name)
            if state not in ("done", "running"):
                at_work = [other for other in self._processes if self._alive(other)]
                if len(at_work) >= MOST_AT_WORK:
                    raise UsageError(f"{MOST_AT_WORK} ensembles are at work; wait for one or cancel it")
                self._prepare(name, request, scenario)
                self._processes[name] = self._spawn(name, request, policy)
        return self.view(name)

    def view(self, name: str) -> JobView:
        """How far an ensemble is. Raises NotServedError where there is none of that name."""
        request = self._told(name)
        state, done = self._state(name)
        return JobView(
            id=name,
            scenario=request.scenario,
            changes=request.changes,
            replicates=request.replicates,
            seed=request.seed,
            state=state,
            done=request.replicates if state == "done" else done,
            message=self._message(name) if state == "failed" else "",
        )

    def every(self) -> list[JobView]:
        """All ensembles of the folder, the latest first."""
        if not self.folder.is_dir():
            return []
        found = [p for p in self.folder.iterdir() if _ID.fullmatch(p.name) and (p / _REQUEST).is_file()]
        views = []
        for path in sorted(found, key=lambda p: (-p.stat().st_mtime, p.name)):
            with suppress(TravesiaError):  # one that another program has spoilt does not hide the others
                views.append(self.view(path.name))
        return views

    def cancel(self, name: str) -> JobView:
        """Stop an ensemble; what is finished stays, and starting it again goes on from there."""
        self._told(name)
        with self._lock:
            process = self._processes.get(name)
            if process and process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                del self._processes[name]  # stopped, not failed, however far it had come
        return self.view(name)

    def run_folder(self, name: str) -> Path:
        """The run folder of a finished ensemble. Raises UsageError where it is not done."""
        self._told(name)
        if not is_run(self.folder / name / _RUN):
            raise UsageError("the ensemble is not done yet")
        return self.folder / name / _RUN

    def close(self) -> None:
        """Stop what is at work; it can be taken up again."""
        for name in list(self._processes):
            with suppress(TravesiaError):
                self.cancel(name)

    def _told(self, name: str) -> JobRequest:
        if not _ID.fullmatch(name):
            raise NotServedError("no such ensemble")
        try:
            told = json.loads((self.folder / name / _REQUEST).read_bytes())
            return JobRequest.model_validate(told["request"])
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            RecursionError,
        ) as error:  # of whatever a file may hold
            raise NotServedError("no such ensemble") from error

    def _state(self, name: str) -> tuple[JobState, int]:
        target, alive = self.folder / name / _RUN, self._alive(name)  # alive first: it may end in between
        if is_run(target):
            return "done", 0
        done = replicates_named(shards_of(target))
        if alive:
            return "running", done
        process = self._processes.get(name)
        failed = process is not None and process.returncode not in (0, 130, -signal.SIGINT, -signal.SIGTERM)
        return ("failed" if failed else "stopped"), done

    def _alive(self, name: str) -> bool:
        process = self._processes.get(name)
        if process is not None and process.poll() is None:
            return True
        return is_worked_on(self.folder / name / _RUN)  # by what a server began that is no more

    def _prepare(self, name: str, request: JobRequest, scenario: Scenario) -> None:
        folder = self.folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder for ensembles cannot be written ({error.strerror})") from error
        if not (folder / _SCENARIO).exists():
            write_scenario(scenario, folder / _SCENARIO)
        told = {"request": request.model_dump()}
        put_whole(folder / _REQUEST, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())

    def _spawn(self, name: str, request: JobRequest, policy: str) -> subprocess.Popen[bytes]:
        folder = self.folder / name
        command = [sys.executable, "-m", "travesia", "run", _SCENARIO, "-o", _RUN, "--no-pictures"]
        command += ["--keep-replicates", "-n", str(request.replicates), "--seed", str(request.seed)]
        command += ["--policy", policy]
        with (folder / _LOG).open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                process_group=0,  # Ctrl-C is for the server, which stops it itself
            )

    def _message(self, name: str) -> str:
        """The last thing a failed ensemble said, without paths."""
        try:
            lines = (self.folder / name / _LOG).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        last = next((line for line in reversed(lines) if line.strip()), "")
        return re.sub(r"(?:[A-Za-z]:)?[/\\][^\s:;,]+", "…", last)[:300]


def id_of(request: JobRequest, scenario: Scenario, policy: str) -> str:
    """The name of an ensemble: the same for the same request of the same scenario."""
    told = [scenario_hash(scenario), policy, request.replicates, request.seed, request.scenario]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]

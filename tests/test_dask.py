"""Runs on a Dask cluster: the same bytes as in processes here, whatever happens to workers, and errors that are told.

Everything listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from factory import small_scenario
from long_runs import lasting, long_scenario, shards

from travesia import dask_cluster, longrun
from travesia.cli import main
from travesia.errors import ChecksumError, TravesiaError
from travesia.folder import read_scenario
from travesia.longrun import run_to, shards_of
from travesia.runplan import plan_of
from travesia.shards import SAME_BYTES, Origin, put_arrived, shard_bytes
from travesia.sweepdesign import design_of
from travesia.sweeping import Task, task_of
from travesia.sweepstore import sweep_to

REPLICATES, IN_A_BATCH = 36, 3
SECONDS_AT_MOST = 120
LONGER = 3  # times the replicates, where a batch must be worth sending to a worker that comes late


class Cluster:
    """A scheduler and workers, processes of this test."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(
        self, what: str, *more: str, env: dict[str, str] | None = None, first: str = ""
    ) -> subprocess.Popen[bytes]:
        """A process of Dask. env : added to this one's. first : what it does before."""
        code = f"{first}\nfrom distributed.cli.dask_{what} import main; main()"
        given = [
            sys.executable,
            *(["-S"] if first else []),
            "-c",
            code,
            "--host",
            "127.0.0.1",
            "--no-dashboard",
        ]
        with (self.folder / f"{what}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*given, *more], stdout=log, stderr=log, env={**os.environ, **(env or {})}
            )
        self.processes.append(process)
        return process

    def worker(self, *, env: dict[str, str] | None = None, first: str = "") -> subprocess.Popen[bytes]:
        """A worker with one thread, once the scheduler knows of it (or it has ended)."""
        before = self.known()
        more = ("--no-nanny", "--nthreads", "1", "--local-directory", str(self.folder))
        process = self.start("worker", "--scheduler-file", str(self.file), *more, env=env, first=first)
        wait_until(lambda: self.known() > before or process.poll() is not None)
        return process

    def known(self) -> int:
        """How many workers the scheduler knows."""
        from distributed import Client

        with Client(scheduler_file=str(self.file), set_as_default=False) as client:
            return len(client.nthreads())

    def end(self) -> None:
        """End every process."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@contextmanager
def started(folder: Path, workers: int) -> Iterator[Cluster]:
    folder.mkdir()
    made = Cluster(folder)
    try:
        made.start("scheduler", "--port", "0", "--scheduler-file", str(made.file))
        wait_until(made.file.exists)
        for _ in range(workers):
            made.worker()
        yield made
    finally:
        made.end()


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS_AT_MOST
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_scenario(tmp_path_factory.mktemp("long") / "small")


@pytest.fixture
def in_order(scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Run the scenario into a folder, here or on a cluster, in as many batches however many times the replicates."""
    found = read_scenario(scenario)

    def run(
        name: str, dask: str = "", tell: Callable[[object], None] = lambda _: None, times: int = 1
    ) -> Path:
        monkeypatch.setattr(longrun, "most_in_a_batch", lambda _: times * IN_A_BATCH)
        plan = plan_of(found, replicates=times * REPLICATES, seed=1, command="the same")
        run_to(tmp_path / name, found, plan, dask=dask, tell=tell)
        return tmp_path / name

    return run


def swept() -> Task:
    """A sweep of the small scenario."""
    scenario = small_scenario()
    design = design_of(scenario, ["stopped=0.1:0.5:20", "policy=actual,open"])
    return task_of(scenario, design, replicates=2, seed=1, expected=False, policy="actual")


def sweep_into(folder: Path, task: Task, dask: str = "") -> Path:
    """The folder of a sweep, run here or on a cluster."""
    sweep_to(folder, task, dask=dask)
    return folder


def test_one_and_three_workers_give_the_bytes_of_processes_here_though_one_is_killed(
    in_order: Callable[..., Path], tmp_path: Path
) -> None:
    wanted = lasting(in_order("here"))
    with started(tmp_path / "dask", 1) as dask:
        assert lasting(in_order("one", str(dask.file))) == wanted
        task = swept()
        assert lasting(sweep_into(tmp_path / "sweep", task, str(dask.file))) == lasting(
            sweep_into(tmp_path / "here-too", task)
        )
        dask.worker()
        victim = dask.worker()
        beside, found = shards_of(tmp_path / "three"), list[int]()

        def kill(_: object) -> None:
            if not found and shards(beside):
                victim.kill()
                found.append(shards(beside))

        assert lasting(in_order("three", str(dask.file), kill)) == wanted
        assert victim.wait() == -signal.SIGKILL
        assert found == [1]  # it was at work
        assert not beside.exists()


def test_a_cluster_without_workers_is_told_and_what_was_finished_is_kept(
    in_order: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "SECONDS_WITHOUT_WORKERS", 1)
    monkeypatch.setattr(dask_cluster, "SECONDS_BETWEEN_LOOKS", 0.2)
    with started(tmp_path / "dask", 1) as dask:
        only, beside = dask.processes[-1], shards_of(tmp_path / "run")

        def kill(_: object) -> None:
            if only.poll() is None and shards(beside):
                only.kill()
                only.wait()

        with pytest.raises(TravesiaError, match=r"no worker is left.*kept") as caught:
            in_order("run", str(dask.file), kill)
        assert caught.value.exit_code == 1
        before = {path.name: path.stat().st_mtime_ns for path in beside.glob("*.h5")}
        assert before
        dask.worker()
        after: dict[str, int] = {}

        def look(_: object) -> None:
            after.update({path.name: path.stat().st_mtime_ns for path in beside.glob("*.h5")})

        found = lasting(in_order("run", str(dask.file), look))
        assert before.items() <= after.items()
    assert found == lasting(in_order("here"))


def test_a_scheduler_that_is_lost_is_told_and_what_was_finished_is_kept(
    in_order: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "SECONDS_BETWEEN_LOOKS", 0.2)
    with started(tmp_path / "dask", 1) as dask:
        scheduler, beside = dask.processes[0], shards_of(tmp_path / "run")

        def kill(_: object) -> None:
            if scheduler.poll() is None and shards(beside):
                scheduler.kill()
                scheduler.wait()

        with pytest.raises(TravesiaError, match=r"the scheduler is gone.*kept") as caught:
            in_order("run", str(dask.file), kill, LONGER)
    assert caught.value.exit_code == 1
    kept = {path.name for path in beside.glob("*.h5")}
    assert kept
    assert lasting(in_order("run", times=LONGER)) == lasting(in_order("here", times=LONGER))


def without_travesia(folder: Path) -> str:
    """Code for a Python that is started without its site-packages: links to all of them but Travesía."""
    site = Path(sysconfig.get_path("purelib"))
    folder.mkdir()
    for path in site.iterdir():
        if "travesia" not in path.name:
            (folder / path.name).symlink_to(path)
    return f"import sys; sys.path.append({str(folder)!r})"


def unlike(what: str, folder: Path) -> dict[str, Any]:
    """How to start a worker with another travesia, or none."""
    if what == "none":
        return {"first": without_travesia(folder / "site"), "env": {"PYTHONPATH": ""}}
    info = folder / "other" / "travesia-0.0.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: travesia\nVersion: 0.0.9\n")
    return {"env": {"PYTHONPATH": f"{info.parent}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}}


@pytest.mark.parametrize("what", ["none", "another"])
def test_a_worker_with_another_travesia_or_none_is_refused(
    what: str, scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with started(tmp_path / "dask", 0) as dask:
        dask.worker(**unlike(what, tmp_path))
        out = tmp_path / "run"
        code = main(["run", str(scenario), "-n", "2", "-o", str(out), "--dask", str(dask.file)])
    told = capsys.readouterr().err
    assert code == 1
    here = version("travesia")
    has = "no travesia" if what == "none" else "version 0.0.9 of travesia"
    assert f"has {has}; install {here} there, as here" in told
    assert "Traceback" not in told
    assert not out.exists()


def test_a_worker_that_comes_late_without_travesia_ends_and_the_others_go_on(
    in_order: Callable[..., Path], tmp_path: Path
) -> None:
    late = list[subprocess.Popen[bytes]]()
    with started(tmp_path / "dask", 1) as dask:

        def join(_: object) -> None:
            if shards(shards_of(tmp_path / "run")) and not late:
                late.append(dask.worker(**unlike("none", tmp_path)))

        found = lasting(in_order("run", str(dask.file), join, LONGER))
        wait_until(lambda: late[0].poll() is not None)
    assert found == lasting(in_order("here", times=LONGER))


def test_a_worker_that_comes_late_with_another_travesia_is_refused_and_nothing_is_lost(
    in_order: Callable[..., Path], tmp_path: Path
) -> None:
    beside, late = shards_of(tmp_path / "run"), list[subprocess.Popen[bytes]]()
    with started(tmp_path / "dask", 1) as dask:

        def join(_: object) -> None:
            if shards(beside) and not late:
                late.append(dask.worker(**unlike("another", tmp_path)))

        told = r"came late is not as here; end it \(.* has version 0\.0\.9 of travesia, not .*is kept"
        with pytest.raises(TravesiaError, match=told) as caught:
            in_order("run", str(dask.file), join, LONGER)
        assert caught.value.exit_code == 1
        kept = {path.name: path.stat().st_mtime_ns for path in beside.glob("*.h5")}
        assert kept
        late[0].kill()
        late[0].wait()
        wait_until(lambda: dask.known() == 1)
        after: dict[str, int] = {}

        def look(_: object) -> None:
            after.update({path.name: path.stat().st_mtime_ns for path in beside.glob("*.h5")})

        found = lasting(in_order("run", str(dask.file), look, LONGER))
        assert kept.items() <= after.items()
    assert found == lasting(in_order("here", times=LONGER))


@pytest.mark.parametrize(
    ("address", "more", "code", "told"),
    [
        ("tcp://127.0.0.1:9", (), 1, "cannot be reached"),
        ("nowhere", (), 2, "is no scheduler's address"),
        ("tcp://127.0.0.1:9", ("-j", "2"), 2, "leave out one"),
    ],
)
def test_a_cluster_that_cannot_be_reached_is_told(
    address: str,
    more: tuple[str, ...],
    code: int,
    told: str,
    scenario: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dask_cluster, "SECONDS_TO_CONNECT", 1)
    given = ["run", str(scenario), "-n", "2", "-o", str(tmp_path / "run"), "--dask", address, *more]
    assert main(given) == code
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said


def test_a_cluster_with_no_workers_is_told(
    in_order: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_cluster, "SECONDS_TO_CONNECT", 5)
    with (
        started(tmp_path / "dask", 0) as dask,
        pytest.raises(TravesiaError, match="start one with: dask worker"),
    ):
        in_order("run", str(dask.file))


def test_dask_that_is_not_installed_is_told(
    in_order: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(TravesiaError, match=r"pip install \"travesia\[dask\]\""):
        in_order("run", "tcp://127.0.0.1:9")


def test_a_shard_that_changed_on_its_way_is_refused(tmp_path: Path) -> None:
    origin = Origin("small", "0", 1, "actual", "stochastic", dict.fromkeys(SAME_BYTES, "1"))
    name, content = shard_bytes(origin, 0, {"raw/people": np.arange(6).reshape(2, 3)}, {})
    with pytest.raises(ChecksumError, match="changed on its way"):
        put_arrived(tmp_path, name, content[:-1] + bytes([content[-1] ^ 1]))
    assert list(tmp_path.iterdir()) == []
    put_arrived(tmp_path, name, content)
    assert (tmp_path / name).read_bytes() == content


def test_the_adapter_is_thin() -> None:
    assert len(Path(dask_cluster.__file__).read_text(encoding="utf-8").splitlines()) < 150

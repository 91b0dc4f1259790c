"""Long runs on disks that are full or cannot be written, and two of them at once in one folder."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from disks import filled, linux, on_a_disk, typed
from factory import small_scenario, write_small_scenario
from long_runs import command, lasting, long_scenario, plan, run, start, wait_for_shards

from travesia.cli import main
from travesia.errors import StoreError
from travesia.locks import locked
from travesia.longrun import merge, run_to, shards_of


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_scenario(tmp_path_factory.mktemp("long") / "small")


# --- disks


@linux
def test_a_disk_that_is_full_when_a_sweep_is_written(tmp_path: Path) -> None:
    """HDF5 is not told of it: it would end the process."""
    disk = tmp_path / "disk"
    write_small_scenario(tmp_path / "small")
    words = ["sweep", tmp_path / "small", "--over", "detour=0.2,0.5", "-n", "3", "-o", disk / "out"]
    given = typed([sys.executable, "-m", "travesia", *words])
    done = on_a_disk(
        disk, 3000, f"{filled(disk, 24)}; {given}; echo $?; rm {disk}/filler; {given} > /dev/null; echo $?"
    )
    assert done.stdout.split() == ["1", "0"]
    assert (
        f"error: {disk / 'out'}: could not be written (No space left on device); the points are kept"
        in done.stderr
    )


@linux
def test_a_disk_that_fills_while_simulating(scenario: Path, tmp_path: Path) -> None:
    disk, out = tmp_path / "disk", tmp_path / "disk" / "run"
    given = typed(command(scenario, out))
    done = on_a_disk(
        disk,
        100_000,
        f"""{filled(disk, 200)}
        {given}; echo $?; ls {disk}/run.shards/*.h5; ls -a {disk}
        rm {disk}/filler
        {given}
        """,  # 200 kB are less than the first shard needs
    )
    code, listed = done.stdout.split("\n", 1)
    assert code == "1"
    assert "0000000000-" in done.stderr
    assert "could not be written (No space left on device)" in done.stderr
    assert "give the same command again" in done.stderr
    assert ".lock" not in listed
    wanted = run(scenario, tmp_path / "whole")
    assert json.loads(done.stdout.splitlines()[-1])["content_hash"] == wanted["content_hash"]


@linux
def test_a_disk_that_is_full_when_the_shards_are_joined(scenario: Path, tmp_path: Path) -> None:
    disk, out = tmp_path / "disk", tmp_path / "disk" / "run"
    travesia = [sys.executable, "-m", "travesia"]
    given = command(scenario, out, "--keep-replicates")
    done = on_a_disk(
        disk,
        100_000,
        f"""{typed([*given, "--share", "1/1"])} || exit 1
        before=$(cd {disk}/run.shards; ls *.h5; sha256sum *.h5)
        {filled(disk, 600)}
        {typed([*travesia, "merge", out])}; echo "merge $?"
        {typed(given)}; echo "run $?"
        ls -A {disk}
        [ "$before" = "$(cd {disk}/run.shards; ls *.h5; sha256sum *.h5)" ] || exit 2
        rm {disk}/filler
        {typed([*travesia, "merge", out])} > /dev/null && {typed([*travesia, "verify", out])} > /dev/null
        """,
    )
    assert done.stdout.split() == ["merge", "1", "run", "1", "filler", "run.shards"]
    assert done.stderr.count("No space left on device") == 2, done.stderr


@linux
def test_a_disk_that_cannot_be_written(scenario: Path, tmp_path: Path) -> None:
    disk, out = tmp_path / "disk", tmp_path / "disk" / "run"
    given = command(scenario, out)
    done = on_a_disk(
        disk,
        100_000,
        f"""{typed([*given, "--share", "1/2"])} || exit 1
        mount -o remount,bind,ro {disk}
        {typed(given)}; echo "run $?"
        {typed([sys.executable, "-m", "travesia", "merge", out])}; echo "merge $?"
        mount -o remount,bind,rw {disk}
        {typed(given)} > /dev/null || exit 2
        mount -o remount,bind,ro {disk}
        {typed(given)} > /dev/null; echo "again $?"
        {typed([sys.executable, "-m", "travesia", "verify", out])} > /dev/null; echo "verify $?"
        """,
    )
    assert done.stdout.splitlines() == ["run 1", "merge 1", "again 0", "verify 0"]
    assert done.stderr.count("Read-only file system") == 2, done.stderr


def test_output_that_finds_a_full_disk_is_told() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    words = [sys.executable, "-m", "travesia", "scenarios"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "error: [Errno 28] No space left on device\n")


# --- the compiled kernel


KERNEL = "from travesia.jit import compiled\n\n\n@compiled\ndef two(x):\n    return x + 1\n"
CALL = "from kernel import two; print(two(1.0), sum(two.stats.cache_hits.values()))"


@linux
def test_a_full_disk_for_the_compiled_kernel_does_not_matter(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    (tmp_path / "kernel.py").write_text(KERNEL, encoding="utf-8")
    call = f"PYTHONPATH=$PYTHONPATH:{shlex.quote(str(tmp_path))} {typed([sys.executable, '-c', CALL])}"
    # a page for the index, none for the code
    done = on_a_disk(disk, 4, f"export NUMBA_CACHE_DIR={shlex.quote(str(disk))}\n{call}\n{call}")
    assert done.stdout == "2.0 0\n2.0 0\n"


def test_a_kernel_cut_short_is_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(KERNEL, encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONPATH": paths}

    def call() -> str:
        words = [sys.executable, "-c", CALL]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert [call(), call()] == ["2.0 0", "2.0 1"]
    for kind, left in (("nbi", 20), ("nbc", 0)):
        for path in (tmp_path / "kept").rglob(f"*.{kind}"):
            path.write_bytes(path.read_bytes()[:left])
        assert [call(), call()] == ["2.0 0", "2.0 1"]


# --- two at once


def test_the_same_command_twice_at_once(scenario: Path, tmp_path: Path) -> None:
    given = command(scenario, tmp_path / "run")
    given[given.index("-n") + 1] = "30000"  # more than can end meanwhile; they would fill 1 GB
    first = start(given)
    try:
        wait_for_shards(first, tmp_path / "run.shards", 1)
        merging = [sys.executable, "-m", "travesia", "merge", str(tmp_path / "run")]
        others = [
            subprocess.run(words, capture_output=True, text=True, check=False) for words in (given, merging)
        ]
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGINT)
        first.communicate()
    for other in others:
        assert other.returncode == 1
        assert f"another command is at work there (process {first.pid} on " in other.stderr
        assert "let it end, or choose another folder with -o" in other.stderr
    assert first.returncode == 130
    assert [path.name for path in tmp_path.iterdir()] == ["run.shards"]


@pytest.mark.skipif(os.name == "nt", reason="processes are killed as on Unix")
def test_the_lock_of_a_killed_process_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".run.lock"
    code = (
        "import sys, time; from pathlib import Path; from travesia.locks import locked\n"
        "with locked(Path(sys.argv[1]), what='run'):\n    print('held', flush=True); time.sleep(600)\n"
    )
    words = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(StoreError, match=f"process {holder.pid} on"), locked(path, what="run"):
                pass
        finally:
            holder.kill()
    assert path.exists(), "nobody was there to remove it"
    monkeypatch.setattr("travesia.locks.SECONDS_TO_WAIT", -1)  # at once
    with locked(path, what="run"):
        assert str(os.getpid()) in path.read_text()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="there are no locks on Windows")
def test_shares_work_side_by_side_and_a_whole_run_waits(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with locked(tmp_path / ".run.lock", what="run", shared=True):
        for i in (1, 2):
            run_to(target, small_scenario(), plan(), share=(i, 2))
        for work in (lambda: merge(target), lambda: run_to(target, small_scenario(), plan())):
            with pytest.raises(StoreError, match="another command is at work there"):
                work()
    with (
        locked(tmp_path / ".run.1of2.lock", what="run"),
        pytest.raises(StoreError, match=r"share 1 of 2: another command is at work there"),
    ):
        run_to(target, small_scenario(), plan(), share=(1, 2))
    assert not shards_of(target).with_name(".run.lock").exists()
    assert merge(target).replicates == 9
    assert main(["verify", str(target)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert lasting(target)

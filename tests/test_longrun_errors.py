"""Long runs that cannot go on: another run, a flipped byte, a full disk; each is told, and nothing is overwritten."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factory import small_scenario
from long_runs import (
    command,
    contents,
    lasting,
    long_scenario,
    plan,
)

from travesia import longrun, runplan
from travesia.cli import main
from travesia.ensemble import simulate
from travesia.errors import ChecksumError, StoreError, UsageError
from travesia.folder import read_scenario
from travesia.longrun import merge, run_to, shards_of
from travesia.store import read_run, read_summary, verify_run


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_scenario(tmp_path_factory.mktemp("long") / "small")


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run whose first and last third are done; gives the run folder that is to be."""
    for i in (3, 1):
        assert run_to(tmp_path / "run", small_scenario(), plan(), share=(i, 3)) is None
    return tmp_path / "run"


# --- what is refused


OTHERS = {
    "seed": (plan(seed=2), "seed 1, not 2"),
    "policy": (plan(policy="open"), "policy 'actual', not 'open'"),
    "mode": (plan(expected=True, replicates=1), "mode"),
    "version": (
        replace(plan(), origin=replace(plan().origin, versions={"travesia": "9"})),
        "of travesia, not 9",
    ),
    "scenario": (
        replace(plan(), origin=replace(plan().origin, scenario_hash="x")),
        "content of the scenario",
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_run_is_not_mixed_in(what: str, begun: Path) -> None:
    other, told = OTHERS[what]
    before = contents(begun.parent)
    with pytest.raises(StoreError, match="another run") as caught:
        run_to(begun, small_scenario(), other)
    assert told in str(caught.value)
    assert contents(begun.parent) == before
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("what", OTHERS)
def test_a_shard_of_another_run_is_found(what: str, begun: Path, tmp_path: Path) -> None:
    other, _ = OTHERS[what]
    longrun._prepare(tmp_path / "other.shards", small_scenario(), other, overwrite=False)
    job = longrun.Job(
        small_scenario(), other.origin.policy, other.origin.seed, other.origin.mode == "expected"
    )
    write = longrun._begin_shards(longrun._Work(tmp_path / "other.shards", job, other.origin))
    write(range(3, 4) if what == "mode" else range(3, 6))
    for path in (tmp_path / "other.shards").glob("*.h5"):
        shutil.copy(path, shards_of(begun))
    before = contents(begun.parent)
    for join in (lambda: run_to(begun, small_scenario(), plan()), lambda: merge(begun)):
        with pytest.raises(StoreError, match=r"0000000003.*is of another run"):
            join()
    assert contents(begun.parent) == before
    problems, _ = longrun.verify_shards(shards_of(begun))
    assert len(problems) == 1
    assert problems[0].startswith("0000000003")


@pytest.mark.parametrize("where", [0.0, 0.01, 0.2, 0.5, 0.999])
def test_a_flipped_byte_in_a_shard_is_found(
    where: float, begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sorted(shards_of(begun).glob("*.h5"))[1]
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1
    path.write_bytes(content)
    before = contents(begun.parent)
    with pytest.raises(ChecksumError, match=path.name):
        run_to(begun, small_scenario(), plan())
    with pytest.raises(ChecksumError, match="not as it was written; delete it"):
        merge(begun)
    assert contents(begun.parent) == before
    assert main(["verify", str(begun)]) == 4
    assert f"WRONG  {path.name}: not as it was written" in capsys.readouterr().out
    path.unlink()
    assert run_to(begun, small_scenario(), plan()) is not None


@pytest.mark.parametrize("name", ["plan.json", "scenario/scenario.yaml"])
def test_a_changed_plan_is_found(name: str, begun: Path) -> None:
    path = shards_of(begun) / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"replicates": 9', '"replicates": 6').replace("days: 30", "days: 31"))
    assert path.read_text(encoding="utf-8") != text
    with pytest.raises(ChecksumError, match=r"plan\.json|scenario"):
        merge(begun)


def test_what_is_missing_is_named(begun: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="replicates 3 to 5 are missing"):
        merge(begun)
    with pytest.raises(StoreError, match="no folder"):
        merge(tmp_path / "nowhere")


def test_a_run_that_is_there_is_not_replaced_unless_told(begun: Path) -> None:
    run_to(begun, small_scenario(), plan())
    before = contents(begun)
    found = run_to(begun, small_scenario(), plan())  # the same again
    assert found is not None
    assert contents(begun) == before
    with pytest.raises(UsageError, match="--overwrite"):
        run_to(begun, small_scenario(), plan(seed=2))
    assert contents(begun) == before
    run_to(begun, small_scenario(), plan(seed=2), overwrite=True)
    assert read_summary(begun).seed == 2


def test_shards_of_another_run_are_dropped_only_when_told(begun: Path) -> None:
    found = run_to(begun, small_scenario(), plan(seed=2), overwrite=True)
    assert found is not None
    run_to(begun.with_name("fresh"), small_scenario(), plan(seed=2))
    assert lasting(begun) == lasting(begun.with_name("fresh"))


def test_a_run_interrupted_after_its_end_is_tidied_up(begun: Path) -> None:
    beside = shards_of(begun)
    shutil.copytree(beside, begun.with_name("copy"))
    run_to(begun, small_scenario(), plan())
    shutil.copytree(begun.with_name("copy"), beside)
    assert run_to(begun, small_scenario(), plan()) is not None
    assert not beside.exists()


# --- disks


def full_after(bytes_at_most: int) -> Callable[[], None]:
    """Let a process write no file larger than this: to it the disk is full."""
    import resource
    import signal

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))

    return limit


@pytest.mark.skipif(os.name == "nt", reason="limits are those of Unix")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_full_disk_is_told_and_the_run_goes_on_later(jobs: str, scenario: Path, tmp_path: Path) -> None:
    simulate(read_scenario(scenario))  # compiled before, so that the shards are the first large files
    given = command(scenario, tmp_path / "run", "-j", jobs)
    done = subprocess.run(
        given,
        preexec_fn=full_after(20_000),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "could not be written (File too large)" in done.stderr
    assert "give the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
    if jobs == "1":  # another process is ended in the middle of what it does
        assert list((tmp_path / "run.shards").glob("*.partial")) == []


def test_a_full_disk_while_joining_keeps_the_shards(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("travesia.store.put_slabs", full)
        with pytest.raises(StoreError, match="No space left on device"):
            run_to(begun, small_scenario(), plan())
    assert not begun.exists()
    assert len(list(shards_of(begun).glob("*.h5"))) == 3
    assert run_to(begun, small_scenario(), plan()) is not None


def test_what_cannot_fit_is_refused_after_the_first_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 100_000

    monkeypatch.setattr(longrun.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(StoreError, match=r"needs about [\d,.]+ MB more, and 0\.1 MB are free"):
        run_to(tmp_path / "run", small_scenario(), plan(replicates=1000))
    assert len(list((tmp_path / "run.shards").glob("*.h5"))) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_read_only_folder_is_told(begun: Path) -> None:
    for locked in (begun.parent, shards_of(begun)):
        locked.chmod(0o555)
        try:
            with pytest.raises(StoreError, match="Permission denied"):
                run_to(begun, small_scenario(), plan())
        finally:
            locked.chmod(0o755)
    assert run_to(begun, small_scenario(), plan()) is not None


# --- the command line


def test_a_job_array_writes_what_merge_joins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from factory import write_small_scenario

    folder, out = write_small_scenario(tmp_path / "my scenario"), tmp_path / "big run"
    given = ["-n", "9", "--seed", "3", "--policy", "beds", "--set", "stopped=0.2", "-o", str(out)]
    assert main(["slurm", str(folder), *given, "--tasks", "4"]) == 0
    script = capsys.readouterr().out
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=True).returncode == 0
    assert "#SBATCH --array=1-4\n" in script
    line = next(line for line in script.splitlines() if line.startswith("srun "))
    for task in (2, 4, 1, 3):
        words = shlex.split(line.replace("$SLURM_ARRAY_TASK_ID", str(task)))
        assert words[:2] == ["srun", "travesia"]
        if task == 3:
            assert main(["merge", str(out)]) == 1
            assert "are missing" in capsys.readouterr().err
        assert main(words[2:]) == 0
    joined = next(line for line in script.splitlines() if "--wrap=" in line)
    words = shlex.split(joined.partition("--wrap=")[2])[0]
    assert main(shlex.split(words)[1:]) == 0
    assert main(["run", str(folder), *given[:-2], "-o", str(tmp_path / "other"), "--no-pictures"]) == 0
    mine = {name: text for name, text in lasting(out).items() if not name.startswith("pictures/")}
    assert mine == lasting(tmp_path / "other")
    capsys.readouterr()
    assert main(["verify", str(out)]) == 0


@pytest.mark.parametrize("share", ["0/3", "4/3", "1", "a/b", "1/0", "/"])
def test_shares_that_do_not_exist(share: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "caravan-2021", "--share", share, "-o", str(tmp_path / "run")]) == 2
    assert "--share" in capsys.readouterr().err


def test_verify_tells_how_far_a_run_is(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for named in (begun, shards_of(begun)):
        assert main(["verify", str(named)]) == 1
        assert "not complete, 6 of 9 replicates are done" in capsys.readouterr().out


def test_a_run_without_its_replicates_says_so(tmp_path: Path) -> None:
    run_to(tmp_path / "run", small_scenario(), plan(keep=False))
    with pytest.raises(StoreError, match="--keep-replicates"):
        read_run(tmp_path / "run")
    assert verify_run(tmp_path / "run") == []
    assert plan(replicates=runplan.KEPT_UP_TO).keep
    assert not plan(replicates=runplan.KEPT_UP_TO + 1).keep

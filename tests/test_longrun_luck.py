"""Long runs and sweeps that meet bad luck: what is there is kept, and each case is told and found by `verify`."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from factory import small_scenario
from long_runs import contents, lasting, plan

from travesia import longrun
from travesia.cli import main
from travesia.errors import ChecksumError, StoreError, TravesiaError, UsageError
from travesia.files import clear
from travesia.locks import locked
from travesia.longrun import Progress, merge, run_to, shards_of
from travesia.runplan import PLAN, SCENARIO
from travesia.shards import replicates_named
from travesia.store import read_run, read_summary, verify_run
from travesia.sweepdesign import design_of
from travesia.sweeping import Task, task_of
from travesia.sweepstore import points_of, sweep_to


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run whose first and last third are done; gives the run folder that is to be."""
    for i in (3, 1):
        assert run_to(tmp_path / "run", small_scenario(), plan(), share=(i, 3)) is None
    return tmp_path / "run"


def swept(*over: str) -> Task:
    """A sweep of the small scenario."""
    scenario = small_scenario()
    design = design_of(scenario, [*over] or ["stopped=0.1:0.5:4"])
    return task_of(scenario, design, replicates=2, seed=1, expected=False, policy="actual")


def flipped(path: Path, at: int) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


# --- what appears, or goes, while a run is at work


def test_what_someone_puts_there_meanwhile_is_not_overwritten(begun: Path) -> None:
    def put(at: Progress) -> None:
        if at.stage == "joining" and not begun.exists():
            begun.mkdir()
            (begun / "thesis.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="exists; choose another folder"):
        run_to(begun, small_scenario(), plan(), tell=put)
    assert contents(begun) == {"thesis.txt": b"mine"}
    shutil.rmtree(begun)
    assert run_to(begun, small_scenario(), plan()) is not None


def test_a_run_that_ended_while_this_one_waited_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, lock = tmp_path / "run", longrun.at_work_on

    def late(folder: Path, share: Any) -> Any:
        monkeypatch.setattr(longrun, "at_work_on", lock)
        run_to(target, small_scenario(), plan(seed=2))
        return lock(folder, share)

    monkeypatch.setattr(longrun, "at_work_on", late)
    with pytest.raises(UsageError, match="--overwrite"):
        run_to(target, small_scenario(), plan())
    assert read_summary(target).seed == 2
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("gone", ["a shard", "all shards", "the folder"])
def test_shards_that_go_while_the_run_is_at_work(gone: str, begun: Path) -> None:
    beside = shards_of(begun)

    def remove(at: Progress) -> None:
        if at.stage == "simulating" and at.done == 9 and beside.exists():
            if gone == "the folder":
                shutil.rmtree(beside)
            for path in sorted(beside.glob("*.h5"))[: 1 if gone == "a shard" else None]:
                path.unlink()

    with pytest.raises(StoreError, match=r"replicates .* are missing; make them with"):
        run_to(begun, small_scenario(), plan(), tell=remove)
    assert not begun.exists()
    assert run_to(begun, small_scenario(), plan()) is not None
    assert verify_run(begun) == []


def test_a_kill_while_the_shards_are_removed_leaves_nothing_for_ever(begun: Path) -> None:
    copy = begun.with_name("copy")
    shutil.copytree(shards_of(begun), copy)
    run_to(begun, small_scenario(), plan())
    copy.rename(begun.with_name(".run.shards.former"))
    assert run_to(begun, small_scenario(), plan()) is not None
    assert [path.name for path in begun.parent.iterdir()] == ["run"]


def test_a_run_that_is_joined_while_it_is_verified(
    begun: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = longrun.read_shard

    def late(path: Path, origin: Any) -> Any:
        monkeypatch.setattr(longrun, "read_shard", read)
        run_to(begun, small_scenario(), plan())
        return read(path, origin)

    monkeypatch.setattr(longrun, "read_shard", late)
    assert main(["verify", str(begun)]) == 0
    assert "WRONG" not in capsys.readouterr().out


def test_shards_that_are_joined_while_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Any:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "glob", gone)
    assert replicates_named(tmp_path) == 0


def test_what_two_processes_clear_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.shards").mkdir()
    rename = Path.rename

    def late(path: Path, target: Path) -> Any:
        path.rmdir()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    clear(tmp_path / "run.shards")
    assert list(tmp_path.iterdir()) == []


def test_shares_that_begin_at_once_drop_another_run_once(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = longrun.read_plan

    def late(beside: Path) -> Any:
        found = read(beside)
        monkeypatch.setattr(longrun, "read_plan", read)
        run_to(begun, small_scenario(), plan(seed=2), share=(2, 2), overwrite=True)
        return found

    monkeypatch.setattr(longrun, "read_plan", late)
    run_to(begun, small_scenario(), plan(seed=2), share=(1, 2), overwrite=True)
    assert merge(begun).seed == 2
    assert [path.name for path in begun.parent.iterdir()] == ["run"]


def test_merging_again_tells_of_the_run(begun: Path) -> None:
    run_to(begun, small_scenario(), plan())
    before = contents(begun)
    assert merge(begun).replicates == 9
    assert contents(begun) == before


# --- what stands with the shards


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (PLAN, b""),
        (PLAN, b"[]"),
        (PLAN, b"\xff\x00"),
        (PLAN, b"{}"),
        (f"{SCENARIO}/scenario.yaml", b"name: ["),
    ],
)
def test_a_file_beside_the_shards_that_cannot_be_read(
    name: str, content: bytes, begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shards_of(begun) / name).write_bytes(content)
    before = contents(begun.parent)
    assert main(["merge", str(begun)]) == 4
    assert main(["verify", str(begun)]) == 4
    told = capsys.readouterr()
    assert "not as it was written" in told.err
    assert "bug" not in told.err
    assert contents(begun.parent) == before


def test_a_plan_that_is_missing_is_written_anew(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shards_of(begun) / PLAN).unlink()
    for command in ("merge", "verify"):
        assert main([command, str(begun)]) == 1
        assert "give the command that began the run again" in capsys.readouterr().err
    assert run_to(begun, small_scenario(), plan()) is not None


@pytest.mark.parametrize("what", ["empty", "cut", "longer", "a folder", "another name"])
def test_a_shard_that_is_not_whole(what: str, begun: Path) -> None:
    path = sorted(shards_of(begun).glob("*.h5"))[0]
    content = path.read_bytes()
    if what == "another name":  # what a shard holds is told by itself
        path.rename(path.with_name("z.h5"))
        assert run_to(begun, small_scenario(), plan()) is not None
        return
    path.unlink()
    if what == "a folder":
        path.mkdir()
    else:
        path.write_bytes({"empty": b"", "cut": content[:-100], "longer": content + b"\0"}[what])
    before = contents(begun.parent)
    with pytest.raises(StoreError, match=path.name):
        run_to(begun, small_scenario(), plan())
    problems, _ = longrun.verify_shards(shards_of(begun))
    assert [problem.partition(":")[0] for problem in problems] == [path.name]
    assert contents(begun.parent) == before


def test_the_clock_does_not_matter(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_to(begun.with_name("other"), small_scenario(), plan())
    for i, path in enumerate(sorted(shards_of(begun).rglob("*"))):
        os.utime(path, (i * 1e9, i * 1e9))  # from 1970 on, into the future
    hours = iter(range(10**6, 0, -1))
    monkeypatch.setattr(time, "time", lambda: 3600.0 * next(hours))  # every look at the clock an hour earlier
    run_to(begun, small_scenario(), plan())
    assert lasting(begun) == lasting(begun.with_name("other"))


# --- a run folder that is complete


def test_any_flipped_byte_of_a_run_folder_is_found(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_to(begun, small_scenario(), plan())
    dice = random.Random(5)
    for name, content in sorted(contents(begun).items()):
        path = begun / name
        flipped(path, dice.randrange(len(content)))
        assert main(["verify", str(begun)]) == 4, name
        assert "bug" not in capsys.readouterr().err
        path.write_bytes(content)
    assert main(["verify", str(begun)]) == 0


@pytest.mark.parametrize("name", ["summary.nc", "scenario/places.csv", "provenance.json", "SHA256SUMS"])
def test_a_changed_run_is_neither_shown_nor_overwritten(name: str, begun: Path) -> None:
    run_to(begun, small_scenario(), plan())
    path = begun / name
    flipped(path, path.stat().st_size // 2)
    before = contents(begun.parent)
    with pytest.raises(TravesiaError) as caught:
        run_to(begun, small_scenario(), plan())
    assert caught.value.exit_code in (1, 2, 4)
    assert contents(begun.parent) == before


# --- sweeps


def test_two_sweeps_at_once_do_not_meet(tmp_path: Path) -> None:
    """A sweep is kept from a folder at which another command is at work, and others from its own."""
    target = tmp_path / "sweep"
    with (
        locked(tmp_path / ".sweep.lock", what="sweep"),
        pytest.raises(StoreError, match="another command is at work there"),
    ):
        sweep_to(target, swept())
    found: list[str] = []

    def second(done: int, _: int) -> None:
        if done and not found:
            try:
                sweep_to(target, swept())
            except StoreError as error:
                found.append(str(error))

    sweep_to(target, swept(), progress=second)
    assert "another command is at work there" in found[0]
    assert [path.name for path in tmp_path.iterdir()] == ["sweep"]


def half_swept(target: Path, task: Task) -> Path:
    """The points of a sweep that was interrupted."""

    def stop(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep_to(target, task, progress=stop)
    return points_of(target)


def test_verify_finds_what_is_wrong_with_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("travesia.sweeping.MOST_POINTS_IN_A_BATCH", 2)
    target = tmp_path / "sweep"
    beside = half_swept(target, swept())
    (path,) = beside.glob("*.h5")
    for named in (target, beside):
        assert main(["verify", str(named)]) == 1
        assert "not complete, 2 points are done" in capsys.readouterr().out
    (other,) = half_swept(tmp_path / "other", swept("stopped=0.2:0.5:4")).glob("*.h5")
    shutil.copy(other, beside / "z.h5")
    assert main(["verify", str(target)]) == 4
    assert "WRONG  z.h5: is of another run" in capsys.readouterr().out
    with pytest.raises(StoreError, match=r"z\.h5: is of another run"):
        sweep_to(target, swept())
    (beside / "z.h5").unlink()
    flipped(path, 5000)
    assert main(["verify", str(target)]) == 4
    assert f"WRONG  {path.name}: not as it was written" in capsys.readouterr().out
    with pytest.raises(ChecksumError, match=path.name):
        sweep_to(target, swept())
    path.unlink()
    sweep_to(target, swept())
    assert main(["verify", str(target)]) == 0


def test_what_someone_puts_there_during_a_sweep_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "sweep"

    def put(done: int, _: int) -> None:
        if done:
            target.mkdir(exist_ok=True)
            (target / "thesis.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="exists; choose another folder"):
        sweep_to(target, swept(), progress=put)
    assert contents(target) == {"thesis.txt": b"mine"}


def test_a_sweep_interrupted_after_its_end_is_tidied_up(tmp_path: Path) -> None:
    target = tmp_path / "sweep"
    half_swept(tmp_path / "other", swept())
    sweep_to(target, swept())
    before = contents(target)
    for left in (points_of(target), tmp_path / ".sweep.points.former"):
        shutil.copytree(points_of(tmp_path / "other"), left)
        sweep_to(target, swept())
        assert sorted(path.name for path in tmp_path.iterdir()) == ["other.points", "sweep"]
    assert contents(target) == before


@pytest.mark.parametrize("fails", ["put_arrived", "png", "swap"])
def test_a_full_disk_during_a_sweep_keeps_its_points(
    fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "sweep"
    with monkeypatch.context() as patch:
        where = {
            "put_arrived": "travesia.shards.put_whole",
            "png": "travesia.sweepstore.png",
            "swap": "travesia.wholefolder.swap",
        }[fails]
        patch.setattr(where, full if fails != "put_arrived" else _refused)
        with pytest.raises(StoreError, match="No space left on device"):
            sweep_to(target, swept())
    assert not target.exists()
    sweep_to(target, swept())
    sweep_to(tmp_path / "other", swept())
    assert lasting(target) == lasting(tmp_path / "other")


def _refused(path: Path, _: bytes) -> None:
    raise StoreError(f"{path}: could not be written (No space left on device)")


def test_a_run_that_is_too_large_for_the_memory_is_told(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_to(begun, small_scenario(), plan())
    assert len(read_run(begun).data["replicate"]) == 9
    monkeypatch.setattr("travesia.memory.available_bytes", lambda: 10_000)
    with pytest.raises(UsageError, match=r"9 replicates would need about .* of memory"):
        read_run(begun)

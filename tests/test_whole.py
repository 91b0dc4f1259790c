"""What commands write is there whole or not at all; what a killed one left goes; what was changed is not read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from factory import small_scenario

from travesia.comparison import compare
from travesia.ensemble import simulate
from travesia.errors import StoreError, UsageError
from travesia.folder import write_scenario
from travesia.locks import locked
from travesia.policytables import write_comparison, write_tornado
from travesia.sensitivity import tornado
from travesia.store import write_run
from travesia.wholefolder import put_new_file, put_new_folder

Call = Callable[..., tuple[int, str, str]]
KILLED = """
import os, signal, sys
from pathlib import Path
from travesia.wholefolder import put_new_folder

def put(folder):
    (folder / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

put_new_folder(Path(sys.argv[1]), put)
"""


def put(folder: Path) -> None:
    (folder / "provenance.json").write_text("{}")


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
def test_what_a_killed_command_left_goes_with_the_next(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "out")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    assert (tmp_path / ".out.partial" / "half").exists()
    put_new_folder(tmp_path / "out", put)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["SHA256SUMS", "provenance.json"]


def test_what_was_left_of_a_scenario_or_a_page_goes_too(tmp_path: Path) -> None:
    (tmp_path / ".new.partial").mkdir()
    write_scenario(small_scenario(), tmp_path / "new")
    for name in ("page[1].html", "page.html"):  # the first is not to be taken for a pattern
        (tmp_path / f".{name}.77-ab.partial").write_bytes(b"half")
    put_new_file(tmp_path / "page[1].html", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".page.html.77-ab.partial",
        "new",
        "page[1].html",
    ]


def test_one_command_at_a_time_writes_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("travesia.locks.SECONDS_TO_WAIT", 0.0)
    with locked(tmp_path / ".out.lock", what="out"), pytest.raises(StoreError, match="another command"):
        put_new_folder(tmp_path / "out", put)


def test_what_another_command_has_just_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ended between the first look and the lock."""
    monkeypatch.setattr("travesia.wholefolder.refuse_full", lambda folder: refusing.pop()(folder))

    def meanwhile(folder: Path) -> None:
        folder.mkdir()
        (folder / "theirs").write_text("kept")

    def full(folder: Path) -> None:
        raise UsageError(f"{folder} exists")

    refusing = [full, meanwhile]
    with pytest.raises(UsageError, match="exists"):
        put_new_folder(tmp_path / "out", put)
    assert (tmp_path / "out" / "theirs").read_text() == "kept"


def test_a_scenario_within_results_is_told_by_the_name_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = simulate(small_scenario())

    def full(self: Path, *_: object, **__: object) -> int:
        raise OSError(28, os.strerror(28), str(self))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StoreError) as caught:
        write_run(result, tmp_path / "run")
    assert str(caught.value).startswith(f"{tmp_path / 'run'}: could not be written (No space left")
    assert list(tmp_path.iterdir()) == []


def test_a_changed_comparison_or_tornado_is_neither_shown_nor_handed_out(
    travesia: Call, tmp_path: Path
) -> None:
    scenario = small_scenario()
    write_comparison(compare(scenario, ["actual", "open"], replicates=2), tmp_path / "compared")
    write_tornado(tornado(scenario), tmp_path / "tornado")
    write_run(simulate(scenario, replicates=2, seed=1), tmp_path / "run")
    words = (
        "report",
        tmp_path / "run",
        "--comparison",
        tmp_path / "compared",
        "--tornado",
        tmp_path / "tornado",
    )
    assert travesia(*words, "-o", tmp_path / "page.html")[0] == 0
    for name in ("tornado/tornado.json", "compared/comparison.json"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content.replace(b"1", b"2", 1))
        code, _, err = travesia(*words, "-o", tmp_path / "other.html")
        assert code == 4
        assert f"{Path(name).name}: changed since it was written" in err
        assert "Make it again: travesia" in err
    assert travesia("export", tmp_path / "compared", "-o", tmp_path / "out")[0] == 4
    assert travesia("verify", tmp_path / "compared")[0] == 4
    assert not (tmp_path / "out").exists()

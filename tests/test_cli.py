"""The command line: what it prints where, and the exit code of everything that can go wrong."""

from __future__ import annotations

import importlib.util
import json
import re
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from travesia.cli import app
from travesia.errors import ChecksumError, Problem, ScenarioError, StoreError, TravesiaError, UsageError
from travesia.files import put_whole

ROOT = Path(__file__).resolve().parents[1]
COMMANDS: dict[str, Any] = dict(getattr(typer.main.get_command(app), "commands"))  # noqa: B009
ERROR = Problem("places.csv", 4, "lat", "95", "is above 90", "give degrees north", "error")
WARNING = Problem("legs.csv", 2, "note", "x", "looks odd", "have a look", "warning")


def docs_module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- start-up, help, documentation


def test_help_starts_quickly_and_imports_nothing_heavy() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-m", "travesia", "--help"], check=True, capture_output=True)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 0.4
    heavy = ["numpy", "pandas", "xarray", "scipy", "numba", "matplotlib", "rich.table"]
    code = f"import sys, travesia.cli; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_teaches_by_an_example_that_parses(name: str) -> None:
    example = COMMANDS[name].epilog
    assert example.startswith(f"Example: travesia {name}")
    words = shlex.split(example.removeprefix("Example: travesia "))
    COMMANDS[name].make_context(words[0], words[1:])
    assert len(COMMANDS[name].help.splitlines()[0]) < 80
    for parameter in COMMANDS[name].params:
        assert parameter.name == "context" or parameter.help, f"{name}: {parameter.name} has no help"


@pytest.mark.parametrize("name", ["cli", "flee"])
def test_a_written_page_is_fresh(name: str) -> None:
    written = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert written == docs_module(f"write_{name}").page(), "run make docs"


def test_every_compared_folder_stands_in_the_table() -> None:
    page = docs_module("write_flee")
    listed = {folder for _, _, folders in page.ROWS for folder in folders.split()}
    folders = {path.parent.name for path in (ROOT / "verification" / "flee_features").glob("*/recorded.csv")}
    with page.FEATURES.open(encoding="utf-8") as file:
        measured = {line.partition(",")[0] for line in file} - {"feature"}
    assert listed == folders == measured


def test_version(travesia: Callable[..., tuple[int, str, str]]) -> None:
    code, out, err = travesia("--version")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"travesia \d+\.\d+\.\d+\S*\n", out)


# --- wrong usage


MISSING = (["verify", "nope"], ["needs", "nope"], ["report", "nope"], ["export", "nope", "-o", "new"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnu", "x"], "Did you mean 'run'?"),
        (["scenario"], "Did you mean 'scenarios'?"),
        (["run", "x", "--replicate", "3"], "did you mean '--replicates'?"),
        (["check", "x", "--setings", "y"], "did you mean '--settings'?"),
        (["run", "x", "-n", "0"], "'-n'"),
        (["run", "x", "-n", "-3"], "'-n'"),
        (["run", "x", "-n", "many"], "'-n'"),
        (["run", "x", "-j", "0"], "'-j'"),
        (["run", "x", "--seed", "-1"], "'--seed'"),
        (["run", "x", "--seed", str(2**63)], "'--seed'"),
        *((line, "no folder 'nope'; name a folder") for line in MISSING),
        (["verify", "tests"], "tests is no run folder; name a folder"),
        (["merge", "nope"], "nope.shards'; name the folder given to -o"),
        (["convert", "tests", "new"], "tests is no Flee folder; name the folder that holds input_csv/"),
        (["run", "x", "--seed", "1.5"], "'--seed'"),
        (["run"], "SCENARIO"),
        (["run", "x", "y"], "y"),
        (["run", "x", "--expected", "-n", "5"], "--expected"),
        (["run", "x", "--set", "leg_cost"], "NAME=VALUE"),
        (["run", "x", "--set", "=2"], "NAME=VALUE"),
        (["run", "x", "--set", "a="], "NAME=VALUE"),
        (["run", "x", "--set", "a=1", "--set", "a=2"], "twice"),
        (["describe", "x", "--set", "a"], "NAME=VALUE"),
        (["calibrate", "x"], "which day? write it like --until 2012-06-30"),
        (["compare", "x", "--policy", "a", "--policy", "a"], "a policy is named twice"),
        (["report", "x", "-o", "x.pdf"], "x.pdf: a report is a page; end its name in .html"),
        (["report", "x", "--lang", "fr"], "'--lang': 'fr' is not one of 'en', 'es'"),
        ([], "Usage: travesia"),
    ],
)
def test_wrong_usage_is_told_and_exits_2(
    travesia: Callable[..., tuple[int, str, str]], arguments: list[str], told: str
) -> None:
    code, out, err = travesia(*arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_no_summary_of_a_command_is_cut(
    travesia: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = travesia("--help")
    commands = out.split("Commands:")[1].splitlines()
    assert [line for line in commands if line.endswith("...")] == []


def test_nothing_is_written_over_what_is_there(
    travesia: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    for arguments in (["new", tmp_path], ["new", tmp_path / "letter.txt"]):
        code, out, err = travesia(*arguments)
        assert (code, out) == (2, "")
        assert str(tmp_path) in err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"could not be written: there is no folder .*; make it first"):
        put_whole(tmp_path / "no" / "page.html", b"")


# --- failures


def test_an_interrupt_before_the_command_begins_is_told(
    travesia: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.main.get_command", interrupted)
    assert travesia("scenarios") == (130, "", "interrupted\n")


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("travesia.folder.packaged_scenarios", fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TravesiaError("no luck"), 1),
        (UsageError("no luck"), 2),
        (ScenarioError([WARNING, ERROR]), 3),
        (StoreError("no luck"), 1),
        (ChecksumError("no luck"), 4),
        (PermissionError(13, "Permission denied", "x.csv"), 1),
        (MemoryError(), 1),
        (KeyboardInterrupt(), 130),
        (ValueError("deep inside"), 1),
    ],
)
def test_exit_codes(
    travesia: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
) -> None:
    failing(monkeypatch, error)
    found, out, err = travesia("scenarios")
    assert (found, out) == (code, "")
    assert "Traceback" not in err
    assert ("bug" in err) == isinstance(error, ValueError)
    assert err.strip()


def test_problems_come_as_errors_then_warnings(
    travesia: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, ScenarioError([WARNING, ERROR]))
    _, _, err = travesia("scenarios")
    assert err.splitlines() == ["1 error", f"  {ERROR}", "1 warning", f"  {WARNING}"]


def test_a_bug_shows_its_traceback_only_when_asked(
    travesia: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, ValueError("deep inside"))
    _, _, err = travesia("scenarios", "--json")
    assert "travesia --debug scenarios --json" in err
    code, _, err = travesia("--debug", "scenarios", "--json")
    assert code == 1
    assert "Traceback" in err


def test_a_closed_pipe_is_silent() -> None:
    for arguments in (["--help"], ["scenarios"], ["scenarios", "--json"]):
        process = subprocess.Popen(
            [sys.executable, "-m", "travesia", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        assert (process.wait(), err) == (0, b"")


# --- check


@pytest.mark.parametrize(
    ("problems", "code", "last"),
    [([], 0, "ready"), ([WARNING], 0, "ready"), ([WARNING, ERROR], 3, f"  {WARNING}")],
)
def test_check_prints_everything_and_a_verdict(
    travesia: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    problems: list[Problem],
    code: int,
    last: str,
) -> None:
    asked: list[tuple[str, Path | None]] = []

    def check(path: str, *, settings: Path | None = None) -> list[Problem]:
        asked.append((path, settings))
        return problems

    monkeypatch.setattr("travesia.folder.check", check)
    found, out, err = travesia("check", "mycase", "--settings", "s.yml")
    assert (found, err) == (code, "")
    assert asked == [("mycase", Path("s.yml"))]
    assert out.splitlines()[-1] == last
    assert all(str(problem) in out for problem in problems)
    found, out, err = travesia("check", "mycase", "--json")
    assert (found, err) == (code, "")
    assert [entry["level"] for entry in json.loads(out)] == [problem.level for problem in problems]


# --- the whole way, on the smallest scenario


@pytest.fixture
def tiny(travesia: Callable[..., tuple[int, str, str]], tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    code, out, _ = travesia("new", folder, "--name", "tiny")
    assert (code, out) == (0, f"{folder}\n")
    return folder


def run_json(travesia: Callable[..., tuple[int, str, str]], *arguments: object) -> dict[str, Any]:
    code, out, err = travesia("run", *arguments, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_new_check_and_describe(travesia: Callable[..., tuple[int, str, str]], tiny: Path) -> None:
    code, out, _ = travesia("check", tiny)
    assert code == 0, out
    assert out.splitlines()[-1] == "ready"
    code, out, err = travesia("describe", tiny)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) > 3


def test_run_writes_a_folder_that_verifies(
    travesia: Callable[..., tuple[int, str, str]], tiny: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    code, shown, _ = travesia("run", tiny, "-n", 3, "-o", folder, "--no-pictures")
    assert code == 0
    out = shown
    assert "Nobody is missing in any replicate on any day." in out
    assert f"Written to {folder}:" in out
    code, out, err = travesia("verify", folder)
    assert (code, err) == (0, "")
    assert all(line.startswith("ok ") for line in out.splitlines()[:-1])
    assert len(out.splitlines()) - 1 == sum(path.is_file() for path in folder.rglob("*"))

    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again, told, _ = travesia("run", tiny, "-n", 3, "-o", folder, "--no-pictures")
    assert (again, told) == (0, shown)
    code, _, err = travesia("run", tiny, "-n", 4, "-o", folder, "--no-pictures")
    assert code == 2
    assert "--overwrite" in err
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert travesia("run", tiny, "-n", 3, "-o", folder, "--no-pictures", "--overwrite")[0] == 0

    (folder / "arrays.nc").write_bytes(b"other")
    code, out, _ = travesia("verify", folder)
    assert code == 4
    assert "WRONG  arrays.nc" in out
    assert "ok     arrays.nc" not in out


def test_json_of_a_run_is_one_object_that_adds_up(
    travesia: Callable[..., tuple[int, str, str]], tiny: Path, tmp_path: Path
) -> None:
    found = run_json(travesia, tiny, "-n", 4, "--seed", 7, "-o", tmp_path / "a", "--no-pictures")
    assert " ".join(found) == (
        "scenario mode replicates seed people events seconds scores content_hash folder"
    )
    assert (found["scenario"], found["mode"], found["replicates"], found["seed"]) == (
        "tiny",
        "stochastic",
        4,
        7,
    )
    assert list(found["seconds"]) == ["read", "compile", "simulate", "write"]
    people = found["people"]
    there = people["at_places"] + people["in_transit"] + sum(people["outcomes"].values())
    assert people["departed"] == there > 0
    assert (Path(found["folder"]) / "provenance.json").is_file()

    again = run_json(travesia, tiny, "-n", 4, "--seed", 7, "-o", tmp_path / "b", "--no-pictures")
    other = run_json(travesia, tiny, "-n", 4, "--seed", 8, "-o", tmp_path / "c", "--no-pictures")
    assert again["content_hash"] == found["content_hash"] != other["content_hash"]


def test_the_central_run_is_one_replicate(
    travesia: Callable[..., tuple[int, str, str]], tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run_json(travesia, tiny, "--expected", "--no-pictures")
    assert (found["mode"], found["replicates"], found["folder"]) == ("expected", 1, "runs/tiny-1")
    people = found["people"]
    there = people["at_places"] + people["in_transit"] + sum(people["outcomes"].values())
    assert people["departed"] == pytest.approx(there, rel=1e-12)


def test_unknown_names_are_told_before_anything_is_written(
    travesia: Callable[..., tuple[int, str, str]], tiny: Path, tmp_path: Path
) -> None:
    for arguments in (["--policy", "actuel"], ["--set", "no_such_parameter=1"]):
        code, out, err = travesia("run", tiny, "-n", 1, "-o", tmp_path / "run", *arguments)
        assert code in (2, 3), err
        assert out == ""
        assert "Traceback" not in err
        assert "bug" not in err
        assert "simulating" not in err
    assert not (tmp_path / "run").exists()
    code, _, err = travesia("run", tmp_path / "nowhere", "-n", 1)
    assert code in (2, 3)
    assert "nowhere" in err


# --- a real Flee folder


def test_a_flee_folder_is_scored_and_converted(
    travesia: Callable[..., tuple[int, str, str]], cases: Path, tmp_path: Path
) -> None:
    settings = cases / "settings" / "simsetting.yml"
    mali = cases / "mali2012"
    code, out, err = travesia(
        "run", mali, "--settings", settings, "-n", 2, "-o", tmp_path / "run", "--no-pictures"
    )
    assert code == 0, err
    for told in ("Data", "together", "ARD", "as Flee does", "Nobody is missing"):
        assert told in out
    code, out, err = travesia("convert", mali, tmp_path / "mali", "--settings", settings)
    assert code == 0, err
    assert travesia("check", tmp_path / "mali")[0] == 0

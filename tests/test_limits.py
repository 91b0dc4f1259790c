"""What is refused before any work is done: runs that do not fit, places that cannot be written, files that are none."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from factory import small_scenario, write_small_scenario
from flee_factory import write_flee_folder

from travesia import memory
from travesia.cli import main
from travesia.ensemble import result_bytes, simulate
from travesia.errors import Problem, ScenarioError, StoreError, UsageError, shortlist, visible
from travesia.folder import check, read_scenario
from travesia.inputfile import input_bytes
from travesia.memory import available_bytes, check_memory
from travesia.model import compile_model, describe
from travesia.overrides import override
from travesia.scenario import GroupValue
from travesia.store import check_room, verify_run, write_run
from travesia.validate import validate


def test_the_size_of_a_result_is_told_before_it_is_there() -> None:
    scenario = small_scenario()
    result = simulate(scenario, replicates=3)
    found = sum(variable.nbytes for variable in result.data.data_vars.values())
    assert result_bytes(compile_model(scenario, "actual"), 3) == found


def test_a_run_that_does_not_fit_is_refused_at_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = write_small_scenario(tmp_path / "small")
    code = main(["run", str(folder), "-n", "100000000000", "-o", str(tmp_path / "out")])
    told = capsys.readouterr().err
    assert code == 1
    assert re.search(r"the run needs about [\d,.]+ MB more, and [\d,.]+ MB are free there", told)
    assert "fewer replicates with -n" in told
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
    with pytest.raises(UsageError, match="100,000,000,000 replicates would need about"):
        simulate(small_scenario(), replicates=10**11)


def test_how_many_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 3 << 30)
    check_memory(3 << 30, replicates=10)
    with pytest.raises(
        UsageError, match=r"10 replicates would need about 4\.0 GiB .* 3\.0 GiB are free: at most 7 fit"
    ):
        check_memory(4 << 30, replicates=10)
    with pytest.raises(UsageError, match=r"1 replicate would need about 400 GiB .*: not even one fits"):
        check_memory(400 << 30, replicates=1)
    monkeypatch.setattr(memory, "available_bytes", lambda: None)
    check_memory(1 << 60, replicates=1)


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="only Linux says what is left")
def test_the_narrowest_limit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(files: dict[str, str]) -> int | None:
        monkeypatch.setattr(memory, "_text", lambda path: files.get(path, ""))
        return available_bytes()

    machine = {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    2048 kB\n"}
    group = {"/sys/fs/cgroup/memory.max": "1000000\n", "/sys/fs/cgroup/memory.current": "900000\n"}
    cache = {"/sys/fs/cgroup/memory.stat": "anon 7\ninactive_file 50000\n"}
    assert told(machine) == 2048 * 1024
    assert told({**machine, **group}) == 100_000
    assert told({**machine, **group, **cache}) == 150_000
    assert told({**machine, "/sys/fs/cgroup/memory.max": "max"}) == 2048 * 1024


@pytest.mark.parametrize("where", ["file/run", "long"])
def test_a_folder_that_cannot_be_written_is_refused_before_the_run(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("a file")
    monkeypatch.setattr("travesia.ensemble.simulate", lambda *args, **named: pytest.fail("it was simulated"))
    folder = tmp_path / ("x" * 250 if where == "long" else where)
    assert main(["run", str(write_small_scenario(tmp_path / "small")), "-o", str(folder)]) == 1
    assert "cannot be written there" in capsys.readouterr().err


def test_nothing_is_written_into_a_folder_of_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, run = write_small_scenario(tmp_path / "small"), tmp_path / "run"
    write_run(simulate(small_scenario()), run)
    for command in (
        ("run", small, "-o", run / "tables" / "other"),
        ("sweep", small, "--over", "stopped", "--expected", "-o", run / "sweep"),
        ("report", run, "-o", run / "report.html"),
        ("needs", run, "-o", run / "needs.csv"),
        ("export", run, "-o", run / "published"),
        ("new", run / "mine"),
    ):
        assert main([str(word) for word in command]) == 2, command
        assert f"is inside {run}, which holds results" in capsys.readouterr().err
    assert verify_run(run) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be written there"):
        check_room(tmp_path / "locked" / "deep" / "run")


def test_looking_for_room_leaves_nothing_behind(tmp_path: Path) -> None:
    check_room(tmp_path / "runs" / "one")
    assert list(tmp_path.iterdir()) == []
    write_run(simulate(small_scenario()), tmp_path / "run")
    check_room(tmp_path / "run", overwrite=True)
    with pytest.raises(StoreError, match="holds an earlier run"):
        check_room(tmp_path / "run")


@pytest.mark.skipif(os.name != "posix", reason="such files are of Unix")
def test_what_only_looks_like_a_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nothing")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "large").write_bytes(b"x" * 101)
    for name, reason in (
        ("pipe", "not a regular file"),
        ("zero", "not a regular file"),
        ("link", "a link to nothing"),
    ):
        with pytest.raises(OSError, match=reason):
            input_bytes(tmp_path / name)
    with pytest.raises(OSError, match="larger than"):
        input_bytes(tmp_path / "large", most_bytes=100)
    for name in ("loop", "."):
        with pytest.raises(OSError):  # noqa: PT011 — the words are those of the system
            input_bytes(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        input_bytes(tmp_path / "missing")
    assert input_bytes(tmp_path / "large") == b"x" * 101


@pytest.mark.parametrize("name", ["measures.csv", "sources.csv"])
def test_a_link_to_nothing_is_no_missing_table(name: str, tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / name).unlink()
    (folder / name).symlink_to("nothing")
    assert [p.message for p in check(folder) if p.file == name] == ["cannot be read (a link to nothing)"]


@pytest.mark.parametrize(
    "name", ["measures.tsv", "measures.xlsx", "Measures.csv", "measures (1).csv", " measures.CSV"]
)
def test_a_table_saved_as_something_else_is_told(name: str, tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    (folder / name).write_bytes((folder / "measures.csv").read_bytes())
    (folder / "notes.txt").write_text("nothing to say of this")
    assert [(p.file, p.level) for p in check(folder)] == [(name, "warning")]


def test_a_comma_in_a_row_is_found_where_the_last_cells_are_empty(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    text = (folder / "places.csv").read_text().replace("home,Home,", "home,Ho,me,").replace("0,report", "0,")
    (folder / "places.csv").write_text(text)
    found = [(p.file, p.row, p.message) for p in check(folder)]
    assert ("places.csv", 2, "11 cells under 10 columns") in found


def test_problems_of_one_kind_are_counted_after_the_hundredth() -> None:
    many = [Problem("a.csv", row, "b", str(row), "not a number", "write one") for row in range(2, 400)]
    other = Problem("a.csv", 7, "c", "", "empty", "fill it")
    kept = shortlist([*many[:200], other, *many[200:]])
    assert kept[:100] == many[:100]
    assert kept[100].message == "not a number (in 298 more rows)"
    assert kept[101:] == [other]
    assert shortlist([*many[:100], other]) == [*many[:100], other]


def test_what_cannot_be_seen_is_shown_in_messages() -> None:
    problem = Problem("a.csv", 2, "b", "x\x1b[2J\u200b" + "y" * 500, "no such place", "m" * 500)
    text = str(problem)
    assert "\\x1b[2J\\u200b" in text
    assert text.isprintable()
    assert len(text) < 700
    assert "(506 signs)" in text
    assert visible("Peñas Blancas") == "Peñas Blancas"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("bor\u200bder", "a sign that cannot be seen (U+200B), read as it stands"),
        ("bor\x1bder", "a sign that cannot be seen (U+001B), read as it stands"),
        ("bord\u0435r", "letters of two alphabets in one word ('е', U+0435), read as they stand"),
        ("Ñandú Peña — São «Łódź»", ""),
        ("Αθήνα Athens / Київ Kyiv", ""),
        ("می\u200cخواهم", ""),
    ],
)
def test_a_text_that_is_not_what_it_looks_is_told(text: str, what: str, tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    content = (folder / "places.csv").read_text(encoding="utf-8").replace("Border", text)
    (folder / "places.csv").write_text(content, encoding="utf-8")
    assert [(p.row, p.column, p.message, p.level) for p in check(folder)] == (
        [(3, "name", what, "warning")] if what else []
    )


def test_a_warning_about_a_row_hides_no_error_in_it(tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    content = (folder / "legs.csv").read_text().replace("path,border,shelter", "path,bor\u200bder,shelter")
    (folder / "legs.csv").write_text(content, encoding="utf-8")
    found = [(p.column, p.level, p.message) for p in check(folder) if p.file == "legs.csv"]
    assert ("from", "error", "no such place") in found
    assert ("from", "warning", "a sign that cannot be seen (U+200B), read as it stands") in found


@pytest.mark.parametrize(
    ("file", "row"),
    [
        ("observations.csv", "arrived,,,2021-02-01,,cumulative,150,,,people,the city,report\n"),
        ("legs.csv", ",shelter,city,310,bus,true,report\n,shelter,city,310,bus,true,report\n"),
    ],
)
def test_a_row_that_stands_twice_is_told(file: str, row: str, tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    with (folder / file).open("a", encoding="utf-8") as out:
        out.write(row)
    (found,) = check(folder)
    assert (found.file, found.level) == (file, "warning")
    assert found.message.startswith("the same as row ")


@pytest.mark.parametrize(("number", "size"), [("1e13", "large"), ("1e-13", "small")])
def test_numbers_that_nothing_has_are_refused(number: str, size: str, tmp_path: Path) -> None:
    folder = write_small_scenario(tmp_path)
    content = (folder / "legs.csv").read_text().replace(",310,", f",{number},")
    (folder / "legs.csv").write_text(content)
    assert [(p.row, p.column, p.message) for p in check(folder)] == [
        (4, "distance_km", f"too {size} a number")
    ]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("camp_weight", "1e10", "beyond 1e+09"),
        ("distance_power", "-21", "beyond 20"),
        ("softening", "1e9", ""),
    ],
)
def test_settings_of_rule_flee_are_of_a_size(setting: str, value: str, says: str, tmp_path: Path) -> None:
    scenario = override(read_scenario(write_flee_folder(tmp_path)), {setting: value})
    errors = [problem.message for problem in validate(scenario) if problem.level == "error"]
    assert errors == ([says] if says else [])


def test_a_parameter_that_nothing_can_be_is_refused() -> None:
    scenario = override(small_scenario(), {"detour": "1e13"})
    assert "too large a number (the parameter is 1e+13)" in [
        problem.message for problem in validate(scenario)
    ]


def test_groups_that_are_too_many_are_told_with_homes(tmp_path: Path) -> None:
    scenario = read_scenario(write_flee_folder(tmp_path))
    classes = {f"class{number}": GroupValue() for number in range(1_000)}
    settings = scenario.settings.model_copy(update={"groups": {"wealth": classes}})
    scenario = override(scenario.with_settings(settings), {"harvest_months": "[4]"})
    with pytest.raises(ScenarioError) as error:
        compile_model(scenario, "actual")
    (problem,) = error.value.problems
    homes = int(re.findall(r"home \((\d+)\)", problem.message)[0])
    assert problem.message == (
        f"wealth (1,000) × home ({homes}) make {homes * 1_000:,} groups; at most 2,048 can be told apart; each place "
        "where people may start is a home of its own, which harvest_months needs"
    )
    assert problem.remedy == "leave out harvest_months, an attribute, or places where people may start"


def test_who_is_there_and_who_sets_out_are_told_apart(tmp_path: Path) -> None:
    scenario = read_scenario(write_flee_folder(tmp_path))
    result = simulate(scenario, expected=True)
    whole = int(result.data["departed"].sum())
    found = re.search(
        r"people there before the first day: ([\d,]+)\n  people who set out, read from the observed totals: ([\d,]+)",
        describe(scenario),
    )
    assert found is not None
    there, due = (int(number.replace(",", "")) for number in found.groups())
    assert there > 0
    assert due > 0
    assert there + due == whole
    driven = override(scenario, {"conflict_driven_spawning": "constant", "displaced_per_conflict_day": "5"})
    assert "worked out in the run, from conflict or floods" in describe(driven)


@pytest.mark.parametrize("start", ["0001-01-01", "1600-01-01", "2300-01-01", "9999-12-15"])
def test_a_start_that_no_array_can_date_is_a_problem(start: str, tmp_path: Path) -> None:
    settings = write_small_scenario(tmp_path / "small") / "scenario.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("2021-01-14", start), encoding="utf-8")
    problems = [problem for problem in check(settings.parent) if problem.level == "error"]
    assert [(problem.column, problem.value) for problem in problems] == [("start", start)]

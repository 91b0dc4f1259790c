"""Run folders: whole or not at all, read back the same, and every changed byte found."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from fake_result import PLACES, make_result, make_scenario

from travesia.errors import ChecksumError, StoreError
from travesia.folder import read_scenario
from travesia.provenance import content_hash
from travesia.result import Result
from travesia.store import read_run, replay_info, verify_run, write_run

OBSERVATIONS = [
    {
        "quantity": "stopped",
        "date_from": "2021-01-20",
        "kind": "cumulative",
        "value": 400,
        "reported_by": "=1+1",
    },
    {
        "quantity": "present",
        "place": "mexico",
        "date_from": "2021-01-21",
        "low": 1,
        "high": 5,
        "source": "iom",
    },
]


@pytest.fixture(scope="module")
def result() -> Result:
    return make_result(make_scenario(observations=OBSERVATIONS))


@pytest.fixture(scope="module")
def pristine(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder that no test changes."""
    folder = tmp_path_factory.mktemp("runs") / "fake-1"
    return write_run(result, folder, command="travesia run fake --seed 1", overrides={"leg_cost": "2"})


@pytest.fixture
def run(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it to be spoilt."""
    return Path(shutil.copytree(pristine, tmp_path / "fake-1"))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# What is written


@pytest.mark.parametrize("mode", ["stochastic", "expected"])
def test_read_back_the_same(mode: str, tmp_path: Path) -> None:
    result = make_result(mode=mode)  # type: ignore[arg-type]
    again = read_run(write_run(result, tmp_path / "deep" / "run"))
    xr.testing.assert_identical(again.data.drop_attrs(), result.data)
    assert [again.data[v].dtype for v in again.data.data_vars] == [
        result.data[v].dtype for v in result.data.data_vars
    ]
    assert (again.seed, again.mode, again.policy) == (result.seed, result.mode, result.policy)
    assert dict(again.seconds) == dict(result.seconds)
    assert again.scenario.settings == result.scenario.settings
    assert content_hash(again) == content_hash(result)
    pd.testing.assert_frame_equal(again.observed_table(), result.observed_table())
    assert list(tmp_path.iterdir()) == [tmp_path / "deep"]


def test_a_whole_folder_verifies_here_and_with_sha256sum(pristine: Path) -> None:
    assert verify_run(pristine) == []
    lines = (pristine / "SHA256SUMS").read_text().splitlines()[:-1]
    found = {name: hashlib.sha256(content).hexdigest() for name, content in snapshot(pristine).items()}
    del found["SHA256SUMS"]
    assert dict(reversed(line.split("  ", 1)) for line in lines) == found


def test_it_is_a_valid_data_package(pristine: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(pristine / "datapackage.json"))
    assert report.flatten(["taskName", "rowNumber", "fieldName", "note"]) == []
    assert report.valid
    package = json.loads((pristine / "datapackage.json").read_text(encoding="utf-8"))
    files = {resource["path"] for resource in package["resources"]}
    assert files == set(snapshot(pristine)) - {"SHA256SUMS", "datapackage.json"}
    for resource in package["resources"]:
        content = (pristine / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
        for field in resource.get("schema", {}).get("fields", []):
            assert field["description"]


def test_a_changed_table_is_no_valid_data_package(run: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    table = run / "tables" / "events.csv"
    table.write_text(table.read_text().replace("2021-01-15", "2021-13-15"))
    assert not frictionless.validate(str(run / "datapackage.json")).valid


def test_csv_and_parquet_say_the_same(pristine: Path) -> None:
    names = sorted(p.stem for p in (pristine / "tables").glob("*.csv"))
    assert names == sorted(p.stem for p in (pristine / "tables").glob("*.parquet"))
    assert len(names) == 8
    for name in names:
        table = pd.read_parquet(pristine / "tables" / f"{name}.parquet")
        with (pristine / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == list(table.columns)
        assert len(rows) - 1 == len(table) > 0
        for column, kind in table.dtypes.items():
            if kind.kind in "if":
                cells = [row[rows[0].index(str(column))] for row in rows[1:]]
                values = np.array([float(c) if c else np.nan for c in cells])
                assert np.array_equal(values, table[column].to_numpy(dtype=float), equal_nan=True)


def test_the_tables_are_right(pristine: Path, result: Result) -> None:
    people = pd.read_parquet(pristine / "tables" / "people_by_place.parquet")
    row = people[(people["place"] == "mexico") & (people["date"] == date(2021, 1, 25))].iloc[0]
    counts = result.total("people").sel(place="mexico", date="2021-01-25").values
    assert row["name"] == "Ciudad de México"
    assert (row["q05"], row["q50"], row["q95"]) == pytest.approx(
        tuple(np.quantile(counts, (0.05, 0.5, 0.95)))
    )
    assert row["mean"] == pytest.approx(counts.mean())
    legs = pd.read_parquet(pristine / "tables" / "legs.parquet")
    assert set(legs.loc[legs["leg"] == "sps>corinto", "to"]) == {"corinto"}
    accounts = pd.read_parquet(pristine / "tables" / "accounts.parquet")
    assert len(accounts) == 9 * 20
    mean = accounts.pivot(index="date", columns="account", values="mean")
    assert (mean["missing"] == 0).all()
    assert mean["departed"].to_numpy() == pytest.approx(mean.drop(columns="departed").sum(axis=1).to_numpy())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_quoted(start: str, tmp_path: Path) -> None:
    evil = f"{start}HYPERLINK(1)"
    places = [("sps", evil, *PLACES[0][2:]), *PLACES[1:]]
    folder = write_run(make_result(make_scenario(places=places)), tmp_path / "run")
    with (folder / "tables" / "people_by_place.csv").open(encoding="utf-8", newline="") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert f"'{evil}" in names
    assert evil not in names
    assert evil in set(pd.read_parquet(folder / "tables" / "people_by_place.parquet")["name"])


def test_negative_numbers_are_not_text(tmp_path: Path) -> None:
    data = make_result().data
    negative = replace(make_result(), data=data.assign(parameters=-data["parameters"]))
    table = pd.read_csv(write_run(negative, tmp_path / "run") / "tables" / "parameters.csv")
    assert (table["q05"] < 0).all()


def test_pictures_belong_to_the_run_if_asked_for(tmp_path: Path) -> None:
    folder = write_run(make_result(), tmp_path / "run", pictures=True)
    assert (folder / "pictures" / "map.png").is_file()
    assert verify_run(folder) == []


def test_provenance_and_replay(pristine: Path, result: Result) -> None:
    told = json.loads((pristine / "provenance.json").read_text(encoding="utf-8"))
    assert told["command"] == "travesia run fake --seed 1"
    assert told["overrides"] == {"leg_cost": "2"}
    assert told["settings"]["days"] == 20
    assert set(told["versions"]) >= {"travesia", "python", "numpy", "numba"}
    assert told["created_utc"].endswith("+00:00")
    replay = replay_info(pristine)
    assert (replay.seed, replay.mode, replay.policy, replay.replicates) == (1, "stochastic", "actual", 5)
    assert replay.content_hash == content_hash(result)
    again = make_result(read_scenario(replay.scenario), seed=replay.seed, replicates=replay.replicates)
    assert content_hash(again) == replay.content_hash


# Damage

FILES = (
    "arrays.nc",
    "provenance.json",
    "datapackage.json",
    "SHA256SUMS",
    "scenario/scenario.yaml",
    "scenario/places.csv",
    "tables/accounts.csv",
    "tables/people_by_place.parquet",
)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.37, 0.5, 0.99])
@pytest.mark.parametrize("bit", [0x01, 0x20])
def test_a_flipped_bit_is_found(name: str, where: float, bit: int, run: Path) -> None:
    content = bytearray((run / name).read_bytes())
    content[int(where * (len(content) - 1))] ^= bit
    (run / name).write_bytes(content)
    problems = verify_run(run)
    assert any(p.startswith(name) for p in problems), problems


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0.0, 0.5, 1.0])
def test_a_truncated_file_is_found(name: str, keep: float, run: Path) -> None:
    content = (run / name).read_bytes()
    (run / name).write_bytes(content[: min(int(keep * len(content)), len(content) - 1)])
    assert any(p.startswith(name) for p in verify_run(run))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(name: str, run: Path) -> None:
    (run / name).unlink()
    assert any(p.startswith(f"{name}: missing") for p in verify_run(run))


def test_an_extra_file_is_found(run: Path) -> None:
    (run / "tables" / "notes.txt").write_text("mine")
    assert verify_run(run) == ["tables/notes.txt: not part of the run"]


def reseal(folder: Path) -> None:
    """Write the checksums anew, as a forger would."""
    names = sorted(name for name in snapshot(folder) if name != "SHA256SUMS")
    lines = [f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names]
    content = "".join(lines).encode()
    (folder / "SHA256SUMS").write_bytes(content + f"# {hashlib.sha256(content).hexdigest()}\n".encode())


def test_arrays_from_another_run_are_found_even_with_fresh_checksums(run: Path, tmp_path: Path) -> None:
    other = write_run(make_result(make_scenario(observations=OBSERVATIONS), seed=2), tmp_path / "other")
    (run / "arrays.nc").write_bytes((other / "arrays.nc").read_bytes())
    reseal(run)
    problems = verify_run(run)
    assert len(problems) == 1
    assert "content hash" in problems[0]


def test_a_changed_scenario_is_found_even_with_fresh_checksums(run: Path) -> None:
    settings = run / "scenario" / "scenario.yaml"
    settings.write_bytes(settings.read_bytes().replace(b"days: 20", b"days: 21"))
    reseal(run)
    assert "content hash" in verify_run(run)[0]


def test_spoilt_arrays_with_fresh_checksums_are_a_problem_and_no_crash(run: Path) -> None:
    (run / "arrays.nc").write_bytes(b"not a NetCDF file")
    reseal(run)
    assert "arrays.nc" in verify_run(run)[0]


@pytest.mark.parametrize("name", ["arrays.nc", "provenance.json", "scenario/legs.csv"])
def test_reading_refuses_what_is_not_as_written(name: str, run: Path) -> None:
    (run / name).write_bytes((run / name).read_bytes() + b"\n")
    with pytest.raises(ChecksumError, match=name):
        read_run(run)


def test_reading_does_not_mind_a_changed_table_or_an_extra_picture(run: Path) -> None:
    (run / "tables" / "events.csv").write_text("edited")
    (run / "map.png").write_text("extra")
    assert read_run(run).replicates == 5


@pytest.mark.parametrize("ask", [read_run, verify_run, replay_info])
def test_no_run_folder(ask: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no folder"):
        ask(tmp_path / "nowhere")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(StoreError, match="no run folder"):
        ask(tmp_path)


# Replacing, and failing


def test_an_earlier_run_is_replaced_only_when_told(run: Path) -> None:
    before = snapshot(run)
    other = make_result(seed=2)
    with pytest.raises(StoreError, match="overwrit"):
        write_run(other, run)
    assert snapshot(run) == before
    write_run(other, run, overwrite=True)
    assert read_run(run).seed == 2
    assert verify_run(run) == []
    assert [p.name for p in run.parent.iterdir()] == ["fake-1"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_a_run_is_never_replaced(
    overwrite: bool, run: Path, tmp_path: Path, result: Result
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("x")
    for target in (mine, tmp_path / "file"):
        with pytest.raises(StoreError, match="no run folder"):
            write_run(result, target, overwrite=overwrite)
    assert (mine / "thesis.txt").read_text() == "years of work"
    (run / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"notes\.txt|overwrit"):
        write_run(result, run, overwrite=overwrite)
    assert (run / "notes.txt").read_text() == "mine"


def test_an_empty_folder_is_used(tmp_path: Path, result: Result) -> None:
    (tmp_path / "empty").mkdir()
    assert verify_run(write_run(result, tmp_path / "empty")) == []
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, nth: int, error: BaseException) -> Iterator[list[int]]:
    """Every write, sync and rename counts; the nth of them fails, once."""
    calls = [0]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls[0] += 1
            if calls[0] == nth:
                raise error
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", counted(Path.write_bytes))
        patch.setattr(os, "fsync", counted(os.fsync))
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(Path, "mkdir", counted(Path.mkdir))
        yield calls


@pytest.mark.parametrize(
    ("existing", "step", "error"),
    [
        (False, 1, OSError(28, "No space left on device")),
        (True, 1, OSError(28, "No space left on device")),
        (True, 6, KeyboardInterrupt()),
    ],
)
def test_whatever_fails_nothing_is_half_written(
    existing: bool, step: int, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = make_scenario(days=3)
    old, new = make_result(scenario, replicates=2), make_result(scenario, replicates=2, seed=2)
    folder = tmp_path / "run"
    before = snapshot(write_run(old, folder)) if existing else {}
    for nth in range(1, 300, step):
        failure: BaseException | None = None
        try:
            with failing(monkeypatch, nth, error):
                write_run(new, folder, overwrite=True)
        except (StoreError, KeyboardInterrupt) as caught:
            failure = caught
        if failure is None:
            break
        assert type(failure) is (StoreError if isinstance(error, OSError) else KeyboardInterrupt)
        assert isinstance(failure, KeyboardInterrupt) or "No space left" in str(failure)
        assert snapshot(tmp_path) == {f"run/{name}": content for name, content in before.items()}, nth
        assert [p.name for p in tmp_path.iterdir()] == ["run"] * existing, nth
    assert 50 < nth < 290
    assert verify_run(folder) == []
    assert read_run(folder).seed == 2


def test_a_parent_that_is_a_file(tmp_path: Path, result: Result) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="nothing can be written there"):
        write_run(result, tmp_path / "file" / "run")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_read_only_folder(tmp_path: Path, result: Result) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    try:
        with pytest.raises(StoreError, match="Permission denied"):
            write_run(result, locked / "run")
        assert list(locked.iterdir()) == []
    finally:
        locked.chmod(0o755)


def test_a_killed_writer_leaves_no_run_folder(tmp_path: Path) -> None:
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); import travesia.store;"
        "from fake_result import make_result; real, count = os.fsync, [0]\n"
        "def fsync(handle):\n"
        "    count[0] += 1\n"
        "    os._exit(9) if count[0] == 12 else real(handle)\n"
        "os.fsync = fsync; travesia.store.write_run(make_result(), sys.argv[2])"
    )
    folder = tmp_path / "run"
    done = subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent), str(folder)], check=False)
    assert done.returncode == 9
    assert not folder.exists()
    write_run(make_result(), folder)
    assert verify_run(folder) == []

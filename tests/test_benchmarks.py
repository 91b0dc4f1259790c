"""The benchmark measures what it says: the networks it makes up, a thousandfold of people, the verdict."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

from travesia.ensemble import simulate
from travesia.folder import check

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_network_is_whole_and_as_dense_as_it_says() -> None:
    from networks import DEGREE, joined
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    xy = np.random.default_rng(5).uniform(0, 400, (200, 2))
    pairs, km = joined(xy)
    assert len(pairs) == pytest.approx(DEGREE * 200 / 2, abs=1)
    assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs)
    assert connected_components(coo_array((km, pairs.T), shape=(200, 200)), directed=False)[0] == 1
    assert km == pytest.approx(np.maximum(np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1), 1.0))


def test_network_runs_and_everyone_who_is_announced_leaves() -> None:
    from networks import random_geometric

    scenario = random_geometric(places=40, days=30, people=900, awareness=2)
    assert [problem for problem in check(scenario) if problem.level == "error"] == []
    result = simulate(scenario, seed=1)
    assert result.people_json()["people"]["departed"] == 900
    assert float(np.abs(result.accounts()["missing"]).max()) == 0


def test_times_people_multiplies_people_and_nothing_else() -> None:
    from measuring import times_people
    from networks import random_geometric

    few = random_geometric(places=40, days=30, people=900, awareness=1)
    many = times_people(few, 1000)
    assert many.places["capacity"].sum() == pytest.approx(1000 * few.places["capacity"].sum())
    assert many.legs.equals(few.legs)
    assert simulate(many, seed=1).people_json()["people"]["departed"] == 900_000


def test_a_line_is_met_by_its_median_and_written(tmp_path: Path) -> None:
    from measuring import summary, write_results

    good = summary("quick", [1.0, 2.0, 9.0], unit="ms", most=2.0)
    bad = summary("slow", [3.0, 1.0, 2.5], unit="ms", most=2.0)
    assert (good.met, bad.met, bad.least) == (True, False, 1.0)
    write_results(tmp_path / "results.csv", [good, bad])
    with (tmp_path / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["what"], row["median"], row["met"]) for row in rows] == [
        ("quick", "2", "yes"),
        ("slow", "2.5", "no"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="the benchmark asks POSIX for CPU times")
def test_seconds_of_a_child_are_counted() -> None:
    from speed import _child_seconds

    assert 0.01 < _child_seconds(["--help"]) < 20


def test_without_cases_it_says_what_is_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import speed

    monkeypatch.setenv("TRAVESIA_CASES", str(tmp_path))
    monkeypatch.setattr(speed, "large_network", lambda: speed.summary("x", [1.0], unit="s", most=2.0))
    next(speed.lines())
    told = capsys.readouterr().out
    assert all(case in told for case in ("mali2012", "burundi2015", "modern125", "1,000 times"))

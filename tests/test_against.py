"""The comparison with other programs compares the same thing: the same rule, and a difference would be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from travesia.folder import check

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
SIZE = {"places": 30, "days": 40, "people": 3000, "awareness": 1}
RUNS = 10


@pytest.fixture
def against(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import against

    return against


@pytest.fixture
def case(against: ModuleType, tmp_path: Path) -> Any:
    from networks import random_geometric

    against.flee_folders.write(random_geometric(**SIZE), tmp_path / "made-up")
    return against._case("made up", tmp_path / "made-up")


def test_numpy_and_numba_bring_the_same_people_to_the_same_camps(against: ModuleType, case: Any) -> None:
    ours = against.travesia(case, 1)
    runs = against.rivals(None)
    for program in ("NumPy, per person", "Numba, per person"):
        theirs = against.timed(program, runs[program], case, RUNS)
        assert theirs.nights.shape == (RUNS, SIZE["days"], len(case.camps))
        assert against.rms_z(ours, theirs) < against.MOST_RMS, program


def changed_chance(persons: Any) -> Any:
    return persons._replace(chance=persons.chance * 0.8)


def changed_speed(persons: Any) -> Any:
    return persons._replace(speed=persons.speed * 0.15)  # legs of 30 km take a second day


def changed_ways(persons: Any) -> Any:
    return persons._replace(cumulative=np.sqrt(persons.cumulative))


@pytest.mark.parametrize("change", [changed_chance, changed_speed, changed_ways])
def test_another_rule_is_seen(against: ModuleType, case: Any, change: Callable[[Any], Any]) -> None:
    ours = against.travesia(case, 1)
    other = replace(case, persons=change(case.persons))
    run = against.rivals(None)["Numba, per person"]
    assert against.rms_z(ours, against.timed("Numba, per person", run, other, RUNS)) > against.MOST_RMS


def test_nobody_is_lost_among_the_persons(against: ModuleType, case: Any) -> None:
    for program in (against.rival_numpy, against.rival_numba):
        nights = program.simulate(case.persons, 3)
        assert (np.diff(nights.sum(axis=1)) <= np.maximum(case.persons.due[1:], SIZE["people"])).all()
        assert 0.5 * SIZE["people"] < nights[-1].sum() <= SIZE["people"]


def test_the_flee_folder_says_what_the_scenario_said(against: ModuleType, case: Any) -> None:
    from networks import random_geometric

    made, read = random_geometric(**SIZE), case.scenario
    assert [problem for problem in check(read) if problem.level == "error"] == []
    assert read.places["place"].tolist() == made.places["place"].tolist()
    assert (read.places["kind"] == "camp").tolist() == (made.places["kind"] == "camp").tolist()
    assert read.legs["distance_km"].to_numpy() == pytest.approx(made.legs["distance_km"].to_numpy())
    assert case.people == SIZE["people"]
    assert read.settings.days == SIZE["days"]


def test_more_than_the_plain_rule_is_refused(against: ModuleType, case: Any) -> None:
    from persons import persons_of

    movement = case.scenario.settings.movement.model_copy(
        update={"awareness_level": 2, "start_on_foot": True}
    )
    settings = case.scenario.settings.model_copy(update={"movement": movement})
    with pytest.raises(ValueError, match="awareness_level, start_on_foot"):
        persons_of(case.scenario.with_settings(settings))


def test_mali_is_the_same_to_all(against: ModuleType, tmp_path: Path, cases: Path) -> None:
    against.flee_folders.without_capacities(cases / "mali2012", tmp_path / "mali2012")
    case = against._case("mali2012", tmp_path / "mali2012")
    assert (case.scenario.places["capacity"].fillna(0) == 0).all()
    ours = against.travesia(case, 1)
    theirs = against.timed("Numba, per person", against.rivals(None)["Numba, per person"], case, 5)
    assert against.rms_z(ours, theirs) < against.MOST_RMS


def test_a_table_is_put_in_its_place(
    against: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import readme_tables

    path = tmp_path / "README.md"
    path.write_text("before\n<!-- x -->\nold\n<!-- end of x -->\nafter\n")
    monkeypatch.setattr(readme_tables, "PAGE", path)
    readme_tables.put_table("x", ["a", "b"], [["1", "2"]], note="said.")
    assert path.read_text() == (
        "before\n<!-- x -->\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nsaid.\n\n<!-- end of x -->\nafter\n"
    )
    with pytest.raises(ValueError, match="no place for y"):
        readme_tables.put_table("y", ["a"], [])


def test_the_page_has_the_places_of_its_tables() -> None:
    text = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    for name in ("against", "throughput", "world"):
        assert f"<!-- {name} -->" in text
        assert f"<!-- end of {name} -->" in text

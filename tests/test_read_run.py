"""Run folders are read as they were written, whatever the rules for scenarios have become since."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_result import make_result

from travesia.errors import Problem, ScenarioError
from travesia.folder import read_scenario
from travesia.provenance import content_hash
from travesia.store import read_run, verify_run, write_run


def test_rules_that_came_later_do_not_make_a_run_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = make_result()
    run = write_run(result, tmp_path / "run")
    new_rule = Problem("legs.csv", 2, "from", "sps", "no longer allowed", "change it")
    monkeypatch.setattr("travesia.folder.validate", lambda *_, **__: [new_rule])
    with pytest.raises(ScenarioError, match="no longer allowed"):
        read_scenario(run / "scenario")
    assert content_hash(read_run(run)) == content_hash(result)
    assert verify_run(run) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("legs.csv", "1150", "12km", "legs.csv, row 5, column distance_km"),
        ("legs.csv", "distance_km", "distance", "legs.csv, row 1"),
        ("scenario.yaml", "days: 20", "days: many", "scenario.yaml, row"),
    ],
)
def test_a_trusted_scenario_still_has_the_right_types(
    file: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    run = write_run(make_result(), tmp_path / "run")
    path = run / "scenario" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=told):
        read_scenario(run / "scenario", trusted=True)

"""A Flee folder written out as an ordinary scenario gives the same numbers for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from travesia.ensemble import simulate
from travesia.folder import check, read_scenario, write_scenario
from travesia.scenario import Scenario

CASES = {
    "burundi2015": "plain",
    "car2013": "simsetting",
    "mali2012": "modern125",
    "ssudan2013": "plain",
    "syria2013": "classic125",
    "tigray2020": "modern125",
}


FEATURES = Path(__file__).resolve().parents[1] / "verification" / "flee_features"


def same_numbers(folder: Path, flee: Scenario) -> None:
    """Write a scenario, read it again, and compare two replicates of both."""
    write_scenario(flee, folder)
    ours = read_scenario(folder)
    before = simulate(flee, replicates=2, seed=4).data
    after = simulate(ours, replicates=2, seed=4).data
    assert before["people"].sum() > 0
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])
    assert [p for p in check(folder) if p.level == "error"] == []


@pytest.mark.parametrize("feature", sorted(path.parent.name for path in FEATURES.glob("*/recorded.csv")))
def test_a_converted_feature_of_flee_gives_the_same_numbers(tmp_path: Path, feature: str) -> None:
    same_numbers(tmp_path / feature, read_scenario(FEATURES / feature))


@pytest.mark.parametrize(("case", "settings"), sorted(CASES.items()))
def test_a_converted_folder_gives_the_same_numbers(
    cases: Path, tmp_path: Path, case: str, settings: str
) -> None:
    flee = read_scenario(
        cases / case, settings=cases / "settings" / f"{settings}.yml", values={"hasten": "500"}
    )
    same_numbers(tmp_path / case, flee)

"""Every feature of Flee in a small folder of its own: the mean at every place on every 5th day is Flee's."""

from __future__ import annotations

import csv
import math

import pytest
from verification.flee_features import LARGEST_RMS_Z, LARGEST_Z, TABLE, compare, z_of
from verification.record_flee_features import features


@pytest.mark.parametrize("feature", features())
def test_people_are_where_flee_has_them(feature: str) -> None:
    found = compare(feature)
    print(f"{feature}: {len(found.cells)} cells, rms z {found.rms_z:.3f}, sd ratio {found.sd_ratio:.2f}")
    for c in found.worst[:4]:
        print(f"  day {c.day}, {c.place}: {c.ours:.2f}, Flee {c.flee:.2f}, z {c.z:+.2f}")
    assert len(found.cells) >= 40
    assert found.rms_z < LARGEST_RMS_Z
    assert abs(found.worst[0].z) <= LARGEST_Z
    with TABLE.open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["feature"] == feature)
    assert float(row["rms_z"]) == pytest.approx(found.rms_z, abs=0.02), (
        "docs/flee-features.csv is out of date: python -m verification.flee_features"
    )


def test_certain_numbers_must_be_equal() -> None:
    assert z_of(550.0, 0.0, 600, 550.0, 0.0, 100) == 0
    assert z_of(550.001, 0.0, 600, 550.0, 0.0, 100) == math.inf


def test_a_spread_of_nothing_by_luck_does_not_make_a_difference_certain() -> None:
    assert abs(z_of(9.99, 0.1, 600, 10.0, 0.0, 100)) < 2

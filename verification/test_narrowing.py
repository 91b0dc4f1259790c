"""Paired differences between policies are at least three times narrower than unpaired ones on a real outcome."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from verification.narrowing import fixed, narrowing

from travesia import read_scenario


def test_pairing_narrows_threefold_with_parameters_fixed() -> None:
    caravan = fixed(read_scenario("caravan-2021"))
    found = narrowing(caravan, policies=("no-agreement",), replicates=100).set_index("quantity")["narrowing"]
    assert found["entered_mex"] > 3
    assert found["detained"] > 3


def test_the_recorded_widths_say_so() -> None:
    table = pd.read_csv(Path(__file__).with_name("narrowing.csv"))
    assert set(table["parameters"]) == {"fixed", "drawn"}
    assert table.loc[table["parameters"] == "fixed", "narrowing"].max() > 3

"""Simulation-based calibration: the truth lies anywhere in the posterior, as it should, for every parameter of two
scenarios; and the test would see draws that are 1.3 times too narrow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from verification.sbc import DRAWS, ERROR, KEPT, NARROWED, all_ranks, p_values, table
from verification.sbc_scenarios import SCENARIOS

NUMBER = 100  # simulations of each scenario; seeds are fixed
NEAR = 0.015  # half a standard error: another processor rounds otherwise, and a chain may take another way


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_every_parameter_has_uniform_ranks(scenario: str) -> None:
    make, only = SCENARIOS[scenario]
    found = all_ranks(make, only, NUMBER)
    told = p_values(found[1.0])
    assert {name: p for name, p in told.items() if p < ERROR} == {}
    assert min(p_values(found[NARROWED]).values()) < ERROR
    shown = pd.read_csv(Path(__file__).parents[1] / "docs" / KEPT, index_col="scenario").loc[scenario]
    means = [[float(text.split()[0]) for text in rows["mean"]] for rows in (shown, table(found[1.0]))]
    assert means[1] == pytest.approx(means[0], abs=NEAR), "python -m verification.sbc 100 docs"


def test_p_values_of_uniform_ranks_are_uniform() -> None:
    ranks = np.random.default_rng(5).integers(DRAWS + 1, size=(NUMBER, 400))
    p = np.array(list(p_values(pd.DataFrame(ranks)).values()))
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.035)  # three standard errors
    assert p.mean() == pytest.approx(0.5, abs=0.06)

"""Simulation-based calibration of the whole inference, on two small scenarios."""

from __future__ import annotations

import numpy as np
import pytest
from verification.sbc import DRAWS, all_ranks, p_values
from verification.sbc_scenarios import SCENARIOS

SIMULATIONS = 100
FALSE_ALARMS = 0.01  # of the whole test, if all is right


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_ranks_of_the_truth_are_uniform(name: str) -> None:
    """χ² of ten bins for each parameter, Bonferroni over all of both scenarios: one false alarm in a hundred."""
    make, only = SCENARIOS[name]
    found = all_ranks(make, only, SIMULATIONS, workers=1)
    count = 4 + 3 + 3 + 3  # parameters of the two scenarios, and σ, τ and ℓ of each
    told = p_values(found)
    assert min(told.values()) > FALSE_ALARMS / 2 / count, told
    # too narrow or too wide a posterior moves the variance of the ranks: Var = (n² − 1) / 12 with n = DRAWS + 1
    spread = found.var(ddof=0) / (((DRAWS + 1) ** 2 - 1) / 12)
    low, high = np.quantile(
        np.random.default_rng(1).integers(0, DRAWS + 1, (20_000, SIMULATIONS)).var(axis=1)
        / (((DRAWS + 1) ** 2 - 1) / 12),
        [FALSE_ALARMS / 4 / count, 1 - FALSE_ALARMS / 4 / count],
    )
    assert spread.between(low, high).all(), spread.to_dict()

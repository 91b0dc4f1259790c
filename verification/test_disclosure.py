"""The attack on withheld counts over many more made-up figures than the tests have time for."""

from __future__ import annotations

import numpy as np
import pytest
from tests.attack import sums_of
from tests.test_disclosure import attack, random_scenario, truth, valued

from travesia.folder import packaged_titles, read_scenario

SEEDS, LUCKS = range(100, 160), range(2, 6)


def test_many_scenarios_give_no_withheld_count_away() -> None:
    kept = {seed: attack(*random_scenario(seed), complementary=True) for seed in SEEDS}
    assert {seed: found for seed, (_, found) in kept.items() if found} == {}
    assert sum(secrets for secrets, _ in kept.values()) > 500


@pytest.mark.parametrize("name", sorted(packaged_titles()))
def test_nor_do_figures_shaped_as_those_of_packaged_scenarios(name: str) -> None:
    scenario = read_scenario(name)
    sums = sums_of(scenario)
    for seed in LUCKS:
        luck = np.random.default_rng(seed)
        values = sums @ truth(sums, luck)
        assert attack(valued(scenario, values, luck), sums, values, complementary=True)[1] == []

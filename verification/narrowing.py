"""How much narrower differences between policies are for being paired, on the caravan of January 2021.

    python -m verification.narrowing > verification/narrowing.csv

Paired: the same replicates under both policies. Unpaired: the second policy runs with another seed. Both with all
parameters fixed at their medians and with all of them drawn; the narrowing is the width of the unpaired 90 % interval
divided by that of the paired one.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from travesia import read_scenario, simulate
from travesia.headlines import headlines, totals
from travesia.scenario import Scenario

SCENARIO, FIRST, POLICIES = "caravan-2021", "actual", ("no-agreement", "half-force", "free-passage")
QUANTITIES = ("returned", "detained", "arrived", "entered_mex")
REPLICATES, SEED, OTHER_SEED = 200, 1, 2


def fixed(scenario: Scenario) -> Scenario:
    """The scenario with every parameter at its median."""
    parameters = {
        name: parameter.model_copy(update={"prior": None})
        for name, parameter in scenario.settings.parameters.items()
    }
    return scenario.with_settings(scenario.settings.model_copy(update={"parameters": parameters}))


def width(differences: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """The width of the 90 % interval."""
    low, high = np.quantile(differences, [0.05, 0.95])
    return float(high - low)


def narrowing(scenario: Scenario, *, policies: tuple[str, ...], replicates: int) -> pd.DataFrame:
    """Widths of the 90 % interval by policy and quantity: paired, unpaired, and how many times narrower.

    scenario : of which the parameters are drawn, or fixed already. policies : compared with `actual`.
    """
    chosen = [h for h in headlines(scenario) if h.name in QUANTITIES]

    def run(policy: str, seed: int) -> pd.DataFrame:
        return totals(simulate(scenario, replicates=replicates, seed=seed, policy=policy), chosen)

    before, rows = run(FIRST, SEED), []
    for policy in policies:
        same, other = run(policy, SEED), run(policy, OTHER_SEED)
        for headline in chosen:
            name = headline.name
            paired = width((same[name] - before[name]).to_numpy())
            unpaired = width((other[name] - before[name]).to_numpy())
            rows.append((policy, name, paired, unpaired, unpaired / paired if paired else np.inf))
    return pd.DataFrame(rows, columns=["policy", "quantity", "paired", "unpaired", "narrowing"])


def main() -> int:
    """Print the widths as CSV."""
    scenario = read_scenario(SCENARIO)
    parts = [
        narrowing(made, policies=POLICIES, replicates=REPLICATES).assign(parameters=how)
        for how, made in (("fixed", fixed(scenario)), ("drawn", scenario))
    ]
    print(pd.concat(parts).round(2).to_csv(index=False), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())

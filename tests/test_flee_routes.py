"""Routes of rule flee that would multiply if every leg counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from flee_factory import write_flee_folder

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.overrides import override


def test_many_legs_between_two_places_do_not_multiply_fixed_routes(tmp_path: Path) -> None:
    """Two hundred longer rows of each way change nothing; tried all, three steps would be millions of routes."""
    folder = write_flee_folder(tmp_path)
    scenario = override(read_scenario(folder), {"fixed_routes": "true", "awareness_level": "3"})
    again = [scenario.legs.assign(distance_km=scenario.legs["distance_km"] + more) for more in range(1, 201)]
    legs = pd.concat([scenario.legs, *again], ignore_index=True)
    names = [name if i < len(scenario.legs) else f"{name}#{i}" for i, name in enumerate(legs["leg"])]
    many = scenario.with_table("legs", legs.assign(leg=names))
    few, lots = (simulate(s, expected=True).total("people").values for s in (scenario, many))
    np.testing.assert_allclose(lots, few, rtol=1e-9)

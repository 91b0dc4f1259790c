"""Rule `flee` against Flee's recorded runs: the ARD of every case and settings file, the people of every camp."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from verification.flee_parity import CASES, SETTINGS, TABLE, ard_parity, camp_parity, rms


@pytest.mark.parametrize("case", CASES)
def test_every_camp_has_flees_mean_where_no_capacity_binds(cases: Path, flee_runs: Path, case: str) -> None:
    rows = camp_parity(cases, flee_runs, case, replicates=2000)
    worst = sorted(rows, key=lambda row: -abs(row.z))[:4]
    print(f"{case}: {len(rows)} camps and days, rms z {rms(rows):.3f}")
    print("\n".join(f"  {w.camp}, day {w.day}: {w.ours:.2f}, Flee {w.flee:.2f}, z {w.z:+.2f}" for w in worst))
    assert len(rows) >= 20
    assert rms(rows) < 1.3
    assert abs(worst[0].z) <= 5


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("case", CASES)
def test_the_ard_is_flees(cases: Path, flee_runs: Path, case: str, settings: str) -> None:
    found = ard_parity(cases, flee_runs, case, settings, replicates=400)
    for name, parity in found.items():
        print(
            f"{case} {settings} {name}: {parity.ours:.4f}, Flee {parity.flee:.4f}, "
            f"difference {parity.difference:+.4f}, limit {parity.limit:.4f}"
        )
    assert all(parity.agree for parity in found.values())
    with TABLE.open(encoding="utf-8") as file:
        row = next(r for r in csv.DictReader(file) if (r["case"], r["settings"]) == (case, settings))
    for name, parity in found.items():
        shown = float(row[f"ARD {name}"])
        assert shown == pytest.approx(parity.ours, abs=0.004), (
            "docs/flee-parity.csv is out of date: python -m verification.flee_parity"
        )

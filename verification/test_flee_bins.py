"""The default bins and slices of rule `flee` misplace fewer people than can be told from noise with 60 replicates."""

from __future__ import annotations

from pathlib import Path

import pytest
from verification.flee_bins import COMPARED, bin_error


@pytest.mark.parametrize(("case", "settings"), COMPARED)
def test_the_default_bins_misplace_few(cases: Path, case: str, settings: str) -> None:
    found = bin_error(cases, case, settings, replicates=60)
    print(
        f"{case} {settings}: {found.misplaced:.4f} of people misplaced (noise {found.noise:.4f}), "
        f"rms z {found.rms_z:.2f}, largest relative difference {found.largest:.3f}"
    )
    assert found.misplaced < 0.004
    assert found.misplaced < 2 * found.noise
    assert found.rms_z < 2
    assert found.largest < 0.25

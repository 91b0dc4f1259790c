"""The public names: the same from Python in five lines, and a light import."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import travesia


def test_every_public_name_is_there() -> None:
    for name in travesia.__all__:
        assert getattr(travesia, name) is not None
    assert set(travesia.__all__) <= set(dir(travesia))


def test_an_unknown_name_says_so() -> None:
    with pytest.raises(AttributeError, match="simulat"):
        _ = travesia.simulat


def test_the_import_pulls_in_nothing_heavy() -> None:
    code = (
        "import travesia, sys; print([m for m in ('numpy', 'pandas', 'numba', 'xarray') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_five_lines() -> None:
    caravan = travesia.read_scenario("caravan-2021")
    assert travesia.check(caravan) == []
    result = travesia.simulate(caravan, replicates=3, seed=1)
    assert result.data["people"].dims == ("replicate", "date", "place", "travel")
    assert set(result.quantiles("returned_so_far").columns) >= {"q05", "q50", "q95"}


def test_what_messages_tell_to_call_is_public() -> None:
    told = {
        (path.name, name)
        for path in sorted(Path(travesia.__file__).parent.rglob("*.py"))
        for name in re.findall(r"\btravesia\.(\w+)\(", path.read_text(encoding="utf-8"))
    }
    assert ("about.py", "replay_info") in told
    assert {(file, name) for file, name in told if name not in travesia.__all__} == set()

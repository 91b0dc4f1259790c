"""The table in Flee's own format."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from travesia.ensemble import simulate
from travesia.flee_out import flee_out
from travesia.folder import read_scenario

CASES = Path(__file__).parents[1] / "verification" / "flee_features"


def rows_of(case: str) -> list[dict[str, str]]:
    """The rows that the central run of a case gives."""
    result = simulate(read_scenario(CASES / case), expected=True)
    return list(csv.DictReader(StringIO(flee_out(result) or "")))


def test_total_of_the_displaced_is_of_the_camps_that_are_theirs_on_the_day() -> None:
    rows = rows_of("closure_idpcamp")  # Camp3 is none from day 8 to 19; E is one from 12 on, Camp1 from 29 on
    assert list(rows[0])[-2:] == ["refugee_debt", "total IDPs"]
    assert [float(row["total IDPs"]) for row in rows[8:12]] == [0, 0, 0, 0]
    assert all(float(row["total IDPs"]) > 0 for row in (*rows[:8], *rows[12:]))
    for row in rows[:8]:
        assert row["total IDPs"] == row["Camp3 sim"]
    both = [float(row["Camp1 sim"]) + float(row["Camp3 sim"]) for row in rows]
    assert float(rows[29]["total IDPs"]) > both[29] > float(rows[28]["Camp3 sim"])
    # means of six runs of Flee (May 2026) with log level idp_totals; a tenth is three times their standard error
    for day, flee in ((12, 32.3), (16, 92.5), (20, 158.2), (30, 231.8), (39, 276.3)):
        assert float(rows[day]["total IDPs"]) == pytest.approx(flee, rel=0.1)


@pytest.mark.parametrize("case", ["floods_constant", "low_movechance"])
def test_with_floods_every_place_has_its_columns_and_so_have_towns_that_few_leave(case: str) -> None:
    scenario = read_scenario(CASES / case)
    fighting = {"A"} if case == "low_movechance" else set()  # a conflict zone, which people leave at once
    row = rows_of(case)[0]
    written = [name.removesuffix(" sim") for name in row if name.endswith(" sim")]
    assert written == [name for name in scenario.places["place"] if name not in fighting]
    assert float(row["refugees in camps (simulation)"]) == pytest.approx(
        sum(float(row[f"{name} sim"]) for name in written), abs=0.01
    )


def test_without_camps_of_the_displaced_there_is_no_such_column() -> None:
    assert list(rows_of("closure_camp")[0])[-1] == "refugee_debt"

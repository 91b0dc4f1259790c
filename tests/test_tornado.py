"""The tornado worked out by hand, and the commands about policies from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from factory import write_small_scenario
from journeys import HELD, LEAVING, PARAMETERS, road

from travesia import tornado
from travesia.errors import UsageError
from travesia.scenario import Policy


def test_a_tornado_worked_out_by_hand() -> None:
    """On one day 1 − held of those who leave get past the post."""
    made = road(HELD, departures=[LEAVING], parameters=PARAMETERS, days=1)
    found = tornado(made)
    movers = found.movers("arrived", most=5).set_index("parameter")
    assert list(movers.index) == ["held", "leaving"]
    # the 5 % and 95 % points: 0.04 and 0.76 of the uniform, 900 and 1200 of the normal
    assert movers.loc["held", ["low", "high"]].tolist() == pytest.approx([0.04, 0.76])
    assert movers.loc["held", ["base", "at_low", "at_high", "span"]].tolist() == pytest.approx(
        [600, 960, 240, 720]
    )
    assert movers.loc["leaving", ["at_low", "at_high", "span"]].tolist() == pytest.approx([540, 720, 180])
    assert list(found.movers("departed", most=5)["parameter"]) == ["leaving"]
    assert list(found.movers("stopped", most=1)["parameter"]) == ["held"]
    assert set(found.effects["parameter"]) == {"held", "leaving", "idle"}
    assert "died" not in found.titles


def test_a_tornado_of_another_policy_and_on_more_processes() -> None:
    policies = {"actual": Policy(), "open": Policy(include=("actual",), off=("stop",))}
    made = road(HELD, departures=[LEAVING], parameters=PARAMETERS, policies=policies, days=1)
    one = tornado(made, policy="open")
    assert list(one.movers("arrived", most=5)["parameter"]) == ["leaving"]
    pd.testing.assert_frame_equal(one.effects, tornado(made, policy="open", workers=2).effects)


def test_nothing_to_move_is_told() -> None:
    with pytest.raises(UsageError, match="prior"):
        tornado(road())
    with pytest.raises(UsageError, match="arrived"):
        tornado(road(HELD, departures=[LEAVING], parameters=PARAMETERS, days=1)).movers("arived", most=1)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_small_scenario(tmp_path / "small")


Call = Callable[..., tuple[int, str, str]]
PAIR = ("--policy", "actual", "--policy", "half", "--policy", "open")


def test_compare_prints_json_and_writes_files(travesia: Call, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, printed, err = travesia("compare", small, *PAIR, "-n", 6, "--seed", 2, "-o", out, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(printed)
    assert found["policies"] == ["actual", "half", "open"]
    assert (found["replicates"], found["seed"]) == (6, 2)
    first = found["differences"][0]
    wanted = {"quantity", "policy", "median", "low50", "high50", "low90", "high90", "probability_above_zero"}
    assert wanted <= set(first)
    assert {"returned", "detained", "died"} <= {one["quantity"] for one in found["differences"]}
    assert sorted(path.name for path in out.iterdir()) == [
        "SHA256SUMS",
        "comparison.json",
        "differences.csv",
        "differences.png",
        "provenance.json",
        "totals.csv",
    ]
    told = json.loads((out / "provenance.json").read_text(encoding="utf-8"))
    assert (told["seed"], told["replicates"], told["policies"]) == (2, 6, ["actual", "half", "open"])
    assert travesia("verify", out)[0] == 0
    assert (out / "differences.png").read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(out / "differences.csv")
    assert len(table) == len(found["differences"])
    assert len(pd.read_csv(out / "totals.csv")) == 3 * 6
    code, _, err = travesia("compare", small, *PAIR, "-n", 6, "-o", out)
    assert code == 2
    assert str(out) in err


def test_compare_prints_tables(travesia: Call, small: Path) -> None:
    code, printed, err = travesia("compare", small, *PAIR, "-n", 4)
    assert code == 0, err
    assert "half compared with actual: people do not respond" in printed
    assert "90 %" in printed
    assert "Not modelled in this scenario: died." in printed
    assert "* follows from what the policy itself" in printed
    assert "-o FOLDER" in err
    code, printed, _ = travesia("compare", small, *PAIR, "--expected")
    assert code == 0
    assert "central runs" in printed
    assert "90 %" not in printed


def test_tornado_prints_and_writes(travesia: Call, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, printed, err = travesia("tornado", small, "-o", out)
    assert code == 0, err
    assert "detour" in printed
    assert sorted(path.name for path in out.iterdir()) == [
        "SHA256SUMS",
        "provenance.json",
        "tornado.csv",
        "tornado.json",
        "tornado.png",
    ]
    assert travesia("verify", out)[0] == 0
    code, printed, err = travesia("tornado", small, "--policy", "open", "--json")
    assert code == 0, err
    assert {"quantity", "parameter", "base", "at_low", "at_high"} <= set(json.loads(printed)["tornado"][0])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--policy", "actual"), "two policies"),
        (("--policy", "actual", "--policy", "opne"), "open"),
        ((*PAIR, "--expected", "-n", "5"), "--expected"),
        ((*PAIR, "--response", "some"), "--response"),
        ((*PAIR, "--set", "stopped"), "NAME=VALUE"),
    ],
)
def test_wrong_usage_of_compare(travesia: Call, small: Path, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = travesia("compare", small, *arguments)
    assert (code, out) == (2, "")
    assert told in err


def test_wrong_usage_of_tornado(travesia: Call, small: Path) -> None:
    code, out, err = travesia("tornado", small, "--policy", "opne")
    assert (code, out) == (2, "")
    assert "open" in err

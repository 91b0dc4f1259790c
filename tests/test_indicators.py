"""The table of indicators: the packaged one has its sources, and every fault of another is told with its cell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from fake_result import make_result, make_scenario

from travesia import read_run, simulate, write_run
from travesia.errors import ScenarioError, UsageError
from travesia.headlines import QUANTILES
from travesia.indicators import indicators_text, read_indicators
from travesia.planning import needs
from travesia.planning_plot import needs_figure
from travesia.planning_view import needs_json

HEAD = "indicator,per,amount,unit,edition,source,note\n"
GOOD = "water,person,15,litre/day,2018,Sphere,\n"
BAD = {
    "no rows": (HEAD, ["f.csv: the table has no rows; add at least one"]),
    "empty": ("", ["f.csv: the file is empty; write a header: indicator,per,amount,unit,edition,source"]),
    "semicolons": (
        HEAD.replace(",", ";"),
        ["f.csv, row 1: the columns are separated by semicolons; save it with commas (CSV UTF-8)"],
    ),
    "misspelt column": (
        HEAD.replace("amount", "ammount") + GOOD,
        ["f.csv, row 1, column ammount: unknown column; did you mean 'amount'?"],
    ),
    "missing column": (
        "indicator,per,amount,unit,edition\nwater,person,15,litre,2018\n",
        ["f.csv, row 1, column source: the column is missing; add it"],
    ),
    "no source": (
        HEAD + "water,person,15,litre/day,2018,,\n",
        ["f.csv, row 2, column source: the cell is empty; fill it in"],
    ),
    "no amount": (
        HEAD + "water,person,,litre/day,2018,Sphere,\n",
        ["f.csv, row 2, column amount: the cell is empty; fill it in"],
    ),
    "unknown people": (
        HEAD + GOOD + "cot,chidl,1,cot,2018,Sphere,\n",
        ["f.csv, row 3, column per: 'chidl' — unknown word; did you mean 'child'?"],
    ),
    "a name for a number": (
        HEAD + "water,person,fifteen,litre/day,2018,Sphere,\n",
        ["f.csv, row 2, column amount: 'fifteen' — not a number; write a number with a decimal point"],
    ),
    "decimal comma": (
        HEAD + 'area,person,"3,5",m²,2018,Sphere,\n',
        ["f.csv, row 2, column amount: '3,5' — a number with a decimal comma; write 3.5"],
    ),
    "thousands": (
        HEAD + 'food,person,"2,100",kcal/day,2018,Sphere,\n',
        ["f.csv, row 2, column amount: '2,100' — a number with a mark between the thousands; write 2100"],
    ),
    "below 0": (
        HEAD + "water,person,-15,litre/day,2018,Sphere,\n",
        ["f.csv, row 2, column amount: '-15' — below 0; write 0 or more"],
    ),
    "twice": (
        HEAD + GOOD + GOOD.replace("15", "20"),
        [
            "f.csv, row 3, column per: 'person' — water per person stands in row 2 already; delete one of the two rows"
        ],
    ),
    "two units": (
        HEAD + GOOD + "water,child,1,gallon/day,2018,Sphere,\n",
        [
            "f.csv, row 3, column unit: 'gallon/day' — another unit than in row 2 (litre/day); "
            "give all rows of an indicator one unit"
        ],
    ),
    "reserved": (
        HEAD + "present,person,1,x,2018,Sphere,\n",
        [
            "f.csv, row 2, column indicator: 'present' — the name of a quantity that is there anyway; "
            "choose another name"
        ],
    ),
    "women of families": (
        HEAD + GOOD + "women,family,0.5,share,2018,Census,\n",
        ["f.csv, row 3, column per: 'family' — the share of women is one among adults; write adult"],
    ),
    "more women than adults": (
        HEAD + GOOD + "women,adult,50,share,2018,Census,\n",
        ["f.csv, row 3, column amount: '50' — a share above 1; write a number from 0 to 1"],
    ),
    "cells too many": (
        HEAD + "water,person,15,litre/day,2018,Sphere,good,really\n",
        ['f.csv, row 2: 8 cells under 7 columns; put cells with a comma in quotes: "a, b"'],
    ),
    "all at once": (
        HEAD + "water,persons,-1,,2018,Sphere,\nfood,person,x y,kcal,2018,Sphere,\n",
        [
            "f.csv, row 3, column amount: 'x y' — not a number; write a number with a decimal point",
            "f.csv, row 2, column per: 'persons' — unknown word; did you mean 'person'?",
            "f.csv, row 2, column amount: '-1' — below 0; write 0 or more",
            "f.csv, row 2, column unit: the cell is empty; fill it in",
        ],
    ),
    "half a range": (
        "indicator,per,amount,low,high,unit,edition,source\ncost,person,5,4,,USD/day,1,x\nsoap,person,5,6,4,bar,1,x\n",
        [
            "f.csv, row 2, column high: half a range; fill in both low and high, or neither",
            "f.csv, row 3, column low: '6' — above the amount, 5; write that or less",
            "f.csv, row 3, column high: '4' — below the amount, 5; write that or more",
        ],
    ),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_every_fault_is_told_with_its_cell(name: str, tmp_path: Path) -> None:
    text, wanted = BAD[name]
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        read_indicators(tmp_path / "f.csv")
    assert [str(problem) for problem in error.value.problems] == wanted


def test_the_packaged_figures_have_sources() -> None:
    table = read_indicators().set_index("indicator")
    amounts = {
        "water": 15,
        "toilet": 1 / 20,
        "tap": 1 / 250,
        "covered_area": 3.5,
        "food": 2100,
        "site_area": 45,
    }
    staff = {"health_worker": 23 / 10_000, "hospital_bed": 18 / 10_000, "community_health_worker": 1 / 1000}
    for name, amount in (amounts | staff).items():
        assert table.at[name, "amount"] == pytest.approx(amount)
        assert table.at[name, "per"] == "person"
        assert table.at[name, "edition"] == "2018"
        assert "Sphere Handbook" in table.at[name, "source"]
        assert "standard" in table.at[name, "source"]
        assert "checked" in table.loc[name, ["source", "note"]].str.cat() or "read" in table.at[name, "note"]


def test_the_packaged_cost_says_what_when_where_and_how_sure() -> None:
    cost = read_indicators().set_index("indicator").loc["cost"]
    assert (cost["per"], cost["unit"], cost["edition"]) == ("person", "USD/day", "2019")
    assert [round(cost[name] * 19.26) for name in ("low", "amount", "high")] == [300, 351, 451]
    assert "San Luis" in cost["source"]
    assert "assumption anywhere else: replace it" in cost["note"]


def test_the_copy_reads_back_and_a_table_does_too(tmp_path: Path) -> None:
    copy = tmp_path / "mine.csv"
    copy.write_text(indicators_text(), encoding="utf-8")
    pd.testing.assert_frame_equal(read_indicators(copy), read_indicators())
    pd.testing.assert_frame_equal(read_indicators(read_indicators()), read_indicators())
    with pytest.raises(UsageError, match=r"indicators have no column 'amuont'; did you mean 'amount'\?"):
        read_indicators(pd.DataFrame({"amuont": [1]}))


def test_a_price_of_ones_own_is_a_cost() -> None:
    rows = read_indicators()
    rows = rows[rows["indicator"] != "cost"]
    cost = rows.iloc[[0]].assign(
        indicator="cost", amount=12.5, unit="GTQ/day", edition="2021", source="assumption"
    )
    found = needs(make_result(), indicators=pd.concat([rows, cost]), places=["guate"])
    sums = found.daily.pivot(index="date", columns=["quantity", "who"], values="median")
    people = sums[("present", "person")]
    assert (sums[("cost", "person")] - 12.5 * people).abs().max() < 1e-4
    assert (found.totals.loc[found.totals["quantity"] == "cost", "unit"] == "GTQ").all()


# --- the command


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from factory import small_scenario

    folder = tmp_path_factory.mktemp("runs") / "small"
    return write_run(simulate(small_scenario(), replicates=8, seed=2), folder)


def test_the_terminal_shows_places_and_needs(
    run_folder: Path, travesia: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = travesia("needs", run_folder)
    assert (code, err) == (0, "")
    assert "Places with the most people" in out
    assert "Needs at night" in out
    assert "Sphere Handbook, Excreta management standard 3.2, p. 118, 2018" in out
    assert "Cost, USD of 2019" in out
    assert "Cost (15.6 to 23.4 USD/day): Casa del Migrante" in out
    code, out, err = travesia("needs", run_folder, "--place", "prison", "--date", "2021-01-20")
    assert (code, err) == (0, "")
    assert "Prison, 2021-01-20" in out
    assert "arriving in the next 7 days" in out
    assert "unaccompanied children" in out


def test_json_has_every_number(run_folder: Path, travesia: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = travesia("needs", run_folder, "--json", "--place", "shelter", "--date", "2021-01-25")
    assert code == 0
    told = json.loads(out)
    assert told == json.loads(json.dumps(needs_json(needs(
        read_run(run_folder), places=["shelter"], dates=["2021-01-25"]), read_run(run_folder))))  # fmt: skip
    assert set(told["places"][0]["first_over"]) == set(QUANTILES)
    assert told["places"][0]["capacity"] == 80
    beds = [row for row in told["needs"] if row["quantity"] == "bed"]
    there = [row for row in told["needs"] if (row["quantity"], row["who"]) == ("present", "person")]
    assert [row["median"] for row in beds] == [row["median"] for row in there]


def test_files_are_written_once(
    run_folder: Path, tmp_path: Path, travesia: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, _ = travesia("needs", run_folder, "-o", tmp_path / "n.csv")
    assert (code, out.splitlines()) == (
        0,
        [str(tmp_path / f"n{end}.csv") for end in ("", "-places", "-totals")],
    )
    daily = pd.read_csv(tmp_path / "n.csv")
    assert {"present", "arrivals_14_days", "toilet"} <= set(daily["quantity"])
    assert len(pd.read_csv(tmp_path / "n-places.csv")) == daily["place"].nunique()
    totals = pd.read_csv(tmp_path / "n-totals.csv")
    nights = (
        daily[(daily["quantity"] == "present") & (daily["who"] == "person")].groupby("place")["low90"].sum()
    )
    total = totals[totals["quantity"] == "nights"].set_index("place")["high90"]
    assert (nights <= total[nights.index]).all()
    assert travesia("needs", run_folder, "--place", "shelter", "-o", tmp_path / "n.png")[0] == 0
    assert (tmp_path / "n.png").read_bytes().startswith(b"\x89PNG")
    assert travesia("needs", run_folder, "-o", tmp_path / "n.json")[0] == 0
    assert json.loads((tmp_path / "n.json").read_text())["scenario"] == "small"
    for name, more, message in (
        ("n.csv", [], "exists; name another file"),
        ("n.txt", [], "unknown kind of file; end its name in .csv, .json, .png"),
        ("m.png", [], "a picture shows one place; name it with --place"),
        (
            "m.png",
            ["--place", "shelter", "--date", "2021-01-17"],
            "a picture shows every day; leave --date out",
        ),
        ("no/m.csv", [], "is no folder; make it first, or name another file"),
    ):
        code, out, err = travesia("needs", run_folder, *more, "-o", tmp_path / name)
        assert (code, out) == (2, "")
        assert message in err


def test_indicators_are_copied_and_checked(
    run_folder: Path, tmp_path: Path, travesia: Callable[..., tuple[int, str, str]]
) -> None:
    mine = tmp_path / "mine.csv"
    assert travesia("needs", "--copy-indicators", mine)[:2] == (0, f"{mine}\n")
    assert travesia("needs", "--copy-indicators", mine)[0] == 2
    mine.write_text(mine.read_text().replace(",15,", ",lots,"), encoding="utf-8")
    code, out, err = travesia("needs", run_folder, "--indicators", mine)
    assert (code, out) == (3, "")
    assert "mine.csv, row 3, column amount: 'lots' — not a number; write a number with a decimal point" in err


def test_a_picture_of_every_kind_of_result() -> None:
    for result in (
        make_result(),
        make_result(mode="expected", replicates=1),
        make_result(make_scenario(days=2)),
    ):
        figure = needs_figure(needs(result), result, "guate")
        figure.canvas.draw()
        assert len(figure.axes) == 2 + 10
    with pytest.raises(UsageError, match="nobody is ever at 'nowhere'"):
        needs_figure(needs(make_result()), make_result(), "nowhere")

"""What a run looks like in a terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fake_result import make_result, make_scenario

from travesia import terminal
from travesia.result import Result
from travesia.scenario import Parameter, Prior

STOCK = {"quantity": "in_mexico", "date_from": pd.Timestamp("2021-01-20"), "kind": "stock", "value": 900.0}
SPAN = {
    "quantity": "into_guatemala",
    "date_from": pd.Timestamp("2021-01-16"),
    "date_to": pd.Timestamp("2021-01-20"),
    "kind": "flow",
    "low": 800.0,
    "high": 1000.0,
    "reported_by": "press [one]",
}
CAMP = {
    "quantity": "present",
    "place": "guate",
    "date_from": pd.Timestamp("2021-01-16"),
    "kind": "stock",
    "value": 1234.0,
}


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """The lines that `show_run` prints."""

    def lines(result: Result) -> list[str]:
        capsys.readouterr()
        terminal.show_run(result, tmp_path)
        captured = capsys.readouterr()
        assert captured.err == ""
        return [line.rstrip() for line in captured.out.splitlines()]

    return lines


def test_a_report_stands_beside_what_was_simulated(shown: Any) -> None:
    scenario = make_scenario(observations=[STOCK, SPAN, CAMP])
    result = make_result(scenario)
    lines = shown(result)
    row = next(line for line in lines if "900" in line)
    low, mid, high = result.quantity("in_mexico").sel(date="2021-01-20").quantile([0.05, 0.5, 0.95]).values
    assert row.split() == f"2021-01-20 in mexico {mid:,.0f} {low:,.0f} to {high:,.0f} 900".split()
    span = next(line for line in lines if "since 2021-01-16" in line)
    assert span.split()[-5:] == ["800", "to", "1,000", "press", "[one]"]
    assert any("People at Ciudad de Guatemala" in line and "1,234" in line for line in lines)


def test_two_reports_of_one_thing_stand_under_one_simulation(shown: Any) -> None:
    other = {**STOCK, "value": 700.0, "reported_by": "others"}
    lines = shown(make_result(make_scenario(observations=[STOCK, other])))
    index = next(index for index, line in enumerate(lines) if "900" in line)
    assert lines[index + 1].split() == ["700", "others"]


def test_everything_watched_is_shown_on_the_last_day(shown: Any) -> None:
    scenario = make_scenario(observations=[STOCK])
    lines = shown(make_result(scenario))
    last = [index for index, line in enumerate(lines) if line.strip().startswith("2021-02-02")]
    block = "\n".join(lines[last[-1] : last[-1] + len(scenario.settings.outputs.quantities)])
    for what in ("in mexico", "Entering Guatemala, that day", "stopped", "Deaths", "on the road, that day"):
        assert what in block


def test_a_flee_run_shows_camps_beside_the_data_and_says_what_the_score_is_not(shown: Any) -> None:
    scenario = make_scenario(observations=[CAMP], rule="flee", quantities={})
    scenario = scenario.with_table("places", scenario.places.assign(kind="camp"))
    departures = scenario.departures.assign(kind="observed")
    lines = shown(make_result(scenario.with_table("departures", departures)))
    assert any(line.split()[:3] == ["Ciudad", "de", "Guatemala"] and line.endswith("1,234") for line in lines)
    assert any(line.startswith(" together") and line.endswith("1,234") for line in lines)
    assert any("ARD" in line for line in lines)
    assert any("not how many leave" in line for line in lines)
    assert not any("not how many leave" in line for line in shown(make_result(scenario)))


def test_the_places_that_were_fullest_come_with_their_day(shown: Any) -> None:
    result = make_result(make_scenario(quantities={}))
    lines = shown(result)
    most = result.total("people").max("date").quantile([0.05, 0.5, 0.95], "replicate")
    top = str(most.sel(quantile=0.5).idxmax().item())
    name = {"reynosa": "Reynosa", "mexico": "Ciudad de México"}[top]
    there = result.total("people").sel(place=top).median("replicate")
    low, mid, high = (f"{value:,.0f}" for value in most.sel(place=top).values)
    when, last = f"{result.dates[int(there.values.argmax())]:%Y-%m-%d}", f"{float(there[-1]):,.0f}"
    head = next(index for index, line in enumerate(lines) if line.startswith(" Place"))
    assert lines[head + 2].split() == [*name.split(), mid, low, "to", high, when, last]
    assert "Data" not in lines[head]


def test_the_central_run_has_no_interval(shown: Any) -> None:
    lines = shown(make_result(make_scenario(observations=[STOCK]), mode="expected", replicates=1))
    assert "A made-up caravan" in lines[0]
    assert "central run" in lines[1]
    assert any("Central run" in line for line in lines)
    assert not any("90 %" in line for line in lines)


def test_a_single_run_is_no_interval(shown: Any) -> None:
    lines = shown(make_result(make_scenario(observations=[STOCK]), replicates=1))
    assert "1 replicate, seed" in lines[1]
    assert any("Single run" in line for line in lines)
    assert not any("90 %" in line for line in lines)


def test_it_is_said_how_many_reports_lie_within_the_interval() -> None:
    low, high = make_result().quantity("in_mexico").sel(date="2021-01-20").quantile([0.05, 0.95]).values
    day = {"quantity": "in_mexico", "date_from": pd.Timestamp("2021-01-20"), "kind": "stock"}
    rows = [
        {**day, "value": float(low)},
        {**day, "value": float(high) + 1},
        {**day, "low": 0.0, "high": float(low)},
        {**day, "low": float(high) + 1, "high": float(high) + 9},
        {**day, "date_from": pd.Timestamp("2020-12-01"), "value": 5.0},
    ]
    told, narrow = terminal.coverage_lines(make_result(make_scenario(observations=rows)))
    assert told == "2 of the 4 figures reported lie within the 90 % interval."
    assert "too narrow" in narrow


def test_an_uncertain_parameter_makes_the_interval_more_than_luck() -> None:
    scenario = make_scenario()
    uncertain = Parameter(value=1, prior=Prior(kind="uniform", low=0, high=2))
    settings = scenario.settings.model_copy(update={"parameters": {"x": uncertain}})
    assert terminal.coverage_lines(make_result(scenario.with_settings(settings))) == []


def test_the_accounts_are_shown_and_add_up_or_it_is_called_a_defect(shown: Any) -> None:
    result = make_result(replicates=1)
    lines = shown(result)
    head = next(index for index, line in enumerate(lines) if line.startswith(" People on 2021-02-02"))
    words = [line.split() for line in lines[head + 2 : lines.index("", head)]]
    count = {" ".join(row[:-1]): int(row[-1].replace(",", "")) for row in words}
    assert list(count)[:3] == ["departed", "at places", "in transit"]
    assert count.pop("departed") == sum(count.values())
    assert terminal.closing_line(result) == "Nobody is missing in any replicate on any day."
    broken = replace(result, data=result.data.assign(in_transit=result.data["in_transit"] + 1))
    assert "defect" in terminal.closing_line(broken)


def test_a_changed_sum_file_vouches_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    lines = terminal.verified_lines(tmp_path, ["SHA256SUMS: changed since it was written"])
    assert not any(line.startswith("ok") for line in lines)
    assert terminal.verified_lines(tmp_path, ["b.csv: missing"])[:2] == [
        "ok     a.csv",
        "WRONG  b.csv: missing",
    ]


def test_names_and_titles_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table = terminal.empty_table()
    table.add_column("Place")
    table.add_column("People")
    table.add_row("\x1b[31m\x07red\x9b2J", "12")
    terminal.show(table)
    told = capsys.readouterr().out
    assert "[31mred2J" in told
    assert all(sign.isprintable() or sign == "\n" for sign in told)


def test_the_title_of_a_run_does_not_steer_the_terminal(shown: Any) -> None:
    made = make_result()
    title = {"en": "\x1b]0;owned\x07A title"}
    settings = made.scenario.settings.model_copy(update={"title": title})
    lines = shown(replace(made, scenario=made.scenario.with_settings(settings)))
    assert lines[0] == "]0;ownedA title"

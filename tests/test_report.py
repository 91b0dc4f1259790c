"""The one-file report: whole, small, in two languages, and it asks nothing of anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.factory import write_small_scenario

from travesia.comparison import compare
from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.folder import read_scenario
from travesia.planning import needs
from travesia.policytables import write_comparison, write_tornado
from travesia.sensitivity import tornado
from travesia.store import write_run
from travesia.web.answers import answers_of
from travesia.web.onepage import _table, report_html, without_folders
from travesia.web.publish import two_digits, two_figures
from travesia.web.reports import divisor
from travesia.web.view import run_view

NOTES = Path(__file__).parent.parent / "frontend" / "src" / "notes.ts"
EVIL = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, a comparison and a tornado of the small scenario, one of whose places has a name that is markup."""
    folder = tmp_path_factory.mktemp("report")
    small = write_small_scenario(folder / "small")
    places = (small / "places.csv").read_text(encoding="utf-8")
    (small / "places.csv").write_text(places.replace(",Shelter,", f",{EVIL},"), encoding="utf-8")
    scenario = read_scenario(small)
    write_run(simulate(scenario, replicates=20, seed=1), folder / "run", command="travesia run small")
    write_comparison(compare(scenario, ["actual", "open"], replicates=20, seed=1), folder / "compared")
    write_tornado(tornado(scenario), folder / "tornado")
    return folder


def data_of(page: bytes) -> dict[str, Any]:
    found = re.search(r'id="inlined-report">(.*?)</script>', page.decode(), flags=re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_report_has_everything_in_one_file(made: Path) -> None:
    page = report_html(made / "run", comparison=made / "compared", tornado=made / "tornado")
    data = data_of(page)
    assert len(page) < 8_000_000
    assert data["run"]["replicates"] == 20
    assert {one["name"] for one in data["parameters"]} == {"detour", "stopped"}
    assert [(one["reference"], one["policy"]) for one in data["cases"]] == [("actual", "open")]
    assert data["tornado"]
    assert data["needs"]
    assert data["claims"] == []  # they are of the packaged scenarios
    assert data["replay"]["command"] == "travesia run small"
    assert len(data["replay"]["content_hash"]) == 64


def test_its_differences_are_those_of_the_comparison(made: Path) -> None:
    data = data_of(report_html(made / "run", comparison=made / "compared"))
    written = json.loads((made / "compared" / "comparison.json").read_text(encoding="utf-8"))
    own = {row["quantity"]: row for row in written["differences"]}
    for row in data["cases"][0]["differences"]:
        assert row["probability"] == own[row["name"]]["probability_above_zero"]
        if not row["deaths"]:
            assert row["median"] == float(two_figures(own[row["name"]]["median"]))
    assert np.isfinite([row["low"] for row in data["cases"][0]["differences"]]).all()


def test_a_name_that_is_markup_stays_text(made: Path) -> None:
    page = report_html(made / "run").decode()
    assert EVIL not in page
    assert page.count("<script") == page.count("</script") == 4
    assert any(place["name"] == EVIL for place in data_of(page.encode())["network"]["places"])


def test_its_policy_of_content_allows_its_own_script_alone(made: Path) -> None:
    page = report_html(made / "run").decode()
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found is not None
    assert found[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in found[1]
    assert "http" not in found[1]


def test_recent_journeys_are_coarse_in_a_report(made: Path) -> None:
    data = data_of(report_html(made / "run", today=date(2021, 6, 1)))
    assert data["network"]["coarse"]
    assert data["needs"] == []
    assert data["run"]["flows"] == []
    assert "shelter" not in {place["place"] for place in data["network"]["places"]}


def test_packaged_scenarios_bring_the_claims(tmp_path: Path) -> None:
    write_run(simulate(read_scenario("caravan-2021"), replicates=2, seed=1), tmp_path / "run")
    data = data_of(report_html(tmp_path / "run", language="es"))
    claims, known = data["claims"], {one["source"] for one in data["network"]["sources"]}
    assert [claim["n"] for claim in claims] == list(range(1, 31))
    assert all(claim["verdict"][language] for claim in claims for language in ("en", "es"))
    first = claims[1]["sources"][0]
    assert first["source"] in known
    assert first["url"].startswith("https://")
    named = [source for claim in claims for source in claim["sources"]]
    assert all(source["title"] != source["source"] or source["url"] for source in named)


def test_the_page_has_spanish_words_for_the_notes_on_needs() -> None:
    known = [
        re.compile(one) for one in re.findall(r"^  \[/(.+?)/, ", NOTES.read_text(encoding="utf-8"), re.M)
    ]
    result = simulate(read_scenario("caravan-2021"), replicates=2, seed=1)
    notes = needs(result, places=["esquipulas", "elflorido_hn"]).notes
    assert len(notes) == 3  # women, nights, the returned
    for note in notes:
        assert any(one.match(note) for one in known), note


def test_claims_have_the_same_figures_in_both_languages() -> None:
    english, spanish = (_table(name) for name in ("claims.csv", "claims_es.csv"))
    for one, other in zip(english, spanish, strict=True):
        for column in ("n", "claim", "figures"):
            plain = [re.sub(r"(?<=\d)[,\u202f](?=\d{3})", "", row[column]) for row in (one, other)]
            numbers = [sorted(re.findall(r"\d[\d,.]*\d|\d", text)) for text in plain]
            assert numbers[0] == numbers[1], (one["n"], column)
        assert bool(one["figures"]) == bool(other["figures"])


def test_figures_stand_beside_what_was_simulated_for_their_days() -> None:
    result = simulate(read_scenario("caravan-2021"), replicates=20, seed=1)
    shown = run_view(result, today=date(2026, 1, 1), seconds=0)
    table = result.observed_table()
    table = table[table[["reported", "low", "high"]].notna().any(axis=1) & table["q50"].notna()]
    told = [answer for row in answers_of(result, shown) for answer in row if answer]
    assert len(told) == len(table) > 10
    assert sorted(answer.median for answer in told) == sorted(two_figures(table["q50"]).tolist())
    low, high = (table[name].fillna(table["reported"]) for name in ("low", "high"))
    inside = (table["q05"] <= high) & (low <= table["q95"])
    assert 0 < sum(bool(answer.inside) for answer in told) == inside.sum() < len(told)


def test_a_figure_over_many_days_is_divided_to_stand_beside_a_daily_series() -> None:
    days = pd.date_range("2021-01-01", periods=60)
    month = {"date_from": days[0], "end": days[30], "kind": "flow"}
    assert divisor(month, days[0], "flow") == 31
    assert divisor(month, days[0], "cumulative") == 1  # from the first day of the run on
    later = {"date_from": days[5], "end": days[30], "kind": "flow"}
    assert divisor(later, days[0], "cumulative") == 0
    assert divisor(later, days[0], "stock") == 0
    assert divisor(later | {"kind": "stock"}, days[0], "flow") == 26


def test_amounts_have_two_figures_however_small() -> None:
    given = [0.0, 0.0123, 0.145, 3.46, 22.8, 1234.0, 11_970_000.0, -0.31]
    assert two_digits(given).tolist() == [0.0, 0.012, 0.14, 3.5, 23.0, 1200.0, 12_000_000.0, -0.31]


def test_what_does_not_fit_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError,
        match=r"comparison\.json cannot be read.*make it again: travesia compare",
    ):
        report_html(made / "run", comparison=tmp_path)
    (tmp_path / "tornado.json").write_text('{"tornado": []}', encoding="utf-8")
    with pytest.raises(
        UsageError,
        match=r"tornado\.json cannot be read.*make it again: travesia tornado",
    ):
        report_html(made / "run", tornado=tmp_path)
    other = read_scenario(made / "small", values={"detour": "0.005"})
    write_comparison(compare(other, ["actual", "open"], replicates=2), tmp_path / "other")
    with pytest.raises(UsageError, match="another scenario"):
        report_html(made / "run", comparison=tmp_path / "other")


def test_the_command_writes_the_page_once(
    travesia: Callable[..., tuple[int, str, str]], made: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    code, said, _ = travesia("report", made / "run", "-o", out, "--lang", "es")
    assert (code, said.strip()) == (0, str(out))
    assert b'<html lang="es"' in out.read_bytes()
    code, _, told = travesia("report", made / "run", "-o", out)
    assert code == 2
    assert "exists" in told


def test_with_formats_it_writes_what_export_writes_beside_the_page(
    travesia: Callable[..., tuple[int, str, str]], made: Path, tmp_path: Path
) -> None:
    run, compared = made / "run", made / "compared"
    code, said, _ = travesia(
        "report", run, "--comparison", compared, "--format", "csv,xlsx", "-o", tmp_path / "a"
    )
    assert code == 0
    assert str(tmp_path / "a" / "report.html") in said.splitlines()
    travesia("export", run, "--comparison", compared, "--format", "csv,xlsx", "-o", tmp_path / "b")
    report, export = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "ab")
    assert set(report) - set(export) == {"report.html"}
    assert set(export) <= set(report)
    same = {name for name, content in export.items() if report[name] == content}
    assert set(export) - same <= {
        "datapackage.json",
        "SHA256SUMS",
        "small-1.xlsx",
    }  # these hold the time, or the page
    assert data_of(report["report.html"])["cases"]
    package = json.loads(report["datapackage.json"])
    assert "report.html" in {one["path"] for one in package["resources"]}
    code, _, told = travesia("report", run, "--format", "csv", "-o", tmp_path / "a")
    assert (code, "exists" in told) == (2, True)
    code, _, told = travesia("report", run, "--format", "shp", "-o", tmp_path / "c")
    assert (code, "the formats are csv" in told) == (2, True)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("travesia run caravan-2021 -n 20", "travesia run caravan-2021 -n 20"),
        ("travesia run /srv/cases/mine -o ../out/one/", "travesia run mine -o one"),
        ("travesia run ~/mine --settings=/etc/x/plain.yml", "travesia run mine --settings=plain.yml"),
        (
            r"travesia run 'C:\cases\mine' --set by=travel,attempt",
            "travesia run mine --set by=travel,attempt",
        ),
        ("travesia run it's here/mine", "travesia run it's mine"),
        ("travesia run '/srv/my cases/mine' -n 2", "travesia run mine -n 2"),
    ],
)
def test_the_replayed_command_shows_names_and_no_folders(typed: str, shown: str) -> None:
    assert without_folders(typed) == shown


def test_folders_that_are_no_run_are_refused_with_what_to_do(
    travesia: Callable[..., tuple[int, str, str]], made: Path, tmp_path: Path
) -> None:
    (tmp_path / "ahead").mkdir()
    (tmp_path / "ahead" / "forecast.json").write_text("{}", encoding="utf-8")
    for folder, told in ((made / "compared", "--comparison"), (tmp_path / "ahead", "travesia serve")):
        code, _, said = travesia("report", folder, "-o", tmp_path / "page.html")
        assert code == 2
        assert told in said


# --- in a real browser


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.browser import browser

    with browser() as found:
        yield found


def test_what_it_says_has_its_day_and_is_no_surer_than_it_can_be(opened: Any, made: Path) -> None:
    path = made / "sure.html"
    path.write_bytes(report_html(made / "run", comparison=made / "compared"))
    from tests.browser import from_disk

    with from_disk(opened, path) as shown:
        shown.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        words = shown.inner_text("body")
        assert re.search(r"In short: .*\d{4}", words)
        assert re.search(r"At the end of the run, \d+ \w+ \d{4}", words)
        assert "likely (> 95" in words  # 20 of 20 replicates
        assert "virtually certain" not in words
        assert "−<" not in words.replace(" ", "")
        things = shown.locator("#all-needs tr", has_text="taps").all_inner_texts()
        assert things
        assert not [row for row in things if re.search(r"\d\.\d", row)]


@pytest.mark.parametrize(("language", "words"), [("en", "In short"), ("es", "En breve")])
def test_it_opens_from_a_file_without_an_error(opened: Any, made: Path, language: Any, words: str) -> None:
    path = made / f"{language}.html"
    report = report_html(
        made / "run", language=language, comparison=made / "compared", tornado=made / "tornado"
    )
    path.write_bytes(report)
    from tests.browser import barriers, from_disk

    with from_disk(opened, path) as shown:
        assert words in shown.inner_text("#summary")
        assert "%" in shown.inner_text("#summary")
        shown.get_by_role("button", name=EVIL).click()
        assert shown.inner_text("#place-name") == EVIL
        assert shown.locator("img").count() == 1  # the map, for printing
        shown.select_option("#language", "es")
        assert "En breve" in shown.inner_text("#summary")
        assert barriers(shown) == []

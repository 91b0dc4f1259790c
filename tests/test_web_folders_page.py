"""Comparison and forecast folders in a real browser: usable by everybody, on a phone too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.factory import write_small_scenario

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, Page
from tests.browser import barriers, browser, overlaps, page, server, widest

from travesia.comparison import compare
from travesia.folder import read_scenario
from travesia.forecasting.folder import write_forecast
from travesia.forecasting.forecast import forecast
from travesia.policytables import write_comparison

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folders")
    small = write_small_scenario(folder / "small")
    settings = (small / "scenario.yaml").read_text(encoding="utf-8")
    title = "arrived: {title: {en: Truly arrived, es: Llegaron de verdad}, "
    (small / "scenario.yaml").write_text(settings.replace("arrived: {", title), encoding="utf-8")
    scenario = read_scenario(small)
    write_comparison(compare(scenario, ["actual", "open", "half"], replicates=20), folder / "compared")
    table = scenario.observations
    first = date.fromisoformat(str(table.loc[table["quantity"] == "present", "date_from"].min())[:10])
    write_forecast(forecast(scenario, origin=first, days=7), folder / "ahead", source=str(small))
    return folder


def fits(shown: Page) -> bool:
    """Whether a phone shows everything, and nothing over anything else, in both languages."""
    for language in ("es", "en"):
        shown.select_option("#language", language)
        assert widest(shown) <= PHONE["width"]
        assert overlaps(shown) == []
    return True


def test_folders_are_usable_by_everybody_on_a_phone(opened: Browser, made: Path) -> None:
    with (
        server(made / "compared", made / "ahead", "--runs", made / "runs") as address,
        page(opened, address, ready="#policies table", viewport=PHONE) as shown,
    ):
        assert fits(shown)
        assert barriers(shown) == []
        before = shown.inner_text("#policies tbody")
        shown.select_option("#compared-policy", "half")
        assert shown.inner_text("#policies tbody") != before
        shown.select_option("#language", "es")
        assert "Llegaron de verdad" in shown.inner_text("#policies")  # by the scenario's own title
        shown.focus("#scenario")
        shown.select_option("#scenario", "ahead")
        shown.wait_for_selector("#fans .chart", state="attached")
        shown.select_option("#place-choice", label="Shelter (BBB)")
        assert "Shelter" in shown.inner_text("#fans-title")
        shown.locator("#fans .chart").last.scroll_into_view_if_needed()
        shown.wait_for_selector("#fans figure:last-child canvas")  # drawn when it comes into view
        assert fits(shown)
        assert barriers(shown) == []


def test_words_over_words_are_seen(opened: Browser) -> None:
    shown = opened.new_page()
    shown.set_content(
        "<div id=page><p>one</p><p id=two>two</p><details><summary>more</summary>hidden</details></div>"
    )
    assert overlaps(shown) == []
    shown.evaluate("() => { document.getElementById('two').style.marginTop = '-24px' }")
    assert overlaps(shown) == ["one | two"]
    shown.close()

"""The page in a real browser: load, play, change, compare, download, both languages, nothing from elsewhere."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.factory import write_small_scenario

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser, Page
from tests.browser import barriers, browser, page, redraw_ms, server

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    small = write_small_scenario(folder / "small")
    places = (small / "places.csv").read_text(encoding="utf-8")
    places = places.replace(",Shelter,", f",{EVIL},").replace(",City,", ",=1+1,")
    (small / "places.csv").write_text(places, encoding="utf-8")
    with server(small, "--runs", folder / "runs") as found:
        yield found


def total(shown: Page, name: str) -> str:
    return shown.inner_text(f'[data-total="{name}"]')


def test_the_page_loads_and_plays(opened: Browser, address: str) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", address)
    with page(opened, address) as shown:
        assert "token" not in shown.url
        assert shown.locator("#map canvas").count() == 1
        assert "Central run" in shown.inner_text("#run-label")
        assert shown.inner_text("#date") == "14 Jan 2021"
        shown.click("#play")
        shown.wait_for_selector('#day:not([aria-valuetext="14 Jan 2021"])')
        shown.evaluate(  # in one step: the last day, which stops it too, may come at any moment
            "() => document.querySelector('#play[aria-pressed=true]')?.click()"
        )
        stopped = shown.inner_text("#date")
        shown.wait_for_timeout(600)
        assert shown.inner_text("#date") == stopped


def test_a_change_of_policy_changes_the_numbers(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        before = total(shown, "returned")
        assert int(before) > 0
        redraw_ms(shown, "open")
        assert total(shown, "returned") == "0"
        redraw_ms(shown, "actual")
        assert total(shown, "returned") == before
        shown.evaluate("() => { delete document.documentElement.dataset.redrawMs }")
        shown.focus("#enforcement")
        shown.keyboard.press("Home")  # by keyboard: forces off
        shown.wait_for_selector("html[data-redraw-ms]", state="attached")
        assert total(shown, "returned") == "0"
        shown.click("#reset")
        shown.wait_for_selector(f'[data-total="returned"]:text-is("{before}")')


def test_a_place_is_chosen_and_its_name_is_text(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        shown.evaluate(
            "() => { const d = document.getElementById('day'); d.value = 8; d.dispatchEvent(new Event('input')) }"
        )
        shown.get_by_role("button", name=EVIL).click()
        assert shown.inner_text("#place-name") == EVIL
        assert shown.locator("main img").count() == 0
        assert EVIL in str(shown.get_attribute("#chosen .chart", "aria-label"))
        shown.click("#needs-button")
        shown.wait_for_selector("#needs table")
        assert "water" in shown.inner_text("#needs")


def test_beds_are_added_and_taken_away(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        shown.select_option("#beds-place", "shelter")
        shown.fill("#beds", "70")
        shown.click("#beds-add")
        shown.wait_for_selector("fieldset li")
        assert f"{EVIL}: +70" in shown.inner_text("fieldset li")
        shown.get_by_role("button", name=f"Remove {EVIL}").click()
        shown.wait_for_selector("fieldset li", state="detached")


def test_the_focus_stays_where_the_keyboard_left_it(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        held = "() => document.activeElement.id"
        shown.focus("#place-choice")
        shown.keyboard.press("ArrowDown")  # on a day when nobody is anywhere but at home
        shown.wait_for_selector("#place-name")
        assert shown.evaluate(held) == "place-choice"
        shown.focus("#needs-button")
        shown.keyboard.press("Enter")
        shown.wait_for_selector("#needs table")
        assert shown.evaluate(held) == "needs-button"
        shown.focus("#beds-add")
        shown.keyboard.press("Enter")
        shown.wait_for_selector("fieldset li")
        shown.keyboard.press("Tab")
        shown.keyboard.press("Enter")  # take it away again
        shown.wait_for_selector("fieldset li", state="detached")
        assert shown.evaluate(held) == "beds-add"
        shown.fill("#beds", "70")
        shown.keyboard.press("Enter")  # in the field, as in its button
        shown.wait_for_selector("fieldset li")
        assert shown.evaluate(held) == "beds"
        shown.fill("#replicates", "501")
        shown.click("#start")  # the browser says what is allowed, in the reader's language
        assert shown.locator("#replicates:invalid").count() == 1
        assert shown.locator("#progress").count() == 0


def test_a_repainted_part_keeps_the_focus_and_what_was_unfolded(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        held = "() => document.activeElement.id"
        shown.select_option("#compare", "open")
        shown.wait_for_selector("#comparison table")
        shown.fill("#replicates", "20")
        shown.focus("#compare-start")
        shown.keyboard.press("Enter")
        shown.wait_for_selector("#compare-cancel:focus")  # what can be done while it works
        shown.wait_for_selector("#comparison caption:has-text('paired')")
        assert shown.evaluate(held) == "compare-start"
        shown.focus("#start")
        shown.keyboard.press("Enter")
        shown.wait_for_selector("#show-central")
        shown.focus("#show-central")
        shown.keyboard.press("Enter")  # it goes, and the first thing beside it has the focus
        assert shown.evaluate(held) == "replicates"
        shown.select_option("#place-choice", label=f"{EVIL} (BBB)")
        for details in ("#run details", "#chosen details"):
            shown.click(f"{details} summary")
        shown.evaluate("() => { document.querySelector('#totals .scroll').scrollTop = 30 }")
        scrolled = "() => document.querySelector('#totals .scroll').scrollTop"
        top = shown.evaluate(scrolled)
        shown.focus("#chosen summary")
        shown.evaluate(
            "() => { const d = document.getElementById('day'); d.value = 8; d.dispatchEvent(new Event('input')) }"
        )
        redraw_ms(shown, "half")
        assert shown.locator("#run details[open]").count() == 1
        assert shown.locator("#chosen details[open]").count() == 1
        assert shown.evaluate(scrolled) == top


def test_a_comparison_under_way_is_cancelled(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        shown.select_option("#compare", "half")
        shown.wait_for_selector("#comparison table")
        shown.fill("#replicates", "500")
        shown.click("#compare-start")
        shown.click("#compare-cancel")
        shown.wait_for_selector("#compare-cancel:disabled")
        assert shown.inner_text("#compare-state") == ""
        assert "paired" not in shown.inner_text("#comparison")


def test_policies_are_compared_and_the_ensemble_fills_in(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        shown.select_option("#compare", "open")
        shown.wait_for_selector("#comparison table")
        assert "−" in shown.inner_text("#comparison tbody")
        shown.fill("#replicates", "24")
        shown.click("#compare-start")
        shown.wait_for_selector("#comparison caption:has-text('paired')")
        assert "%" in shown.inner_text("#comparison tbody")
        shown.click("#start")  # the same ensemble: found, not made again
        shown.wait_for_selector("#run-label.ensemble")
        assert "24 replicates" in shown.inner_text("#run-label")
        assert " to " in shown.inner_text("#totals tbody")
        shown.click("#show-central")
        assert "Central run" in shown.inner_text("#run-label")


def test_tables_are_downloaded(opened: Browser, address: str, tmp_path: Path) -> None:
    with page(opened, address) as shown:
        for name in ("get-people-csv", "get-totals-xlsx"):
            with shown.expect_download() as waiting:
                shown.click(f"#{name}")
            waiting.value.save_as(tmp_path / name)
    rows = list(csv.reader((tmp_path / "get-people-csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0][:3] == ["date", "place", "name"]
    assert {row[2] for row in rows[1:]} >= {EVIL, "'=1+1"}
    assert (tmp_path / "get-totals-xlsx").read_bytes().startswith(b"PK")


def test_the_page_speaks_spanish(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        shown.select_option("#language", "es")
        assert shown.get_attribute("html", "lang") == "es"
        assert "Corrida central" in shown.inner_text("#run-label")
        assert shown.inner_text("#date") == "14 ene 2021"
        assert "Retornados" in shown.inner_text("#totals")
        assert "12 feb 2021" in shown.inner_text("#totals caption")
        shown.select_option("#beds-place", "shelter")
        shown.fill("#beds", "98765")
        shown.click("#beds-add")  # nobody reads 98 765 as a little less than 99; a place is told by its name
        shown.wait_for_selector(f"#status:has-text('Más camas: {EVIL} +98\u202f765')")
        shown.fill("#beds", "4000")
        shown.click("#beds-add")
        shown.wait_for_selector("#status:has-text('+4000')")
        shown.focus("#enforcement")
        shown.keyboard.press("ArrowRight")
        shown.wait_for_selector("#status:has-text('× 1.1')")
        assert barriers(shown) == []
        shown.reload()
        shown.wait_for_selector("#run-label")
        assert "Corrida central" in shown.inner_text("#run-label")
    with page(opened, address, locale="es-HN") as shown:
        assert "Política" in shown.inner_text("#controls")


def test_nothing_keeps_people_from_using_the_page(opened: Browser, address: str) -> None:
    with page(opened, address) as shown:
        shown.select_option("#compare", "open")
        shown.locator("#places button.link").first.click()
        shown.wait_for_selector("#comparison table")
        assert barriers(shown) == []


def test_the_page_fits_a_phone(opened: Browser, address: str) -> None:
    with page(opened, address, viewport={"width": 360, "height": 740}) as shown:
        width = shown.evaluate("() => document.documentElement.scrollWidth")
        assert width <= 360
        assert shown.locator("#map canvas").bounding_box()["width"] > 300  # type: ignore[index]


def test_a_browser_without_the_token_gets_nothing(opened: Browser, address: str) -> None:
    own = opened.new_page()
    answer = own.goto(address.split("?", maxsplit=1)[0])
    assert answer is not None
    assert answer.status == 401
    assert "no-token" in own.inner_text("body")
    own.close()

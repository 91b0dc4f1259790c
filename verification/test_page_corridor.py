"""The report of a year on the corridor with a comparison, and both in the page of a phone: whole, small, usable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser
from tests.browser import barriers, browser, from_disk, overlaps, page, server, widest

from travesia.comparison import compare
from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.policytables import write_comparison
from travesia.store import write_run
from travesia.web.onepage import report_html

MOST_BYTES = 8_000_000
PHONE = {"width": 390, "height": 844}
POLICIES = ["actual", "free-passage", "harder"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and a comparison of the corridor, and a report of both in each language."""
    folder = tmp_path_factory.mktemp("corridor")
    scenario = read_scenario("corridor-2021")
    write_run(simulate(scenario, replicates=8, seed=1), folder / "run")
    found = compare(scenario, POLICIES, replicates=4, seed=1, responses=["none", "high"])
    write_comparison(found, folder / "compared")
    report = report_html(folder / "run", comparison=folder / "compared")
    (folder / "report.html").write_bytes(report)
    return folder


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as found:
        yield found


def test_the_report_is_small(made: Path) -> None:
    assert (made / "report.html").stat().st_size < MOST_BYTES


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_report_opens_from_a_disk_and_keeps_nobody_from_using_it(
    opened: Browser, made: Path, language: str
) -> None:
    with from_disk(opened, made / "report.html", viewport=PHONE) as shown:
        shown.select_option("#language", language)
        assert shown.locator("#cases table").count() == len(POLICIES) - 1
        assert barriers(shown) == []
        assert widest(shown) <= PHONE["width"]
        assert overlaps(shown) == []


def test_the_comparison_fits_a_phone(opened: Browser, made: Path) -> None:
    with (
        server(made / "compared", "--runs", made / "runs") as address,
        page(opened, address, ready="#policies table", viewport=PHONE) as shown,
    ):
        for policy in POLICIES[1:]:
            shown.select_option("#compared-policy", policy)
            assert barriers(shown) == []
            assert widest(shown) <= PHONE["width"]
            assert overlaps(shown) == []

"""Write the pictures of the page and of a report that README.md and README.es.md show: `python docs/write_page.py`
(needs Chromium)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.store import write_run
from travesia.web.onepage import report_html

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.browser import browser, from_disk, page, server  # noqa: E402 - it stands with the tests

SCENARIO, DAY = "corridor-2021", 100  # an April day
REPORTED, REPLICATES, SEED = "caravan-2021", 200, 1
WINDOW = {"width": 1280, "height": 860}
SETTLED_MS = 2000
LANGUAGES: dict[str, Literal["en", "es"]] = {"": "en", ".es": "es"}  # by the end of a picture's name


def pictures_of_page(opened: Browser, images: Path) -> None:
    """The corridor on a day, as `travesia serve corridor-2021` opens it, in each language."""
    simulate(read_scenario(SCENARIO), expected=True)  # compiled before it is timed
    with tempfile.TemporaryDirectory() as runs, server(SCENARIO, "--runs", runs) as address:
        for end, language in LANGUAGES.items():
            with page(opened, address, viewport=WINDOW, locale=language) as shown:
                shown.evaluate(
                    """day => {
                        const slider = document.getElementById('day');
                        slider.value = day;
                        slider.dispatchEvent(new Event('input'));
                    }""",
                    DAY,
                )
                shown.wait_for_timeout(SETTLED_MS)
                shown.screenshot(path=images / f"page{end}.png")


def pictures_of_report(opened: Browser, images: Path) -> None:
    """The beginning of the caravan's report, in each language."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        result = simulate(read_scenario(REPORTED), replicates=REPLICATES, seed=SEED)
        write_run(result, run, command=f"travesia run {REPORTED} -n {REPLICATES}")
        report = Path(folder) / "report.html"
        for end, language in LANGUAGES.items():
            report.write_bytes(report_html(run, language=language))
            with from_disk(opened, report, viewport=WINDOW) as shown:
                shown.wait_for_timeout(SETTLED_MS)
                shown.screenshot(path=images / f"report{end}.png")


def main() -> int:
    """Write page.png, report.png, and the same in Spanish, into docs/images."""
    images = ROOT / "docs" / "images"
    with browser() as opened:
        pictures_of_page(opened, images)
        pictures_of_report(opened, images)
    return 0


if __name__ == "__main__":
    sys.exit(main())

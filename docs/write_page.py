"""Write the pictures of the page and of a report that README.md shows: `python docs/write_page.py` (needs Chromium)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

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


def picture_of_page(opened: Browser, path: Path) -> None:
    """The corridor on a day, as `travesia serve corridor-2021` opens it."""
    with (
        tempfile.TemporaryDirectory() as runs,
        server(SCENARIO, "--runs", runs) as address,
        page(opened, address, viewport=WINDOW) as shown,
    ):
        shown.evaluate(
            """day => {
                const slider = document.getElementById('day');
                slider.value = day;
                slider.dispatchEvent(new Event('input'));
            }""",
            DAY,
        )
        shown.wait_for_timeout(SETTLED_MS)
        shown.screenshot(path=path)


def picture_of_report(opened: Browser, path: Path) -> None:
    """The beginning of the caravan's report."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        result = simulate(read_scenario(REPORTED), replicates=REPLICATES, seed=SEED)
        write_run(result, run, command=f"travesia run {REPORTED} -n {REPLICATES}")
        report = Path(folder) / "report.html"
        report.write_bytes(report_html(run))
        with from_disk(opened, report, viewport=WINDOW) as shown:
            shown.wait_for_timeout(SETTLED_MS)
            shown.screenshot(path=path)


def main() -> int:
    """Write docs/images/page.png and docs/images/report.png."""
    images = ROOT / "docs" / "images"
    with browser() as opened:
        picture_of_page(opened, images / "page.png")
        picture_of_report(opened, images / "report.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())

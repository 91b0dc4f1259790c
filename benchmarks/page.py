"""How fast the page is, in a real browser: from a change to the map that shows it, first paint, ten browsers at once.

    python benchmarks/page.py            # needs Chromium; run it on a machine that does nothing else

Redraw: from choosing another policy, or adding beds, to the frame in which the map is done; each change is one that was
not asked for before. First paint: as the browser tells it (paint timing), of a page opened anew. Ten browsers: each has
its own change of caravan-2021, all are asked for at once; a first round is not counted. A server that has just started
loads the compiled engine on its first run; that run is not counted. Exit code 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from measuring import HEADER, Line, shown, summary
from playwright.sync_api import Browser, Page
from readme_tables import machine

from travesia.web.static import static_files

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.browser import browser, page, server  # noqa: E402 - it stands with the tests

TIMES = 7
BROWSERS = 10
ROUNDS = 5
STRENGTHS = [round(0.1 * tenths, 1) for tenths in range(1, 20) if tenths != 10]
MS = 300_000
Change = Callable[[Page, int], None]


def strength(page: Page, number: int) -> None:
    """Scale the forces to a value not asked for yet."""
    page.evaluate(
        """value => {
            const slider = document.getElementById('enforcement');
            slider.value = value;
            slider.dispatchEvent(new Event('change'));
        }""",
        STRENGTHS[number % len(STRENGTHS)],
    )


def beds(page: Page, number: int) -> None:
    """Add so many beds at the first place that takes them."""
    page.fill("#beds", str(100 + number))
    page.click("#beds-add")


def redraw_ms(opened: Page, change: Change, number: int) -> int:
    """Milliseconds from a change to the map that shows it."""
    opened.evaluate("() => { delete document.documentElement.dataset.redrawMs }")
    change(opened, number)
    return waited_ms(opened)


def waited_ms(opened: Page) -> int:
    """The redraw that is under way, or was just done."""
    opened.wait_for_selector("html[data-redraw-ms]", state="attached", timeout=MS)
    return int(str(opened.get_attribute("html", "data-redraw-ms")))


def redraws(opened: Page, change: Change, *, times: int) -> list[float]:
    """The redraws of so many changes, one after the other, after two that are not counted."""
    found = []
    for number in range(times + 2):
        found.append(float(redraw_ms(opened, change, number)))
        opened.wait_for_timeout(300)  # what a person takes at least
    return found[2:]


def first_paint_ms(chromium: Browser, address: str) -> float:
    """The first contentful paint of the page in a browser without anything kept."""
    with page(chromium, address) as opened:
        found = opened.evaluate(
            "() => performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)[0]"
        )
        return float(found)


def at_once(opened: Sequence[Page], *, round_: int) -> list[float]:
    """The redraws of several browsers that change something at the same moment, each something else."""
    for one in opened:
        one.evaluate("() => { delete document.documentElement.dataset.redrawMs }")
    moment = time.time() * 1000 + 1000
    for number, one in enumerate(opened):
        one.evaluate(
            """([value, at]) => {
                const slider = document.getElementById('departures');
                slider.max = 10;
                slider.value = value;
                setTimeout(() => slider.dispatchEvent(new Event('change')), at - Date.now());
            }""",
            [round(1.1 + 0.1 * (round_ * len(opened) + number), 1), moment],
        )
    return [float(waited_ms(one)) for one in opened]


@contextmanager
def opened_page(chromium: Browser, *given: str | Path) -> Iterator[Page]:
    """A page of a server of its own."""
    with (
        tempfile.TemporaryDirectory() as runs,
        server(*given, "--runs", runs) as address,
        page(chromium, address) as found,
    ):
        yield found


def measured(cases: Path | None, *, times: int) -> Iterator[Line]:
    """Every line, one after the other."""
    size = sum(len(content) for content, _ in static_files().values())
    yield summary("built page, before compression", [size / 1e6], unit="MB", most=3.0)
    with browser() as chromium:
        with (
            tempfile.TemporaryDirectory() as runs,
            server("caravan-2021", "--runs", runs) as address,
            ExitStack() as stack,
        ):
            with page(chromium, address) as first:
                found = redraws(first, strength, times=times)
            yield summary("caravan-2021: change to map", found, unit="ms", most=300)
            paints = [first_paint_ms(chromium, address) for _ in range(times)]
            yield summary("first paint", paints, unit="ms", most=2000)
            ten = [stack.enter_context(page(chromium, address)) for _ in range(BROWSERS)]
            rounds = [max(at_once(ten, round_=number)) for number in range(ROUNDS + 1)][1:]
            yield summary(
                f"caravan-2021: the slowest of {BROWSERS} browsers at once", rounds, unit="ms", most=1000
            )
        with opened_page(chromium, "corridor-2021") as one:
            yield summary(
                "corridor-2021: change to map", redraws(one, strength, times=times), unit="ms", most=2000
            )
        if cases is None:
            return
        folder, settings = cases / "burundi2015", cases / "settings" / "plain.yml"
        with opened_page(chromium, folder, "--settings", settings) as one:
            yield summary("burundi2015: change to map", redraws(one, beds, times=times), unit="ms", most=300)


def main() -> int:
    """Measure and print; see the text at the top."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=TIMES, help="changes of each scenario")
    times = parser.parse_args().times
    cases = Path(os.environ.get("TRAVESIA_CASES", ROOT.parent / "shared" / "cases"))
    if not (cases / "burundi2015").is_dir():
        print("no cases here (TRAVESIA_CASES): burundi2015 is left out", file=sys.stderr)
    print(HEADER, flush=True)
    lines = []
    for line in measured(cases if (cases / "burundi2015").is_dir() else None, times=times):
        lines.append(line)
        print(shown(line), flush=True)
    print(machine())
    return 0 if all(line.met for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())

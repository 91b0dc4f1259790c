"""A real headless Chromium that reaches nothing but this machine, and a server for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",  # in a container there is none to be had
    "--enable-unsafe-swiftshader",  # draws the map without a graphics card
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
MS = 300_000  # the first run of all compiles the engine, which takes a minute where others run too


def chromium() -> str:
    """The system's Chromium, or a skip that says how to get one."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium on this machine; Debian has it as the package chromium")


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
        yield opened
        opened.close()


@contextmanager
def server(*given: str | Path) -> Iterator[str]:
    """A server of the page in a process of its own: the address it printed."""
    command = [sys.executable, "-m", "travesia", "serve", *map(str, given), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


REDRAWN = "html[data-redraw-ms]"


@contextmanager
def page(opened: Browser, address: str, *, ready: str = REDRAWN, **context: object) -> Iterator[Page]:
    """The page, loaded; at the end nothing may have gone wrong in it or been asked of another host.

    ready : a selector of what is there when the page is.
    """
    origin = address.split("/?", maxsplit=1)[0]
    with _watched(opened, address, f"{origin}/", **context) as shown:
        shown.wait_for_selector(ready, state="attached")
        yield shown


@contextmanager
def from_disk(opened: Browser, path: Path, **context: object) -> Iterator[Page]:
    """A report opened from a file; at the end nothing may have gone wrong in it or been asked of anybody."""
    with _watched(opened, path.as_uri(), path.as_uri(), **context) as shown:
        shown.wait_for_selector("#map canvas")
        yield shown


@contextmanager
def _watched(opened: Browser, address: str, own: str, **context: object) -> Iterator[Page]:
    there = opened.new_context(**{"locale": "en-GB", "accept_downloads": True, **context})  # type: ignore[arg-type]
    there.set_default_timeout(MS)
    shown = there.new_page()
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    shown.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
    shown.on(
        "request",
        lambda asked: None if asked.url.startswith((own, "blob:", "data:")) else wrong.append(asked.url),
    )
    shown.goto(address)
    yield shown
    there.close()
    assert wrong == []


def widest(shown: Page) -> int:
    """Pixels that the page is wide: more than the window where it has to be pushed sideways."""
    return int(shown.evaluate("() => document.documentElement.scrollWidth"))


def overlaps(shown: Page) -> list[str]:
    """Words that stand over other words: pairs of pieces of text whose boxes share more than a few pixels.

    What is cut off, by a table that scrolls or a detail that is folded, counts as far as it is seen.
    """
    found: list[str] = shown.evaluate(
        """() => {
            const seen = (node) => {
                const range = document.createRange();
                range.selectNodeContents(node);
                let boxes = [...range.getClientRects()].map(b => [b.left, b.top, b.right, b.bottom]);
                for (let up = node.parentElement; up; up = up.parentElement) {
                    const style = getComputedStyle(up);
                    if (style.visibility === 'hidden' || style.clipPath !== 'none') return [];
                    if (style.position === 'sticky') return [];
                    if (style.overflow === 'visible') continue;
                    const c = up.getBoundingClientRect();
                    boxes = boxes.map(([l, t, r, b]) =>
                        [Math.max(l, c.left), Math.max(t, c.top), Math.min(r, c.right), Math.min(b, c.bottom)]);
                }
                return boxes.filter(([l, t, r, b]) => r - l > 1 && b - t > 1);
            };
            const walk = document.createTreeWalker(document.getElementById('page'), NodeFilter.SHOW_TEXT);
            const pieces = [];
            while (walk.nextNode()) {
                const node = walk.currentNode;
                if (!node.data.trim() || node.parentElement.closest('option')) continue;
                if (!node.parentElement.checkVisibility()) continue; // folded away
                for (const box of seen(node)) pieces.push([node.data.trim().slice(0, 40), box]);
            }
            pieces.sort((a, b) => a[1][1] - b[1][1]);
            const found = [];
            pieces.forEach(([text, [l, t, r, b]], i) => {
                for (let j = i + 1; j < pieces.length && pieces[j][1][1] < b; j++) {
                    const [other, [l2, t2, r2, b2]] = pieces[j];
                    const wide = Math.min(r, r2) - Math.max(l, l2), high = Math.min(b, b2) - Math.max(t, t2);
                    if (wide > 3 && high > 5) found.push(`${text} | ${other}`);
                }
            });
            return found;
        }"""
    )
    return found


def barriers(shown: Page) -> list[str]:
    """What keeps people from using what is shown, as axe-core finds it: serious and critical findings."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(shown).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def redraw_ms(shown: Page, policy: str) -> int:
    """Milliseconds from choosing a policy to the map that shows it."""
    shown.evaluate("() => { delete document.documentElement.dataset.redrawMs }")
    shown.select_option("#policy", policy)
    shown.wait_for_selector(REDRAWN, state="attached")
    return int(str(shown.get_attribute("html", "data-redraw-ms")))

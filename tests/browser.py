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
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@contextmanager
def page(opened: Browser, address: str, **context: object) -> Iterator[Page]:
    """The page, loaded; at the end nothing may have gone wrong in it or been asked of another host."""
    origin = address.split("/?", maxsplit=1)[0]
    own = opened.new_context(**{"locale": "en-GB", "accept_downloads": True, **context})  # type: ignore[arg-type]
    shown = own.new_page()
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    shown.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
    shown.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((f"{origin}/", "blob:", "data:")) else wrong.append(asked.url)
        ),
    )
    shown.goto(address)
    shown.wait_for_selector("html[data-redraw-ms]", state="attached", timeout=MS)
    yield shown
    own.close()
    assert wrong == []


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
    shown.wait_for_selector("html[data-redraw-ms]", state="attached", timeout=MS)
    return int(str(shown.get_attribute("html", "data-redraw-ms")))

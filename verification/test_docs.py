"""Every example of every page runs; what a page shows is what it prints. (`make test` runs the tutorial's alone.)"""

from __future__ import annotations

from pathlib import Path

import pytest
from docs import examples

ROOT = Path(__file__).resolve().parents[1]
IN_TESTS = {"docs/tutorial.md", "docs/tutorial.es.md"}
PAGES = [
    name
    for name in (page.relative_to(ROOT).as_posix() for page in examples.pages())
    if name not in IN_TESTS and any(block.runs for block in examples.blocks(ROOT / name))
]


@pytest.mark.parametrize("name", PAGES)
def test_the_examples_of_a_page_run(name: str, tmp_path: Path) -> None:
    page = ROOT / name
    if not examples.lay_cases(tmp_path) and "flee/" in page.read_text(encoding="utf-8"):
        pytest.skip("no folder of real conflict cases; see TRAVESIA_CASES in CONTRIBUTING.md")
    for block, printed in examples.run_page(page, tmp_path).items():
        if block.shown is not None:
            told = examples.shown(page, block)
            assert examples.agrees(told, printed), (
                f"python -m docs.examples {name}, line {block.line}\n{printed}"
            )


def test_pages_with_examples_are_found() -> None:
    assert {"README.md", "docs/howto/policy.md", "docs/needs.md"} <= set(PAGES)

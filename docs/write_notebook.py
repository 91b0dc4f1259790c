"""Write docs/tutorial.ipynb: the tutorial as a notebook, with what its cells print (`make docs`)."""

from __future__ import annotations

import json
import re
from pathlib import Path

from docs.examples import RUN, Block, blocks, shown

HERE = Path(__file__).resolve().parent
PAGE, NOTEBOOK = HERE / "tutorial.md", HERE / "tutorial.ipynb"


def notebook() -> str:
    """The notebook as JSON: words between the examples, each example a cell, `sh` by the magic of bash."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells: list[dict[str, object]] = []
    at = 0
    for block in blocks(PAGE):
        if block.language not in RUN:
            continue
        end = block.line + block.code.count("\n") + 1
        add_words(cells, lines[at : block.line - 1])
        add_code(cells, block)
        at = block.shown[1] + 1 if block.shown else end
    add_words(cells, lines[at:])
    whole = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def add_words(cells: list[dict[str, object]], lines: list[str]) -> None:
    """A cell of words, without the comments for the tests."""
    text = re.sub(r"^<!--.*?-->\n?", "", "\n".join(lines), flags=re.M | re.S).strip()
    if text:
        cells.append({"cell_type": "markdown", "metadata": {}, "source": text})


def add_code(cells: list[dict[str, object]], block: Block) -> None:
    """A cell of code with what it prints; one that is not run is shown as words."""
    code = block.code.rstrip("\n")
    if block.not_run:
        cells.append({"cell_type": "markdown", "metadata": {}, "source": f"```{block.language}\n{code}\n```"})
        return
    text = shown(PAGE, block)
    output = {"output_type": "stream", "name": "stdout", "text": f"{text}\n"}
    cells.append(
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "source": f"%%bash\n{code}" if block.language == "sh" else code,
            "outputs": [output] if text else [],
        }
    )


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(), encoding="utf-8")

"""Write docs/cli.md from the help texts of the command line (`make docs`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from travesia.cli import app

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 100
HEAD = """# The command line

Written by `make docs` from the help texts; do not edit.

Results go to stdout, messages and progress to stderr.
"""


def page() -> str:
    """The text of the page: the help of the program, then of each command."""
    program = typer.main.get_command(app)
    settings: dict[str, Any] = {
        **program.context_settings,
        "terminal_width": WIDTH,
        "max_content_width": WIDTH,
    }
    top = typer.Context(program, info_name="travesia", **settings)
    parts = [HEAD, _block("travesia", top.get_help())]
    for name, command in getattr(program, "commands", {}).items():
        own = typer.Context(command, info_name=name, parent=top, **settings)
        parts.append(_block(f"travesia {name}", own.get_help()))
        for part, inner in getattr(command, "commands", {}).items():
            nested = typer.Context(inner, info_name=part, parent=own, **settings)
            parts.append(_block(f"travesia {name} {part}", inner.get_help(nested)))
    return "\n".join(parts)


def _block(title: str, text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return f"## {title}\n\n```text\n{lines}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

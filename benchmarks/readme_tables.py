"""Tables of benchmarks/README.md, written by the scripts that measure."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "README.md"


def put_table(name: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, note: str = "") -> None:
    """Replace the table that follows `<!-- NAME -->`, and the line of text after it."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    table = "\n".join(lines) + (f"\n\n{note}" if note else "")
    text = PAGE.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{PAGE.name} has no place for {name}: write {start} and {end} into it")
    PAGE.write_text(pattern.sub(lambda _: f"{start}\n\n{table}\n\n{end}", text), encoding="utf-8")


def machine() -> str:
    """The machine in a few words."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        model = re.sub(r"\s+", " ", found[1]) if found else ""
    load = f"load average {os.getloadavg()[0]:.1f} at the end"
    return (
        f"{model or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {load}"
    )

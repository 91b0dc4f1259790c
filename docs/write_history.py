"""Write docs/history.md: how numbers changed from version to version, as CHANGELOG.md has it (`make docs`)."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE, CHANGES = HERE / "history.md", HERE.parent / "CHANGELOG.md"
HEAD = """# History of results

Written by `make docs` from `CHANGELOG.md`; do not edit.

The same scenario, seed and version give the same bytes. Between versions numbers may change; every change that was made knowingly stands
here, with its reason. A run folder says in `provenance.json` by which version it was made.
"""


def page() -> str:
    """The text of the page: for each version, the entries under *Results change* and those that say so themselves."""
    text = CHANGES.read_text(encoding="utf-8")
    parts = [HEAD]
    for version in re.split(r"^## ", text, flags=re.M)[1:]:
        title, _, body = version.partition("\n")
        told = [entry for heading, entry in entries(body) if heading == "Results change" or "*Results change*" in entry]
        parts.append(f"## {title}\n\n" + ("\n".join(told) if told else "No change of results."))
    return "\n".join(parts) + "\n"


def entries(body: str) -> list[tuple[str, str]]:
    """Every entry of a version with the heading it stands under."""
    found = []
    for part in re.split(r"^### ", body, flags=re.M)[1:]:
        heading, _, rest = part.partition("\n")
        found += [(heading.strip(), f"- {entry.strip()}") for entry in re.split(r"^- ", rest, flags=re.M)[1:]]
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""The examples of the documentation: every one is run, and what a page shows is what its commands print.

    python -m docs.examples docs/tutorial.md    # runs the page's examples and writes what they print into it

The blocks `sh` and `python` of a page run in order, in one empty folder. A block `text` right below one is what it
prints; a line `…` in it stands for lines left out. A comment above a block can say otherwise, unseen by readers:

    <!-- not run: why -->            its travesia commands are still checked word by word
    <!-- run with: A => B; C => D --> the tests put B for A and D for C, as a rule to make it quick
    <!-- before: commands -->        what the tests do first
    <!-- file: PATH -->              the block (of any language) is this file
    <!-- add to: PATH -->            … goes at the end of this file
    <!-- add to: PATH, below: LINE -->  … below the line that begins so
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ("travesia", "python", "pip", "make", "dask", "sbatch", "git", "docker", "podman")
RUN = ("sh", "python")
PLACE = "/data"  # where examples seem to be run
MARKS = ("not run", "run with", "before", "file", "add to")

Shell = Callable[[str, Path], str]
"""Runs lines of a program in a folder and gives what it prints."""


@dataclass(frozen=True)
class Block:
    """A block of code. line : where it begins, from 1. shown : lines (from, to) of what it prints, if it is shown."""

    page: str
    line: int
    language: str
    code: str
    marks: tuple[tuple[str, str], ...] = ()
    shown: tuple[int, int] | None = None

    @property
    def not_run(self) -> str:
        """Why it is not run; empty where it is."""
        return dict(self.marks).get("not run", "")

    @property
    def runs(self) -> bool:
        """Whether it is an example that is run."""
        return self.language in RUN and not self.not_run and not self.file

    @property
    def file(self) -> str:
        """The file that it is, or is a part of; empty where it is none."""
        marks = dict(self.marks)
        return marks.get("file") or marks.get("add to", "").partition(", below:")[0]

    def as_tested(self) -> Block:
        """The block with what the tests put in place of something."""
        code = self.code
        for pair in filter(None, dict(self.marks).get("run with", "").split(";")):
            old, _, new = (part.strip() for part in pair.partition("=>"))
            if old not in code:
                raise ValueError(
                    f"{self.page}:{self.line}: `run with` names {old!r}, which is not in the block"
                )
            code = code.replace(old, new)
        return replace(self, code=code)


def pages() -> list[Path]:
    """Every page with examples: the site, and the pages beside it."""
    beside = [*ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md"]
    return sorted([*(ROOT / "docs").rglob("*.md"), *beside])


def blocks(page: Path) -> list[Block]:
    """The blocks of code of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    marks: list[tuple[str, str]] = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block":
            marks += [mark for mark in _marks(token.content) if mark[0] in MARKS]
        elif token.type in ("fence", "code_block"):
            assert token.map is not None
            language = token.info.strip() if token.type == "fence" else _guess(token.content)
            last = found[-1] if found else None
            if language == "text" and last and last.language in RUN and _adjoins(text, last, token.map[0]):
                found[-1] = replace(last, shown=(token.map[0] + 1, token.map[1] - 1))
            else:
                name = page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name
                found.append(Block(name, token.map[0] + 1, language, token.content, tuple(marks)))
            marks = []
        elif not token.type.endswith("_close") and token.level == 0:
            marks = []
    return found


def _marks(comment: str) -> Iterator[tuple[str, str]]:
    for inside in re.findall(r"<!--\s*(.*?)\s*-->", comment, flags=re.S):
        name, _, rest = inside.partition(":")
        yield name.strip(), rest.strip()


def _guess(code: str) -> str:
    return "sh" if code.split()[:1] and code.split()[0] in COMMANDS else ""


def _adjoins(text: str, block: Block, line: int) -> bool:
    """Whether nothing but the end of the block and empty lines stand between it and a line (from 0)."""
    return "".join(text.splitlines()[block.line + block.code.count("\n") : line]).strip() in ("```", "")


def in_bash(line: str, folder: Path, *, environment: Mapping[str, str] | None = None) -> str:
    """Run lines of sh in a folder by bash; `travesia` and `python` are those of this Python.

    environment : in place of this process's own.
    """
    own = dict(os.environ) | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", line],
        cwd=folder,
        env={**(own if environment is None else environment), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {line}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def here(lines: str, folder: Path) -> str:
    """Run lines of sh in a folder; plain travesia commands in this process, which is quicker."""
    from travesia.cli import main

    printed = []
    for line in whole_lines(lines):
        command, _, file = line.partition(" > ")
        words = shlex.split(command, comments=True)
        if not words:
            continue
        if words[0] != "travesia" or re.search(r"[|<>&;$`*~]", command.split(" #")[0] + file):
            printed.append(in_bash(line, folder))
            continue
        with redirect_stdout(io.StringIO()) as caught, chdir(folder):
            code = main(words[1:])
        if code:
            raise RuntimeError(f"exit code {code}: {line}\n{caught.getvalue()}")
        if file:
            (folder / file.strip()).write_text(caught.getvalue(), encoding="utf-8")
        else:
            printed.append(caught.getvalue())
    return "".join(printed)


def whole_lines(lines: str) -> list[str]:
    """Lines of sh, a backslash at the end joining two; a loop or a here-document stays one."""
    joined = re.sub(r"\\\n", " ", lines)
    return [joined] if re.search(r"<<|;\s*do\b", joined) else joined.splitlines()


def run_page(
    page: Path, folder: Path, *, shell: Shell = here, python: Shell | None = None, tested: bool = True
) -> dict[Block, str]:
    """Run every example of a page in an empty folder and give what each prints.

    shell, python : run the blocks `sh` and `python`; the latter in this process if not given. tested : with what the
    tests put in place of something. Raises RuntimeError, with the page and the line, for the first that fails.
    """
    printed: dict[Block, str] = {}
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.file:
            _write(block, folder)
        if not block.runs:
            continue
        example = block.as_tested() if tested else block
        try:
            before = dict(block.marks).get("before")
            if before:
                shell(before, folder)
            if block.language == "sh":
                text = shell(example.code, folder)
            elif python is not None:
                text = python(example.code, folder)
            else:
                text = _python(example, folder, names)
            printed[block] = tidy(text, folder)
        except Exception as error:
            raise RuntimeError(f"{block.page}:{block.line}: {type(error).__name__}: {error}") from error
    return printed


def _write(block: Block, folder: Path) -> None:
    """Write a block that is a file, or put one that is a part of a file where it belongs."""
    path, below = folder / block.file, dict(block.marks).get("add to", "").partition(", below:")[2].strip()
    if "file" in dict(block.marks):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.code, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    after = [number for number, line in enumerate(lines, start=1) if below and line.startswith(below)]
    if below and not after:
        raise RuntimeError(f"{block.page}:{block.line}: no line of {block.file} begins with {below!r}")
    place = after[0] if after else len(lines)
    path.write_text("".join([*lines[:place], block.code, *lines[place:]]), encoding="utf-8")


def _python(block: Block, folder: Path, names: dict[str, Any]) -> str:
    code = compile("\n" * block.line + block.code, block.page, "exec")
    with redirect_stdout(io.StringIO()) as caught, chdir(folder):
        exec(code, names)
    return caught.getvalue()


def tidy(printed: str, folder: Path) -> str:
    """What is printed, as pages show it: no spaces at line ends, no empty lines around, the folder as PLACE."""
    lines = (line.rstrip() for line in printed.replace(str(folder), PLACE).splitlines())
    return "\n".join(lines).strip("\n")


def agrees(shown_text: str, printed: str) -> bool:
    """Whether a page shows what was printed, both tidy; a line `…` stands for lines left out, times do not count."""
    shown_text, printed = (
        re.sub(r"\b\d+(\.\d+)? (ms|s|seconds)\b", "N s", text).strip("\n") for text in (shown_text, printed)
    )
    parts = re.split(r"^…\n?", shown_text + "\n", flags=re.M)
    return re.fullmatch(r"(?:.*\n)*?".join(map(re.escape, parts)), printed + "\n") is not None


def shown(page: Path, block: Block) -> str:
    """What a page shows below a block; empty where it shows nothing."""
    if block.shown is None:
        return ""
    return "\n".join(page.read_text(encoding="utf-8").splitlines()[block.shown[0] : block.shown[1]])


def rewritten(page: Path, printed: Mapping[Block, str]) -> str:
    """The page with what was printed in place of what it shows."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for block in sorted(printed, key=lambda block: -block.line):
        if block.shown is not None and not agrees(shown(page, block), printed[block]):
            lines[block.shown[0] : block.shown[1]] = printed[block].splitlines()
    return "\n".join(lines) + "\n"


def lay_cases(folder: Path) -> bool:
    """Lay the real conflict folders, where there are any, as `flee/NAME` and their settings; whether there are."""
    cases = Path(os.environ.get("TRAVESIA_CASES") or ROOT.parent / "shared" / "cases")
    if not cases.is_dir():
        return False
    (folder / "flee").symlink_to(cases.resolve(), target_is_directory=True)
    for settings in (cases / "settings").glob("*.yml"):
        (folder / settings.name).symlink_to(settings.resolve())
    return True


def main() -> int:
    """Run the pages given and write what they print into them."""
    for name in sys.argv[1:]:
        page = Path(name).resolve()
        with tempfile.TemporaryDirectory() as folder:
            lay_cases(Path(folder))
            page.write_text(rewritten(page, run_page(page, Path(folder), tested=False)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

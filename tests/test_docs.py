"""The documentation: every page is reached, every link leads somewhere, every example is an example."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import textwrap
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
import typer
import yaml
from docs import examples
from docs.write_notebook import NOTEBOOK, notebook

import travesia
from travesia.cli import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [page.relative_to(ROOT).as_posix() for page in examples.pages()]
LANGUAGES = {"", "sh", "python", "text", "yaml", "json", "csv", "{toctree}", "{eval-rst}"}
PLACEHOLDERS = re.compile(r"\b(SCENARIO|FLEE_FOLDER|FOLDER|CASES|FILE)\b")
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PAGES)
def test_every_block_is_run_or_says_why_not(name: str) -> None:
    for block in examples.blocks(ROOT / name):
        where = f"{name}:{block.line}"
        assert block.language in LANGUAGES, where
        block.as_tested()
        if block.runs:
            assert not PLACEHOLDERS.search(block.code), f"{where} cannot be run: mark it `not run: why`"
        if block.not_run:
            assert len(block.not_run.split()) >= 3, f"{where}: say why it is not run"


@pytest.mark.parametrize("name", PAGES)
def test_every_command_shown_is_one(name: str) -> None:
    """Also of the examples that are not run: each option is known and fits."""
    for block in examples.blocks(ROOT / name):
        if block.language != "sh":
            continue
        for line in examples.whole_lines(block.code):
            if not line.startswith("travesia ") or "$(" in line:
                continue
            words = shlex.split(re.split(r"\s(?:\d?>|\||&)", line)[0], comments=True)[1:]
            if words[0].startswith("-"):
                continue
            assert words[0] in COMMANDS, f"{name}:{block.line}: {line}"
            COMMANDS[words[0]].make_context(words[0], words[1:])


def test_the_tutorial_shows_what_its_commands_print(tmp_path: Path) -> None:
    page = DOCS / "tutorial.md"
    found = examples.run_page(page, tmp_path)
    assert len(found) > 8
    for block, printed in found.items():
        told = examples.shown(page, block)
        remedy = "python -m docs.examples docs/tutorial.md docs/tutorial.es.md; python -m docs.write_notebook"
        assert examples.agrees(told, printed), f"line {block.line}; {remedy}\n{printed}"


def test_the_tutorial_in_spanish_has_the_same_examples() -> None:
    english, spanish = (DOCS / name for name in ("tutorial.md", "tutorial.es.md"))
    for one, other in zip(examples.blocks(english), examples.blocks(spanish), strict=True):
        if one.runs:
            assert other.code.replace(" --lang es", "") == one.code
            assert examples.shown(spanish, other) == examples.shown(english, one)


def test_the_notebook_is_the_tutorial() -> None:
    written = NOTEBOOK.read_text(encoding="utf-8")
    assert written == notebook(), "run python -m docs.write_notebook"
    nbformat.validate(nbformat.reads(written, as_version=4))


def test_what_is_shown_may_leave_out_lines_but_not_change_them() -> None:
    assert examples.agrees("a\n…\nd", "a\nb\nc\nd")
    assert examples.agrees("took 3 s", "took 12.5 s")
    assert not examples.agrees("a\n…\nd", "a\nb\nc\ne")
    assert not examples.agrees("a\nd", "a\nb\nd")


def links(page: Path) -> list[str]:
    """Targets of the links and pictures of a page, outside of code."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
    return re.findall(r"\]\(<?([^)>\s]+)>?\)", text)


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_to_a_file(name: str) -> None:
    page = ROOT / name
    inside = [link.partition("#")[0] for link in links(page) if not re.match(r"https?://|mailto:", link)]
    assert [link for link in inside if link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_is_named_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:src|tests|verification|benchmarks|docs)/[\w./-]+\.(?:py|json|csv|md|toml))`", text
    )
    assert [path for path in named if not (ROOT / path).exists() and "/mine." not in path] == []


def test_the_model_card_says_what_the_readme_says() -> None:
    """Numbers of the card stand on the main page, where the tests of each keep them true."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    card = (DOCS / "model-card.md").read_text(encoding="utf-8")
    answers = re.findall(r"^\| [^|]+ \| ([^|]+) \| \[", card, flags=re.M)
    assert len(answers) >= 8
    for answer in answers:
        numbers = re.findall(r"\d[\d.,]*(?: to \d[\d.,]*)?", answer)
        assert all(number in readme for number in numbers), answer


class Resources(HTMLParser):
    """What a built page loads, and where it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag in ("script", "img", "source", "iframe") and "src" in given:
            self.loaded.append(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(given["href"])
        if tag == "a" and "href" in given:
            self.linked.append(given["href"])
        self.names.add(given.get("id", ""))


@pytest.mark.filterwarnings("ignore")  # of the program that builds it; its own warnings about pages fail
def test_the_site_is_built_without_a_warning_loads_nothing_and_every_link_resolves(tmp_path: Path) -> None:
    from sphinx.cmd.build import build_main

    assert build_main(["-q", "-W", "--keep-going", "-b", "html", str(DOCS), str(tmp_path)]) == 0
    read: dict[Path, Resources] = {}
    for page in tmp_path.rglob("*.html"):
        read[page] = Resources()
        read[page].feed(page.read_text(encoding="utf-8"))
    assert len(read) > 25
    for page, found in read.items():
        assert [name for name in found.loaded if re.match(r"(https?:)?//", name)] == [], page.name
        for link in found.linked:
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            if anchor and target in read:
                assert anchor in read[target].names, f"{page.name}: {link}"
    assert "<math" in (tmp_path / "forecast.html").read_text(encoding="utf-8"), (
        "browsers draw formulas themselves"
    )


def test_the_reference_of_python_has_every_public_name() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^\.\. auto\w+:: travesia\.(\w+)$", page, flags=re.M)
    assert sorted(named) == sorted(travesia.__all__)


# Those that compute something by a formula, and where their docstring must say it comes from.
FORMULAS = ("benchmark", "forecast", "needs", "scores", "simulate", "sweep")
SOURCE = re.compile(r"\b\d{4}\)|docs/\w+\.md")


def members(name: str) -> list[tuple[str, Any]]:
    """A public name and the public functions it has."""
    thing = getattr(travesia, name)
    inner = vars(thing).items() if inspect.isclass(thing) else ()
    return [
        (name, thing),
        *(
            (f"{name}.{key}", value)
            for key, value in inner
            if not key.startswith("_") and inspect.isfunction(value)
        ),
    ]


@pytest.mark.parametrize("name", travesia.__all__)
def test_every_public_name_says_what_it_takes_and_raises(name: str) -> None:
    for called, thing in members(name):
        text = " ".join((inspect.getdoc(thing) or "").split())
        assert re.match(r"[A-Z].*?[.:;]", text), f"{called} has no docstring"
        if not inspect.isfunction(thing):
            continue
        for parameter in inspect.signature(thing).parameters:
            said = re.search(rf"\b{parameter}\b", text)
            assert said or parameter == "self" or is_subject(thing, parameter), f"{called}: {parameter}"
        tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
        errors = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
        raised = {e.func.id for e in errors if isinstance(e, ast.Call) and isinstance(e.func, ast.Name)}
        assert [error for error in sorted(raised) if error not in text] == [], called


def is_subject(thing: Any, parameter: str) -> bool:
    """Whether it is named for its type, so that its type says it all (`scenario: Scenario`)."""
    return str(inspect.signature(thing).parameters[parameter].annotation).lower().endswith(parameter)


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_says_where_it_comes_from(name: str) -> None:
    assert SOURCE.search(inspect.getdoc(getattr(travesia, name)) or ""), f"travesia.{name} names no source"


def test_the_citation_is_complete() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "date-released", "license"} <= set(
        citation
    )
    assert citation["cff-version"] == "1.2.0"
    assert all({"name"} <= set(author) or {"family-names"} <= set(author) for author in citation["authors"])


def test_the_workflow_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    assert ".ci/run" in steps
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    assert [step for step in steps if step.startswith("make ") and step.split()[1] not in targets] == []

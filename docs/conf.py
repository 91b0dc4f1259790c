"""The documentation site: `make docs` builds it into build/site; warnings are errors, nothing comes from elsewhere."""

from __future__ import annotations

import re
from html import unescape
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from docutils.utils.math.latex2mathml import tex2mathml

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

HERE = Path(__file__).resolve().parent

project = "Travesía"
author = project_copyright = "Travesía contributors"
version = release = version_of("travesia")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["requirements.txt"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4
suppress_warnings: list[str] = []  # none: a warning is an error

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "exclude-members": "__new__, __init__"}
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"Travesía {version}"
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
highlight_language = "text"

INDEX_MARK = "<!-- pages that no list names -->"
HISTORY_MARK = "<!-- results that changed -->"
NAMED_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;")  # HTML has them, XML does not


def pages() -> list[str]:
    """Every page of the site but the index, as the lists of contents name them."""
    found = (path.relative_to(HERE).with_suffix("").as_posix() for path in HERE.rglob("*.md"))
    return sorted(set(found) - {"index"})


def take_in_new_pages(_: Sphinx, docname: str, source: list[str]) -> None:
    """Pages that no list of index.md names yet are listed at its end, so that no page is ever lost."""
    if docname == "index":
        named = set(re.findall(r"^([\w./-]+)$", source[0], flags=re.M))
        source[0] = source[0].replace(INDEX_MARK, "\n".join(page for page in pages() if page not in named))


def take_in_changes(_: Sphinx, docname: str, source: list[str]) -> None:
    """The history of results is what CHANGELOG.md says of each version."""
    if docname == "history":
        source[0] = source[0].replace(HISTORY_MARK, changes_of_results())


def changes_of_results() -> str:
    """For each version, the entries of CHANGELOG.md under *Results change* and those that say so themselves."""
    found = []
    for version_text in re.split(
        r"^## ", (HERE.parent / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.M
    )[1:]:
        title, _, body = version_text.partition("\n")
        entries = [
            f"- {entry.strip()}"
            for part in re.split(r"^### ", body, flags=re.M)[1:]
            for entry in re.split(r"^- ", part, flags=re.M)[1:]
            if part.startswith("Results change") or "*Results change*" in entry
        ]
        found.append("\n".join([f"## {title}\n", *(entries or ["No change of results."])]))
    return "\n\n".join(found)


def outside_links(_: Sphinx, docname: str, source: list[str]) -> None:
    """A link to a folder or page of the repository becomes its name; one to what is not there is an error."""
    here = (HERE / docname).parent

    def named(link: re.Match[str]) -> str:
        path = (here / link["path"]).resolve()
        of_repository = path.is_dir() or (path.is_file() and path.suffix == ".md")
        return f"`{link['text']}`" if of_repository and not path.is_relative_to(HERE) else link[0]

    source[0] = re.sub(r"\[(?P<text>[^\]\n]+)\]\((?P<path>\.\./[^)#\s]+)\)", named, source[0])


def mathml(tex: str, *, block: bool) -> str:
    """A formula as MathML, which browsers draw themselves."""
    written = re.sub(NAMED_ENTITY, lambda found: unescape(found[0]), tex2mathml(tex, as_block=block))
    ElementTree.fromstring(written)  # well formed, or this build fails
    return written


def inline_math(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    from docutils.nodes import SkipNode

    writer.body.append(mathml(node.astext(), block=False))
    raise SkipNode


def block_math(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    from docutils.nodes import SkipNode

    writer.body.append(f"<div>{mathml(node.astext(), block=True)}</div>")
    raise SkipNode


def house_docstring(
    _: Sphinx, what: str, name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Docstrings are plain words: what reStructuredText would take for markup is kept as it stands."""
    lines[:] = [re.sub(r"([*|\\])", r"\\\1", line.replace("`", "``").replace("````", "``")) for line in lines]


def setup(app: Sphinx) -> None:
    """Connect the above."""
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("source-read", take_in_new_pages)
    app.connect("source-read", take_in_changes)
    app.connect("source-read", outside_links)
    app.connect("autodoc-process-docstring", house_docstring)

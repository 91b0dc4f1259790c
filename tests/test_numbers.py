"""What pages say is what the files of results say: tables, and numbers within sentences."""

from __future__ import annotations

import re
from types import ModuleType

import pytest
from docs import (
    figures,
    write_allocation,
    write_corridor,
    write_corridor_forecast,
    write_numbers,
    write_readme,
)
from docs.write_numbers import ROOT, said

from travesia.ensemble import simulate
from travesia.folder import read_scenario


@pytest.mark.parametrize("name", write_numbers.PAGES)
def test_a_page_has_the_numbers_of_the_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert write_numbers.page(name, text) == text, "python -m docs.write_numbers"


@pytest.mark.parametrize("module", [write_allocation, write_corridor, write_corridor_forecast])
def test_a_page_is_as_its_results_were_kept(module: ModuleType) -> None:
    text = module.PAGE.read_text(encoding="utf-8")
    assert module.page(text) == text, f"python -m {module.__name__}"


def test_every_program_that_makes_numbers_is_there_and_told() -> None:
    text = figures.PAGE.read_text(encoding="utf-8")
    assert figures.page(text) == text, "python -m docs.figures --list"
    for program in figures.PROGRAMS:
        for name in program.writes:
            assert (ROOT / name).exists(), name
    results = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.csv")} - figures.INPUTS
    assert results <= {name for program in figures.PROGRAMS for name in program.writes}


def test_the_caravan_of_the_readme_is_what_a_run_gives() -> None:
    scenario = read_scenario("caravan-2021")
    result = simulate(scenario, replicates=write_readme.REPLICATES, seed=write_readme.SEED)
    for name, language in write_readme.PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        assert write_readme.caravan_table(result, language=language) in text, "python -m docs.write_readme"


def test_both_readmes_show_the_same() -> None:
    """Marks, pictures and the numbers of generated tables, row by row."""
    english, spanish = ((ROOT / name).read_text(encoding="utf-8") for name in write_readme.PAGES)
    for pattern in (r"<!-- ([\w-]+-table) -->", r"!\[[^]]*\]\(([^)]+)\)"):
        assert [name.replace(".es.", ".") for name in re.findall(pattern, spanish)] == re.findall(
            pattern, english
        )
    rows = [re.findall(r"^\| .*\|$", text, flags=re.M) for text in (english, spanish)]
    digits = [[re.sub(r"\D", "", row) for row in of] for of in rows]
    assert digits[1] == digits[0]


def test_a_number_is_put_where_its_sentence_has_it() -> None:
    text = "It holds 7 %\nof the\ncounts, and 3 of 4."
    assert said(text, "holds {} of the counts, and {} of", ["85 %", "1"]) == (
        "It holds 85 %\nof the\ncounts, and 1 of 4."
    )
    assert said(text, "holds {} of the", ["7 %"]) == text
    with pytest.raises(ValueError, match="stands 0 times"):
        said(text, "had {} of the", ["1"])
    with pytest.raises(ValueError, match="stands 2 times"):
        said(text + text, "holds {} of", ["1"])


def test_numbers_in_spanish() -> None:
    assert write_readme.in_spanish("1,000.5 of 0.25, 3, or 14,000.") == "1000.5 of 0.25, 3, or 14\u202f000."

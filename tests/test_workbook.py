"""Workbooks hold whatever text a scenario has."""

from __future__ import annotations

from io import BytesIO

import pandas as pd
import pytest
from openpyxl import load_workbook

from travesia.cli_explain import explain
from travesia.publishing.about import About
from travesia.publishing.sheets import Column, Sheet
from travesia.publishing.workbook import workbook_bytes


def test_signs_that_no_workbook_can_hold_are_escapes() -> None:
    names = pd.DataFrame({"name": ["\x1b[31mred\x1b[0m", "\x00", "two\nlines", "\uffff"]}, dtype="str")
    sheet = Sheet("names", "Names.", (Column("name", "A name."),), names)
    book = load_workbook(BytesIO(workbook_bytes(About("=1+1\x1b[31m", {}), [sheet])))
    told = [row[0] for row in book["names"].values]
    assert told == ["name", "\\x1b[31mred\\x1b[0m", "\\x00", "two\nlines", "\\uffff"]
    assert book.properties.title == "'=1+1\\x1b[31m"


def test_a_message_of_a_bug_does_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(KeyError("\x1b[31mred"), ["run"]) == 1
    assert explain(RuntimeError("\x1b[31mred"), ["run"]) == 1
    assert "\x1b" not in capsys.readouterr().err

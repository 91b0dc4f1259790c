"""Tables that are handed out: few people, signs that spreadsheets run, tags, and the cover of a workbook."""

from __future__ import annotations

from io import BytesIO, StringIO

import pandas as pd
from openpyxl import load_workbook

from travesia.labels import published_label
from travesia.publishing.about import About, Source
from travesia.publishing.sheets import Column, Sheet, csv_text, frame_of, parquet_bytes
from travesia.publishing.workbook import workbook_bytes

COLUMNS = (
    Column("date", "Day.", "date", hxl="#date"),
    Column("place", "Place.", hxl="#loc"),
    Column("people", "Simulated.", "number", "people", "#affected", counts=True),
    Column("reported", "Reported.", "number", "people", "#affected+reported"),
)
ROWS = [
    ("2021-01-14", "=HYPERLINK(1)", 5.0, 5.0),
    ("2021-01-15", 'a "b", c', -5.0, -3.5),
    ("2021-01-16", "@x", 1400.0, None),
    (None, "", None, 0.0),
]
SHEET = Sheet("people", "People at places.", COLUMNS, frame_of(COLUMNS, ROWS))
ABOUT = About(
    "Small",
    {"seed": "7", "sensitivity": "public", "replay": "travesia run small"},
    (Source("-S", "u", "2021", "CC0"),),
)


def test_few_people_are_told_as_few_and_reported_figures_as_they_are() -> None:
    found = pd.read_csv(StringIO(csv_text(SHEET).decode()), dtype=str, keep_default_na=False)
    assert found["people"].tolist() == ["<10", ">-10", "1400", ""]
    assert found["reported"].tolist() == ["5", "-3.5", "", "0"]
    assert found["date"].tolist() == ["2021-01-14", "2021-01-15", "2021-01-16", ""]
    assert found["place"].tolist() == ["'=HYPERLINK(1)", 'a "b", c', "'@x", ""]


def test_exact_rows_tell_five_as_five() -> None:
    words = pd.Series(["exact", "two figures", "two figures", "two figures"])
    columns = (*COLUMNS, Column("rounded", "How."))
    found = csv_text(Sheet("t", "", columns, SHEET.frame.assign(rounded=words))).decode().splitlines()
    assert found[1].endswith(',5,5,"exact"')
    assert found[2].endswith(',">-10",-3.5,"two figures"')


def test_tags_stand_under_the_header() -> None:
    lines = csv_text(SHEET, hxl=True).decode().splitlines()
    assert lines[1] == '"#date","#loc","#affected","#affected+reported"'
    assert len(lines) == len(ROWS) + 2


def test_parquet_has_numbers_units_and_where_it_came_from() -> None:
    from pyarrow import parquet

    found = parquet.read_table(BytesIO(parquet_bytes(SHEET, ABOUT)))
    assert found["people"].to_pylist() == [5, -5, 1400, None]
    assert found["place"].to_pylist()[0] == "=HYPERLINK(1)"
    assert found.schema.field("people").metadata[b"unit"] == b"people"
    assert b'"sensitivity": "public"' in found.schema.metadata[b"travesia"]


def test_a_workbook_has_a_cover_a_person_can_read() -> None:
    book = load_workbook(BytesIO(workbook_bytes(ABOUT, [SHEET], hxl=True)))
    assert book.sheetnames == ["about", "people"]
    cover = [[cell for cell in row if cell is not None] for row in book["about"].values]
    assert cover[0] == ["Small"]
    assert ["Seed", "7"] in cover
    assert ["Sensitivity", "public"] in cover
    assert ["people", "Simulated.", "people", "people"] in cover
    assert ["'-S", "u", "2021", "CC0"] in cover
    rows = list(book["people"].values)
    assert rows[1] == ("#date", "#loc", "#affected", "#affected+reported")
    assert rows[2][1:] == ("'=HYPERLINK(1)", "<10", 5)
    assert f"{rows[2][0]:%Y-%m-%d}" == "2021-01-14"
    assert all(cell.data_type != "f" for page in book for row in page.rows for cell in row)


def test_the_label_says_who_may_have_it() -> None:
    assert published_label(["CC0-1.0"], coarse=False).startswith("public")
    assert "month" in published_label([], coarse=True)
    assert published_label(["CC0-1.0", "Restricted: own account"], coarse=False).startswith("restricted")

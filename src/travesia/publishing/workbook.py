"""Workbooks (XLSX): a cover sheet that a person can read, then one sheet for each table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from travesia.publishing.about import About
from travesia.publishing.sheets import Sheet, cells, safe

COVER = "about"
_WIDTHS = (26, 90, 14, 40)
_MOST_WIDE, _LEAST_WIDE = 40, 9


def workbook_bytes(about: About, sheets: Sequence[Sheet], *, hxl: bool = False) -> bytes:
    """A workbook: the cover `about`, then the tables; no cell is a formula.

    about : where the tables came from. sheets : the tables. hxl : add a row of HXL tags under each header.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.title = safe(about.title)
    book.properties.creator = about.facts.get("version", "travesia")
    book.properties.keywords = about.facts.get("sensitivity", "")
    _put_cover(book, about, sheets)
    for sheet in sheets:
        _put_sheet(book, sheet, hxl=hxl and sheet.has_tags())
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _put_cover(book: Any, about: About, sheets: Sequence[Sheet]) -> None:
    page = book.create_sheet(COVER)
    for letter, width in zip("ABCD", _WIDTHS, strict=True):
        page.column_dimensions[letter].width = width

    def put(*texts: str, bold: bool = False) -> None:
        page.append([_text(page, text, bold=bold) for text in texts])

    put(about.title, bold=True)
    put()
    for name, value in about.facts.items():
        page.append([_text(page, _words(name), bold=True), _text(page, value)])
    put()
    put("Sheet", "What it has", bold=True)
    for sheet in sheets:
        put(sheet.name, sheet.description)
    put()
    put("Column", "What it means", "Unit", "Sheets", bold=True)
    for name, (meaning, unit, where) in _columns(sheets).items():
        put(name, meaning, unit, ", ".join(where))
    if about.sources:
        put()
        put("Source", "Where", "Date", "Licence", bold=True)
        for source in about.sources:
            put(source.title, source.url, source.date, source.licence)


def _columns(sheets: Sequence[Sheet]) -> dict[str, tuple[str, str, list[str]]]:
    """Each column once: its meaning, unit and the sheets that have it; apart where it means something else there."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for sheet in sheets:
        for column in sheet.columns:
            found.setdefault((column.name, column.description, column.unit), []).append(sheet.name)
    names: dict[str, tuple[str, str, list[str]]] = {}
    for (name, meaning, unit), where in found.items():
        names[name if name not in names else f"{name} ({', '.join(where)})"] = (meaning, unit, where)
    return names


def _put_sheet(book: Any, sheet: Sheet, *, hxl: bool) -> None:
    page = book.create_sheet(sheet.name)
    page.freeze_panes = "A3" if hxl else "A2"
    for number, column in enumerate(sheet.columns, start=1):
        texts = sheet.frame[column.name].head(200).astype(str) if column.kind == "string" else ()
        width = max((len(text) for text in (column.name, *texts)), default=0) + 2
        page.column_dimensions[_letter(number)].width = min(_MOST_WIDE, max(_LEAST_WIDE, width))
    page.append([_text(page, column.name, bold=True) for column in sheet.columns])
    if hxl:
        page.append([_text(page, column.hxl) for column in sheet.columns])
    for row in cells(sheet):
        page.append([_day(page, cell) if isinstance(cell, date) else cell for cell in row])


def _text(page: Any, text: str, *, bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(page, value=safe(text))
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _day(page: Any, day: date) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, value=day)
    cell.number_format = "yyyy-mm-dd"
    return cell


def _letter(number: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()

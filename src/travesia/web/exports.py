"""The tables of a run as the page hands them out, as CSV and XLSX."""

from __future__ import annotations

from typing import Literal

from travesia.publishing.about import about_view
from travesia.publishing.runsheets import run_sheets
from travesia.publishing.sheets import csv_text
from travesia.publishing.workbook import workbook_bytes
from travesia.web.shapes import Network, RunView

Table = Literal["people", "flows", "quantities", "totals"]
Format = Literal["csv", "xlsx"]
MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def table_bytes(network: Network, run: RunView, table: Table, kind: Format) -> bytes:
    """One table of a run as a file; cells that a spreadsheet would run as a formula begin with an apostrophe.

    network, run : as shown. table, kind : which, and as what.
    """
    sheet = run_sheets(network, run)[table]
    if kind == "csv":
        return csv_text(sheet)
    return workbook_bytes(about_view(network, run), [sheet])

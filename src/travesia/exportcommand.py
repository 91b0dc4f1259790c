"""The command `export`: a run, a forecast or a comparison as files for other people and other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from travesia import terminal
from travesia.arguments import SettingsFile
from travesia.files import refuse_full

EXAMPLE = "Example: travesia export runs/caravan-2021-1 -o published --format csv,xlsx,gpkg"


def export(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="What `travesia run`, `forecast -o` or `compare -o` wrote."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to; not there yet, or empty.")
    ],
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="LIST",
            help="Any of csv, xlsx, parquet, geojson, gpkg, netcdf, with commas between.",
        ),
    ] = "csv,xlsx",
    hxl: Annotated[
        bool, typer.Option("--hxl", help="Add a row of HXL tags under the headers of CSV and XLSX.")
    ] = False,
    comparison: Annotated[
        Path | None,
        typer.Option(
            "--comparison", metavar="FOLDER", help="What `travesia compare -o` wrote, beside a run."
        ),
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Write a run, forecast or comparison as files to hand out.

    Tables, a workbook, maps, arrays.

    What may be published is told, and nothing else: simulated counts in two figures, few people as <10, reported
    counts withheld where they are of few people or would reveal some, journeys of the last 12 months by area and
    month. Every file says where it came from and how it may be treated; the folder is a Data Package.
    """
    refuse_full(output)

    from travesia.publishing.contents import published
    from travesia.publishing.folder import formats_of, write_published

    wanted = formats_of(formats)
    found = published(folder, comparison=comparison, settings=settings)
    written = write_published(found, output, formats=wanted, hxl=hxl)
    terminal.say(f"{found.about.facts['sensitivity']}: see datapackage.json")
    for path in sorted(written.iterdir(), key=lambda path: path.name):
        print(output / path.name)

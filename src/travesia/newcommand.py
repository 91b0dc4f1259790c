"""The command `new`: a scenario to start from, as an example or from a list of places."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from travesia import terminal
from travesia.errors import ScenarioError, UsageError
from travesia.files import refuse_full

EXAMPLE = "Example: travesia new mycase --from places.csv --nearest 5"


def new(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder to make; it must not exist or be empty.")
    ],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The scenario's name; the folder's name if not given.")
    ] = "",
    places: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Places (CSV: name, lat, lon, kind, country …) to join by legs."
        ),
    ] = None,
    nearest: Annotated[
        int | None,
        typer.Option(metavar="K", min=1, help="Join each place with up to K near ones; 4 if not given."),
    ] = None,
    factor: Annotated[
        float | None,
        typer.Option(metavar="F", min=1, help="Length of a way by its great circle; 1.3 if not given."),
    ] = None,
    roads: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Lengths by road, from an extract of OpenStreetMap (.osm.pbf)."),
    ] = None,
) -> None:
    """Make the smallest scenario, or one from a list of places.

    With --from, legs join near places; a leg is left out where a way through others is hardly longer, and every place
    is reached. Look at network.png; what is still to be filled in is told.
    """
    called = name or folder.resolve().name.lower().replace(" ", "-")
    if places is not None:
        _from_list(folder, called, places, nearest=nearest, factor=factor, roads=roads)
        return
    if nearest is not None or factor is not None or roads is not None:
        raise UsageError("--nearest, --factor and --roads are for a list of places; name it with --from")
    from travesia.folder import new_scenario

    new_scenario(folder, called)
    print(folder)
    terminal.say(f"Edit its files, then: travesia check {shlex.quote(str(folder))}")


def _from_list(
    folder: Path, name: str, places: Path, *, nearest: int | None, factor: float | None, roads: Path | None
) -> None:
    from datetime import date

    from travesia.captions import png
    from travesia.folder import check, scenario_name, write_scenario
    from travesia.placelist import from_places, read_places, with_roads_source
    from travesia.plotnetwork import network_figure
    from travesia.roadnet import NEAREST, ROADS_PER_STRAIGHT_KM

    refuse_full(folder)
    by_road = None
    if roads is not None:
        from travesia.roads import road_km

        listed = read_places(places)
        terminal.say(f"Reading {roads} …")
        by_road = road_km(roads, *(listed[column].to_numpy(dtype=float) for column in ("lat", "lon")))
    built = from_places(
        places,
        name=scenario_name(name),
        today=date.today(),
        roads_km=by_road,
        nearest=nearest or NEAREST,
        factor=factor or ROADS_PER_STRAIGHT_KM,
    )
    scenario = built.scenario
    if roads is not None:
        scenario = with_roads_source(scenario, file=roads.name, today=date.today())
        lost = int((scenario.legs["source"] != "roads").sum())
        terminal.say(f"{lost} of {len(scenario.legs)} legs have no road: great circle times factor there")
    problems = check(scenario)
    if any(problem.level == "error" for problem in problems):
        raise ScenarioError(problems)
    write_scenario(scenario, folder, beside={"network.png": png(network_figure(scenario), scenario)})
    print(folder)
    terminal.say("Still to be filled in:")
    for line in built.remaining:
        terminal.say(f"  {line}")
    terminal.say(f"Then: travesia check {shlex.quote(str(folder))}")

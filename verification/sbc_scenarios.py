"""Two small scenarios for simulation-based calibration, one of each rule; their figures are replaced by made ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from travesia import Scenario, read_scenario

ROAD = {
    "scenario.yaml": """\
name: road
title: {en: A road with a shelter and a checkpoint}
start: 2021-01-01
days: 60
movement:
  {rule: goal, leg_cost: 1.0, cost_per_km: detour, speed_km_per_day: {walk: 30, bus: 240}, give_up_per_day: 0.02}
parameters:
  leaving: {value: 0.0008, prior: {kind: lognormal, low: 0.0004, high: 0.0016}, source: made_up}
  detour: {value: 0.006, prior: {kind: uniform, low: 0.002, high: 0.01}, source: made_up}
  stay: {value: 4.5, prior: {kind: lognormal, low: 2, high: 10}, source: made_up}
  stopped: {value: 0.3, prior: {kind: beta, low: 0.1, high: 0.6}, source: made_up}
groups: {travel: {alone: {adults: 1}}}
policies: {actual: {}}
outputs:
  by: [travel]
  quantities:
    stopped_there: {events: [checkpoint]}
    came: {outcomes: [arrived]}
licence: CC0-1.0
""",
    "places.csv": """\
place,name,kind,country,lat,lon,population,stay_mean_days,source
home,Home,town,AAA,15,-88,500000,0,made_up
border,Border,crossing,AAA,15.5,-90,0,1,made_up
shelter,Shelter,shelter,BBB,16,-91,0,stay,made_up
city,City,destination,BBB,18,-93,900000,0,made_up
""",
    "legs.csv": """\
leg,from,to,distance_km,mode,source
road,home,border,230,bus,made_up
path,border,shelter,120,walk,made_up
highway,shelter,city,310,bus,made_up
bypass,border,city,420,walk,made_up
""",
    "destinations.csv": "destination,share,source\ncity,1,made_up\n",
    "departures.csv": """\
departure,kind,place,rate_per_day,source
trickle,rate,home,leaving,made_up
""",
    "measures.csv": """\
measure,policy,kind,place,share,target,source
checkpoint,actual,return,shelter,stopped,home,made_up
""",
    "sources.csv": "source,title,date\nmade_up,Made up,2021\n",
}
"""People leave at a rate, and pass a shelter or go round it."""

CAMPS = {
    "input_csv/locations.csv": """\
#name,region,country,latitude,longitude,location_type,conflict_date,population
Alpha,North,Here,10.0,20.0,conflict_zone,0,500000
Beta,North,Here,10.5,20.5,town,,20000
Gamma,South,Here,9.5,20.5,town,,8000
Near,East,There,10.0,22.0,camp,,
Middle,East,There,9.0,22.0,camp,,
Far,East,There,8.0,22.0,camp,,
""",
    "input_csv/routes.csv": """\
#name1,name2,distance,forced_redirection
Alpha,Beta,80,
Alpha,Gamma,120,
Beta,Near,150,
Gamma,Middle,260,
Beta,Far,500,
""",
    "input_csv/conflicts.csv": "#Day,Alpha\n" + "".join(f"{day},1\n" for day in range(40)),
    "input_csv/closures.csv": "#closure_type,name1,name2,closure_start,closure_end\n",
    "input_csv/sim_period.csv": "StartDate,2015-03-01\nLength,40\n",
    "input_csv/registration_corrections.csv": "#camp,date\n",
    "source_data/data_layout.csv": "total,total.csv\nNear,near.csv\nMiddle,middle.csv\nFar,far.csv\n",
    **{
        f"source_data/{name}.csv": "2015-03-01,0\n2015-04-20,1000\n"
        for name in ("total", "near", "middle", "far")
    },
    "simsetting.yml": """\
spawn_rules:
  insert_day0: True
  conflict_driven_spawning:
    spawn_mode: constant
    displaced_per_conflict_day: 400
move_rules:
  max_move_speed: 200.0
  awareness_level: 1
""",
}
"""A fixed number leaves a day, for three camps that are nearer and farther."""


def road() -> Scenario:
    """The scenario of rule goal."""
    flows = [
        {"quantity": quantity, "place": "", "date_from": day, "date_to": day + 9, "kind": "flow"}
        for quantity in ("came", "stopped_there")
        for day in range(0, 60, 10)
    ]
    stocks = [_stock("shelter", day) for day in range(5, 60, 6)]
    return _with_figures(_read(ROAD), [*flows, *stocks])


def camps() -> Scenario:
    """The scenario of rule flee, which begins with the people counted on day 0."""
    at_first = {"Near": 300.0, "Middle": 200.0, "Far": 100.0}
    days = (0, 5, 10, 14, 20, 25, 32, 39)
    rows = [_stock(place, day) | {"value": value} for place, value in at_first.items() for day in days]
    return _with_figures(_read(CAMPS), rows)


SCENARIOS: Mapping[str, tuple[Callable[[], Scenario], tuple[str, ...]]] = {
    "road": (road, ()),
    "camps": (camps, ("default_movechance", "camp_movechance", "distance_power")),
}
"""How each is made, and what is not known of it (blank: its parameters)."""


def _read(files: Mapping[str, str]) -> Scenario:
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_scenario(folder)


def _stock(place: str, day: int) -> dict[str, object]:
    return {"quantity": "present", "place": place, "date_from": day, "date_to": day, "kind": "stock"}


def _with_figures(scenario: Scenario, rows: list[dict[str, object]]) -> Scenario:
    """The scenario with figures whose values do not matter yet, but for those that a run begins with."""
    table = pd.DataFrame([{"value": 1.0, **row} for row in rows])
    start = pd.Timestamp(scenario.settings.start)
    table = table.assign(
        date_from=start + pd.to_timedelta(table["date_from"].astype(int), unit="D"),
        date_to=start + pd.to_timedelta(table["date_to"].astype(int), unit="D"),
        unit="people",
    ).reindex(columns=scenario.observations.columns)
    for name in table.columns:
        if scenario.observations[name].dtype != table[name].dtype:
            blank = "" if scenario.observations[name].dtype.kind not in "fM" else float("nan")
            table[name] = table[name].astype(object).where(table[name].notna(), blank)
            table[name] = table[name].astype(scenario.observations[name].dtype)
    return scenario.with_table("observations", table)

"""A small valid scenario for tests: every kind of row there is, few of each."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from travesia.folder import read_scenario
from travesia.scenario import Scenario

SMALL = {
    "scenario.yaml": """\
name: small
title: {en: Small, es: Pequeño}
start: 2021-01-14
days: 30
movement:
  rule: goal
  leg_cost: 1.5
  cost_per_km: detour
  news_delay_days_per_100km: 0.5
  speed_km_per_day: {walk: 30, bus: 240}
  give_up_per_day: 0.02
parameters:
  detour: {value: 0.004, prior: {kind: uniform, low: 0.002, high: 0.006}, unit: 1/km, source: assumption}
  stopped: {value: 0.3, prior: {kind: beta, low: 0.1, high: 0.6}, source: report}
groups:
  travel:
    alone: {adults: 1}
    family: {adults: 2, children: 2, share: 0.4}
    parents: {adults: 2, share: 0}
    child: {children: 1, share: 0}
  caravan:
    none:
    first: {share: 0, speed_km_per_day: 60}
policies:
  actual:
  open: {include: [actual], off: [checkpoint]}
  half: {include: [actual], scale: {checkpoint: 0.5}}
  beds: {title: {en: More beds}, include: [actual]}
outputs:
  by: [travel, caravan]
  quantities:
    arrived: {outcomes: [arrived], cumulative: true}
    stopped: {events: [checkpoint, held]}
    on_the_road: {crossed: [road, border>shelter]}
    waiting: {present: [border, shelter]}
licence: CC0-1.0
""",
    "places.csv": """\
place,name,kind,country,lat,lon,population,capacity,stay_mean_days,source
home,Home,town,AAA,15,-88,50000,,0,report
border,Border,crossing,AAA,15.5,-90,0,,0.5,report
shelter,Shelter,shelter,BBB,16,-91,0,80,2,report
prison,Prison,detention,BBB,16,-91.5,0,50,0,report
city,City,destination,BBB,18,-93,900000,,0,report
""",
    "legs.csv": """\
leg,from,to,distance_km,mode,both_ways,source
road,home,border,230,bus,true,report
path,border,shelter,120,walk,true,report
highway,shelter,city,310,bus,true,report
bypass,border,city,420,walk,false,report
""",
    "destinations.csv": """\
groups,destination,share,source
caravan=none,city,0.9,report
caravan=none,shelter,0.1,report
caravan=first,city,1,report
""",
    "departures.csv": """\
departure,kind,place,date_from,date_to,people,rate_per_day,drivers,groups,source
march,known,home,2021-01-14,2021-01-16,300,,,caravan=first,report
there,present,shelter,,,20,,,caravan=none,report
trickle,rate,home,,,,0.0001,violence=detour,caravan=none,report
""",
    "drivers.csv": """\
driver,place,date,value,source
violence,home,2021-01-01,1,report
violence,home,2021-02-01,2,report
""",
    "measures.csv": """\
measure,policy,kind,place,leg,countries,date_from,date_to,groups,when,share,per_day,target,after_days,mean_days,multiplies,multiplier,capacity,source
checkpoint,actual,return,shelter,,,2021-01-18,,,,stopped,40,home,,,,,,report
held,actual,detain,,path,,,,travel=alone,,0.1,,prison,,,,,,report
freed,actual,release,prison,,,,,,,0.2,,shelter,,,,,,report
again,actual,retry,home,,,,,,,0.1,,,,,,,,assumption
apart,actual,separate,border,,,,,travel=family,,0.01,,party:travel=parents+child*2,,,,,,assumption
night,actual,shelter,shelter,,,,,,,,,,,,,,,report
shut,actual,close,,,AAA-BBB,2021-01-20,2021-01-22,,,,,,,,,,,report
wire,actual,share_information,,,,2021-01-20,,,,,,,,,checkpoint;held,1.5,,assumption
more,beds,capacity,shelter,,,2021-01-20,,,,,,,,,,,200,assumption
moved,actual,transfer,shelter,,,,,,,0.05,,border,,3,,,,assumption
""",
    "observations.csv": """\
quantity,place,area,date_from,date_to,kind,value,low,high,unit,reported_by,source
present,shelter,,2021-01-20,,stock,60,50,70,people,the shelter,report
arrived,,,2021-02-01,,cumulative,150,,,people,the city,report
""",
    "sources.csv": """\
source,title,date
report,Made up for the tests,2021
""",
}


def write_small_scenario(path: Path) -> Path:
    """Write the small scenario as a folder and give its path back.

    path : the folder; made if it does not exist.
    """
    path.mkdir(parents=True, exist_ok=True)
    for name, text in SMALL.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


def small_scenario() -> Scenario:
    """The small scenario, read."""
    with TemporaryDirectory() as folder:
        return read_scenario(write_small_scenario(Path(folder)))

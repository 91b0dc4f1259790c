"""The smallest scenario that runs, with comments: what `travesia new` writes."""

from __future__ import annotations


def starter_files(name: str) -> dict[str, str]:
    """The text of each file of a new scenario called `name`, by file name."""
    return {"scenario.yaml": _SETTINGS.replace("NAME", name)} | _TABLES


_SETTINGS = """\
# What a run needs besides the tables. Every setting: docs/reference-tables.md
name: NAME
title: {en: A new scenario, es: Un escenario nuevo}
start: 2021-01-14        # first day of the run
days: 60

movement:
  rule: goal             # people head for a destination; `flee`: they look for safety nearby
  leg_cost: 1.5          # cost of any leg; large enough that going round in circles does not pay
  cost_per_km: detour    # a number, or the name of a parameter below
  speed_km_per_day: {walk: 30, bus: 300}   # one for each mode in legs.csv
  give_up_per_day: 0.02  # share of those without an open way who give up, a day

parameters:              # numbers with a name; with a prior, runs draw from it
  detour:
    value: 0.004
    prior: {kind: uniform, low: 0.002, high: 0.006}
    unit: 1/km
    source: assumption
  stopped:
    value: 0.3
    prior: {kind: beta, low: 0.1, high: 0.6}
    source: assumption

groups:                  # what travels together; shares are of people
  travel:
    alone: {adults: 1}   # without a share: what is left
    family: {adults: 2, children: 2, share: 0.4}

policies:                # named sets of measures (measures.csv, column policy)
  actual:                # used when no --policy is given
    title: {en: As it is, es: Tal como es}
  no_checkpoint:         # everything in `actual`, without the checkpoint
    title: {en: No checkpoint, es: Sin control}
    include: [actual]
    off: [checkpoint]
  half_checkpoint:
    title: {en: Checkpoint at half strength, es: Control a la mitad}
    include: [actual]
    scale: {checkpoint: 0.5}

outputs:
  by: [travel]           # group attributes kept apart in the results
  quantities:
    arrived: {title: {en: Arrived, es: Llegaron}, outcomes: [arrived], cumulative: true}
    returned: {title: {en: Returned, es: Retornados}, events: [checkpoint]}

licence: CC0-1.0
"""

_TABLES = {
    "places.csv": """\
place,name,kind,country,lat,lon,population,stay_mean_days,source
home,Home town,town,AAA,15.0,-88.0,50000,0,made_up
border,Border,crossing,AAA,15.5,-90.0,0,0.5,made_up
shelter,Shelter,shelter,BBB,16.0,-91.0,2000,2,made_up
city,City,destination,BBB,18.0,-93.0,900000,0,made_up
""",
    "legs.csv": """\
leg,from,to,distance_km,mode,source
road,home,border,230,bus,made_up
path,border,shelter,120,walk,made_up
highway,shelter,city,310,bus,made_up
bypass,border,city,420,walk,made_up
""",
    "destinations.csv": """\
destination,share,source
city,1,made_up
""",
    "departures.csv": """\
departure,kind,place,date_from,date_to,people,source
first,known,home,2021-01-14,2021-01-20,1000,made_up
""",
    "measures.csv": """\
measure,policy,kind,place,date_from,share,target,source
checkpoint,actual,return,shelter,2021-01-18,stopped,home,made_up
again,actual,retry,home,,0.1,,made_up
""",
    "observations.csv": """\
quantity,date_from,kind,value,unit,source
arrived,2021-02-15,cumulative,400,people,made_up
""",
    "sources.csv": """\
source,title,date
made_up,Made up for this example,2021
""",
}

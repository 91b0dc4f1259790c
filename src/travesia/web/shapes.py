"""What is sent to the page and what it sends back, typed; the OpenAPI description comes from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=100)]
Numbers = list[float]
Gaps = list[float | None]
"""Numbers, with nothing where there is none."""
Words = dict[str, str]
"""A text by language."""
JobState = Literal["running", "stopped", "done", "failed"]
FolderKind = Literal["scenario", "run", "comparison", "forecast"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ErrorContent(_Shape):
    """What went wrong: a word for a machine, a sentence for a person, and each problem where there are several."""

    code: str
    message: str
    problems: list[str]


class Error(_Shape):
    """The one shape of every error."""

    error: ErrorContent


class Changes(_Shape):
    """All that may be changed. Where enforcement stands is not among it: that is in the packaged policies alone.

    policies : in force together. enforcement : turns each share p of holding, detaining and returning into
    1 − (1 − p)^m, at all places alike; 0 switches it off. beds : more beds by place. clinics : people treated a day at
    most, by place. departures : factor on the numbers of people who leave. health : the scenario's disease on or off.
    """

    policies: Annotated[list[Name], Field(min_length=1, max_length=8)] = ["actual"]
    enforcement: Annotated[float, Field(ge=0, le=4)] = 1.0
    beds: Annotated[dict[Name, Annotated[int, Field(ge=0, le=1_000_000)]], Field(max_length=200)] = {}
    clinics: Annotated[dict[Name, Annotated[int, Field(ge=0, le=1_000_000)]], Field(max_length=200)] = {}
    departures: Annotated[float, Field(ge=0, le=10)] = 1.0
    health: bool | None = None


class JobRequest(_Shape):
    """An ensemble to make: so many replicates of a scenario with changes."""

    scenario: Name
    changes: Changes = Changes()
    replicates: Annotated[int, Field(ge=2, le=500)] = 100
    seed: Annotated[int, Field(ge=0, le=2**53)] = 1


class CompareRequest(_Shape):
    """Two finished ensembles of the same scenario, seed and number of replicates."""

    before: Name
    after: Name


class NeedsRequest(_Shape):
    """What one place must provide in the central run."""

    place: Name
    changes: Changes = Changes()


class ScenarioEntry(_Shape):
    """A scenario that is served."""

    id: str
    title: Words


class PlaceView(_Shape):
    """A place. beds, clinics : whether more may be added there."""

    place: str
    name: str
    kind: str
    country: str
    area: str
    lat: float | None
    lon: float | None
    beds: bool
    clinics: bool


class LegView(_Shape):
    """Two neighbouring places, by their numbers; people go either way."""

    one: int
    other: int


class PolicyView(_Shape):
    """A packaged policy."""

    name: str
    title: Words
    note: str


class SourceView(_Shape):
    """Where figures came from."""

    source: str
    title: str
    url: str
    date: str


class Network(_Shape):
    """A scenario before it runs.

    coarse : a journey that ended less than 12 months ago is shown by area and month only. sensitivity : the label that
    travels with what is handed out.
    """

    id: str
    title: Words
    start: str
    days: int
    rule: Literal["goal", "flee"]
    coarse: bool
    sensitivity: str
    places: list[PlaceView]
    legs: list[LegView]
    policies: list[PolicyView]
    disease: str
    health: bool
    licence: str
    note: str
    sources: list[SourceView]


class Band(_Shape):
    """A series with the ends of its 90 % interval; these are left out in a central run."""

    median: Numbers
    low: Numbers | None = None
    high: Numbers | None = None


class Reported(_Shape):
    """A figure reported about the world.

    day : its number, from 0; the last one where it covers several. since : the first one. days : what to divide it by
    for it to stand beside the series of its quantity; 0 where it cannot. withheld : too few people to be told.
    """

    day: int
    since: str
    days: int
    value: float | None
    low: float | None
    high: float | None
    by: str
    source: str
    withheld: bool


class QuantityView(_Shape):
    """A quantity that is watched, or people present at a place with observations."""

    name: str
    place: str
    title: Words
    kind: Literal["stock", "flow", "cumulative"]
    band: Band
    reported: list[Reported]


class Total(_Shape):
    """A number at the end of a run, in two figures, 5 for fewer than ten; one that counts deaths is told exactly."""

    name: str
    title: str
    deaths: bool
    median: float
    low: float | None
    high: float | None
    modelled: bool


class RunView(_Shape):
    """A run as it is shown. Simulated counts have two figures; 5 stands for fewer than ten.

    people : at each place. flows : over each leg, either way, each day. capacity : of each place; none is null.
    """

    kind: Literal["central", "ensemble", "forecast"]
    policy: str
    replicates: int
    seed: int
    dates: list[str]
    people: list[Band]
    flows: list[Numbers]
    capacity: list[Gaps | None]
    quantities: list[QuantityView]
    totals: list[Total]
    seconds: float


class Need(_Shape):
    """One need of a place on its fullest day. people : it counts people, and is told as people are."""

    quantity: str
    people: bool
    who: str
    unit: str
    median: float
    low: float
    high: float


class NeedsView(_Shape):
    """What a place must provide on its fullest day. over : how likely its capacity is exceeded."""

    place: str
    date: str
    over: float | None
    first_over: str
    needs: list[Need]
    notes: list[str]


class JobView(_Shape):
    """An ensemble: how far it is. The run folder is its state, so it is found again after a restart."""

    id: str
    scenario: str
    changes: Changes
    replicates: int
    seed: int
    state: JobState
    done: int
    message: str


class Difference(_Shape):
    """What a change of policy changes in one number, told as `Total` is. probability : that it is above 0."""

    name: str
    title: str
    deaths: bool
    before: float
    after: float
    median: float
    low: float
    high: float
    probability: float
    by_definition: bool
    sign_open: bool


class ComparisonView(_Shape):
    """Paired differences of two ensembles."""

    before: JobView
    after: JobView
    differences: list[Difference]


class FolderEntry(_Shape):
    """Something that is served."""

    id: str
    kind: FolderKind
    title: Words


class FanView(_Shape):
    """The forecast of one place or quantity. place : its number, or nothing. days : of the run, as `reported`.

    quantiles : for each level, on each of the days.
    """

    name: str
    title: Words
    place: int | None
    days: list[int]
    quantiles: list[Numbers]
    reported: list[Reported]


class ForecastView(_Shape):
    """A forecast that was written. run : medians at places with 80 % intervals, on the days after the origin."""

    network: Network
    origin: str
    origin_day: int
    last_day: int
    levels: Numbers
    fans: list[FanView]
    run: RunView


class ParameterView(_Shape):
    """An assumption: its value, and the ends of its prior where it is uncertain."""

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    source: str
    note: str


class CaseView(_Shape):
    """What a policy changes against the first, where people respond to it so, over so many paired replicates."""

    reference: str
    policy: str
    response: str
    replicates: int
    differences: list[Difference]


class Titled(_Shape):
    """A quantity of a scenario's own, by its title in each language that it has."""

    name: str
    title: Words


class ComparedView(_Shape):
    """A comparison that was written. scenario : its name here; blank where it is not served.

    quantities : of the scenario's own. sensitivity : the label that travels with what is handed out. paired : over
    pairs of replicates; else of two central runs, without intervals.
    """

    id: str
    title: Words
    scenario: str
    policies: list[PolicyView]
    quantities: list[Titled]
    cases: list[CaseView]
    sensitivity: str
    replicates: int
    seed: int
    paired: bool


class Mover(_Shape):
    """How far one assumption moves one number."""

    parameter: str
    low: float
    high: float
    at_low: float
    at_high: float


class TornadoView(_Shape):
    """The assumptions that move a number most, the strongest first."""

    name: str
    title: str
    base: float
    movers: list[Mover]


class Claim(_Shape):
    """A claim of the public statement the packaged scenarios start from, and what was found."""

    n: int
    claim: Words
    verdict: Words
    figures: Words
    sources: list[SourceView]


class Replay(_Shape):
    """What gives the same result again, to the same bytes."""

    command: str
    seed: int
    policy: str
    replicates: int
    content_hash: str
    created: str
    versions: dict[str, str]


class Answer(_Shape):
    """What was simulated for the days of a figure. inside : whether the figure is within the 90 % interval."""

    median: float
    low: float | None
    high: float | None
    inside: bool | None


class ReportView(_Shape):
    """All that the one-file report shows. answers : to each figure reported, by quantity, as in the run."""

    language: Literal["en", "es"]
    network: Network
    run: RunView
    answers: list[list[Answer | None]]
    parameters: list[ParameterView]
    cases: list[CaseView]
    tornado: list[TornadoView]
    needs: list[NeedsView]
    claims: list[Claim]
    replay: Replay

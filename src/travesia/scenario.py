"""The frozen types of a scenario: what a run needs, and nothing about files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from travesia.errors import Problem

TABLES = ("places", "legs", "destinations", "departures", "drivers", "measures", "observations", "sources")
CAMPS = ("camp", "idp_camp")  # kinds of place where people stay, under rule flee
CAMP_BELOW_MOVECHANCE = 0.005  # Flee silently makes a camp of a town with a lower chance
NO_CONFLICT = 1e-6  # intensities up to this are none, as in Flee
FINAL_OUTCOMES = ("died", "admitted", "settled", "arrived", "gave_up")
Number = Annotated[float | str, Field(union_mode="left_to_right")]
"""A number, or the name of a parameter."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, allow_inf_nan=False)


class Prior(_Frozen):
    """What is believed about a parameter before any observation.

    `low` and `high` are the ends of uniform and triangular, and the 5 % and 95 % points of normal, lognormal,
    beta and gamma; `central` is the mode of triangular.
    """

    kind: Literal["uniform", "triangular", "normal", "lognormal", "beta", "gamma"]
    low: float
    high: float
    central: float | None = None


class Parameter(_Frozen):
    """A named number with a value and, if uncertain, a prior; `value` is the median the central run uses."""

    value: float
    prior: Prior | None = None
    unit: str = ""
    source: str = ""
    data_until: date | None = None
    note: str = ""


class Response(_Frozen):
    """How people respond to a policy, as factors; 1 is no response. A parameter's prior has 1 between its ends.

    `departures` multiplies the numbers of known departures and of rates, `smuggled` the odds of the value `yes` of
    the group attribute `smuggled`, `danger` the cost_per_risk (below 1, people take more dangerous legs). `scale` acts
    on measures as that of a policy does: how much more, or less, they meet people who travel differently.
    """

    departures: Number = 1.0
    smuggled: Number = 1.0
    danger: Number = 1.0
    scale: dict[str, Number] = {}

    def factors(self) -> dict[str, Number]:
        """Every factor by its dotted key."""
        own = {"departures": self.departures, "smuggled": self.smuggled, "danger": self.danger}
        return own | {f"scale.{measure}": factor for measure, factor in self.scale.items()}


class Policy(_Frozen):
    """A named set of measures; `scale` and `off` act on named measures of the policies it includes."""

    title: dict[str, str] = {}
    include: tuple[str, ...] = ()
    scale: dict[str, Number] = {}
    off: tuple[str, ...] = ()
    response: Response = Response()
    note: str = ""

    @model_serializer(mode="wrap")
    def _without_blank_response(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A policy to which people do not respond says, and hashes, as if there were no such section."""
        content: dict[str, Any] = usual(self)
        if self.response == Response():
            content.pop("response", None)
        return content


class GroupValue(_Frozen):
    """One value of an attribute; `adults` and `children` make the party (travel), `share` is of people."""

    share: Number | None = None
    adults: int = Field(default=0, ge=0)
    children: int = Field(default=0, ge=0)
    speed_km_per_day: Number | None = None
    source: str = ""
    note: str = ""

    @property
    def people(self) -> int:
        """People in the party."""
        return self.adults + self.children


HEALTH_RECORDS = ("ill", "infectious", "died_ill")
"""What is counted at places with the section `health` alone; a quantity names the places to watch."""


class Quantity(_Frozen):
    """A named result to watch: people present, a flow over legs, events of measures, final outcomes, or illness."""

    title: dict[str, str] = {}
    present: tuple[str, ...] = ()
    infectious: tuple[str, ...] = ()
    crossed: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    ill: tuple[str, ...] = ()
    died_ill: tuple[str, ...] = ()
    cumulative: bool = False

    @property
    def kind(self) -> str:
        """How it counts: stock, flow (of the day) or cumulative (up to the day)."""
        if self.present or self.infectious:
            return "stock"
        return "cumulative" if self.cumulative else "flow"

    @model_serializer(mode="wrap")
    def _without_blank_health(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A quantity that counts nobody ill says, and hashes, as if it could not."""
        content: dict[str, Any] = usual(self)
        blank = [name for name in HEALTH_RECORDS if not content.get(name, True)]
        return {name: value for name, value in content.items() if name not in blank}


class Outputs(_Frozen):
    """What a run reports: the group attributes it keeps apart, and the quantities it watches."""

    by: tuple[str, ...] = ("travel",)
    quantities: dict[str, Quantity] = {}


class GoalSettings(_Frozen):
    """Movement towards a destination (rule `goal`): costs of the recursive logit, speeds, waiting."""

    rule: Literal["goal"] = "goal"
    cost_per_km: Number = 0.0
    cost_per_day: Number = 0.0
    cost_per_usd: Number = 0.0
    cost_per_risk: Number = 0.0
    leg_cost: Number = 1.5
    speed_km_per_day: dict[str, Number] = {"walk": 40.0}
    news_delay_days: Number = 0.0
    news_delay_days_per_100km: Number = 0.0
    give_up_per_day: Number = 0.0
    route_concentration: Number | None = None
    leg_bins_per_day: int = Field(default=8, ge=1, le=1024)
    time_bins_per_day: int = Field(default=64, ge=1, le=65536)


class HealthSettings(_Frozen):
    """A disease among those on the way (rule `goal`): how it spreads, how long it lasts, what treatment changes."""

    disease: str = Field(min_length=1)
    reproduction_number: Number
    infectious_days: Number
    incubation_days: Number = 0.0
    crowding_power: Number = 1.0
    case_fatality: Number = 0.0
    treated_infectious_days: Number | None = None
    treated_case_fatality: Number | None = None
    immune_share: Number = 0.0
    infectious_share: Number = 0.0
    infectious_share_by_departure: dict[str, Number] = {}
    on: bool = True
    source: str = ""
    note: str = ""


SpawnMode = Literal["off", "constant", "pop_ratio", "poisson"]
QUIRKS = (
    "full_speed_per_hop",
    "count_day0_twice",
    "keep_first_intensity",
    "total_counts_on_day0",
    "dates_one_day_late",
    "closed_legs_send_back",
    "ignore_redirection",
    "frozen_at_awareness_0",
    "home_is_here",
    "men_count_as_boys",
    "everyone_harvests",
    "initial_idps_only_in_camps",
    "whole_flood_levels",
    "flood_counts_twice",
    "major_routes_lose_first_hop",
    "merge_loses_entries",
)
"""Settings that keep what Flee's source does and a planner would not expect."""


class FleeSettings(_Frozen):
    """Movement in search of safety nearby (rule `flee`): settings of Flee 3, under its names and defaults."""

    rule: Literal["flee"] = "flee"
    # spawn_rules
    insert_day0: bool = True
    empty_camps_on_day0: bool = False
    sum_from_camps: bool = True
    conflict_spawn_decay: tuple[Annotated[float, Field(ge=0)], ...] = ()
    conflict_spawn_decay_interval: int = Field(default=30, ge=1)
    take_from_population: bool = False
    conflict_zone_spawning_only: bool = True
    conflict_driven_spawning: SpawnMode = "off"
    displaced_per_conflict_day: float = Field(default=500.0, ge=0)
    flood_driven_spawning: SpawnMode = "off"
    displaced_per_flood_day: tuple[float, ...] = (0.0, 0.1, 0.2, 0.5, 0.9)
    starvation_driven_spawning: bool = False
    camps_are_sinks: bool = False
    # move_rules
    max_move_speed: float = Field(default=360.0, gt=0)
    max_walk_speed: float = Field(default=35.0, gt=0)
    foreign_weight: float = Field(default=1.0, ge=0)
    camp_weight: float = Field(default=1.0, ge=0)
    conflict_weight: float = Field(default=10**-0.5, ge=0)
    conflict_movechance: float = Field(default=1.0, ge=0, le=1)
    camp_movechance: float = Field(default=0.001, ge=0, le=1)
    idpcamp_movechance: float = Field(default=0.1, ge=0, le=1)
    default_movechance: float = Field(default=0.3, ge=0, le=1)
    awareness_level: int = Field(default=1, ge=-1, le=9)
    capacity_buffer: float = Field(default=0.9, ge=0, le=1)
    capacity_scaling: float = Field(default=1.0, ge=0)
    avoid_short_stints: bool = False
    start_on_foot: bool = False
    softening: float = Field(default=10.0, ge=0)
    weight_softening: float = Field(default=0.0, ge=0)
    weight_power: float = 1.0
    distance_power: float = 1.0
    pruning_threshold: float = 1.0
    stay_close_to_home: bool = False
    home_distance_power: float = 0.5
    use_pop_for_loc_weight: bool = False
    pop_power_for_loc_weight: float = 0.1
    movechance_pop_base: float = Field(default=10000.0, gt=0)
    movechance_pop_scale_factor: float = 0.0
    ChildrenAvoidHazards: bool = False
    BoysTakeRisk: bool = False
    ElderlyAvoidHazards: bool = False
    WomenAvoidHazards: bool = False
    MatchCampEthnicity: bool = False
    MatchCampReligion: bool = False
    MatchTownEthnicity: bool = False
    MatchConflictEthnicity: bool = False
    fixed_routes: bool = False
    major_routes: tuple[tuple[str, ...], ...] = ()
    use_economic_pull: bool = False
    harvest_months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    flee_when_starving: bool = False
    avoid_food_deprived_locations: bool = False
    flood_movechances: tuple[Annotated[float, Field(ge=0, le=1)], ...] = ()
    flood_loc_weights: tuple[Annotated[float, Field(ge=0)], ...] = ()
    # optimisations
    hasten: int = Field(default=1, ge=1)
    # what Flee's source does and a planner would not expect: on in a Flee folder, off elsewhere (QUIRKS)
    full_speed_per_hop: bool = False
    count_day0_twice: bool = False
    keep_first_intensity: bool = False
    total_counts_on_day0: bool = False
    dates_one_day_late: bool = False
    closed_legs_send_back: bool = False
    ignore_redirection: bool = False
    frozen_at_awareness_0: bool = False
    home_is_here: bool = False
    men_count_as_boys: bool = False
    everyone_harvests: bool = False
    initial_idps_only_in_camps: bool = False
    whole_flood_levels: bool = False
    flood_counts_twice: bool = False
    major_routes_lose_first_hop: bool = False
    merge_loses_entries: bool = False
    # ours: how finely the engine works, and what is blanked for an honest comparison
    capacities: Literal["given", "blank"] = "given"
    distance_bin_km: float = Field(default=10.0, gt=0)
    capacity_slices: int = Field(default=3, ge=1, le=4096)
    travel_index_bins: int = Field(default=32, ge=2, le=16384)


Movement = Annotated[GoalSettings | FleeSettings, Field(discriminator="rule")]


class Settings(_Frozen):
    """The content of `scenario.yaml`."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    title: dict[str, str]
    start: date = Field(ge=date(1700, 1, 1), le=date(2199, 12, 31))  # what dates of arrays can tell
    days: int = Field(ge=1, le=100_000)
    movement: Movement
    parameters: dict[str, Parameter] = {}
    policies: dict[str, Policy] = {"actual": Policy()}
    groups: dict[str, dict[str, GroupValue]] = {"travel": {"alone": GroupValue(adults=1)}}
    outputs: Outputs = Outputs()
    health: HealthSettings | None = None
    licence: str = ""
    note: str = ""

    @property
    def flee(self) -> FleeSettings:
        """The settings of movement, of a scenario that follows rule flee."""
        assert isinstance(self.movement, FleeSettings)
        return self.movement

    @property
    def goal(self) -> GoalSettings:
        """The settings of movement, of a scenario that follows rule goal."""
        assert isinstance(self.movement, GoalSettings)
        return self.movement

    @property
    def disease(self) -> HealthSettings | None:
        """The section `health` where there is one and it is on."""
        return self.health if self.health is not None and self.health.on else None

    @model_serializer(mode="wrap")
    def _without_blank_health(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A scenario without health says, and hashes, as if there were no such section."""
        content: dict[str, Any] = usual(self)
        if content.get("health", self) is None:
            del content["health"]
        return content


@dataclass(frozen=True, eq=False)
class Scenario:
    """All that a run needs.

    settings : what scenario.yaml says. tables : one DataFrame per name of TABLES, columns and dtypes as in
    schemas/<table>.json; a numeric cell that names a parameter is kept as that name (object column). An empty
    cell of a column without default is NaN or "". origin : the file each table came from, for messages.
    warnings : what the reader tolerated.
    """

    settings: Settings
    tables: Mapping[str, pd.DataFrame]
    origin: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name in TABLES:
            return self.tables[name]
        raise AttributeError(name)

    @property
    def name(self) -> str:
        return self.settings.name

    def with_settings(self, settings: Settings) -> Scenario:
        """A copy with other settings."""
        return replace(self, settings=settings)

    def with_table(self, name: str, table: pd.DataFrame) -> Scenario:
        """A copy with another table `name`."""
        return replace(self, tables={**self.tables, name: table})

"""Write docs/flee.md: what of Flee is modelled, how near it comes, and what its quirks change (`make docs`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from travesia.scenario import QUIRKS
from travesia.schema import setting_meanings

HERE = Path(__file__).parent
PAGE, FEATURES, EFFECTS = (HERE / name for name in ("flee.md", "flee-features.csv", "flee-quirks.csv"))
FOLDERS = "../verification/flee_features"
RUNS = HERE.parent / "verification" / "flee_features" / "runs.csv"
ROWS: tuple[tuple[str, str, str], ...] = (
    ("Who starts", "observed totals, debt, corrections of registrations, several files of one camp", "registration_corrections merged_files total_series no_insert_day0 empty_camps_day0"),
    ("", "conflict-driven: `constant`, `pop_ratio`, `poisson`", "conflict_constant conflict_ratio conflict_poisson"),
    ("", "`take_from_population`", "take_from_population"),
    ("", "`conflict_spawn_decay`, intensities and their changes", "conflict_decay conflict_intensity intensity_changes"),
    ("", "food insecurity (`starvation_driven_spawning`)", "food_spawning"),
    ("", "floods: `constant`, `pop_ratio`, `poisson`", "floods_constant floods_ratio floods_poisson"),
    ("", "`initial_idps`, `agents.csv`", "initial_idps agents_file"),
    ("", "`hasten`, and what it leaves alone", "hasten_data hasten_conflict hasten_constant"),
    ("Places", "markers, forwarding hubs, IDP camps", "markers hubs idp_camps"),
    ("", "`location_changes.csv`", "location_changes"),
    ("", "conflict at a camp; a move chance that makes a camp", "conflict_at_camp low_movechance"),
    ("", "`capacity_per_day`, `capacity_scaling`, buffer", "capacity_per_day capacity_per_day_town capacity_scaling"),
    ("", "sinks", "sinks"),
    ("Choice", "awareness 3, 0 and −1; short stints; first leg on foot", "awareness3 awareness_0 awareness_minus1"),
    ("", "`weight_power`, `pruning_threshold`, `use_v1_rules`", "weight_power pruning v1_rules"),
    ("", "population in weights and move chances", "pop_weight movechance_pop"),
    ("", "`use_economic_pull`", "economic_pull"),
    ("", "`flee_when_starving`, `avoid_food_deprived_locations`", "food_moving food_avoid"),
    ("", "flood levels in move chances and weights", "flood_rules"),
    ("", "`stay_close_to_home`", "stay_close_to_home"),
    ("", "hazard rules by age and gender", "hazards_children hazards_boys hazards_elderly hazards_women"),
    ("", "`fixed_routes`, `major_routes.csv`", "fixed_routes major_routes"),
    ("Ways", "closures: country, location, camp, idpcamp, overlapping", "closure_country closure_location closure_camp closure_idpcamp closure_overlap"),
    ("", "duplicate routes, forced redirection codes", "duplicate_routes"),
    ("", "`max_move_speed`, `walk_probability` of links", "link_speed walk_probability"),
    ("", "`harvest_months`", "harvest"),
    ("Together", "many of these at once", "mixed_changes mixed_floods mixed_network mixed_people"),
)  # fmt: skip
NOT_MODELLED = """## Not compared, or not modelled

| of Flee | here |
|---|---|
| closures of type `link` | as documented: both ways. Flee compares names by identity, so they hardly ever act |
| `MatchCampEthnicity`, `MatchCampReligion`, `MatchTownEthnicity`, `MatchConflictEthnicity` | a variant of our own, [described in the model](model.md); Flee stops as soon as somebody is on a link |
| flood forecaster | not modelled: refused when switched on. In Flee every score becomes 0, so that people choose at random |
| `two_system_decision_making`, `average_social_connectivity` | without effect in Flee, and here |
| `max_crossing_speed`, `granularity`, `number_of_steps`, `flood_link_weights` | read and never used by Flee; not here either |
| logs of agents and links, `region` granularity | results are by place, leg and day instead |
| coupling of models, weather, MPI | not modelled |
| order of agents near a full camp | Flee lets older agents go first; here the order is random (see [the model](model.md)) |
"""


def page() -> str:
    """The text of the page."""
    return "\n".join(
        [
            "# Flee's features, compared with Flee",
            "",
            "Written by `make docs`; do not edit.",
            "",
            "Each row links to small folders with invented places that use the feature. Flee itself ran each of them at least",
            f"{_runs()} times; its means and standard deviations at every place are kept there. rms z is the root mean square, over",
            "places and every fifth day, of (our mean − Flee's mean) / its standard error: about 1 where nothing differs;",
            "`make verify` fails at 1.3. `python -m verification.flee_features` prints the table.",
            "",
            *_features(),
            "",
            NOT_MODELLED,
            "## Quirks that can be left out",
            "",
            "Flee's source does some things that a planner would not expect. Each is a setting: on in a Flee folder, so that it",
            "gives Flee's numbers; off in a scenario of your own. `--set NAME=false` leaves one out.",
            "",
            "| setting | what it keeps |",
            "|---|---|",
            *(
                f"| `{name}` | {setting_meanings('FleeSettings')[name][1].removeprefix('Flee: ')} |"
                for name in QUIRKS
            ),
            "",
            "`dates_one_day_late` changes the dates in `out.csv`, the table in Flee's own format that a run of a Flee folder",
            "writes; all other tables carry the date of the day itself. Where there are camps of displaced people (idpcamp) the table",
            "ends with `total IDPs`, people in them that day, which Flee writes with its log level `idp_totals`.",
            "",
            "What leaving one out changes in six real conflicts (central runs, `modern125.yml`, full population): the averaged",
            "relative difference to the observed camps (ARD, rescaled), and in brackets the share of people who are elsewhere,",
            "mean over the days. Quirks that change nothing in any of them are left out of the table. Nothing was tuned: that a",
            "rule is right does not make these conflicts fit better.",
            "",
            *_effects(),
            "",
            "`python -m verification.flee_quirks` measures them again.",
            "",
        ]
    )


def _runs() -> int:
    """How often Flee ran each folder at least."""
    with RUNS.open(encoding="utf-8", newline="") as file:
        return min(int(row["seeds"]) for row in csv.DictReader(file))


def _features() -> Iterator[str]:
    with FEATURES.open(encoding="utf-8", newline="") as file:
        measured = {row["feature"]: row["rms_z"] for row in csv.DictReader(file)}
    yield "| | feature | compared in (rms z) |"
    yield "|---|---|---|"
    for part, feature, folders in ROWS:
        links = ", ".join(f"[{name}]({FOLDERS}/{name}) {measured[name]}" for name in folders.split())
        yield f"| {part} | {feature} | {links} |"


def _effects() -> Iterator[str]:
    with EFFECTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cases = list(dict.fromkeys(row["case"] for row in rows))
    found = {(row["case"], row["left_out"]): row for row in rows}
    yield f"| left out | {' | '.join(cases)} |"
    yield f"|---|{'---|' * len(cases)}"
    for quirk in dict.fromkeys(row["left_out"] for row in rows):
        cells = [found[case, quirk] for case in cases]
        if quirk.startswith("(") or any(float(cell["share_elsewhere"]) > 0 for cell in cells):
            shown = [f"{float(c['ard_rescaled']):.3f} ({float(c['share_elsewhere']):.1%})" for c in cells]
            name = quirk if quirk.startswith("(") else f"`{quirk}`"
            yield f"| {name} | {' | '.join(shown)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

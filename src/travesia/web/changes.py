"""A scenario with the changes a person asks for in the page, as an ordinary scenario with one more policy.

Enforcement is switched and scaled by the packaged policies, everywhere alike; nothing here says where it stands.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from travesia.errors import UsageError, nearest
from travesia.policy import in_force_with, measures_of
from travesia.scenario import CAMPS, Policy, Response, Scenario
from travesia.schema import frame
from travesia.web.shapes import Changes

OWN = "page"
"""The name of the policy that is added."""
ENFORCEMENT = ("block", "detain", "return")
"""Kinds of measures that hold, detain or return people."""
CLOSED_TO_BEDS = ("detention", "checkpoint", "crossing", "junction")
"""Kinds of places where no beds or clinics can be added: more room in detention is more detention."""


def changed(scenario: Scenario, changes: Changes) -> tuple[Scenario, str]:
    """The scenario with the changes, and the policy to run it under.

    scenario : as packaged or read. changes : what is asked. Raises UsageError for an unknown policy or place, and
    for what the scenario cannot do.
    """
    names = list(dict.fromkeys(changes.policies))
    joined = "+".join(names)
    in_force = measures_of(scenario, joined)
    if changes == Changes(policies=changes.policies):
        return scenario, joined
    if OWN in scenario.settings.policies:
        raise UsageError(
            f"the scenario has a policy {OWN!r} of its own; rename it to change things in the page"
        )
    content = scenario.settings.model_copy(
        update={"policies": {**scenario.settings.policies, OWN: _policy(scenario, changes, names, in_force)}}
    )
    if changes.health is not None:
        if content.health is None:
            raise UsageError("the scenario has no disease to switch on or off")
        content = content.model_copy(
            update={"health": content.health.model_copy(update={"on": changes.health})}
        )
    found = scenario.with_settings(content)
    for place, beds in sorted(changes.beds.items()):
        found = _with_beds(found, place, beds, in_force) if beds else found
    for place, people in sorted(changes.clinics.items()):
        found = _with_clinic(found, place, people) if people else found
    return found, OWN


def can_have_beds(row: Any, rule: str) -> bool:
    """Whether beds may be added at a place. row : of the table of places. rule : of movement."""
    if row["kind"] in CLOSED_TO_BEDS or isinstance(row["capacity"], str):
        return False
    return rule == "goal" or (row["kind"] in CAMPS and not pd.isna(row["capacity"]))


def can_have_clinic(row: Any, rule: str) -> bool:
    """Whether a clinic may be added at a place. row : of the table of places. rule : of movement."""
    return rule == "goal" and row["kind"] not in CLOSED_TO_BEDS


def _policy(scenario: Scenario, changes: Changes, names: list[str], in_force: pd.DataFrame) -> Policy:
    acting = in_force.loc[in_force["kind"].isin(ENFORCEMENT), "measure"].astype(str).tolist()
    strength = changes.enforcement
    if changes.departures != 1 and scenario.settings.movement.rule != "goal":
        raise UsageError(
            "in a scenario of rule flee the departures are observed; they cannot be changed here"
        )
    return Policy(
        title={"en": "Changed in the page", "es": "Cambiado en la página"},
        include=tuple(names),
        scale={} if strength in (0, 1) else dict.fromkeys(acting, strength),
        off=tuple(acting) if strength == 0 else (),
        response=Response(departures=changes.departures),
        note=f"{' + '.join(in_force_with(scenario, '+'.join(names)))}; changed in the page",
    )


def _row_of(scenario: Scenario, place: str) -> Any:
    rows = scenario.places[scenario.places["place"] == place]
    if rows.empty:
        known = [str(name) for name in scenario.places["place"]]
        raise UsageError(f"no place {place!r} in the scenario; {nearest(place, known)}")
    return rows.iloc[0]


def _with_beds(scenario: Scenario, place: str, beds: int, in_force: pd.DataFrame) -> Scenario:
    """More beds at a place, on every day; where nobody looks for a bed yet, those who stay the night do."""
    rule = scenario.settings.movement.rule
    if not can_have_beds(_row_of(scenario, place), rule):
        raise UsageError(f"no beds can be added at {place!r}: only shelters, towns and camps take them")
    places, measures = scenario.places.copy(), scenario.measures
    here = in_force[in_force["place"] == place]
    seeking = rule != "goal" or (here["kind"] == "shelter").any()
    at = places["place"] == place
    given = places.loc[at, "capacity"].iloc[0]
    if seeking and pd.isna(given):
        raise UsageError(f"{place!r} has beds without limit; there is nothing to add")
    places.loc[at, "capacity"] = (0 if pd.isna(given) or not seeking else float(given)) + beds
    dated = (measures["place"] == place) & (measures["kind"] == "capacity")
    if dated.any():
        if any(isinstance(cell, str) for cell in measures.loc[dated, "capacity"]):
            raise UsageError(
                f"the beds at {place!r} are a parameter of the scenario; they cannot be changed here"
            )
        measures = measures.copy()
        measures.loc[dated, "capacity"] = measures.loc[dated, "capacity"].astype(float) + beds
    found = scenario.with_table("places", places).with_table("measures", measures)
    if seeking:
        return found
    shelters = in_force.loc[in_force["kind"] == "shelter", "share"].tolist()
    share = shelters[0] if shelters else 1.0
    return _with_measure(found, measure=f"{OWN}_beds_{place}", kind="shelter", place=place, share=share)


def _with_clinic(scenario: Scenario, place: str, people: int) -> Scenario:
    """A clinic that treats so many a day of those who stay the night."""
    if not can_have_clinic(_row_of(scenario, place), scenario.settings.movement.rule):
        raise UsageError(f"no clinic can be added at {place!r}: only shelters, towns and camps take one")
    name = f"{OWN}_clinic_{place}"
    return _with_measure(scenario, measure=name, kind="treat", place=place, share=1.0, per_day=people)


def _with_measure(scenario: Scenario, **cells: Any) -> Scenario:
    """One more measure of the page's own policy."""
    told = {"policy": OWN, "note": "Added in the page.", "source": "assumption", **cells}
    row = frame("measures", {name: [value] for name, value in told.items()})
    return scenario.with_table("measures", pd.concat([scenario.measures, row], ignore_index=True))

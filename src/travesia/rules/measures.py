"""Rules about measures: where they stand, whom they act on, and where they send people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from travesia.errors import Problem, nearest
from travesia.groups import parse_names, usual_members
from travesia.rules.base import Rule, cell, filled, hint, leg_names, names, number, rows, selection
from travesia.scenario import FINAL_OUTCOMES, GroupValue, Scenario

# kinds that change places and legs rather than act on people
_DATED = ("close", "camp_closed", "becomes", "redirect", "capacity", "corridor", "share_information")
_AT = {
    "close": ("place", "leg", "countries"),
    "corridor": ("place", "leg", "countries"),
    "camp_closed": ("place",),
    "becomes": ("place",),
    "redirect": ("leg",),
    "capacity": ("place",),
    "share_information": (),
    "shelter": ("place",),
    "transfer": ("place",),
    "release": ("place",),
    "retry": ("place",),
    "disperse": ("place", "leg"),
}
_OF_RULE_FLEE = ("camp_closed", "becomes", "redirect")
_USUALLY_AT = ("place", "leg")
_TO_A_PLACE = ("detain", "transfer", "release", "return")
_TO_A_PARTY = ("separate", "reunite")
_USUAL_PARTY = {"disperse": "party:caravan=none"}
_PARTY = re.compile(r"party:(?P<attribute>[^=]+)=(?P<members>.+)")
_MEMBER = re.compile(r"(?P<value>[^*]+?)(?:\*(?P<times>[1-9]\d{0,3}))?")


def policies_of_measures_exist(scenario: Scenario) -> Iterator[Problem]:
    """The policy a measure belongs to is defined in the settings."""
    known = list(scenario.settings.policies)
    for row, policy in enumerate(scenario.tables["measures"]["policy"], start=2):
        if policy not in known:
            message = "no such policy in scenario.yaml"
            yield cell(
                scenario, "measures", row, "policy", policy, message, hint(policy, known, "scenario.yaml")
            )


def legs_of_measures_exist(scenario: Scenario) -> Iterator[Problem]:
    """The leg of a measure is one of legs.csv, by its name or as `A>B`."""
    known = leg_names(scenario)
    for row, leg in enumerate(scenario.tables["measures"]["leg"], start=2):
        if leg and leg not in known:
            yield cell(scenario, "measures", row, "leg", leg, "no such leg", hint(leg, known, "legs.csv"))


def measures_stand_somewhere(scenario: Scenario) -> Iterator[Problem]:
    """A measure stands at exactly one of the spots its kind allows."""
    for row, measure in rows(scenario, "measures"):
        kind = measure["kind"]
        if not kind:
            continue
        allowed = _AT.get(kind, _USUALLY_AT)
        given = [column for column in ("place", "leg", "countries") if measure[column]]
        wrong = [column for column in given if column not in allowed]
        if wrong:
            message = f"a measure of kind {kind} does not read it"
            remedy = f"empty the cell and fill in {' or '.join(allowed)}" if allowed else "empty the cell"
            yield cell(scenario, "measures", row, wrong[0], measure[wrong[0]], message, remedy)
        elif len(given) > 1:
            message = f"the measure stands at a {given[0]} too"
            yield cell(scenario, "measures", row, given[1], measure[given[1]], message, "keep one of the two")
        elif allowed and not given:
            message = f"a measure of kind {kind} stands nowhere"
            yield cell(scenario, "measures", row, allowed[0], "", message, f"fill in {' or '.join(allowed)}")


def measures_on_legs_act_on_arrival(scenario: Scenario) -> Iterator[Problem]:
    """On a leg there is no night and no morning: its measures act when people come to its end."""
    remedy = "write arrival or passing"
    for row, measure in rows(scenario, "measures"):
        when, kind = measure["when"], measure["kind"]
        if not measure["leg"] or kind in _DATED:
            continue
        if when in ("daily", "morning"):
            yield cell(scenario, "measures", row, "when", when, "a measure on a leg acts on arrival", remedy)


def countries_are_joined(scenario: Scenario) -> Iterator[Problem]:
    """`countries` names two countries between which there are legs."""
    of = {place["place"]: place["country"] for _, place in rows(scenario, "places")}
    joined = {
        frozenset((of.get(leg["from"], ""), of.get(leg["to"], ""))) for _, leg in rows(scenario, "legs")
    }
    for row, text in enumerate(scenario.tables["measures"]["countries"], start=2):
        if not text:
            continue
        both = [name.strip() for name in text.split("-")]
        if len(both) != 2 or both[0] == both[1] or not all(both):
            yield cell(
                scenario, "measures", row, "countries", text, "not two countries", "write them as HND-GTM"
            )
            continue
        known = sorted(set(of.values()) - {""})
        missing = [name for name in both if name not in known]
        if missing:
            message, remedy = f"no place in {missing[0]}", hint(missing[0], known, "places.csv")
            yield cell(scenario, "measures", row, "countries", text, message, remedy)
        elif frozenset(both) not in joined:
            message = "no leg between the two"
            yield cell(
                scenario, "measures", row, "countries", text, message, "name neighbours, or add the leg"
            )


def measures_have_their_columns(scenario: Scenario) -> Iterator[Problem]:
    """`capacity` has a capacity, `share_information` names measures that exist; others have neither."""
    known = names(scenario, "measures", "measure")
    for row, measure in rows(scenario, "measures"):
        kind = measure["kind"]
        for owner, column in (("capacity", "capacity"), ("share_information", "multiplies")):
            if kind == owner and not filled(measure[column]):
                message = f"a measure of kind {kind} needs it"
                yield cell(scenario, "measures", row, column, "", message, "fill it in")
            if kind and kind != owner and filled(measure[column]):
                message, remedy = f"only kind {owner} reads it", f"empty the cell, or write kind {owner}"
                yield cell(scenario, "measures", row, column, measure[column], message, remedy)
        if kind == "share_information":
            for name in parse_names(measure["multiplies"]):
                if name not in known:
                    message, remedy = f"no measure {name!r}", hint(name, known, "measures.csv")
                    yield cell(
                        scenario, "measures", row, "multiplies", measure["multiplies"], message, remedy
                    )


def waiting_times_are_one(scenario: Scenario) -> Iterator[Problem]:
    """A measure has after_days or mean_days, not both."""
    for row, measure in rows(scenario, "measures"):
        if filled(measure["mean_days"]) and number(scenario, measure["after_days"]) != 0:
            message = "beside after_days"
            remedy = "keep one: after_days is fixed, mean_days is geometric"
            yield cell(scenario, "measures", row, "mean_days", measure["mean_days"], message, remedy)


def beds_are_given_once(scenario: Scenario) -> Iterator[Problem]:
    """Two shelter measures at one place would each fill all of its beds, unless they say how many."""
    before: list[tuple[int, dict[str, Any]]] = []
    for row, measure in rows(scenario, "measures"):
        if measure["kind"] != "shelter" or not measure["place"] or filled(measure["per_day"]):
            continue
        for other, earlier in before:
            if earlier["place"] == measure["place"] and _overlap(earlier, measure):
                message = f"this row and row {other} would each fill all beds of {measure['place']}"
                remedy = f"give per_day in rows {other} and {row}, or keep one of them"
                yield cell(scenario, "measures", row, "per_day", "", message, remedy)
                break
        before.append((row, measure))


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two measures are in force on a day; a comparison with an open end (NaT) is false."""
    return not (one["date_to"] < other["date_from"] or other["date_to"] < one["date_from"])


def targets_can_be_read(scenario: Scenario) -> Iterator[Problem]:
    """A target is a place, `stay`, `back`, a final outcome, or a change of party, and fits the kind."""
    places = names(scenario, "places", "place")
    words = [*places, "stay", "back", *FINAL_OUTCOMES]
    for row, measure in rows(scenario, "measures"):
        kind = measure["kind"]
        if kind in _OF_RULE_FLEE:
            continue
        target = measure["target"] or _USUAL_PARTY.get(kind, "")
        fault = None
        if kind in _TO_A_PLACE and target not in places:
            fault = (f"a measure of kind {kind} sends people to a place", hint(target, places, "places.csv"))
            fault = fault if target else (fault[0], "name one")
        elif kind in _TO_A_PARTY and not target.startswith("party:"):
            fault = (f"a measure of kind {kind} changes the party", "write party:travel=…")
        elif target.startswith("party:"):
            fault = _party_fault(scenario, measure, target)
        elif target and target not in words:
            fault = ("no such target", _target_hint(target, words))
        if fault:
            yield cell(scenario, "measures", row, "target", target, *fault)


def _target_hint(target: str, words: list[str]) -> str:
    near = nearest(target, words)
    grammar = "write a place, stay, back, a final outcome, or party:attribute=value"
    return near if near.startswith("did") else grammar


def _party_fault(scenario: Scenario, measure: Mapping[str, Any], target: str) -> tuple[str, str] | None:
    named, _, family = target.rpartition(">")
    if measure["kind"] == "reunite" and named:
        return _reunion_fault(scenario, measure, named, family.strip())
    found = _PARTY.fullmatch(target)
    members = (
        [_MEMBER.fullmatch(member.strip()) for member in found["members"].split("+")] if found else [None]
    )
    if not found or None in members:
        return "not a change of party", "write party:attribute=value, or party:travel=alone+child*2"
    groups, attribute = scenario.settings.groups, found["attribute"]
    if attribute not in groups:
        return f"no group attribute {attribute!r}", hint(attribute, list(groups), "scenario.yaml")
    counts: dict[str, int] = {}
    for member in members:
        assert member is not None
        counts[member["value"]] = counts.get(member["value"], 0) + int(member["times"] or 1)
    for value in counts:
        if value not in groups[attribute]:
            near = hint(value, list(groups[attribute]), "scenario.yaml")
            return f"{attribute} has no value {value!r}", near
    if attribute != "travel" and sum(counts.values()) > 1:
        return "only a change of `travel` makes several parties of one", "name a single value"
    if measure["kind"] == "reunite":
        if sum(counts.values()) > 1:
            return (
                "several parties",
                "name the one party they make again, and its members as in alone*2+child>family",
            )
        return _usual_fault(groups[attribute], next(iter(counts)))
    if attribute == "travel":
        return _people_fault(groups["travel"], selection(measure["groups"]) or {}, counts)
    return None


def _reunion_fault(
    scenario: Scenario, measure: Mapping[str, Any], named: str, family: str
) -> tuple[str, str] | None:
    """Whether the parties that are joined are there, and have the people of the one they make."""
    travel = scenario.settings.groups.get("travel", {})
    if family not in travel:
        return f"travel has no value {family!r}", hint(family, list(travel), "scenario.yaml")
    parts_of = {"kind": "separate", "groups": f"travel={family}"}
    fault = _party_fault(scenario, {**measure, **parts_of}, named)
    if fault is None and not named.removeprefix("party:").strip().startswith("travel"):
        return "only parties of `travel` are joined", "write party:travel=…"
    return fault


def _usual_fault(travel: Mapping[str, GroupValue], family: str) -> tuple[str, str] | None:
    """Whether parties of one adult and of one child can make up the family."""
    members = usual_members(travel, family)
    adults = sum(travel[value].adults * times for value, times in members.items())
    children = sum(travel[value].children * times for value, times in members.items())
    whole = travel[family]
    if (adults, children) == (whole.adults, whole.children):
        return None
    lack = "adult" if adults != whole.adults else "child"
    return f"no party of one {lack} to make {family} of", f"name the members as in parents+child*2>{family}"


def _people_fault(
    travel: Mapping[str, GroupValue], own: Mapping[str, tuple[str, ...]], counts: Mapping[str, int]
) -> tuple[str, str] | None:
    """Whether the parties made have other people in them than the party they are made of."""
    adults = sum(travel[value].adults * times for value, times in counts.items())
    children = sum(travel[value].children * times for value, times in counts.items())
    for name in own.get("travel") or tuple(travel):
        party = travel.get(name)
        if party and (party.adults, party.children) != (adults, children):
            before = _people(party.adults, party.children)
            message = f"makes {_people(adults, children)} of a party {name} with {before}"
            return message, "name parties with as many people, or choose others with groups"
    return None


def _people(adults: int, children: int) -> str:
    return f"{adults} adult{'s' * (adults != 1)} and {children} child{'ren' * (children != 1)}"


def kinds_of_rule_goal(scenario: Scenario) -> Iterator[Problem]:
    """Camps that close, places that become another kind and forced redirection belong to the other rule."""
    for row, kind in enumerate(scenario.tables["measures"]["kind"], start=2):
        if kind in _OF_RULE_FLEE:
            message = "only movement flee reads measures of this kind"
            yield cell(
                scenario, "measures", row, "kind", kind, message, "delete the row, or write another kind"
            )


RULES = (
    Rule(policies_of_measures_exist, ("settings",)),
    Rule(legs_of_measures_exist, ("legs",)),
    Rule(measures_stand_somewhere),
    Rule(measures_on_legs_act_on_arrival, ("settings",), "goal"),
    Rule(countries_are_joined, ("places", "legs")),
    Rule(measures_have_their_columns),
    Rule(waiting_times_are_one, ("settings",)),
    Rule(beds_are_given_once),
    Rule(targets_can_be_read, ("settings", "places"), "goal"),
    Rule(kinds_of_rule_goal, ("settings",), "goal"),
)

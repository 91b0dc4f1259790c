"""Rules about scenario.yaml: parameters, groups, policies, movement, outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from travesia.errors import Problem, nearest
from travesia.groups import ATTEMPT, SMUGGLED, YES
from travesia.rules.base import (
    MOST,
    Rule,
    behind,
    hint,
    leg_names,
    names,
    names_are_parameters,
    number,
    setting,
)
from travesia.scenario import (
    FINAL_OUTCOMES,
    HEALTH_RECORDS,
    GoalSettings,
    GroupValue,
    Parameter,
    Prior,
    Scenario,
)
from travesia.schema import NAME

SUM_ERROR = 1e-6
"""How far shares may be from adding to 1."""
_AT_LEAST_0 = (
    "cost_per_km",
    "cost_per_day",
    "cost_per_usd",
    "cost_per_risk",
    "leg_cost",
    "news_delay_days",
    "news_delay_days_per_100km",
)


def title_is_given(scenario: Scenario) -> Iterator[Problem]:
    """The scenario has an English title, which the others fall back on."""
    if not scenario.settings.title.get("en"):
        yield setting(scenario, "title", "", "no English title", "write `title: {en: …, es: …}`")


def parameter_names_are_names(scenario: Scenario) -> Iterator[Problem]:
    """The name of a parameter cannot be taken for a number."""
    for name in scenario.settings.parameters:
        if not NAME.fullmatch(name) or not _is_text(name):
            remedy = "start with a letter and go on with letters, digits, `_`, `-` and `.`"
            yield setting(scenario, f"parameters.{name}", name, "not a name of a parameter", remedy)


def _is_text(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return True
    return False


def priors_hold_their_values(scenario: Scenario) -> Iterator[Problem]:
    """low < high, within the support of the kind, with value and central between them."""
    for name, parameter in scenario.settings.parameters.items():
        if parameter.prior:
            yield from _prior_problems(scenario, name, parameter, parameter.prior)


def _prior_problems(scenario: Scenario, name: str, parameter: Parameter, prior: Prior) -> Iterator[Problem]:
    key = f"parameters.{name}.prior"
    if prior.low >= prior.high:
        yield setting(
            scenario, f"{key}.high", prior.high, f"not above low ({prior.low:g})", "exchange the two"
        )
        return
    between = f"between low and high ({prior.low:g} to {prior.high:g})"
    if not prior.low <= parameter.value <= prior.high:
        remedy = "mend the value or the prior"
        yield setting(scenario, f"parameters.{name}.value", parameter.value, f"not {between}", remedy)
    if prior.kind == "triangular" and prior.central is None:
        yield setting(scenario, key, "", "triangular without its mode", "add `central`")
    if prior.kind != "triangular" and prior.central is not None:
        message = f"{prior.kind} has no mode of its own"
        yield setting(
            scenario, f"{key}.central", prior.central, message, "remove it, or write kind: triangular"
        )
    elif prior.central is not None and not prior.low <= prior.central <= prior.high:
        yield setting(scenario, f"{key}.central", prior.central, f"not {between}", "mend it")
    if prior.kind == "beta" and not 0 < prior.low < prior.high < 1:
        shown = prior.low if prior.low <= 0 else prior.high
        message = "beta lies between 0 and 1, both left out"
        yield setting(scenario, key, shown, message, "mend low or high, or choose another kind")
    if prior.kind in ("lognormal", "gamma") and prior.low <= 0:
        message = f"{prior.kind} lies above 0"
        yield setting(scenario, f"{key}.low", prior.low, message, "mend it, or choose another kind")


def settings_name_parameters(scenario: Scenario) -> Iterator[Problem]:
    """A setting that holds a name holds that of a parameter."""
    return names_are_parameters(scenario, _numbers(scenario))


def _numbers(scenario: Scenario) -> Iterator[tuple[str, float | str]]:
    """Every setting that is a number or a parameter, by its dotted key."""
    movement = scenario.settings.movement
    if isinstance(movement, GoalSettings):
        for name in (*_AT_LEAST_0, "give_up_per_day", "route_concentration"):
            if getattr(movement, name) is not None:
                yield f"movement.{name}", getattr(movement, name)
        for mode, speed in movement.speed_km_per_day.items():
            yield f"movement.speed_km_per_day.{mode}", speed
    for attribute, values in scenario.settings.groups.items():
        for name, value in values.items():
            for field in ("share", "speed_km_per_day"):
                if getattr(value, field) is not None:
                    yield f"groups.{attribute}.{name}.{field}", getattr(value, field)
    for policy, content in scenario.settings.policies.items():
        for measure, factor in content.scale.items():
            yield f"policies.{policy}.scale.{measure}", factor
        for name, factor in content.response.factors().items():
            yield f"policies.{policy}.response.{name}", factor


def settings_in_range(scenario: Scenario) -> Iterator[Problem]:
    """Costs, delays and factors are not negative, shares are shares, speeds and concentrations above 0."""
    for key, value in _numbers(scenario):
        found = number(scenario, value)
        if found is None:
            continue
        last = key.rpartition(".")[2]
        told = behind(value, found)
        if found > MOST:
            yield setting(scenario, key, value, f"too large a number{told}", f"write {MOST:g} or less")
        if "speed_km_per_day" in key or last == "route_concentration":
            if found <= 0:
                yield setting(scenario, key, value, f"not above 0{told}", "write more than 0")
        elif found < 0:
            yield setting(scenario, key, value, f"below 0{told}", "write 0 or more")
        elif last in ("share", "give_up_per_day") and found > 1:
            yield setting(scenario, key, value, f"above 1{told}", "write a share from 0 to 1")


def travel_makes_parties(scenario: Scenario) -> Iterator[Problem]:
    """The attribute `travel` is there, each of its values has people in it, and no other attribute has."""
    groups = scenario.settings.groups
    if "travel" not in groups:
        message = "no attribute `travel`, which says what travels together"
        yield setting(scenario, "groups", "", message, "add `travel: {alone: {adults: 1}}`")
    for attribute, values in groups.items():
        if not values:
            yield setting(scenario, f"groups.{attribute}", "", "the attribute has no values", "add one")
        for name, value in values.items():
            key, people = f"groups.{attribute}.{name}", value.people
            if attribute == "travel" and people == 0:
                yield setting(scenario, key, "", "a party without people", "add `adults` or `children`")
            if attribute != "travel" and people:
                message = "only values of `travel` have adults and children"
                yield setting(scenario, key, "", message, "remove them here")


def group_names_are_plain(scenario: Scenario) -> Iterator[Problem]:
    """Names of attributes and values have none of the signs that pairs and targets are made of; `attempt` is taken."""
    for attribute, values in scenario.settings.groups.items():
        if attribute == ATTEMPT:
            message = "the name stands for how often people have set out"
            yield setting(scenario, f"groups.{attribute}", attribute, message, "choose another name")
        for key, name in ((attribute, attribute), *((f"{attribute}.{value}", value) for value in values)):
            joins = attribute == "travel" or name == attribute  # `+` joins parties, so 60+ may be an age
            signs = [sign for sign in ";=>+*:" if sign in name and (joins or sign != "+")]
            if signs:
                message = "a sign that has a meaning of its own"
                yield setting(scenario, f"groups.{key}", name, message, f"leave out {' '.join(signs)}")


def group_shares_add_up(scenario: Scenario) -> Iterator[Problem]:
    """The shares of an attribute add to 1; at most one value has none and gets what is left."""
    for attribute, values in scenario.settings.groups.items():
        yield from _share_problems(scenario, f"groups.{attribute}", values)


def _share_problems(scenario: Scenario, key: str, values: Mapping[str, GroupValue]) -> Iterator[Problem]:
    without = [name for name, value in values.items() if value.share is None]
    if len(without) > 1:
        remedy = "give all of them a share but one, which gets what is left"
        yield setting(scenario, key, ", ".join(without), "several values without share", remedy)
        return
    shares = [number(scenario, value.share) for value in values.values() if value.share is not None]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or not all(0 <= share <= 1 for share in known):
        return
    total = math.fsum(known)
    if total > 1 + SUM_ERROR:
        yield setting(scenario, key, total, "the shares add to more than 1", "make them add to 1")
    elif values and not without and total < 1 - SUM_ERROR:
        remedy = "make them add to 1, or leave one share out"
        yield setting(scenario, key, total, "the shares add to less than 1", remedy)


def policies_name_what_exists(scenario: Scenario) -> Iterator[Problem]:
    """`actual` is there; include names policies and makes no circle; scale and off name measures."""
    policies = scenario.settings.policies
    if "actual" not in policies:
        yield setting(
            scenario, "policies", "", "no policy `actual`, which is history as it was", "add `actual:`"
        )
    measures = names(scenario, "measures", "measure")
    for name, policy in policies.items():
        if "+" in name:
            message = "`+` joins policies, so it cannot stand in a name"
            yield setting(scenario, f"policies.{name}", name, message, "leave it out")
        for other in policy.include:
            if other not in policies:
                key, remedy = f"policies.{name}.include", nearest(other, list(policies))
                yield setting(scenario, key, other, "no such policy", remedy)
        if name in _included(scenario, name):
            message = "the policy includes itself, straight or through others"
            yield setting(scenario, f"policies.{name}.include", name, message, "open the circle")
        fields = {"scale": policy.scale, "off": policy.off, "response.scale": policy.response.scale}
        for field, listed in fields.items():
            for measure in listed:
                if measure not in measures:
                    key, remedy = f"policies.{name}.{field}", hint(measure, measures, "measures.csv")
                    yield setting(scenario, key, measure, "no such measure", remedy)


def _included(scenario: Scenario, name: str) -> set[str]:
    """Every policy that `name` includes, straight or through others."""
    policies = scenario.settings.policies
    found: set[str] = set()
    ahead = list(policies[name].include)
    while ahead:
        other = ahead.pop()
        if other in policies and other not in found:
            found.add(other)
            ahead.extend(policies[other].include)
    return found


def responses_can_be_given(scenario: Scenario) -> Iterator[Problem]:
    """People respond by what the scenario has: rule goal, the attribute `smuggled`, priors with 1 between the ends."""
    settings = scenario.settings
    for policy, content in settings.policies.items():
        for name, factor in content.response.factors().items():
            key = f"policies.{policy}.response.{name}"
            if factor == 1:
                continue
            if not isinstance(settings.movement, GoalSettings):
                message = "people respond to policies in the rule goal only"
                yield setting(scenario, key, factor, message, "remove it, or move people by rule goal")
            elif name == SMUGGLED and YES not in settings.groups.get(SMUGGLED, {}):
                message = f"no group attribute `{SMUGGLED}` with a value `{YES}`"
                yield setting(scenario, key, factor, message, "remove it, or add the attribute to groups")
            parameter = settings.parameters.get(factor) if isinstance(factor, str) else None
            prior = parameter.prior if parameter else None
            if prior and not prior.low <= 1 <= prior.high:
                message = f"its prior ({prior.low:g} to {prior.high:g}) leaves out 1, no response"
                yield setting(scenario, key, factor, message, "make the prior include 1")


def outputs_name_what_exists(scenario: Scenario) -> Iterator[Problem]:
    """outputs.by names attributes or `attempt`, one or more; what quantities name is in the tables."""
    outputs, attributes = scenario.settings.outputs, [*scenario.settings.groups, ATTEMPT]
    if not outputs.by:
        remedy = "name at least one attribute, like `by: [travel]`"
        yield setting(scenario, "outputs.by", "", "results are kept apart by nothing", remedy)
    for name in outputs.by:
        if name not in attributes:
            yield setting(scenario, "outputs.by", name, "no such attribute", nearest(name, attributes))
    places = (names(scenario, "places", "place"), "place", "places.csv")
    known = {
        **dict.fromkeys(("present", *HEALTH_RECORDS), places),
        "crossed": (leg_names(scenario), "leg", "legs.csv"),
        "events": (names(scenario, "measures", "measure"), "measure", "measures.csv"),
        "outcomes": (list(FINAL_OUTCOMES), "outcome", "the list of final outcomes"),
    }
    for name, quantity in outputs.quantities.items():
        for field, (there, what, where) in known.items():
            for listed in getattr(quantity, field):
                if listed not in there:
                    key, remedy = f"outputs.quantities.{name}.{field}", hint(listed, there, where)
                    yield setting(scenario, key, listed, f"no such {what}", remedy)


def quantities_count_something(scenario: Scenario) -> Iterator[Problem]:
    """A quantity counts one stock, or flows, of what the scenario has, and has a name of its own."""
    for name, quantity in scenario.settings.outputs.quantities.items():
        key = f"outputs.quantities.{name}"
        flows = quantity.crossed or quantity.events or quantity.outcomes or quantity.ill or quantity.died_ill
        for field in HEALTH_RECORDS if scenario.settings.disease is None else ():
            if getattr(quantity, field):
                remedy = "add the section `health`, or remove it"
                yield setting(scenario, f"{key}.{field}", "", "the scenario has no disease", remedy)
        if name == "present":
            message = "the name stands for the people at each place"
            yield setting(scenario, key, name, message, "choose another name")
        if not quantity.present and not quantity.infectious and not flows:
            remedy = "add `present`, `crossed`, `events` or `outcomes`, or with a disease `ill`"
            yield setting(scenario, key, "", "the quantity counts nothing", remedy)
        if (quantity.present or quantity.infectious) and flows:
            message = "people present cannot be added to people passing"
            yield setting(scenario, key, "", message, "make two quantities of it")
        if quantity.present and quantity.infectious:
            message = "the infectious are among the people present"
            yield setting(scenario, key, "", message, "make two quantities of it")


RULES = (
    Rule(title_is_given, ("settings",)),
    Rule(parameter_names_are_names, ("settings",)),
    Rule(priors_hold_their_values, ("settings",)),
    Rule(settings_name_parameters, ("settings",)),
    Rule(settings_in_range, ("settings",)),
    Rule(travel_makes_parties, ("settings",)),
    Rule(group_names_are_plain, ("settings",)),
    Rule(group_shares_add_up, ("settings",)),
    Rule(policies_name_what_exists, ("settings", "measures")),
    Rule(responses_can_be_given, ("settings",)),
    Rule(outputs_name_what_exists, ("settings", "places", "legs", "measures")),
    Rule(quantities_count_something, ("settings",)),
)

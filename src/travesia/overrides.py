"""Other values of parameters and settings, as `--set name=value` asks."""

from __future__ import annotations

from collections.abc import Mapping

import yaml
from pydantic import ValidationError

from travesia.errors import UsageError, nearest
from travesia.scenario import Scenario, Settings


def override(scenario: Scenario, values: Mapping[str, str]) -> Scenario:
    """A copy in which parameters and movement settings have other values, as `--set name=value` asks.

    values : text by name. A parameter is fixed at the value and loses its prior; a movement setting is read
    as its type, a list as `a,b`, `[]` or `[[a,b],[c]]`. `speed_km_per_day.bus` names one entry of a setting
    with several. `health=on` or `health=off` switches the section health, where there is one;
    `by=travel,attempt` is outputs.by.
    Raises UsageError for an unknown name or a value that does not fit.
    """
    for name, text in values.items():
        scenario = scenario.with_settings(_overridden(scenario.settings, name, text.strip()))
    return scenario


def _listed(text: str) -> object:
    """The list that `--set name=value` gives: `a,b`, or as YAML writes it where one is empty or holds lists."""
    if not text.startswith("["):
        return text.split(",")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text  # refused with the setting's name


def _overridden(settings: Settings, name: str, text: str) -> Settings:
    movement = type(settings.movement)
    setting, _, entry = name.partition(".")
    known = list(dict.fromkeys([*settings.parameters, *movement.model_fields]))
    known.remove("rule")
    content = settings.model_dump()
    if name == "health" and settings.health is not None:
        content["health"]["on"] = text
    elif name == "by":
        content["outputs"]["by"] = tuple(part.strip() for part in text.split(","))
    elif name in settings.parameters:
        content["parameters"][name] |= {"value": text, "prior": None}
    elif setting in known and entry and isinstance(content["movement"].get(setting), dict):
        content["movement"][setting][entry] = text
    elif name in known:
        several = isinstance(content["movement"][name], tuple)
        content["movement"][name] = _listed(text) if several else text
    else:
        raise UsageError(f"no parameter or movement setting {name!r}; {nearest(name, known)}")
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Input should ").partition(", unable")[0]
        raise UsageError(f"{name}={text}: the value does not fit; it must {reason}") from error

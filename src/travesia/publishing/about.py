"""What a published file says of itself, whatever its format: where it came from, and how it may be treated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from travesia.disclosure import FEW
from travesia.labels import licences_of, published_label
from travesia.scenario import Scenario
from travesia.web.publish import MONTHS_TO_WAIT
from travesia.web.shapes import Network, RunView

RULES = (
    f"Only aggregates. Simulated counts have two figures; fewer than {FEW} are shown as <{FEW} (in formats of numbers "
    f"alone: 5); deaths of a whole run are exact. Reported counts below {FEW} under country level are withheld, and so "
    "are those that would reveal them. Simulated is not observed: read medians with their intervals."
)
COARSE = f"Journeys that ended less than {MONTHS_TO_WAIT} months ago, or have not, are told by area and month only."
_CENTRAL = "A simulated central run: means at the medians of the assumptions, one path of many"
_ENSEMBLE = "An ensemble of simulated runs"
USE = "Not for planning where people are stopped, held or returned."


@dataclass(frozen=True)
class Source:
    """Where figures of a scenario came from."""

    title: str
    url: str
    date: str
    licence: str


@dataclass(frozen=True)
class About:
    """What a published file says of itself.

    title : for a person. facts : by name, in the order they are shown; all are text. sources : of the scenario.
    """

    title: str
    facts: Mapping[str, str]
    sources: tuple[Source, ...] = ()

    def json(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        sources = [vars(source) for source in self.sources]
        return {"title": self.title, **self.facts, "sources": sources}


def about_run(scenario: Scenario, told: Mapping[str, Any], *, coarse: bool) -> About:
    """What is said of a run.

    scenario : that was run. told : its provenance. coarse : whether it is told by area and month only.
    """
    before = {
        "what": _CENTRAL if told["mode"] == "expected" else _ENSEMBLE,
        "policy": str(told["policy"]),
        "replicates": str(told["replicates"]),
        "seed": str(told["seed"]),
    }
    replay = told["command"] or "travesia.replay_info(RUN_FOLDER) tells what to run"
    after = {
        "version": f"travesia {told['versions']['travesia']}",
        "scenario_hash": str(told["scenario_hash"]),
        "content_hash": str(told["content_hash"]),
        "created_utc": str(told["created_utc"]),
        "replay": f"{replay} (the same scenario, seed and version give the same content hash)",
    }
    return about_scenario(scenario, before, after, coarse=coarse)


def about_forecast(
    scenario: Scenario, head: Mapping[str, Any], told: Mapping[str, Any], *, coarse: bool
) -> About:
    """What is said of a forecast.

    scenario : it is of. head : what its folder says of it. told : its provenance, where it has one. coarse : whether it
    is told by area and month only.
    """
    before = {
        "what": "A forecast: quantiles of people at places after the origin",
        "origin": str(head["origin_date"]),
        "days_ahead": str(head["days"]),
        "seed": str(told.get("seed", "")),
    }
    used = told.get("versions") or head.get("versions", {})
    replay = told.get("command") or f"travesia forecast {head['scenario']} --origin {head['origin_date']}"
    after = {
        "version": f"travesia {used.get('travesia', version('travesia'))}",
        "scenario_hash": str(told.get("scenario_hash") or head.get("known_hash", "")),
        "created_utc": str(told.get("created_utc", "")),
        "replay": replay if "--days" in replay else f"{replay} --days {head['days']}",
    }
    return about_scenario(scenario, before, after, coarse=coarse)


def about_comparison(found: Mapping[str, Any]) -> About:
    """What is said of a comparison. found : the JSON of its folder."""
    facts = {
        "what": "A comparison of simulated policies: paired differences at the end of the run",
        "policies": ", ".join(found["policies"]),
        "replicates": str(found["replicates"]),
        "seed": str(found["seed"]),
        "scenario": found["scenario"],
        **_label(published_label([found["sensitivity"]], coarse=False), coarse=False),
        "licence": found["licence"],
        "version": f"travesia {found['version']}",
        "scenario_hash": str(found["scenario_hash"]),
        "replay": found["command"],
    }
    return About(_title(found["title"], found["scenario"]), _said(facts))


def about_scenario(
    scenario: Scenario, before: Mapping[str, str], after: Mapping[str, str], *, coarse: bool
) -> About:
    """What is said of anything made from a scenario. before, after : facts before and after those of the scenario."""
    settings, sources = scenario.settings, scenario.sources.fillna("").astype(str)
    facts = {
        **before,
        "scenario": settings.name,
        "first_day": settings.start.isoformat(),
        "days": str(settings.days),
        **_label(published_label(licences_of(scenario), coarse=coarse), coarse=coarse),
        "licence": settings.licence,
        "note": settings.note,
        **after,
    }
    rows = sources.to_dict("records")
    return About(_title(settings.title, settings.name), _said(facts), tuple(_source(row) for row in rows))


def about_view(network: Network, run: RunView) -> About:
    """What is said of a run that the page shows.

    network, run : as shown.
    """
    facts = {
        "what": _CENTRAL if run.kind == "central" else _ENSEMBLE,
        "scenario": network.id,
        "policy": run.policy,
        "replicates": str(run.replicates),
        "seed": str(run.seed),
        "first_day": network.start,
        "days": str(network.days),
        **_label(network.sensitivity, coarse=network.coarse),
        "licence": network.licence,
        "note": network.note,
        "version": f"travesia {version('travesia')}",
    }
    sources = tuple(Source(s.title or s.source, s.url, s.date, "") for s in network.sources)
    return About(_title(network.title, network.id), _said(facts), sources)


def _label(label: str, *, coarse: bool) -> dict[str, str]:
    return {"sensitivity": label, "rules": f"{RULES} {COARSE}" if coarse else RULES, "use": USE}


def _said(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: " ".join(text.split()) for name, text in facts.items() if text.strip()}


def _title(titles: Mapping[str, str], name: str) -> str:
    return titles.get("en") or next(iter(titles.values()), name)


def _source(row: Mapping[Any, Any]) -> Source:
    title = str(row.get("title") or row["source"])
    return Source(title, *(str(row.get(name, "")) for name in ("url", "date", "licence")))

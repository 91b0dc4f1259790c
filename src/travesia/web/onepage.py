"""The one-file report: the same front end with the data of a run inlined; it asks nothing of any network."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import shlex
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Literal

from travesia.errors import UsageError
from travesia.folder import packaged_titles, read_scenario
from travesia.forecasting.folder import HEAD
from travesia.scenario import Scenario
from travesia.store import read_provenance, read_run
from travesia.web.answers import answers_of
from travesia.web.compared import compared_with, of_same, read_tornado
from travesia.web.publish import two_figures
from travesia.web.served import COMPARISON, refuse_export
from travesia.web.shapes import (
    Claim,
    Mover,
    ParameterView,
    Replay,
    ReportView,
    RunView,
    SourceView,
    TornadoView,
)
from travesia.web.static import static_files
from travesia.web.view import needs_of, network_of, run_view, sources_of

MOST_NEEDS, MOST_MOVERS, MOST_TORNADOS = 5, 5, 8
_WORKER = "maplibre-gl-worker.mjs"


def report_html(
    run: Path,
    *,
    language: Literal["en", "es"] = "en",
    comparison: Path | None = None,
    tornado: Path | None = None,
    today: date | None = None,
) -> bytes:
    """A report of a run as one HTML file.

    run : a run folder that keeps its replicates. language : that it opens in. comparison, tornado : folders that
    `travesia compare -o` and `travesia tornado -o` wrote of the same scenario. today : decides how finely journeys may
    be told. Raises StoreError for what is no run folder, UsageError for other folders that are not of `compare` or
    `tornado`, or of another scenario.
    """
    _refuse_others(run)
    result, told = read_run(run), read_provenance(run)
    scenario, day = result.scenario, today or date.today()
    view = run_view(result, today=day, seconds=sum(result.seconds.values()))
    network = network_of(scenario, scenario.name, today=day)
    fullest = [] if network.coarse else _fullest(view)
    report = ReportView(
        language=language,
        network=network,
        run=view,
        answers=answers_of(result, view),
        parameters=_parameters(scenario),
        cases=compared_with(scenario, comparison),
        tornado=_tornado(scenario, tornado),
        needs=[needs_of(result, network.places[place].place) for place in fullest],
        claims=_claims(network.sources) if scenario.name in packaged_titles() else [],
        replay=Replay(
            command=without_folders(told["command"]),
            **{name: told[name] for name in ("seed", "policy", "replicates", "content_hash", "versions")},
            created=told["created_utc"],
        ),
    )
    return _page(report)


def _refuse_others(folder: Path) -> None:
    """Say what to do with a folder that is no run. Raises UsageError."""
    if (folder / COMPARISON).exists():
        raise UsageError(
            f"{folder} holds a comparison; a report is of a run, and shows it too: "
            f"travesia report RUN --comparison {folder}"
        )
    if (folder / HEAD).exists():
        raise UsageError(f"{folder} holds a forecast; the page shows it: travesia serve {folder}")
    refuse_export(folder)


def without_folders(command: str) -> str:
    """A command line that may be shown to anybody: of each path only the last name.

    command : as a shell reads it, or else words with spaces between.
    """
    try:
        return shlex.join(_last_name(word) for word in shlex.split(command))
    except ValueError:  # a quotation mark that is not closed
        return " ".join(_last_name(word) for word in command.split())


def _last_name(word: str) -> str:
    option, sign, value = word.rpartition("=")
    return option + sign + re.split(r"[/\\]", value.rstrip("/\\"))[-1]


def _fullest(view: RunView) -> list[int]:
    """The places with the most people in one night, by number."""
    most = [(max(band.median), -place) for place, band in enumerate(view.people)]
    return [-place for people, place in sorted(most, reverse=True)[:MOST_NEEDS] if people > 0]


def _parameters(scenario: Scenario) -> list[ParameterView]:
    return [
        ParameterView(
            name=name,
            value=content.value,
            low=content.prior.low if content.prior else None,
            high=content.prior.high if content.prior else None,
            unit=content.unit,
            source=content.source,
            note=content.note,
        )
        for name, content in scenario.settings.parameters.items()
    ]


def _tornado(scenario: Scenario, folder: Path | None) -> list[TornadoView]:
    if folder is None:
        return []
    found = of_same(read_tornado(folder), folder, scenario)
    views = []
    for name, title in found["titles"].items():
        rows = [row for row in found["tornado"] if row["quantity"] == name and row["span"] > 0][:MOST_MOVERS]
        movers = [
            Mover(
                parameter=row["parameter"],
                low=row["low"],
                high=row["high"],
                at_low=float(two_figures(row["at_low"])),
                at_high=float(two_figures(row["at_high"])),
            )
            for row in rows
        ]
        if rows:
            base = float(two_figures(rows[0]["base"]))
            views.append(TornadoView(name=name, title=title, base=base, movers=movers))
    return views[:MOST_TORNADOS]


def _claims(sources: list[SourceView]) -> list[Claim]:
    """The thirty claims in both languages. sources : of the scenario; a claim may name those of other packaged ones."""
    others = (read_scenario(name).sources for name in packaged_titles())
    known = {source.source: source for table in others for source in sources_of(table)}
    known |= {source.source: source for source in sources}
    spanish = {row["n"]: row for row in _table("claims_es.csv")}
    return [
        Claim(
            n=int(row["n"]),
            **{
                name: {"en": row[name], "es": spanish[row["n"]][name]}
                for name in ("claim", "verdict", "figures")
            },
            sources=[known.get(key, _unknown(key)) for key in row["sources"].split(";") if key],
        )
        for row in _table("claims.csv")
    ]


def _table(name: str) -> list[dict[str, str]]:
    text = (files("travesia") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _unknown(key: str) -> SourceView:
    """A source that is an address."""
    address = key if key.startswith("https://") else ""
    return SourceView(source=key, title=address or key, url=address, date="")


def _page(report: ReportView) -> bytes:
    """The front end with its data in one file; only scripts and styles with these hashes run."""
    built = {name: content.decode() for name, (content, _) in static_files().items()}
    script = built["app.js"].replace("</script", "<\\/script")
    style = built["style.css"].replace("</style", "<\\/style")
    data = {
        "report": report.model_dump_json(),
        "world": built["world.json"],
        "worker": json.dumps(built[_WORKER]),
    }
    inlined = "\n".join(
        f'<script type="application/json" id="inlined-{name}">{_quiet(text)}</script>'
        for name, text in data.items()
    )
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data: blob:; worker-src blob: data:; connect-src blob:; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="{report.language}" data-lang="{report.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Travesía</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<div id="page"></div>
{inlined}
<script type="module">{script}</script>
</body>
</html>
""".encode()


def _quiet(text: str) -> str:
    """JSON in which nothing looks like a tag."""
    return text.replace("<", "\\u003c")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

"""The commands `get …`: a scenario with rows that a service has about its places or countries."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from travesia import terminal
from travesia.arguments import Folder, day_of
from travesia.errors import ScenarioError, UsageError
from travesia.files import refuse_full

if TYPE_CHECKING:
    from travesia.connectors.client import Client, Service
    from travesia.connectors.events import Counted
    from travesia.connectors.rows import Found, Source
    from travesia.scenario import Scenario

EXAMPLE = "Example: travesia get ucdp mycase --from 2024-01-01 --to 2024-12-31 -o mycase-ucdp"
UNTRIED = "Written from the service's documentation; not yet tried against the live service."
get = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)


class Theme(StrEnum):
    """The words of --theme."""

    IDPS = "idps"
    REFUGEES = "refugees"


class Displaced(StrEnum):
    """The words of --kind, as IDMC writes them."""

    CONFLICT = "Conflict"
    DISASTER = "Disaster"


class CountedWord(StrEnum):
    """The words of --as."""

    DEATHS = "deaths"
    EVENTS = "events"
    CONFLICT = "conflict"


Output = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="FOLDER", help="The scenario folder to make, with the new rows."),
]
First = Annotated[str, typer.Option("--from", metavar="DATE", help="First day, like 2024-01-01.")]
Last = Annotated[str, typer.Option("--to", metavar="DATE", help="Last day, like 2024-12-31.")]
Country = Annotated[
    str, typer.Option(metavar="CODE", help="The country: three letters (ISO 3166-1), like SDN.")
]
Origin = Annotated[str, typer.Option(metavar="CODE", help="Where people are from: three letters, like SDN.")]
Level = Annotated[int, typer.Option(min=0, max=2, help="0: the country, 1 and 2: its areas.")]
Within = Annotated[float, typer.Option("--within-km", metavar="KM", min=0, help="Of the nearest place.")]
As = Annotated[
    CountedWord | None,
    typer.Option(
        "--as",
        help="deaths or events in the month, or conflict: 1 in a month with a death, else 0 (rule flee reads that). "
        "If not given: conflict for rule flee, deaths for goal.",
    ),
]
CacheFolder = Annotated[
    Path | None,
    typer.Option(
        "--cache", metavar="FOLDER", help="Where answers are kept; ~/.cache/travesia/get if not given."
    ),
]
CacheDays = Annotated[
    float,
    typer.Option(
        "--cache-days", metavar="D", min=0, help="Use answers kept for less than that; 0: ask anew."
    ),
]
Timeout = Annotated[
    float, typer.Option(metavar="S", min=1, help="Seconds to wait for the service, each time.")
]


@get.callback()
def _get() -> None:
    """Add to a scenario what a service has about its places.

    Observations, drivers or departures. Each source says under which licence, and by which key; docs/connectors.md
    tells more. None has been tried against the live service yet.
    """


@get.command(
    epilog="Example: travesia get unhcr mycase --origin SDN --from 2015-01-01 --to 2024-12-31 -o new"
)
def unhcr(
    scenario: Folder,
    output: Output,
    origin: Origin,
    first: First,
    last: Last,
    cache: CacheFolder = None,
    cache_days: CacheDays = 1.0,
    timeout: Timeout = 60.0,
) -> None:
    """UNHCR Refugee Data Finder: people from a country, by country (CC BY 4.0, no key).

    Observations of people present at the end of each year: refugees, asylum-seekers and others in need of protection
    abroad, and those displaced within the country. Written from the service's documentation; not yet tried against
    the live service.
    """
    from travesia.connectors import unhcr as connector

    begin, end = _days(first, last)

    def fetch(client: Client, known: Scenario) -> Found:
        return connector.stocks(client, origin=origin, first=begin.year, last=end.year)

    _write(scenario, output, connector.SOURCE, fetch, _client(connector.SERVICE, cache, cache_days, timeout))


@get.command(epilog="Example: travesia get ucdp mycase --from 2024-01-01 --to 2024-12-31 -o new")
def ucdp(
    scenario: Folder,
    output: Output,
    first: First,
    last: Last,
    counted: As = None,
    within_km: Within = 50.0,
    release: Annotated[
        str,
        typer.Option(
            "--release", metavar="R", help="Of the data: 26.1 a year's, 26.0.7 a month's candidates."
        ),
    ] = "26.1",
    cache: CacheFolder = None,
    cache_days: CacheDays = 1.0,
    timeout: Timeout = 60.0,
) -> None:
    """UCDP: organised violence near places, by month (CC BY 4.0; key: UCDP_ACCESS_TOKEN).

    Drivers from the Georeferenced Event Dataset: best estimates of deaths, at the nearest place. Written from the
    service's documentation; not yet tried against the live service.
    """
    from travesia.connectors import ucdp as connector
    from travesia.connectors.rows import key_of

    begin, end = _days(first, last)
    token = key_of(connector.KEY, access=connector.SERVICE.access)

    def fetch(client: Client, known: Scenario) -> Found:
        return connector.conflict(
            client,
            known.places,
            token=token,
            first=begin,
            last=end,
            counted=_counted(counted, known),
            within_km=within_km,
            version=release,
        )

    source = connector.source(release)
    _write(scenario, output, source, fetch, _client(connector.SERVICE, cache, cache_days, timeout))


@get.command(
    epilog="Example: travesia get hapi mycase --theme idps --country SDN --from 2023-04-01 --to 2024-12-31 -o new"
)
def hapi(
    scenario: Folder,
    output: Output,
    country: Country,
    first: First,
    last: Last,
    theme: Annotated[
        Theme, typer.Option(help="idps: displaced in the country; refugees: from it, abroad.")
    ] = Theme.IDPS,
    level: Level = 1,
    cache: CacheFolder = None,
    cache_days: CacheDays = 1.0,
    timeout: Timeout = 60.0,
) -> None:
    """HDX HAPI: displaced people by area, refugees by country (key: HAPI_APP_IDENTIFIER).

    Observations of people present. The displaced are IOM DTM's figures, under its terms: for your own use, not to be
    passed on; each row says so. Refugees are UNHCR's (CC BY 4.0). Written from the service's documentation; not yet
    tried against the live service.
    """
    from travesia.connectors import hapi as connector
    from travesia.connectors.rows import key_of

    begin, end = _days(first, last)
    identifier = key_of(connector.KEY, access=connector.SERVICE.access)

    def fetch(client: Client, known: Scenario) -> Found:
        if theme == Theme.IDPS:
            return connector.idps(
                client, identifier=identifier, country=country, level=level, first=begin, last=end
            )
        return connector.refugees(client, identifier=identifier, origin=country, first=begin, last=end)

    source = connector.SOURCES[theme.value]
    _write(scenario, output, source, fetch, _client(connector.SERVICE, cache, cache_days, timeout))


@get.command(
    epilog="Example: travesia get idmc mycase --country SDN --from 2024-01-01 --to 2024-12-31 -o new"
)
def idmc(
    scenario: Folder,
    output: Output,
    country: Country,
    first: First,
    last: Last,
    kind: Annotated[Displaced | None, typer.Option(help="What displaced people; both if not given.")] = None,
    within_km: Within = 50.0,
    cache: CacheFolder = None,
    cache_days: CacheDays = 1.0,
    timeout: Timeout = 120.0,
) -> None:
    """IDMC: new internal displacements near places (CC BY-NC-SA 3.0 IGO; key: IDMC_CLIENT_ID).

    Departures of kind known, from the recommended figures of the Internal Displacement Updates; rule goal reads them,
    rule flee does not. Written from the service's documentation; not yet tried against the live service.
    """
    from travesia.connectors import idmc as connector
    from travesia.connectors.rows import key_of

    begin, end = _days(first, last)
    client_id = key_of(connector.KEY, access=connector.SERVICE.access)

    def fetch(client: Client, known: Scenario) -> Found:
        return connector.departures(
            client,
            known.places,
            client_id=client_id,
            country=country,
            first=begin,
            last=end,
            kind=kind.value if kind else "",
            within_km=within_km,
        )

    _write(scenario, output, connector.SOURCE, fetch, _client(connector.SERVICE, cache, cache_days, timeout))


@get.command(epilog="Example: travesia get dtm mycase --country SDN --from 2023-04-01 --to 2024-12-31 -o new")
def dtm(
    scenario: Folder,
    output: Output,
    country: Country,
    first: First,
    last: Last,
    level: Level = 1,
    operation: Annotated[
        str, typer.Option(metavar="NAME", help="One of DTM's operations; all if not given.")
    ] = "",
    cache: CacheFolder = None,
    cache_days: CacheDays = 1.0,
    timeout: Timeout = 60.0,
) -> None:
    """IOM DTM: displaced people by area (own use only; key: DTMAPI_SUBSCRIPTION_KEY).

    Observations of people present. IOM's terms: non-commercial, not to be passed on; each row says so. Written from
    the service's documentation; not yet tried against the live service.
    """
    from travesia.connectors import dtm as connector
    from travesia.connectors.rows import key_of

    begin, end = _days(first, last)
    key = key_of(connector.KEY, access=connector.SERVICE.access)

    def fetch(client: Client, known: Scenario) -> Found:
        return connector.idps(
            client, key=key, country=country, level=level, first=begin, last=end, operation=operation
        )

    _write(scenario, output, connector.SOURCE, fetch, _client(connector.SERVICE, cache, cache_days, timeout))


@get.command(
    epilog="Example: travesia get acled mycase --country Sudan --from 2024-01-01 --to 2024-12-31 -o new"
)
def acled(
    scenario: Folder,
    output: Output,
    country: Annotated[
        list[str], typer.Option(metavar="NAME", help="By ACLED's English name, like Sudan; may be repeated.")
    ],
    first: First,
    last: Last,
    counted: As = None,
    within_km: Within = 50.0,
    cache: CacheFolder = None,
    cache_days: CacheDays = 1.0,
    timeout: Timeout = 60.0,
) -> None:
    """ACLED: political violence near places, by month (own account: ACLED_EMAIL, ACLED_PASSWORD).

    Drivers from battles, explosions and violence against civilians. ACLED's terms: for your own use, not to be passed
    on; each row says so, and the events themselves stay in the cache. Written from the service's documentation; not
    yet tried against the live service.
    """
    from travesia.connectors import acled as connector
    from travesia.connectors.rows import key_of

    begin, end = _days(first, last)
    email, password = (
        key_of(v, access=connector.SERVICE.access) for v in (connector.EMAIL, connector.PASSWORD)
    )

    def fetch(client: Client, known: Scenario) -> Found:
        return connector.conflict(
            client,
            known.places,
            email=email,
            password=password,
            countries=country,
            first=begin,
            last=end,
            counted=_counted(counted, known),
            within_km=within_km,
        )

    _write(scenario, output, connector.SOURCE, fetch, _client(connector.SERVICE, cache, cache_days, timeout))


@get.command(epilog="Example: travesia get worldpop mycase --radius-km 10 -o new")
def worldpop(
    scenario: Folder,
    output: Output,
    year: Annotated[int, typer.Option(metavar="YEAR", help="2000 to 2020.")] = 2020,
    radius_km: Annotated[float, typer.Option("--radius-km", metavar="KM", help="Around each place.")] = 5.0,
    every: Annotated[bool, typer.Option("--every", help="Also places that have a population.")] = False,
    cache: CacheFolder = None,
    cache_days: CacheDays = 30.0,
    timeout: Timeout = 60.0,
) -> None:
    """WorldPop: people who live around towns and destinations (CC BY 4.0, no key).

    Fills in the population of places. Written from the service's documentation; not yet tried against the live
    service.
    """
    from travesia.connectors import worldpop as connector

    def fetch(client: Client, known: Scenario) -> Found:
        return connector.populations(
            client, known.places, year=year, radius_km=radius_km, every=every, tell=terminal.say
        )

    _write(
        scenario,
        output,
        connector.source(year),
        fetch,
        _client(connector.SERVICE, cache, cache_days, timeout),
    )


# --- shared ------------------------------------------------------------------------------------------------


def _days(first: str, last: str) -> tuple[date, date]:
    begin, end = day_of(first, "--from"), day_of(last, "--to")
    if end < begin:
        raise UsageError(f"--to {last} is before --from {first}; exchange them")
    return begin, end


def _counted(given: CountedWord | None, scenario: Scenario) -> Counted:
    usual = CountedWord.CONFLICT if scenario.settings.movement.rule == "flee" else CountedWord.DEATHS
    return (given or usual).value


def _client(service: Service, cache: Path | None, cache_days: float, timeout_s: float) -> Client:
    from travesia.connectors.cache import Cache, usual_cache
    from travesia.connectors.client import Client

    return Client(service, Cache(cache or usual_cache(), cache_days), timeout_s=timeout_s)


def _write(
    scenario: str, output: Path, source: Source, fetch: Callable[[Client, Scenario], Found], client: Client
) -> None:
    """The scenario with what is fetched, as a new folder that passes the check, or nothing."""
    from travesia.connectors.rows import add_rows, refuse_repository
    from travesia.folder import SETTINGS_FILE, check, read_scenario, write_scenario

    refuse_full(output)
    refuse_repository(output, source)
    known = read_scenario(scenario)
    terminal.say(f"Asking {client.service.name} …")
    found = fetch(client, known)
    joined = add_rows(known, found)
    problems = [problem for problem in check(joined) if problem.level == "error"]
    if problems:
        raise ScenarioError(problems)
    own = Path(scenario) / SETTINGS_FILE
    write_scenario(joined, output, beside={SETTINGS_FILE: own.read_bytes()} if own.is_file() else {})
    print(output)
    counts = ", ".join(f"{len(rows):,} rows of {name}.csv" for name, rows in found.rows.items())
    terminal.say(f"{counts}; {source.title}, {source.licence}, of {found.seen}.")
    for line in (*found.told, UNTRIED):
        terminal.say(line)
    terminal.say(f"Then: travesia check {shlex.quote(str(output))}")

"""A synthetic planet: made-up places in real countries, and as many people as were displaced at the end of 2024.

It shows what a run of that size costs. It is neither history nor a forecast: only the totals of the countries are real.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from travesia.errors import UsageError
from travesia.rng import uniforms
from travesia.scenario import TABLES, FleeSettings, Scenario, Settings
from travesia.schema import frame
from travesia.travel import EARTH_RADIUS_KM, chord_km, on_sphere

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DISPLACED = 123_200_000  # people, at the end of 2024 (UNHCR, Global Trends 2024)
START = date(2025, 1, 1)
KINDS = ("camp", "town", "town")  # of the places of a country in turn; people start from the second
ORIGIN = 1
LEAST_PLACES = len(KINDS)  # in a country
MOST_PLACES = 100_000
MOST_FACTOR = 1_000_000
ROOM = 1.5  # capacity of the camps of a country for each person it is known to shelter
MOST_RADIUS_KM = 800.0
LOUD = (
    "SYNTHETIC: places, roads, capacities and days are made up. Only the countries' totals of displaced people are "
    "real (UNHCR, IDMC, UNRWA, end of 2024, rounded). As if all of them set out in one year; no history, no forecast."
)


@dataclass(frozen=True)
class Country:
    """A country and its displaced people: how many fled within it, from it, and to it."""

    code: str
    name: str
    lat: float
    lon: float
    radius_km: float
    inside: float
    abroad: float
    hosted: float

    @property
    def displaced(self) -> float:
        """People from the country."""
        return self.inside + self.abroad

    @property
    def sheltered(self) -> float:
        """People in the country."""
        return self.inside + self.hosted


def countries() -> list[Country]:
    """The countries with the largest totals, those left out spread over them; the radius is that of a disc as large.

    Sources: UNHCR Refugee Data Finder, IDMC, UNRWA (end of 2024); CIA World Factbook (position, area; public domain).
    """
    text = (files("travesia") / "data" / "world.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    known = sum(float(row["inside_thousand"]) + float(row["abroad_thousand"]) for row in rows)
    scale = DISPLACED / known
    return [
        Country(
            code=row["country"],
            name=row["name"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            radius_km=min(float(np.sqrt(float(row["area_km2"]) / np.pi)), MOST_RADIUS_KM),
            inside=scale * float(row["inside_thousand"]),
            abroad=scale * float(row["abroad_thousand"]),
            hosted=scale * float(row["hosted_thousand"]),
        )
        for row in rows
    ]


def world(*, places: int = 3000, people_factor: float = 1.0, days: int = 365, seed: int = 1) -> Scenario:
    """The synthetic planet, as a scenario with the rule `flee`.

    places : how many. people_factor : times the 123.2 million people, and the room for them. days : length of the run.
    seed : of where the places lie. Raises UsageError where there are too few or too many places, or too many people.
    """
    known = countries()
    _refuse(places, people_factor, fewest=LEAST_PLACES * len(known))
    number = dealt(np.array([c.displaced + c.hosted for c in known]), places, least=LEAST_PLACES)
    spots = [Spot(country, k, int(n)) for country, n in zip(known, number, strict=True) for k in range(n)]
    lat, lon = (np.concatenate(part) for part in zip(*_positions(known, number, seed), strict=True))
    pairs, km = neighbours(lat, lon)
    names = [spot.name for spot in spots]
    people = dealt(np.array([spot.leaving for spot in spots]), round(DISPLACED * people_factor))
    origins = np.flatnonzero([spot.leaving > 0 for spot in spots])
    tables: dict[str, dict[str, Any]] = {
        "places": {
            "place": names,
            "name": [f"{spot.country.name}, made-up {spot.kind} {spot.number + 1}" for spot in spots],
            "kind": [spot.kind for spot in spots],
            "country": [spot.country.code for spot in spots],
            "lat": lat.tolist(),
            "lon": lon.tolist(),
            "capacity": [
                float(round(spot.room * people_factor)) if spot.kind == "camp" else None for spot in spots
            ],
            "source": ["assumption"] * places,
        },
        "legs": {
            "from": [names[a] for a, _ in pairs],
            "to": [names[b] for _, b in pairs],
            "distance_km": km.tolist(),
            "source": ["assumption"] * len(km),
        },
        "departures": {
            "departure": [f"from-{names[p]}" for p in origins],
            "kind": ["present"] * len(origins),
            "place": [names[p] for p in origins],
            "people": [float(people[p]) for p in origins],
            "source": ["totals"] * len(origins),
        },
        "drivers": {
            "driver": ["conflict"] * len(origins),
            "place": [names[p] for p in origins],
            "date": [START] * len(origins),
            "value": [1.0] * len(origins),
            "source": ["assumption"] * len(origins),
        },
        "sources": _SOURCES,
    }
    return Scenario(
        _settings(places, people_factor, days), {name: frame(name, tables.get(name, {})) for name in TABLES}
    )


@dataclass(frozen=True)
class Spot:
    """A made-up place: the k-th (from 0) of the n of its country."""

    country: Country
    number: int
    of: int

    @property
    def name(self) -> str:
        """Its identifier."""
        return f"{self.country.code}-{self.number + 1:04d}"

    @property
    def kind(self) -> str:
        """Its kind: camps and towns in turn."""
        return KINDS[self.number % len(KINDS)]

    def alike(self, turn: int) -> int:
        """How many places of the country have this turn (0, 1, …) among its kinds."""
        return len(range(turn, self.of, len(KINDS)))

    @property
    def leaving(self) -> float:
        """People who set out from here."""
        return self.country.displaced / self.alike(ORIGIN) if self.number % len(KINDS) == ORIGIN else 0.0

    @property
    def room(self) -> float:
        """Capacity, of a camp; at least 1, since 0 would mean no limit."""
        return max(ROOM * self.country.sheltered / self.alike(0), 1.0)


def dealt(weights: Floats, total: int, *, least: int = 0) -> Ints:
    """Whole numbers in proportion to the weights that add up to the total (largest remainders), none below `least`."""
    left = total - least * len(weights)
    exact = left * weights / weights.sum()
    whole = np.floor(exact)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: int(left - whole.sum())]] += 1
    found: Ints = whole.astype(np.int64) + least
    return found


def neighbours(lat: Floats, lon: Floats) -> tuple[Ints, Floats]:
    """Pairs of places [leg, 2] and their great-circle km [leg]: the Gabriel graph on the sphere, which is connected.

    lat, lon : degrees, [place]. Two places are joined where no third lies in the smallest cap that holds both
    (Gabriel and Sokal 1969, doi:10.2307/2412323); such pairs are sides of Delaunay triangles, facets of the hull.
    """
    from scipy.spatial import ConvexHull

    x = on_sphere(lat, lon)
    corners = ConvexHull(x).simplices
    turns = [corners[:, [i, (i + 1) % 3, (i + 2) % 3]] for i in range(3)]
    a, b, third = np.concatenate(turns).T
    inside = np.einsum("ij,ij->i", x[a] - x[third], x[b] - x[third]) < 0
    sides = np.sort(np.column_stack([a, b]), axis=1)
    pairs, at = np.unique(sides, axis=0, return_inverse=True)
    blocked = np.zeros(len(pairs), dtype=bool)
    np.logical_or.at(blocked, at.ravel(), inside)
    pairs = pairs[~blocked].astype(np.int64)
    km: Floats = chord_km(np.linalg.norm(x[pairs[:, 0]] - x[pairs[:, 1]], axis=1))
    return pairs, np.asarray(np.round(np.maximum(km, 1.0), 1), dtype=np.float64)


def _positions(known: list[Country], number: Ints, seed: int) -> list[tuple[Floats, Floats]]:
    """Degrees [place] of the places of each country: even over a disc around its middle (uniform in area)."""
    found = []
    for country, count in zip(known, number, strict=True):
        u = uniforms("world", seed, country.code, count=2 * int(count)).reshape(-1, 2)
        angle = country.radius_km / EARTH_RADIUS_KM * np.sqrt(u[:, 0])
        bearing, phi = 2 * np.pi * u[:, 1], np.radians(country.lat)
        sine = np.sin(phi) * np.cos(angle) + np.cos(phi) * np.sin(angle) * np.cos(bearing)
        east = np.sin(bearing) * np.sin(angle) * np.cos(phi)
        lon = country.lon + np.degrees(np.arctan2(east, np.cos(angle) - np.sin(phi) * sine))
        lat = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
        found.append((np.round(lat, 3), np.round((lon + 180.0) % 360.0 - 180.0, 3)))
    return found


def _settings(places: int, people_factor: float, days: int) -> Settings:
    millions = f"{DISPLACED * people_factor / 1e6:,.0f}"
    return Settings(
        name=f"world-{places}",
        title={
            "en": f"SYNTHETIC world: {millions} million displaced people, {places:,} made-up places",
            "es": f"Mundo SINTÉTICO: {millions} millones de personas desplazadas, {places} lugares inventados",
        },
        start=START,
        days=days,
        movement=FleeSettings(
            conflict_movechance=0.01,  # so that people leave all through the year
            conflict_weight=0.25,
            camp_weight=2.0,
        ),
        licence="CC-BY-4.0",
        note=LOUD,
    )


def _refuse(places: int, people_factor: float, *, fewest: int) -> None:
    if not fewest <= places <= MOST_PLACES:
        raise UsageError(f"{places:,} places; give a number from {fewest} to {MOST_PLACES:,}")
    if not 1 / DISPLACED <= people_factor <= MOST_FACTOR:
        raise UsageError(
            f"a people factor of {people_factor:g}; give a number from 1e-8 to {MOST_FACTOR:,}, 1 for 123.2 million"
        )


_SOURCES = {
    "source": ["totals", "factbook"],
    "title": [
        "Displaced people by country of origin and of asylum, end of 2024, rounded to 10,000: UNHCR Refugee Data "
        "Finder (refugees, asylum-seekers, others in need of protection), IDMC (within countries), UNRWA (Palestine)",
        "Position and area of countries: The World Factbook, CIA",
    ],
    "url": ["https://www.unhcr.org/refugee-statistics/", "https://www.cia.gov/the-world-factbook/"],
    "date": ["2025-06", "2024"],
    "licence": ["CC-BY-4.0", "public domain"],
    "note": [
        "countries that are left out are spread over those that are here, so that the total is 123.2 million",
        "",
    ],
}

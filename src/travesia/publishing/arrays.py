"""A run as NetCDF after the conventions for climate and forecast data (CF), for whoever works with arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from travesia.publishing.about import About
from travesia.publishing.sheets import rounding
from travesia.web.shapes import Network, RunView

CONVENTIONS = "CF-1.11"
_FEW = "5 stands for fewer than ten, -5 for that many fewer."


def netcdf_bytes(network: Network, run: RunView, about: About) -> bytes:
    """People at places and on legs over time, as NetCDF 4.

    network, run : as the page shows them, so by area and month only where that is the rule. about : where it came
    from. Variables: people [quantile, time, place], moved [time, leg], total [quantile, number].
    """
    import xarray as xr

    coarse = network.coarse
    first = pd.DatetimeIndex([f"{date}-01" if coarse else date for date in run.dates])
    levels = [0.5] if run.kind == "central" else [0.05, 0.5, 0.95]
    names = [place.name for place in network.places]
    found = xr.Dataset(
        {
            "people": (("quantile", "time", "place"), _people(run, len(levels)), _people_words(coarse)),
            "total": (
                ("quantile", "number"),
                _totals(run, len(levels)),
                {"long_name": "at the end", **_COUNT},
            ),
        },
        coords={
            "time": (
                "time",
                first,
                {"standard_name": "time", "long_name": "month" if coarse else "day", "axis": "T"},
            ),
            "quantile": ("quantile", levels, {"long_name": "quantile over the replicates", "units": "1"}),
            "place": (
                "place",
                _texts(p.place for p in network.places),
                {"long_name": "identifier of the place"},
            ),
            "place_name": ("place", _texts(names), {"long_name": "name of the place"}),
            "country": ("place", _texts(p.country for p in network.places), {"long_name": "country"}),
            "lat": ("place", _degrees([p.lat for p in network.places]), _LAT),
            "lon": ("place", _degrees([p.lon for p in network.places]), _LON),
            "number": ("number", _texts(t.name for t in _modelled(run)), {"long_name": "name of the number"}),
            "rounded": (
                "number",
                _texts(rounding(t) for t in _modelled(run)),
                {"long_name": "how it is rounded; 5 is 5 where exact"},
            ),
        },
        attrs={
            "Conventions": CONVENTIONS,
            "title": about.title,
            "source": about.facts.get("version", "travesia"),
            "history": f"{about.facts.get('created_utc', '')} {about.facts.get('replay', '')}".strip(),
            "references": "; ".join(f"{s.title} {s.url}".strip() for s in about.sources),
            "comment": about.facts["rules"],
            **{name: text for name, text in about.facts.items() if name not in ("rules", "replay")},
        },
    )
    if coarse:  # a month has bounds
        ends = first + pd.offsets.MonthBegin(1)
        found["time"].attrs["bounds"] = "time_bounds"
        found["time_bounds"] = (("time", "end"), np.stack([first.values, ends.values], axis=1))
    if run.flows:
        ids = [network.places[end].place for leg in network.legs for end in (leg.one, leg.other)]
        flows = np.array(run.flows, dtype=np.float64).T
        words = {"long_name": "people who finished the leg that day, either way; median", **_COUNT}
        found = found.assign(moved=(("time", "leg"), flows, words | {"cell_methods": "time: sum"}))
        legs = _texts(f"{one}-{other}" for one, other in zip(ids[::2], ids[1::2], strict=True))
        found = found.assign_coords(leg=("leg", legs, {"long_name": "places at the ends of the leg"}))
    fill: dict[str, dict[str, Any]] = {
        str(name): {"_FillValue": None} for name in found.variables if found[name].dtype.kind in "fM"
    }
    for name in ("people", "total", "moved"):
        if name in found:
            fill[name] = {"_FillValue": np.nan, "zlib": True}
    for name in ("time", "time_bounds"):
        if name in found:
            fill[name] = {"_FillValue": None, "units": f"days since {first[0]:%Y-%m-%d}", "dtype": "int32"}
    return bytes(found.to_netcdf(engine="h5netcdf", encoding=fill))


def _people_words(coarse: bool) -> dict[str, str]:
    words = "people at the place" if not coarse else "people in the area, mean over the month"
    return {"long_name": words, "cell_methods": "time: mean" if coarse else "time: point", **_COUNT}


def _people(run: RunView, levels: int) -> Any:
    """[quantile, time, place]."""
    sides = ["median"] if levels == 1 else ["low", "median", "high"]
    return np.array(
        [[getattr(band, side) for band in run.people] for side in sides], dtype=np.float64
    ).transpose(0, 2, 1)


def _totals(run: RunView, levels: int) -> Any:
    sides = ["median"] if levels == 1 else ["low", "median", "high"]
    return np.array([[getattr(total, side) for total in _modelled(run)] for side in sides], dtype=np.float64)


def _modelled(run: RunView) -> list[Any]:
    return [total for total in run.totals if total.modelled]


def _texts(texts: Any) -> Any:
    return np.array(list(texts), dtype=object)


def _degrees(values: list[float | None]) -> Any:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


_COUNT = {"units": "1", "comment": _FEW}
_LAT = {"standard_name": "latitude", "long_name": "latitude", "units": "degrees_north"}
_LON = {"standard_name": "longitude", "long_name": "longitude", "units": "degrees_east"}

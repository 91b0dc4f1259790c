"""Pictures of a result for a notebook: each shows itself, and can be saved."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from travesia.captions import DPI, basis
from travesia.labels import mark
from travesia.planning import needs, places_named
from travesia.planning_plot import needs_figure
from travesia.plot import series_figure
from travesia.plotmap import map_figure, map_words
from travesia.result import Result, day_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALL_DPI = 70


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that a notebook shows.

    figure : of matplotlib, to be changed before it is shown or saved. words : what it shows, for those who cannot see.
    """

    figure: Figure
    words: str

    def save(self, path: str | Path, *, dpi: int = DPI) -> Path:
        """Write the picture and give its path back. path : the ending tells the format: png, svg or pdf."""
        self.figure.savefig(path, dpi=dpi)
        return Path(path)

    def png(self, *, dpi: int = DPI) -> bytes:
        """The picture as PNG."""
        out = BytesIO()
        self.figure.savefig(out, format="png", dpi=dpi)
        return out.getvalue()

    def image(self) -> str:
        """A small copy as an element of HTML."""
        coded = b64encode(self.png(dpi=SMALL_DPI)).decode()
        return f'<img alt="{escape(self.words)}" src="data:image/png;base64,{coded}">'

    def __repr__(self) -> str:
        return f"Picture({self.words!r})"

    def _repr_png_(self) -> bytes:
        return self.png()


@dataclass(frozen=True, eq=False)
class Pictures:
    """What `result.plot` offers. result : whose pictures."""

    result: Result

    def map(self, date: Date | str | None = None) -> Picture:
        """The map on a day: people at places, and how often each leg was passed so far.

        date : the day; the last one if None. Raises UsageError for a day that is not in the run.
        """
        day = self.result.dates[-1] if date is None else day_in(self.result.dates, date)
        return self._picture(map_figure(self.result, day), map_words(self.result, day))

    def people(self, *places: str) -> Picture:
        """People at places, day by day: median, 50 and 90 % intervals, and what was reported.

        places : ids or names; the fullest place if none is given. Raises UsageError for an unknown place.
        """
        chosen = [self._id(place) for place in places or (self.fullest(),)]
        return self._series(chosen, f"People at {', '.join(chosen)}")

    def quantities(self, *names: str) -> Picture:
        """The quantities of the scenario, day by day, beside what was reported.

        names : quantities; every one, and the places with observations, if none is given. Raises UsageError for an
        unknown one.
        """
        return self._series(names, ", ".join(names) or "What the scenario watches")

    def needs(self, place: str | None = None) -> Picture:
        """What a place must provide, day by day, after the Sphere Handbook.

        place : its id or name; the fullest one if None. Raises UsageError where nobody is ever there.
        """
        chosen = self.fullest() if place is None else self._id(place)
        figure = needs_figure(needs(self.result, places=[chosen]), self.result, chosen)
        return self._picture(figure, f"Needs at {chosen} day by day, {basis(self.result)}")

    def fullest(self) -> str:
        """The place with the most people in one night, by the median over the replicates."""
        most = self.result.total("people").median("replicate").max("date")
        return str(most["place"].values[int(most.values.argmax())])

    def _series(self, names: Sequence[str], what: str) -> Picture:
        words = f"{what}, day by day, {basis(self.result)}, and what was reported"
        return self._picture(series_figure(self.result, names or None), words)

    def _picture(self, figure: Figure, words: str) -> Picture:
        mark(figure, self.result.scenario)
        return Picture(figure, words)

    def _id(self, place: str) -> str:
        return places_named(self.result, [place])[0]

"""The pictures of a result in a notebook, and the result that shows itself."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from tests.factory import small_scenario, write_small_scenario

from travesia.captions import png
from travesia.ensemble import simulate
from travesia.errors import UsageError
from travesia.folder import read_scenario
from travesia.pictures import Picture
from travesia.plotnetwork import network_figure
from travesia.plotsweep import sweep_figure
from travesia.result import Result
from travesia.sweeping import sweep

PNG = b"\x89PNG\r\n"
EVIL = "<img src=x onerror=alert(1)>"
FORMULA = r"$\frac{$ and $x^$"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A run of the small scenario with places whose names are markup and a formula that is none."""
    folder = write_small_scenario(tmp_path_factory.mktemp("notebook") / "small")
    path = folder / "places.csv"
    text = (
        path.read_text(encoding="utf-8").replace(",Shelter,", f",{EVIL},").replace(",Home,", f",{FORMULA},")
    )
    path.write_text(text, encoding="utf-8")
    return simulate(read_scenario(folder), replicates=5, seed=1)


def words_of(picture: Picture) -> str:
    """Every text on a picture."""
    figure = picture.figure
    every = figure.findobj(lambda part: hasattr(part, "get_text"))
    return "\n".join(str(part.get_text()) for part in every)


def test_the_map_is_of_the_day_and_shows_names_as_they_are(result: Result) -> None:
    picture = result.plot.map(result.dates[3].date())
    assert isinstance(picture.figure, Figure)
    assert f"{result.dates[3]:%Y-%m-%d}" in words_of(picture)
    assert picture._repr_png_().startswith(PNG)
    for wrong, told in (
        ("2021-13-01", "no date; write it as"),
        ("1999-01-01", "no day of the run; it goes from"),
    ):
        with pytest.raises(UsageError, match=told):
            result.plot.map(wrong)
    assert FORMULA in words_of(result.plot.people("home"))


def test_a_name_in_a_network_or_a_sweep_is_no_formula() -> None:
    made = small_scenario()
    network = network_figure(made.with_table("places", made.places.assign(name=FORMULA)))
    titles = {"en": FORMULA}
    made = made.with_settings(made.settings.model_copy(update={"title": titles}))
    for figure in (network, sweep_figure(sweep(made, ["stopped=0.1,0.4"], expected=True))):
        assert FORMULA in words_of(Picture(figure, ""))
        assert png(figure, made).startswith(PNG)


def test_people_are_those_of_the_places_asked_for(result: Result) -> None:
    assert EVIL in words_of(result.plot.people("shelter"))
    assert result.plot.people().png().startswith(PNG)
    fullest = result.total("people").median("replicate").max("date")
    assert float(fullest.sel(place=result.plot.fullest())) == float(fullest.max())
    with pytest.raises(UsageError, match=r"no place 'sheltr'.*shelter"):
        result.plot.people("sheltr")


def test_quantities_and_needs_have_their_pictures(result: Result) -> None:
    assert result.plot.quantities().png().startswith(PNG)
    name = next(iter(result.scenario.settings.outputs.quantities))
    assert len(result.plot.quantities(name).figure.axes) == 1
    assert EVIL in words_of(result.plot.needs("shelter"))


def test_every_picture_says_when_and_whether_it_is_expected_or_simulated(result: Result) -> None:
    first, last = (f"{result.dates[number]:%Y-%m-%d}" for number in (0, -1))
    central = simulate(result.scenario, expected=True)
    for found, basis in ((result, "simulated (median of 5 replicates)"), (central, "expected (central run)")):
        plot = found.plot
        for picture in (plot.map(), plot.people("shelter"), plot.quantities(), plot.needs("shelter")):
            words = words_of(picture)
            assert f"{first} to {last} · {basis}" in words
            assert basis in repr(picture)
    assert "people present" in words_of(result.plot.people("shelter"))


def test_a_picture_is_saved_as_its_ending_says(result: Result, tmp_path: Path) -> None:
    path = result.plot.people("shelter").save(tmp_path / "people.svg")
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_a_result_shows_itself_as_a_table_and_a_map(result: Result) -> None:
    html = result._repr_html_()
    assert html.startswith("<table>")
    assert html.count("<img ") == 1
    assert EVIL not in html
    coded = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert coded is not None
    assert b64decode(coded[1]).startswith(PNG)
    assert "alert" not in html.replace(coded[1], "")

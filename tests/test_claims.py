"""The thirty claims: each figure stands in the row that is said to carry it, and nobody is named."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from travesia.folder import read_scenario
from travesia.scenario import Scenario

ROOT = Path(__file__).resolve().parents[1]
CLAIMS, FIGURES = (
    list(csv.DictReader((ROOT / name).read_text(encoding="utf-8").splitlines()))
    for name in ("src/travesia/data/claims.csv", "docs/claims-figures.csv")
)
SCENARIOS = {name: read_scenario(name) for name in ("corridor-2021", "caravan-2021", "caravans-history")}
TABLES = {
    "measure": "measures", "departure": "departures", "driver": "drivers", "place": "places",
    "source": "sources", "observation": "observations",
}  # fmt: skip
# Every pair of capitalised words of the table: peoples, places, parties and institutions, no person.
NAMES = {
    "Central America", "Central Americans", "Contra Corriente", "El Salvador", "Institute of Migration",
    "National Civil", "National Guard", "National Party", "Río Bravo", "San Pedro", "Siglo XXI", "Tecún Umán",
    "The Guatemalan", "The Northern", "United States", "Vado Hondo",
}  # fmt: skip
OF_RULERS = r"Giammattei|Obrador|Biden|Trump|Orlando|JOH\b"


def texts(name: str) -> Iterator[str]:
    """What the row, parameter or file says that carries a figure."""
    if name.endswith((".py", ".md")):
        yield (ROOT / name).read_text(encoding="utf-8")
        return
    scenario, kind, key = name.split("/", 2)
    yield from _told(SCENARIOS[scenario], kind, key)


def _told(scenario: Scenario, kind: str, key: str) -> Iterator[str]:
    if kind == "parameter":
        parameter = scenario.settings.parameters[key]
        yield f"{parameter.note} {parameter.value} {parameter.prior}"
        return
    table = scenario.tables[TABLES[kind]]
    if kind == "observation":
        quantity, _, day = key.partition("/")
        table = table[(table["quantity"] == quantity) & (table["date_from"] == day)]
    else:
        table = table[table[kind] == key]
    for row in table.to_dict("records"):
        yield " ".join(str(cell).removesuffix(".0").removesuffix(" 00:00:00") for cell in row.values())


@pytest.mark.parametrize("row", FIGURES, ids=[f"{row['n']}: {row['figure']}" for row in FIGURES])
def test_each_figure_stands_where_the_table_says(row: dict[str, str]) -> None:
    pattern = rf"(?<![\d.,]){re.escape(row['figure'])}(?![\d]|[.,]\d)"
    assert any(re.search(pattern, text) for text in texts(row["stands_in"]))


def test_claims_with_figures_say_where_these_stand() -> None:
    """Those without are context (16, 23), without any figure found (19, 25), or demands without a number."""
    assert {row["n"] for row in CLAIMS} - {row["n"] for row in FIGURES} == {
        "16", "19", "23", "25", "26", "27", "28", "30",
    }  # fmt: skip
    for row in CLAIMS:
        if row["n"] in ("16", "19", "23", "25"):
            assert re.search(r"driver|measure", row["note"]), row["n"]  # what could represent it


def test_what_carries_a_figure_is_no_other_than_it_says() -> None:
    """A wrong number is found out, also one that is part of a longer one."""
    told = " ".join(texts("corridor-2021/place/sigloxxi"))
    assert re.search(r"(?<![\d.,])960(?![\d])", told)
    assert not re.search(r"(?<![\d.,])96(?![\d])", told)
    assert list(texts("caravan-2021/observation/present_vado_hondo/2021-01-01")) == []


def test_nobody_is_named() -> None:
    word = r"[A-ZÁÉÍÓÚ][\wáéíóúñ]+"
    for row in CLAIMS:
        text = ". ".join(row[column] for column in ("claim", "verdict", "figures", "note"))
        assert set(re.findall(rf"{word} (?:of |de |del |the )*{word}", text)) <= NAMES, row["n"]
    for name in ("claims.md", "claims-figures.csv", "prediction.md", "caravans-history.csv"):
        assert not re.search(OF_RULERS, (ROOT / "docs" / name).read_text(encoding="utf-8")), name

"""Write the caravan's table and map in README.md and README.es.md: `python -m docs.write_readme`.

They are computed; what the pages take from files of results is written by docs/write_numbers.py.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from travesia.ensemble import simulate
from travesia.folder import read_scenario
from travesia.plot import map_figure
from travesia.result import Result

ROOT = Path(__file__).resolve().parent.parent
SHOWN = (
    "present_vado_hondo",
    "returned_so_far",
    "got_past_vado_hondo",
    "entered_el_florido",
    "reached_tecun_uman",
)
REPLICATES, SEED = 200, 1
PAGES = {"README.md": "en", "README.es.md": "es"}
WORDS = {
    "en": ("| date | | simulated: median (90 %) | reported | by | inside |", "yes", "no"),
    "es": ("| fecha | | simulado: mediana (90 %) | informado | por | dentro |", "sí", "no"),
}
MONTHS = {"en": "Jan", "es": "ene"}


def caravan_table(result: Result, *, language: str = "en") -> str:
    """What was simulated beside every report of the quantities shown, and whether the report is inside."""
    titles = {name: q.title[language] for name, q in result.scenario.settings.outputs.quantities.items()}
    head, yes, no = WORDS[language]
    rows = [head, "|---|---|---|---|---|---|"]
    table = result.observed_table()
    for row in (
        table[table["quantity"].isin(SHOWN)]
        .sort_values(["quantity", "date"], kind="stable")
        .to_dict("records")
    ):
        low = row["reported"] if pd.isna(row["low"]) else row["low"]
        high = row["reported"] if pd.isna(row["high"]) else row["high"]
        if pd.isna(low):
            continue
        inside = yes if row["q05"] <= high and low <= row["q95"] else f"**{no}**"
        reported = f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"
        simulated = f"{rounded(row['q50'])} ({rounded(row['q05'])}–{rounded(row['q95'])})"
        day = pd.Timestamp(row["date"])
        assert day.month == 1
        date = f"{day:%d} {MONTHS[language]}"
        if language == "es":
            simulated, reported = in_spanish(simulated), in_spanish(reported)
        cells = (date, titles[row["quantity"]], simulated, reported, row["reported_by"], inside)
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def in_spanish(text: str) -> str:
    """Numbers as Spanish pages write them: a thin space from five figures on, none in four, a point for decimals.

    14.000 reads as 14 in Mexico and Honduras, and 14,000 as 14 in Spain.
    """

    def grouped(found: re.Match[str]) -> str:
        return found[0].replace(",", "\u202f" if len(found[0]) > len("9,999") else "")

    return re.sub(r"(?<!\d)\d{1,3}(?:,\d{3})+(?!\d)", grouped, text)


def rounded(people: float) -> str:
    """Two figures, `<10` below ten."""
    if people < 10:
        return "<10"
    digits = len(str(int(people))) - 2
    return f"{round(people, -digits):,.0f}"


def put(text: str, name: str, table: str) -> str:
    """Put a table after its mark, in place of the one that stands there."""
    return re.sub(
        rf"<!-- {name} -->\n(\n\|.*?\n(?=\n))?", lambda _: f"<!-- {name} -->\n\n{table}\n", text, flags=re.S
    )


def main() -> int:
    """Write the table into both pages, and the picture."""
    result = simulate(read_scenario("caravan-2021"), replicates=REPLICATES, seed=SEED)
    images = ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    map_figure(result).savefig(images / "caravan-2021-map.png", dpi=110)
    for name, language in PAGES.items():
        page = ROOT / name
        text = put(
            page.read_text(encoding="utf-8"), "caravan-table", caravan_table(result, language=language)
        )
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

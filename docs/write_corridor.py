"""Write the tables of docs/corridor.md from files that `travesia` wrote: `python docs/write_corridor.py [FOLDER …]`.

FOLDER : of `travesia tornado corridor-2021 -o`, of `travesia compare corridor-2021 … -o` with replicates, and of the
same with `--expected`, in any order. What the page shows of them is kept beside it (corridor-*.csv), so without a
folder the page is written from what is kept.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pandas as pd

from travesia.folder import read_scenario
from travesia.headlines import headlines

HERE = Path(__file__).parent
PAGE = HERE / "corridor.md"
TORNADO, POLICIES, PAIRS, REPORTS = (
    HERE / f"corridor-{name}.csv" for name in ("tornado", "policies", "pairs", "reports")
)
SHOWN = (
    "died", "ill", "separated", "turned_away", "overcrowded_days", "days_detained", "detained", "stopped", "returned",
    "set_off_again", "sheltered", "treated", "admitted", "arrived", "reached_mexico", "reached_border",
    "encounters", "departed",
)  # fmt: skip
CAUSES = ("died_drowning", "died_heat", "died_unknown", "died_vehicle", "died_violence", "died_illness")
MOVERS = 4


def keep(folder: Path) -> None:
    """Keep of a folder what the page shows."""
    if (folder / "tornado.csv").exists():
        table = pd.read_csv(folder / "tornado.csv")
        table = table[table["quantity"].isin([*SHOWN, *CAUSES]) & (table["span"] > 0)]
        table.groupby("quantity", sort=False).head(MOVERS).to_csv(TORNADO, index=False)
        return
    found = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    totals = (
        pd.read_csv(folder / "totals.csv").query("policy == 'actual'").drop(columns=["policy", "response"])
    )
    if found["mode"] == "expected":
        rows = pd.DataFrame(found["differences"])
        rows = rows[rows["quantity"].isin([*SHOWN, *CAUSES])]
        columns = [
            "policy",
            "response",
            "quantity",
            "reference_median",
            "policy_median",
            "median",
            "by_definition",
        ]
        rows[columns].round(1).to_csv(POLICIES, index=False)
        central = totals.iloc[0].rename("central")
        pd.DataFrame({"central": central, **spread()}).to_csv(REPORTS, index_label="quantity")
    else:
        of = totals.drop(columns="replicate").quantile([0.05, 0.95]).T
        old = pd.read_csv(REPORTS, index_col="quantity") if REPORTS.exists() else pd.DataFrame(index=of.index)
        new = old.assign(q05=of[0.05], q95=of[0.95], replicates=found["replicates"])
        new.to_csv(REPORTS, index_label="quantity")
        rows = pd.DataFrame(found["differences"])
        rows[rows["quantity"].isin([*SHOWN, *CAUSES]) & rows["modelled"]].round(1).to_csv(PAIRS, index=False)


def spread() -> dict[str, pd.Series]:
    """The quantiles kept so far."""
    if not REPORTS.exists():
        return {}
    kept = pd.read_csv(REPORTS, index_col="quantity")
    return {name: kept[name] for name in kept.columns if name != "central"}


def reports_table() -> str:
    """What the year gave beside what was reported of it."""
    kept = pd.read_csv(REPORTS, index_col="quantity")
    scenario = read_scenario("corridor-2021")
    observed = scenario.observations
    observed = observed[observed["date_from"] >= pd.Timestamp("2021-01-01")]
    lines = ["| 2021 | central run | 5 to 95 % | reported | by |", "|---|--:|--:|--:|---|"]
    for name, quantity in scenario.settings.outputs.quantities.items():
        rows = observed[(observed["quantity"] == name) & (observed["kind"] == "flow")]
        if rows.empty or quantity.present or quantity.cumulative:
            continue
        days = (rows["date_to"] - rows["date_from"]).dt.days
        year, monthly = rows[days >= 360], rows[days < 32]
        if len(year):
            used, told = year, " or ".join(f"{v:,.0f}" for v in sorted(year["value"]))
        elif len(monthly) == 12:
            used, told = monthly, f"{monthly['value'].sum():,.0f}"
        else:
            continue
        row, by = kept.loc[name].to_dict(), ", ".join(dict.fromkeys(used["reported_by"]))
        span = f"{figures(row['q05'])} to {figures(row['q95'])}" if "q05" in row else "–"
        lines.append(f"| {quantity.title['en']} | {figures(row['central'])} | {span} | {told} | {by} |")
    return "\n".join(lines)


def policies_table() -> str:
    """Central runs: the difference to `actual` under each policy, without response."""
    rows = pd.read_csv(POLICIES)
    rows = rows[rows["response"] == "none"]
    titles = {h.name: h.title for h in headlines(read_scenario("corridor-2021"))}
    names = list(dict.fromkeys(rows["policy"]))
    lines = ["| central run | actual | " + " | ".join(f"`{n}`" for n in names) + " |"]
    lines.append("|---|--:|" + "--:|" * len(names))
    for name in [n for n in SHOWN if n != "ill"]:
        own = rows[rows["quantity"] == name].set_index("policy")
        cells = [
            signed(row["median"]) + (" *" if row["by_definition"] else "")
            for row in (own.loc[policy].to_dict() for policy in names)
        ]
        base = figures(float(own["reference_median"].tolist()[0]))
        lines.append(f"| {titles[name]} | {base} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def pairs_table() -> str:
    """Paired replicates: median and 90 % interval of the difference, without response and at each bound."""
    rows = pd.read_csv(PAIRS)
    titles = {h.name: h.title for h in headlines(read_scenario("corridor-2021"))}
    words = ("none", "low", "high")
    lines = ["| | policy | no response | every response low | every response high |", "|---|---|--:|--:|--:|"]
    for name in [n for s in SHOWN for n in ((s, *CAUSES) if s == "died" else (s,))]:
        for policy in dict.fromkeys(rows["policy"]):
            own = rows[(rows["quantity"] == name) & (rows["policy"] == policy)].set_index("response")
            if own.empty:
                continue
            told = [own.loc[word].to_dict() for word in words]
            cells = [f"{signed(r['median'])} ({signed(r['low90'])} to {signed(r['high90'])})" for r in told]
            mark = (" *" if told[0]["by_definition"] else "") + (" †" if told[0]["sign_open"] else "")
            lines.append(f"| {titles[name]}{mark} | `{policy}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def tornado_table() -> str:
    """The assumptions that move each number most."""
    rows = pd.read_csv(TORNADO)
    scenario = read_scenario("corridor-2021")
    titles = {h.name: h.title for h in headlines(scenario)}
    lines = [
        "| | central run | assumptions that move it most: number at the 5 % and the 95 % point |",
        "|---|--:|---|",
    ]
    for name in [n for s in SHOWN for n in ((s, *CAUSES) if s == "died" else (s,))]:
        own = rows[rows["quantity"] == name]
        if own.empty:
            continue
        movers = "; ".join(
            f"`{r['parameter']}` {figures(r['at_low'])} to {figures(r['at_high'])}"
            for r in own.to_dict("records")
        )
        lines.append(f"| {titles[name]} | {figures(own['base'].iloc[0])} | {movers} |")
    return "\n".join(lines)


def figures(number: float) -> str:
    """Three figures."""
    if number == 0:
        return "0"
    digits = 3 - len(str(int(abs(number))))
    return f"{round(number, min(digits, 1)):,.0f}" if abs(number) >= 10 else f"{number:.1f}"


def signed(number: float) -> str:
    """Three figures and a sign."""
    return "0" if abs(number) < 0.5 else ("+" if number > 0 else "−") + figures(abs(number))


def fill(page: str, name: str, table: str) -> str:
    """The page with a table between its marks."""
    made, count = re.subn(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: m[1] + table + "\n" + m[2], page, flags=re.S
    )
    assert count == 1, name
    return made


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        keep(Path(argument))
    page = PAGE.read_text(encoding="utf-8")
    for name, table in (
        ("reports", reports_table),
        ("policies", policies_table),
        ("pairs", pairs_table),
        ("tornado", tornado_table),
    ):
        page = fill(page, name, table())
    PAGE.write_text(page, encoding="utf-8")

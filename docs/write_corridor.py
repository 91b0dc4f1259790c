"""Write the tables and figures of docs/corridor.md: `python -m docs.write_corridor [FOLDER …]`.

FOLDER : of `travesia tornado corridor-2021 -o`, of `travesia compare corridor-2021 … -o` with replicates, of the
same with `--expected`, and of `travesia run corridor-2021 … -o` with replicates and with `--expected`, with and without
`--set health=on`, in any order. What the page shows of them is kept beside it (corridor-*.csv), so without a folder the
page is written from what is kept. The page says at its end how all of it was made.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from travesia.folder import read_scenario
from travesia.headlines import headlines

HERE = Path(__file__).parent
PAGE = HERE / "corridor.md"
TORNADO, POLICIES, PAIRS, REPORTS, DATED, DISEASE = (
    HERE / f"corridor-{name}.csv" for name in ("tornado", "policies", "pairs", "reports", "dated", "disease")
)
RUN = "datapackage.json"  # only folders of `travesia run` have one
SHOWN = (
    "died", "ill", "separated", "turned_away", "overcrowded_days", "days_detained", "detained", "stopped", "returned",
    "set_off_again", "sheltered", "treated", "admitted", "arrived", "reached_mexico", "reached_border",
    "encounters", "departed",
)  # fmt: skip
CAUSES = ("died_drowning", "died_heat", "died_unknown", "died_vehicle", "died_violence", "died_illness")
MOVERS = 4
DATED_ONES = ("encounters_hnd", "returned_from_guatemala_so_far", "present_vado_hondo")
MARCH = ("2021-03-01", "2021-03-31")
POSITIVE = 0.14  # of the tests at Donna in March 2021 (disease_detention.csv of the claims, n. 20)


def keep(folder: Path) -> None:
    """Keep of a folder what the page shows."""
    if (folder / RUN).exists():
        keep_run(folder, json.loads((folder / "provenance.json").read_text(encoding="utf-8")))
        return
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


def keep_run(folder: Path, told: dict[str, Any]) -> None:
    """Keep of a run what it gave beside dated reports; of one with the disease, who fell ill and died of it."""
    tables = {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")}
    mode = "central" if told["mode"] == "expected" else "replicates"
    if "infectious" in tables:
        if mode == "central":
            march = {
                name: tables[name]
                .query(f"place == 'donna' and '{MARCH[0]}' <= date <= '{MARCH[1]}'")["q50"]
                .sum()
                for name in ("infectious", "people_by_place")
            }
            year = {name: tables[name]["q50"].sum() for name in ("ill", "died_ill")}
            pd.Series(march | year, name="central").round(1).to_csv(DISEASE, index_label="number")
        return
    rows = tables["quantities"]
    rows = rows[rows["quantity"].isin(DATED_ONES) & rows["reported"].notna()]
    rows = rows[["quantity", "date", "kind", "date_from", "q05", "q50", "q95", "reported"]]
    rows = rows.assign(run=mode, replicates=told["replicates"]).round(1)
    kept = pd.read_csv(DATED) if DATED.exists() else rows.iloc[:0]
    pd.concat([kept[kept["run"] != mode], rows]).to_csv(DATED, index=False)


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
    """Paired replicates, a table for each policy: the median and 90 % interval of the difference, by response."""
    rows = pd.read_csv(PAIRS)
    titles = {h.name: h.title for h in headlines(read_scenario("corridor-2021"))}
    words = ("none", "low", "high")
    lines = []
    for policy in dict.fromkeys(rows["policy"]):
        lines += [f"**`{policy}`**", ""]
        lines += ["| | no response | every response low | every response high |", "|---|--:|--:|--:|"]
        for name in [n for s in SHOWN for n in ((s, *CAUSES) if s == "died" else (s,))]:
            own = rows[(rows["quantity"] == name) & (rows["policy"] == policy)].set_index("response")
            if own.empty:
                continue
            told = [own.loc[word].to_dict() for word in words]
            cells = [f"{signed(r['median'])} ({signed(r['low90'])} to {signed(r['high90'])})" for r in told]
            mark = (" *" if told[0]["by_definition"] else "") + (" †" if told[0]["sign_open"] else "")
            lines.append(f"| {titles[name]}{mark} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines[:-1])


def pairs_words() -> str:
    """What the tables of pairs are, and where more or fewer die whatever people do."""
    rows, kept = pd.read_csv(PAIRS), pd.read_csv(REPORTS)
    died = rows[(rows["quantity"] == "died") & (rows["response"] == "none")]
    sure = [
        f"`{row['policy']}` ({'more' if row['median'] > 0 else 'fewer'})"
        for row in died.to_dict("records")
        if not row["sign_open"] and row["median"] != 0
    ]
    claim = f"It is said of {', '.join(sure)}." if sure else "It is said of no policy."
    return (
        f"With replicates and responses: median and 90 % interval of {int(kept['replicates'].iloc[0])} paired "
        "replicates (seed 1), without response, and with every response at its 5 % and at its 95 % point. That more "
        "or fewer die is "
        f"said only where the interval is on one side of 0 under every response; † marks where it is open. {claim}"
    )


def off(*names: str) -> float:
    """How far the sum of some quantities is above (or below) the reports of the year, as a share of them."""
    kept, told = pd.read_csv(REPORTS, index_col="quantity")["central"], yearly()
    return float(sum(kept[n] for n in names) / sum(told[n] for n in names) - 1)


def far_words() -> str:
    """How far the year is off the reports, in words."""
    kept = pd.read_csv(REPORTS, index_col="quantity")["central"]
    told, dated = yearly(), pd.read_csv(DATED)
    nations = ("hnd", "gtm", "slv")

    def by_kind(kind: str) -> float:
        return off(*(f"encounters_{n}_{kind}" for n in nations))

    central, drawn = (
        dated[dated["run"] == run].set_index(["quantity", "date"]) for run in ("central", "replicates")
    )
    months = central.loc["encounters_hnd"]
    ends = [
        f"{figures(months[column].min())} ({month(months[column].idxmin())}) to "
        f"{figures(months[column].max())} ({month(months[column].idxmax())})"
        for column in ("q50", "reported")
    ]
    back = drawn.loc[("returned_from_guatemala_so_far", "2021-01-19")]
    block = drawn.loc[("present_vado_hondo", "2021-01-17")]
    returned = kept["returned_mx"] / kept["detained_mx"], told["returned_mx"] / told["detained_mx"]
    return (
        f"Encounters are {per_cent(off(*(f'encounters_{n}' for n in nations)))} the reports in the central run, as "
        f"the year was above every one before. By month Honduras runs from {ends[0]}; the reports from {ends[1]}. "
        f"Adults alone are {per_cent(by_kind('alone'))} the reports, families {per_cent(by_kind('family'))}, children "
        f"alone {per_cent(by_kind('child'))}. Returns from Mexico are {per_cent(off('returned_mx'))} the reports: of "
        f"those detained {returned[0]:.1f} are returned here as in 2019 and 2020, {returned[1]:.1f} were in 2021. "
        f"Returned from Guatemala by 19 January: {interval(back)} beside {back['reported']:,.0f}; at Vado Hondo on the "
        f"17th {interval(block)} beside {block['reported']:,.0f} ({int(block['replicates'])} replicates): in this "
        "coarser network most of the caravan takes Corinto, so for the blockade itself use `caravan-2021`."
    )


def disease_words() -> str:
    """The disease, in words."""
    kept = pd.read_csv(DISEASE, index_col="number")["central"]
    share = kept["infectious"] / kept["people_by_place"]
    return (
        f"Disease, with `--set health=on`, is checked, not fitted: at Donna in March {share:.3f} of those held are "
        f"infectious in the central run, where {POSITIVE} of tests were positive. {figures(kept['ill'])} fall ill in "
        f"the year and {figures(kept['died_ill'])} die of it, in the central run."
    )


def yearly() -> dict[str, float]:
    """What was reported of the year, by quantity: its figure, the mean of several, or the sum of twelve months."""
    observed = read_scenario("corridor-2021").observations
    observed = observed[(observed["date_from"] >= pd.Timestamp("2021-01-01")) & (observed["kind"] == "flow")]
    days = (observed["date_to"] - observed["date_from"]).dt.days
    months = observed[days < 32].groupby("quantity")["value"].agg(["sum", "count"])
    found = months[months["count"] == 12]["sum"].to_dict()
    return found | observed[days >= 360].groupby("quantity")["value"].mean().to_dict()


def per_cent(off: float) -> str:
    """How far above or below, in words."""
    return f"{abs(off):.0%} {'above' if off > 0 else 'below'}".replace("%", " %")


def interval(row: Any) -> str:
    """Median and 90 % interval, two figures."""
    return f"{two(row['q50'])} ({two(row['q05'])} to {two(row['q95'])})"


def two(number: float) -> str:
    """Two figures."""
    return f"{float(f'{number:.2g}'):,.0f}"


def month(date: str) -> str:
    """The name of the month of a date."""
    return str(pd.Timestamp(date).month_name())


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


PARTS = {
    "far": far_words,
    "disease": disease_words,
    "pairs-words": pairs_words,
    "reports": reports_table,
    "policies": policies_table,
    "pairs": pairs_table,
    "tornado": tornado_table,
}


def page(text: str) -> str:
    """The page with its parts as kept. text : as it stands."""
    for name, words in PARTS.items():
        text = fill(text, name, words())
    return text


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        keep(Path(argument))
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

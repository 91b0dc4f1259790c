"""Write the tables and the picture of docs/corridor-forecast.md.

`python -m docs.write_corridor_forecast POST FC STRUCTURAL` : POST of `travesia calibrate corridor-2021 …`, FC of
`travesia forecast corridor-2021 … --posterior POST`, STRUCTURAL of the same without a posterior. The page says at its
end how they are made. What it shows of them is kept beside it (corridor-forecast*.csv), so without folders the page is
written from what is kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from docs.write_corridor import fill, two

from travesia.folder import read_scenario
from travesia.forecasting import skill
from travesia.forecasting.against import checked_forecast
from travesia.forecasting.flows import ERRORS_HALF_LIFE_DAYS, Monthly, monthly, months_ahead, past_at
from travesia.forecasting.folder import read_forecast
from travesia.forecasting.methods import MODEL, forecasts
from travesia.forecasting.naive import MONTHLY
from travesia.forecasting.scoring import by_case, each, scores

HERE = Path(__file__).parent
PAGE, PICTURE = HERE / "corridor-forecast.md", HERE / "images" / "corridor-forecast.png"
EACH, SCORES, LEARNT, EARLIER, FORGET = (
    HERE / f"corridor-forecast{name}.csv" for name in ("", "-scores", "-learnt", "-earlier", "-forget")
)
SCENARIO = "corridor-2021"
ORIGIN, DAYS = date(2021, 6, 30), 184
QUANTITIES = {"encounters_hnd": "Honduras", "encounters_gtm": "Guatemala", "encounters_slv": "El Salvador"}
NAMES = {
    "posterior": "the corridor, calibrated",
    "model": "structural model, history alone",
    "last_value": "last value",
    "last_year": "same month of the year before",
    "last_shares": "total drifts, last shares",
    "drift": "drift",
    "ets": "exponential smoothing",
}
SHOWN = ("posterior", "model", "last_value", "last_year")
HALF_LIVES = (60.0, ERRORS_HALF_LIFE_DAYS, 1e9)
EARLIER_ORIGINS = pd.date_range("2016-06-30", "2020-12-31", freq="QE")


def keep(post: Path, fc: Path, structural: Path) -> None:
    """Keep of the folders what the page shows."""
    kept_scores(fc, structural)
    told = json.loads((post / "provenance.json").read_text(encoding="utf-8"))["quality"]
    found = pd.read_csv(post / "diagnostics.csv")
    found.assign(k_hat=told["k_hat"], effective=told["effective"], runs=told["runs"]).to_csv(
        LEARNT, index=False, float_format="%.4g"
    )
    earlier(monthly(read_scenario(SCENARIO), quantities=list(QUANTITIES))).to_csv(
        EARLIER, index=False, float_format="%.4f"
    )
    forgetting(monthly(read_scenario(SCENARIO), quantities=list(QUANTITIES))).to_csv(
        FORGET, index=False, float_format="%.4f"
    )


def kept_scores(fc: Path, structural: Path) -> None:
    """Keep every forecast beside what came, and the scores."""
    table = pd.concat([read_forecast(folder)[1] for folder in (fc, structural)])
    checked = checked_forecast(table, read_scenario(SCENARIO))
    each(checked, origin=ORIGIN).to_csv(EACH, index=False, float_format="%.3f")
    by_case(scores([checked])).round(4).to_csv(SCORES, index=False)


def earlier(known: Monthly) -> pd.DataFrame:
    """Scores of the methods that need no run, from every third month whose months ahead came before the origin."""
    rows: list[dict[str, object]] = []
    for end in EARLIER_ORIGINS:
        rows += scored(known, end.date(), (MODEL, *MONTHLY), ERRORS_HALF_LIFE_DAYS)
    return pd.DataFrame(rows)


def forgetting(known: Monthly) -> pd.DataFrame:
    """Scores of the last value by how past errors are forgotten, from the earlier origins and from that of the page."""
    rows: list[dict[str, object]] = []
    for half_life in HALF_LIVES:
        for end in [*(one.date() for one in EARLIER_ORIGINS), ORIGIN]:
            found = scored(known, end, ("last_value",), half_life)
            rows += [one | {"half_life_days": half_life} for one in found]
    return pd.DataFrame(rows)


def scored(known: Monthly, origin: date, names: tuple[str, ...], half_life: float) -> list[dict[str, object]]:
    """Scores of some methods from one origin, one row each."""
    past, ahead = past_at(known, origin), months_ahead(known.start, origin, DAYS)
    came = np.concatenate([one.people[np.searchsorted(one.days, ahead)] for one in known.series])
    rows: list[dict[str, object]] = []
    said = forecasts(past, ahead, names=names, naive=MONTHLY, half_life_days=half_life, longest_days=DAYS)
    for name, found in said.items():
        members = found.reshape(came.size, -1)
        inside = skill.covered(members, came)
        rows.append(
            {
                "origin": origin,
                "method": name,
                "observed": came.sum(),
                "crps": skill.crps(members, came).sum(),
                **{f"cover{round(100 * level)}": hit.mean() for level, hit in inside.items()},
            }
        )
    return rows


def score_lines() -> Iterator[str]:
    """Scaled CRPS of every method, by nationality and over all, and coverage."""
    found, whole = pd.read_csv(EACH), pd.read_csv(SCORES).set_index("method")
    total = found.groupby(["method", "location"])[["crps", "observed"]].sum()
    by_nation = (total["crps"] / total["observed"]).unstack()[list(QUANTITIES)]
    wide = by_nation.assign(all=whole["scaled_crps"]).sort_values("all")
    nations = " | ".join(QUANTITIES.values())
    yield f"| scaled CRPS | {nations} | all | median off by | log-CRPS | inside 50 % | inside 80 % | inside 95 % |"
    yield "|---|" + "--:|" * 9
    for method, row in wide.iterrows():
        own = whole.loc[method]
        told = [f"**{v:.3f}**" if v == wide[name].min() else f"{v:.3f}" for name, v in row.items()]
        more = [f"{100 * own['ard']:.0f} %", f"{own['log_crps']:.3f}"]
        cover = [f"{own[f'cover{q}'] * own['forecasts']:.0f} of {own['forecasts']:.0f}" for q in (50, 80, 95)]
        yield f"| {NAMES[str(method)]} | {' | '.join([*told, *more, *cover])} |"


def month_lines() -> Iterator[str]:
    """What was said of each month, and what came."""
    found = pd.read_csv(EACH, parse_dates=["date"])
    yield f"| | month | reported | {' | '.join(NAMES[name] for name in SHOWN)} |"
    yield "|---|---|--:|" + "--:|" * len(SHOWN)
    for quantity, nation in QUANTITIES.items():
        for day, rows in found[found["location"] == quantity].groupby("date", sort=True):
            said = rows.set_index("method")
            cells = [
                f"{two(said.loc[m, 'median'])} ({two(said.loc[m, 'q10'])} to {two(said.loc[m, 'q90'])})"
                for m in SHOWN
            ]
            came = f"{rows['observed'].iloc[0]:,.0f}"
            yield f"| {nation} | {pd.Timestamp(str(day)):%B} | {came} | {' | '.join(cells)} |"


def learnt_lines() -> Iterator[str]:
    """Prior beside posterior."""
    yield "| parameter | prior: median (90 %) | posterior: median (90 %) |"
    yield "|---|--:|--:|"
    for row in pd.read_csv(LEARNT).to_dict("records"):
        bands = [
            "{} ({} to {})".format(
                *(three_figures(row[f"{when}_{end}"]) for end in ("median", "low90", "high90"))
            )
            for when in ("prior", "posterior")
        ]
        yield f"| `{row['parameter']}` | {' | '.join(bands)} |"


def three_figures(value: float) -> str:
    """A number in three figures, without powers of ten."""
    return f"{float(f'{value:.3g}'):,.12g}".replace("-", "−")


def trust_lines() -> Iterator[str]:
    """The diagnostics, in words."""
    table = pd.read_csv(LEARNT)
    yield (
        f"{table['runs'].iloc[0]:.0f} central runs; k-hat {table['k_hat'].iloc[0]:.2f}, weights worth "
        f"{table['effective'].iloc[0]:.0f} draws, R-hat at most {table['r_hat'].max():.3f}, effective sample size at "
        f"least {table['ess_bulk'].min():,.0f}."
    )


def earlier_lines() -> Iterator[str]:
    """Scores of earlier origins."""
    found = pd.read_csv(EARLIER)
    total = found.groupby("method")[["crps", "observed"]].sum()
    mean = found.groupby("method")[["cover50", "cover80", "cover95"]].mean()
    each_one = found.assign(scaled=found["crps"] / found["observed"]).pivot(
        index="origin", columns="method", values="scaled"
    )
    count = len(each_one)
    heads = "scaled CRPS | structural model closer | inside 50 % | inside 80 % | inside 95 %"
    yield f"| {count} earlier origins | {heads} |"
    yield "|---|" + "--:|" * 5
    for method, value in (total["crps"] / total["observed"]).sort_values().items():
        closer = "" if method == MODEL else f"{(each_one[MODEL] < each_one[str(method)]).sum()} of {count}"
        cover = " | ".join(f"{100 * mean.loc[method, f'cover{q}']:.0f} %" for q in (50, 80, 95))
        yield f"| {NAMES[str(method)]} | {value:.3f} | {closer} | {cover} |"


def forget_lines() -> Iterator[str]:
    """What the intervals of the last value depend on."""
    found = pd.read_csv(FORGET)
    yield "| last value, past errors halved in weight after | earlier origins | 30 June 2021 |"
    yield "|---|--:|--:|"
    here = found["origin"] == ORIGIN.isoformat()
    for half_life, rows in found.groupby("half_life_days", sort=True):
        both = [rows[at.loc[rows.index]][["crps", "observed"]].sum() for at in (~here, here)]
        days = float(str(half_life))
        name = "never" if days > 1e6 else f"{days:.0f} days"
        yield f"| {name} | " + " | ".join(f"{one['crps'] / one['observed']:.3f}" for one in both) + " |"


def draw() -> None:
    """The picture: what was reported, and the forecasts."""
    from matplotlib.dates import DateFormatter, YearLocator
    from matplotlib.figure import Figure
    from matplotlib.ticker import StrMethodFormatter

    from travesia.captions import BLUE, DPI, GREY

    found = pd.read_csv(EACH, parse_dates=["date"])
    known = monthly(read_scenario(SCENARIO), quantities=list(QUANTITIES))
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    for axis, (quantity, nation) in zip(figure.subplots(1, 3), QUANTITIES.items(), strict=True):
        series = next(one for one in known.series if one.place == quantity)
        days = pd.Timestamp(known.start) + pd.to_timedelta(series.days, unit="D")
        shown = days >= pd.Timestamp("2018-12-01")
        axis.plot(days[shown], series.people[shown], ".-", color=GREY, lw=0.8, ms=4, label="reported")
        for name, colour in (("posterior", BLUE), ("model", "#b35900")):
            rows = found[(found["location"] == quantity) & (found["method"] == name)]
            axis.fill_between(rows["date"], rows["q10"], rows["q90"], color=colour, alpha=0.2, lw=0)
            axis.plot(rows["date"], rows["median"], color=colour, lw=1.4, label=NAMES[name])
        axis.axvline(pd.Timestamp(ORIGIN), color=GREY, lw=0.6, ls=":")
        axis.set_title(nation, fontsize=10)
        axis.set_ylim(bottom=0)
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axis.xaxis.set_major_locator(YearLocator())
        axis.xaxis.set_major_formatter(DateFormatter("%Y"))
        axis.tick_params(labelsize=7)
    axis.legend(fontsize=7, loc="upper left")
    figure.suptitle("Encounters at the US border by month; known on 30 June 2021; bands: 80 %", fontsize=10)
    figure.savefig(PICTURE, dpi=DPI)


PARTS = {
    "scores": score_lines,
    "months": month_lines,
    "learnt": learnt_lines,
    "trust": trust_lines,
    "earlier": earlier_lines,
    "forget": forget_lines,
}


def page(text: str) -> str:
    """The page with its parts as kept. text : as it stands."""
    for name, lines in PARTS.items():
        text = fill(text, name, "\n".join(lines()))
    return text


if __name__ == "__main__":
    if sys.argv[1:]:
        keep(*(Path(folder) for folder in sys.argv[1:4]))
        draw()
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

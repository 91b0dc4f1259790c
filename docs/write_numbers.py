"""Write the numbers that pages repeat from files of results: `python -m docs.write_numbers` (seconds, no run).

Tables follow a mark `<!-- NAME -->`; a number within a sentence stands where the sentence has `{}` below. The files are
those that `make bench` (benchmarks/results.csv) and the programs of docs/figures.py write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from docs import write_allocation, write_corridor, write_corridor_forecast
from docs.write_readme import ROOT, in_spanish, put

from travesia.folder import read_scenario

DOCS = ROOT / "docs"
HORIZONS = ("7", "30", "90")
METHODS = {
    "model": ("Travesía", "Travesía"),
    "last_value": ("last value", "último valor"),
    "last_shares": ("last shares", "últimas proporciones"),
    "drift": ("drift", "deriva"),
    "ets": ("exponential smoothing", "suavizado exponencial"),
}
SYMBOLS = {"reporting_error": "σ", "discrepancy": "τ", "discrepancy_days": "ℓ"}  # in docs/calibration.md
SPANISH_HEADS = {
    "what": "qué", "unit": "unidad", "median": "mediana", "least": "mínimo", "at_most": "a lo sumo",
    "replicates": "réplicas", "met": "cumple", "note": "nota", "case": "caso", "settings": "ajustes",
    "ARD rescaled": "ARD reescalada", "Flee's rescaled": "la de Flee", "ARD normal": "ARD normal",
    "Flee's normal": "la de Flee, normal", "largest difference": "mayor diferencia", "limit": "límite",
}  # fmt: skip
SPANISH_CELLS = (
    (r"^yes$", "sí"),
    (r"^times$", "veces"),
    (r"\ba replicate\b", "una réplica"),
    (r"\bthe central run\b", "la corrida central"),
    (r"\breplicates\b", "réplicas"),
    (r"\btimes the people\b", "veces la gente"),
    (r"\bwith its disease\b", "con su enfermedad"),
    (r"\bwith a disease\b", "con una enfermedad"),
    (r"\bplaces\b", "lugares"),
    (r"\bawareness\b", "alcance"),
    (r"\bdays\b", "días"),
    (
        r"^rule (\w+): the first ever run minus the second$",
        r"regla \1: la primera corrida de todas menos la segunda",
    ),
    (r"\btimes faster\b", "veces más rápido"),
    (r"\btarget\b", "meta"),
    (r"\bbefore\b", "antes"),
    (r"\bthen\b", "después"),
    (r"\bmeans of\b", "medias de"),
    (r"\bclock\b", "reloj"),
    (r"\bload average\b", "carga media"),
)


def csv_table(path: Path, *, spanish: bool = False) -> str:
    """A CSV file as a Markdown table."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    heads = [SPANISH_HEADS[name] if spanish else name for name in rows.columns]
    return table(heads, [[_cell(cell, spanish=spanish) for cell in row] for row in rows.to_numpy()])


def _cell(text: str, *, spanish: bool) -> str:
    if not spanish:
        return text
    for pattern, word in SPANISH_CELLS:
        text = re.sub(pattern, word, text)
    return in_spanish(text)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def forecasts(*, spanish: bool = False) -> str:
    """Scaled CRPS of the benchmark's cases, mean over them, by horizon."""
    cases = pd.read_csv(DOCS / "benchmark-cases.csv")
    mean = cases.groupby(["horizon", "method"])["scaled_crps"].mean()
    heads = ["días" if spanish else "days ahead", *(names[spanish] for names in METHODS.values())]
    rows = [[days, *(f"{mean[int(days), method]:.3f}" for method in METHODS)] for days in HORIZONS]
    return table(heads, [[in_spanish(cell) if spanish else cell for cell in row] for row in rows])


def corridor(*, spanish: bool = False) -> tuple[str, ...]:
    """How far encounters and returns from Mexico are off the reports."""
    found = (
        write_corridor.off("encounters_hnd", "encounters_gtm", "encounters_slv"),
        write_corridor.off("returned_mx"),
    )
    if not spanish:
        return tuple(write_corridor.per_cent(one) for one in found)
    return tuple(
        f"{abs(one):.0%} por {'encima' if one > 0 else 'debajo'}".replace("%", " %") for one in found
    )


def features() -> tuple[str, ...]:
    """How many folders Flee itself ran, how often at least, and the range of rms z."""
    runs = pd.read_csv(ROOT / "verification" / "flee_features" / "runs.csv")
    z = pd.read_csv(DOCS / "flee-features.csv")["rms_z"]
    return f"{len(z)}", f"{runs['seeds'].min()}", f"{z.min():.1f} to {z.max():.1f}"


def inside() -> tuple[str, ...]:
    """Of the predictions' reports how many there are and how many are inside 90 %: the order of the sentence."""
    own, history = (pd.read_csv(DOCS / f"{name}.csv") for name in ("prediction", "caravans-history"))
    own = own[own["scenario"] == "caravans-history"]
    parts = [own[own["quantity"] == name] for name in ("returned_so_far", "present_vado_hondo")]
    parts += [own[own["quantity"].str.startswith("share_")], history[history["seen"] == "yes"]]
    return tuple(f"{n}" for part in parts for n in (len(part), (part["inside_90"] == "yes").sum()))


def gain() -> tuple[str, ...]:
    """By how much the forecast is closer than the last value, over the horizons."""
    skill = pd.read_csv(DOCS / "benchmark-skill.csv").query("against == 'last_value'")["skill"]
    return (f"{100 * skill.min():.0f} to {100 * skill.max():.0f} %",)


def covered(level: int = 80) -> tuple[str, ...]:
    """The share of counts inside the model's intervals."""
    rows = pd.read_csv(DOCS / "benchmark-cases.csv").query("method == 'model'")
    return (f"{100 * (rows[f'cover{level}'] * rows['forecasts']).sum() / rows['forecasts'].sum():.0f} %",)


def allocated() -> tuple[str, ...]:
    """Mean ARD with the true total given and capacities blanked: Travesía, Flee."""
    flee = write_allocation.FLEE["blank"]
    return f"{write_allocation.own()['ard'].mean():.3f}", f"{sum(flee) / len(flee):.3f}"


def capacities() -> tuple[str, ...]:
    """Capacities near the highest count, of how many; cases in which splitting by capacity beats Flee, of how many."""
    table = pd.read_csv(write_allocation.CAPACITIES)
    alone, flee = (
        write_allocation.naive("given", "capacity")["ard"].sort_index(),
        write_allocation.FLEE["given"],
    )
    better = sum(one < other for one, other in zip(alone, flee, strict=True))
    return f"{table['near_highest_count'].sum()}", f"{table['camps'].sum()}", f"{better}", f"{len(flee)}"


def split() -> tuple[str, ...]:
    """CRPS of a known total's split, blanked and given, of two naive methods; and the share inside 80 % intervals."""
    own = [write_allocation.own(track) for track in ("blank", "given")]
    naive = [write_allocation.naive(*key) for key in (("blank", "gravity"), ("given", "capacity"))]
    crps = [write_allocation.short(table["scaled_crps"].mean()) for table in (*own, *naive)]
    return (*crps, *(f"{100 * table['cover80'].mean():.0f} %" for table in own))


def split_later() -> tuple[str, ...]:
    """ARD 30 days after an origin, with its last shares held, and in how many cases it is smaller."""
    table = pd.read_csv(DOCS / "allocation-origins.csv")
    means = [write_allocation.short(table[name].mean()) for name in ("ard", "last_shares")]
    return (*means, f"{(table['ard'] < table['last_shares']).sum()}")


def drift() -> str:
    """What assimilating month by month is apart from calibrating anew (docs/assimilation.csv)."""
    heads = [
        "to",
        "draws left, k-hat",
        "means apart: mean, most",
        "width",
        "10, 50, 90 % apart",
        "CRPS",
        "calibrated anew",
    ]
    rows = []
    for row in pd.read_csv(DOCS / "assimilation.csv", parse_dates=["until"]).to_dict("records"):
        anew = row["against"] == "calibrated anew"
        short = {
            name: f"{row[name]:.3f}".lstrip("0") for name in ("q10", "q50", "q90", "crps_one", "crps_other")
        }
        rows.append(
            [
                f"{row['until']:%d %B}".lstrip("0") + ("" if anew else ", calibrated with another seed"),
                f"{row['effective']:.0f} of 200, {row['k_hat']:.2f}" if anew else "",
                f"{row['mean_apart']:.2f}, {row['most_apart']:.2f}",
                f"{row['width']:.2f}",
                " ".join(short[name] for name in ("q10", "q50", "q90")),
                short["crps_one"],
                short["crps_other"],
            ]
        )
    return table(heads, rows)


def ranks() -> str:
    """Where truths lie among draws, by scenario and parameter (docs/calibration-ranks.csv)."""
    rows = pd.read_csv(DOCS / "calibration-ranks.csv", dtype=str).to_numpy()
    heads = ["scenario", "parameter", "ranks in ten bins", "mean", "variance", "p"]
    return table(heads, [[where, SYMBOLS.get(name, f"`{name}`"), *cells] for where, name, *cells in rows])


def hold() -> tuple[str, ...]:
    """How many figures are inside the calibrated corridor's 80 and 50 % intervals."""
    row = pd.read_csv(DOCS / "corridor-forecast-scores.csv").set_index("method").loc["posterior"]
    inside = [f"{row[f'cover{level}'] * row['forecasts']:.0f}" for level in (80, 50)]
    return f"{inside[0]} of {row['forecasts']:.0f}", inside[1]


def never_forgotten() -> tuple[str, ...]:
    """Scaled CRPS of the last value at the origin, past errors all alike."""
    rows = pd.read_csv(DOCS / "corridor-forecast-forget.csv")
    rows = rows[(rows["half_life_days"] > 1e6) & (rows["origin"] == f"{write_corridor_forecast.ORIGIN}")]
    return (f"{rows['crps'].sum() / rows['observed'].sum():.3f}",)


def size() -> tuple[str, ...]:
    """Places and legs of the corridor."""
    scenario = read_scenario("corridor-2021")
    return f"{len(scenario.places)}", f"{len(scenario.legs)}"


def minutes() -> tuple[str, ...]:
    """What 200 replicates of the corridor take by the clock, two processes."""
    rows = pd.read_csv(ROOT / "benchmarks" / "results.csv")
    seconds = rows[rows["what"].str.startswith("corridor-2021: 200 replicates")]["median"].iloc[0]
    return (f"{seconds / 60:.0f} minutes",)


def quoted() -> tuple[str, ...]:
    """The interval that a page shows and quotes, two figures."""
    text = (DOCS / "howto" / "claim.md").read_text(encoding="utf-8")
    found = re.search(r"([\d,]+) to ([\d,]+) +3,500 ", text)
    assert found is not None
    return tuple(write_corridor.two(float(end.replace(",", ""))) for end in found.groups())


def faster() -> tuple[str, ...]:
    """How many times faster than Flee: the least and the most of the cases, two figures; nothing without them."""
    notes = pd.read_csv(ROOT / "benchmarks" / "results.csv", keep_default_na=False)["note"]
    times = [
        float(found[1].replace(",", ""))
        for note in notes
        if (found := re.search(r"([\d,]+) times faster", note))
    ]
    return tuple(write_corridor.two(one) for one in (min(times), max(times))) if times else ()


def spanish_of(value: Callable[[], tuple[str, ...]]) -> Callable[[], tuple[str, ...]]:
    """The same values in Spanish."""
    return lambda: tuple(in_spanish(one).replace(" to ", " a ") for one in value())


CARD, MATRIX = "docs/model-card.md", "docs/evaluation-matrix.md"
SENTENCES: tuple[tuple[str, str, Callable[[], tuple[str, ...]]], ...] = (
    ("README.md", "simulator, {} to {} times faster", faster),
    ("README.md", "encounters {} the reports, returns from Mexico {})", corridor),
    ("README.md", "each of {} small folders was run at least {} times by Flee itself", lambda: features()[:2]),
    ("README.md", "rms z {};", lambda: features()[2:]),
    (
        "README.md",
        "docs/prediction.md): of {} reports of people returned in January 2021 {} are inside the 90 % interval, of {} "
        "at Vado Hondo {}, of {} readings of the share turned back in March {}; the intervals are wide. Of {} reports "
        "of the caravans of 2018 to 2020, which the priors had seen and were not fitted to, {} are inside.",
        inside,
    ),
    ("README.md", "80 % intervals hold {} of the counts", covered),
    (
        "README.md",
        "in these folders {} of {} camp capacities are within 5 % of the highest count later observed, and splitting "
        "by capacity alone does better than Flee in {} of {} cases",
        capacities,
    ),
    ("README.md", "split it: ARD {} (Flee {};", allocated),
    ("README.md", 'better than "nothing changes" by {}, not', gain),
    ("README.es.md", "referencia, de {} a {} veces más rápido", spanish_of(faster)),
    (
        "README.es.md",
        "encuentros en la frontera un {} de lo informado, devoluciones desde México un {})",
        lambda: corridor(spanish=True),
    ),
    (
        "README.es.md",
        "docs/prediction.md): de {} informes de personas devueltas en enero de 2021, {} quedan dentro del intervalo "
        "del 90 %; de {} en Vado Hondo, {}; de {} lecturas de la proporción devuelta en marzo, {}. Los intervalos son "
        "anchos. De {} informes de las caravanas de 2018 a 2020, que los supuestos ya habían visto sin ajustarse a "
        "ellos, quedan dentro {}.",
        inside,
    ),
    (
        "README.es.md",
        "en estas carpetas {} de {} capacidades están a menos del 5 % del mayor recuento observado después, y repartir "
        "solo por capacidad es mejor que Flee en {} de {} casos",
        capacities,
    ),
    ("README.es.md", "corrió {} carpetas pequeñas, cada una al menos {} veces", lambda: features()[:2]),
    ("README.es.md", "cuadrática media de {}; [", spanish_of(lambda: features()[2:])),
    ("README.es.md", "otros conflictos: ARD {} (Flee {};", spanish_of(allocated)),
    ("README.es.md", "intervalos del 80 % contienen el {} de los recuentos", covered),
    ("README.es.md", "mejor que «nada cambia» en un {}, no", spanish_of(gain)),
    (CARD, "encounters {} the reports, returns from Mexico {} |", corridor),
    (CARD, "of Flee that was compared; {} small folders, rms z {} |", lambda: (features()[0], features()[2])),
    (CARD, "| better by {}, not by more", gain),
    (CARD, "intervals | hold {} of the counts", covered),
    (
        "docs/allocation.md",
        "mean count: {} blanked, {} as given (gravity {}, capacity alone {}). The 80 % intervals cover {} and {} of",
        split,
    ),
    ("docs/allocation.md", "later ({} of {} within 5 %)", lambda: capacities()[:2]),
    ("docs/allocation.md", "later is {}, and {} with the shares of the origin held; smaller in {} of", split_later),
    ("docs/corridor-forecast.md", "those of 80 % hold {} figures, those of 50 % hold {} (they", hold),
    ("docs/corridor-forecast.md", "closer than the corridor ({}, last", never_forgotten),
    ("docs/corridor.md", "to the United States: {} places, {} legs", size),
    (
        "docs/forecast.md",
        "Its 80 % intervals cover {} (50 %: {}, 95 %: {}):",
        lambda: (*covered(), *covered(50), *covered(95)),
    ),
    ("docs/howto/beds.md", "200 replicates take {} with `-j 2`", minutes),
    ("docs/howto/claim.md", "gives {} to {} in nine runs of ten", quoted),
    (MATRIX, 'gain over "nothing changes" is {}.', gain),
    ("docs/howto/read-forecast.md", "the model is better by {} (", gain),
    ("docs/howto/flee-folder.md", "(`hasten` is 1), {} to {} times faster", faster),
)  # fmt: skip
TABLES: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("README.md", "speed-table", lambda: csv_table(ROOT / "benchmarks" / "results.csv")),
    ("README.md", "parity-table", lambda: csv_table(DOCS / "flee-parity.csv")),
    ("README.md", "forecast-table", forecasts),
    ("README.es.md", "speed-table", lambda: csv_table(ROOT / "benchmarks" / "results.csv", spanish=True)),
    ("README.es.md", "parity-table", lambda: csv_table(DOCS / "flee-parity.csv", spanish=True)),
    ("README.es.md", "forecast-table", lambda: forecasts(spanish=True)),
    ("docs/calibration.md", "drift-table", drift),
    ("docs/calibration.md", "ranks-table", ranks),
)


def said(text: str, sentence: str, values: Sequence[str]) -> str:
    """The text with values in the places `{}` of a sentence, wherever its lines break.

    Raises ValueError where it does not stand in the text once.
    """
    assert not sentence.startswith("{}"), f"begin with a word: {sentence}"
    words = [r"\s+".join(re.escape(word) for word in part.split(" ")) for part in sentence.split("{}")]
    pattern = words[0] + "".join(rf"(?P<at{n}>[^|()]{{1,40}}?){part}" for n, part in enumerate(words[1:]))
    found = list(re.finditer(pattern, text))
    if len(found) != 1:
        raise ValueError(f"stands {len(found)} times: {sentence}")
    for n, value in reversed(list(enumerate(values))):
        start, end = found[0].span(f"at{n}")
        if text[start:end].split() != value.split():
            text = text[:start] + value + text[end:]
    return text


def page(name: str, text: str) -> str:
    """A page with its numbers. name : its path, of the project. text : as it stands."""
    for at, mark, made in TABLES:
        if at == name:
            assert text.count(f"<!-- {mark} -->") == 1, f"{name}: {mark}"
            text = put(text, mark, made())
    for at, sentence, values in SENTENCES:
        found = values() if at == name else ()
        if found:
            text = said(text, sentence, found)
    return text


PAGES = tuple(dict.fromkeys(name for name, *_ in (*TABLES, *SENTENCES)))


def main() -> int:
    """Write every page that has such numbers."""
    for name in PAGES:
        path = ROOT / name
        path.write_text(page(name, path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

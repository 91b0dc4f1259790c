"""The rules of the house: imports point one way, files stay short, nothing of one machine leaks in."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from travesia.jit import kernel_files

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "travesia"
MOST_LINES = 420

# A module imports only from layers before its own in this list (imports under TYPE_CHECKING count).
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "flee_columns", "inputfile", "jit", "roadnet", "schema", "starter"),
    ("quantiles", "resampling", "sums"),
    ("rng", "scenario", "workers", "files", "tablefile", "flee_csv", "series", "memory"),
    ("arrayfile", "locks"),
    ("wholefolder",),
    (
        "dask_cluster",
        "shards",
        "settingsfile",
        "parameters",
        "policy",
        "reference",
        "travel",
        "cohorts",
        "overrides",
    ),
    ("crew", "placelist", "roads", "sobol", "wildcards", "world"),
    ("flee_yaml", "flee_geography", "flee_routes", "flee_layout", "flee_period"),
    ("flee_room", "flee_start", "flee_modes", "flee_days", "flee_kinds", "measure_arrays"),
    ("flee_settings", "flee_closures", "flee_attributes", "flee_people", "flee_tables"),
    ("observed", "groups", "measures", "flee_day", "health"),
    ("goal_day", "flee_data"),
    ("kernels",),
    ("flee", "movement", "movement.conditions", "movement.routes", "movement.goal", "rules", "rules.base"),
    ("movement.people",),
    ("movement.starts",),
    ("movement.flee",),
    (
        "rules.settings",
        "rules.warnings",
        "rules.cells",
        "rules.measures",
        "rules.flee",
        "rules.flee_limits",
        "rules.health",
    ),
    ("rules.journeys", "labels"),
    ("validate",),
    ("folder", "departures", "parties"),
    ("limits", "measure_table", "sweepdesign"),
    ("health_table",),
    ("model",),
    ("engine",),
    ("figures", "figure_atoms"),
    ("disclosure",),
    ("result", "composition", "indicators"),
    ("capacity",),
    ("headlines",),
    ("score",),
    ("views",),
    ("summary",),
    ("incoming", "tables", "provenance", "captions", "flee_out", "package"),
    ("planning_amounts",),
    ("plotmap", "planning"),
    ("planning_plot", "plotnetwork"),
    ("plot",),
    ("pictures",),
    ("store",),
    ("ensemble",),
    ("forecasting", "forecasting.origin", "forecasting.records", "forecasting.skill"),
    ("forecasting.past", "forecasting.smoothing"),
    ("forecasting.naive", "forecasting.growth", "forecasting.spread"),
    ("forecasting.prior", "forecasting.attraction", "forecasting.sharing", "forecasting.hyperpriors"),
    ("forecasting.allocate",),
    ("forecasting.learning",),
    ("forecasting.signals",),
    ("forecasting.ahead", "forecasting.quantilefile"),
    ("forecasting.methods", "forecasting.rolling", "forecasting.flows"),
    ("forecasting.scoring", "forecasting.forecast", "forecasting.allocation"),
    ("forecasting.against", "forecasting.triggers"),
    ("forecasting.benchmark",),
    ("forecasting.plot",),
    ("forecasting.folder",),
    ("comparison", "sensitivity", "sweeping"),
    (
        "calibration",
        "calibration.crowd",
        "calibration.emulator",
        "calibration.inference",
        "calibration.priors",
    ),
    ("calibration.readings",),
    ("calibration.discrepancy", "calibration.runs"),
    ("calibration.arrivals", "calibration.posterior", "calibration.sampling"),
    ("calibration.calibrate", "calibration.outlook"),
    ("calibration.assimilate", "calibration.plotposterior"),
    ("calibration.plotoutlook",),
    ("joining",),
    ("runplan", "slurm"),
    ("longrun",),
    ("web", "web.publish", "web.security", "web.shapes", "web.static"),
    ("web.served",),
    ("publishing", "publishing.about"),
    ("publishing.sheets",),
    ("publishing.workbook", "publishing.runsheets", "publishing.maps", "publishing.arrays"),
    ("publishing.othersheets",),
    ("web.answers", "web.central", "web.changes", "web.exports", "web.jobs", "web.reports"),
    ("web.view",),
    ("web.compared", "web.forecasts"),
    ("web.desk", "web.onepage"),
    ("publishing.contents",),
    ("publishing.folder",),
    ("web.app",),
    ("terminal",),
    ("arguments", "plotpolicies", "planning_view", "cli_explain", "bars"),
    ("calibration.posteriorfile",),
    ("calibration.outlookfile",),
    ("policytables", "plotsweep", "needscommand", "worldcommand", "newcommand"),
    ("connectors", "connectors.cache", "connectors.failures", "connectors.quiet", "connectors.shape"),
    ("connectors.client", "connectors.events", "connectors.rows"),
    (
        "connectors.acled",
        "connectors.dtm",
        "connectors.hapi",
        "connectors.idmc",
        "connectors.ucdp",
        "connectors.unhcr",
        "connectors.worldpop",
    ),
    ("getcommand",),
    (
        "policycommands",
        "sweepstore",
        "forecastcommands",
        "calibrationcommands",
        "webcommands",
        "exportcommand",
    ),
    ("runcommands", "sweepcommand", "assimilatecommand"),
    ("cli",),
    ("__main__", ""),
)
DEPTH = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "scenarios" not in path.relative_to(PACKAGE).parts
}

# Written so that this file does not match itself.
UNWANTED = {
    "a path of one machine": re.compile(r"(?<![\w./])/(wor[k]|roo[t]|hom[e]/\w+|tm[p]/\w+|op[t]/\w+)/"),
    "unfinished work": re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b"),
    "a registry's host": re.compile(r"\b(pyp[i]\.org|pythonhoste[d]\.org)\b"),
    "raw event records": re.compile(r"\bevent_id_cnt[y]\b"),
}
FOLDERS = ("src", "frontend/src", "tests", "verification", "benchmarks", "docs", "examples", ".ci")
TEXTS = {".py", ".ts", ".css", ".html", ".md", ".toml", ".yaml", ".yml", ".csv", ".json", ".cff", ".lock", ""}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name (within the package) of each module of the package a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: relative import; write it in full"
            base = node.module or ""
            whole = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix("travesia.") in MODULES else base for name in whole]
        else:
            continue
        for name in names:
            if name == "travesia" or name.startswith("travesia."):
                yield node.lineno, name.removeprefix("travesia").removeprefix(".")


def texts() -> list[Path]:
    """Every text file of the project, caches and build products left out."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    every = [*inside, *ROOT.iterdir(), *(ROOT / "frontend").iterdir()]
    files = [path for path in every if path.is_file() and path.suffix in TEXTS]
    return sorted(path for path in files if not re.search(r"__pycache__|egg-info|_cache", str(path)))


def test_every_module_has_its_layer() -> None:
    assert len(MODULES) > 3
    assert sorted(set(MODULES) - set(DEPTH)) == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_one_way(name: str) -> None:
    upward = [
        f"line {line}: {name or 'the package'} imports {other or 'the package'}"
        for line, other in imported(MODULES[name])
        if DEPTH[other] >= DEPTH[name]
    ]
    assert upward == []


def test_programs_do_not_import_each_other_in_circles() -> None:
    paths = [
        path for folder in ("verification", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py")
    ]
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}
    trees = {names[path]: ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for path in paths}
    asked = {
        name: {
            f"{node.module}.{one.name}"
            for node in tree
            if isinstance(node, ast.ImportFrom)
            for one in node.names
        }
        for name, tree in trees.items()
    }
    whole = {
        name: {told if told in asked else told.rpartition(".")[0] for told in of}
        for name, of in asked.items()
    }
    assert sum(len(of & set(asked)) for of in whole.values()) > 50
    TopologicalSorter(whole).prepare()  # raises CycleError, which names the circle


def test_what_is_compiled_is_compiled_anew_when_a_constant_changes() -> None:
    known = {path.stem for path in kernel_files()}
    for path in kernel_files():
        for node in ast.parse(path.read_text("utf-8")).body:
            if path.parent == PACKAGE and path.stem != "engine" and isinstance(node, ast.ImportFrom):
                module = (node.module or "").removeprefix("travesia.")
                constants = [name.name for name in node.names if name.name.isupper()]
                assert module == node.module or not constants or module in known, constants


def test_files_stay_short() -> None:
    long = {}
    for path in texts():
        count = len(path.read_text(encoding="utf-8").splitlines()) if path.suffix == ".py" else 0
        if count > MOST_LINES:
            long[str(path.relative_to(ROOT))] = count
    assert long == {}


@pytest.mark.parametrize("what", sorted(UNWANTED))
def test_nothing_unwanted_is_written(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNWANTED[what].search(line)
    ]
    assert found == []


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    locked = {line.split("==")[0].lower().replace("_", "-") for line in pins}
    names = {re.split(r"[<>=\[ ;]", name)[0].lower().replace("_", "-") for name in wanted}
    assert sorted(names - locked) == []


def test_versions_agree() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_the_package_imports_is_declared() -> None:
    names: set[str] = set()
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").split(".")[0])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [n for extra, names in project["optional-dependencies"].items() if extra != "dev" for n in names]
    wanted = [*project["dependencies"], *extras]
    declared = {re.split(r"[<>=\[ ;]", name)[0].lower() for name in wanted}
    others = sorted(names - set(sys.stdlib_module_names) - {"travesia", "__future__"})
    distributions = packages_distributions()
    missing = [name for name in others if not declared & {d.lower() for d in distributions.get(name, [name])}]
    assert others
    assert missing == []


def test_no_module_has_the_name_of_a_public_verb() -> None:
    """`from travesia import simulate` would give the module once anything had imported it."""
    import travesia

    assert sorted(set(travesia.__all__) & set(MODULES)) == []

"""What is done to cells of tables; see fuzz_mutations for what a mutation is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from verification.fuzz_folders import Folder, Source
from verification.fuzz_mutations import Harm, Mutated, Mutation, changed, csv_bytes, pick_file, rows_of

from travesia.scenario import TABLES
from travesia.schema import table

REFERENCES = {
    ("legs", "from"),
    ("legs", "to"),
    ("destinations", "destination"),
    ("departures", "place"),
    ("drivers", "place"),
    ("measures", "policy"),
    ("measures", "place"),
    ("measures", "leg"),
    ("observations", "place"),
}
"""Columns of ours that name something in another table, beside those of sources."""
FLEE_KINDS = {
    "locations": ("identifier", "text", "text", "number", "number", "word", "maybe", "number"),
    "routes": ("reference", "reference", "number"),
    "closures": ("word", "reference", "maybe", "maybe", "maybe"),  # only some types read a second name
}
"""The kinds of Flee's columns; those of conflicts and of counts are told in `kind_of`."""
STRICT = ("number", "date", "boolean", "reference", "word")
"""The kinds of cell in which not every text can stand."""
LOOK_ALIKE = dict(zip("aceiopxyABCEHKMOPTX", "асеіорхуАВСЕНКМОРТХ", strict=True))


def kind_of(source: Source, file: str, header: list[str], column: int) -> str:
    """What a cell of a column holds: number, date, boolean, word, reference, identifier, text, or maybe any."""
    if source.kind == "flee":
        return _flee_kind(file, column)
    name = file.removesuffix(".csv")
    known = {one.name: one for one in table(name).columns} if name in TABLES else {}
    if column >= len(header) or header[column] not in known:
        return "maybe"
    found = known[header[column]]
    if (name, found.name) in REFERENCES:
        return "reference"
    if found.name == "source" and name != "sources":
        return "reference" if source.has_sources else "text"
    if found.type != "string":
        return found.type
    return "word" if found.enum else "identifier" if found.unique else "text"


def _flee_kind(file: str, column: int) -> str:
    name = file.rpartition("/")[2].removesuffix(".csv")
    if file.startswith("input_csv/"):
        if name == "conflicts":
            return "number" if column else "maybe"
        kinds = FLEE_KINDS.get(name, ())
        return kinds[column] if column < len(kinds) else "maybe"
    return "maybe"


# --- cells ---------------------------------------------------------------------------------------------------

Edit = Callable[[Random, str], str]


def one_of(*texts: str) -> Edit:
    """One of these in place of the cell."""
    return lambda random, cell: random.choice(texts)


def look_alike(random: Random, cell: str) -> str:
    """A letter of another alphabet that looks the same."""
    spots = [i for i, sign in enumerate(cell) if sign in LOOK_ALIKE]
    if not spots:
        return cell
    at = random.choice(spots)
    return cell[:at] + LOOK_ALIKE[cell[at]] + cell[at + 1 :]


def within(*texts: str) -> Edit:
    """One of these within the cell, if there is a within."""

    def edit(random: Random, cell: str) -> str:
        if len(cell) < 2:
            return cell
        at = random.randrange(1, len(cell))
        return cell[:at] + random.choice(texts) + cell[at:]

    return edit


def spaces(random: Random, cell: str) -> str:
    """Spaces around the cell."""
    return random.choice((" {}", "{} ", "  {}\t", "\u00a0{}", "{}\r\n")).format(cell)


GARBAGE = (
    "garbage",
    "12 km",
    "--3",
    "1.2.3",
    "l2",
    "½",
    "12%",
    "$5",
    "1 2",
    "0x10",
    "1_000",
    "?",
    "-",
    ".",
    "e5",
)
NOT_FINITE = (
    "nan",
    "NaN",
    "NULL",
    "None",
    "N/A",
    "#N/A",
    "#REF!",
    "inf",
    "-inf",
    "Infinity",
    "1e400",
    "-1e999999",
)
LARGE = (
    "1e308",
    "1e300",
    "1.7976931348623157e308",
    "99999999999999999999",
    "1e15",
    "9007199254740993",
    "1e19",
)
SMALL = ("1e-320", "0", "-0", "0.0000001", "1e-300", "0.5", "00012", "+7", "1.", ".5", "5e-1")
NEGATIVE = ("-1", "-1e9", "-0.5", "-1e308", "-99")
IMPOSSIBLE = (
    "2021-02-30",
    "2021-13-01",
    "14/01/2021",
    "yesterday",
    "0000-00-00",
    "2021-01",
    "2021-1-32",
    "21-1-14",
)
FAR = ("0001-01-01", "9999-12-31", "1600-02-29", "2262-04-12", "1677-09-21", "2020-02-29", "2021-01-20")
FORMULAS = ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", '=HYPERLINK("http://x","y")')
LISTS = (
    ";",
    "=",
    "a=b;a=b",
    "travel=alone;travel=alone",
    "a=;b",
    "x>y>z",
    "A-B-C",
    "party:travel=alone*9999",
    "*",
)
LONG = ("x" * 50_000, "x" * 200_000, "1" * 5000, "é" * 40_000, "a;" * 20_000, "a=b;" * 20_000)
CELLS: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "garbage": (one_of(*GARBAGE), STRICT),
    "unknown name": (one_of("nowhere_at_all", "Nowhere"), STRICT),
    "not finite": (one_of(*NOT_FINITE), STRICT),
    "large": (one_of(*LARGE), ("date", "reference", "word")),
    "small": (one_of(*SMALL), ("date", "reference", "word")),
    "negative": (one_of(*NEGATIVE), ("date", "boolean", "reference", "word")),
    "impossible date": (one_of(*IMPOSSIBLE), STRICT),
    "far date": (one_of(*FAR), ("number", "boolean", "reference", "word")),
    "formula": (one_of(*FORMULAS), STRICT),
    "list": (one_of(*LISTS), STRICT),
    "long": (one_of(*LONG), ("date", "boolean", "reference", "word")),
    "look-alike": (look_alike, STRICT),
    "invisible sign": (within("\u200b", "\u00ad", "\u0301", "\ufeff", "\u202e"), STRICT),
    "control sign": (within("\x1b[31m", "\x07", "\x7f", "\u0085", "\u2028"), STRICT),
    "line end": (within("\n", "\r", "\r\n"), STRICT),
    "space": (within(" ", "\u00a0"), STRICT),
    "quotes and commas": (within('"', ",", '","', "'", '""'), STRICT),
    "case": (lambda random, cell: cell.swapcase(), ("reference", "word")),
}


def _cell_mutation(name: str, edit: Edit, harmful: tuple[str, ...]) -> Mutation:
    def mutate(random: Random, folder: Folder, source: Source) -> Mutated | None:
        file = pick_file(random, folder, ending=(".csv",))
        rows = rows_of(folder, file) if file else None
        if not rows:
            return None
        row = random.randrange(0 if source.kind == "flee" else 1, len(rows)) if len(rows) > 1 else 0
        if not rows[row]:
            return None
        column = random.randrange(len(rows[row]))
        before, header = rows[row][column], list(rows[0])
        after = edit(random, before)
        if after == before:
            return None
        rows[row][column] = after
        kind = "maybe" if row == 0 else kind_of(source, file, header, column)
        harm: Harm = "harmful" if kind in harmful else "maybe"
        if kind == "boolean" and after.lower() in ("true", "false", "1", "0", "yes", "no"):
            harm = "maybe"
        done = f"{name} in {file}, row {row + 1}, column {column + 1} ({kind}): {before!r} to {after[:60]!r}"
        return Mutated(changed(folder, file, csv_bytes(rows)), done, harm)

    return mutate


def blank_cell(random: Random, folder: Folder, source: Source) -> Mutated | None:
    """Empty a cell; where the column is needed that is harmful."""
    file = pick_file(random, folder, ending=(".csv",))
    rows = rows_of(folder, file) if file else None
    if not rows or len(rows) < 2:
        return None
    row = random.randrange(1, len(rows))
    column = random.randrange(len(rows[row])) if rows[row] else 0
    if not rows[row] or not rows[row][column]:
        return None
    before, rows[row][column] = rows[row][column], ""
    needed = [one.name for one in table(file[:-4]).columns if one.required] if source.kind == "own" else []
    harm: Harm = "harmful" if column < len(rows[0]) and rows[0][column] in needed else "maybe"
    done = f"blank in {file}, row {row + 1}, column {column + 1}: {before!r}"
    return Mutated(changed(folder, file, csv_bytes(rows)), done, harm)


def other_cell(random: Random, folder: Folder, source: Source) -> Mutated | None:
    """The value of another row or another column in place of a cell's."""
    file = pick_file(random, folder, ending=(".csv",))
    rows = rows_of(folder, file) if file else None
    if not rows or len(rows) < 3:
        return None
    row, other = random.sample(range(1, len(rows)), 2)
    if not rows[row] or not rows[other]:
        return None
    column = random.randrange(len(rows[row]))
    taken = rows[other][column] if column < len(rows[other]) else ""
    before, rows[row][column] = rows[row][column], random.choice((taken, random.choice(rows[row])))
    done = f"other value in {file}, row {row + 1}, column {column + 1}: {before!r} to {rows[row][column]!r}"
    return Mutated(changed(folder, file, csv_bytes(rows)), done, "maybe")


def spaces_around(random: Random, folder: Folder, source: Source) -> Mutated | None:
    """Spaces around every cell of a column, which mean nothing."""
    file = pick_file(random, folder, ending=(".csv",))
    rows = rows_of(folder, file) if file else None
    if not rows:
        return None
    column = random.randrange(len(rows[0])) if rows[0] else 0
    rows = [
        [*row[:column], spaces(random, row[column]), *row[column + 1 :]] if len(row) > column else row
        for row in rows
    ]
    harm: Harm = "harmless" if source.kind == "own" else "maybe"
    return Mutated(changed(folder, file, csv_bytes(rows)), f"spaces in {file}, column {column + 1}", harm)


TABLE_CELLS: dict[str, Mutation] = {
    **{name: _cell_mutation(name, edit, harmful) for name, (edit, harmful) in CELLS.items()},
    "blank": blank_cell,
    "other value": other_cell,
    "spaces around": spaces_around,
}

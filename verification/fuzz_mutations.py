"""What is done to folders: mutations of bytes, rows, columns and files; those of cells and settings stand beside.

A mutation takes the random numbers, a folder and what it was before, and gives the folder back with what was done to
it and what that must lead to. `harmful`: the folder is damaged, which must be told (an error or a warning). `harmless`:
it means the same as before and must give the same result. `maybe`: it may be another folder that is as good.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from verification.fuzz_folders import IS_ROOT, Content, Folder, Odd, Source

from travesia.schema import table

Harm = Literal["harmful", "harmless", "maybe"]
Rows = list[list[str]]
NEEDED = {
    "own": ("scenario.yaml", "places.csv", "legs.csv"),
    "flee": tuple(
        f"input_csv/{name}.csv" for name in ("locations", "routes", "conflicts", "closures", "sim_period")
    ),
}


@dataclass(frozen=True)
class Mutated:
    """A folder after a mutation: what was done, in words, and what it must lead to."""

    folder: Folder
    done: str
    harm: Harm


Mutation = Callable[[Random, Folder, Source], Mutated | None]
"""None where there is nothing it could be done to."""


def pick_file(random: Random, folder: Folder, *, ending: tuple[str, ...] = (".csv", ".yaml", ".yml")) -> str:
    """A file of the folder that has content; "" where there is none."""
    names = sorted(
        name for name, content in folder.items() if name.endswith(ending) and isinstance(content, bytes)
    )
    return random.choice(names) if names else ""


def changed(folder: Folder, name: str, content: Content | None) -> Folder:
    """The folder with other content of a file, or without it."""
    rest = {key: value for key, value in folder.items() if key != name}
    return rest if content is None else {**rest, name: content}


def rows_of(folder: Folder, name: str) -> Rows | None:
    """The cells of a CSV file; None where it is no longer one."""
    content = folder[name]
    assert isinstance(content, bytes)
    try:
        return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        return None


def csv_bytes(rows: Rows) -> bytes:
    """The cells as a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def is_read(source: Source, name: str) -> bool:
    """Whether the reader cannot do without the bytes of this file."""
    if source.kind == "own":
        return name != "datapackage.json"
    return name in NEEDED["flee"] or name == "simsetting.yml"


# --- bytes ---------------------------------------------------------------------------------------------------


def _bytes_mutation(
    name: str, edit: Callable[[Random, bytes], bytes], harm: Callable[[Source, str], Harm]
) -> Mutation:
    def mutate(random: Random, folder: Folder, source: Source) -> Mutated | None:
        file = pick_file(random, folder)
        content = folder.get(file, b"")
        if not isinstance(content, bytes) or not content:
            return None
        edited = edit(random, content)
        if edited == content:
            return None
        return Mutated(changed(folder, file, edited), f"{name} in {file}", harm(source, file))

    return mutate


def _always(harm: Harm) -> Callable[[Source, str], Harm]:
    return lambda source, file: harm


def _where_read(source: Source, file: str) -> Harm:
    return "harmful" if is_read(source, file) else "maybe"


def _own_only(source: Source, file: str) -> Harm:
    return "harmless" if source.kind == "own" else "maybe"


def _flip(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << random.randrange(8))]) + content[at + 1 :]


def _delete(random: Random, content: bytes) -> bytes:
    at, count = random.randrange(len(content)), random.choice((1, 1, 2, 5, 40, 300))
    return content[:at] + content[at + count :]


def _insert(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    put = random.choice(
        (b",", b'"', b"\n", b";", b":", b"-", b"#", b"0", b"\r", b"\t", b"\x1b[2J", b"&a ", b"%")
    )
    return content[:at] + put + content[at:]


def _put(random: Random, content: bytes, put: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + put + content[at:]


BROKEN = (b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xe9")
BYTES: dict[str, Mutation] = {
    "flip a bit": _bytes_mutation("flip a bit", _flip, _always("maybe")),
    "delete bytes": _bytes_mutation("delete bytes", _delete, _always("maybe")),
    "insert a byte": _bytes_mutation("insert a byte", _insert, _always("maybe")),
    "truncate": _bytes_mutation("truncate", lambda r, c: c[: r.randrange(len(c))], _always("maybe")),
    "NUL": _bytes_mutation("NUL", lambda r, c: _put(r, c, b"\0" * r.choice((1, 1, 500))), _where_read),
    "not UTF-8": _bytes_mutation("not UTF-8", lambda r, c: _put(r, c, r.choice(BROKEN)), _where_read),
    "Latin-1": _bytes_mutation(
        "Latin-1", lambda r, c: c.decode("utf-8", "replace").encode("latin-1", "replace"), _always("maybe")
    ),
    "byte order mark": _bytes_mutation(
        "byte order mark", lambda r, c: b"\xef\xbb\xbf" + c, _always("harmless")
    ),
    "UTF-16": _bytes_mutation(
        "UTF-16",
        lambda r, c: c.decode("utf-8", "replace").encode(r.choice(("utf-16", "utf-16-le"))),
        _where_read,
    ),
    "CRLF": _bytes_mutation("CRLF", lambda r, c: c.replace(b"\n", b"\r\n"), _always("harmless")),
    "CR": _bytes_mutation("CR", lambda r, c: c.replace(b"\n", b"\r"), _own_only),
    "no last line end": _bytes_mutation(
        "no last line end", lambda r, c: c.rstrip(b"\n"), _always("harmless")
    ),
    "empty lines at the end": _bytes_mutation(
        "empty lines at the end", lambda r, c: c + b"\n" * r.choice((1, 3, 400)), _always("harmless")
    ),
    "binary": _bytes_mutation("binary", lambda r, c: r.randbytes(r.choice((1, 64, 5000))), _where_read),
}


# --- rows and columns ----------------------------------------------------------------------------------------


def _table_mutation(
    name: str, edit: Callable[[Random, Rows, Source, str], tuple[Rows, str, Harm] | None]
) -> Mutation:
    def mutate(random: Random, folder: Folder, source: Source) -> Mutated | None:
        file = pick_file(random, folder, ending=(".csv",))
        rows = rows_of(folder, file) if file else None
        if not rows or len(rows) < 2:
            return None
        found = edit(random, [list(row) for row in rows], source, file)
        if found is None or found[0] == rows:
            return None
        edited, where, harm = found
        return Mutated(changed(folder, file, csv_bytes(edited)), f"{name} in {file}: {where}", harm)

    return mutate


def _delete_row(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    at, count = random.randrange(1, len(rows)), random.choice((1, 1, 1, 3, len(rows)))
    del rows[at : at + count]
    return rows, f"{count} from row {at + 1}", "maybe"


def _duplicate_row(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    at = random.randrange(1, len(rows))
    rows.insert(random.randrange(1, len(rows) + 1), list(rows[at]))
    unique = source.kind == "own" and any(column.unique for column in table(file[:-4]).columns)
    return rows, f"row {at + 1}", "harmful" if unique or file.endswith("locations.csv") else "maybe"


def _shuffle(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    body = rows[1:]
    random.shuffle(body)
    return [rows[0], *body], "all rows", "maybe"


def _cut_row(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm] | None:
    at = random.randrange(1, len(rows))
    if len(rows[at]) < 2:
        return None
    rows[at] = rows[at][: random.randrange(1, len(rows[at]))]
    return rows, f"row {at + 1} to {len(rows[at])} cells", "harmful" if source.kind == "own" else "maybe"


def _lengthen_row(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    at = random.randrange(1, len(rows))
    rows[at] = [*rows[at], *random.choice((["more"], ["", "more"], ["1"] * 50))]
    return rows, f"row {at + 1}", "harmful" if source.kind == "own" else "maybe"


def _shift_row(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm] | None:
    at = random.randrange(1, len(rows))
    cells = [i for i, cell in enumerate(rows[at]) if len(cell) > 1]
    if not cells:
        return None
    column = random.choice(cells)
    cell = rows[at][column]
    cut = random.randrange(1, len(cell))
    rows[at][column : column + 1] = [cell[:cut], cell[cut:]]
    return rows, f"a comma within row {at + 1}", "harmful" if source.kind == "own" else "maybe"


def _delete_header(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    return rows[1:], "the header", "harmful" if source.kind == "own" else "maybe"


def _repeat_header(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    harmful = source.kind == "own" and file != "sources.csv"
    rows.insert(random.randrange(1, len(rows) + 1), list(rows[0]))
    return rows, "the header", "harmful" if harmful else "maybe"


def _delete_column(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm] | None:
    at = random.randrange(len(rows[0]))
    name = rows[0][at]
    known = {column.name: column for column in table(file[:-4]).columns} if source.kind == "own" else {}
    harmful = name in known and known[name].required
    return [row[:at] + row[at + 1 :] for row in rows], name, "harmful" if harmful else "maybe"


def _duplicate_column(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    at = random.randrange(len(rows[0]))
    copied = [[*row[: at + 1], *row[at : at + 1], *row[at + 1 :]] for row in rows]
    return copied, rows[0][at], "harmful" if source.kind == "own" else "maybe"


def _rename_column(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    at = random.randrange(len(rows[0]))
    before = rows[0][at]
    rows[0][at] = random.choice(("", f"{before}x", before.upper(), before[:-1], f"{before} ?", "x" * 100_000))
    harmful = source.kind == "own" and rows[0][at] != before
    return rows, f"{before} to {rows[0][at][:20]!r}", "harmful" if harmful else "maybe"


def _swap_headers(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm] | None:
    if len(rows[0]) < 2:
        return None
    one, other = random.sample(range(len(rows[0])), 2)
    rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    return rows, f"{rows[0][one]} and {rows[0][other]}", "maybe"


def _swap_columns(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm] | None:
    width = min(len(row) for row in rows)
    if width < 2:
        return None
    one, other = random.sample(range(width), 2)
    for row in rows:
        row[one], row[other] = row[other], row[one]
    return rows, f"{rows[0][one]} and {rows[0][other]}", "harmless" if source.kind == "own" else "maybe"


def _many_rows(random: Random, rows: Rows, source: Source, file: str) -> tuple[Rows, str, Harm]:
    return [*rows, *(random.choice(rows[1:]) for _ in range(2000))], "2,000 of them", "maybe"


ROWS: dict[str, Mutation] = {
    name: _table_mutation(name, edit)
    for name, edit in {
        "delete rows": _delete_row,
        "duplicate a row": _duplicate_row,
        "shuffle rows": _shuffle,
        "cut a row short": _cut_row,
        "lengthen a row": _lengthen_row,
        "shift a row": _shift_row,
        "delete the header": _delete_header,
        "repeat the header": _repeat_header,
        "repeat rows": _many_rows,
        "delete a column": _delete_column,
        "duplicate a column": _duplicate_column,
        "rename a column": _rename_column,
        "swap headers": _swap_headers,
        "swap columns": _swap_columns,
    }.items()
}


# --- files ---------------------------------------------------------------------------------------------------


def _remove(random: Random, folder: Folder, source: Source) -> Mutated | None:
    name = pick_file(random, folder)
    if not name:
        return None
    harm: Harm = "harmful" if name in (*NEEDED[source.kind], "simsetting.yml") else "maybe"
    return Mutated(changed(folder, name, None), f"delete {name}", harm)


def _replace(random: Random, folder: Folder, source: Source) -> Mutated | None:
    name, other = pick_file(random, folder), pick_file(random, folder)
    if not name or folder[name] == folder[other]:
        return None
    harm: Harm = "harmful" if source.kind == "own" else "maybe"
    return Mutated(changed(folder, name, folder[other]), f"replace {name} by {other}", harm)


def _empty(random: Random, folder: Folder, source: Source) -> Mutated | None:
    name, content = (
        pick_file(random, folder),
        random.choice((b"", b"\n", b" \n\n", b",,,\n", b"\xef\xbb\xbf")),
    )
    harm: Harm = "harmful" if is_read(source, name) and not name.endswith("closures.csv") else "maybe"
    return Mutated(changed(folder, name, content), f"empty {name} to {content!r}", harm) if name else None


def _rename(random: Random, folder: Folder, source: Source) -> Mutated | None:
    name = pick_file(random, folder)
    if not name:
        return None
    stem, _, suffix = name.rpartition(".")
    where, _, own = stem.rpartition("/")
    mis = [own.capitalize(), own[:-1], f"{own} (1)", f"{own}.{suffix}", f" {own}"]
    other = random.choice(
        [f"{m}.{suffix}" for m in mis] + [f"{own}.{s}" for s in ("CSV", "xlsx", "tsv", "txt")]
    )
    renamed = {**changed(folder, name, None), f"{where}/{other}".lstrip("/"): folder[name]}
    read = is_read(source, name)
    return Mutated(renamed, f"rename {name} to {other}", "harmful" if read else "maybe")


def _odd(kind: Literal["directory", "loop", "dangling", "endless", "pipe", "locked"]) -> Mutation:
    def mutate(random: Random, folder: Folder, source: Source) -> Mutated | None:
        name = pick_file(random, folder)
        content = folder.get(name, b"")
        if not name or not isinstance(content, bytes):
            return None
        harm: Harm = "harmful" if is_read(source, name) and not (kind == "locked" and IS_ROOT) else "maybe"
        return Mutated(changed(folder, name, Odd(kind, content)), f"{kind} in place of {name}", harm)

    return mutate


FILES: dict[str, Mutation] = {
    "delete a file": _remove,
    "replace a file": _replace,
    "empty a file": _empty,
    "rename a file": _rename,
    "directory": _odd("directory"),
    "loop": _odd("loop"),
    "dangling": _odd("dangling"),
    "endless": _odd("endless"),
    "pipe": _odd("pipe"),
    "locked": _odd("locked"),
}


def worst(harms: Sequence[Harm]) -> Harm:
    """What several mutations lead to: one may undo another, so only what all agree on is sure."""
    return harms[0] if len(set(harms)) == 1 and harms[0] == "harmless" else "maybe"

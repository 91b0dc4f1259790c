"""What is done to keys of settings; see fuzz_mutations for what a mutation is."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

import yaml
from verification.fuzz_folders import Folder, Source
from verification.fuzz_mutations import Harm, Mutated, Mutation, changed

FIXED = ("name", "title", "start", "days", "movement")
"""Keys of scenario.yaml that must be there."""
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 3.5, 1e308, 10**30, 10**400, "text", "", "nan", ".inf", "1e400", "2021-02-30", "9999-12-31",
    "0001-01-01", "x" * 50_000, [], [1, 2], [None], ["actual"], {}, {"a": 1}, {"value": 1}, [[[]]], 100_000, 1024,
    65536, 1e-300, "detour", "off", "-0", "1,5",
)  # fmt: skip


def _settings_file(folder: Folder) -> str:
    names = [name for name in ("scenario.yaml", "simsetting.yml") if isinstance(folder.get(name), bytes)]
    return names[0] if names else ""


def _tree_of(folder: Folder, name: str) -> dict[str, Any] | None:
    content = folder[name]
    assert isinstance(content, bytes)
    if b"&a" in content:  # repeats by alias could be without end
        return None
    try:
        tree = yaml.load(content.decode("utf-8-sig"), yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None


def _spots(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    return [spot for key in keys for spot in [(*path, key), *_spots(tree[key], (*path, key))]]


def _tree_mutation(
    name: str, edit: Callable[[Random, Any, Any, bool], str], harmful: Callable[..., bool]
) -> Mutation:
    def mutate(random: Random, folder: Folder, source: Source) -> Mutated | None:
        file = _settings_file(folder)
        tree = _tree_of(folder, file) if file else None
        spots = _spots(tree)
        if not tree or not spots:
            return None
        spot = random.choice([one for one in spots if len(one) <= random.choice((1, 2, 9))])
        parent = tree
        for key in spot[:-1]:
            parent = parent[key]
        done = edit(random, parent, spot[-1], source.kind == "own")
        text = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9)
        key = ".".join(map(str, spot))
        harm: Harm = "harmful" if source.kind == "own" and harmful(spot, parent) else "maybe"
        return Mutated(changed(folder, file, text.encode()), f"{name} in {file}, {key}: {done}", harm)

    return mutate


class _Dumper(yaml.SafeDumper):
    """Writes numbers as they are, texts without quotes where they need none, and repeats nothing by alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _plainly(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    tag = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, text)


_Dumper.add_representer(str, _plainly)


def _delete_key(random: Random, parent: Any, key: Any, own: bool) -> str:
    del parent[key]
    return "deleted"


def _set_value(random: Random, parent: Any, key: Any, own: bool) -> str:
    before, parent[key] = parent[key], random.choice(VALUES)
    return f"{str(before)[:40]!r} to {str(parent[key])[:40]!r}"


def _rename_key(random: Random, parent: Any, key: Any, own: bool) -> str:
    name = random.choice(
        (f"{key}x", str(key).upper(), str(key)[:-1], "nowhere", "x" * 5000, f"{key} ", "1", "+", "a=b")
    )
    if isinstance(parent, dict):
        content = [(name if one == key else one, value) for one, value in parent.items()]
        parent.clear()
        parent.update(content)
        return f"renamed to {name[:30]!r}"
    parent[key] = name
    return f"value {name[:30]!r}"


def _needed(spot: tuple[Any, ...], parent: Any) -> bool:
    return spot in [(key,) for key in FIXED]


def _misplaced(spot: tuple[Any, ...], parent: Any) -> bool:
    if spot not in [("name",), ("start",), ("days",), ("movement",)]:
        return False
    return isinstance(parent[spot[-1]], list | dict) or parent[spot[-1]] in (None, "", "text", -1)


def _text_mutation(name: str, edit: Callable[[Random, str], str], harm: Harm) -> Mutation:
    def mutate(random: Random, folder: Folder, source: Source) -> Mutated | None:
        file = _settings_file(folder)
        content = folder.get(file)
        if not isinstance(content, bytes):
            return None
        edited = edit(random, content.decode("utf-8", "replace")).encode()
        return Mutated(
            changed(folder, file, edited), f"{name} in {file}", harm if source.kind == "own" else "maybe"
        )

    return mutate


def _repeat_key(random: Random, text: str) -> str:
    keys = [line for line in text.splitlines() if re.match(r"\w+:", line)]
    return f"{text.rstrip()}\n{random.choice(keys or ['name: a'])}\n"


def _indent(random: Random, text: str) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    lines[at] = (
        random.choice(("\t", " ", "   ", "- ", "#", "? ", "| ", "!!python/object:os.system ", "!!int "))
        + lines[at]
    )
    return "\n".join(lines)


BOMB = "note: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"note{i}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
)
DEEP = ("[" * 5000 + "]" * 5000, "[" * 5000, "{a: " * 3000 + "}" * 3000, "- " * 5000 + "1")
SETTINGS: dict[str, Mutation] = {
    "delete a key": _tree_mutation("delete a key", _delete_key, _needed),
    "set a value": _tree_mutation("set a value", _set_value, _misplaced),
    "rename a key": _tree_mutation("rename a key", _rename_key, _needed),
    "repeat a key": _text_mutation("repeat a key", _repeat_key, "harmful"),
    "alias bomb": _text_mutation("alias bomb", lambda r, t: f"{t.rstrip()}\n{BOMB}", "harmful"),
    "deep nesting": _text_mutation(
        "deep nesting", lambda r, t: f"{t.rstrip()}\nnote: {r.choice(DEEP)}\n", "harmful"
    ),
    "second document": _text_mutation("second document", lambda r, t: f"{t}---\n{t}", "harmful"),
    "indent a line": _text_mutation("indent a line", _indent, "maybe"),
    "huge settings": _text_mutation(
        "huge settings", lambda r, t: t + f"# {'padding' * 1000}\n" * 1000, "harmful"
    ),
}

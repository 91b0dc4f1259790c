"""scenario.yaml: text to Settings with every problem in it, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from travesia.errors import Problem, nearest
from travesia.scenario import FleeSettings, GoalSettings, Settings

MOST_BYTES, DEEPEST = 5_000_000, 20
_CORE = "tag:yaml.org,2002:"
_PLAIN = ("null", "bool", "int", "float", "timestamp", "str", "map", "seq", "merge", "value")
_TAGS = {_CORE + tag for tag in _PLAIN}
_NULL = _CORE + "null"
_LINE_ENDS = "\x85\u2028\u2029"  # YAML ends lines at these too, so they have to be written as escapes


@dataclass(frozen=True)
class SettingsFile:
    """What stands in a scenario.yaml; `settings` is None where it has problems.

    rows : the row of each key, by its dotted name.
    """

    settings: Settings | None
    rows: Mapping[str, int]
    problems: tuple[Problem, ...]

    def row(self, key: str) -> int:
        """The row of a dotted key, or of the nearest section around it in the file; 0 for none."""
        while key and key not in self.rows:
            key = key.rpartition(".")[0]
        return self.rows.get(key, 0)


def read_settings(content: bytes, *, file: str) -> SettingsFile:
    """The settings in the bytes of a YAML file, or all that is wrong with them.

    content : UTF-8, with or without byte order mark; file : its name, for messages.
    Every scalar is read as text and typed by the settings themselves, so that `off`, `no` and `1e-3` mean
    what they say. Anchors, aliases and tags are refused.
    """
    try:
        text = _decoded(content, file)
        _refuse_irregular(text, file)
        root = yaml.compose(text, Loader=_loader())
    except _UnreadableError as unreadable:
        return SettingsFile(None, {}, (unreadable.problem,))
    except yaml.YAMLError as error:
        return SettingsFile(None, {}, (_syntax_problem(error, file),))
    if not isinstance(root, yaml.MappingNode):
        problem = Problem(
            file, 0, "", "", "has no keys", "start with `name:`, `title:`, `start:`, `days:`, `movement:`"
        )
        return SettingsFile(None, {}, (problem,))
    walk = _Walk(file, {}, [])
    raw = walk.value(root, "")
    _fill_blanks(raw)
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        return SettingsFile(None, walk.rows, (*walk.problems, *_typed_problems(error, raw, walk)))
    return SettingsFile(None if walk.problems else settings, walk.rows, tuple(walk.problems))


def settings_text(settings: Settings) -> str:
    """The text of a scenario.yaml that reads back as these settings; defaults are left out."""
    content = settings.model_dump(mode="json", exclude_defaults=True)
    movement = {"rule": settings.movement.rule} | content.get("movement", {})
    ordered = {key: movement if key == "movement" else content[key] for key in _order(content)}
    text = yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, width=110)
    if any(sign in text for sign in _LINE_ENDS):
        text = yaml.safe_dump(ordered, sort_keys=False, allow_unicode=False, width=110)
    return text


def _order(content: Mapping[str, Any]) -> Iterator[str]:
    return (key for key in Settings.model_fields if key in content or key == "movement")


# --- text to plain values ----------------------------------------------------------------------------------


class _UnreadableError(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _loader() -> Any:
    return getattr(
        yaml, "CSafeLoader", yaml.SafeLoader
    )  # libyaml where PyYAML was built with it: 10 x faster


def _decoded(content: bytes, file: str) -> str:
    if len(content) > MOST_BYTES:
        size = f"larger than {MOST_BYTES // 1_000_000} MB"
        raise _UnreadableError(Problem(file, 0, "", "", size, "keep settings here and data in the tables"))
    if b"\0" in content:
        raise _UnreadableError(
            Problem(file, 0, "", "", "has NUL bytes, so it is not text", "save it as UTF-8 text")
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(
            Problem(file, row, "", "", "not UTF-8 text", "save the file as UTF-8")
        ) from error


def _refuse_irregular(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        row = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            message = "an alias (a repeat of another part of the file) is not read"
            raise _UnreadableError(Problem(file, row, "", f"*{event.anchor}", message, "write the part out"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            message = f"nested more than {DEEPEST} deep"
            raise _UnreadableError(
                Problem(file, row, "", "", message, "close a bracket, or mend the indentation")
            )


def _syntax_problem(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    row = mark.line + 1 if mark else 0
    remedy = "mend the line, or the one before it (indentation, colons, brackets and quotes)"
    return Problem(file, row, "", "", f"not regular YAML: {what}", remedy)


@dataclass(frozen=True)
class _Walk:
    """Plain dicts, lists and texts out of YAML nodes, noting the row of each key and what is wrong."""

    file: str
    rows: dict[str, int]
    problems: list[Problem]

    def value(self, node: yaml.Node, key: str) -> Any:
        if node.tag not in _TAGS:
            self.note(node, key, node.tag, "a tag is not read", "remove it and write the plain value")
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, key) for item in node.value]
        return None if node.tag == _NULL else node.value

    def mapping(self, node: yaml.MappingNode, above: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.note(
                    key_node, above, "", "a key is a list or a section", "write a name before the colon"
                )
                continue
            name = key_node.value
            key = f"{above}.{name}" if above else name
            if name in result:
                remedy = f"keep it here or in row {self.rows[key]}"
                self.note(key_node, key, name, "the key stands twice", remedy)
                continue
            self.rows[key] = key_node.start_mark.line + 1
            result[name] = self.value(value_node, key)
        return result

    def note(self, node: yaml.Node, key: str, value: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, key, value, message, remedy))


def _fill_blanks(raw: dict[str, Any]) -> None:
    """A name with nothing after it means all defaults; a setting with nothing counts as not written."""
    for path in (("policies",), ("groups",), ("groups", "*"), ("outputs", "quantities"), ("parameters",)):
        for section in _sections(raw, path):
            section.update({key: {} for key, value in section.items() if value is None})
    _drop_blank(raw)
    if isinstance(raw.get("policies"), dict):
        raw["policies"].setdefault("actual", {})


def _sections(raw: Any, path: tuple[str, ...]) -> list[dict[str, Any]]:
    found = [raw]
    for key in path:
        found = [item for part in found for item in (part.values() if key == "*" else [part.get(key)])]
        found = [item for item in found if isinstance(item, dict)]
    return found


def _drop_blank(raw: dict[str, Any]) -> None:
    for key in [key for key, value in raw.items() if value is None]:
        del raw[key]
    for value in raw.values():
        if isinstance(value, dict):
            _drop_blank(value)


# --- what the settings' types refuse ----------------------------------------------------------------------


def _typed_problems(error: ValidationError, raw: Mapping[str, Any], walk: _Walk) -> list[Problem]:
    found: dict[str, Problem] = {}
    for entry in error.errors():
        path, value = _located(entry["loc"], raw, missing=entry["type"] == "missing")
        key = ".".join(path)
        row = next((walk.rows[k] for k in _upwards(path) if k in walk.rows), 0)
        shown, message, remedy = _explained(entry, path, value, raw)
        # a union reports once for each of its types; one problem for a key is enough
        found.setdefault(key, Problem(walk.file, row, key, shown, message, remedy))
    reported = {(problem.row, problem.column) for problem in walk.problems}
    return [problem for problem in found.values() if (problem.row, problem.column) not in reported]


def _upwards(path: tuple[str, ...]) -> Iterator[str]:
    return (".".join(path[:length]) for length in range(len(path), 0, -1))


def _located(loc: tuple[int | str, ...], raw: Any, *, missing: bool) -> tuple[tuple[str, ...], Any]:
    """The keys of the file that a location names, without list positions and names of types."""
    path: list[str] = []
    value = raw
    for part in loc[:-1] if missing else loc:
        if isinstance(value, dict) and part in value:
            path.append(str(part))
            value = value[part]
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
    return (*path, str(loc[-1])) if missing else tuple(path), "" if missing else value


def _explained(entry: Any, path: tuple[str, ...], value: Any, raw: Mapping[str, Any]) -> tuple[str, str, str]:
    kind, context = entry["type"], entry.get("ctx", {})
    shown = value if isinstance(value, str) else ""
    if kind == "extra_forbidden":
        return path[-1], "unknown key", nearest(path[-1], _known_keys(path[:-1], raw))
    if kind == "missing":
        return "", "the key is missing", "add it"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        rule = value.get("rule", "") if isinstance(value, dict) else ""
        return str(rule), "names no rule of movement", "write `rule: goal` or `rule: flee` below it"
    if kind == "literal_error":
        return shown, "not one of the words allowed", f"write {context['expected']}"
    for name, words in (("ge", "below"), ("gt", "not above"), ("le", "above"), ("lt", "not below")):
        if name in context:
            limit = context[name]
            told = limit if isinstance(limit, str) else f"{limit:g}"  # a date is a text here
            return shown, f"{words} {told}", _LIMITS[name].format(told)
    for start, (message, remedy) in _EXPLANATIONS.items():
        if kind.startswith(start):
            return shown, message, remedy
    return shown, entry["msg"], "see the table of settings in docs/reference-tables.md"


_LIMITS = {
    "ge": "write {} or more",
    "gt": "write more than {}",
    "le": "write {} or less",
    "lt": "write less than {}",
}
_SECTION = ("not a section", "write `key: value` lines below it")
_EXPLANATIONS = {
    "int": ("not a whole number", "write a whole number"),
    "float": ("not a number", "write a number with a decimal point"),
    "finite": ("not a finite number", "write a finite number"),
    "bool": ("neither true nor false", "write true or false"),
    "date": ("not a date", "write it as year-month-day, like 2021-01-14"),
    "string_pattern": (
        "not a name",
        "use lower-case letters, digits, `-`, `_` and `.`, and start with a letter or digit",
    ),
    "string": ("not a single text", "write one value, no list or section"),
    "tuple": ("not a list", "write it as [first, second]"),
    "dict": _SECTION,
    "model": _SECTION,
}


def _known_keys(path: tuple[str, ...], raw: Mapping[str, Any]) -> list[str]:
    """The keys that may stand in the section `path` of the settings."""
    kind: Any = Settings
    for key in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[key].annotation
        else:
            kind = get_args(kind)[1]
        choices = get_args(kind)
        if FleeSettings in choices:
            kind = FleeSettings if raw["movement"].get("rule") == "flee" else GoalSettings
        elif type(None) in choices:
            kind = choices[0]
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []

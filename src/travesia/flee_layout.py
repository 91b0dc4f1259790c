"""Where the files of a Flee folder lie: the usual places, and those that people have put them in over the years."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from travesia.flee_csv import Notes, Row, read_rows

INPUT, DATA, LAYOUT = "input_csv", "source_data", "data_layout.csv"
SETTINGS = ("simsetting.yml", "simsettings.yml", "simsetting.yaml", "simsettings.yaml")


@dataclass(frozen=True)
class Layout:
    """The folder as a whole, which names the scenario, and where its parts lie (None: nowhere)."""

    folder: Path
    inputs: Path
    data: Path | None
    settings: Path | None

    def name(self, path: Path) -> str:
        """How messages name a file: as it lies in the folder."""
        inside = path.is_relative_to(self.folder)
        return path.relative_to(self.folder).as_posix() if inside else f"../{path.name}"

    def input(self, name: str) -> Path:
        """A file of input_csv."""
        return self.inputs / f"{name}.csv"

    def of(self, notes: Notes, name: str) -> Notes:
        """Notes on a file of input_csv."""
        return notes.of(self.name(self.input(name)))

    def rows(self, notes: Notes, name: str) -> list[Row] | None:
        """The rows of a file of input_csv that must be there."""
        return read_rows(self.input(name), self.of(notes, name))

    def rows_if_any(self, notes: Notes, name: str) -> list[Row] | None:
        """The rows of a file of input_csv that may be missing; None without a problem where it is."""
        return self.rows(notes, name) if self.input(name).is_file() else None


def find_layout(path: Path, notes: Notes, *, settings: Path | None) -> Layout | None:
    """The layout of a folder; None where it holds no locations.csv.

    path : the folder, its input_csv, or a folder in which all files lie side by side. notes : where problems go.
    settings : the settings file to use; None means the one in the folder.
    """
    path = path.resolve()
    inputs = path / INPUT if (path / INPUT).is_dir() else path
    if inputs == path and path.name != INPUT and not (path / "locations.csv").is_file():
        return None
    folder = path.parent if path.name == INPUT and inputs == path else path
    layout = Layout(folder, inputs, None, None)
    data = _find_data(layout, notes)
    return Layout(folder, inputs, data, settings or _find_settings(layout, notes))


def _find_data(layout: Layout, notes: Notes) -> Path | None:
    """The folder of data_layout.csv: source_data, or else the only folder here that holds one."""
    usual = layout.folder / DATA
    if usual.is_dir():
        return usual
    near = [layout.inputs / DATA, layout.folder, layout.inputs]
    near += sorted(path for path in layout.folder.iterdir() if path.is_dir())
    found = [path for path in dict.fromkeys(near) if (path / LAYOUT).is_file()]
    if len(found) > 1:
        listed = ", ".join(layout.name(path) for path in found)
        message = f"there is no such folder, and {LAYOUT} lies in {listed}"
        notes.of(DATA).error(0, "", "", message, f"name one of them {DATA}")
        return found[0]
    if found:
        message = f"there is no such folder, which Flee needs; taken from {layout.name(found[0])}"
        notes.of(DATA).warn(0, "", "", message, f"move the data to {DATA}")
    return found[0] if found else None


def _find_settings(layout: Layout, notes: Notes) -> Path | None:
    """The settings file of the folder, whatever it is called; a word where it is not the usual one."""
    places = dict.fromkeys((layout.folder, layout.inputs))
    found = [place / name for place in places for name in SETTINGS if (place / name).is_file()]
    if not found:
        return None
    if len(found) > 1:
        listed = ", ".join(layout.name(path) for path in found[1:])
        message = f"the settings are taken from this file; not from {listed}"
        notes.of(layout.name(found[0])).warn(0, "", "", message, "name the file to use, or delete the others")
    elif found[0] != layout.folder / SETTINGS[0]:
        message = "the settings are taken from this file"
        notes.of(layout.name(found[0])).warn(0, "", "", message, f"call it {SETTINGS[0]} to be clear")
    return found[0]

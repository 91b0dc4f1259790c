"""Where the files of a Flee folder lie: the usual places, and those that people have put them in over the years."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from travesia.flee_csv import Notes, Row, read_rows

INPUT, DATA, LAYOUT = "input_csv", "source_data", "data_layout.csv"
SETTINGS = ("simsetting.yml", "simsettings.yml", "simsetting.yaml", "simsettings.yaml")
OLD_SETTINGS = "simsetting.csv"
TELLING = ("locations.csv", "routes.csv", "conflicts.csv")
COUPLED = "locations-*.csv"


def is_flee_folder(path: Path) -> bool:
    """Whether a folder is one of Flee's: it holds input_csv/, or some of the files that belong there."""
    if not path.is_dir():
        return False
    if _find_child(path, INPUT).is_dir() or path.resolve().name == INPUT:
        return True
    return any(_find_child(path, name).is_file() for name in TELLING) or any(path.glob(COUPLED))


def stands(path: Path) -> bool:
    """Whether anything stands there, be it a file or not."""
    try:
        return path.exists() or path.is_symlink()
    except (OSError, ValueError):  # a name that no file can have
        return False


@dataclass(frozen=True)
class Layout:
    """The folder as a whole, which names the scenario, and where its parts lie (None: nowhere)."""

    folder: Path
    inputs: Path
    data: Path | None = None
    settings: Path | None = None

    def name(self, path: Path) -> str:
        """How messages name a file: as it lies in the folder."""
        inside = path.is_relative_to(self.folder)
        return path.relative_to(self.folder).as_posix() if inside else f"../{path.name}"

    def input(self, name: str) -> Path:
        """A file of input_csv, whether its name has capitals or not."""
        return _find_child(self.inputs, f"{name}.csv")

    def of(self, notes: Notes, name: str) -> Notes:
        """Notes on a file of input_csv."""
        return notes.of(self.name(self.input(name)))

    def rows(self, notes: Notes, name: str) -> list[Row] | None:
        """The rows of a file of input_csv that must be there."""
        here = self.of(notes, name)
        if self.input(name).name != f"{name}.csv":
            here.warn(0, "", "", f"read as {name}.csv, which Flee does not find", f"call it {name}.csv")
        return read_rows(self.input(name), here)

    def rows_if_any(self, notes: Notes, name: str) -> list[Row] | None:
        """The rows of a file of input_csv that may be missing; None without a problem where it is."""
        return self.rows(notes, name) if self.has(name) else None

    def has(self, name: str) -> bool:
        """Whether there is such a file of input_csv, readable or not."""
        return stands(self.input(name))


def find_layout(path: Path, notes: Notes, *, settings: Path | None) -> Layout | None:
    """The layout of a folder; None where it is none of Flee's, or (with a problem) one that is not modelled.

    path : the folder, its input_csv, or a folder in which all files lie side by side. notes : where problems go.
    settings : the settings file to use; None means the one in the folder.
    """
    path = path.resolve()
    if not is_flee_folder(path):
        return None
    inputs = _find_child(path, INPUT)
    inside = not inputs.is_dir()
    folder = path.parent if inside and path.name == INPUT else path
    layout = Layout(folder, path if inside else inputs)
    if _is_coupled(layout, notes):
        return None
    layout = replace(layout, data=_find_data(layout, notes))
    return replace(layout, settings=settings or _find_settings(layout, notes))


def _find_child(folder: Path, name: str) -> Path:
    """The file or folder of that name, or else the only one whose name differs in capitals alone."""
    exact = folder / name
    if stands(exact):
        return exact
    alike = [path for path in _children(folder) if path.name.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else exact


def _children(folder: Path) -> list[Path]:
    """What lies in a folder, by name; nothing where that cannot be known."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_coupled(layout: Layout, notes: Notes) -> bool:
    """Whether the folder holds several models that are coupled; a problem says so."""
    found = sorted(layout.inputs.glob(COUPLED))
    if not found or layout.has("locations"):
        return False
    listed = " and ".join(path.name for path in found)
    message = f"{listed} belong to models that are coupled, which is not modelled"
    remedy = "copy the files of one of them into a folder of its own, without the numbers in their names"
    layout.of(notes, "locations").error(0, "", "", message, remedy)
    return True


def _find_data(layout: Layout, notes: Notes) -> Path | None:
    """The folder of data_layout.csv: source_data, or else the only folder here that holds one."""
    usual = _find_child(layout.folder, DATA)
    if usual.is_dir():
        return usual
    near = [layout.inputs / DATA, layout.folder, layout.inputs]
    for parent in dict.fromkeys((layout.folder, layout.inputs)):
        near += [path for path in _children(parent) if path.is_dir()]
    found = [path for path in dict.fromkeys(near) if (path / LAYOUT).is_file()]
    if len(found) > 1:
        listed = ", ".join(layout.name(path / LAYOUT) for path in found)
        message = f"there is no such folder, and there are several files {LAYOUT}: {listed}"
        notes.of(DATA).error(0, "", "", message, f"name one of their folders {DATA}")
        return found[0]
    if found:
        message = f"there is no such folder, which Flee needs; its files are taken from beside {LAYOUT}"
        notes.of(layout.name(found[0] / LAYOUT)).warn(0, "", DATA, message, f"move the data to {DATA}")
    return found[0] if found else None


def _find_settings(layout: Layout, notes: Notes) -> Path | None:
    """The settings file of the folder, whatever it is called; a word where it is not the usual one."""
    places = dict.fromkeys((layout.folder, layout.inputs))
    found = [place / name for place in places for name in SETTINGS if stands(place / name)]
    for place in places:
        if stands(place / OLD_SETTINGS):
            message = "settings of Flee 1 and 2, which Flee does not read any more, and neither does this"
            here = notes.of(layout.name(place / OLD_SETTINGS))
            here.warn(0, "", "", message, f"write them into {SETTINGS[0]}, or delete the file")
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

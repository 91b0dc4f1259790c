"""A newcomer's path: wheel and sdist are built and installed where nothing else is; the tutorial works there."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from docs import examples

ROOT = Path(__file__).resolve().parents[1]
BUILD = "from setuptools import build_meta; import sys; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def call(*words: str | Path, folder: Path = ROOT) -> str:
    """Run a program; what it prints."""
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git has, so that nothing left over from another build gets in."""
    folder = tmp_path_factory.mktemp("source")
    files = call("git", "ls-files", "-z").split("\0")
    for name in filter(None, files):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    out = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-c", BUILD, "build_wheel", out, folder=source)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel, what it depends on at the locked versions, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", folder)
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q", "install"]
    reach = subprocess.run(
        [*map(str, pip), "--dry-run", "--no-deps", "h11"], capture_output=True, text=True, check=False
    )
    if reach.returncode:
        pytest.skip("no package index can be reached")
    call(*pip, "--constraint", ROOT / "requirements.lock", wheel)
    return folder


def inside(environment: Path) -> dict[str, str]:
    """The variables of a shell in which the environment is active, and nothing of ours."""
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "LC_ALL", "TMPDIR") if key in os.environ}
    return {**kept, "PATH": f"{environment / 'bin'}:/usr/local/bin:/usr/bin:/bin"}


def test_the_tutorial_pasted_into_an_empty_environment_gives_what_it_shows(
    environment: Path, tmp_path: Path
) -> None:
    page = ROOT / "docs" / "tutorial.md"

    def shell(lines: str, folder: Path) -> str:
        return examples.in_bash(lines, folder, environment=inside(environment))

    def python(lines: str, folder: Path) -> str:
        return shell(f"python - <<'END'\n{lines}\nEND", folder)

    for block, printed in examples.run_page(page, tmp_path, shell=shell, python=python).items():
        assert examples.agrees(examples.shown(page, block), printed), f"line {block.line}\n{printed}"
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_nothing_of_the_source_is_needed(environment: Path, tmp_path: Path) -> None:
    where = examples.in_bash(
        "python -c 'import travesia; print(travesia.__file__)'", tmp_path, environment=inside(environment)
    )
    assert Path(where.strip()).is_relative_to(environment)
    assert examples.in_bash("travesia --version", tmp_path, environment=inside(environment)).startswith(
        "travesia 0."
    )


def test_the_wheel_has_types_data_and_the_page(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"travesia/py.typed", "travesia/schemas/places.json", "travesia/web/static/index.html"} <= names
    assert any(name.startswith("travesia/scenarios/caravan-2021/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "verification/"))]


def test_the_sdist_builds_the_same_wheel(source: Path, wheel: Path, tmp_path: Path) -> None:
    call(sys.executable, "-c", BUILD, "build_sdist", tmp_path, folder=source)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = next(path for path in tmp_path.iterdir() if path.is_dir())
    call(sys.executable, "-c", BUILD, "build_wheel", tmp_path, folder=unpacked)
    again = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    first = zipfile.ZipFile(wheel)
    assert {n: first.getinfo(n).CRC for n in first.namelist() if n.startswith("travesia/")} == {
        n: again.getinfo(n).CRC for n in again.namelist() if n.startswith("travesia/")
    }

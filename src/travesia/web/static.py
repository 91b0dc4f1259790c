"""The built front end, read from the package once."""

from __future__ import annotations

from importlib.resources import files

MIME = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def static_files() -> dict[str, tuple[bytes, str]]:
    """Content and type of every file of the front end, by its name; there are no folders."""
    root = files("travesia") / "web" / "static"
    found = {}
    for path in sorted(root.iterdir(), key=lambda p: p.name):
        suffix = path.name[path.name.rfind(".") :]
        if suffix in MIME:
            found[path.name] = (path.read_bytes(), MIME[suffix])
    return found

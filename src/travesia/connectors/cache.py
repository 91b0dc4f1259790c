"""Answers of services as they came, kept on this machine, readable by their owner alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from travesia.errors import StoreError
from travesia.files import put_whole


@dataclass(frozen=True)
class Kept:
    """The text of an answer, and when it came."""

    body: str
    fetched: datetime


@dataclass(frozen=True)
class Cache:
    """Where answers are kept, and for how long they are used again.

    folder : made where it is not there. days : an older answer is asked for anew; 0 asks always.
    """

    folder: Path
    days: float = 1.0

    def find(self, question: Mapping[str, object], *, now: datetime, any_age: bool = False) -> Kept | None:
        """The answer that is kept to a question; None for none, or where it is too old.

        question : what tells one from another, without secrets. now : UTC. any_age : however old.
        """
        try:
            entry = json.loads(self._path(question).read_text(encoding="utf-8"))
            kept = Kept(str(entry["body"]), datetime.fromisoformat(entry["fetched_utc"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # none, or spoilt: asked for anew
        age_days = (now - kept.fetched).total_seconds() / 86_400
        return kept if any_age or age_days < self.days else None

    def keep(self, question: Mapping[str, object], body: str) -> Kept:
        """Keep an answer, whole or not at all.

        question : as for `find`. body : the answer as it came. Raises StoreError where it cannot be written.
        """
        kept = Kept(body, datetime.now(UTC).replace(microsecond=0))
        entry = {"question": dict(question), "fetched_utc": kept.fetched.isoformat(), "body": body}
        path = self._path(question)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.parent.chmod(0o700)
        except OSError as error:
            why = error.strerror or error
            raise StoreError(f"{path.parent} cannot be made ({why}); choose another with --cache") from error
        put_whole(path, json.dumps(entry, ensure_ascii=False).encode())
        return kept

    def _path(self, question: Mapping[str, object]) -> Path:
        name = hashlib.sha256(json.dumps(dict(question), sort_keys=True).encode()).hexdigest()[:32]
        return self.folder / str(question["service"]).lower().replace(" ", "-") / f"{name}.json"


def usual_cache() -> Path:
    """The folder where answers are kept unless another is named: that of the system for caches."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "travesia" / "get"

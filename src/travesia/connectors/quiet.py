"""Keys stay out of logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.poolmanager")


@contextmanager
def without_secrets(texts: tuple[str, ...]) -> Iterator[None]:
    """Blank these texts in what urllib3 logs meanwhile, for a program that shows its logs.

    texts : keys, as they stand in a URL or a header.
    """

    def blank(record: logging.LogRecord) -> bool:
        message = record.getMessage()
        for text in texts:
            message = message.replace(text, "…")
        record.msg, record.args = message, ()
        return True

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(blank)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(blank)

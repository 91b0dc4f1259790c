"""What went wrong between here and a service, and what to do, in a sentence."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

_NOTHING = "nothing was written"


def failure(error: Any, name: str, url: str, *, timeout_s: float, attempts: int) -> str:
    """The sentence for an error of urllib3 that no further attempt mended.

    name, url : of the service, the URL without query. timeout_s, attempts : that were given it.
    """
    from urllib3 import exceptions as kinds

    cause = getattr(error, "reason", None) or error
    host = urlsplit(url).hostname
    # the first of these is also a kind of time-out
    if isinstance(cause, kinds.NewConnectionError | kinds.NameResolutionError | kinds.ProxyError):
        return (
            f"{name} ({host}) cannot be reached; {_NOTHING}. Is this machine on the network? Behind a proxy, set "
            "HTTPS_PROXY. What was fetched before is still in the cache"
        )
    if isinstance(cause, kinds.ConnectTimeoutError | kinds.ReadTimeoutError):
        return (
            f"{name} ({host}) did not answer within {timeout_s:g} s, {attempts} times; {_NOTHING}. "
            "Try again later, or with a longer --timeout"
        )
    if isinstance(cause, kinds.SSLError):
        return (
            f"the certificate of {name} ({host}) is not trusted; {_NOTHING}. Check the clock of this machine, and ask "
            "your network's keeper whether it looks into encrypted connections"
        )
    if isinstance(cause, kinds.ProtocolError):
        return (
            f"{name} ({host}) cut the connection in the middle, {attempts} times; {_NOTHING}. Try again later"
        )
    return f"{name} ({host}) could not be asked ({type(cause).__name__}); {_NOTHING}. Try again later"


def too_slow(name: str, url: str, *, limit_s: float) -> str:
    """The sentence for an answer that came so slowly that it was not waited for any longer.

    name, url : of the service, the URL without query. limit_s : for one question with its repeats.
    """
    return (
        f"{name} ({urlsplit(url).hostname}) answers so slowly that it was not done after {limit_s:g} s; {_NOTHING}. "
        "Ask for less at a time (a shorter time, fewer places), try again later, or with a longer --timeout"
    )


def refusal(
    status: int,
    body: str,
    name: str,
    access: str,
    path: str,
    *,
    secrets: tuple[str, ...],
    wait: str,
    attempts: int,
) -> str:
    """The sentence for an answer with another HTTP status than 200.

    body : of the answer. access : how to get in. secrets : that must not be told. wait : its Retry-After, or "".
    """
    said = _excerpt(body, secrets)
    if status in (401, 403):
        return f"{name} does not let you in (HTTP {status}{said}); {_NOTHING}. {access}"
    if status == 429:
        pause = f"; it asks to wait for {wait}" + (" s" if wait.isdigit() else "") if wait else ""
        return f"{name} has had too many questions (HTTP 429{pause}); {_NOTHING}. Wait, then ask for less at a time"
    if status >= 500:
        return f"{name} fails on its own side (HTTP {status}), {attempts} times; {_NOTHING}. Try again later"
    if status == 404:
        return (
            f"{name} knows no {path} (HTTP 404); {_NOTHING}. Check the options, like a version; if they are right the "
            "service has changed: update travesia"
        )
    return f"{name} does not take the question (HTTP {status}{said}); {_NOTHING}. Check the options"


def _excerpt(body: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        body = body.replace(secret, "…")
    line = " ".join(body.split())
    if not line or line.startswith("<"):  # a page for browsers says nothing here
        return ""
    return f": {line[:120]}"

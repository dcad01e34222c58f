"""What an HTTP answer, or the lack of one, says: JSON, the system's own reason, rate limits, why no connection came."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from oncall_tui.config.secret import mask_read
from oncall_tui.model import Budget
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer
from oncall_tui.text import clean

MAX_WAIT_S = 900.0
"""Nobody is waited for longer than this, whatever a header says."""


def decode_json(body: bytes, host: str, *, maybe_applied: bool = False) -> Any:
    """JSON as plain Python data.

    Raises:
        BadAnswer: not JSON (HTML, cut off, NaN, not UTF-8), or nested too deeply.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        reason = "JSON nested too deeply"
    except (msgspec.DecodeError, ValueError):
        reason = "a web page, not JSON" if body.lstrip()[:1] == b"<" else "no valid JSON"
    raise BadAnswer(f"{host} answers with {reason}", maybe_applied=maybe_applied)


def error_words(body: bytes) -> tuple[str, int | str | None]:
    """The system's own reason and code from an error body, as far as it has one (clean, at most 300 characters)."""
    # Masked before anything is cut: half a secret is none that could be recognised.
    told = mask_read(body[:100_000].decode("utf-8", "replace"))
    try:
        data = msgspec.json.decode(told)
    except (msgspec.DecodeError, ValueError, RecursionError):
        start = told[:300].strip()
        return ("" if start.startswith("<") else clean(start, 200)), None
    if isinstance(data, str):
        return clean(data, 300), None
    error = fields.walk(data, "error")
    source = error if isinstance(error, Mapping) else data
    message = (
        fields.text(source, "message", limit=300)
        or fields.text(data, "error", limit=300)
        or fields.text(data, "detail", limit=300)  # Django REST framework
        or ""
    )
    lists = (data, error) if not isinstance(error, Mapping) else ()
    reasons = [reason for one in lists if isinstance(one, list) for reason in _reasons(one)]
    reasons += _reasons(fields.walk(source, "errorMessages")) + _reasons(fields.walk(source, "errors"))
    extra = "; ".join(reasons if message or reasons else _by_field(data))
    message = f"{message}: {extra}" if message and extra else message or extra
    code = fields.integer(source, "code")
    return clean(message, 300), code if code is not None else fields.text(source, "code", limit=60)


def _reasons(errors: Any) -> list[str]:
    """The first three of a list of reasons, each text or an object (JSON:API: ``detail``, ``title``), or of a map of
    fields and what is wrong with them (Jira)."""
    if isinstance(errors, Mapping):
        return [f"{clean(name, 60)}: {clean(why, 120)}" for name, why in errors.items() if isinstance(why, str)][:3]
    found = []
    for item in errors[:3] if isinstance(errors, list) else ():
        words = item if isinstance(item, str) else None
        for name in ("detail", "message", "title"):
            words = words or fields.text(item, name, limit=120)
        if words:
            found.append(clean(words, 120))
    return found


def _by_field(data: Any) -> list[str]:
    """The first three of a map of fields to lists of what is wrong with them (Django REST framework)."""
    listed = data.items() if isinstance(data, Mapping) else ()
    return [
        f"{clean(name, 60)}: {clean(why[0], 120)}"
        for name, why in listed
        if isinstance(why, list) and why and isinstance(why[0], str)
    ][:3]


def unreachable_reason(error: BaseException) -> str:
    """Why no connection came about, in the words of the cause that httpx has wrapped: name, refused, TLS …"""
    waiting: list[BaseException | None] = [error]
    seen: list[BaseException] = []
    while waiting and len(seen) < 20:
        cause = waiting.pop(0)
        if cause is None or cause in seen:
            continue
        seen.append(cause)
        match cause:
            case socket.gaierror():
                return f"the name cannot be resolved (DNS): {clean(cause.strerror, 100)}"
            case ssl.SSLError():
                # The attributes are there only where OpenSSL made the error.
                reason = getattr(cause, "verify_message", None) or getattr(cause, "reason", None) or cause
                trust = " (an authority of your own: ca_file or SSL_CERT_FILE)"
                return f"TLS: {clean(reason, 100)}" + (trust if isinstance(cause, ssl.SSLCertVerificationError) else "")
            case ConnectionRefusedError():
                return "connection refused"
            case OSError(errno=int(number)):
                return clean(os.strerror(number), 100)
            case BaseExceptionGroup():
                waiting.extend(cause.exceptions)
        waiting.extend((cause.__cause__, cause.__context__))
    return clean(error, 160) or type(error).__name__


def host_in(location: str) -> str:
    """The host that a redirect points to, for a message."""
    try:
        return clean(urlsplit(location).netloc, 80) or "elsewhere"
    except ValueError:
        return "elsewhere"


def _seconds(value: str | None) -> float | None:
    """Strict: ASCII digits with at most one point, 1-12 characters."""
    digits = (value or "").strip()
    return float(digits) if re.fullmatch(r"\d{1,10}(\.\d{1,6})?", digits, re.ASCII) else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by any family of headers, 0 to 900; ``None`` when there is no usable hint.

    ``Retry-After`` (seconds or date), ``ratelimit-reset`` (PagerDuty: seconds), ``X-RateLimit-Reset`` (Datadog:
    seconds; incident.io: Unix time), ``X-RateLimit-Period-In-Sec`` (Opsgenie).
    """
    asked = headers.get("retry-after")
    wait = _seconds(asked)
    if wait is None and asked:
        try:
            when = parsedate_to_datetime(asked)
            wait = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds()
        except (ValueError, TypeError, IndexError, OverflowError):
            wait = None
    if wait is None:
        wait = _seconds(headers.get("ratelimit-reset"))
    if wait is None:
        wait = _seconds(headers.get("x-ratelimit-reset"))
        if wait is not None and wait > 1_000_000_000:
            wait -= now.timestamp()
    if wait is None:
        wait = _seconds(headers.get("x-ratelimit-period-in-sec"))
    return None if wait is None else min(max(wait, 0.0), MAX_WAIT_S)


def read_budget(headers: Mapping[str, str], now: datetime) -> Budget | None:
    """What is left of the rate limit by the answer's headers, ``None`` where it tells nothing."""
    for prefix in ("ratelimit", "x-ratelimit"):
        remaining = _seconds(headers.get(f"{prefix}-remaining"))
        if remaining is None:
            continue
        limit = _seconds(headers.get(f"{prefix}-limit"))
        reset = _seconds(headers.get(f"{prefix}-reset"))
        if reset is not None and reset > 1_000_000_000:
            reset -= now.timestamp()
        return Budget(
            limit=int(limit) if limit is not None else None,
            remaining=int(remaining),
            resets_at=now + timedelta(seconds=min(max(reset, 0.0), MAX_WAIT_S)) if reset is not None else None,
        )
    return None

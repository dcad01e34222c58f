"""Reading answers whose every field may be missing, null, of another type or hostile.

A wrong field is ``None`` (or the given default), never an exception: one bad field does not cost the row
(``research/reliability.md`` requirement 23). All text that comes out is clean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from oncall_tui.clock import parse_instant, zone_named
from oncall_tui.text import MAX_TITLE, clean, clean_block


def walk(data: Any, *path: str) -> Any:
    """The value at ``path`` of nested objects, ``None`` where a step is missing or not an object."""
    for step in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(step)
    return data


def obj(data: Any, *path: str) -> Mapping[str, Any]:
    """The object at ``path``; an empty one where it is none."""
    found = walk(data, *path)
    return found if isinstance(found, Mapping) else {}


def rows(data: Any, *path: str) -> Iterator[Mapping[str, Any]]:
    """The objects of the list at ``path``; what is no object is passed over."""
    found = walk(data, *path)
    if isinstance(found, list):
        yield from (item for item in found if isinstance(item, Mapping))


def is_list(data: Any, *path: str) -> bool:
    """Whether a list stands at ``path``: a missing one is a bad answer, not an empty one."""
    return isinstance(walk(data, *path), list)


def text(data: Any, *path: str, limit: int = MAX_TITLE) -> str | None:
    """One clean line, or ``None`` where there is no text. Numbers are taken as text, objects are not."""
    found = walk(data, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    return clean(found, limit) or None


def block(data: Any, *path: str) -> str | None:
    """Clean text of several lines, or ``None``."""
    found = walk(data, *path)
    return (clean_block(found) or None) if isinstance(found, str) else None


def native_id(data: Any, *path: str) -> str | None:
    """An id as the system wrote it, ``None`` if it is empty, over 200 characters or not plain printable ASCII."""
    found = walk(data, *path)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not 0 < len(found) <= 200 or not found.isascii() or not found.isprintable():
        return None
    return None if " " in found else found


def integer(data: Any, *path: str) -> int | None:
    """A whole number within 64 bits, or ``None``. Digits in a string count."""
    found = walk(data, *path)
    if isinstance(found, str) and len(found) <= 18 and found.isascii() and found.isdigit():
        found = int(found)
    if isinstance(found, float) and found.is_integer() and abs(found) < 2**53:
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) >= 2**63:
        return None
    return found


def number(data: Any, *path: str) -> float | None:
    """A finite number, or ``None``. A number in a string counts (Prometheus samples)."""
    found = walk(data, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    try:
        value = float(found)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def boolean(data: Any, *path: str) -> bool | None:
    """``True`` or ``False``, or ``None``."""
    found = walk(data, *path)
    return found if isinstance(found, bool) else None


def instant(data: Any, *path: str) -> datetime | None:
    """An ISO 8601 time as aware UTC, or ``None``; years outside 1970-2199 are nonsense and ``None``."""
    found = walk(data, *path)
    if not isinstance(found, str):
        return None
    try:
        value = parse_instant(found)
    except (ValueError, OverflowError):
        return None
    return value if 1970 <= value.year < 2200 else None


def unix(data: Any, *path: str) -> datetime | None:
    """Unix seconds as aware UTC, or ``None``."""
    value = number(data, *path)
    if value is None or not 0 <= value < 7_258_118_400:
        return None
    return datetime.fromtimestamp(value, UTC)


def zone(data: Any, *path: str) -> str | None:
    """The IANA name of a time zone that this machine knows, or ``None``."""
    name = text(data, *path, limit=60)
    if name is None:
        return None
    try:
        zone_named(name)
    except ValueError:
        return None
    return name


def url(data: Any, *path: str) -> str | None:
    """An ``http`` or ``https`` address, printable ASCII, for showing and copying only; anything else is ``None``."""
    found = walk(data, *path)
    if not isinstance(found, str) or len(found) > 2000 or not found.isascii() or not found.isprintable():
        return None
    try:
        parts = urlsplit(found)
    except ValueError:
        return None
    return found if parts.scheme in ("http", "https") and parts.netloc and " " not in found else None


def labels(data: Any, *path: str) -> dict[str, str]:
    """A map of clean text to clean text, at most 64 entries."""
    found = obj(data, *path)
    return {
        clean(key, 200): clean(value)
        for key, value in list(found.items())[:64]
        if isinstance(key, str) and isinstance(value, str)
    }

"""Where time comes from.

Inside the program every time is an aware :class:`~datetime.datetime` in UTC; zones are applied only at the
edge (screen, document). Whoever decides something takes ``now`` as an argument; only the composition roots
(desk, app, cli) hold a :class:`Clock`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DURATION = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_FACTORS = (
    timedelta(weeks=1),
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
    timedelta(milliseconds=1),
)


class Clock(Protocol):
    """A source of time: the wall in production, a hand-driven one in tests."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of this clock's time."""
        ...


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Sleep in the event loop for ``seconds``."""
        import asyncio  # whoever awaits has it already; who only reads durations, --help, need not

        await asyncio.sleep(seconds)


def parse_duration(text: str) -> timedelta:
    """``"15s"``, ``"5m"``, ``"2h"``, ``"1d"``, ``"1h30m"``, ``"800ms"``, ``"0m"`` as a length of time.

    Raises:
        ValueError: empty, negative, without a unit, or over ten years.
    """
    words = text.strip().lower() if len(text) <= 32 else ""
    match = _DURATION.fullmatch(words)
    if not words or match is None or not any(match.groups()):
        raise ValueError(f"not a duration: {text[:32]!r} (30s, 5m, 2h, 1d)")
    total = timedelta()
    for factor, number in zip(_FACTORS, match.groups(), strict=True):
        if number:
            if len(number) > 9:
                raise ValueError("a duration over ten years")
            total += factor * int(number)
    if total > timedelta(days=3660):
        raise ValueError("a duration over ten years")
    return total


def format_duration(length: timedelta) -> str:
    """The shortest config form of a length of time: ``90 min`` is ``"1h30m"``; zero is ``"0s"``."""
    rest = length
    parts = []
    for factor, unit in zip(_FACTORS, ("w", "d", "h", "m", "s", "ms"), strict=True):
        if unit == "w":
            continue
        number, rest = divmod(rest, factor)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant as aware UTC. Naive text is taken as UTC, as every API of ours that omits zones means it.

    Nanoseconds are cut to microseconds; a leap second ``:60`` becomes the next second.

    Raises:
        ValueError: not an ISO 8601 date and time.
    """
    words = text.strip()
    if len(words) > 40 or len(words) < 10 or "W" in words:
        raise ValueError(f"not an ISO 8601 time: {text[:40]!r}")
    leap = re.sub(r"^(.{14,17}):60(?=\D|$)", r"\1:59", words)
    value = datetime.fromisoformat(leap)
    if leap != words:
        value += timedelta(seconds=1)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def parse_moment(text: str, *, now: datetime, zone: tzinfo = UTC) -> datetime:
    """A time as a person gives it on the command line or before a note.

    Takes ISO 8601 (naive: in ``zone``), a length back from now (``12h``, ``7d``), or ``HH:MM`` in ``zone``:
    the last time that the clock showed it.

    Raises:
        ValueError: none of these.
    """
    words = text.strip()
    if re.fullmatch(r"[0-2]?\d:[0-5]\d", words, re.ASCII):
        hour, minute = (int(part) for part in words.split(":"))
        if hour > 23:
            raise ValueError(f"not a time of day: {words}")
        local = now.astimezone(zone)
        moment = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
        if moment.astimezone(UTC) > now:
            day = local.date() - timedelta(days=1)
            moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        return moment.astimezone(UTC)
    try:
        return now - parse_duration(words)
    except ValueError:
        pass
    try:
        value = datetime.fromisoformat(words)
    except ValueError:
        raise ValueError(f"not a time: {words[:40]!r} (2026-11-23T14:32, 14:32, or 12h back)") from None
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def zone_named(name: str) -> tzinfo:
    """The IANA time zone of that name.

    Raises:
        ValueError: no such zone on this machine.
    """
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no such time zone: {name[:60]}") from None


def iso(moment: datetime) -> str:
    """An instant as JSON carries it: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age_words(length: timedelta) -> str:
    """An age in at most four cells, whole units, one unit: ``now``, ``3m``, ``16m``, ``2h``, ``1d``, ``12w``."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{seconds // 60}m"
    if seconds < 86400:
        return f"{seconds // 3600}h"
    if seconds < 86400 * 100:
        return f"{seconds // 86400}d"
    return f"{seconds // (86400 * 7)}w"

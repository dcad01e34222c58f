"""Lengths and ends that a snooze or a silence is offered. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from oncall_tui.clock import format_duration, parse_duration
from oncall_tui.records import dataclass
from widgets.words import clock, stretch

MORNING = 9
"""The hour of "until the morning"."""
_TIME = re.compile(r"([0-2]?\d):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A length from now, and how it is named."""

    name: str
    length: timedelta

    @property
    def seconds(self) -> int:
        """Whole seconds."""
        return int(self.length.total_seconds())

    def until(self, now: datetime, zone: tzinfo) -> str:
        """``until 16:42``."""
        return f"until {clock(now + self.length, now, zone)}"


def offered(lengths: Sequence[timedelta], now: datetime, zone: tzinfo) -> tuple[Stretch, ...]:
    """These lengths, and until the next morning at nine."""
    given = [Stretch(format_duration(length), length) for length in lengths]
    return (*given, until_time(MORNING, 0, now, zone))


def until_time(hour: int, minute: int, now: datetime, zone: tzinfo) -> Stretch:
    """Until the clock of ``zone`` next shows that time."""
    local = now.astimezone(zone)
    at = datetime(local.year, local.month, local.day, hour, minute, tzinfo=zone).astimezone(UTC)
    if at <= now:
        day = local.date() + timedelta(days=1)
        at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
    return Stretch(f"until {hour:02d}:{minute:02d}", at - now)


def read_stretch(typed: str, now: datetime, zone: tzinfo) -> Stretch:
    """``45m``, ``1h30m`` or ``16:00``.

    Raises:
        ValueError: neither, or shorter than a minute.
    """
    words = typed.strip().lower().removeprefix("until ").strip()
    time = _TIME.fullmatch(words)
    if time is not None and int(time.group(1)) < 24:
        return until_time(int(time.group(1)), int(time.group(2)), now, zone)
    length = parse_duration(words)
    if length < timedelta(minutes=1):
        raise ValueError("a minute at least")
    return Stretch(format_duration(length), length)


def length_words(one: Stretch) -> str:
    """How long it is, for those that are named by their end."""
    return stretch(one.length)

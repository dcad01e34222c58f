"""What a note's text says of its time: a first line that begins with a time back-dates it. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from oncall_tui.clock import parse_moment
from oncall_tui.records import dataclass
from widgets.words import stretch

MAX_NOTE = 10_000
"""Characters of a note."""
_AHEAD = timedelta(minutes=1)
"""The board's minute may be this much behind the clock on the wall."""

_MARK = re.compile(
    r"\s*(\d{1,2}:\d{2}|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)(?:[ \t\n]+|$)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class NoteText:
    """A note as it was understood. ``at`` is ``None`` for now; ``problem`` says why it cannot be written so."""

    text: str
    at: datetime | None
    told: str
    """``now``, ``14:32 today, 10m ago``."""
    problem: str | None = None


def read_note(typed: str, now: datetime, zone: tzinfo) -> NoteText:
    """Read what was typed. ``now`` (aware UTC) may be cut to the minute."""
    mark = _MARK.match(typed)
    text = typed.strip()
    if mark is None:
        return NoteText(text, None, "now", None if text else "the note is empty")
    body = typed[mark.end() :].strip()
    try:
        at = parse_moment(mark.group(1).replace(" ", "T"), now=now + _AHEAD, zone=zone)
    except ValueError:
        return NoteText(text, None, f"now ({mark.group(1)} is not a time)")
    if at > now + _AHEAD:
        return NoteText(body, at, f"{_day(at, now, zone)}, which is to come", "a note cannot be of a time to come")
    ago = now - at
    told = f"{_day(at, now, zone)}, {f'{stretch(ago)} ago' if ago >= timedelta(minutes=1) else 'just now'}"
    return NoteText(body, at, told, None if body else "the note is empty")


def _day(at: datetime, now: datetime, zone: tzinfo) -> str:
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (today - local.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"{local:%a %d %b %Y}")
    return f"{local:%H:%M} {day}"

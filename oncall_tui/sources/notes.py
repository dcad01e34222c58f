"""How a note of ours is written in a system that keeps text only, and read again.

Pagers take no past time and know no kinds of notes, so both are marks at the beginning of the text:
``[14:32 UTC] [told] the merchants know``. A note older than a day carries its date too. What a person typed
with such a mark, here or there, is read as marked.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from oncall_tui.model import NoteKind

_KINDS = "|".join(kind.value for kind in NoteKind)
_TIME = re.compile(r"\[(?:(\d{4})-(\d{2})-(\d{2}) )?([01]\d|2[0-3]):([0-5]\d) UTC\] ?", re.ASCII)
_KIND = re.compile(rf"\[({_KINDS})\] ?", re.ASCII)
_DAY = timedelta(days=1)


def encode(text: str, *, at: datetime | None, kind: NoteKind | None, now: datetime) -> str:
    """The text as it is stored there.

    Args:
        at: when it happened (the minute counts); ``None``: when it is written.
        now: when it is written.
    """
    mark = ""
    if at is not None:
        moment = at.astimezone(UTC)
        same_day = timedelta() <= now - moment < _DAY - timedelta(minutes=1)
        mark = f"[{moment:%H:%M} UTC] " if same_day else f"[{moment:%Y-%m-%d %H:%M} UTC] "
    return f"{mark}[{kind.value}] {text}" if kind is not None else mark + text


def decode(content: str, written_at: datetime) -> tuple[str, datetime, NoteKind | None]:
    """The text without its marks, when it happened, its kind.

    A time without a date is the latest such time that is not after ``written_at``; a date that is none, or that
    is after ``written_at``, is no mark.
    """
    text, at, kind = content, written_at, None
    if match := _TIME.match(text):
        moment = _moment(match, written_at)
        if moment is not None:
            text, at = text[match.end() :], moment
    if match := _KIND.match(text):
        text, kind = text[match.end() :], NoteKind(match.group(1))
    return text, at, kind


def _moment(match: re.Match[str], written_at: datetime) -> datetime | None:
    year, month, day, hour, minute = match.groups()
    written = written_at.astimezone(UTC)
    if year is None:
        moment = written.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
        return moment if moment <= written else moment - _DAY
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment <= written else None


def same(one: str, other: str) -> bool:
    """Whether two notes say the same: systems trim and re-wrap white space."""
    return one.split() == other.split()

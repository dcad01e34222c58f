"""A handover that was handed over: read back from what was exported, sent or kept, as the next seat sees it. Pure.

What is read is somebody else's: sizes are bounded, types checked, every text cleaned; nothing of it is looked up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta, tzinfo
from importlib import resources
from typing import Any, Literal

import msgspec

from oncall_tui.clock import parse_instant
from oncall_tui.documents import filled
from oncall_tui.handover.armor import MAX_JSON, DamagedPart, unarmored
from oncall_tui.records import dataclass
from oncall_tui.text import clean, clean_block

MAX_FILE = 4_000_000
"""Bytes of a file that is read."""
MAX_TEXT = 200_000
"""Characters of a document that a seat wrote."""
MOST = 2_000
"""Rows that any list of it may have."""
LONGEST = timedelta(days=62)
"""From the beginning of its stretch to the end."""
_ID = 200


class HandedError(ValueError):
    """It is no handover that can be read: one clear line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIncident:
    """One incident as it stood."""

    id: str
    title: str
    state: str = ""
    severity: int | None = None
    service: str | None = None
    created_at: str | None = None
    assignees: tuple[str, ...] = ()
    last_note: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedItem:
    """Something left to do."""

    text: str
    ticket: str | None = None
    owner: str | None = None
    due: str | None = None
    incident: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedSilence:
    """Something that was muted."""

    id: str
    matchers: tuple[str, ...] = ()
    created_by: str = ""
    comment: str = ""
    ends_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedTrend:
    """An alert that fired more than before."""

    name: str
    service: str | None = None
    count: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedChange:
    """Something that was or will be changed."""

    title: str
    stage: str = ""
    service: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedJudgement:
    """What a page was said to be worth."""

    kind: str
    title: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedShift:
    """Whose shift it was, from when to when (ISO 8601)."""

    user: str
    start: str
    end: str
    on_call: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedDocument:
    """The document of the contract, as far as it is read; keys that are not known are passed over."""

    version: int
    shift: HandedShift
    written_at: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    incidents: tuple[HandedIncident, ...] = ()
    open: tuple[HandedIncident, ...] = ()
    action_items: tuple[HandedItem, ...] = ()
    trends: tuple[HandedTrend, ...] = ()
    silences: tuple[HandedSilence, ...] = ()
    forgotten: tuple[HandedIncident, ...] = ()
    changes: tuple[HandedChange, ...] = ()
    noise: tuple[HandedJudgement, ...] = ()
    notes: tuple[str, ...] = ()
    edited_markdown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A handover as it was given. ``start``, ``end`` and ``written_at`` are aware UTC."""

    document: HandedDocument
    start: datetime
    end: datetime
    written_at: datetime
    digest: str
    """Of everything that is read of it: two with one digest say the same."""

    @property
    def user(self) -> str:
        """Who hands over."""
        return self.document.shift.user


Origin = Literal["exported", "sent", "received"]
NOTES = "notes"
"""Where a receipt can go: a note on each incident that is open …"""
NOWHERE = "none"
"""… or in the store and the audit only. Else it is a channel's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A handover as it is kept here."""

    name: str
    handed: Handed
    origin: Origin
    kept_at: datetime
    accepted_at: datetime | None = None
    accepted_by: str | None = None
    receipts: tuple[str, ...] = ()
    """Keys of the outbox rows that tell others of it."""


def read_handed(raw: bytes) -> Handed:
    """The handover in a file or a copied message: the JSON document itself, or the part that a text carries.

    Raises:
        HandedError: there is none, it is damaged, too large, or not what a handover is.
    """
    if len(raw) > MAX_FILE:
        raise HandedError(f"larger than {MAX_FILE // 1_000_000} MB: no handover is")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise HandedError("not a text (UTF-8)") from None
    if text.lstrip().startswith("{"):
        return handed_of(text.encode())
    try:
        found = unarmored(text)
    except DamagedPart as error:
        raise HandedError(str(error)) from None
    if found is None:
        raise HandedError(
            "no machine-readable part in it: what 'handover --output' writes and '--send' sends carries one"
        )
    return handed_of(found)


def handed_of(raw: bytes) -> Handed:
    """The handover of that JSON.

    Raises:
        HandedError: it is not what a handover is; the line says where.
    """
    if len(raw) > MAX_JSON:
        raise HandedError(f"larger than {MAX_JSON // 1_000_000} MB: no handover is")
    try:
        told = msgspec.json.decode(raw, type=HandedDocument)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise HandedError(f"not a handover: {clean(error, 160)}") from None
    if told.version != 1:
        raise HandedError(f"a handover of version {told.version}: this oncall-tui reads version 1")
    for name in _LISTS:
        if len(getattr(told, name)) > MOST:
            raise HandedError(f"not a handover: {name} has more than {MOST} rows")
    document = _cleaned(told)
    start, end = _instant(document.shift.start, "shift.start"), _instant(document.shift.end, "shift.end")
    if not timedelta() < end - start <= LONGEST:
        raise HandedError("not a handover: its shift ends before it begins, or is longer than two months")
    written = _instant(document.written_at, "written_at") if document.written_at else end
    digest = hashlib.sha256(msgspec.json.encode(document)).hexdigest()[:16]
    return Handed(document=document, start=start, end=end, written_at=written, digest=digest)


_LISTS = ("incidents", "open", "action_items", "trends", "silences", "forgotten", "changes", "noise", "notes")


def _instant(words: str, name: str) -> datetime:
    try:
        return parse_instant(words)
    except ValueError as error:
        raise HandedError(f"not a handover: {name}: {clean(error, 120)}") from None


def _cleaned(document: HandedDocument) -> HandedDocument:
    """The same with every text cleaned, which is the only way in for them."""
    edited = document.edited_markdown
    plain = msgspec.to_builtins(document) | {"edited_markdown": None}
    cleaned = msgspec.convert(_clean_all(plain), HandedDocument)
    return cleaned if edited is None else replace(cleaned, edited_markdown=clean_block(edited, MAX_TEXT))


def _clean_all(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(key, _ID): _clean_all(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_all(one) for one in value]
    return value


def handed_markdown(handed: Handed, zone: tzinfo) -> str:
    """The document as the next seat reads it: as the seat before rewrote it, else from what it holds. Times in
    ``zone``."""
    if handed.document.edited_markdown is not None:
        return handed.document.edited_markdown.rstrip("\n") + "\n"
    template = resources.files("oncall_tui.handover").joinpath("handed.md.j2").read_text("utf-8")
    return filled(template, zone, handed.end, h=handed, d=handed.document, at=_moment)


def _moment(words: str | None) -> datetime | None:
    try:
        return parse_instant(words) if words else None
    except ValueError:
        return None

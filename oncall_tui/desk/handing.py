"""Handing over and taking over (H3): what was handed over is kept, read by the next seat, accepted with a receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from oncall_tui.board import Board
from oncall_tui.clock import iso, parse_instant
from oncall_tui.desk.settings import ActRefused
from oncall_tui.documents import escape_markdown
from oncall_tui.handover import (
    NOTES,
    NOWHERE,
    Beside,
    Handed,
    HandedError,
    Handover,
    Kept,
    Origin,
    handed_of,
    still_open,
    takes_notes,
    to_json,
)
from oncall_tui.model import AuditLine, Incident, OutboxRow, Verb
from oncall_tui.records import dataclass
from oncall_tui.text import clean

if TYPE_CHECKING:
    from oncall_tui.desk import Desk

_PREFIX = "handed:"
_MOST = 20
"""Handovers that are kept: those of the latest shifts, and whichever was kept last."""
_AHEAD = timedelta(hours=1)
"""So far two seats' clocks may be apart."""


class _Record(msgspec.Struct):
    """How it is stored."""

    document: msgspec.Raw
    origin: Origin
    kept_at: str
    accepted_at: str | None = None
    accepted_by: str | None = None
    receipts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What accepting did."""

    kept: Kept
    rows: tuple[OutboxRow, ...]
    """The receipts on their way."""
    words: str
    """One line: where the receipt goes."""


# -- keeping ---------------------------------------------------------------------------------------------------


async def keep(desk: Desk, handover: Handover, origin: Origin) -> None:
    """Keep what is handed over, for whoever sits here next; the latest of a seat's shift is the one that counts. What a
    read-only seat exports hands nothing over, and is not kept.

    Raises:
        StoreError: it could not be stored.
    """
    if desk.settings.read_only:
        return
    raw = msgspec.json.encode(to_json(handover))
    try:
        handed = handed_of(raw)
    except HandedError:
        return  # larger than any that would be read again: the file or the message is what there is
    known = await _load(desk, _name(handed))
    if known is not None and known.accepted_at is not None and known.handed.digest == handed.digest:
        return
    await _store(desk, _Record(document=msgspec.Raw(raw), origin=origin, kept_at=iso(desk.clock.now())), handed)


async def kept(desk: Desk) -> tuple[Kept, ...]:
    """What is kept, the latest shift first; what cannot be read any more is left out."""
    names = await desk.value_names(_PREFIX)
    found = [one for name in names if (one := await _load(desk, name)) is not None]
    return tuple(sorted(found, key=_place, reverse=True))


def _place(one: Kept) -> tuple[datetime, datetime, str]:
    # What it says of itself is somebody else's: an end that lies ahead puts it before nothing that came later.
    return min(one.handed.end, one.kept_at), one.handed.written_at, one.name


async def previous(desk: Desk, board: Board) -> Kept | None:
    """The latest handover before the board's shift: of somebody else, or the seat's own of an earlier shift."""
    me = (desk.settings.board.user or "").casefold()
    for one in await kept(desk):
        mine = one.handed.user.casefold() == me
        if (not mine and one.handed.start < board.shift.end) or (mine and one.handed.end <= board.shift.start):
            return one
    return None


async def beside(desk: Desk, board: Board, start: datetime, end: datetime) -> Beside:
    """What a handover of that stretch is made of besides its facts."""
    from oncall_tui.desk.postmortem import owed

    last = await previous(desk, board)
    return Beside(
        judgements=await desk.judgements(start, end),
        previous=last.handed if last is not None else None,
        accepted_at=last.accepted_at if last is not None else None,
        accepted_by=last.accepted_by if last is not None else None,
        forgotten_after=desk.settings.rules.forgotten,
        postmortems=await owed(desk),
    )


def _name(handed: Handed) -> str:
    who = hashlib.sha256(handed.user.casefold().encode()).hexdigest()[:8]
    return f"{_PREFIX}{iso(handed.start)}:{who}"


async def _load(desk: Desk, name: str) -> Kept | None:
    text = await desk.value(name)
    if not text:
        return None
    try:
        record = msgspec.json.decode(text, type=_Record)
        return Kept(
            name=name,
            handed=handed_of(bytes(record.document)),
            origin=record.origin,
            kept_at=parse_instant(record.kept_at),
            accepted_at=parse_instant(record.accepted_at) if record.accepted_at else None,
            accepted_by=record.accepted_by,
            receipts=record.receipts,
        )
    except (msgspec.DecodeError, ValueError):
        return None


async def _store(desk: Desk, record: _Record, handed: Handed) -> str:
    name = _name(handed)
    await desk.set_value(name, msgspec.json.encode(record).decode())
    readable = [one.name for one in await kept(desk)]
    spoilt = [one for one in await desk.value_names(_PREFIX) if one not in readable]
    for old in [one for one in (*readable, *spoilt) if one != name][_MOST - 1 :]:
        await desk.drop_value(old)
    return name


# -- accepting -------------------------------------------------------------------------------------------------


async def accept(desk: Desk, board: Board, handed: Handed, receipt: str | None = None) -> Accepted:
    """Take over: keep the handover as accepted, write the audit, and tell the others.

    Args:
        receipt: a channel's name, :data:`NOTES`, :data:`NOWHERE`; ``None``: the first channel that says itself whom a
            message reaches, else notes on what is open, else nowhere.

    Raises:
        ActRefused: the seat is read-only, it is the seat's own handover, it is of a shift that has not begun or was
            written tomorrow, it was accepted already, or the receipt cannot be.
        StoreError: it could not be stored: nothing was sent after it.
    """
    if desk.settings.read_only:
        raise ActRefused("this seat is read-only: nothing is accepted from here")
    me, now = desk.settings.board.user or board.seat.name, desk.clock.now()
    if handed.user.casefold() == me.casefold():
        raise ActRefused("it is your own handover: the next seat accepts it")
    if handed.start > now + _AHEAD:
        raise ActRefused(f"it is of a shift that begins {iso(handed.start)}: nothing of it can be handed over yet")
    if handed.written_at > now + _AHEAD:
        raise ActRefused(f"it was written {iso(handed.written_at)}, which lies ahead: is this clock right?")
    known = await _load(desk, _name(handed))
    if known is not None and known.accepted_at is not None and known.handed.digest == handed.digest:
        raise ActRefused(f"{known.accepted_by or 'somebody'} has accepted it already, {iso(known.accepted_at)}")
    noting = [one for one in still_open(handed, board).open if takes_notes(board, one)]
    where = _receipt(board, noting, receipt)
    target = f"local:handover-{iso(handed.start)}"
    record = _Record(
        document=msgspec.Raw(msgspec.json.encode(handed.document)),
        origin=known.origin if known is not None else "received",
        kept_at=iso(known.kept_at if known is not None else now),
        accepted_at=iso(now),
        accepted_by=me,
    )
    await _store(desk, record, handed)
    await desk.put_audit(
        AuditLine(
            at=now,
            seat=me,
            event="accepted",
            key=handed.digest,
            verb="handover",
            target=target,
            detail=clean(f"from {handed.user}, {iso(handed.start)} to {iso(handed.end)}; receipt: {where}"),
        )
    )
    rows = await _send(desk, where, noting, target, handed, me, board)
    record.receipts = tuple(row.key for row in rows)
    name = await _store(desk, record, handed)
    done = await _load(desk, name)
    assert done is not None, "what was stored a moment ago is there"
    return Accepted(kept=done, rows=rows, words=_words(where, rows))


def _receipt(board: Board, noting: Sequence[Incident], wanted: str | None) -> str:
    speaking = [one for one in board.channels if one.can(Verb.MESSAGE)]
    if wanted is None:
        named = next((one.name for one in speaking if one.place), None)
        return named or (NOTES if noting else NOWHERE)
    if wanted == NOTES and not noting:
        raise ActRefused("no open incident of it is known here that a note could be written on")
    if wanted not in (NOTES, NOWHERE) and wanted not in {one.name for one in speaking}:
        names = ", ".join(one.name for one in speaking) or "none"
        raise ActRefused(f"no channel named {clean(wanted, 40)!r} takes messages; there are: {names}")
    return wanted


async def _send(
    desk: Desk, where: str, noting: Sequence[Incident], target: str, handed: Handed, me: str, board: Board
) -> tuple[OutboxRow, ...]:
    if where == NOWHERE:
        return ()
    note = receipt_line(handed, me, board)
    if where != NOTES:
        text = receipt_text(handed, me, board)
        message: dict[str, Any] = {"text": text, "subject": note, "html": None, "room": None, "to": []}
        row = await desk.tell(Verb.MESSAGE, where, about=target, params=message, title="handover accepted", undo=False)
        return (row,)
    rows = []
    for incident in noting:
        params = {"text": note, "at": None, "kind": None}
        rows.append(
            await desk.act(
                Verb.NOTE, incident.id, params=params, seen=incident.version, title=incident.title, undo=False
            )
        )
    return tuple(rows)


def receipt_line(handed: Handed, me: str, board: Board) -> str:
    """Who has taken over from whom, in one line of plain text."""
    start, end = (at.astimezone(board.zone) for at in (handed.start, handed.end))
    times = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {end:%Z}"
    return f"Handover accepted: {me} has taken over from {handed.user} ({times}), {still_open(handed, board).counted}"


def receipt_text(handed: Handed, me: str, board: Board) -> str:
    """The same with what is open, as Markdown: what the others read."""
    lines = [escape_markdown(receipt_line(handed, me, board)), ""]
    for one in handed.document.open[:10]:
        row = board.incident(one.id)
        state = row.incident.state.value if row is not None else "not known here"
        severity = f"Sev{one.severity} " if one.severity else ""
        lines.append(f"- {severity}{escape_markdown(one.title)}: {state}")
    if len(handed.document.open) > 10:
        lines.append(f"- and {len(handed.document.open) - 10} more")
    return "\n".join(lines)


def _words(where: str, rows: Sequence[OutboxRow]) -> str:
    if where == NOWHERE:
        return "receipt in the audit only: no channel is configured that says whom it reaches, and nothing is open"
    if where == NOTES:
        return f"receipt as a note on {len(rows)} open incident{'' if len(rows) == 1 else 's'}, and in the audit"
    return f"receipt through {where}, and in the audit"

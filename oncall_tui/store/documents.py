"""Everything that can be searched, as texts: table ``document``, filled in small steps behind the facts.

No writing of facts waits for it. Incidents are read by their version, groups of alerts by theirs (one text for what a
group says, not one for each of a million alerts); of the rest triggers note in ``unread`` what has come, changed or
gone. What lay in a database before there was an index is read in the order of its ids. A text that changes is a new
row with a new number, so that the index of words (:mod:`oncall_tui.store.words`) follows by number alone.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from oncall_tui.model import EntryKind, Incident, OutboxRow, TimelineEntry
from oncall_tui.model.search import DocumentKind
from oncall_tui.policy.kinds import kind_of
from oncall_tui.store import words
from oncall_tui.store.codec import decode
from oncall_tui.store.schema import transaction
from oncall_tui.text import MAX_BODY, clean, clean_block

STEP = 200
"""Rows read in one step: some milliseconds."""
STEP_OF_ALERTS = 500
_AHEAD = 50
_SEEN_AGAIN_S = 600.0
"""When a group of alerts was last seen is told this roughly."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d)?", re.ASCII)

READ = (EntryKind.NOTE, EntryKind.STATUS_UPDATE)
"""What of a timeline is a text."""


class Document(msgspec.Struct):
    """One text."""

    kind: DocumentKind
    ref: str
    at: float
    title: str
    text: str
    incident_id: str | None = None
    same: str | None = None
    """What incidents of the same kind share."""


class _Alert(msgspec.Struct):
    """What is read of an alert."""

    name: str
    last_at: datetime
    service: str | None = None
    summary: str | None = None
    incident_id: str | None = None


_ALERT = msgspec.json.Decoder(_Alert)


def step(db: sqlite3.Connection) -> bool:
    """Read some of what is not read yet, in one transaction; whether there may be more."""
    for work in (_unread, _incidents, _groups, _old_entries, _old_alerts):
        if work(db):
            return True
    return words.step(db)


def left(db: sqlite3.Connection) -> int:
    """About how many rows are still to be read."""
    (waiting,) = db.execute("SELECT count(*) FROM unread").fetchone()
    place = _place(db, "incidents")
    version, last = _split(place)
    (incidents,) = db.execute(
        "SELECT count(*) FROM incident WHERE (version, id) > (?, ?)", (int(version or 0), last)
    ).fetchone()
    old = 0
    for table in ("entry", "alert"):
        at = _place(db, f"old {table}")
        if at is not None:
            old += int(db.execute(f"SELECT count(*) FROM {table} WHERE id > ?", (at,)).fetchone()[0])  # noqa: S608
    return int(waiting) + int(incidents) + old + words.left(db)


def same_key(incident: Incident) -> str:
    """What incidents of its kind have in :attr:`Document.same`."""
    return "\n".join(kind_of(incident))


def catch_up(db: sqlite3.Connection) -> None:
    """Read what is not read yet, as far as it takes no second."""
    for _ in range(_AHEAD):
        if not words.guarded(db, step):
            return


def forget(db: sqlite3.Connection, since: datetime) -> None:
    """Let go of the texts of rows that are gone, and of groups of alerts that were not seen since then."""
    words.guarded(db, lambda db: _forget(db, since.timestamp()))


def _forget(db: sqlite3.Connection, since: float) -> None:
    while _unread(db):
        pass
    while True:
        rows = db.execute(
            "SELECT ref FROM document WHERE kind = ? AND at < ? LIMIT ?", (DocumentKind.ALERT.value, since, STEP)
        ).fetchall()
        if not rows:
            return
        with transaction(db):
            for (ref,) in rows:
                _drop(db, DocumentKind.ALERT, ref)


# -- steps: each gives whether it has read anything ------------------------------------------------------------------


def _incidents(db: sqlite3.Connection) -> bool:
    version, last = _split(_place(db, "incidents"))
    rows = db.execute(
        "SELECT version, id, data FROM incident WHERE (version, id) > (?, ?) ORDER BY version, id LIMIT ?",
        (int(version or 0), last, STEP),
    ).fetchall()
    if not rows:
        return False
    with transaction(db):
        for _, incident_id, raw in rows:
            _put(db, DocumentKind.INCIDENT, incident_id, _of_incident(decode(Incident, raw)))
        _set_place(db, "incidents", f"{rows[-1][0]} {rows[-1][1]}")
    return True


def _groups(db: sqlite3.Connection) -> bool:
    """What groups of alerts say now."""
    version, _, rest = (_place(db, "groups") or "").partition(" ")
    last_source, _, last_group = rest.partition(" ")
    rows = db.execute(
        "SELECT version, source, grp FROM alert_group WHERE (version, source, grp) > (?, ?, ?)"
        " ORDER BY version, source, grp LIMIT ?",
        (int(version or 0), last_source, last_group, STEP),
    ).fetchall()
    if not rows:
        return False
    with transaction(db):
        for _, source, group in rows:
            _see_group(db, source, group)
        _set_place(db, "groups", " ".join(map(str, rows[-1])))
    return True


def _see_group(db: sqlite3.Connection, source: str, group: str) -> None:
    found = db.execute(
        "SELECT a.data FROM recent r JOIN alert a ON a.id = r.id WHERE r.source = ? AND r.grp = ?"
        " ORDER BY r.rank, r.seen_at DESC, r.id LIMIT 1",
        (source, group),
    ).fetchone()
    told = _alert(found[0]) if found else None
    if told is not None:
        _put_alert(db, told)


def _unread(db: sqlite3.Connection) -> bool:
    rows = db.execute("SELECT kind, ref FROM unread LIMIT ?", (STEP,)).fetchall()
    if not rows:
        return False
    with transaction(db):
        for kind, ref in rows:
            if kind in _READERS:
                reader, as_kind = _READERS[kind]
                _put(db, as_kind, ref if kind != "draft" else f"draft {ref}", reader(db, ref))
        db.executemany("DELETE FROM unread WHERE kind = ? AND ref = ?", rows)
    return True


def _old_entries(db: sqlite3.Connection) -> bool:
    at = _place(db, "old entry")
    if at is None:
        return False
    rows = db.execute("SELECT id, kind, data FROM entry WHERE id > ? ORDER BY id LIMIT ?", (at, STEP)).fetchall()
    with transaction(db):
        for entry_id, kind, raw in rows:
            if kind in READ:
                _put(db, DocumentKind.NOTE, entry_id, _of_entry(decode(TimelineEntry, raw)))
        _go_on(db, "old entry", rows)
    return True


def _old_alerts(db: sqlite3.Connection) -> bool:
    at = _place(db, "old alert")
    if at is None:
        return False
    rows = db.execute("SELECT id, data FROM alert WHERE id > ? ORDER BY id LIMIT ?", (at, STEP_OF_ALERTS)).fetchall()
    latest: dict[str, _Alert] = {}
    for _, raw in rows:
        told = _alert(raw)
        if told is not None:
            ref = _ref_of(told)
            if ref not in latest or latest[ref].last_at < told.last_at:
                latest[ref] = told
    with transaction(db):
        for told in latest.values():
            _put_alert(db, told)
        _go_on(db, "old alert", rows)
    return True


def _go_on(db: sqlite3.Connection, name: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        _set_place(db, name, rows[-1][0])
    else:
        db.execute("DELETE FROM indexed WHERE name = ?", (name,))


# -- places ----------------------------------------------------------------------------------------------------------


def _place(db: sqlite3.Connection, name: str) -> str | None:
    found = db.execute("SELECT place FROM indexed WHERE name = ?", (name,)).fetchone()
    return None if found is None else str(found[0])


def _set_place(db: sqlite3.Connection, name: str, place: str) -> None:
    db.execute("INSERT OR REPLACE INTO indexed (name, place) VALUES (?, ?)", (name, place))


def _split(place: str | None) -> tuple[str, str]:
    version, _, last = (place or "").partition(" ")
    return version, last


# -- rows ------------------------------------------------------------------------------------------------------------


def _put(db: sqlite3.Connection, kind: DocumentKind, ref: str, one: Document | None) -> None:
    """The text as it is now; ``None``: there is none any more."""
    held = db.execute(
        "SELECT at, title, text, incident_id, same FROM document WHERE kind = ? AND ref = ?", (kind.value, ref)
    ).fetchone()
    if one is not None and held == (one.at, one.title, one.text, one.incident_id, one.same):
        return
    if held is not None:
        _drop(db, kind, ref)
    if one is not None:
        db.execute(
            "INSERT INTO document (kind, ref, incident_id, at, same, title, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind.value, ref, one.incident_id, one.at, one.same, one.title, one.text),
        )


def _put_alert(db: sqlite3.Connection, told: _Alert) -> None:
    if told.incident_id is not None:
        page = db.execute(
            "SELECT title FROM document WHERE kind = 'incident' AND ref = ?", (told.incident_id,)
        ).fetchone()
        if page is not None and page[0] == told.name:
            return  # the page says as much
    one = _of_alert(told)
    held = db.execute(
        "SELECT at, title, text FROM document WHERE kind = ? AND ref = ?", (one.kind.value, one.ref)
    ).fetchone()
    if held is not None and (held[0] >= one.at or (held[1:] == (one.title, one.text))):
        if one.at - held[0] >= _SEEN_AGAIN_S:
            db.execute("UPDATE document SET at = ? WHERE kind = ? AND ref = ?", (one.at, one.kind.value, one.ref))
        return
    _put(db, one.kind, one.ref, one)


def _drop(db: sqlite3.Connection, kind: DocumentKind, ref: str) -> None:
    found = db.execute(
        "SELECT number, title, text FROM document WHERE kind = ? AND ref = ?", (kind.value, ref)
    ).fetchone()
    if found is not None:
        words.forget(db, *found)
        db.execute("DELETE FROM document WHERE number = ?", (found[0],))


# -- texts -----------------------------------------------------------------------------------------------------------


def _of_incident(one: Incident | None) -> Document | None:
    if one is None:
        return None
    number = f"#{one.number}" if one.number else None
    about = [one.service.name if one.service is not None else None, number, one.native_id]
    return Document(
        kind=DocumentKind.INCIDENT,
        ref=one.id,
        incident_id=one.id,
        at=one.created_at.timestamp(),
        title=one.title,
        text=" ".join(word for word in about if word),
        same=same_key(one) if one.merged_into is None else None,  # a duplicate is no other time
    )


def _of_entry(one: TimelineEntry | None) -> Document | None:
    if one is None or not one.text:
        return None
    return Document(
        kind=DocumentKind.NOTE,
        ref=one.id,
        incident_id=one.incident_id,
        at=one.at.timestamp(),
        title="",
        text=f"{one.author}: {one.text}" if one.author else one.text,
    )


def _alert(raw: bytes) -> _Alert | None:
    try:
        return _ALERT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _ref_of(one: _Alert) -> str:
    """What is called the same and of the same service is one text, whichever monitor tells of it."""
    return f"{one.name}|{one.service or ''}"


def _of_alert(one: _Alert) -> Document:
    said = [word for word in (one.service, one.summary) if word]
    return Document(
        kind=DocumentKind.ALERT,
        ref=_ref_of(one),
        incident_id=one.incident_id,
        at=one.last_at.timestamp(),
        title=one.name,
        text=": ".join(said),
    )


def _read_incident(db: sqlite3.Connection, ref: str) -> Document | None:
    found = db.execute("SELECT data FROM incident WHERE id = ?", (ref,)).fetchone()
    return _of_incident(decode(Incident, found[0])) if found else None


def _read_entry(db: sqlite3.Connection, ref: str) -> Document | None:
    found = db.execute("SELECT data FROM entry WHERE id = ?", (ref,)).fetchone()
    return _of_entry(decode(TimelineEntry, found[0])) if found else None


_SAID = ("subject", "title", "text")


def _read_sent(db: sqlite3.Connection, ref: str) -> Document | None:
    found = db.execute("SELECT data FROM outbox WHERE key = ? AND state = 'confirmed'", (ref,)).fetchone()
    row = decode(OutboxRow, found[0]) if found else None
    if row is None:
        return None
    said = [value for name in _SAID if isinstance(value := row.params.get(name), str) and value]
    return Document(
        kind=DocumentKind.SENT,
        ref=ref,
        at=(row.answered_at or row.created_at).timestamp(),
        title=clean(row.target_title),
        text=clean_block(f"{row.source} {row.verb.value.replace('_', ' ')}: " + "\n".join(said)),
    )


def _read_draft(db: sqlite3.Connection, ref: str) -> Document | None:
    found = db.execute("SELECT text, updated_at FROM draft WHERE key = ?", (ref,)).fetchone()
    return _of_text(ref, found[0], found[1]) if found else None


def _read_value(db: sqlite3.Connection, ref: str) -> Document | None:
    found = db.execute("SELECT text FROM value WHERE name = ?", (ref,)).fetchone()
    return _of_text(ref, found[0], _moment_in(ref)) if found else None


def _of_text(name: str, text: str, at: float) -> Document | None:
    """What is kept under a name: a text, or JSON with texts in it."""
    try:
        told = "\n".join(_texts_in(json.loads(text)))
    except (ValueError, RecursionError):
        told = text
    told = clean_block(told[:MAX_BODY])
    what, _, rest = name.partition(":")
    if not told:
        return None
    return Document(kind=DocumentKind.TEXT, ref=name, at=at, title=clean(f"{what} {rest}"), text=told)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_in(one)


def _moment_in(name: str) -> float:
    """When the shift was whose handover is kept under this name; 1970 where the name does not tell."""
    told = _MOMENT.search(name)
    try:
        return datetime.fromisoformat(told.group()).replace(tzinfo=UTC).timestamp() if told else 0.0
    except ValueError:
        return 0.0


_READERS: dict[str, tuple[Callable[[sqlite3.Connection, str], Document | None], DocumentKind]] = {
    "incident": (_read_incident, DocumentKind.INCIDENT),
    "note": (_read_entry, DocumentKind.NOTE),
    "sent": (_read_sent, DocumentKind.SENT),
    "draft": (_read_draft, DocumentKind.TEXT),
    "value": (_read_value, DocumentKind.TEXT),
}

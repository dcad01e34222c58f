"""Looking into local history: texts that hold some words, and earlier incidents of a kind. Each reads inside the
caller's transaction."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from oncall_tui.model import Incident, IncidentHistory
from oncall_tui.model.search import DocumentKind, Found, Hit, SameKind
from oncall_tui.store import documents, history, words
from oncall_tui.store.codec import decode, moment

MOST_WORDS = 12
LONGEST = 200
"""Characters of what is looked for."""
MOST_DURATIONS = 500
_SNIPPET = 14
"""Words about those that were found."""
_OPEN, _CLOSE = "\x02", "\x03"
"""Stand around a word that was found; no stored text has them."""
_WORD = re.compile(r"\w")

# Ranked first, told afterwards: a snippet is worked out of few. First what has any of the words in its title (the
# title's rank alone is below zero), alerts last; then by rank, of which half a point is no difference, then the newest.
_RANKED = """
    SELECT words.rowid, bm25(words, 1.0, 0.0) >= 0 AS in_text, round(bm25(words, 4.0, 1.0) * 2) AS place FROM words
    JOIN document d ON d.number = words.rowid WHERE words MATCH ?
    ORDER BY in_text, d.kind = 'alert', place, d.at DESC, words.rowid LIMIT ?"""
_COUNT = "SELECT count(*) FROM words JOIN document d ON d.number = words.rowid WHERE words MATCH ?"
_SHOWN = "d.kind, d.ref, d.at, d.incident_id, d.title, d.text, p.title, i.data"
_JOINED = """
    JOIN document d ON d.number = {number} LEFT JOIN document p ON p.kind = 'incident' AND p.ref = d.incident_id
    LEFT JOIN incident i ON i.id = d.incident_id"""
_TOLD = f"""
    SELECT words.rowid, snippet(words, -1, '{_OPEN}', '{_CLOSE}', '…', {_SNIPPET}), {_SHOWN}
    FROM words {_JOINED.format(number="words.rowid")}
    WHERE words MATCH ? AND words.rowid IN"""  # noqa: S608 - words of ours


def search(db: sqlite3.Connection, text: str, limit: int) -> Found:
    """The texts that hold all words of ``text``, each of which may be the beginning of a word."""
    wanted = [word for word in text[:LONGEST].split() if _WORD.search(word)][:MOST_WORDS]
    if not wanted:
        return Found(unread=documents.left(db))
    if not words.is_there(db):
        return _search_plainly(db, wanted, limit)
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone() is None:
        return Found(unread=documents.left(db))
    query = expression(wanted)
    (total,) = db.execute(_COUNT, (query,)).fetchone()
    order = [number for number, _, _ in db.execute(_RANKED, (query, limit))]
    places = ", ".join("?" * len(order))
    told = {row[0]: row[1:] for row in db.execute(f"{_TOLD} ({places})", (query, *order))} if order else {}
    hits = tuple(_hit(told[number][0], told[number][1:]) for number in order if number in told)
    return Found(hits=hits, total=total, unread=documents.left(db))


def expression(wanted: list[str]) -> str:
    """What FTS5 is asked for these words. Each is a quoted text: nothing in it is syntax."""
    return " ".join('"{}"*'.format(word.replace('"', '""')) for word in wanted)


def _search_plainly(db: sqlite3.Connection, wanted: list[str], limit: int) -> Found:
    """Without FTS5: texts that hold each of these, as it stands."""
    where = " AND ".join(["(d.title || ' ' || d.text) LIKE ? ESCAPE '\\'"] * len(wanted))
    given = [f"%{_plain(word)}%" for word in wanted]
    (total,) = db.execute(f"SELECT count(*) FROM document d WHERE {where}", given).fetchone()  # noqa: S608
    rows = db.execute(
        f"SELECT {_SHOWN} FROM (SELECT d.number FROM document d WHERE {where} ORDER BY d.at DESC LIMIT ?) f"  # noqa: S608
        f" {_JOINED.format(number='f.number')} ORDER BY d.at DESC",
        (*given, limit),
    )
    hits = tuple(_hit(_mark(row[5] or row[4], wanted), row) for row in rows)
    return Found(hits=hits, total=total, unread=documents.left(db), is_plain=True)


def _plain(word: str) -> str:
    return re.sub(r"([%_\\])", r"\\\1", word)


def _mark(text: str, wanted: list[str]) -> str:
    """The text about the first of these words, with marks around each of them."""
    found = re.compile("|".join(map(re.escape, wanted)), re.I)
    first = found.search(text)
    start = max(0, first.start() - 40) if first else 0
    part = text[start : start + 160]
    return ("…" if start else "") + found.sub(lambda word: f"{_OPEN}{word.group()}{_CLOSE}", part)


def _hit(marked: str, row: tuple[Any, ...]) -> Hit:
    kind, ref, at, incident_id, title, _, incident_title, raw = row
    incident = decode(Incident, raw) if raw is not None else None
    when = moment(at)
    assert when is not None, "the column is never null"
    return Hit(
        kind=DocumentKind(kind),
        ref=ref,
        at=when,
        title=title or incident_title or incident_id or ref,
        snippet=_pieces(marked),
        incident_id=incident_id if incident is not None else None,
        service=incident.service.name if incident is not None and incident.service is not None else None,
    )


def _pieces(marked: str) -> tuple[tuple[str, bool], ...]:
    """A snippet in pieces, on one line."""
    line = " ".join(marked.split(" ")).replace("\n", " ")
    pieces: list[tuple[str, bool]] = []
    for number, part in enumerate(line.split(_OPEN)):
        word, _, rest = part.partition(_CLOSE) if number else ("", "", part)
        pieces += [(text, found) for text, found in ((word, True), (rest, False)) if text]
    return tuple(pieces)


def text_of(db: sqlite3.Connection, kind: DocumentKind, ref: str) -> tuple[str, str] | None:
    """The title and the whole of one text."""
    found = db.execute("SELECT title, text FROM document WHERE kind = ? AND ref = ?", (kind.value, ref)).fetchone()
    return (str(found[0]), str(found[1])) if found else None


def same_kind(db: sqlite3.Connection, incident_id: str, most: int) -> SameKind:
    """The incidents of the same kind that were triggered before that one, ``most`` of them whole."""
    (since,) = db.execute("SELECT min(created_at) FROM incident").fetchone()
    found = db.execute("SELECT data FROM incident WHERE id = ?", (incident_id,)).fetchone()
    one = decode(Incident, found[0]) if found else None
    if one is None:
        return SameKind(since=moment(since))
    where = "FROM document d JOIN incident i ON i.id = d.ref WHERE d.same = ? AND d.at < ? AND d.ref <> ?"
    given = (documents.same_key(one), one.created_at.timestamp(), incident_id)
    (count,) = db.execute(f"SELECT count(*) {where}", given).fetchone()
    took = db.execute(
        f"SELECT i.ended_at - i.created_at {where} AND i.is_open = 0 AND i.ended_at IS NOT NULL"
        " ORDER BY d.at DESC LIMIT ?",
        (*given, MOST_DURATIONS),
    )
    latest = db.execute(f"SELECT i.data {where} ORDER BY d.at DESC LIMIT ?", (*given, most)).fetchall()
    return SameKind(
        count=count,
        since=moment(since),
        seconds=tuple(max(0.0, float(seconds)) for (seconds,) in took),
        latest=_histories(db, latest),
    )


def _histories(db: sqlite3.Connection, rows: list[tuple[bytes]]) -> tuple[IncidentHistory, ...]:
    return tuple(history.of_incident(db, one) for (raw,) in rows if (one := decode(Incident, raw)) is not None)

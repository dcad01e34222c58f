"""What local history says, as rows and words: earlier incidents of a kind, texts that were found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from oncall_tui.board import Board
from oncall_tui.model.search import DocumentKind, Found, Hit
from oncall_tui.policy.seen import Earlier, SeenBefore, length_words, summary
from oncall_tui.records import dataclass
from widgets.lines import BLANK, Span, Words
from widgets.textpane import wrap_words

_KINDS = {
    DocumentKind.INCIDENT: ("incident", "title"),
    DocumentKind.NOTE: ("note", "you"),
    DocumentKind.ALERT: ("alert", "soon"),
    DocumentKind.SENT: ("sent", "dim"),
    DocumentKind.TEXT: ("text", "dim"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRow:
    """One row of the history's list."""

    key: str
    at: datetime
    what: Words
    """How long it took, or what kind of text it is."""
    name: Words
    """Who, or the incident's title."""
    text: Words
    incident_id: str | None
    told: Earlier | Hit


def day_words(at: datetime, minute: datetime, zone: tzinfo) -> str:
    """``12 Nov 14:30``; beyond half a year the year in place of the time: what is searched may be months old."""
    local = at.astimezone(zone)
    if abs((minute - at).days) > 180:
        return f"{local.day:2} {local:%b  %Y}"
    return f"{local.day:2} {local:%b %H:%M}"


def kind_rows(seen: SeenBefore) -> tuple[PastRow, ...]:
    """The earlier incidents of a kind."""
    return tuple(
        PastRow(
            key=one.incident.id,
            at=one.incident.created_at,
            what=_took(one),
            name=(Span(", ".join(one.people) or "nobody", "text" if one.people else "dim"),),
            text=(Span(one.lesson),) if one.lesson else (Span("no note", "dim"),),
            incident_id=one.incident.id,
            told=one,
        )
        for one in seen.times
    )


def _took(one: Earlier) -> Words:
    if one.took is not None:
        return (Span(length_words(one.took)),)
    return (Span("open", "triggered"),) if one.incident.is_open else (Span("?", "dim"),)


def found_rows(found: Found) -> tuple[PastRow, ...]:
    """The texts that were found."""
    return tuple(
        PastRow(
            key=f"{hit.kind.value} {hit.ref}",
            at=hit.at,
            what=(Span(*_KINDS[hit.kind]),),
            name=(Span(hit.title),),
            text=snippet_words(hit),
            incident_id=hit.incident_id,
            told=hit,
        )
        for hit in found.hits
    )


def snippet_words(hit: Hit) -> Words:
    """The text about the words, these standing out; where that is the title again, the service."""
    if "".join(text for text, _ in hit.snippet) == hit.title:
        return (Span(hit.service, "dim"),) if hit.service else BLANK
    return tuple(Span(text, "match" if is_word else "dim") for text, is_word in hit.snippet)


def full_lines(row: PastRow, board: Board, cells: int) -> list[Words]:
    """A row in full."""
    at = day_words(row.at, board.minute, board.zone).strip()
    if isinstance(row.told, Hit):
        hit = row.told
        about = [hit.service or "", hit.incident_id or hit.ref]
        lines = [
            *wrap_words((Span(hit.title, "strong"),), cells),
            *wrap_words((*row.what, Span(f" of {at}  {'  '.join(word for word in about if word)}", "dim")), cells),
        ]
        return [
            *lines,
            *wrap_words(tuple(Span(s.text, s.role if s.role == "match" else "text") for s in row.text), cells),
        ]
    return _earlier_lines(row.told, at, board.zone, cells)


def _earlier_lines(one: Earlier, at: str, zone: tzinfo, cells: int) -> list[Words]:
    incident = one.incident
    number = f"  #{incident.number}" if incident.number else ""
    severity = f"Sev{incident.severity}" if incident.severity else "Sev?"
    ended = f"resolved after {length_words(one.took)}" if one.took is not None else incident.state.value
    lines = wrap_words((Span(incident.title, "strong"), Span(f"  {incident.id}{number}", "dim")), cells)
    told = [f"{at}, {severity}, {ended}", *([f"with {', '.join(one.people)}"] if one.people else [])]
    told += [mark.value for mark in one.judgements]
    lines += wrap_words((Span(", ".join(told), "dim"),), cells)
    if one.root_cause:
        lines += wrap_words((Span("root cause: ", "label"), Span(one.root_cause)), cells, indent=2)
    if one.note is not None:
        by = f"last note by {one.note.author}: " if one.note.author else "last note: "
        for number_, line in enumerate(one.note.text.split("\n")):
            lines += wrap_words(
                (Span(by, "label"), Span(line)) if number_ == 0 else (Span(f"  {line}"),), cells, indent=2
            )
    return lines


def seen_lines(seen: SeenBefore | None, key: str, board: Board, cells: int) -> list[Words]:
    """The earlier times of an incident's kind, in its facts. ``key``: what shows them all."""
    if seen is None:
        return []
    told = summary(seen, board.minute, board.zone)
    words: list[Span] = [Span("seen before  ", "label"), Span(told, "text" if seen.count else "dim")]
    if seen.count:
        words += [Span("  "), Span(key, "key"), Span(" all of it", "dim")]
    return [*([BLANK] if seen.count else []), *wrap_words(tuple(words), cells, indent=2)]


def found_counts(found: Found) -> list[Words]:
    """What the list's title says of a search."""
    if not found.total:
        told: list[Words] = [(Span("nothing found", "stale"),)]
    else:
        shown = f", the first {len(found.hits)} shown" if len(found.hits) < found.total else ""
        told = [(Span(f"{found.total} found{shown}", "title"),)]
    if found.unread:
        told.append((Span(f"{found.unread:,} rows not read yet", "stale"),))
    if found.is_plain:
        told.append((Span("no FTS5 here: words as they stand", "stale"),))
    return told


def text_lines(text: str, cells: int) -> Sequence[Words]:
    """A whole text to read."""
    return [words for line in text.split("\n") for words in (wrap_words((Span(line),), cells) if line else [BLANK])]

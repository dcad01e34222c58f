"""The handover as Markdown, HTML and JSON."""

from __future__ import annotations

from datetime import UTC, timedelta, tzinfo
from importlib import resources
from typing import Any

import msgspec

from oncall_tui.clock import iso
from oncall_tui.documents import Format, Literal, filled, page
from oncall_tui.handover.document import Handover, HandoverIncident, stage
from oncall_tui.handover.items import HandoverItem
from oncall_tui.handover.since import SinceLast
from oncall_tui.model import Change, Incident, TimelineEntry


def default_template() -> str:
    """The built-in Markdown template."""
    return resources.files("oncall_tui.handover").joinpath("handover.md.j2").read_text("utf-8")


def to_markdown(handover: Handover, zone: tzinfo = UTC, template: str | None = None) -> str:
    """The document as Markdown: the seat's own text where it was rewritten, else from the template.

    Raises:
        jinja2.TemplateError: a team's own template is wrong.
    """
    if handover.edits.text is not None:
        return handover.edits.text.rstrip("\n") + "\n"
    return filled(
        template if template is not None else default_template(),
        zone,
        handover.end,
        h=handover,
        stage=stage,
        day=lambda moment: Literal(f"{moment.astimezone(zone):%Y-%m-%d}"),
    )


def to_html(handover: Handover, zone: tzinfo = UTC, template: str | None = None) -> str:
    """The Markdown document as one HTML page that loads nothing and runs nothing."""
    title = f"Handover {handover.user} {handover.end.astimezone(zone):%Y-%m-%d %H:%M}"
    return page(title, to_markdown(handover, zone, template))


def to_text(handover: Handover, kind: Format, zone: tzinfo = UTC) -> str:
    """The document in one of its forms, as it is written to a file."""
    match kind:
        case "json":
            return msgspec.json.format(msgspec.json.encode(to_json(handover))).decode() + "\n"
        case "html":
            return to_html(handover, zone)
    return to_markdown(handover, zone)


def to_json(handover: Handover) -> dict[str, Any]:
    """The document of the contract ("``handover --format json``")."""
    return {
        "version": 1,
        "shift": {
            "user": handover.user,
            "start": iso(handover.start),
            "end": iso(handover.end),
            "on_call": handover.on_call,
        },
        "written_at": iso(handover.written_at),
        "counts": dict(handover.counts),
        "incidents": [_incident(one) for one in handover.incidents],
        "open": [_incident(one) for one in handover.open],
        "action_items": [_item(one) for one in handover.action_items],
        "trends": [
            {
                "name": one.name,
                "service": one.service,
                "count": one.count,
                "before": one.before,
                "last_at": iso(one.last_at),
            }
            for one in handover.trends
        ],
        "silences": [
            {
                "id": one.id,
                "matchers": list(one.matchers),
                "created_by": one.created_by,
                "comment": one.comment,
                "starts_at": iso(one.starts_at),
                "ends_at": iso(one.ends_at),
                "state": one.state,
            }
            for one in handover.silences
        ],
        "forgotten": [{**_incident(one), "silent_since": iso(one.last_touched)} for one in handover.forgotten],
        "changes": [_change(one, handover) for one in handover.changes],
        "unsent": [
            {
                "key": row.key,
                "verb": row.verb.value,
                "target": row.target,
                "state": row.state.value,
                "answer": row.answer,
            }
            for row in handover.unsent
        ],
        "noise": [
            {
                "kind": one.kind.value,
                "at": iso(one.at),
                "by": one.by,
                "title": one.title,
                "service": one.service,
                "why": one.why,
                "incident": one.incident_id,
            }
            for one in handover.noise
        ],
        "postmortems_due": [
            {
                "incident": one.incident.id,
                "title": one.incident.title,
                "severity": one.incident.severity,
                "due": iso(one.due),
                "overdue": one.is_overdue,
                "rule": one.rule,
            }
            for one in handover.postmortems
        ],
        "since_last": _since(handover.since_last) if handover.since_last is not None else None,
        "notes": list(handover.notes),
        "edited_markdown": handover.edits.text,
        "sources": [
            {
                "name": state.name,
                "kind": state.kind,
                "ok": state.error is None and state.last_success is not None,
                "fetched_at": iso(state.last_success) if state.last_success else None,
                "error": state.error,
            }
            for state in handover.sources
        ],
    }


def _since(since: SinceLast) -> dict[str, Any]:
    return {
        "user": since.user,
        "start": iso(since.start),
        "end": iso(since.end),
        "accepted_at": iso(since.accepted_at) if since.accepted_at is not None else None,
        "accepted_by": since.accepted_by,
        "was_open": [
            {
                "id": one.was.id,
                "title": one.was.title,
                "was": one.was.state,
                "now": one.now.state.value if one.now is not None else None,
            }
            for one in since.became
        ],
        "new_open": [one.id for one in since.new_open],
        "items_done": [one.text for one in since.items_done],
        "items_left": [one.text for one in since.items_left],
        "silences_new": [one.id for one in since.silences_new],
        "silences_gone": since.silences_gone,
    }


def _item(one: HandoverItem) -> dict[str, Any]:
    return {
        "text": one.text,
        "ticket": one.ticket,
        "owner": one.owner,
        "due": one.due.isoformat() if one.due else None,
        "overdue": one.is_overdue,
        "state": one.state,
        "incident": one.incident_id,
        "source": one.source,
        "url": one.url,
    }


def _change(one: Change, handover: Handover) -> dict[str, Any]:
    return {
        "id": one.id,
        "source": one.source,
        "title": one.title,
        "kind": one.kind.value,
        "stage": stage(one, handover.written_at),
        "service": one.service,
        "at": iso(one.at),
        "until": iso(one.until) if one.until is not None else None,
        "author": one.author,
        "url": one.url,
    }


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def _incident(one: HandoverIncident) -> dict[str, Any]:
    incident: Incident = one.incident
    return {
        "id": incident.id,
        "number": incident.number,
        "title": incident.title,
        "state": incident.state.value,
        "severity": incident.severity,
        "service": incident.service.name if incident.service else None,
        "created_at": iso(incident.created_at),
        "acknowledged_after_s": _seconds(one.acknowledged_after),
        "resolved_at": iso(incident.resolved_at) if incident.resolved_at else None,
        "resolved_after_s": _seconds(one.resolved_after),
        "assignees": [person.name for person in incident.assignees],
        "last_note": one.last_note.text if one.last_note else None,
        "notes": [_note(entry) for entry in one.notes],
        "url": incident.url,
    }


def _note(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "at": iso(entry.at),
        "author": entry.author,
        "kind": entry.note_kind.value if entry.note_kind else None,
        "text": entry.text,
    }

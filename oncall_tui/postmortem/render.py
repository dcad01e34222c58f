"""The post-mortem as Markdown, in the seed's template or the team's own; as HTML and JSON; as a channel's message."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import resources
from typing import Any

import msgspec

from oncall_tui.clock import iso
from oncall_tui.documents import Format, Literal, escape_markdown, filled, page
from oncall_tui.postmortem.document import Moment, PostMortem
from oncall_tui.postmortem.items import StandingItem


def default_template() -> str:
    """The built-in Markdown template."""
    return resources.files("oncall_tui.postmortem").joinpath("postmortem.md.j2").read_text("utf-8")


def to_markdown(document: PostMortem, zone: tzinfo = UTC, template: str | None = None) -> str:
    """The draft as Markdown. Times of day are in ``zone``.

    Raises:
        jinja2.TemplateError: a team's own template is wrong.
    """
    end = document.life.resolved or document.written_at
    first_day = document.life.triggered.astimezone(zone).date()

    def clock(moment: datetime) -> Literal:
        local = moment.astimezone(zone)
        return Literal(f"{local:%H:%M}" if local.date() == first_day else f"{local:%Y-%m-%d %H:%M}")

    return filled(
        template if template is not None else default_template(),
        zone,
        end,
        p=document,
        clock=clock,
        day=lambda moment: Literal(f"{moment.astimezone(zone):%Y-%m-%d}"),
        spoken=lambda length: Literal(spoken(length)),
        aside=lambda moment: Literal(_aside(moment)),
    )


def spoken(length: timedelta | None) -> str:
    """A length as it is said: ``2 hours 15 minutes``; ``not known`` where there is none."""
    if length is None:
        return "not known"
    minutes = int(length.total_seconds() // 60)
    if minutes <= 0:
        return "under a minute" if length else "at once"
    parts = ((minutes // 1440, "day"), (minutes % 1440 // 60, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number)


def _aside(moment: Moment) -> str:
    """Who says so, as what, and whether the pager has it: behind the text, in brackets."""
    told = [moment.note_kind.value] if moment.note_kind is not None else []
    told += [escape_markdown(moment.author)] if moment.author and moment.author not in moment.text else []
    told += [f"{moment.times} times"] if moment.times > 1 else []
    told += [f"note not in the pager: {moment.state.value}"] if moment.state is not None else []
    return f" ({', '.join(told)})" if told else ""


def heading(document: PostMortem) -> str:
    """What a file or message is called: ``Post-mortem INC-2024-001: Payment failures``."""
    incident = document.incident
    return f"Post-mortem {incident.number or incident.native_id}: {incident.title}"


def to_text(document: PostMortem, text: str, kind: Format, *, is_edited: bool) -> str:
    """The document in one of its forms, as it is written to a file.

    Args:
        text: the Markdown: the draft's, or as a person rewrote it (``is_edited``).
    """
    match kind:
        case "json":
            return (
                msgspec.json.format(msgspec.json.encode(to_json(document, text if is_edited else None))).decode() + "\n"
            )
        case "html":
            return page(heading(document), text)
    return text.rstrip("\n") + "\n"


def message_of(document: PostMortem, text: str, *, html: bool) -> dict[str, Any]:
    """Text (Markdown), subject and, where the channel shows it (``html``), the page, as the params of a message."""
    subject = heading(document)
    return {"text": text, "subject": subject, "html": page(subject, text) if html else None}


def target_of(incident_id: str) -> str:
    """What such a message is about: not the incident itself, whose stakeholders are not told by it."""
    return f"local:post-mortem-{incident_id}"


def to_json(document: PostMortem, edited: str | None) -> dict[str, Any]:
    """The document for other tools. Times are ISO 8601 in UTC, lengths in seconds; ``null``: not known."""
    incident, its_life = document.incident, document.life
    return {
        "version": 1,
        "incident": {
            "id": incident.id,
            "number": incident.number,
            "title": incident.title,
            "state": incident.state.value,
            "severity": incident.severity,
            "url": incident.url,
        },
        "written_at": iso(document.written_at),
        "read_at": _iso(document.read_at),
        "affected": list(document.affected),
        "people": list(document.people),
        "began_at": _iso(its_life.began),
        "triggered_at": iso(its_life.triggered),
        "acknowledged_at": _iso(its_life.acknowledged),
        "mitigated_at": _iso(its_life.mitigated),
        "resolved_at": _iso(its_life.resolved),
        "durations_s": {
            "total": int(document.duration.total_seconds()),
            "detect": _seconds(its_life.detect),
            "acknowledge": _seconds(its_life.acknowledge),
            "respond": _seconds(its_life.respond),
            "mitigate": _seconds(its_life.mitigate),
            "resolve": _seconds(its_life.resolve),
        },
        "phases": [{"phase": one.phase.value, "at": iso(one.at), "marked": one.marked} for one in its_life.phases],
        "timeline": [
            {
                "at": iso(one.at),
                "kind": one.kind.value,
                "note_kind": one.note_kind.value if one.note_kind else None,
                "author": one.author,
                "text": one.text,
                "times": one.times,
                "unconfirmed": one.state.value if one.state else None,
            }
            for one in document.timeline
        ],
        "root_causes": list(document.root_causes),
        "findings": [one.text for one in document.conclusions.findings],
        "hypotheses": [
            {"text": one.text, "verdict": one.verdict.value.replace(" ", "_"), "reason": one.reason or None}
            for one in document.conclusions.hypotheses
        ],
        "impact": list(document.impact),
        "lessons": list(document.lessons),
        "action_items": [_item(one) for one in document.standing],
        "required": document.write_up.required,
        "due": _iso(document.write_up.due),
        "rule": document.write_up.rule,
        "overdue": document.is_overdue,
        "done": document.written is not None,
        "done_where": document.written.text if document.written is not None else None,
        "edited_markdown": edited,
    }


def _item(one: StandingItem) -> dict[str, Any]:
    return {
        "text": one.noted.task,
        "owner": one.owner,
        "due": one.due.isoformat() if one.due else None,
        "overdue": one.is_overdue,
        "done": one.done,
        "ticket": one.ticket_key,
        "state": one.state,
        "url": one.ticket.url if one.ticket is not None else None,
    }


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment is not None else None


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def default_name(document: PostMortem, zone: tzinfo = UTC, kind: Format = "md") -> str:
    """``post-mortem-2024-01-15-INC-2024-001.md``: a name that is safe in every folder."""
    which = document.incident.number or document.incident.native_id
    safe = re.sub(r"[^A-Za-z0-9]+", "-", which).strip("-")[:60] or "incident"
    return f"post-mortem-{document.life.triggered.astimezone(zone):%Y-%m-%d}-{safe}.{kind}"

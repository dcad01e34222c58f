"""The handover as Markdown, HTML and JSON.

Outside text can make no heading, image, link or HTML: in Markdown its special characters are escaped, the HTML is
made from that Markdown with raw HTML, images and links switched off, and a value of its own page.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from oncall_tui.clock import iso
from oncall_tui.handover.document import Handover, HandoverIncident
from oncall_tui.handover.export import Format
from oncall_tui.model import Incident, TimelineEntry
from oncall_tui.text import paint_safe

if TYPE_CHECKING:
    from jinja2 import Template

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_LINE_START = re.compile(r"^(\d{0,9})([-+.)])(?=\s|$)")
_BARE_LINK = re.compile(r"(?i)\b(https?|ftp|mailto)(:)|\bwww(\.)")


def escape_markdown(text: object) -> str:
    """Outside text as literal inline Markdown: one line, no markup, no link that a viewer would make by itself."""
    line = re.sub(r"\s+", " ", paint_safe(str(text).replace("\n", " "))).strip()
    line = _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))
    return _BARE_LINK.sub(lambda match: match[0].replace(":", "\\:").replace(".", "\\."), line)


def length_words(length: timedelta | None) -> str:
    """A length of time for people: ``4 min``, ``2 h 15 min``, ``3 d 4 h``; ``-`` where there is none."""
    if length is None:
        return "-"
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


@lru_cache(maxsize=4)
def _template(source: str) -> Template:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.finalize = _finalize
    environment.filters.update(length=length_words, md=escape_markdown)
    return environment.from_string(source)


class _Literal(str):
    """Text of the template's own making, not to be escaped again."""

    __slots__ = ()


def _finalize(value: Any) -> Any:
    # Every value that a template prints is escaped, whatever the template's author forgot.
    return value if isinstance(value, _Literal | int | float) else escape_markdown("" if value is None else value)


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

    def clock_time(moment: datetime | None) -> _Literal:
        return _Literal("-" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M"))

    def zone_name() -> _Literal:
        return _Literal(escape_markdown(handover.end.astimezone(zone).tzname() or "UTC"))

    compiled = _template(template if template is not None else default_template())
    text = compiled.render(
        h=handover,
        time=clock_time,
        zone=zone_name(),
        severity=lambda incident: _Literal(f"Sev{incident.severity}" if incident.severity else "Sev?"),
        length=lambda value: _Literal(length_words(value)),
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #1c2128; }}
h1 {{ font-size: 1.5rem; border-bottom: 2px solid #d0d7de; padding-bottom: .3rem; }}
h2 {{ font-size: 1.15rem; margin-top: 1.8rem; }}
table {{ border-collapse: collapse; }} th, td {{ border: 1px solid #d0d7de; padding: .25rem .6rem; text-align: left; }}
code {{ background: #f3f4f6; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #0d1117; color: #e6edf3; }}
  code {{ background: #21262d; }}
}}
</style>
</head>
<body>
{body}</body>
</html>
"""


def to_html(handover: Handover, zone: tzinfo = UTC, template: str | None = None) -> str:
    """The Markdown document as one HTML page that loads nothing and runs nothing."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
    parser.disable(["image", "link", "autolink", "html_inline", "html_block", "reference"])
    title = f"Handover {handover.user} {handover.end.astimezone(zone):%Y-%m-%d %H:%M}"
    return _PAGE.format(title=html.escape(title), body=parser.render(to_markdown(handover, zone, template)))


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
        "action_items": [
            {"text": one.text, "ticket": one.ticket, "owner": one.owner, "incident": one.incident_id}
            for one in handover.action_items
        ],
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
                "ends_at": iso(one.ends_at),
            }
            for one in handover.silences
        ],
        "forgotten": [_incident(one) for one in handover.forgotten],
        "changes": [],
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

"""A handover with the part that the next seat's program reads: at the end of a Markdown file or a message in a block of
code, in an HTML file as a comment; a JSON file is one already. Pure."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

from oncall_tui.documents import Format
from oncall_tui.handover.armor import armored
from oncall_tui.handover.document import Handover
from oncall_tui.handover.render import to_html, to_json, to_markdown, to_text

IN_FILES = 400_000
"""Characters that the part may have in a file …"""
IN_MESSAGES = 7_000
"""… and in a message: two of Slack's."""
_TOLD = "For the next seat's oncall-tui: `oncall-tui handover --accept FILE` reads what is between these lines."
_BODY_END = "</body>"


def exported(handover: Handover, kind: Format, zone: tzinfo = UTC) -> str:
    """The document as it is written to a file for somebody else."""
    part = carried(handover, IN_FILES)
    if kind == "json" or not part:
        return to_text(handover, kind, zone)
    if kind == "html":
        head, end, tail = to_html(handover, zone).rpartition(_BODY_END)
        return f"{head}<!--\n{part}\n-->\n{end}{tail}"
    return f"{to_markdown(handover, zone)}\n{_block(part)}\n"


def in_message(handover: Handover, zone: tzinfo, room: int) -> str:
    """The document as Markdown with the part, in at most ``room`` characters if that can be; the document itself is
    never cut for it."""
    text = to_markdown(handover, zone)
    part = carried(handover, min(IN_MESSAGES, room - len(text) - len(_block("")) - 1))
    return f"{text}\n{_block(part)}\n" if part else text


def carried(handover: Handover, room: int) -> str:
    """The part in at most ``room`` characters: all of it, or what the next seat needs most; ``""``: not even that."""
    document = to_json(handover)
    for left_out in ((), ("edited_markdown",), _LESS, _LEAST):
        part = armored(_without(document, left_out))
        if len(part) <= room:
            return part
    return ""


_LESS = ("edited_markdown", "sources", "unsent", "since_last", "trends", "changes")
_LEAST = (*_LESS, "incidents", "noise", "forgotten")


def _without(document: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    short = {name: value for name, value in document.items() if name not in names}
    # Notes are on the timelines; the last one says how it stands.
    for name in ("incidents", "open", "forgotten"):
        if name in short:
            short[name] = [{key: value for key, value in one.items() if key != "notes"} for one in short[name]]
    return short


def _block(part: str) -> str:
    return f"{_TOLD}\n\n```\n{part}\n```"

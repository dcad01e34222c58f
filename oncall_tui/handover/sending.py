"""The handover as a channel's message."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.handover.carrying import in_message
from oncall_tui.handover.document import Handover
from oncall_tui.handover.render import to_html
from oncall_tui.text import MAX_BODY


def target_of(handover: Handover) -> str:
    """What such a message is about: ``local:handover-2026-11-23T08:00:00Z``, the shift's start."""
    return f"local:handover-{iso(handover.start)}"


def message_of(handover: Handover, zone: tzinfo, *, html: bool) -> dict[str, Any]:
    """Text (Markdown, with the part that the next seat's program reads), subject and, where the channel shows it
    (``html``), the page, as the params of a message."""
    start, end = (at.astimezone(zone) for at in (handover.start, handover.end))
    return {
        "text": in_message(handover, zone, MAX_BODY),
        "subject": f"Handover {handover.user} {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}",
        "html": to_html(handover, zone) if html else None,
    }

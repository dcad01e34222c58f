"""What a seat adds to its handover by hand: how it is kept, and how a line comes into a text of their own. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from oncall_tui.clock import parse_instant
from oncall_tui.handover.document import HandoverEdits
from oncall_tui.handover.handed import MAX_TEXT
from oncall_tui.text import clean, clean_block

MAX_LINES = 200
"""Notes, and action items, that are kept of one shift."""
NOTES = "## Notes for the next seat"
ITEMS = "## Action items"


def edits_key(start: datetime, end: datetime, *, on_call: bool) -> str:
    """Under which name the edits of a shift are remembered. Off call the stretch moves with the clock, so its day
    names them."""
    return f"handover:{start:%Y-%m-%dT%H:%M}" if on_call else f"handover:off call {end:%Y-%m-%d}"


def key_of_stretch(keys: Iterable[str], start: datetime, end: datetime, length: timedelta) -> str | None:
    """Of these names that of the shift, ``length`` long at most, that covers most of ``start`` to ``end``."""
    covered: dict[str, timedelta] = {}
    for key in keys:
        begun = re.fullmatch(r"handover:(\d{4}-\d\d-\d\dT\d\d:\d\d)", key, re.ASCII)
        if begun is None:
            continue
        try:
            shift_start = parse_instant(begun[1])
        except ValueError:
            continue
        covered[key] = min(end, shift_start + length) - max(start, shift_start)
    best = max(covered, key=lambda key: (covered[key], key), default=None)
    return best if best is not None and covered[best] > timedelta() else None


def encode_edits(edits: HandoverEdits) -> str:
    """The edits as the text that is remembered."""
    return msgspec.json.encode(edits).decode()


def decode_edits(found: str | None) -> HandoverEdits:
    """The edits that are remembered; none where nothing is, or it cannot be read."""
    if not found:
        return HandoverEdits()
    try:
        return msgspec.json.decode(found, type=HandoverEdits)
    except msgspec.DecodeError:
        return HandoverEdits()


def with_note(edits: HandoverEdits, line: str) -> HandoverEdits:
    """One more line for the next seat."""
    line = clean(line)
    notes = (*edits.notes, line)[-MAX_LINES:]
    return replace(edits, notes=notes, text=_placed(edits.text, NOTES, f"- {line}"))


def with_item(edits: HandoverEdits, line: str) -> HandoverEdits:
    """One more action item."""
    line = clean(line)
    items = (*edits.items, line)[-MAX_LINES:]
    return replace(edits, items=items, text=_placed(edits.text, ITEMS, f"- [ ] {line}"))


def with_text(edits: HandoverEdits, text: str, at: datetime) -> HandoverEdits:
    """The whole document as the seat rewrote it."""
    return replace(edits, text=clean_block(text, MAX_TEXT), text_at=at)


def _placed(text: str | None, heading: str, line: str) -> str | None:
    """A rewritten text with ``line`` at the end of the section ``heading``, which is made where it is missing."""
    if text is None:
        return None
    lines = text.rstrip("\n").split("\n")
    try:
        start = next(number for number, one in enumerate(lines) if one.strip() == heading) + 1
    except StopIteration:
        return "\n".join([*lines, "", heading, "", line])
    end = next((number for number in range(start, len(lines)) if lines[number].startswith(("# ", "## "))), len(lines))
    section = [one for one in lines[start:end] if one.strip() and one.strip() != "None."]
    return "\n".join([*lines[:start], "", *section, line, *([""] if end < len(lines) else []), *lines[end:]])

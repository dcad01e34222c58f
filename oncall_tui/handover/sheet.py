"""One checklist of a shift as it stands, and as JSON. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from oncall_tui.clock import iso
from oncall_tui.handover.review import Review, to_json
from oncall_tui.policy.checklists import Checklist, Outcome, Standing
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One list for one shift."""

    checklist: Checklist
    subject: str
    """Under which its ticks are kept: the shift."""
    standing: tuple[Standing, ...]
    review: Review | None = None
    """The last days; of what is done before a shift."""

    @property
    def is_well(self) -> bool:
        """Every check finds it well, or a person has ticked it all the same; no command has failed. What is to be
        ticked by hand does not count."""
        return all(one.done for one in self.standing if one.finding is not None or one.failed)


def subject_words(subject: str, zone: tzinfo) -> str:
    """The shift, as a person reads it: ``shift from Mon 23 Nov 09:00``; its key holds UTC."""
    kind, _, moment = subject.partition(" ")
    try:
        begins = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    except ValueError:
        return subject
    return f"{kind} from {begins.astimezone(zone):%a %d %b %H:%M}" if kind == "shift" else subject


def sheet_json(sheet: Sheet) -> dict[str, Any]:
    """The list as one JSON document."""
    return {
        "version": 1,
        "checklist": sheet.checklist.name,
        "shift": sheet.subject,
        "well": sheet.is_well,
        "items": [_item(one) for one in sheet.standing],
        "review": to_json(sheet.review) if sheet.review is not None else None,
    }


def _item(one: Standing) -> dict[str, Any]:
    finding, tick = one.finding, one.tick
    return {
        "id": one.item.id,
        "text": one.item.text,
        "done": one.done,
        "check": one.item.check or None,
        "found": _word(finding.outcome) if finding is not None else None,
        "words": finding.words if finding is not None else None,
        "command": one.item.command or None,
        "ticked_at": iso(tick.at) if tick is not None else None,
        "ticked_by": tick.by if tick is not None else None,
    }


def _word(outcome: Outcome) -> str:
    return outcome.value.replace(" ", "_")

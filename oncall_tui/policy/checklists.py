"""Checklists: what is done before a shift, to resolve an incident, after a shift; what of it is done, and who says so.
Pure: what a check found and what was ticked are arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from oncall_tui.records import dataclass

BEFORE_SHIFT, RESOLUTION, AFTER_SHIFT = "before-shift", "resolution", "after-shift"
"""The names of the lists that the seed has (SRO-001, "On-Call Process" and "Resolution")."""

CHECKS: dict[str, str] = {
    "watch": "after the fix, health checks and alerts of the service stay well for the time of the watch",
    "recovered": "health checks and alerts of the service are well now",
    "told": "everybody whom the policy names was told since it is over",
    "sources": "every source is reachable and authorised, and knows who the seat is",
    "clock": "this machine's clock and those of the systems agree within a minute",
    "hosts": "every host that is probed is well",
    "channels": "every channel is reachable and authorised",
    "on-call": "the schedule says that the seat is on call now, or within a day",
    "escalation": "somebody holds every level of the seat's teams",
    "handover": "the handover before this shift is accepted by this seat",
    "handed-over": "this shift's handover was exported or sent, as it stands",
    "items": "every action item has an owner or a ticket",
    "notes": "a note for the next seat is written",
    "forgotten": "nothing that is acknowledged is silent for hours",
    "sent": "no action waits, was refused, or has an outcome that is not known",
}
"""What a program can look after by itself, by the word that a config uses for it, with what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a checklist. With neither ``command`` nor ``check`` it is done and ticked by hand."""

    id: str
    """Stable: ticks are kept under it."""
    text: str
    command: str = ""
    """The name of one of the config's commands, which may be run for it; nothing runs by itself."""
    check: str = ""
    """A word of :data:`CHECKS`: a program looks after it."""

    @property
    def by_hand(self) -> bool:
        """Only a person can say that it is done."""
        return not self.command and not self.check


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A list by its name, in its order."""

    name: str
    title: str
    items: tuple[Item, ...]

    def item(self, word: str) -> Item | None:
        """The item that a person means: its id, its number from 1, or the beginning of an id that only one has."""
        if word.isascii() and word.isdigit() and 1 <= int(word[:4]) <= len(self.items):
            return self.items[int(word[:4]) - 1]
        exact = [one for one in self.items if one.id == word.casefold()]
        found = exact or [one for one in self.items if word and one.id.startswith(word.casefold())]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What was said of an item last: ticked by hand, or how its command ended. Kept by the store."""

    item: str
    """The item's id."""
    at: datetime
    by: str
    """The seat's user."""
    done: bool = True
    """``False``: its command failed."""
    said: str = ""
    """How the command ended, in one clean line; empty for a tick by hand."""


class Outcome(StrEnum):
    """What a check found."""

    OK = "ok"
    NOT_YET = "not yet"
    UNKNOWN = "unknown"
    """It cannot be told: nothing is configured that tells, or what does is not heard of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check finds now, in words for a person."""

    outcome: Outcome
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An item and how it stands."""

    item: Item
    tick: Tick | None = None
    finding: Finding | None = None

    @property
    def done(self) -> bool:
        """Ticked, or its check finds it well: a person's tick counts also against a check."""
        if self.tick is not None and self.tick.done:
            return True
        return self.finding is not None and self.finding.outcome is Outcome.OK

    @property
    def failed(self) -> bool:
        """Its command has failed, and nobody has said that it is done all the same."""
        return not self.done and self.tick is not None


def standings(
    checklist: Checklist, ticks: Iterable[Tick], findings: Mapping[str, Finding] | None = None
) -> tuple[Standing, ...]:
    """Every item in its order with its tick and what its check finds (``findings``: by the item's id)."""
    ticked = {one.item: one for one in ticks}
    found = findings or {}
    return tuple(Standing(item=one, tick=ticked.get(one.id), finding=found.get(one.id)) for one in checklist.items)


def is_complete(standing: Iterable[Standing]) -> bool:
    """Whether everything is done. A list without an item is."""
    return all(one.done for one in standing)


def note_text(checklist: Checklist, standing: Iterable[Standing]) -> str:
    """The list as one note on a timeline: each item with how it stands and who says so."""
    lines = [f"{checklist.title}:"]
    for one in standing:
        lines.append(f"- [{'x' if one.done else ' '}] {one.item.text}{_aside(one)}")
    return "\n".join(lines)


def _aside(standing: Standing) -> str:
    words = []
    if standing.tick is not None:
        words.append(standing.tick.by)
        if standing.tick.said:
            words.append(standing.tick.said)
    if standing.finding is not None and standing.finding.words:
        words.append(standing.finding.words)
    return f" ({'; '.join(words)})" if words else ""


_NO_LETTER = re.compile(r"[^a-z0-9]+")


def item_id(text: str) -> str:
    """The id of an item that its config gives none: ``Test the fix!`` is ``test-the-fix``."""
    return _NO_LETTER.sub("-", text.casefold())[:40].strip("-") or "item"


RESOLUTION_LIST = Checklist(
    name=RESOLUTION,
    title="Resolution",
    items=(
        Item(id="test-fix", text="Test the fix in staging"),
        Item(id="deploy", text="Deploy the fix to production"),
        Item(id="watch", text="Watch for {watch} after the fix", check="watch"),
        Item(id="verify", text="Verify that it has recovered", check="recovered"),
        Item(id="tell", text="Tell stakeholders that it is resolved", check="told"),
    ),
)
"""The seed's (SRO-001, "Resolution"). ``{watch}`` is the policy's length of the watch."""

BEFORE_LIST = Checklist(
    name=BEFORE_SHIFT,
    title="Before the shift",
    items=(
        Item(id="environment", text="Laptop, internet and phone work"),
        Item(id="vpn", text="The VPN is up: hosts behind it answer", check="hosts"),
        Item(id="monitoring", text="Monitoring and pagers can be reached", check="sources"),
        Item(id="clock", text="The clock is right", check="clock"),
        Item(id="schedule", text="The schedule says that it is your turn", check="on-call"),
        Item(id="review", text="The last 7 days are reviewed: alerts, what is unresolved, what is trending"),
        Item(id="handover", text="The handover before is read and accepted", check="handover"),
        Item(id="items", text="Its action items are gone through"),
        Item(id="runbooks", text="Runbooks of the week are read again"),
        Item(id="pager", text="The pager rings: a test page came through on your phone"),
        Item(id="chat", text="Chat and mail work", check="channels"),
        Item(id="escalation", text="The escalation path is held on every level", check="escalation"),
    ),
)
AFTER_LIST = Checklist(
    name=AFTER_SHIFT,
    title="After the shift",
    items=(
        Item(id="incidents", text="The incidents of the shift are gone through, severities are right"),
        Item(id="forgotten", text="Nothing that is acknowledged is forgotten", check="forgotten"),
        Item(id="items", text="Action items have an owner or a ticket", check="items"),
        Item(id="notes", text="Notes for the next on-call are written", check="notes"),
        Item(id="outbox", text="Every action has ended well", check="sent"),
        Item(id="handed-over", text="The handover is exported or sent", check="handed-over"),
        Item(id="talked", text="The next seat has been talked to, and has accepted"),
    ),
)
"""The seed's (SRO-001, "On-Call Process"), with what a program can look after looked after by it."""

BUILT_IN: dict[str, Checklist] = {BEFORE_SHIFT: BEFORE_LIST, RESOLUTION: RESOLUTION_LIST, AFTER_SHIFT: AFTER_LIST}
"""The lists that there are without a config, by name."""

"""What a page was worth: real, noise, a duplicate, or an alert to be mended (W11). Pure.

Of an incident it is said by a note with that mark, which everybody reads in the pager. A group of alerts that belongs
to no incident has no timeline: what is said of it is a :class:`Judgement`, kept by the seat for handover and metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from oncall_tui.model import TimelineEntry
from oncall_tui.policy.marks import JUDGEMENTS, Mark, MarkKind, marks
from oncall_tui.records import dataclass

MEANS = {
    MarkKind.REAL: "something was wrong",
    MarkKind.NOISE: "nothing was wrong: a false positive",
    MarkKind.DUPLICATE: "the same trouble is paged elsewhere",
    MarkKind.FIX_ALERT: "it is right to page, and does it wrongly: threshold, text, receiver",
}
"""The judgements in the order in which they are offered, each with what it says."""
WORDS = {"real": MarkKind.REAL, "noise": MarkKind.NOISE, "duplicate": MarkKind.DUPLICATE, "fix": MarkKind.FIX_ALERT}
"""The command line's word for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a seat said of a group of alerts that belongs to no incident."""

    kind: MarkKind
    """One of :data:`~oncall_tui.policy.marks.JUDGEMENTS`."""
    at: datetime
    seat: str
    group: str
    """The key of its row on the board: ``SOURCE|GROUP``."""
    source: str
    name: str
    service: str | None = None
    why: str = ""


def note_of(kind: MarkKind, why: str = "") -> str:
    """The note that says it: ``noise: the probe's own network``."""
    why = " ".join(why.split())
    return f"{kind.value}: {why}" if why else kind.value


def judgement_of(timeline: Iterable[TimelineEntry]) -> Mark | None:
    """What was last said of an incident; ``None``: nobody has judged it."""
    found = [mark for mark in marks(timeline) if mark.kind in JUDGEMENTS]
    return max(found, key=lambda mark: mark.at, default=None)


def latest(judgements: Sequence[Judgement], since: datetime) -> Judgement | None:
    """What was last said of a group since it began to fire; an earlier bout is another matter."""
    return max((one for one in judgements if one.at >= since), key=lambda one: one.at, default=None)

"""What an action asks for, in terms of either system; what neither can do is refused before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oncall_tui.model import OutboxRow, Severity
from oncall_tui.sources.base import Refused, SourceError, Unsupported
from oncall_tui.sources.declaring import dedup_key
from oncall_tui.sources.genie.api import Responder
from oncall_tui.sources.genie.options import priority_for
from oncall_tui.sources.genie.roster import Roster

MAX_MESSAGE = 130
MAX_DESCRIPTION = 15_000
SOURCE = "oncall-tui"
"""What either system shows as the source of what is done from here."""


def step_of(level: int | None, roster: Roster, responders: Sequence[Responder]) -> Responder:
    """Whom that level of the alert's escalation pages.

    Raises:
        Unsupported: the alert was given to no escalation that is known, or it has no such level.
    """
    if level is None:
        raise Unsupported("escalate to what? a level, a person or an escalation")
    escalation = next((one.id for one in responders if one.kind == "escalation"), None)
    policy = roster.policy(escalation) if escalation is not None else None
    if policy is None:
        raise Unsupported("it was given to no escalation whose levels are known: choose a person or an escalation")
    if not 1 <= level <= len(policy.steps):
        raise Unsupported(f"{policy.name} has no level {level}")
    step = policy.steps[level - 1]
    return Responder(kind=step.kind, id=step.id)


def only_one(people: Sequence[str]) -> str:
    """The one person that an alert is given to. Raises Unsupported."""
    if len(people) != 1:
        raise Unsupported("an alert has one owner: choose one person")
    return people[0]


def partly(error: SourceError, names: Sequence[str], done: int) -> SourceError:
    """Why the one after the first ``done`` of these people was not asked, where others were: what was done stays."""
    if not done:
        return error
    if isinstance(error, Refused):
        words = f"asked: {', '.join(names[:done])}; not asked: {', '.join(names[done:])}: {error}"
        return Refused(words, status=error.status, code=error.code)
    error.maybe_applied = True
    return error


def message(title: str) -> str:
    """A title that fits. Raises Refused."""
    if len(title) > MAX_MESSAGE:
        raise Refused(f"a title has at most {MAX_MESSAGE} characters there, this one has {len(title)}")
    return title


def page(params: Mapping[str, Any], words: Mapping[str, Severity]) -> dict[str, Any]:
    """What both systems take of a new page; a title that is too long goes on in the description. Raises Refused."""
    title, text = str(params["title"]), str(params.get("text") or "")
    if len(title) > MAX_MESSAGE:
        title, text = f"{title[: MAX_MESSAGE - 1]}…", f"{title}\n\n{text}".strip()
    asked: dict[str, Any] = {"message": title, "priority": priority(params["severity"], words), "source": SOURCE}
    if text:
        asked["description"] = text[:MAX_DESCRIPTION]
    if params.get("policy"):
        asked["responders"] = [{"type": "escalation", "id": params["policy"]}]
    return asked


def stand_in(row: OutboxRow, who: str) -> dict[str, Any]:
    """What both systems take of an override, under an alias of ours: the same one is never made twice.

    Args:
        who: what the system calls whoever stands in: ``user``, ``responder``.
    """
    return {
        "alias": dedup_key(row),
        who: {"type": "user", "id": row.params["person"]},
        "startDate": row.params["start"],
        "endDate": row.params["end"],
    }


def priority(severity: Severity, words: Mapping[str, Severity]) -> str:
    """The priority that stands for a severity. Raises Refused."""
    found = priority_for(severity, words)
    if found is None:
        raise Refused(f"no priority stands for Sev{severity}: see severity: in the config")
    return found

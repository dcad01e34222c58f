"""What is said about an incident, as the seed document words it (SRO-001, "initial_communication" and "Status Page
Template"): plain text out of templates, filled in from its timeline, for a person to edit before it leaves."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from oncall_tui.documents.markdown import length_words
from oncall_tui.model import Incident
from oncall_tui.policy import SeverityPolicy
from oncall_tui.policy.communication import PROMISED
from oncall_tui.policy.publication import INVESTIGATING, RESOLVED, Story, Wanted

if TYPE_CHECKING:
    from jinja2 import Template

_EXPERIENCING = "experiencing "
"""What stands behind it in an impact is what people complain of: "Some users experiencing slow payments"."""


def initial_message(incident: Incident, policy: SeverityPolicy, zone: tzinfo, *, room: str = "") -> str:
    """The first message to stakeholders. ``room``: the incident's chat room, ``#inc-1234``, where there is one."""
    return _filled("initial_communication.txt.j2", incident=_facts(incident, zone, room))


def initial_publication(incident: Incident, policy: SeverityPolicy, zone: tzinfo) -> str:
    """The first words on a status page."""
    begun = Wanted(status=INVESTIGATING, since=incident.created_at, why="")
    return publication(incident, policy, zone, Story(wanted=begun))


def publication(
    incident: Incident,
    policy: SeverityPolicy,
    zone: tzinfo,
    story: Story,
    *,
    promised: timedelta = PROMISED,
    now: datetime | None = None,
) -> str:
    """The words on a status page in the incident's present phase: investigating, identified, monitoring, resolved.

    Args:
        promised: how often news is promised; of a severity whose stakeholders have no clock, none is.
        now: with it, the day of the start is left out where it is today's.
    """
    rule = policy.rule(incident.severity)
    symptom = story.impact.partition(_EXPERIENCING)[2].rstrip(".")
    return _filled(
        "status_page.txt.j2",
        story=story,
        started=_started(incident, zone, now),
        service=_service(incident),
        symptom=symptom,
        recovered=_sentence(story.recovered or f"{_service(incident)} is back to normal"),
        duration=long_words(story.duration),
        next_steps=_next_steps(story, policy, incident),
        promised=long_words(promised) if rule.update is not None and story.status == INVESTIGATING else "",
    )


def update(incident: Incident, policy: SeverityPolicy, zone: tzinfo, story: Story, *, detailed: bool = True) -> str:
    """A message to those who know of it already. ``detailed``: also why, and what is done against it."""
    return _filled(
        "update.txt.j2",
        incident=_facts(incident, zone, ""),
        story=story,
        detailed=detailed,
        duration=long_words(story.duration),
        next_steps=_next_steps(story, policy, incident),
    )


def _next_steps(story: Story, policy: SeverityPolicy, incident: Incident) -> str:
    days = policy.rule(incident.severity).postmortem_days
    if story.next_steps or story.status != RESOLVED or days is None:
        return story.next_steps
    return f"Post-incident review within {days} business day{'' if days == 1 else 's'}"


def _facts(incident: Incident, zone: tzinfo, room: str) -> dict[str, object]:
    return {
        "id": f"#{incident.number}" if incident.number else incident.native_id,
        "severity": f"Sev{incident.severity}" if incident.severity else "severity not known yet",
        "title": incident.title,
        "started_at": incident.created_at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z"),
        "affected_services": incident.service.name if incident.service is not None else "a service not known yet",
        "commander": _commander(incident),
        "slack_channel": room,
        "url": incident.url,
    }


def _service(incident: Incident) -> str:
    return incident.service.name if incident.service is not None else "a service not known yet"


def _started(incident: Incident, zone: tzinfo, now: datetime | None) -> str:
    local = incident.created_at.astimezone(zone)
    is_today = now is not None and now.astimezone(zone).date() == local.date()
    return local.strftime("%H:%M %Z" if is_today else "%Y-%m-%d %H:%M %Z")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def long_words(length: timedelta | None) -> str:
    """A length of time as a status page words it: ``2 hours 15 minutes``, ``30 minutes``; ``-`` where there is none."""
    if length is None:
        return length_words(None)
    minutes = max(0, int(length.total_seconds() // 60))
    parts = [(minutes // 1440, "day"), (minutes % 1440 // 60, "hour"), (minutes % 60, "minute")]
    told = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count]
    return " ".join(told) or "0 minutes"


def _commander(incident: Incident) -> str:
    people = incident.acknowledged_by or incident.assignees
    return ", ".join(person.name for person in people) or "not assigned yet"


def _filled(name: str, **facts: object) -> str:
    return _template(name).render(**facts).strip("\n")


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    source: Any = resources.files("oncall_tui.documents").joinpath(name).read_text("utf-8")
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    return environment.from_string(source)

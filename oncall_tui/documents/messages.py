"""First words about an incident, as the seed document has them (SRO-001, "initial_communication" and "Status Page
Template"): plain text out of templates, for a person to edit before it is sent."""

from __future__ import annotations

from datetime import tzinfo
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from oncall_tui.documents.markdown import length_words
from oncall_tui.model import Incident
from oncall_tui.policy import SeverityPolicy

if TYPE_CHECKING:
    from jinja2 import Template


def initial_message(incident: Incident, policy: SeverityPolicy, zone: tzinfo, *, room: str = "") -> str:
    """The first message to stakeholders. ``room``: the incident's chat room, ``#inc-1234``, where there is one."""
    return _filled("initial_communication.txt.j2", incident, policy, zone, room)


def initial_publication(incident: Incident, policy: SeverityPolicy, zone: tzinfo) -> str:
    """The first words on a status page."""
    return _filled("status_page.txt.j2", incident, policy, zone, "")


def _filled(name: str, incident: Incident, policy: SeverityPolicy, zone: tzinfo, room: str) -> str:
    every = policy.rule(incident.severity).update
    text = _template(name).render(
        incident={
            "id": f"#{incident.number}" if incident.number else incident.native_id,
            "severity": f"Sev{incident.severity}" if incident.severity else "severity not known yet",
            "title": incident.title,
            "started_at": incident.created_at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z"),
            "affected_services": incident.service.name if incident.service is not None else "a service not known yet",
            "commander": _commander(incident),
            "slack_channel": room,
            "url": incident.url,
        },
        update_every=length_words(every) if every is not None else "",
    )
    return text.strip("\n")


def _commander(incident: Incident) -> str:
    people = incident.acknowledged_by or incident.assignees
    return ", ".join(person.name for person in people) or "not assigned yet"


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    source: Any = resources.files("oncall_tui.documents").joinpath(name).read_text("utf-8")
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    return environment.from_string(source)

"""Who owes what on call, and how fast (S2). The default is the seed's structure (SRO-001, "Team Structure"); any part
of it can be replaced, and roles added, in the config. Pure."""

from __future__ import annotations

from datetime import timedelta

from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role: what whoever has it owes, and where it is told who has it."""

    id: str
    title: str
    owes: tuple[str, ...] = ()
    """The responsibilities."""
    respond: timedelta | None = None
    """Within so long they answer; ``None``: as the incident's severity asks."""
    when: str = ""
    """When the role is there: ``for Sev1 and Sev2``; empty: all the time."""
    escalates: str = ""
    """Where they go on to, where the pager does not say."""
    level: int | None = None
    """Who holds this level of the team's escalation path has the role."""
    team: str | None = None
    """Who is on call for this team, on level ``level`` (1 where that is ``None``), has the role, whoever asks."""
    people: tuple[str, ...] = ()
    """Names or mail addresses of those who have it, where no system tells."""


DEFAULT_ROLES: tuple[Role, ...] = (
    Role(
        id="primary",
        title="Primary On-Call Engineer",
        owes=(
            "first response to alerts",
            "initial incident triage",
            "communication with stakeholders",
            "escalation decisions",
        ),
        level=1,
    ),
    Role(
        id="secondary",
        title="Secondary On-Call Engineer",
        owes=("escalation from the primary", "critical incidents", "complex troubleshooting", "technical decisions"),
        respond=timedelta(minutes=15),
        level=2,
    ),
    Role(
        id="incident-commander",
        title="Incident Commander (for major incidents)",
        owes=(
            "overall incident coordination",
            "stakeholder communication",
            "resource coordination",
            "decision making",
        ),
        when="for Sev1 and Sev2 incidents",
    ),
    Role(
        id="support-engineer",
        title="Support Engineer (optional)",
        owes=("L1 and L2 support tasks", "routine operations", "documentation"),
        escalates="primary, then secondary",
    ),
)

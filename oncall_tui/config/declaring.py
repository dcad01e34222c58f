"""Options of a declaration: which system and which channel plays which part, who commands, who is paged."""

from __future__ import annotations

from oncall_tui.config.leading import severities
from oncall_tui.config.options import opt
from oncall_tui.records import dataclass

_SEVERITIES = ("sev1", "sev2", "sev3", "sev4")
CHANNELS = ("room", "team", "stakeholders", "status_page", "tickets")
"""The parts that channels play."""


def _commanders(value: dict[str, str]) -> dict[str, str]:
    for severity in value:
        if severity not in _SEVERITIES:
            raise ValueError(f"{severity[:20]!r} is no severity (sev1, sev2, sev3, sev4)")
    return value


@dataclass(frozen=True, kw_only=True)
class DeclareOptions:
    """What running the response to an incident goes through. What is left out: the first that can."""

    pager: str | None = opt(None, help="the source that takes new incidents")
    room: str | None = opt(None, help="the channel that makes the incident's room")
    team: str | None = opt(None, help="the channel through which the engineering team hears first")
    stakeholders: str | None = opt(None, help="the channel through which stakeholders hear first: mail")
    status_page: str | None = opt(None, help="the channel that publishes")
    tickets: str | None = opt(None, help="the channel that makes tickets")
    page: tuple[int, ...] = opt((1, 2), help="severities whose participants are paged", check=severities)
    commander: dict[str, str] = opt(
        {}, help="severity: name or mail address; left out: the role incident-commander, else you", check=_commanders
    )

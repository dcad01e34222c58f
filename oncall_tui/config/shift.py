"""What the config says of shifts: the roles."""

from __future__ import annotations

import re
from datetime import timedelta

from oncall_tui.config.options import at_least, opt, within
from oncall_tui.records import dataclass

_MINUTE = at_least(timedelta(minutes=1))


@dataclass(frozen=True, kw_only=True)
class RoleOptions:
    """Changes to a built-in role, or a role of the team's own; what is left out stays as it is."""

    title: str | None = opt(None, help="its name")
    owes: tuple[str, ...] | None = opt(None, help="responsibilities")
    respond: timedelta | None = opt(None, help="they answer within; left out: as the severity asks", check=_MINUTE)
    when: str | None = opt(None, help="when it is there: for Sev1 and Sev2 incidents")
    escalates: str | None = opt(None, help="where they go on to")
    level: int | None = opt(None, help="who holds this level of the escalation path has it", check=within(1, 100))
    team: str | None = opt(None, help="who is on call for this team has it")
    people: tuple[str, ...] | None = opt(None, help="names or mail addresses of those who have it")


def role_ids(value: dict[str, RoleOptions]) -> dict[str, RoleOptions]:
    """A check: ids that can be typed."""
    for name in value:
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", name, re.ASCII):
            raise ValueError(f"{name[:40]!r}: letters a-z, digits and inner dashes, at most 32")
    return value

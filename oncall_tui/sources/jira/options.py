"""Which issues a Jira source reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from oncall_tui.config.options import SourceOptions, at_least, check_severities, opt
from oncall_tui.model import Severity
from oncall_tui.sources.jira.access import JiraAccess
from oncall_tui.sources.jira.marks import ACTION

SEVERITIES: Mapping[str, Severity] = {
    "blocker": 1,
    "highest": 1,
    "critical": 2,
    "high": 2,
    "major": 3,
    "medium": 3,
    "minor": 4,
    "low": 4,
    "lowest": 4,
    "trivial": 4,
}


def _severities(value: dict[str, int]) -> dict[str, int]:
    check_severities(value)
    return {word.strip().casefold(): severity for word, severity in value.items()}


def _jql(value: str) -> str:
    if re.search(r"\border\s+by\b", value, re.IGNORECASE):
        raise ValueError("without ORDER BY: the order is the board's")
    return value.strip()


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions, JiraAccess):
    """One Jira, Cloud or Data Center."""

    poll: timedelta = opt(timedelta(minutes=2), help="interval of its polls", check=at_least(timedelta(seconds=5)))
    action_items: str = opt(
        f"labels = {ACTION}",
        help="JQL of the action items; those done within 14 days are kept; empty: none",
        check=_jql,
    )
    user_reports: str = opt("", help="JQL of the issues that users report trouble by; left out: none", check=_jql)
    severity: dict[str, int] = opt(
        {}, help="priorities -> Sev 1 to 4; what is left out keeps its default", check=_severities
    )

    def severity_of(self, priority: str | None) -> Severity | None:
        """The severity that a priority stands for, ``None`` where it is not known."""
        if priority is None:
            return None
        known = priority.casefold()
        return self.severity.get(known, SEVERITIES.get(known))

"""Jira Service Management Operations as a source."""

from __future__ import annotations

from typing import ClassVar

from oncall_tui.sources.base import Capability, SourceContext
from oncall_tui.sources.genie.source import GenieSource
from oncall_tui.sources.jsm.api import JsmApi
from oncall_tui.sources.jsm.options import Options

CAPABILITIES = frozenset(
    {
        Capability.INCIDENTS,
        Capability.TIMELINE,
        Capability.ALERTS,
        Capability.ON_CALL,
        Capability.SCHEDULES,
        Capability.ESCALATION,
        Capability.ACKNOWLEDGE,
        Capability.UNACKNOWLEDGE,
        Capability.RESOLVE,
        Capability.ESCALATE,
        Capability.REASSIGN,
        Capability.SNOOZE,
        Capability.NOTE,
        Capability.SEVERITY,
        Capability.RESPONDERS,
        Capability.TITLE,
        Capability.OVERRIDE,
        Capability.DECLARE,
    }
)
"""No reopening and no merging: its API has neither. No health: heartbeats are not
in the description that this source goes by."""


class JsmOperations(GenieSource):
    """Operations of one Atlassian site, as their REST API shows them."""

    kind: ClassVar[str] = "jsm"

    def __init__(self, options: Options, context: SourceContext) -> None:
        severities = options.severities()
        api = JsmApi(
            options.client(context),
            options.site_client(context),
            options.cloud_id,
            context.seat.teams,
            severities,
            context.clock,
        )
        super().__init__(
            api,
            context,
            poll_interval=options.poll,
            wanted=options.user or context.seat.user,
            severities=severities,
            capabilities=CAPABILITIES,
        )

"""Opsgenie as a source."""

from __future__ import annotations

from typing import ClassVar

from oncall_tui.sources.base import Capability, SourceContext
from oncall_tui.sources.genie.source import GenieSource
from oncall_tui.sources.opsgenie.api import OpsgenieApi
from oncall_tui.sources.opsgenie.options import Options

CAPABILITIES = frozenset(
    {
        Capability.INCIDENTS,
        Capability.TIMELINE,
        Capability.ALERTS,
        Capability.HEALTH,
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
"""No reopening and no merging: its API has neither."""


class Opsgenie(GenieSource):
    """One Opsgenie account, as its REST API shows it."""

    kind: ClassVar[str] = "opsgenie"

    def __init__(self, options: Options, context: SourceContext) -> None:
        wanted = options.user or context.seat.user
        severities = options.severities()
        super().__init__(
            OpsgenieApi(options.client(context), context.name, wanted, severities, context.clock),
            context,
            poll_interval=options.poll,
            wanted=wanted,
            severities=severities,
            capabilities=CAPABILITIES,
        )

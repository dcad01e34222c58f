"""What ``check`` tells of an account."""

from __future__ import annotations

from oncall_tui.clock import Clock
from oncall_tui.model import Person
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Capability, Probe, SourceError
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.pagerduty.changes import unreadable
from oncall_tui.sources.pagerduty.furniture import Furniture
from oncall_tui.sources.pagerduty.seat import Me


async def probe(
    client: HttpClient, me: Me, furniture: Furniture, capabilities: frozenset[Capability], clock: Clock
) -> Probe:
    """Whether the key works, as whom, and what the account can. Never raises SourceError."""
    user: Person | None = None
    notes: list[str] = []
    error: SourceError | None = None
    able = capabilities
    try:
        answer = await client.get("/abilities")
        if not fields.is_list(answer.data, "abilities"):
            raise BadAnswer(f"{client.host} answers /abilities without abilities: is this PagerDuty?")
        if "coordinated_responding" not in fields.walk(answer.data, "abilities"):
            able = able - {Capability.RESPONDERS}
            notes.append("responders cannot be added: the account lacks coordinated_responding")
        user = await me.find()
        if not await furniture.known_priorities(clock.now()):
            notes.append("the account has no priorities: severity follows urgency")
        missing = await unreadable(client)
        if missing:
            notes.append(f"not with this key, or not in this account: {' and '.join(missing)}")
        if len(missing) == 2:
            able = able - {Capability.CHANGES}
    except SourceError as caught:
        error = caught
    if error is None and user is None:
        notes.append(_stranger(me))
        able = able & _READS
    budget, skew = client.budget, client.clock_skew
    return Probe(
        ok=error is None,
        error=str(error) if error else None,
        error_kind=error.kind if error else None,
        latency_ms=client.latency_ms,
        user=user,
        can=() if error else tuple(sorted(capability.value for capability in able)),
        rate_limit=budget.limit if budget else None,
        rate_remaining=budget.remaining if budget else None,
        clock_skew_s=skew.total_seconds() if skew is not None else None,
        notes=tuple(notes),
    )


def _stranger(me: Me) -> str:
    if me.wanted:
        return f"the account has no user {me.wanted}: nothing is mine, and no action can be done"
    return "the key is the account's and no user is configured: nothing is mine, and no action can be done"


_READS = frozenset(
    {
        Capability.INCIDENTS,
        Capability.TIMELINE,
        Capability.ALERTS,
        Capability.CHANGES,
        Capability.ON_CALL,
        Capability.SCHEDULES,
        Capability.ESCALATION,
    }
)

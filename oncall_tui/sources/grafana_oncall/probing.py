"""What ``check`` tells of a Grafana OnCall."""

from __future__ import annotations

from oncall_tui.clock import Clock
from oncall_tui.sources.base import AuthFailed, Capability, Probe, SourceError
from oncall_tui.sources.grafana_oncall.api import Api
from oncall_tui.sources.grafana_oncall.furniture import PERMISSIONS, Furniture
from oncall_tui.sources.grafana_oncall.seat import OBSERVER, Me

_GROUPS = "grafana-oncall-app.alert-groups:read"
_LOST = {
    "people": {Capability.ESCALATION},
    "escalation chains": {Capability.ESCALATION},
    "schedules": {Capability.ON_CALL, Capability.SCHEDULES},
}
"""What a source cannot serve without a part."""


async def probe(
    api: Api, me: Me, furniture: Furniture, serves: frozenset[Capability], acts: frozenset[Capability], clock: Clock
) -> Probe:
    """Whether the token works, as whom, and what it may. Never raises SourceError.

    Args:
        serves: what reading gives where every permission is there.
        acts: what a person's token can do besides.
    """
    notes: list[str] = []
    able = set(serves)
    error: SourceError | None = None
    try:
        await api.get("/alert_groups/", [("state", "new"), ("page", 1), ("perpage", 1)])
        await me.find_owner()
        for part in ("people", "teams", "integrations", "routes", "escalation chains", "schedules"):
            missing = await furniture.take(part, clock.now())
            if isinstance(missing, AuthFailed):
                notes.append(f"{part} cannot be read: the token lacks {PERMISSIONS[part]}")
                able -= _LOST.get(part, set())
            elif missing is not None:
                notes.append(f"{part} cannot be read: {missing}")
    except AuthFailed as caught:
        error = caught
        if caught.status == 403:
            notes.append(f"alert groups cannot be read: the token lacks {_GROUPS}")
    except SourceError as caught:
        error = caught
    if error is None:
        notes += _who(me, furniture)
        able |= acts if me.acts else set()
    budget, skew = api.budget, api.client.clock_skew
    return Probe(
        ok=error is None,
        error=str(error) if error else None,
        error_kind=error.kind if error else None,
        latency_ms=api.client.latency_ms,
        user=me.person(furniture.roster) if error is None else None,
        can=() if error else tuple(sorted(capability.value for capability in able)),
        rate_limit=budget.limit if budget else None,
        rate_remaining=budget.remaining if budget else None,
        clock_skew_s=skew.total_seconds() if skew is not None else None,
        notes=tuple(notes),
    )


def _who(me: Me, furniture: Furniture) -> list[str]:
    notes = []
    person = me.person(furniture.roster)
    if person is None:
        notes.append(f"no user {me.wanted}: nothing is mine" if me.wanted else "no user is configured: nothing is mine")
    if not me.personal:
        notes.append("a service account's token only reads: no action can be done")
    elif me.owner is None:
        notes.append(f"the token does not say whose it is: it lacks {PERMISSIONS['people']}")
    elif me.owner.role == OBSERVER:
        notes.append(f"{me.owner.person.name} is an observer there: no action can be done")
    elif person is not None and me.owner.person.id != person.id:
        notes.append(f"the token is {me.owner.person.name}'s: what is done is done in that name")
    return notes

"""Whether Jira knows who asks: to strangers it may show empty lists in place of a refusal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from oncall_tui.clock import Clock
from oncall_tui.model import Person
from oncall_tui.sources import fields
from oncall_tui.sources.base import BadAnswer, Capability, Probe, SourceError
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.jira.dialects import CLOUD, Dialect

EVERY = timedelta(minutes=10)


class Whoami:
    """Who the token is of.

    Attributes:
        person: that user, once :meth:`ensure` has been told.
    """

    def __init__(self, client: HttpClient, dialect: Dialect, clock: Clock) -> None:
        self.person: Person | None = None
        self._client = client
        self._dialect = dialect
        self._clock = clock
        self._asked_at: datetime | None = None

    async def ensure(self, *, anew: bool = False) -> bool:
        """Ask, unless it was asked lately. Gives whether it was asked now.

        Args:
            anew: ask however lately it was, but not twice in the same instant.

        Raises:
            SourceError: Jira does not know who asks (AuthFailed), or does not answer.
        """
        now = self._clock.now()
        since = now - self._asked_at if self._asked_at is not None else EVERY
        if timedelta() <= since < (timedelta(microseconds=1) if anew else EVERY):
            return False
        answer = await self._client.get(f"{self._dialect.root}/myself")
        found = self._dialect.person(fields.obj(answer.data))
        if found is None:
            raise BadAnswer(f"{self._client.host} does not say who this is: is this Jira?")
        self.person, self._asked_at = found, now
        return True

    async def version(self, notes: list[str]) -> str | None:
        """Its version; a note where it is of the other kind than the config takes it for."""
        try:
            answer = await self._client.get(f"{self._dialect.root}/serverInfo")
        except SourceError:
            return None
        deployment = fields.text(answer.data, "deploymentType", limit=40)
        if deployment is not None and (deployment == "Cloud") is not (self._dialect is CLOUD):
            notes.append(f"it is a Jira {deployment}: email is for Jira Cloud, and only there")
        return fields.text(answer.data, "version", limit=60)


def probe_of(
    client: HttpClient,
    error: SourceError | None,
    latency_ms: float | None,
    version: str | None,
    user: Person | None,
    capabilities: Collection[Capability],
    notes: Sequence[str],
) -> Probe:
    """What ``check`` tells of a Jira, whoever asks it."""
    budget, skew = client.budget, client.clock_skew
    return Probe(
        ok=error is None,
        error=str(error) if error else None,
        error_kind=error.kind if error else None,
        latency_ms=latency_ms,
        version=version,
        user=user,
        can=() if error else tuple(sorted(one.value for one in capabilities)),
        rate_limit=budget.limit if budget else None,
        rate_remaining=budget.remaining if budget else None,
        clock_skew_s=skew.total_seconds() if skew is not None else None,
        notes=tuple(notes),
    )

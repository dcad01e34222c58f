"""Running the checks at each poll."""

from __future__ import annotations

import asyncio
from dataclasses import field
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

from oncall_tui.config.secret import SecretError
from oncall_tui.model import HealthCheck, HealthStatus, IncidentDetail, OutboxRow, Snapshot, join_id
from oncall_tui.records import dataclass
from oncall_tui.sources.base import (
    Capability,
    Confirmation,
    Known,
    Probe,
    RateLimited,
    Sent,
    SourceContext,
    SourceError,
    TimedOut,
    Unreachable,
    Unsupported,
)
from oncall_tui.sources.headers import read_headers
from oncall_tui.sources.http import HttpClient
from oncall_tui.sources.httpcheck.judge import BODY_BYTES, Memory, Result, judged, settled
from oncall_tui.sources.httpcheck.options import CheckOptions, Options
from oncall_tui.text import clean

AT_ONCE = 8
AT_ONCE_AN_ORIGIN = 4
"""As many as the client has connections: a check must not wait for one while its time runs."""

_TOO_MANY = 429


@dataclass(slots=True)
class _Origin:
    client: HttpClient
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE_AN_ORIGIN))


class HttpCheckSource:
    """Runs its checks at each poll, at most :data:`AT_ONCE` at a time. Serves health, does no action."""

    kind: ClassVar[str] = "http"

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._checks = options.health
        self._clock = context.clock
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._memory = {check.native_id: Memory() for check in options.health}
        self._origins: dict[str, _Origin] = {
            origin: _Origin(
                HttpClient(origin, clock=context.clock, transport=context.transport, reserve=0, ca_file=options.ca_file)
            )
            for origin in {check.origin for check in options.health}
        }

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Health only."""
        return frozenset({Capability.HEALTH})

    async def poll(self, known: Known) -> Snapshot:
        """Run every check once. A check that fails is a result, so this raises nothing."""
        health = await asyncio.gather(*(self._checked(check) for check in self._checks))
        return Snapshot(source=self.name, taken_at=self._clock.now(), health=tuple(health))

    async def probe(self) -> Probe:
        """Run every check once, apart from the polls. Not ok where a token cannot be read or no address answers."""
        results = await asyncio.gather(*(self._run(check) for check in self._checks), return_exceptions=True)
        notes, answered, unread = [], 0, None
        for check, result in zip(self._checks, results, strict=True):
            if isinstance(result, Result):
                answered += result.latency_ms is not None
                if result.status is not HealthStatus.OK:
                    notes.append(f"{clean(check.name, 60)}: {result.status}: {result.detail}")
            elif isinstance(result, SecretError | SourceError):
                notes.append(f"{clean(check.name, 60)}: {clean(result, 200)}")
                unread = clean(result, 200) if isinstance(result, SecretError) else unread
            else:
                raise result
        error = unread or (None if answered else "no address answers")
        return Probe(
            ok=error is None,
            error=error,
            error_kind=None if error is None else "auth" if unread else "unreachable",
            can=(Capability.HEALTH.value,),
            notes=tuple(notes),
        )

    async def read(self, native_id: str) -> IncidentDetail:
        """Unsupported: there are no incidents here."""
        raise self._unsupported()

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Unsupported."""
        raise self._unsupported()

    async def send(self, row: OutboxRow) -> Sent:
        """Unsupported."""
        raise self._unsupported()

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Unsupported."""
        raise self._unsupported()

    def _unsupported(self) -> Unsupported:
        return Unsupported(f"{self.name}: HTTP checks take no actions")

    async def aclose(self) -> None:
        """Close connections. May be called twice."""
        for origin in self._origins.values():
            await origin.client.aclose()

    # -- one check -----------------------------------------------------------------------------------------------

    async def _checked(self, check: CheckOptions) -> HealthCheck:
        memory = self._memory[check.native_id]
        if memory.not_before is not None and self._clock.now() < memory.not_before:
            return self._waiting(check, memory)
        memory.not_before = None
        try:
            result = settled(check, memory, await self._run(check))
        except SecretError as error:
            result = Result(HealthStatus.UNKNOWN, clean(error, 200))
        except RateLimited as error:
            memory.not_before = self._clock.now() + timedelta(seconds=error.retry_after or 0)
            memory.limited = str(error)
            return self._waiting(check, memory)
        memory.checked_at = self._clock.now()
        return self._health(check, result, memory.checked_at)

    def _waiting(self, check: CheckOptions, memory: Memory) -> HealthCheck:
        """The last state, for three polls; older than that it says nothing any more."""
        now = self._clock.now()
        checked_at = memory.checked_at or now
        status = memory.status if now - checked_at <= 3 * self.poll_interval else HealthStatus.UNKNOWN
        return self._health(check, Result(status, f"not asked: {memory.limited}"), checked_at)

    def _health(self, check: CheckOptions, result: Result, checked_at: datetime) -> HealthCheck:
        parts = urlsplit(check.url)
        return HealthCheck(
            id=join_id(self.name, check.native_id),
            source=self.name,
            name=clean(check.name),
            status=result.status,
            checked_at=checked_at,
            service=clean(check.service) or None,
            value=round(result.latency_ms, 1) if result.latency_ms is not None else None,
            unit="ms",
            detail=result.detail,
            # A query may hold a key: it is not for showing and copying.
            url=urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")),
        )

    async def _run(self, check: CheckOptions) -> Result:
        """One request, judged.

        Raises:
            SecretError: a header's secret cannot be read.
            RateLimited: the address asks us to wait.
        """
        headers = await _request_headers(check)
        origin = self._origins[check.origin]
        seconds, prefix = check.timeout.total_seconds(), f"cannot reach {origin.client.host}: "
        # Another's "too many" is an answer only where it is expected: else it tells of us, not of the service.
        accept = [status for status in range(100, 600) if status != _TOO_MANY or status in check.statuses]
        async with origin.turn, self._turn:
            try:
                answer = await origin.client.request(
                    check.method,
                    check.url,
                    headers=headers,
                    want_json=False,
                    accept=accept,
                    deadline_s=seconds,
                    enough=BODY_BYTES,
                )
            except RateLimited:
                raise
            except TimedOut:
                return Result(HealthStatus.DOWN, f"no whole answer in {seconds:g} s")
            except Unreachable as error:
                return Result(HealthStatus.DOWN, f"unreachable: {str(error).removeprefix(prefix)}")
            except SourceError as error:
                return Result(HealthStatus.DOWN, str(error))
        return judged(check, answer)


async def _request_headers(check: CheckOptions) -> dict[str, str]:
    headers = await read_headers(check.headers)
    if check.token is not None:
        headers["Authorization"] = f"Bearer {await check.token.read()}"
    return headers

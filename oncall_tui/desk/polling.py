"""Polling one source: its interval, jitter, back-off, what it still owes, and how it fares, as facts in the store."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from oncall_tui.clock import Clock
from oncall_tui.desk.parts import LONGEST_S, backoff, internal, pause
from oncall_tui.model import Incident, Snapshot, SourceState
from oncall_tui.records import dataclass
from oncall_tui.sources.base import AuthFailed, Known, NotFound, RateLimited, Source, SourceError, TimedOut, Unsupported
from oncall_tui.store import Store, StoreError
from oncall_tui.text import clean

LONGEST_POLL_S = 120.0
"""A poll that takes longer is ended; each of its calls has its own deadline."""
LIMITED_S = 60.0
"""A source that says that it is asked too often, and not when to come again, is left alone ever longer up to this (or
its interval, up to five minutes)."""
READ_BACK = 10
"""Open incidents missing in a complete list that one poll reads one by one."""
_READ_BACK_EVERY = timedelta(minutes=10)


@dataclass(slots=True)
class _Missing:
    """An open incident that the source's list leaves out: when to ask for it by itself again."""

    next_at: datetime
    wait: timedelta


class Poller:
    """One source's poller.

    Args:
        changed: called when a board would show something else.
        answered: called with the source's name when it has answered: what waits for it may go.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        clock: Clock,
        *,
        changed: Callable[[], None],
        answered: Callable[[str], None],
        chance: random.Random,
    ) -> None:
        self.source = source
        self._store = store
        self._clock = clock
        self._changed = changed
        self._answered = answered
        self._chance = chance
        self._poke = asyncio.Event()
        self._wanted = False
        self._running: asyncio.Task[str | None] | None = None
        self._state: SourceState | None = None
        self._missing: dict[str, _Missing] = {}

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            self._wanted = False
            await self.once()
            # A round that somebody else asked for meanwhile has moved the next one.
            while not self._wanted:
                self._poke.clear()
                if not await pause(self._clock, self._delay(), self._poke):
                    break

    def poke(self) -> None:
        """Poll now instead of at the end of the pause."""
        self._wanted = True
        self._poke.set()

    async def once(self) -> str | None:
        """Poll now, or join the round that is on its way: two never overlap. The problem in one line, or ``None``."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._poll(), name=f"poll {self.source.name}")
            self._running.add_done_callback(lambda _: self._poke.set())
        # Whoever gives up waiting does not end the round for the others.
        return await asyncio.shield(self._running)

    async def idle(self) -> None:
        """Wait until no round is on its way."""
        if self._running is not None and not self._running.done():
            await asyncio.wait([self._running])

    async def stop(self) -> None:
        """End the round that is on its way."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def _delay(self) -> float:
        if self._state is None or self._state.next_try is None:
            return self._interval()
        left = (self._state.next_try - self._clock.now()).total_seconds()
        return max(0.0, left)

    def _interval(self) -> float:
        return self.source.poll_interval.total_seconds() * self._chance.uniform(0.9, 1.1)

    # -- one round ---------------------------------------------------------------------------------------------

    async def _poll(self) -> str | None:
        try:
            before = await self._before()
            known = Known(
                incidents=await self._store.known_incidents(self.source.name),
                since=await self._store.newest_entry(self.source.name),
                last_success=before.last_success,
            )
            began = time.monotonic()
            try:
                async with asyncio.timeout(LONGEST_POLL_S):
                    snapshot = await self.source.poll(known)
            except SourceError as error:
                return await self._failed(before, error.kind, str(error), error.retry_after)
            except TimeoutError:
                return await self._failed(before, TimedOut.kind, f"no answer within {LONGEST_POLL_S:.0f} s", None)
            except Exception as error:  # noqa: BLE001 - a source's bug marks the source, it does not end the loop
                return await self._failed(before, "internal", internal(f"poll of {self.source.name}", error), None)
            return await self._succeeded(before, snapshot, known, (time.monotonic() - began) * 1000)
        except StoreError as error:
            self._state = replace(self._fresh(), next_try=self._after(self._interval()))
            self._changed()
            return str(error)

    async def _before(self) -> SourceState:
        if self._state is None:
            states = await self._store.source_states()
            held = next((state for state in states if state.name == self.source.name), None)
            self._state = held or SourceState(name=self.source.name, kind=self.source.kind)
        return self._state

    def _fresh(self) -> SourceState:
        return self._state or SourceState(name=self.source.name, kind=self.source.kind)

    def _after(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    async def _failed(self, before: SourceState, kind: str, words: str, retry_after: float | None) -> str:
        failures = before.failures + 1
        # At the first refusal the token is fetched anew: it may have run out since it was fetched last.
        stopped = kind == AuthFailed.kind == before.error_kind
        interval = self.source.poll_interval.total_seconds()
        wait = LONGEST_S if stopped else self._wait(kind, failures)
        state = replace(
            before,
            kind=self.source.kind,
            serves=frozenset(word.value for word in self.source.capabilities),
            last_attempt=self._clock.now(),
            error=clean(words, 300) or kind,
            error_kind=kind,
            failures=failures,
            next_try=self._after(max(wait, retry_after or 0.0)),
            poll_s=interval,
            stopped=stopped,
        )
        self._state = state
        if await self._store.put_state(state):
            self._changed()
        return state.error or kind

    def _wait(self, kind: str, failures: int) -> float:
        """Seconds until a source that has failed is asked again: soon at first, then at its interval, so that it is
        asked no more often than when it is well, and seen to be back within one interval."""
        interval = min(self.source.poll_interval.total_seconds(), LONGEST_S)
        if kind == RateLimited.kind:
            return backoff(failures, interval / 2, self._chance, max(interval, LIMITED_S))
        if failures == 1:
            return backoff(failures, interval / 2, self._chance, interval)
        return max(1.0, interval * self._chance.uniform(0.8, 1.0))

    async def _succeeded(self, before: SourceState, snapshot: Snapshot, known: Known, latency_ms: float) -> str | None:
        now = self._clock.now()
        skew = snapshot.clock_skew
        state = SourceState(
            name=self.source.name,
            kind=self.source.kind,
            serves=frozenset(word.value for word in self.source.capabilities),
            last_success=now,
            last_attempt=now,
            next_try=self._after(self._interval()),
            poll_s=self.source.poll_interval.total_seconds(),
            latency_ms=round(latency_ms, 1),
            problems=snapshot.problems,
            budget=snapshot.budget,
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            behind={word: before.behind.get(word, before.last_success) for word in snapshot.failed},
        )
        news = await self._store.apply(snapshot, state)
        self._state = state  # not before: what could not be stored is asked for again
        if snapshot.incidents is not None and snapshot.incidents_complete:
            news = await self._read_missing(snapshot, known) or news
        self._answered(self.source.name)
        if news:
            self._changed()
        return "; ".join(snapshot.problems) or None

    # -- what the list leaves out ------------------------------------------------------------------------------

    async def _read_missing(self, snapshot: Snapshot, known: Known) -> bool:
        """Ask one by one for open incidents that a complete list does not have: absence is not an answer (W12)."""
        told = {incident.native_id for incident in snapshot.incidents or ()}
        missing = {
            native_id: incident
            for native_id, incident in known.incidents.items()
            if incident.is_open and native_id not in told
        }
        now = self._clock.now()
        self._missing = {native_id: self._missing.get(native_id, _Missing(now, timedelta())) for native_id in missing}
        due = sorted((one.next_at, native_id) for native_id, one in self._missing.items() if one.next_at <= now)
        news = False
        for _, native_id in due[:READ_BACK]:
            one = self._missing[native_id]
            one.wait = min(max(one.wait * 2, self.source.poll_interval), _READ_BACK_EVERY)
            one.next_at = now + one.wait
            try:
                news = await read_one(self.source, self._store, missing[native_id]) or news
            except Unsupported:
                continue
            except SourceError:
                break
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - as in a poll
                internal(f"reading of {self.source.name}", error)
                break
        return news


async def read_one(source: Source, store: Store, incident: Incident) -> bool:
    """Read one known incident whole and store what its system says; one that it does not find any more stays, with
    its state unknown. Whether anything changed.

    Raises:
        SourceError: other than NotFound.
        StoreError: it cannot be stored.
    """
    try:
        detail = await source.read(incident.native_id)
    except NotFound:
        return await store.mark_unknown(incident.id)
    return await store.put_detail(detail)

"""Sending the outbox: in order on each target and receiver, these independent, each row one step at a time.

A row's whole life is in the store, so a step needs nothing of the step before it: a queued row is checked and sent, a
row in ``sending`` is read back, whether its answer was lost in this process or in one that was killed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from oncall_tui.clock import Clock
from oncall_tui.desk.delivery import Delivery
from oncall_tui.desk.parts import backoff, internal, is_ahead, pause
from oncall_tui.desk.settings import DeskSettings
from oncall_tui.model import OutboxRow, OutboxState, Verb
from oncall_tui.sources.base import Receiver, for_action
from oncall_tui.store import Store, StoreError

AT_ONCE = 4
"""Steps of one source that run at the same time."""
_STORE_WAIT_S = 2.0


class Gates:
    """For each source that does not answer: until when nothing is sent to it."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._until: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}

    def until(self, source: str) -> datetime | None:
        """When it is tried again."""
        return self._until.get(source)

    def close(self, source: str, retry_after: float | None) -> datetime:
        """It did not answer: nothing goes there until the returned time."""
        until = self._until.get(source)
        if until is not None and is_ahead(until, self._clock.now()) and retry_after is None:
            return until  # several calls that fail together are one failure
        self._failures[source] = self._failures.get(source, 0) + 1
        wait = max(backoff(self._failures[source], 1.0, self._chance), retry_after or 0.0)
        self._until[source] = self._clock.now() + timedelta(seconds=wait)
        return self._until[source]

    def open(self, source: str) -> None:
        """It has answered."""
        self._until.pop(source, None)
        self._failures.pop(source, None)

    def open_all(self) -> None:
        """A person says: try now."""
        self._until.clear()


class Sender:
    """Sends while it is :attr:`active`, which is while this process holds the lease."""

    def __init__(
        self,
        store: Store,
        receivers: Mapping[str, Receiver],
        clock: Clock,
        settings: DeskSettings,
        *,
        changed: Callable[[], None],
        refresh: Callable[[str], None],
        chance: random.Random,
    ) -> None:
        self.active = False
        self._store = store
        self._clock = clock
        self._settings = settings
        self._chance = chance
        self._changed = changed
        self._gates = Gates(clock, chance)
        self._delivery = Delivery(
            store, receivers, clock, settings, self._gates, changed=changed, refresh=refresh, chance=chance
        )
        self._wake = asyncio.Event()
        self._steps: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._later: dict[str, datetime] = {}

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def answered(self, source: str) -> None:
        """A source has answered a poll: what waits for it may go."""
        if self._gates.until(source) is not None:
            self._gates.open(source)
            self._delivery.hurry(source)
            self._wake.set()

    def hurry(self) -> None:
        """A person says: now. Nothing waits for the end of a pause."""
        self._gates.open_all()
        self._delivery.hurry()
        self._later.clear()
        self._wake.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            self._wake.clear()
            try:
                wait = await self._dispatch() if self.active else None
            except StoreError:
                wait = _STORE_WAIT_S
            except Exception as error:  # noqa: BLE001 - our own bug must not end the sending for good
                internal("sender", error)
                wait = _STORE_WAIT_S
            await pause(self._clock, wait, self._wake)

    async def stop(self, grace_s: float) -> None:
        """Let what is on its way end within ``grace_s``; what does not stays ``sending`` and is read back later."""
        self.active = False
        running = list(self._steps.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    # -- which row is next -------------------------------------------------------------------------------------

    async def _dispatch(self) -> float | None:
        """Start a step for every target that has one due; seconds until the next may be due."""
        if self._settings.read_only:
            return None
        times = await self._go_on()
        now = self._clock.now()
        pending = await self._store.outbox(pending_only=True)
        heads: dict[tuple[str, str], OutboxRow] = {}
        # What has left and has no answer yet comes before anything else on its target.
        for row in sorted(pending, key=lambda row: row.state is not OutboxState.SENDING):
            if row.state is OutboxState.QUEUED and row.held is not None:
                continue  # it waits for a person, and nothing waits for it
            if _in_undo_window(row, now):
                times.append(row.not_before)  # still on the desk: what was pressed later may go before it
                continue
            if row.state is OutboxState.QUEUED and _lane(row) not in self._steps:
                expires = self._delivery.expires(row)
                if expires <= now:
                    await self._delivery.hold(row, "it waited too long to go unasked")
                    continue
                times.append(expires)
            heads.setdefault(_lane(row), row)
        for row in sorted(heads.values(), key=lambda row: row.verb is not Verb.ACKNOWLEDGE):
            if _lane(row) in self._steps:
                continue
            due = self._due(row)
            if due is not None and is_ahead(due, now):
                times.append(due)
            else:
                self._start(row)
        return (min(times) - now).total_seconds() if times else None

    async def _go_on(self) -> list[datetime]:
        """Steps of declarations that can leave now come into the outbox; when the next can, where the clock tells."""
        if not await self._store.has_declarations():
            return []
        from oncall_tui.desk.resuming import resume  # not at the top: few starts have any

        try:
            has_moved, again = await resume(self._store, self._settings, self._clock)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - our own bug with a plan must not hold up a page
            internal("declarations", error)
            return [self._clock.now() + timedelta(seconds=_STORE_WAIT_S)]
        if has_moved:
            self._changed()
        return [again] if again is not None else []

    def _due(self, row: OutboxRow) -> datetime | None:
        """When its next step may be; ``None``: now."""
        times = (self._later.get(row.key), self._gates.until(row.source), self._delivery.due(row))
        return max((time for time in times if time is not None), default=None)

    def _start(self, row: OutboxRow) -> None:
        task = asyncio.create_task(self._step(row), name=f"{row.verb.value} {row.target}")
        self._steps[_lane(row)] = task
        task.add_done_callback(lambda _: self._ended(_lane(row)))

    def _ended(self, lane: tuple[str, str]) -> None:
        self._steps.pop(lane, None)
        self._wake.set()

    async def _step(self, row: OutboxRow) -> None:
        slots = self._slots.setdefault(row.source, asyncio.Semaphore(AT_ONCE))
        async with slots:
            if is_ahead(self._gates.until(row.source), self._clock.now()):
                return  # it closed while this one waited for its turn
            try:
                with for_action():
                    await self._delivery.step(row)
                self._later.pop(row.key, None)
            except StoreError:
                self._later[row.key] = self._clock.now() + timedelta(seconds=_STORE_WAIT_S)
            except Exception as error:  # noqa: BLE001 - one row's trouble must not hold the others
                internal(f"{row.verb.value} {row.target}", error)
                self._later[row.key] = self._clock.now() + timedelta(seconds=30)


def _lane(row: OutboxRow) -> tuple[str, str]:
    """What goes in order: a chat that does not answer holds up no page of the incident that is talked about."""
    return row.source, row.target


def _in_undo_window(row: OutboxRow, now: datetime) -> bool:
    """Not to leave yet. A clock that shows a time before the key press was set back: the window is then over."""
    return row.state is OutboxState.QUEUED and not row.forced and row.created_at <= now < row.not_before

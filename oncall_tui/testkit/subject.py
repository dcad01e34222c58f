"""What is put through the kit: a source or channel with the simulator that stands for its system."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from oncall_tui import channels, sources
from oncall_tui.clock import Clock
from oncall_tui.config.load import load_config
from oncall_tui.demo.faults import Onward, Outcome, Trouble
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.transport import BASE_URL, WorldTransport
from oncall_tui.demo.wire import Request, Simulator
from oncall_tui.model import Incident, OutboxRow, Snapshot, Verb
from oncall_tui.sources.base import Known, Receiver, Seat, SourceContext

__all__ = ["BASE_URL", "Bench", "Clock", "HandClock", "Subject", "subject_of_stanza"]

START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


class HandClock:
    """Time as the kit moves it: whoever sleeps on it has slept at once."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant it shows, aware UTC."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return at once, that much later."""
        await asyncio.sleep(0)
        self._now += timedelta(seconds=max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move it on."""
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """How to make what is tested.

    Each test makes its own, so nothing is shared between tests.
    """

    name: str
    """The source's or channel's name in the config."""
    make: Callable[[SourceContext], Receiver]
    """Makes it, with its address at ``BASE_URL/PREFIX`` of :mod:`oncall_tui.demo.transport`."""
    simulator: Callable[[Clock], Simulator]
    """Makes the system's simulated account, as it is now."""
    writes: Callable[[Simulator], int]
    """How many writes it has applied until now."""
    secret: str = ""
    """The token, which must show nowhere."""
    seat: Seat = field(default_factory=lambda: Seat(user="alice@example.com", teams=("Payments",)))
    params: Mapping[Verb, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters for verbs where the kit's own choice does not fit this system."""
    targets: Mapping[Verb, str] = field(default_factory=dict)
    """Native ids for verbs where the kit's own choice does not fit."""
    blind: frozenset[Verb] = frozenset()
    """Verbs whose effect the system has no way to show again (a webhook's message): a lost answer stays unknown."""


class Bench:
    """One subject, freshly made, with a wire between it and its system that can be disturbed."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.clock = HandClock()
        self.simulator = subject.simulator(self.clock)
        self.calls: list[Request] = []
        """What was sent since :meth:`quiet`, in order."""
        self.known: dict[str, Incident] = {}
        self.last_success: datetime | None = None
        self._trouble: Trouble | None = None
        self._only: int | None = None
        self._gate = Gate([self.simulator], clock=self.clock, faults=[self])
        self.receiver = self._made()
        self._keys = 0

    def _made(self) -> Receiver:
        context = SourceContext(
            name=self.subject.name,
            seat=self.subject.seat,
            clock=self.clock,
            transport=WorldTransport(self._gate.exchange, self.clock),
        )
        return self.subject.make(context)

    async def truth(self) -> Snapshot:
        """What another one like it, just started, is told now that nothing is disturbed."""
        self.quiet()
        other = self._made()
        taken: Snapshot = await other.poll(Known())  # type: ignore[attr-defined]  # a source, by who calls it
        await other.aclose()
        return taken

    # -- the wire ----------------------------------------------------------------------------------------------

    def trouble(self, prefix: str, request: Request) -> Callable[[str, Request, Onward], Outcome] | None:
        """As a fault of the demo decides: what this request meets."""
        at = len(self.calls)
        self.calls.append(request)
        return self._trouble if self._trouble is not None and self._only in (None, at) else None

    def quiet(self) -> None:
        """From now on nothing is disturbed; calls are counted anew."""
        self._trouble, self._only = None, None
        self.calls.clear()

    def disturb(self, trouble: Trouble, only: int | None = None) -> None:
        """From now on every request (or only the one of that number) meets ``trouble``; calls are counted anew."""
        self.quiet()
        self._trouble, self._only = trouble, only

    @property
    def writes(self) -> int:
        """How many writes the system has applied."""
        return self.subject.writes(self.simulator)

    # -- what a desk would do ------------------------------------------------------------------------------------

    async def poll(self) -> Snapshot:
        """Poll once as the desk does, and remember what the store would hold."""
        since = None
        taken: Snapshot = await self.receiver.poll(  # type: ignore[attr-defined]  # a source, by who calls it
            Known(incidents=dict(self.known), since=since, last_success=self.last_success)
        )
        self.last_success = self.clock.now()
        for incident in taken.incidents or ():
            self.known[incident.native_id] = incident
        return taken

    def row(self, verb: Verb, target: str, params: Mapping[str, Any], source: str | None = None) -> OutboxRow:
        """An action pressed and sent now."""
        self._keys += 1
        now = self.clock.now()
        return OutboxRow(
            key=f"conformance{self._keys}",
            verb=verb,
            target=target,
            source=source or self.subject.name,
            target_title="as the person saw it",
            params=dict(params),
            seat="alice@example.com",
            created_at=now,
            not_before=now,
            attempts=1,
            sent_at=now,
        )


def subject_of_stanza(
    stanza: Mapping[str, Any],
    simulator: Callable[[Clock], Simulator],
    writes: Callable[[Simulator], int],
    *,
    section: str = "sources",
    secret: str = "",
    **more: Any,
) -> Subject:
    """A subject out of an entry of the config as a person would write it.

    Args:
        stanza: the entry; its address is below ``BASE_URL``.
        section: ``sources`` or ``channels``.
    """
    import yaml

    probe = {"name": "other", "kind": "http", "health": [{"name": "a", "url": BASE_URL}]}
    whole = {"sources": [stanza]} if section == "sources" else {"sources": [probe], "channels": [stanza]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(yaml.safe_dump(whole), encoding="utf-8")
        path.chmod(0o600)
        config = load_config(path, kinds=sources, channels=channels, environ=os.environ)

    def make(context: SourceContext) -> Receiver:
        if section == "channels":
            channel = config.channels[0]
            return channels.load_kind(channel.kind).make(channel, context)
        source = config.sources[0]
        return sources.load_kind(source.kind).make(source, context)

    return Subject(name=str(stanza["name"]), make=make, simulator=simulator, writes=writes, secret=secret, **more)

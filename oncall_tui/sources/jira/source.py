"""Jira as a source: action items, and users' reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

from oncall_tui.model import ActionItem, Alert, Directory, IncidentDetail, OutboxRow, Person, Snapshot
from oncall_tui.sources.access import Parts
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    Confirmation,
    Known,
    Probe,
    Sent,
    SourceContext,
    SourceError,
    Unsupported,
)
from oncall_tui.sources.jira.dialects import Row
from oncall_tui.sources.jira.issues import ITEM_FIELDS, REPORT_FIELDS, Reader
from oncall_tui.sources.jira.options import Options
from oncall_tui.sources.jira.whoami import Whoami, probe_of

DONE_KEPT = "14d"
"""Action items that were done longer ago are not told."""
REPORTS_KEPT = "2h"
"""Nor are users' reports that are done and were not touched for so long."""

T = TypeVar("T", ActionItem, Alert)


class Jira:
    """One Jira."""

    kind: ClassVar[str] = "jira"

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self.poll_interval = options.poll
        self._options = options
        self._clock = context.clock
        self._client = options.client(context)
        self._dialect = options.dialect
        self._whoami = Whoami(self._client, self._dialect, context.clock)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What there is a query for."""
        found = [Capability.ACTION_ITEMS] if self._options.action_items else []
        found += [Capability.ALERTS, Capability.USER_REPORTS] if self._options.user_reports else []
        return frozenset(found)

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Who asks, then both queries.

        Raises:
            SourceError: no query was answered, or Jira does not know the token.
        """
        is_new = await self._whoami.ensure()
        parts = Parts()
        parts.reached()
        items = await parts.take("action items", self._items()) if self._options.action_items else None
        reports = await parts.take("user reports", self._reports()) if self._options.user_reports else None
        if (items is not None and not items[0]) or (reports is not None and not reports[0]):
            # To whoever it does not know Jira shows an empty list, not a refusal.
            await self._whoami.ensure(anew=True)
        parts.settle()
        for part in (items, reports):
            parts.problems += [part[1]] if part is not None and part[1] else []
        failed = {Capability.ACTION_ITEMS: items, Capability.ALERTS: reports}
        return Snapshot(
            source=self.name,
            taken_at=self._clock.now(),
            action_items=items[0] if items is not None else None,
            alerts=reports[0] if reports is not None else None,
            alerts_complete=reports is not None and not reports[1],
            directory=Directory(me=self._whoami.person) if is_new else None,
            problems=tuple(parts.problems),
            failed=frozenset(one.value for one, told in failed.items() if one in self.capabilities and told is None),
            budget=self._client.budget,
            clock_skew=self._client.clock_skew,
        )

    async def _items(self) -> tuple[tuple[ActionItem, ...], str]:
        jql = f"({self._options.action_items}) AND (statusCategory != Done OR resolved >= -{DONE_KEPT})"
        found = await self._dialect.search(self._client, f"{jql} ORDER BY created DESC", ITEM_FIELDS)
        return self._read("action items", found.rows, found.note, self._reader().item)

    async def _reports(self) -> tuple[tuple[Alert, ...], str]:
        jql = f"({self._options.user_reports}) AND (statusCategory != Done OR updated >= -{REPORTS_KEPT})"
        found = await self._dialect.search(self._client, f"{jql} ORDER BY created DESC", REPORT_FIELDS)
        return self._read("user reports", found.rows, found.note, self._reader().report)

    def _read(
        self, part: str, rows: list[Row], note: str | None, read: Callable[[Row], T | None]
    ) -> tuple[tuple[T, ...], str]:
        """The issues, each once, and why these are not all (``""``: they are)."""
        decoded = [read(row) for row in rows]
        found = {one.id: one for one in decoded if one is not None}
        missed = decoded.count(None)
        if missed and not found:
            raise BadAnswer(f"{self._client.host} answers with issues that have no key")
        told = note or (f"{missed} without a key are not shown" if missed else "")
        return tuple(found.values()), f"{part}: {told}" if told else ""

    def _reader(self) -> Reader:
        return Reader(self.name, self._options, self._dialect, self._now())

    def _now(self) -> datetime:
        return self._clock.now() + (self._client.clock_skew or timedelta())

    async def read(self, native_id: str) -> IncidentDetail:
        """Not here: an issue is no incident."""
        raise Unsupported(f"{self.name} has action items, no incidents")

    # -- actions: the channel's --------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing: no action is taken."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Not here: tickets are made by a channel of the kind jira."""
        raise Unsupported(f"{self.name} (Jira) cannot {row.verb.value}")

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Not here: tickets are made by a channel of the kind jira."""
        raise Unsupported(f"{self.name} (Jira) cannot {row.verb.value}")

    # -- check -------------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """Whether it knows the token, takes both queries, and which version it is. Never raises SourceError."""
        error: SourceError | None = None
        notes: list[str] = []
        user: Person | None = None
        try:
            await self._whoami.ensure(anew=True)
            user = self._whoami.person
            if self._options.action_items:
                items, _ = await self._items()
                notes += [] if items else [f"no action item is found by: {self._options.action_items}"]
            if self._options.user_reports:
                await self._reports()
        except SourceError as caught:
            error = caught
        latency = self._client.latency_ms
        version = await self._whoami.version(notes) if error is None else None
        return probe_of(self._client, error, latency, version, user, self.capabilities, notes)

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._client.aclose()

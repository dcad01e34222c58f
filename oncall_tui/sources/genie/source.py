"""Either system as a source: what a poll brings, one page read whole, actions sent and read back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from oncall_tui.clock import Clock
from oncall_tui.model import (
    Alert,
    Incident,
    IncidentDetail,
    IncidentState,
    OutboxRow,
    Person,
    Severity,
    Snapshot,
    Verb,
    split_id,
)
from oncall_tui.sources import overriding
from oncall_tui.sources.access import Parts
from oncall_tui.sources.base import (
    AuthFailed,
    Capability,
    Confirmation,
    HistoryPage,
    Known,
    NotFound,
    Outcome,
    Probe,
    Refused,
    Sent,
    SourceContext,
    SourceError,
    Unsupported,
    can,
)
from oncall_tui.sources.declaring import dedup_key
from oncall_tui.sources.genie.api import Api, Detail, Inspection, Page, server_now
from oncall_tui.sources.genie.confirming import (
    QUEUE,
    STEPS,
    Evidence,
    equal_notes,
    judge,
    responder_key,
    with_closing_words,
)
from oncall_tui.sources.genie.decoding import Decoder, of_alias
from oncall_tui.sources.genie.furniture import Furniture

MAX_DETAILS = 6
"""Pages whose log and notes are read in one poll; the others' turn is the next."""
MAX_REMEMBERED = 5_000
READ_AGAIN = timedelta(minutes=10)
"""An open page's log and notes are read anew even where its own time has not changed."""
ALERT_WINDOW = timedelta(hours=1)
MADE_BEFORE = timedelta(minutes=1)
"""So much earlier than it was asked for a page may say that it was made: clocks differ."""
DONE_WITHIN = timedelta(seconds=4)
"""A request whose outcome is not told after so long is judged by what the page shows."""


class GenieSource:
    """One account of either system.

    Args:
        wanted: who the seat is there; ``None``: whoever the key belongs to.
    """

    history_window = timedelta(days=2)

    def __init__(
        self,
        api: Api,
        context: SourceContext,
        *,
        poll_interval: timedelta,
        wanted: str | None,
        severities: Mapping[str, Severity],
        capabilities: frozenset[Capability],
    ) -> None:
        self.name = context.name
        self.poll_interval = poll_interval
        self.capabilities = capabilities
        self._api = api
        self._clock: Clock = context.clock
        self._wanted = wanted
        self._severities = severities
        self._decoder = Decoder(context.name, severities)
        self._furniture = Furniture(api, context.name, context.seat.teams, capabilities, context.clock)
        self._me: Person | None = None
        self._details = _Details()

    # -- poll --------------------------------------------------------------------------------------------------

    async def poll(self, known: Known) -> Snapshot:
        """Read what is watched, once.

        Raises:
            SourceError: the alerts did not come: then the rest must not look like a success.
        """
        now = self._clock.now()
        reading = await self._api.pages(known, now)
        parts = Parts()
        parts.succeeded()
        parts.problems += reading.problems
        await self._furniture.refresh(now)
        details = await self._details.read(self._api, reading.pages, known, parts, now)
        pages = {page.native_id: page for page in reading.pages} | {key: one.page for key, one in details.items()}
        incidents, alerts = self._decoded(pages.values(), details, now)
        on_call, shifts, health = self._furniture.on_call(now), self._furniture.shifts(), self._furniture.health()
        directory = None
        if self._furniture.has_news:
            directory = self._furniture.directory(await parts.take("the seat's user", self._find_me()))
        self._furniture.told()
        warning = self._api.ends(now)
        problems = (*parts.problems, *self._furniture.problems)
        return Snapshot(
            source=self.name,
            taken_at=now,
            incidents=tuple(incidents),
            incidents_complete=reading.whole,
            alerts=tuple(alerts),
            health=health,
            on_call=on_call,
            shifts=shifts,
            timeline=tuple(
                entry for one in details.values() for entry in self._decoder.timeline(one, self._furniture.roster)
            ),
            directory=directory,
            problems=(*problems, warning) if warning else problems,
            failed=reading.failed | self._furniture.failed,
            budget=self._api.client.budget,
            clock_skew=self._api.client.clock_skew,
        )

    async def history(self, start: datetime, end: datetime, after: str | None = None) -> HistoryPage:
        """Alerts of long ago: when they were acknowledged and closed stands in the list; log and notes would cost two
        calls each, and are left out. A stretch is one page. Raises SourceError."""
        now = self._clock.now()
        await self._furniture.refresh(now)
        pages, note = await self._api.past(start, end)
        found = (self._decoder.incident(page, self._furniture.roster, now, ()) for page in pages)
        return HistoryPage(
            incidents=tuple(IncidentDetail(incident=one) for one in found if start <= one.created_at < end),
            notes=(note,) if note else (),
        )

    def _decoded(
        self, pages: Iterable[Page], details: Mapping[str, Detail], now: datetime
    ) -> tuple[list[Incident], list[Alert]]:
        oldest = server_now(self._api.client, now) - ALERT_WINDOW
        incidents, alerts = [], []
        for page in pages:
            detail = details.get(page.native_id)
            incident = self._decoder.incident(page, self._furniture.roster, now, detail.log if detail else ())
            incidents.append(incident)
            alert = self._decoder.alert(page, incident)
            if alert is not None and (incident.is_open or alert.last_at >= oldest):
                alerts.append(alert)
        return incidents, alerts

    async def _find_me(self) -> Person | None:
        if self._me is None:
            self._me = await self._api.me(self._wanted)
        return self._me

    async def _acting(self) -> Person | None:
        """The seat's user for an action, which nobody holds up who may not be looked up. Raises other SourceErrors."""
        try:
            return await self._find_me()
        except (AuthFailed, Refused):
            return None

    # -- one page ----------------------------------------------------------------------------------------------

    async def read(self, native_id: str) -> IncidentDetail:
        """One page whole. Raises NotFound and other SourceErrors."""
        now = self._clock.now()
        detail, _ = await asyncio.gather(self._api.detail(native_id), self._furniture.ensure(now))
        return self._whole(detail, now)

    def _whole(self, detail: Detail, now: datetime) -> IncidentDetail:
        roster = self._furniture.roster
        incident = self._decoder.incident(detail.page, roster, now, detail.log)
        alert = self._decoder.alert(detail.page, incident)
        return IncidentDetail(
            incident=incident,
            timeline=self._decoder.timeline(detail, roster),
            alerts=(alert,) if alert is not None else (),
        )

    # -- actions -----------------------------------------------------------------------------------------------

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """For a note and an override: the ids of those that say the same already; for what adds somebody: who was asked
        before, and the log's lines of that kind. Raises SourceError."""
        if row.verb is Verb.OVERRIDE:
            return overriding.equal_ones(await self._api.overrides(row), row)
        native_id = split_id(row.target)[1]
        if row.verb is Verb.NOTE:
            me, detail, _ = await asyncio.gather(
                self._acting(), self._api.detail(native_id), self._furniture.ensure(self._clock.now())
            )
            return equal_notes(row, detail, self._furniture.roster, me)
        if row.verb in (Verb.ESCALATE, Verb.RESPONDERS):
            detail = await self._api.detail(native_id)
            asked = tuple(responder_key(one.kind, one.id) for one in detail.page.responders)
            return (*asked, *(line.id for line in detail.log if line.kind in STEPS))
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Send the action once. That it was taken is not yet that it was done: see :meth:`confirm`.

        Raises:
            SourceError: Refused where the system says no at once, Unsupported where it cannot.
        """
        if not can(self.capabilities, row.verb):
            raise Unsupported(f"{self._api.system} cannot {row.verb.value.replace('_', ' ')}")
        if row.verb is Verb.OVERRIDE:
            self._furniture.outdate_duties()
            return await self._api.override(row)
        if row.verb is Verb.DECLARE:
            return await self._api.declare(row, await self._acting())
        me, _ = await asyncio.gather(self._acting(), self._furniture.ensure(self._clock.now()))
        return await self._api.send(row, me, self._furniture.roster)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """What became of the request, by its own outcome; where that is not told, by what the page shows. Raises
        SourceError."""
        if row.verb is Verb.OVERRIDE:
            return await self._standing_in(row)
        if row.verb is Verb.DECLARE:
            return await self._declared(row)
        now = self._clock.now()
        native_id = split_id(row.target)[1]
        done = await self._api.outcome(row)
        if None in done and now - (row.answered_at or row.sent_at or row.created_at) < DONE_WITHIN:
            return Confirmation(outcome=Outcome.UNKNOWN, text=f"{self._api.system} has taken it and not yet done it")
        refused = next((one for one in done if one is not None and not one.success), None)
        try:
            detail, me, _ = await asyncio.gather(
                self._api.detail(native_id), self._acting(), self._furniture.ensure(now)
            )
        except NotFound:
            if refused is not None:
                return Confirmation(outcome=Outcome.REFUSED, text=refused.text)
            return Confirmation(outcome=Outcome.UNKNOWN, text=f"{self._api.system} does not find it any more")
        whole = self._whole(detail, now)
        seen = Evidence(
            row=row,
            detail=detail,
            incident=whole.incident,
            roster=self._furniture.roster,
            me=me,
            now=now,
            skew=self._api.client.clock_skew or timedelta(),
            severities=self._severities,
        )
        is_done = bool(done) and refused is None and None not in done
        found = with_closing_words(Confirmation(outcome=Outcome.APPLIED) if is_done else judge(seen), seen)
        if refused is not None and found.outcome not in (Outcome.APPLIED, Outcome.SUPERSEDED):
            found = Confirmation(outcome=Outcome.REFUSED, text=refused.text)
        return replace(found, detail=whole)

    async def _declared(self, row: OutboxRow) -> Confirmation:
        """Whether the page that was asked for is there: by its request, else by its alias."""
        now = self._clock.now()
        done = await self._api.outcome(row) if row.answered_at is not None else ()
        if None in done and now - (row.answered_at or now) < DONE_WITHIN:
            return Confirmation(outcome=Outcome.UNKNOWN, text=f"{self._api.system} has taken it and not yet done it")
        told = next((one for one in done if one is not None), None)
        if told is not None and not told.success:
            return Confirmation(outcome=Outcome.REFUSED, text=told.text)
        native_id = told.page if told is not None else None
        native_id = native_id or await self._made(row)
        if native_id is not None:
            return Confirmation(outcome=Outcome.APPLIED, native_ref=native_id, detail=await self.read(native_id))
        if now - (row.sent_at or row.created_at) < QUEUE:
            return Confirmation(outcome=Outcome.UNKNOWN, text="it does not show yet")
        return Confirmation(outcome=Outcome.NOT_APPLIED)

    async def _made(self, row: OutboxRow) -> str | None:
        alias = dedup_key(row)
        since = server_now(self._api.client, row.created_at) - MADE_BEFORE
        # By its alias only an open one is found: somebody may have closed it before it was read back.
        return await self._api.by_alias(alias) or of_alias(await self._api.rows_since(since), alias)

    async def _standing_in(self, row: OutboxRow) -> Confirmation:
        self._furniture.outdate_duties()
        try:
            return overriding.judge(await self._api.overrides(row), row)
        except NotFound:
            return Confirmation(outcome=Outcome.UNKNOWN, text=f"{self._api.system} does not find the schedule any more")

    # -- the rest ----------------------------------------------------------------------------------------------

    async def probe(self) -> Probe:
        """Whether the key works, as whom, what it can. Never raises SourceError."""
        user: Person | None = None
        found = Inspection()
        error: SourceError | None = None
        try:
            found = await self._api.inspect()
        except SourceError as caught:
            error = caught
        notes = list(found.notes)
        if error is None:
            try:
                user = await self._find_me()
            except (AuthFailed, Refused) as refused:
                notes.append(f"who you are is not told, so nothing is mine: {refused}")
            except SourceError as caught:
                error = caught
            else:
                notes += [] if user is not None else [self._stranger()]
        warning = self._api.ends(self._clock.now())
        client = self._api.client
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=client.latency_ms,
            version=found.version,
            user=user,
            can=() if error else tuple(sorted(one.value for one in self.capabilities - found.missing)),
            rate_limit=client.budget.limit if client.budget else None,
            rate_remaining=client.budget.remaining if client.budget else None,
            clock_skew_s=client.clock_skew.total_seconds() if client.clock_skew is not None else None,
            notes=(*notes, warning) if warning else tuple(notes),
        )

    def _stranger(self) -> str:
        if self._wanted is None:
            return "no user is configured: nothing is mine (seat.user, or user: of this source)"
        return f"{self._wanted} is nobody there, or several: nothing is mine (seat.user, or user: of this source)"

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._api.aclose()


class _Details:
    """Remembers in which form each page's log and notes were read last, so that only what changed is read again."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, datetime]] = {}
        self._waiting: dict[str, int] = {}
        """Native id -> rank; the lower the sooner."""

    async def read(
        self, api: Api, pages: Sequence[Page], known: Known, parts: Parts, now: datetime
    ) -> dict[str, Detail]:
        """The pages whose turn it is, whole: new ones first, then changed ones, then what this process has not read
        or not for a while."""
        for page in pages:
            rank = self._rank(page, known.incidents.get(page.native_id), now)
            if rank is not None:
                self._waiting[page.native_id] = rank
        chosen = sorted(self._waiting, key=self._waiting.__getitem__)[:MAX_DETAILS]
        read = await asyncio.gather(*(parts.take(f"log of {one}", api.detail(one)) for one in chosen))
        found = {}
        for native_id, detail in zip(chosen, read, strict=True):
            del self._waiting[native_id]
            if detail is not None:
                found[native_id] = detail
                self._read[native_id] = (_stamp(detail.page), now)
        for native_id in list(self._read)[:-MAX_REMEMBERED]:
            del self._read[native_id]
        return found

    def _rank(self, page: Page, held: Incident | None, now: datetime) -> int | None:
        is_open = page.state is not IncidentState.RESOLVED
        stamp, at = self._read.get(page.native_id, ("", None))
        if stamp == _stamp(page) and at is not None and not (is_open and now - at >= READ_AGAIN):
            return None
        changed = held is None or held.updated_at != page.updated_at
        return (0 if held is None else 1 if changed else 2) + (0 if is_open else 3)


def _stamp(page: Page) -> str:
    return f"{page.updated_at} {page.state} {page.count} {page.owner}"

"""The seed's shift lived through at a desk: a pager, a status page, and Alice, who does at each minute what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from oncall_tui.channels.statuspage import Options, make
from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import Planned
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.statuspage import PAGE, TOKEN, StatuspageSim
from oncall_tui.demo.transport import WorldTransport
from oncall_tui.desk.shift import draft_handover, load_edits
from oncall_tui.documents.messages import publication
from oncall_tui.handover import Handover, HandoverEdits, edits_key, encode_edits
from oncall_tui.model import EntryKind, IncidentFacts, OnCall, OutboxState, Ref, Snapshot, Verb
from oncall_tui.policy.life import life
from oncall_tui.policy.marks import marks
from oncall_tui.policy.publication import Story, story
from oncall_tui.sources.base import Seat, SourceContext
from tests.desk.room import Room, open_room
from tests.seed.example import PAGE_TITLE, REPORT, SHIFT, UPDATES, Update, at
from tests.support.clock import ManualClock
from tests.support.fakes import ALICE, FakePagerServer

INCIDENT = "pager:Q1"
BEGINS, ENDS = at("08:00"), at("20:00")
REVIEW = at("10:00") + timedelta(days=1)
"""The seed: "Post-incident review scheduled for tomorrow"."""


class SeedsDay:
    """The room, and the company's status page."""

    def __init__(self, room: Room, page: StatuspageSim) -> None:
        self.room = room
        self.page = page
        self.told: dict[str, str] = {}
        """What was proposed for the status page, by status."""

    async def until(self, moment: datetime) -> None:
        """Nothing happens until then."""
        await self.room.run((moment - self.room.clock.now()).total_seconds(), step=120)

    async def act(self, verb: Verb, **params: Any) -> None:
        """Alice does it now, and the pager confirms it."""
        row = await self.room.act(verb, INCIDENT, **params)
        await self.room.settle()
        assert await self.room.state(row) is OutboxState.CONFIRMED

    async def note(self, text: str) -> None:
        """Alice writes on the timeline."""
        await self.act(Verb.NOTE, text=text, at=None, kind=None)

    async def view(self) -> IncidentFacts:
        """What the store has of the incident, read whole."""
        assert await self.room.desk.read(INCIDENT) is None
        view = await self.room.desk.view(INCIDENT)
        assert view is not None
        return view

    async def story(self) -> Story:
        """What its timeline tells now."""
        view = await self.view()
        found = marks(view.timeline)
        return story(view.incident, life(view.incident, view.timeline, None), found, view.timeline)

    async def publish(self, update: Update) -> None:
        """What the product proposes for that status goes to the page as it is."""
        view, told = await self.view(), await self.story()
        told = replace(told, wanted=replace(told.wanted, status=update.status))
        rules = self.room.desk.settings.board
        text = publication(view.incident, rules.policy, rules.zone, told, now=self.room.clock.now())
        self.told[update.status] = text
        params: Mapping[str, Any] = {"text": text, "status": update.status, "impact": None, "components": {}}
        published = next((row for row in await self.room.desk.outbox() if row.verb is Verb.PUBLISH), None)
        if published is None:
            verb, params = Verb.PUBLISH, {**params, "title": PAGE_TITLE}
        else:
            verb, params = Verb.PUBLISH_UPDATE, {**params, "publication": published.native_ref}
        row = await self.room.desk.tell(verb, "page", about=INCIDENT, params=params, title=PAGE_TITLE, undo=False)
        await self.room.settle()
        assert await self.room.state(row) is OutboxState.CONFIRMED, await self.room.row(row)

    async def handover(self) -> Handover:
        """As it has written itself, with Alice's own lines."""
        desk = self.room.desk
        board = await desk.board()
        shift = board.shift
        key = edits_key(shift.start, shift.end, on_call=shift.on_call)
        await desk.set_value(key, encode_edits(HandoverEdits(items=tuple(SHIFT.items), notes=tuple(SHIFT.notes))))
        return await draft_handover(desk, board, shift.start, self.room.clock.now(), await load_edits(desk, board))


async def open_day(folder: Path) -> SeedsDay:
    """08:00, nothing has happened yet; Alice has the shift until 20:00."""
    clock = ManualClock(BEGINS)
    page = StatuspageSim(clock, 7)
    gate = Gate([page], clock=clock, faults=[Planned()], seen=lambda prefix, request, response: None)
    options = Options(
        name="page",
        kind="statuspage",
        token=Secret("literal", TOKEN),
        base_url="http://127.0.0.1:1/statuspage/v1",
        page=PAGE,
    )
    transport = WorldTransport(gate.exchange, clock)
    seat = Seat(user="alice@example.com", teams=("Payments",))
    channel = make(options, SourceContext(name="page", seat=seat, clock=clock, transport=transport))
    room = await open_room(folder, clock=clock, server=FakePagerServer(clock), channels=(channel,))
    await room.desk.start()
    await room.settle()
    holds = OnCall(source="pager", team="Payments", level=1, person=ALICE, since=BEGINS, until=ENDS)
    (state,) = await room.desk.source_states()
    await room.store.apply(Snapshot(source="pager", taken_at=clock.now(), on_call=(holds,)), state)
    return SeedsDay(room, page)


def trigger(day: SeedsDay, native_id: str, title: str, severity: int, service: str, said: str) -> None:
    """The pager pages."""
    now = day.room.clock.now()
    day.room.server.add(
        native_id,
        title=title,
        severity=severity,
        created_at=now,
        updated_at=now,
        service=Ref(id=f"S{native_id}", name=service),
        number="INC-2024-001" if native_id == "Q1" else None,
    )
    day.room.server.log(f"pager:{native_id}", EntryKind.TRIGGERED, said, "monitoring")


def review_notes() -> list[str]:
    """What the review notes on the timeline: the report's sections, each line a mark."""
    said = REPORT.sections
    return [
        f"root cause: {said['Root Cause'][0]}",
        "\n".join(f"impact: {line.removeprefix('- ')}" for line in said["Impact"]),
        "\n".join(f"lesson: {line.partition('. ')[2]}" for line in said["Lessons Learned"]),
        "\n".join(f"action: {line.removeprefix('- [ ] ')}" for line in said["Action Items"]),
    ]


async def live_through(day: SeedsDay) -> None:
    """From 08:00 to 16:45, minute by minute as the seed tells it."""
    investigating, identified, resolved = UPDATES
    await day.until(at("10:00"))
    trigger(day, "Q2", SHIFT.titles["sev3"][0], 3, "storage", "Backup is late")
    await day.until(at("12:00"))
    trigger(day, "Q3", SHIFT.titles["sev3"][1], 3, "edge", "Refresh failed")
    said = [text for _, text in REPORT.timeline]
    await day.until(at("14:30"))
    trigger(day, "Q1", SHIFT.titles["sev2"][0], 2, REPORT.facts["Affected"], said[0])
    await day.until(at("14:32"))
    await day.act(Verb.ACKNOWLEDGE)
    entries = day.room.server.entries
    entries[-1] = replace(entries[-1], text=said[1])  # the pager's log in the seed's words
    await day.until(at("14:35"))
    await day.note(said[2])
    await day.until(at("14:40"))
    await day.note("impact: Some users experiencing slow payment processing")
    await day.until(investigating.at)
    await day.publish(investigating)
    await day.note(said[3])
    await day.until(at("14:46"))
    await day.note("root cause: Database connection pool exhaustion")
    await day.until(at("15:00"))
    await day.note(said[4])
    await day.until(at("15:10"))
    await day.note("mitigation: We're increasing connection pool size\neta: 15:45 UTC")
    await day.until(identified.at)
    await day.publish(identified)
    await day.until(at("16:40"))
    await day.note("root cause: Database connection pool insufficient after new deployment")
    await day.until(at("16:44"))
    await day.note(
        "recovered: All payment processing back to normal\nnext steps: Post-incident review scheduled for tomorrow"
    )
    await day.until(at("16:45"))
    await day.note(said[5])
    await day.act(Verb.RESOLVE)
    await day.publish(resolved)

"""What goes in comes out; what is absent is not dropped (W12); equal facts are no news."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from oncall_tui.model import (
    Alert,
    AlertState,
    Directory,
    EntryKind,
    HealthCheck,
    HealthStatus,
    Incident,
    IncidentDetail,
    IncidentState,
    NoteKind,
    OnCall,
    OutboxState,
    Person,
    Silence,
    Snapshot,
    SourceState,
    TimelineEntry,
    Verb,
)
from oncall_tui.store import Store
from tests.store.conftest import row
from tests.support.clock import START, ManualClock
from tests.support.fakes import ALICE, BOB, incident

S = timedelta(seconds=1)


def state(name: str = "pager", **given: object) -> SourceState:
    facts: dict[str, object] = {"name": name, "kind": "fake", "last_success": START, "last_attempt": START}
    return SourceState(**(facts | given))  # type: ignore[arg-type]


def snapshot(source: str = "pager", at: timedelta = 0 * S, **given: object) -> Snapshot:
    return Snapshot(source=source, taken_at=START + at, **given)  # type: ignore[arg-type]


def alert(native_id: str, **given: object) -> Alert:
    facts: dict[str, object] = {
        "id": f"alerts:{native_id}",
        "source": "alerts",
        "native_id": native_id,
        "name": "HighErrorRate",
        "state": AlertState.FIRING,
        "first_at": START - 60 * S,
        "last_at": START,
    }
    return Alert(**(facts | given))  # type: ignore[arg-type]


def entry(native_id: str, kind: EntryKind, at: timedelta, **given: object) -> TimelineEntry:
    return TimelineEntry(
        id=f"pager:{native_id}",
        incident_id="pager:Q1",
        at=START + at,
        kind=kind,
        text=kind.value,
        **given,  # type: ignore[arg-type]
    )


async def alerts(store: Store, now: datetime) -> list[Alert]:
    """Every alert that is in a group, by itself."""
    ids = [one for group in (await store.facts(now)).groups for one in group.ids]
    return [found for one in ids if (found := await store.alert(one)) is not None]


async def test_a_whole_snapshot_comes_out_as_it_went_in(store: Store) -> None:
    one = incident("Q1")
    check = HealthCheck(id="pager:h", source="pager", name="api", status=HealthStatus.OK, checked_at=START, value=1.5)
    holder = OnCall(source="pager", team="Payments", level=1, person=ALICE)
    silence = Silence(
        id="pager:S1", source="pager", native_id="S1", matchers=('a="b"',), created_by="a", comment="c",
        starts_at=START, ends_at=START + timedelta(hours=1), state="active",
    )  # fmt: skip
    people = Directory(people=(ALICE, BOB), me=ALICE)
    firing = replace(alert("F1"), id="pager:F1", source="pager")
    changed = await store.apply(
        snapshot(
            incidents=(one,), incidents_complete=True, alerts=(firing,), alerts_complete=True, health=(check,),
            on_call=(holder,), silences=(silence,), directory=people, shifts=(),
        ),
        state(),
    )  # fmt: skip
    facts = await store.facts(START)
    assert changed
    assert facts.incidents == (one,)
    assert [group.head for group in facts.groups] == [firing]
    assert facts.health == (check,)
    assert [sample.value for sample in facts.history["pager:h"]] == [1.5]
    assert facts.on_call == (holder,)
    assert facts.silences == (silence,)
    assert facts.directories == {"pager": people}
    assert facts.sources == (state(),)


async def test_equal_facts_are_no_news(store: Store) -> None:
    told = snapshot(incidents=(incident("Q1"),), alerts=(alert("F1"),), timeline=(entry("L1", EntryKind.NOTE, 0 * S),))
    assert await store.apply(told, state())
    later = state(last_success=START + 30 * S, last_attempt=START + 30 * S, latency_ms=12.0)
    assert not await store.apply(replace(told, taken_at=START + 30 * S), later)
    assert (await store.source_states())[0].last_success == START + 30 * S


async def test_a_check_that_says_the_same_is_news_only_while_its_line_grows(store: Store) -> None:
    def result(n: int, value: float = 1.0) -> Snapshot:
        at = START + n * 30 * S
        check = HealthCheck(id="pager:h", source="pager", name="h", status=HealthStatus.OK, checked_at=at, value=value)
        return snapshot(health=(check,))

    news = [await store.apply(result(n), state()) for n in range(30)]
    assert news == [True] * 24 + [False] * 6
    assert not await store.apply(result(29), state())
    assert await store.apply(result(30, value=2.0), state())
    history = (await store.facts(START)).history["pager:h"]
    assert len(history) == 24
    assert history[-1].value == 2.0
    assert history[0].at < history[-1].at


async def test_parts_that_are_none_stay_and_parts_that_are_empty_go(store: Store) -> None:
    holder = OnCall(source="pager", team="Payments", level=1, person=ALICE)
    await store.apply(snapshot(on_call=(holder,), incidents=(incident("Q1"),)), state())
    assert not await store.apply(snapshot(), state())
    assert (await store.facts(START)).on_call == (holder,)
    assert await store.apply(snapshot(on_call=()), state())
    assert (await store.facts(START)).on_call == ()


async def test_an_open_incident_that_a_complete_list_leaves_out_stays(store: Store) -> None:
    await store.apply(snapshot(incidents=(incident("Q1"), incident("Q2")), incidents_complete=True), state())
    await store.apply(snapshot(at=30 * S, incidents=(incident("Q2"),), incidents_complete=True), state())
    facts = await store.facts(START + 30 * S)
    assert {one.id: one.state for one in facts.incidents} == {
        "pager:Q1": IncidentState.TRIGGERED,
        "pager:Q2": IncidentState.TRIGGERED,
    }


async def test_one_that_its_system_does_not_find_any_more_is_unknown_and_visible(store: Store) -> None:
    await store.apply(snapshot(incidents=(incident("Q1"),)), state())
    assert await store.mark_unknown("pager:Q1")
    assert not await store.mark_unknown("pager:Q1")
    assert [one.state for one in (await store.facts(START)).incidents] == [IncidentState.UNKNOWN]


async def test_an_alert_absent_from_a_complete_list_has_ended_and_from_another_it_has_not(store: Store) -> None:
    muted = alert("F2", silenced_by=("alerts:S1",), state=AlertState.SILENCED)
    await store.apply(snapshot("alerts", alerts=(alert("F1"), muted), alerts_complete=True), state("alerts"))
    await store.apply(snapshot("alerts", at=15 * S, alerts=(alert("F1"),)), state("alerts"))
    states = {one.id: one.state for one in await alerts(store, START + 15 * S)}
    assert states["alerts:F2"] is AlertState.SILENCED
    assert await store.apply(snapshot("alerts", at=30 * S, alerts=(), alerts_complete=True), state("alerts"))
    ended = {one.id: one for one in await alerts(store, START + 30 * S)}
    assert {one.state for one in ended.values()} == {AlertState.ENDED}
    assert ended["alerts:F1"].ended_at == START + 30 * S
    # Told once: that it is still absent is no news, and an hour later it is off the board.
    assert not await store.apply(snapshot("alerts", at=45 * S, alerts=(), alerts_complete=True), state("alerts"))
    assert (await store.facts(START + timedelta(hours=2))).groups == ()


async def test_an_alert_of_another_source_is_not_ended(store: Store) -> None:
    await store.apply(snapshot("alerts", alerts=(alert("F1"),), alerts_complete=True), state("alerts"))
    await store.apply(snapshot("other", alerts=(), alerts_complete=True), state("other"))
    assert [one.state for one in await alerts(store, START)] == [AlertState.FIRING]


async def test_what_was_read_whole_since_a_poll_began_is_newer_than_what_the_poll_tells(
    store: Store, clock: ManualClock
) -> None:
    """Of systems that tell no time of the last change: our own acknowledgement is not undone by a list from before."""
    await store.apply(snapshot(incidents=(incident("Q1", updated_at=None),)), state())
    clock.advance(12)
    acknowledged = incident("Q1", state=IncidentState.ACKNOWLEDGED, updated_at=None)
    await store.put_detail(IncidentDetail(incident=acknowledged))
    assert not await store.apply(snapshot(at=10 * S, incidents=(incident("Q1", updated_at=None),)), state())
    facts = await store.facts(clock.now())
    assert facts.incidents[0].state is IncidentState.ACKNOWLEDGED
    assert facts.retriggered == {}
    later = incident("Q1", updated_at=None)
    assert await store.apply(snapshot(at=13 * S, incidents=(later,)), state())
    assert (await store.facts(clock.now())).incidents[0].state is IncidentState.TRIGGERED


async def test_a_clock_that_was_put_back_keeps_nothing_from_being_told(store: Store, clock: ManualClock) -> None:
    clock.advance(3600)
    acknowledged = incident("Q1", state=IncidentState.ACKNOWLEDGED, updated_at=None)
    await store.put_detail(IncidentDetail(incident=acknowledged))
    clock.advance(-3600)
    assert await store.apply(snapshot(incidents=(incident("Q1", updated_at=None),)), state())


async def test_an_older_state_never_replaces_a_newer_one(store: Store) -> None:
    newer = incident("Q1", state=IncidentState.ACKNOWLEDGED, updated_at=START + 20 * S)
    await store.put_detail(IncidentDetail(incident=newer))
    await store.put_state(state())
    assert not await store.apply(snapshot(at=30 * S, incidents=(incident("Q1", updated_at=START + 10 * S),)), state())
    assert (await store.facts(START)).incidents == (newer,)


async def test_a_time_far_in_the_future_does_not_freeze_an_incident(store: Store) -> None:
    await store.put_detail(IncidentDetail(incident=incident("Q1", updated_at=START + timedelta(days=400))))
    resolved = incident("Q1", state=IncidentState.RESOLVED, resolved_at=START, updated_at=START)
    await store.apply(snapshot(incidents=(resolved,)), state())
    assert (await store.facts(START)).incidents[0].state is IncidentState.RESOLVED


async def test_what_only_the_whole_reading_knows_is_kept(store: Store) -> None:
    whole = incident(
        "Q1",
        state=IncidentState.ACKNOWLEDGED,
        acknowledged_at=START,
        first_acknowledged_at=START - 60 * S,
        runbook="https://runbook.example.com",
        bridge="+49 30 1",
    )
    await store.put_detail(IncidentDetail(incident=whole))
    listed = incident("Q1", state=IncidentState.ACKNOWLEDGED, escalation_level=None, updated_at=START)
    await store.apply(snapshot(incidents=(listed,)), state())
    held = (await store.facts(START)).incidents[0]
    assert (held.runbook, held.bridge) == (whole.runbook, whole.bridge)
    assert (held.first_acknowledged_at, held.acknowledged_at) == (START - 60 * S, START)
    assert held.escalation_level == 1
    # In other hands the level of before says nothing.
    moved = incident("Q1", assignees=(BOB,), escalation_level=None, updated_at=START + S)
    await store.apply(snapshot(incidents=(moved,)), state())
    assert (await store.facts(START)).incidents[0].escalation_level is None


@pytest.mark.parametrize("name", ["escalates_at", "wakes_at", "retriggers_at"])
async def test_a_deadline_that_the_system_tells_no_more_is_gone(store: Store, name: str) -> None:
    # On its last level, or since its urgency was lowered, the pager goes no further by itself.
    await store.apply(snapshot(incidents=(incident("Q1", **{name: START + 60 * S}),)), state())
    await store.apply(snapshot(incidents=(incident("Q1", updated_at=START + S),)), state())
    assert getattr((await store.facts(START)).incidents[0], name) is None


async def test_the_first_acknowledgement_comes_from_the_timeline_too(store: Store) -> None:
    await store.apply(snapshot(incidents=(incident("Q1"),)), state())
    acks = (entry("L2", EntryKind.ACKNOWLEDGED, 50 * S), entry("L1", EntryKind.ACKNOWLEDGED, 20 * S))
    await store.apply(snapshot(timeline=acks), state())
    acknowledged = incident("Q1", state=IncidentState.ACKNOWLEDGED, acknowledged_at=START + 50 * S)
    await store.apply(snapshot(incidents=(acknowledged,)), state())
    assert (await store.facts(START)).incidents[0].first_acknowledged_at == START + 20 * S


async def test_when_stakeholders_were_last_told(store: Store) -> None:
    await store.apply(
        snapshot(
            incidents=(incident("Q1"),),
            timeline=(
                entry("L1", EntryKind.STATUS_UPDATE, 10 * S),
                entry("L2", EntryKind.NOTE, 20 * S, note_kind=NoteKind.TOLD),
                entry("L3", EntryKind.NOTE, 30 * S, note_kind=NoteKind.DID),
            ),
        ),
        state(),
    )
    assert (await store.facts(START)).last_told == {"pager:Q1": START + 20 * S}
    told = row("k1", verb=Verb.NOTE, params={"text": "told", "at": "2026-11-23T14:05:00Z", "kind": "told"})
    await store.enqueue(told)
    assert (await store.facts(START)).last_told == {"pager:Q1": START + 20 * S}
    confirmed = replace(told, state=OutboxState.CONFIRMED, answered_at=START)
    await store.move(confirmed, was=frozenset({OutboxState.QUEUED}), event="confirmed")
    assert (await store.facts(START)).last_told == {"pager:Q1": START + timedelta(minutes=5)}


async def test_when_it_triggered_again(store: Store) -> None:
    acknowledged = incident("Q1", state=IncidentState.ACKNOWLEDGED, updated_at=START)
    await store.apply(snapshot(incidents=(acknowledged,)), state())
    assert (await store.facts(START)).retriggered == {}
    await store.apply(snapshot(at=60 * S, incidents=(incident("Q1", updated_at=START + 55 * S),)), state())
    assert (await store.facts(START)).retriggered == {"pager:Q1": START + 55 * S}
    back = entry("L1", EntryKind.UNACKNOWLEDGED, 58 * S)
    assert await store.apply(snapshot(at=61 * S, timeline=(back,)), state())
    assert (await store.facts(START)).retriggered == {"pager:Q1": START + 55 * S}, "the same change, by the log"
    again = entry("L2", EntryKind.UNACKNOWLEDGED, 180 * S)
    assert await store.apply(snapshot(at=181 * S, timeline=(again,)), state())
    assert (await store.facts(START)).retriggered == {"pager:Q1": START + 180 * S}


async def test_resolved_ones_stay_for_the_window(store: Store) -> None:
    resolved = incident("Q1", state=IncidentState.RESOLVED, resolved_at=START)
    await store.apply(snapshot(incidents=(resolved, incident("Q2"))), state())
    assert len((await store.facts(START + timedelta(minutes=59))).incidents) == 2
    assert [one.id for one in (await store.facts(START + timedelta(minutes=61))).incidents] == ["pager:Q2"]


async def test_known_incidents_and_the_newest_entry(store: Store, clock: ManualClock) -> None:
    old = incident("Q3", state=IncidentState.RESOLVED, resolved_at=START - timedelta(days=2))
    just = incident("Q2", state=IncidentState.RESOLVED, resolved_at=START - timedelta(hours=2))
    await store.apply(snapshot(incidents=(incident("Q1"), just, old)), state())
    assert set(await store.known_incidents("pager")) == {"Q1", "Q2"}
    assert await store.known_incidents("other") == {}
    assert await store.newest_entry("pager") is None
    back_dated = entry("L1", EntryKind.NOTE, -3600 * S, written_at=START + 5 * S)
    await store.apply(snapshot(timeline=(back_dated, entry("L2", EntryKind.OTHER, 2 * S))), state())
    assert await store.newest_entry("pager") == START + 5 * S


async def test_ids_are_found_by_their_end(store: Store) -> None:
    await store.apply(snapshot(incidents=(incident("Q1"), incident("XQ1"), incident("Q12"))), state())
    await store.apply(snapshot("alerts", alerts=(alert("abcQ1"),)), state("alerts"))
    assert set(await store.find_ids("Q1")) == {"pager:Q1", "pager:XQ1", "alerts:abcQ1"}
    assert (await store.find_ids("pager:Q1"))[0] == "pager:Q1"
    assert await store.find_ids("%") == ()
    assert await store.find_ids("") == ()


async def test_a_failed_poll_leaves_the_facts_and_tells_what_is_wrong(store: Store) -> None:
    await store.apply(snapshot(incidents=(incident("Q1"),)), state())
    failed = state(error="no connection", error_kind="unreachable", failures=1, last_attempt=START + 30 * S)
    assert await store.put_state(failed)
    assert not await store.put_state(failed)
    facts = await store.facts(START + 30 * S)
    assert len(facts.incidents) == 1
    assert facts.sources == (failed,)


async def test_a_shift_has_what_began_was_touched_or_is_open(store: Store) -> None:
    day = timedelta(days=1)
    times = {
        "BEFORE": incident("BEFORE", state=IncidentState.RESOLVED, created_at=START - 2 * day, resolved_at=START - day),
        "OPEN": incident("OPEN", created_at=START - 2 * day),
        "IN": incident("IN", state=IncidentState.RESOLVED, created_at=START + S, resolved_at=START + 2 * S),
        "AFTER": incident("AFTER", created_at=START + day),
        "Q1": incident("Q1", state=IncidentState.RESOLVED, created_at=START - 2 * day, resolved_at=START - day),
    }
    await store.apply(
        snapshot(incidents=tuple(times.values()), timeline=(entry("L1", EntryKind.NOTE, 10 * S),)), state()
    )
    facts = await store.shift_facts(START, START + timedelta(hours=12))
    assert {one.native_id for one in facts.incidents} == {"OPEN", "IN", "Q1"}
    assert [one.id for one in facts.timeline] == ["pager:L1"]


async def test_how_often_an_alert_fired_is_counted_by_shift(store: Store) -> None:
    hour = timedelta(hours=1)
    for n in range(-3, 5):
        begun = START + n * hour + S
        await store.apply(
            snapshot(
                "alerts", at=n * hour + S, alerts=(alert("F1", first_at=begun, last_at=begun),), alerts_complete=True
            ),
            state("alerts"),
        )
        await store.apply(snapshot("alerts", at=n * hour + 60 * S, alerts=(), alerts_complete=True), state("alerts"))
    facts = await store.shift_facts(START, START + 12 * hour)
    assert [one.count for one in facts.alerts] == [5]
    assert [one.count for one in facts.earlier_alerts] == [3]


async def test_a_row_that_cannot_be_read_is_left_out_not_the_whole_board(store: Store) -> None:
    await store.apply(snapshot(incidents=(incident("Q1"), incident("Q2"))), state())
    await store._database.run(lambda db: db.execute("UPDATE incident SET data = x'7b' WHERE id = 'pager:Q1'"))
    assert [one.id for one in (await store.facts(START)).incidents] == ["pager:Q2"]


async def test_hostile_values_go_in_and_out(store: Store) -> None:
    odd = incident(
        "Q'1\"; DROP TABLE incident; --", title="[@click=app.quit]x[/] \\x1b", assignees=(Person(id="", name="𝕬"),)
    )
    await store.apply(snapshot(incidents=(odd,)), state())
    assert (await store.facts(START)).incidents == (odd,)
    nan = HealthCheck(
        id="pager:n", source="pager", name="n", status=HealthStatus.UNKNOWN, checked_at=START, value=float("nan")
    )
    await store.apply(snapshot(health=(nan,)), state())
    assert (await store.facts(START)).health[0].value is None


async def test_ten_thousand_incidents(store: Store) -> None:
    many: tuple[Incident, ...] = tuple(incident(f"Q{n}") for n in range(10_000))
    assert await store.apply(snapshot(incidents=many, incidents_complete=True), state())
    assert not await store.apply(snapshot(incidents=many, incidents_complete=True), state())
    assert len((await store.facts(START)).incidents) == 10_000

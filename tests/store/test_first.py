"""A start with very many incidents reads those first that were seen last, and says how many are missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oncall_tui.board import BoardSettings, Builder, PaneName
from oncall_tui.model import EntryKind, First, Incident, IncidentState, TimelineEntry
from oncall_tui.store import Store
from oncall_tui.store.queries import WORTH_IT
from tests.store.test_facts import snapshot, state
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident

MANY = WORTH_IT + 40


async def filled(store: Store, count: int = MANY) -> list[Incident]:
    some = [incident(f"Q{number:05d}", created_at=START - timedelta(minutes=number)) for number in range(count)]
    told = TimelineEntry(id="pager:e1", incident_id="pager:Q00002", kind=EntryKind.STATUS_UPDATE, at=START, text="told")
    await store.apply(snapshot(incidents=tuple(some), incidents_complete=True, timeline=(told,)), state())
    return some


async def test_these_alone_and_how_many_are_missing(store: Store) -> None:
    await filled(store)
    whole = await store.facts(START)
    ids = ("pager:Q00003", "pager:Q00002", "pager:Q00007")
    some = await store.facts(START, first=First(edition=whole.edition, ids=ids))
    assert {one.id for one in some.incidents} == set(ids)
    assert (some.unread, some.counting) == (MANY - 3, True)
    assert some.last_told == {"pager:Q00002": START}
    assert replace(some, incidents=(), unread=0, counting=False, last_told={}) == replace(
        whole, incidents=(), groups=(), last_told={}
    )
    again = await store.facts(START)
    assert (again.unread, len(again.incidents)) == (0, MANY)


async def test_all_of_them_where_anything_has_changed(store: Store, clock: ManualClock) -> None:
    some = await filled(store)
    first = First(edition=(await store.facts(START)).edition, ids=(some[0].id,))
    changed = replace(some[5], state=IncidentState.ACKNOWLEDGED)
    await store.apply(snapshot(incidents=(changed,), incidents_complete=False), state())
    assert (await store.facts(START, first=first)).unread == 0
    assert (await store.facts(START, first=First(edition="", ids=("x' OR 1=1",)))).unread == 0


async def test_all_of_them_where_there_are_few(store: Store) -> None:
    some = await filled(store, 20)
    first = First(edition=(await store.facts(START)).edition, ids=(some[0].id,))
    facts = await store.facts(START, first=first)
    assert (facts.unread, len(facts.incidents)) == (0, 20)


async def test_the_board_begins_as_the_whole_one_does(store: Store) -> None:
    await filled(store)
    settings = BoardSettings(sources=(("pager", "fake"),), capabilities={"pager": frozenset({"incidents"})})
    facts = await store.facts(START)
    whole = Builder().build(facts, settings, START)
    ids = tuple(row.id for row in whole.incidents[:30])
    builder = Builder()
    begun = builder.build(await store.facts(START, first=First(edition=facts.edition, ids=ids)), settings, START)
    assert begun.incidents == whole.incidents[:30]
    assert begun.panes[PaneName.INCIDENTS].unread == MANY - 30
    assert builder.build(await store.facts(START), settings, START) == whole

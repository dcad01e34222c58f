"""Changes and action items come out as they went in; a part that did not come keeps what is there."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from oncall_tui.model import (
    ActionItem,
    Alert,
    AlertState,
    Change,
    ChangeKind,
    IncidentDetail,
    Ref,
    Snapshot,
    SourceState,
)
from oncall_tui.policy.identity import Identity
from oncall_tui.store import Store
from oncall_tui.store.files import DATABASE
from oncall_tui.store.schema import MIGRATIONS, migrate, version_of
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident

HOUR = timedelta(hours=1)
GRAFANA = SourceState(name="grafana", kind="fake")


def change(native_id: str, hours: float, **given: object) -> Change:
    """One that begins ``hours`` from the clock's start."""
    facts: dict[str, object] = {
        "id": f"grafana:{native_id}",
        "source": "grafana",
        "native_id": native_id,
        "title": f"deploy {native_id}",
        "at": START + hours * HOUR,
        "service": "payments",
    }
    return Change(**(facts | given))  # type: ignore[arg-type]


def item(native_id: str, **given: object) -> ActionItem:
    facts: dict[str, object] = {
        "id": f"jira:{native_id}",
        "source": "jira",
        "native_id": native_id,
        "title": f"do {native_id}",
        "state": "To Do",
        "done": False,
    }
    return ActionItem(**(facts | given))  # type: ignore[arg-type]


async def tell(store: Store, *changes: Change, hours: float = 0) -> bool:
    return await store.apply(Snapshot(source="grafana", taken_at=START + hours * HOUR, changes=changes), GRAFANA)


async def todo(store: Store, *items: ActionItem, hours: float = 0) -> None:
    state = SourceState(name="jira", kind="fake")
    await store.apply(Snapshot(source="jira", taken_at=START + hours * HOUR, action_items=items), state)


async def seen(store: Store, hours: float = 0) -> list[str]:
    return [one.native_id for one in (await store.facts(START + hours * HOUR)).changes]


# -- changes ---------------------------------------------------------------------------------------------------


async def test_a_board_knows_of_the_changes_from_a_day_ago_to_a_week_ahead(store: Store) -> None:
    long_window = change("long", -60, until=START - 2 * HOUR, kind=ChangeKind.MAINTENANCE)
    assert await tell(
        store,
        change("now", 0),
        change("old", -25),
        change("day", -24),
        change("week", 168),
        change("far", 169),
        long_window,
    )
    facts = await store.facts(START)
    assert [one.native_id for one in facts.changes] == ["long", "day", "now", "week"]
    assert facts.changes[0] == long_window
    assert await seen(store, 2) == ["long", "now", "week", "far"]
    assert await seen(store, 26) == ["week", "far"]
    assert await seen(store, 0) == ["long", "day", "now", "week"]  # a clock that was put back


async def test_equal_changes_are_no_news_and_the_same_objects(store: Store) -> None:
    await tell(store, change("1", -1))
    first = (await store.facts(START)).changes
    assert not await tell(store, change("1", -1))
    again = (await store.facts(START)).changes
    assert first[0] is again[0]
    assert await tell(store, change("1", -1, title="renamed"))
    assert [one.title for one in (await store.facts(START)).changes] == ["renamed"]


async def test_what_does_not_come_stays_and_what_is_called_off_goes(store: Store) -> None:
    until = START + 2 * HOUR
    await tell(store, change("past", -2), change("running", -1, until=until), change("planned", 5))
    await store.apply(Snapshot(source="grafana", taken_at=START), GRAFANA)
    assert await seen(store) == ["past", "running", "planned"]
    assert await tell(store, change("planned", 5), hours=1)
    assert await seen(store, 1) == ["past", "planned"]
    assert await tell(store, hours=1)
    assert await seen(store, 1) == ["past"]


async def test_one_source_does_not_call_off_what_another_planned(store: Store) -> None:
    await tell(store, change("1", 5))
    other = Snapshot(source="pager", taken_at=START, changes=())
    await store.apply(other, SourceState(name="pager", kind="fake"))
    assert await seen(store) == ["1"]


async def test_beside_an_incident_is_what_changed_on_its_service_before_it_and_is_planned(store: Store) -> None:
    began = START - 10 * HOUR
    await store.apply(
        Snapshot(source="pager", taken_at=START, incidents=(incident("Q1", created_at=began),)),
        SourceState(name="pager", kind="fake"),
    )
    await tell(
        store,
        change("before", -11, service="Payments"),
        change("unnamed", -12, service=None),
        change("planned", 30),
        change("edge", -11, service="edge"),
        change("long before", -17),
    )
    view = await store.incident("pager:Q1")
    assert view is not None
    assert [one.native_id for one in view.changes] == ["planned", "before", "unnamed"]


async def test_a_shift_has_what_was_changed_in_it_and_what_is_planned(store: Store) -> None:
    await tell(store, change("before", -13), change("in", -3), change("next", 20), change("far", 200))
    facts = await store.shift_facts(START - 12 * HOUR, START)
    assert [one.native_id for one in facts.changes] == ["in", "next"]


# -- action items ----------------------------------------------------------------------------------------------


async def test_action_items_come_out_and_those_told_no_more_are_followed_no_more(store: Store) -> None:
    done = item("OPS-2", done=True, state="Done")
    await todo(store, item("OPS-1"), done, item("OPS-3", incident_id="pager:Q1"))
    facts = await store.shift_facts(START - HOUR, START)
    assert facts.action_items == (item("OPS-1"), item("OPS-3", incident_id="pager:Q1"), done)
    await store.apply(Snapshot(source="jira", taken_at=START, action_items=None), SourceState(name="jira", kind="fake"))
    assert len((await store.shift_facts(START - HOUR, START)).action_items) == 3
    await todo(store, replace(item("OPS-1"), done=True, state="Done"))
    facts = await store.shift_facts(START - HOUR, START)
    assert [(one.native_id, one.done) for one in facts.action_items] == [("OPS-1", True), ("OPS-2", True)]


async def test_an_incident_has_its_action_items(store: Store) -> None:
    await store.apply(
        Snapshot(source="pager", taken_at=START, incidents=(incident("Q1"),)), SourceState(name="pager", kind="fake")
    )
    await todo(store, item("OPS-1", incident_id="pager:Q1"), item("OPS-2", incident_id="pager:Q2"))
    view = await store.incident("pager:Q1")
    assert view is not None and [one.native_id for one in view.action_items] == ["OPS-1"]


async def test_old_changes_and_items_go(store: Store) -> None:
    await tell(store, change("1", 0))
    await todo(store, item("OPS-1", done=True))
    await store.prune(START + timedelta(days=29))
    assert len((await store.shift_facts(START - HOUR, START)).changes) == 1
    await store.prune(START + timedelta(days=91))
    facts = await store.shift_facts(START - HOUR, START)
    assert (facts.changes, facts.action_items) == ((), ())


# -- one name for each service and team ------------------------------------------------------------------------


async def test_facts_are_stored_and_read_by_the_name_that_is_shown(tmp_path: Path) -> None:
    folder, state = tmp_path / "data", SourceState(name="pager", kind="fake")
    store = await Store.open(folder, clock=ManualClock())
    old = incident("Q0", service=Ref(id="PAYSVC", name="The payments"))
    await store.apply(Snapshot(source="pager", taken_at=START, incidents=(old,)), state)
    await store.close()
    same = Identity(services={"payments": ("payments-api", "PAYSVC")})
    store = await Store.open(folder, clock=ManualClock(), identity=same)
    try:
        new = incident("Q1", service=Ref(id="S1", name="payments-api"))
        detail = IncidentDetail(incident=incident("Q2", service=Ref(id="S1", name="payments-api")))
        fired = [
            Alert(id=f"m:{name}", source="m", native_id=name, name="Slow", state=AlertState.FIRING, first_at=START,
                  last_at=START, service=name)
            for name in ("payments-api", "payments", "edge")
        ]  # fmt: skip
        await store.apply(Snapshot(source="pager", taken_at=START, incidents=(new,), alerts=tuple(fired)), state)
        await store.put_detail(detail)
        facts = await store.facts(START)
        assert {one.native_id: one.service.name for one in facts.incidents if one.service} == {
            "Q0": "The payments", "Q1": "payments", "Q2": "payments",
        }  # fmt: skip
        assert sorted(list(group.ids) for group in facts.groups) == [["m:edge"], ["m:payments", "m:payments-api"]]
        shift = await store.shift_facts(START - HOUR, START + HOUR)
        assert {one.service and one.service.name for one in shift.incidents} == {"payments"}
        found, _ = await store.incident_history(START - HOUR, START + HOUR)
        assert {one.incident.service and one.incident.service.name for one in found} == {"payments"}
        assert await store.fired(START - HOUR, START + HOUR, ["m"], "service") == {"payments": 2, "edge": 1}
    finally:
        await store.close()


# -- migration -------------------------------------------------------------------------------------------------


async def test_a_store_of_version_2_is_brought_forward_with_all_it_held(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store = await Store.open(folder, clock=ManualClock())
    await store.apply(
        Snapshot(source="pager", taken_at=START, incidents=(incident("Q1"),)), SourceState(name="pager", kind="fake")
    )
    await store.close()
    with sqlite3.connect(folder / DATABASE, isolation_level=None) as db:
        of_then = sqlite3.connect(":memory:", isolation_level=None)
        migrate(of_then, MIGRATIONS[:2])
        kept = set(of_then.execute("SELECT name FROM sqlite_master"))
        of_then.close()
        for kind in ("trigger", "index", "table"):
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,)).fetchall():
                if (name,) not in kept and not name.startswith("sqlite_"):
                    db.execute(f"DROP {kind} {name}")
        db.execute("DELETE FROM mark WHERE name = 'change'")
        db.execute("PRAGMA user_version = 2")
        migrate(db, MIGRATIONS[:2])
        assert version_of(db) == 2
    db.close()
    store = await Store.open(folder, clock=ManualClock())
    try:
        await tell(store, change("1", 1))
        facts = await store.facts(START)
        assert [one.id for one in facts.incidents] == ["pager:Q1"]
        assert [one.native_id for one in facts.changes] == ["1"]
    finally:
        await store.close()

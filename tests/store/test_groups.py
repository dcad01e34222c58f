"""Alerts come out in groups, and what is kept between two readings is never told from what is read anew."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from oncall_tui.model import Alert, AlertGroup, AlertState, Facts, Incident, IncidentState, Snapshot, SourceState
from oncall_tui.store import Store
from oncall_tui.store.codec import encode, stamp
from oncall_tui.store.files import DATABASE
from oncall_tui.store.recent import KEPT
from oncall_tui.store.schema import MIGRATIONS, migrate, version_of
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident
from tests.support.make import grouped

MONITORS = {"alerts": True, "metrics": False, "pager": False}
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def alert(native_id: str, *, source: str = "alerts", **given: object) -> Alert:
    facts: dict[str, object] = {
        "id": f"{source}:{native_id}",
        "source": source,
        "native_id": native_id,
        "name": "HighErrorRate",
        "state": AlertState.FIRING,
        "first_at": START - MINUTE,
        "last_at": START,
    }
    return Alert(**(facts | given))  # type: ignore[arg-type]


async def tell(store: Store, *alerts: Alert, at: datetime = START, complete: bool = False) -> None:
    source = alerts[0].source if alerts else "alerts"
    snapshot = Snapshot(source=source, taken_at=at, alerts=alerts, alerts_complete=complete)
    await store.apply(snapshot, SourceState(name=source, kind="fake"))


async def page(store: Store, *incidents: Incident, at: datetime = START) -> None:
    await store.apply(
        Snapshot(source="pager", taken_at=at, incidents=incidents), SourceState(name="pager", kind="fake")
    )


async def groups(store: Store, now: datetime = START) -> tuple[AlertGroup, ...]:
    return (await store.facts(now, monitors=MONITORS)).groups


async def test_a_group_tells_of_its_members_without_them(store: Store) -> None:
    labels = {"alertname": "HighErrorRate", "job": "api"}
    one = alert("1", labels=labels | {"instance": "a"}, severity=3, count=2, first_at=START - HOUR / 2)
    two = alert("2", labels=labels | {"instance": "b"}, severity=2, runbook="http://r", last_at=START + MINUTE)
    over = alert("3", labels=labels, state=AlertState.ENDED, ended_at=START, severity=1)
    await tell(store, one, two, over)
    (group,) = await groups(store)
    assert list(group.ids) == ["alerts:2", "alerts:1", "alerts:3"]
    assert (group.head, group.count, group.severity, group.where) == (two, 4, 1, "2 instances")
    assert (group.first_at, group.last_at, group.runbook) == (START - HOUR / 2, START + MINUTE, "http://r")
    assert group.labels == (("alertname", "HighErrorRate"), ("job", "api"))


async def test_what_is_over_leaves_when_the_window_has_passed_it(store: Store) -> None:
    await tell(store, alert("1", state=AlertState.ENDED, ended_at=START), alert("2"))
    assert [len(group.ids) for group in await groups(store, START + HOUR)] == [2]
    assert [len(group.ids) for group in await groups(store, START + HOUR + timedelta(seconds=1))] == [1]
    assert [len(group.ids) for group in await groups(store, START)] == [2]  # a clock that was put back


async def test_how_often_one_fired_falls_when_a_firing_is_older_than_the_window(store: Store) -> None:
    for minutes in (0, 10, 20):
        at = START + minutes * MINUTE
        await tell(store, alert("1", first_at=at, last_at=at), at=at)
    counts = [(await groups(store, START + minutes * MINUTE))[0].count for minutes in (20, 60, 61, 71, 200)]
    assert counts == [3, 3, 2, 1, 1]


async def test_an_alert_that_a_resolved_incident_has_left_behind_goes_and_comes_back_with_it(store: Store) -> None:
    then = START + 2 * HOUR
    one = incident("Q1")
    await tell(store, alert("l", source="pager", incident_id=one.id))
    assert len(await groups(store, then)) == 1
    await page(store, replace(one, state=IncidentState.RESOLVED, resolved_at=START), at=START + MINUTE)
    assert len(await groups(store, START + MINUTE)) == 1
    assert len(await groups(store, then)) == 0
    await page(store, replace(one, updated_at=then), at=then)
    (group,) = await groups(store, then)
    assert group.pages == (("pager:Q1", "HighErrorRate"),)


async def test_an_alert_that_changes_its_group_is_in_one_only(store: Store) -> None:
    await tell(store, alert("1", group_key="a"), alert("2", group_key="a"))
    assert [list(group.ids) for group in await groups(store)] == [["alerts:1", "alerts:2"]]
    await tell(store, alert("1", group_key="b"))
    assert {group.key: list(group.ids) for group in await groups(store)} == {"a": ["alerts:2"], "b": ["alerts:1"]}


async def test_twins_are_one_whichever_monitor_tells_first_and_whatever_becomes_of_them(store: Store) -> None:
    labels = {"alertname": "HighErrorRate", "instance": "a"}
    told = alert("p", source="metrics", labels=labels)
    sent = alert("f", labels=labels | {"cluster": "eu"})
    await tell(store, told)
    assert [group.source for group in await groups(store)] == ["metrics"]
    await tell(store, sent)
    assert [group.source for group in await groups(store)] == ["alerts"]
    await tell(store, replace(sent, state=AlertState.ENDED, ended_at=START))
    assert [group.source for group in await groups(store)] == ["metrics"]
    without = (await store.facts(START, monitors={"alerts": True})).groups
    assert [group.head.state for group in without] == [AlertState.ENDED]


async def test_what_has_not_changed_is_the_same_object(store: Store) -> None:
    await page(store, incident("Q1"), incident("Q2"))
    await tell(store, alert("1"), alert("2", name="Other"))
    before = await store.facts(START, monitors=MONITORS)
    await page(store, incident("Q2", title="anew"))
    await tell(store, alert("2", name="Other", count=2))
    after = await store.facts(START, monitors=MONITORS)
    known = await store.known_incidents("pager")
    assert after.incidents[0] is before.incidents[0] is known["Q1"]
    assert after.incidents[1].title == known["Q2"].title == "anew"
    was, now = ({group.head.name: group for group in facts.groups} for facts in (before, after))
    assert now["HighErrorRate"] is was["HighErrorRate"]
    assert now["Other"] != was["Other"]


async def test_an_alert_whose_fingerprint_is_an_open_incidents_key_says_so(store: Store) -> None:
    await tell(store, alert("0123456789abcdef"), alert("short"), alert("b" * 16, name="Other"))
    assert {group.refs for group in await groups(store)} == {()}
    await page(store, incident("Q1", keys=("0123456789abcdef", "short")))
    refs = {group.head.name: group.refs for group in await groups(store)}
    assert refs == {"HighErrorRate": (("", "0123456789abcdef"),), "Other": ()}
    await page(store, incident("Q1", keys=("0123456789abcdef",), state=IncidentState.RESOLVED), at=START + MINUTE)
    assert {group.refs for group in await groups(store)} == {()}


async def test_labels_that_name_incidents_are_told_with_their_values(store: Store) -> None:
    await tell(store, *(alert(str(number), labels={"incident_key": f"k{number:03}"}) for number in range(30)))
    told = await store.facts(START, monitors=MONITORS, join_labels=("incident_key",))
    assert [value for _, value in told.groups[0].refs] == [f"k{number:03}" for number in range(20)]
    assert (await store.facts(START, monitors=MONITORS)).groups[0].refs == ()


# -- as if it were read anew -----------------------------------------------------------------------------------


def _shown(facts: Facts) -> tuple[object, ...]:
    return (
        sorted(facts.incidents, key=lambda one: one.id),
        sorted(facts.groups, key=lambda group: (group.source, group.key)),
        facts.retriggered,
        facts.last_told,
    )


def _by_hand(path: Path, now: datetime) -> list[AlertGroup]:
    """The groups of a window, from every alert there is."""
    with sqlite3.connect(path / DATABASE) as db:
        kept = []
        for source, native in db.execute("SELECT source, id FROM alert ORDER BY id"):
            raw, active, last_at, incident_id = db.execute(
                "SELECT data, is_active, last_at, incident_id FROM alert WHERE id = ?", (native,)
            ).fetchone()
            found = db.execute("SELECT is_open FROM incident WHERE id = ?", (incident_id,)).fetchone()
            since = stamp(now - HOUR)
            if source in MONITORS and (last_at >= since or (active and (found is None or found[0]))):
                one = _decoded(raw)
                (fired,) = db.execute(
                    "SELECT total(times) FROM firing WHERE alert_id = ? AND at >= ?", (native, since)
                ).fetchone()
                kept.append(replace(one, count=max(one.count, int(fired))))
        keys = {
            key
            for (raw,) in db.execute("SELECT data FROM incident WHERE is_open = 1")
            for key in json.loads(raw)["keys"]
            if len(key) >= 8
        }
    db.close()
    made = grouped(kept)
    return sorted((_with_refs(group, kept, keys) for group in made), key=lambda group: (group.source, group.key))


def _with_refs(group: AlertGroup, kept: list[Alert], keys: set[str]) -> AlertGroup:
    mine = set(group.ids)
    keyed = sorted(one.native_id for one in kept if one.id in mine and one.native_id in keys)
    labels = {one.labels["instance"] for one in kept if one.id in mine and "instance" in one.labels}
    return replace(group, refs=(*(("", key) for key in keyed), *(("instance", value) for value in sorted(labels))))


def _decoded(raw: bytes) -> Alert:
    from oncall_tui.store.codec import decode

    one = decode(Alert, raw)
    assert one is not None
    return one


def _events(chance: random.Random) -> Iterator[tuple[datetime, Snapshot]]:
    now = START
    for _ in range(60):
        now += timedelta(minutes=chance.choice((0, 1, 7, 25)), seconds=chance.randrange(6))
        source = chance.choice(("alerts", "alerts", "metrics", "pager"))
        state = chance.choice((IncidentState.TRIGGERED, IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED))
        keys = chance.choice(((), ("fingerprint-1",), ("fingerprint-2", "fingerprint-3"), ("1",)))
        one = incident(f"Q{chance.randrange(3)}", state=state, updated_at=now, keys=keys)
        alerts = tuple(
            alert(
                f"fingerprint-{chance.randrange(6)}",
                source=source,
                name=chance.choice(("A", "B")),
                group_key=chance.choice(("", "", "g")),
                state=chance.choice(tuple(AlertState)),
                labels={"instance": chance.choice("xy"), "job": "j"} | ({"eu": "1"} if source == "alerts" else {}),
                first_at=now - timedelta(minutes=chance.randrange(50)),
                last_at=now - timedelta(minutes=chance.randrange(90)),
                count=chance.randrange(1, 4),
                incident_id=f"pager:Q{chance.randrange(4)}" if source == "pager" else None,
            )
            for _ in range(chance.randrange(4))
        )
        yield (
            now,
            Snapshot(
                source=source,
                taken_at=now,
                alerts=tuple({one.id: one for one in alerts}.values()),
                alerts_complete=chance.random() < 0.2,
                incidents=(one,) if source == "pager" else None,
            ),
        )


@pytest.mark.parametrize("seed", range(6))
async def test_kept_between_two_readings_and_read_anew_are_the_same(tmp_path: Path, seed: int) -> None:
    clock = ManualClock()
    path = tmp_path / "data"
    store = await Store.open(path, clock=clock)
    try:
        for now, snapshot in _events(random.Random(seed)):
            await store.apply(snapshot, SourceState(name=snapshot.source, kind="fake"))
            kept = await store.facts(now, monitors=MONITORS, join_labels=("instance",))
            other = await Store.open(path, clock=clock)
            try:
                anew = await other.facts(now, monitors=MONITORS, join_labels=("instance",))
            finally:
                await other.close()
            assert _shown(kept) == _shown(anew)
            assert _shown(kept)[1] == _by_hand(path, now)
    finally:
        await store.close()


# -- stores of earlier versions, and older versions that still run ---------------------------------------------

_OLD_ALERT = (
    "INSERT OR REPLACE INTO alert (id, source, is_active, incident_id, first_at, last_at, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_OLD_INCIDENT = (
    "INSERT INTO incident"
    " (id, source, native_id, is_open, created_at, ended_at, seen_at, read_at, retriggered_at, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open,"
    " ended_at = excluded.ended_at, seen_at = excluded.seen_at, data = excluded.data"
)


def _write_as_version_1(db: sqlite3.Connection, one: Alert | Incident) -> None:
    if isinstance(one, Incident):
        ended = None if one.is_open else stamp(one.resolved_at)
        times = (stamp(one.created_at), ended, stamp(START), None, None)
        db.execute(_OLD_INCIDENT, (one.id, one.source, one.native_id, int(one.is_open), *times, encode(one)))
        return
    active = int(one.state in (AlertState.FIRING, AlertState.SILENCED, AlertState.UNKNOWN))
    last = stamp(one.ended_at or one.last_at)
    db.execute(_OLD_ALERT, (one.id, one.source, active, one.incident_id, stamp(one.first_at), last, encode(one)))


def _version_1(folder: Path, *rows: Alert | Incident) -> None:
    folder.mkdir(mode=0o700)
    path = folder / DATABASE
    path.touch(mode=0o600)
    with sqlite3.connect(path, isolation_level=None) as db:
        migrate(db, MIGRATIONS[:1])
        for row in rows:
            _write_as_version_1(db, row)
    db.close()


async def test_a_store_of_version_1_shows_what_it_held(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ended = alert("2", state=AlertState.ENDED, ended_at=START, last_at=START)
    old = alert("3", name="Old", state=AlertState.ENDED, ended_at=START - 5 * HOUR, last_at=START - 5 * HOUR)
    _version_1(folder, incident("Q1"), alert("1"), ended, old)
    store = await Store.open(folder, clock=ManualClock())
    try:
        facts = await store.facts(START, monitors=MONITORS)
        assert facts.incidents == (incident("Q1"),)
        assert [list(group.ids) for group in facts.groups] == [["alerts:1", "alerts:2"]]
    finally:
        await store.close()
    with sqlite3.connect(folder / DATABASE) as db:
        assert version_of(db) == len(MIGRATIONS)
        assert db.execute("SELECT count(*) FROM unsorted").fetchone() == (0,)
        assert db.execute("SELECT id FROM recent ORDER BY id").fetchall() == [("alerts:1",), ("alerts:2",)]
    db.close()


async def test_a_migration_that_is_killed_leaves_version_1(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    _version_1(folder, alert("1"))
    with sqlite3.connect(folder / DATABASE, isolation_level=None) as db:
        with pytest.raises(sqlite3.OperationalError):
            migrate(db, (MIGRATIONS[0], (*MIGRATIONS[1], "SELECT no_such_function()")))
        assert version_of(db) == 1
        assert db.execute("SELECT name FROM sqlite_master WHERE name = 'recent'").fetchall() == []
    db.close()


async def test_what_an_older_version_writes_beside_us_is_seen(store: Store, tmp_path: Path) -> None:
    await page(store, incident("Q1"))
    await tell(store, alert("1"))
    await store.facts(START, monitors=MONITORS)
    with sqlite3.connect(store.path, isolation_level=None) as db:
        _write_as_version_1(db, incident("Q1", title="anew"))
        _write_as_version_1(db, alert("1", count=5))
        _write_as_version_1(db, alert("2"))
    db.close()
    facts = await store.facts(START, monitors=MONITORS)
    assert [one.title for one in facts.incidents] == ["anew"]
    assert [(group.count, len(group.ids)) for group in facts.groups] == [(6, 2)]


async def test_an_incident_that_another_process_has_let_go_of_is_gone(store: Store) -> None:
    await page(store, incident("Q1"), incident("Q2"))
    await store.facts(START)
    with sqlite3.connect(store.path, isolation_level=None) as db:
        db.execute("DELETE FROM incident WHERE id = 'pager:Q1'")
    db.close()
    assert [one.id for one in (await store.facts(START)).incidents] == ["pager:Q2"]


async def test_what_is_long_over_leaves_the_groups_table(store: Store) -> None:
    await tell(store, alert("1", state=AlertState.ENDED, ended_at=START), alert("2", name="Other"))
    later = START + KEPT + MINUTE
    await store.prune(later)
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT id FROM recent").fetchall() == [("alerts:2",)]
        assert db.execute("SELECT grp FROM alert_group").fetchall() == [("Other|",)]
    db.close()
    assert [group.head.name for group in await groups(store, later)] == ["Other"]


async def test_a_row_that_cannot_be_read_takes_no_other_with_it(store: Store, folder: Path, clock: ManualClock) -> None:
    await page(store, incident("Q1"), incident("Q2"), incident("Q3"))
    await tell(store, alert("1"), alert("2"), alert("3"))
    with sqlite3.connect(store.path, isolation_level=None) as db:
        db.execute("UPDATE incident SET data = ? WHERE id = 'pager:Q2'", (b"{\xff",))
        db.execute("UPDATE recent SET brief = CAST(? AS TEXT) WHERE id = 'alerts:2'", (b"[\xff",))
    db.close()
    other = await Store.open(folder, clock=clock)
    try:
        facts = await other.facts(START, monitors=MONITORS)
    finally:
        await other.close()
    assert [one.id for one in facts.incidents] == ["pager:Q1", "pager:Q3"]
    assert [list(group.ids) for group in facts.groups] == [["alerts:1", "alerts:3"]]

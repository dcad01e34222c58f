"""What can be searched, how it gets there, and when it goes."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.model import (
    EntryKind,
    Incident,
    IncidentDetail,
    IncidentState,
    OutboxRow,
    OutboxState,
    Snapshot,
    SourceState,
    TimelineEntry,
    Verb,
)
from oncall_tui.model.search import DocumentKind, Found
from oncall_tui.store import Store, words
from oncall_tui.store.documents import STEP
from oncall_tui.store.files import DATABASE
from oncall_tui.store.schema import MIGRATIONS, migrate
from tests.store.conftest import row
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident
from tests.support.make import alert

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def note(number: int, text: str, *, of: str = "pager:Q1", **fields: Any) -> TimelineEntry:
    given: dict[str, Any] = {
        "id": f"pager:E{number}",
        "incident_id": of,
        "at": START,
        "kind": EntryKind.NOTE,
        "text": text,
        "author": "Bob",
    }
    return TimelineEntry(**(given | fields))


async def tell(store: Store, *incidents: Incident, notes: tuple[TimelineEntry, ...] = (), **parts: Any) -> None:
    taken_at = parts.pop("taken_at", START)
    told = Snapshot(source="pager", taken_at=taken_at, incidents=incidents, timeline=notes, **parts)
    await store.apply(told, SourceState(name="pager", kind="fake"))


def refs(found: Found) -> list[str]:
    return [hit.ref for hit in found.hits]


def said(found: Found) -> str:
    return "".join(f"[{text}]" if is_word else text for text, is_word in found.hits[0].snippet)


# -- what is found ---------------------------------------------------------------------------------------------------


async def test_titles_notes_and_alerts_are_found_by_the_beginnings_of_their_words(store: Store) -> None:
    await tell(
        store,
        incident("Q1", title="Payment gateway latency"),
        notes=(note(1, "root cause: the connection pool was exhausted"),),
        alerts=(alert("a1", source="pager", name="PoolExhausted", summary="40 of 40 connections in use"),),
    )
    assert refs(await store.search("gatew lat")) == ["pager:Q1"]
    found = await store.search("EXHAUST")
    assert refs(found) == ["pager:E1"] and said(found) == "Bob: root cause: the connection pool was [exhausted]"
    assert found.hits[0].title == "Payment gateway latency" and found.hits[0].incident_id == "pager:Q1"
    assert sorted(hit.kind for hit in (await store.search("connect")).hits) == [DocumentKind.ALERT, DocumentKind.NOTE]
    assert (await store.search("nothing of it")).total == 0


async def test_a_title_comes_before_a_text_and_among_equals_the_newest(store: Store) -> None:
    same = [incident(f"Q{n}", title="Disk nearly full", created_at=START - n * HOUR) for n in (3, 1, 2)]
    await tell(store, incident("Q9", title="Backup late"), *same, notes=(note(1, "the disk again", of="pager:Q9"),))
    assert refs(await store.search("disk")) == ["pager:Q1", "pager:Q2", "pager:Q3", "pager:E1"]
    assert refs(await store.search("disk", limit=2)) == ["pager:Q1", "pager:Q2"]
    assert (await store.search("disk", limit=2)).total == 4


async def test_accents_and_case_do_not_matter(store: Store) -> None:
    await tell(store, incident("Q1", title="Überlauf im Café"))
    assert refs(await store.search("uberlauf CAFE")) == ["pager:Q1"]


@pytest.mark.parametrize(
    "text",
    [
        '"',
        '""',
        "'",
        "AND",
        "NEAR(",
        "a AND",
        "title:",
        "*",
        "^",
        "-",
        "(",
        "a OR b)",
        "\x00",
        "%",
        "_",
        "\\",
        "{title}:x",
        "x" * 5000,
        "é" * 300,
    ],
)
async def test_no_text_is_syntax(store: Store, text: str) -> None:
    await tell(store, incident("Q1", title="Payment gateway latency"), notes=(note(1, "AND OR NOT NEAR( a OR b )"),))
    found = await store.search(text)
    assert found.unread == 0
    assert refs(found) == (["pager:E1"] if text in ("AND", "NEAR(", "a AND", "a OR b)") else []), "the note's words"


@pytest.mark.parametrize(
    "text", ['gate"', '"gateway', 'gateway" OR "zzz', "gateway' --", "(gateway)", "gateway*", "+gateway"]
)
async def test_signs_at_a_word_change_nothing_of_it(store: Store, text: str) -> None:
    await tell(store, incident("Q1", title="Payment gateway latency"))
    assert refs(await store.search(text)) == ([] if "zzz" in text else ["pager:Q1"])


async def test_words_of_syntax_are_words(store: Store) -> None:
    await tell(store, incident("Q1"), notes=(note(1, "restart NOT needed OR so they say"),))
    assert refs(await store.search("NOT OR")) == ["pager:E1"]
    assert refs(await store.search('"restart" (NOT)')) == ["pager:E1"]


async def test_what_was_sent_from_here_is_found_once_it_is_confirmed(store: Store) -> None:
    await tell(store, incident("Q1", title="Payment gateway latency"))
    given: dict[str, Any] = {"verb": Verb.MESSAGE, "source": "war-room", "params": {"text": "acquirer is slow"}}
    for told in (row("k1", **given), row("k2", target="local:handover-1", target_title="Handover", **given)):
        await confirmed(store, told)
    found = await store.search("acquirer")
    assert {(hit.kind, hit.title, hit.incident_id) for hit in found.hits} == {
        (DocumentKind.SENT, "Handover", None),
        (DocumentKind.NOTE, "Payment gateway latency", "pager:Q1"),
    }


async def confirmed(store: Store, told: OutboxRow) -> None:
    before = await store.search("acquirer")
    await store.enqueue(told)
    assert await store.search("acquirer") == before
    done = replace(told, state=OutboxState.CONFIRMED)
    assert await store.move(done, was=frozenset({OutboxState.QUEUED}), event="confirmed")


async def test_what_the_seat_wrote_for_a_handover_is_found_and_gone_with_it(store: Store) -> None:
    await store.set_value("handover:2026-11-23T08:00", '{"notes": ["watch the acquirer\\u001b[31m"], "n": 3}')
    await store.set_value("scope", '"acquirer"')
    found = await store.search("acquirer")
    assert [(hit.kind, hit.title, hit.incident_id) for hit in found.hits] == [
        (DocumentKind.TEXT, "handover 2026-11-23T08:00", None)
    ]
    assert "\x1b" not in said(found)
    assert await store.text_of(found.hits[0]) == ("handover 2026-11-23T08:00", "watch the acquirer\\x1b[31m")
    await store.set_value("handover:2026-11-23T08:00", "{}")
    assert refs(await store.search("acquirer")) == [] and await store.text_of(found.hits[0]) is None


async def test_a_draft_of_a_post_mortem_is_found_as_it_is_now(store: Store) -> None:
    await store.save_draft("postmortem:pager:Q1", "the pool was too small")
    await store.save_draft("note:pager:Q1", "the pool was too small")
    assert refs(await store.search("pool")) == ["draft postmortem:pager:Q1"]
    await store.save_draft("postmortem:pager:Q1", "the limit was too low")
    assert refs(await store.search("pool")) == [] and len((await store.search("limit")).hits) == 1
    await store.drop_draft("postmortem:pager:Q1")
    assert refs(await store.search("limit")) == []


async def test_a_title_that_changes_is_found_by_the_new_one_only(store: Store) -> None:
    await tell(store, incident("Q1", title="Something is slow"))
    assert refs(await store.search("slow")) == ["pager:Q1"]
    await tell(store, incident("Q1", title="The acquirer is down"), taken_at=START + HOUR)
    assert refs(await store.search("slow")) == [] and refs(await store.search("acquirer")) == ["pager:Q1"]


async def test_alerts_are_one_text_for_what_a_group_says(store: Store) -> None:
    alerts = tuple(
        alert(f"a{n}", source="pager", name="PodCrash", service="web", summary="Pod restarts") for n in range(3000)
    )
    await tell(store, alerts=alerts)
    found = await store.search("podcrash")
    assert found.total == 1 and found.hits[0].kind is DocumentKind.ALERT and found.hits[0].incident_id is None


# -- how it gets there -----------------------------------------------------------------------------------------------


async def test_what_lay_in_a_database_before_there_was_an_index_is_read_in_steps(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    store = await Store.open(folder, clock=ManualClock())
    count = 3 * STEP
    await tell(
        store,
        *(incident(f"Q{n}", title=f"Trouble number{n}") for n in range(count)),
        notes=tuple(note(n, f"said{n}", of=f"pager:Q{n}") for n in range(count)),
        alerts=tuple(alert(f"a{n}", source="pager", name=f"Alert{n}", group_key=f"g{n}") for n in range(count)),
    )
    await store.set_value("handover:2026-11-23T08:00", '{"notes": ["of before"]}')
    await store.close()
    back_to(folder / DATABASE, 3)
    store = await Store.open(folder, clock=ManualClock())
    try:
        steps = 0
        while await store.index():
            steps += 1
        assert steps > 3 * 3  # in small ones
        for word in (f"number{count - 1}", f"said{count - 1}", f"Alert{count - 1}", "before"):
            found = await store.search(word)
            assert found.hits and found.unread == 0, word
    finally:
        await store.close()


def back_to(path: Path, version: int) -> None:
    """The database as an older version left it."""
    with sqlite3.connect(path, isolation_level=None) as db, sqlite3.connect(":memory:", isolation_level=None) as then:
        migrate(then, MIGRATIONS[:version])
        kept = set(then.execute("SELECT name FROM sqlite_master"))
        for kind in ("trigger", "index", "table"):
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,)).fetchall():
                if (name,) not in kept and not name.startswith("sqlite_"):
                    db.execute(f"DROP {kind} IF EXISTS {name}")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()
    then.close()


async def test_nothing_new_writes_nothing(store: Store, folder: Path) -> None:
    await tell(store, incident("Q1"), notes=(note(1, "a text"),))
    while await store.index():
        pass
    other = sqlite3.connect(folder / DATABASE)
    seen = other.execute("PRAGMA data_version").fetchone()
    assert not await store.index()
    await tell(store, incident("Q1"), notes=(note(1, "a text"),))
    assert not await store.index()
    other.execute("SELECT count(*) FROM incident").fetchone()
    assert other.execute("SELECT count(*) FROM document").fetchone() == (2,)
    assert seen is not None
    other.close()


async def test_changes_of_state_cost_little(store: Store) -> None:
    """A storm: two thousand incidents change, none of them in its words."""
    many = [incident(f"Q{n}", title=f"Trouble {n}") for n in range(2000)]
    await tell(store, *many)
    while await store.index():
        pass
    await tell(
        store,
        *(incident(f"Q{n}", title=f"Trouble {n}", state=IncidentState.ACKNOWLEDGED) for n in range(2000)),
        taken_at=START + HOUR,
    )
    began = time.process_time()
    while await store.index():
        pass
    assert time.process_time() - began < 0.5  # measured: 0.03


async def test_a_bounded_part_is_read_before_a_search_and_the_rest_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oncall_tui.store.store._STEPS_AHEAD", 1)
    await tell(store, *(incident(f"Q{n}", title=f"Trouble {n}") for n in range(STEP + 50)))
    found = await store.search("trouble")
    assert found.unread == STEP + 50  # read, and half of it not in the index of words yet
    for _ in range(8):
        found = await store.search("trouble")
    assert found.unread == 0 and found.total == STEP + 50


# -- without FTS5, and with a damaged index --------------------------------------------------------------------------


async def test_without_fts5_words_are_looked_for_as_they_stand(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "is_there", lambda db: False)
    await tell(
        store,
        incident("Q1", title="100 % of requests fail"),
        incident("Q2", title="1000 requests fail", created_at=START - HOUR),
        notes=(note(1, "no REQUEST fails any more", at=START + HOUR),),
    )
    found = await store.search("request fail")
    assert found.is_plain and refs(found) == ["pager:E1", "pager:Q1", "pager:Q2"] and found.total == 3
    assert said(found) == "Bob: no [REQUEST] [fail]s any more"
    assert refs(await store.search("100 %")) == ["pager:Q1", "pager:Q2"], "punctuation alone is no word"
    assert refs(await store.search("1%0")) == [], "in a word it stands for itself"
    monkeypatch.undo()
    found = await store.search("request fail")
    assert not found.is_plain and found.total == 3  # what was read without it is in the index now


async def test_what_went_without_fts5_finds_nothing_with_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await tell(store, incident("Q1", title="Something is slow"), incident("Q2", title="Slow, too"))
    assert (await store.search("slow")).total == 2
    monkeypatch.setattr(words, "is_there", lambda db: False)
    await tell(store, incident("Q1", title="The acquirer is down"), taken_at=START + HOUR)
    await store.search("acquirer")
    monkeypatch.undo()
    assert refs(await store.search("slow")) == ["pager:Q2"] and refs(await store.search("acquirer")) == ["pager:Q1"]


async def test_a_damaged_index_of_words_is_made_again_and_nothing_else_suffers(store: Store, folder: Path) -> None:
    await tell(store, incident("Q1", title="Payment gateway latency"))
    assert refs(await store.search("gateway")) == ["pager:Q1"]
    with sqlite3.connect(folder / DATABASE, isolation_level=None) as db:
        db.execute("DELETE FROM words_data WHERE id > 10")
    db.close()
    assert refs(await store.search("gateway")) == []  # thrown away
    assert refs(await store.search("gateway")) == ["pager:Q1"]
    assert not list(folder.glob("*.corrupt*"))


# -- retention -------------------------------------------------------------------------------------------------------


async def test_what_is_let_go_of_is_not_found_any_more(store: Store, folder: Path, clock: ManualClock) -> None:
    over = incident("Q1", title="Payment gateway latency", state=IncidentState.RESOLVED, resolved_at=START)
    await tell(
        store,
        over,
        notes=(note(1, "the acquirer was slow"),),
        alerts=(alert("a1", source="pager", name="AcquirerSlow"),),
        alerts_complete=True,
    )
    assert (await store.search("acquirer")).total == 2
    await tell(store, alerts=(), alerts_complete=True)
    clock.advance(31 * 86400)
    await store.prune(clock.now())
    assert refs(await store.search("acquirer")) == ["pager:E1"]
    clock.advance(60 * 86400)
    await store.prune(clock.now())
    assert refs(await store.search("acquirer")) == [] and refs(await store.search("payment")) == []
    with sqlite3.connect(folder / DATABASE) as db:
        assert db.execute("SELECT count(*) FROM document").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM words WHERE words MATCH 'acquirer'").fetchone() == (0,)
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    db.close()


# -- the same kind ---------------------------------------------------------------------------------------------------


async def resolved(store: Store, native: str, days: int, minutes: int, title: str, **fields: Any) -> None:
    began = START - days * DAY
    one = incident(
        native,
        title=title,
        created_at=began,
        state=IncidentState.RESOLVED,
        resolved_at=began + timedelta(minutes=minutes),
        **fields,
    )
    await store.put_detail(
        IncidentDetail(incident=one, timeline=(note(days, f"note of {native}", of=one.id, at=began),))
    )


async def test_earlier_incidents_of_the_kind_are_counted_and_the_latest_told(store: Store) -> None:
    for number, minutes in ((1, 10), (2, 30), (3, 50)):
        await resolved(store, f"Q{number}", number, minutes, f"Disk of db-{number} is {90 + number} % full")
    await resolved(store, "Q8", 4, 5, "Disk of db-1 is slow")
    await resolved(store, "Q9", 4, 5, "Disk of db-9 is 99 % full", merged_into="pager:Q3")
    await tell(store, incident("Q5", title="Disk of db-7 is 97 % full"))
    found = await store.same_kind("pager:Q5", 2)
    assert found.count == 3 and sorted(found.seconds) == [600.0, 1800.0, 3000.0]
    assert [one.incident.id for one in found.latest] == ["pager:Q1", "pager:Q2"]
    assert [entry.text for entry in found.latest[0].timeline] == ["note of Q1"]
    assert found.since == START - 4 * DAY
    assert (await store.same_kind("pager:Q2")).count == 1  # what came later was not before it
    assert (await store.same_kind("pager:NONE")).count == 0


async def test_of_ten_thousand_incidents_the_kind_is_found_by_an_index(store: Store, folder: Path) -> None:
    await tell(
        store,
        *(
            incident(f"Q{n}", title=f"Trouble {chr(97 + n % 20)} {n}", created_at=START - n * timedelta(minutes=1))
            for n in range(10_000)
        ),
    )
    while await store.index():
        pass
    began = time.process_time()
    found = await store.same_kind("pager:Q0")
    assert found.count == 499 and time.process_time() - began < 0.2
    with sqlite3.connect(folder / DATABASE) as db:
        plan = db.execute(
            "EXPLAIN QUERY PLAN SELECT ref FROM document d WHERE d.same = ? AND d.at < ?", ("", 0)
        ).fetchall()
    db.close()
    assert "document_same" in str(plan)


async def test_two_processes_that_fill_the_index_at_once_do_not_trip(folder: Path, monkeypatch: Any) -> None:
    store = await Store.open(folder, clock=ManualClock())
    await tell(store, incident("Q1", title="Checkout is slow"))
    other = sqlite3.connect(folder / DATABASE, isolation_level=None, check_same_thread=False)
    whole = words.transaction

    def beaten(db: sqlite3.Connection) -> Any:
        monkeypatch.setattr(words, "transaction", whole)
        assert words.step(other), "the other one is first"
        return whole(db)

    monkeypatch.setattr(words, "transaction", beaten)
    assert refs(await store.search("checkout")) == ["pager:Q1"]
    assert words.transaction is whole, "they have met"
    other.close()
    await store.close()

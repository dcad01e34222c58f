"""What was said of alerts without an incident: kept for handover and metrics, let go of with time."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from oncall_tui.policy.judging import Judgement, latest
from oncall_tui.policy.marks import MarkKind
from oncall_tui.store import Store
from oncall_tui.store.files import DATABASE
from oncall_tui.store.salvage import carry_over
from oncall_tui.store.schema import migrate
from tests.support.clock import START


def judged(minutes: float = 0, **given: Any) -> Judgement:
    facts: dict[str, Any] = {
        "kind": MarkKind.NOISE,
        "at": START + timedelta(minutes=minutes),
        "seat": "alice@example.com",
        "group": "alerts|DiskWillFill|db-7",
        "source": "alerts",
        "name": "DiskWillFill",
        "service": "storage",
    }
    return Judgement(**(facts | given))


async def test_what_is_said_comes_out_in_its_order_whole(store: Store) -> None:
    later = judged(5, kind=MarkKind.FIX_ALERT, why="the threshold")
    other = judged(3, group="alerts|Else|x", name="Else", service=None)
    for one in (later, judged(), other):
        await store.put_judgement(one)
    assert await store.judgements(START, START + timedelta(hours=1)) == (judged(), other, later)
    assert await store.judgements_of("alerts|DiskWillFill|db-7") == (judged(), later)
    assert await store.judgements(START + timedelta(minutes=3), START + timedelta(minutes=5)) == (other,)


async def test_any_text_is_kept(store: Store) -> None:
    for hostile in ("half \ud800 a letter", "'; DROP TABLE judgement; --", "x" * 50_000):
        await store.put_judgement(judged(group=hostile, why=hostile))
        (found,) = await store.judgements_of(hostile.encode("utf-8", "backslashreplace").decode())
        assert found.why == hostile.encode("utf-8", "backslashreplace").decode()


async def test_they_are_let_go_of_with_the_incidents_of_their_time(store: Store) -> None:
    await store.put_judgement(judged())
    await store.put_judgement(judged(60 * 24 * 80))
    await store.prune(START + timedelta(days=100))
    assert [one.at for one in await store.judgements_of(judged().group)] == [START + timedelta(days=80)]


async def test_they_are_saved_from_a_broken_file(store: Store, folder: Path, tmp_path: Path) -> None:
    await store.put_judgement(judged(why="flaps"))
    await store.close()
    with sqlite3.connect(tmp_path / "new.db", isolation_level=None) as new:
        migrate(new)
        carry_over(folder / DATABASE, new, START)
        assert new.execute("SELECT kind, name, why FROM judgement").fetchall() == [("noise", "DiskWillFill", "flaps")]
    new.close()


def test_an_earlier_bout_is_another_matter() -> None:
    said = (judged(0), judged(10, kind=MarkKind.REAL))
    assert latest(said, START) == said[1]
    assert latest(said, START + timedelta(minutes=11)) is None
    assert latest((), START) is None

"""Whatever happens to the file: it starts, nothing is deleted, and no pending action is lost."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oncall_tui.model import OutboxState, Snapshot, SourceState, Verb
from oncall_tui.store import Store, StoreError, opening
from tests.store.conftest import row
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident

QUEUED = frozenset({OutboxState.QUEUED})
ACTIONS = 40


@pytest.fixture
async def whole(tmp_path: Path, clock: ManualClock) -> Path:
    """A folder with a cache, forty pending actions, one on its way, one that has ended, and a draft."""
    folder = tmp_path / "whole"
    store = await Store.open(folder, clock=clock)
    many = tuple(incident(f"Q{n}") for n in range(150))
    await store.apply(Snapshot(source="pager", taken_at=START, incidents=many), SourceState(name="pager", kind="fake"))
    for n in range(ACTIONS):
        text = f"note number {n} " + "x" * 300
        await store.enqueue(row(f"key{n:02}", target=f"pager:Q{n}", verb=Verb.NOTE, params={"text": text}))
    sent = await store.outbox_row("key00")
    ended = await store.outbox_row("key01")
    assert sent is not None
    assert ended is not None
    await store.move(replace(sent, state=OutboxState.SENDING, attempts=1), was=QUEUED, event="sending")
    await store.move(replace(ended, state=OutboxState.CONFIRMED), was=QUEUED, event="confirmed")
    await store.save_draft("note:pager:Q1", "half a thought")
    await store.close()
    return folder


def flip(data: bytearray, dice: random.Random) -> None:
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def page(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) // 4096) * 4096
    data[start : start + 4096] = dice.randbytes(4096)


def zero_page(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) // 4096) * 4096
    data[start : start + 4096] = bytes(4096)


def truncate(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data)) :]


def noise(data: bytearray, dice: random.Random) -> None:
    data[:] = dice.randbytes(len(data))


def empty(data: bytearray, dice: random.Random) -> None:
    data.clear()


def burst(data: bytearray, dice: random.Random) -> None:
    for _ in range(40):
        flip(data, dice)


KINDS: list[tuple[Callable[[bytearray, random.Random], None], int]] = [
    (flip, 20), (page, 14), (zero_page, 6), (truncate, 8), (burst, 8), (noise, 2), (empty, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "seed"), [(damage, seed) for damage, times in KINDS for seed in range(times)],
    ids=lambda value: value if isinstance(value, int) else value.__name__,
)  # fmt: skip
async def test_no_pending_action_is_lost(
    whole: Path,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytearray, random.Random], None],
    seed: int,
) -> None:
    if seed % 2:
        # As a large one, of which only some tables are checked at opening.
        monkeypatch.setitem(opening.open_database.__kwdefaults__, "check_up_to", 0)
    data = bytearray((whole / "oncall.db").read_bytes())
    damage(data, random.Random(f"{damage.__name__}{seed}"))
    (whole / "oncall.db").write_bytes(data)
    store = await Store.open(whole, clock=clock)
    assert not store.in_memory
    pending = {one.key: one for one in await store.outbox(pending_only=True)}
    assert set(pending) == {f"key{n:02}" for n in range(ACTIONS)} - {"key01"}
    # What had left is not taken for unsent: it would go out twice.
    assert pending["key00"].state is OutboxState.SENDING
    assert all(one.params["text"] == f"note number {int(key[3:])} " + "x" * 300 for key, one in pending.items())
    await store.facts(START)
    await store.enqueue(row("new", target="pager:NEW"))
    await store.close()
    aside = [path for path in whole.iterdir() if ".corrupt-" in path.name]
    if aside:
        assert aside[0].read_bytes() == bytes(data), "what was broken is kept as it was"
        assert any("was damaged" in notice for notice in store.notices)


@pytest.mark.parametrize("seed", range(12))
async def test_without_the_journal_what_can_be_read_is_saved_and_what_cannot_is_told(
    whole: Path, clock: ManualClock, seed: int
) -> None:
    (whole / "outbox.journal").unlink()
    data = bytearray((whole / "oncall.db").read_bytes())
    # Outbox rows only: found by what is written in them.
    places = [n * 4096 for n in range(len(data) // 4096) if b"note number" in data[n * 4096 : n * 4096 + 4096]]
    start = random.Random(seed).choice(places)
    data[start : start + 4096] = random.Random(seed).randbytes(4096)
    (whole / "oncall.db").write_bytes(data)
    store = await Store.open(whole, clock=clock)
    rows = await store.outbox()
    assert len(rows) >= ACTIONS // 2
    assert all(one.params["text"].startswith("note number") for one in rows)
    if len(rows) < ACTIONS:
        assert store.notices
    await store.close()


async def test_one_flipped_bit_in_an_action_is_noticed(whole: Path, clock: ManualClock) -> None:
    (whole / "outbox.journal").unlink()
    data = (whole / "oncall.db").read_bytes()
    at = data.index(b"note number 7 ")
    (whole / "oncall.db").write_bytes(data[:at] + b"N" + data[at + 1 :])
    store = await Store.open(whole, clock=clock)
    assert await store.outbox_row("key07") is None
    assert store.notices == ("1 action in the outbox could not be read: kept in the table damaged",)
    kept = await store._database.run(lambda db: db.execute("SELECT key, data FROM damaged").fetchall())
    assert kept[0][0] == "key07"
    assert b"Note number 7" in kept[0][1]
    await store.close()


async def test_with_the_journal_that_bit_is_put_right(whole: Path, clock: ManualClock) -> None:
    data = (whole / "oncall.db").read_bytes()
    at = data.index(b"note number 7 ")
    (whole / "oncall.db").write_bytes(data[:at] + b"N" + data[at + 1 :])
    store = await Store.open(whole, clock=clock)
    found = await store.outbox_row("key07")
    assert found is not None
    assert found.params["text"].startswith("note number 7 ")
    assert [one.key for one in await store.outbox()] == [f"key{n:02}" for n in range(ACTIONS)], "in its old place"
    assert store.notices == ()
    await store.close()


async def test_a_deleted_database_loses_no_pending_action(whole: Path, clock: ManualClock) -> None:
    (whole / "oncall.db").unlink()
    store = await Store.open(whole, clock=clock)
    assert len(await store.outbox(pending_only=True)) == ACTIONS - 1
    assert "39 actions missing in the database: taken back from outbox.journal" in store.notices[0]
    await store.close()


async def test_a_broken_journal_is_no_trouble(whole: Path, clock: ManualClock) -> None:
    journal = whole / "outbox.journal"
    journal.write_bytes(b"\x00garbage\n" + journal.read_bytes()[:-10])
    store = await Store.open(whole, clock=clock)
    assert len(await store.outbox(pending_only=True)) == ACTIONS - 1
    await store.enqueue(row("new", target="pager:NEW"))
    await store.close()
    (whole / "oncall.db").unlink()
    store = await Store.open(whole, clock=clock)
    assert await store.outbox_row("new") is not None
    assert len(await store.outbox(pending_only=True)) == ACTIONS
    await store.close()


async def test_a_file_that_breaks_while_it_is_open_is_replaced_and_work_goes_on(
    whole: Path, clock: ManualClock
) -> None:
    store = await Store.open(whole, clock=clock)
    size = (whole / "oncall.db").stat().st_size
    with (whole / "oncall.db").open("r+b") as file:
        file.write(os.urandom(size))
    await store.enqueue(row("new", target="pager:NEW"))
    assert len(await store.outbox(pending_only=True)) == ACTIONS
    assert any("was damaged" in notice for notice in store.notices)
    await store.close()


@pytest.mark.parametrize("how", ["deleted", "replaced"])
async def test_a_file_taken_away_while_it_is_open_is_written_again(whole: Path, clock: ManualClock, how: str) -> None:
    store = await Store.open(whole, clock=clock)
    assert not await store.check_file()
    (whole / "oncall.db").unlink()
    if how == "replaced":
        shutil.copy(__file__, whole / "oncall.db")
        (whole / "oncall.db").chmod(0o600)
    version = await store.version()
    assert await store.check_file()
    assert not await store.check_file()
    assert await store.version() != version
    assert len(await store.outbox(pending_only=True)) == ACTIONS - 1
    assert len(await store.outbox()) == ACTIONS
    events = Counter(line.event for line in await store.audit(500))
    assert events == {"queued": ACTIONS, "sending": 1, "confirmed": 1, "taken back": ACTIONS - 1}
    assert await store.draft("note:pager:Q1") is not None
    await store.close()
    again = await Store.open(whole, clock=clock)
    assert len(await again.outbox(pending_only=True)) == ACTIONS - 1
    await again.close()


async def test_a_file_taken_away_that_cannot_be_made_again_stays_open(
    whole: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await Store.open(whole, clock=clock)
    (whole / "oncall.db").unlink()

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(opening, "create_file", full)
        with pytest.raises(StoreError, match="cannot be written again"):
            await store.check_file()
    assert len(await store.outbox(pending_only=True)) == ACTIONS - 1
    assert await store.check_file()
    assert len(await store.outbox(pending_only=True)) == ACTIONS - 1
    await store.close()


async def test_a_press_into_a_deleted_file_is_not_lost(whole: Path, clock: ManualClock) -> None:
    store = await Store.open(whole, clock=clock)
    (whole / "oncall.db").unlink()
    await store.enqueue(row("new", target="pager:NEW"))
    # Killed here, before anybody looks.
    again = await Store.open(whole, clock=clock)
    assert await again.outbox_row("new") is not None
    assert len(await again.outbox(pending_only=True)) == ACTIONS
    await again.close()
    await store.close()


# -- disk full -------------------------------------------------------------------------------------------------


async def test_disk_full_is_told_not_confirmed_and_reading_goes_on(whole: Path, clock: ManualClock) -> None:
    store = await Store.open(whole, clock=clock)
    pages = await store._database.run(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    await store._database.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    pressed = 0
    with pytest.raises(StoreError, match="disk full"):
        for pressed in range(500):
            await store.enqueue(row(f"full{pressed}", target=f"pager:F{pressed}", params={"x": "y" * 500}))
    assert store.trouble is not None
    assert "disk full" in store.trouble
    assert len((await store.facts(START)).incidents) == 150
    assert len(await store.outbox(pending_only=True)) == ACTIONS - 1 + pressed
    # What was not confirmed does not come back from the journal either.
    journal = (whole / "outbox.journal").read_bytes()
    assert f'"full{pressed}"'.encode() not in journal
    await store._database.run(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    await store.enqueue(row("room again", target="pager:ROOM"))
    assert store.trouble is None
    await store.close()


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from oncall_tui.store import Store, StoreError, opening
from tests.store.conftest import row
from tests.support.clock import ManualClock

async def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = await Store.open(Path(sys.argv[1]), clock=ManualClock())
    size = max(path.stat().st_size for path in Path(sys.argv[1]).iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[2]), resource.RLIM_INFINITY))
    for n in range(300):
        try:
            await store.enqueue(row(f"r{n}", target=f"pager:R{n}", params={"x": "y" * 800}))
        except StoreError as error:
            print(f"failed {n} {error}")
            break
        print(f"stored r{n}")
    await store.facts(ManualClock().now())
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.enqueue(row("after", target="pager:AFTER"))
    print("stored after")
    await store.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("room", [0, 900, 5000, 20000])
async def test_a_disk_that_fills_up_loses_nothing_that_was_confirmed(
    whole: Path, clock: ManualClock, room: int
) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(whole), str(room)], capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()
    stored = {line.split()[1] for line in told if line.startswith("stored")}
    assert any(line.startswith("failed") and "disk full" in line for line in told)
    assert "after" in stored
    store = await Store.open(whole, clock=clock)
    keys = {one.key for one in await store.outbox(pending_only=True)}
    assert stored <= keys
    assert keys - stored == {f"key{n:02}" for n in range(ACTIONS)} - {"key01"}
    assert not [path for path in whole.iterdir() if ".corrupt-" in path.name]
    await store.close()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY

"""The data folder: who may read it, which journal, which schema, and what happens where nothing can be written."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from oncall_tui.model import IncidentState, OutboxState, Snapshot, SourceState
from oncall_tui.store import Store, StoreError, files, opening, schema
from tests.store.conftest import row
from tests.support.clock import START, ManualClock
from tests.support.fakes import incident


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


async def test_nobody_else_can_read_it_whatever_the_umask(folder: Path, clock: ManualClock) -> None:
    before = os.umask(0)
    try:
        store = await Store.open(folder / "deep", clock=clock)
        await store.enqueue(row("k1"))
        await store.prune(START)
        await store.enqueue(row("k2", target="pager:Q2"))
    finally:
        os.umask(before)
    assert {path.name: mode(path) for path in (folder / "deep").iterdir()} == {
        "oncall.db": 0o600,
        "outbox.journal": 0o600,
    }
    assert (mode(folder), mode(folder / "deep")) == (0o700, 0o700)
    await store.close()


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o666])
@pytest.mark.parametrize("name", ["oncall.db", "outbox.journal"])
async def test_a_file_open_to_others_is_refused_with_what_to_run(
    folder: Path, clock: ManualClock, name: str, bits: int
) -> None:
    store = await Store.open(folder, clock=clock)
    await store.enqueue(row("k1"))
    await store.close()
    (folder / name).chmod(bits)
    with pytest.raises(StoreError) as refused:
        await Store.open(folder, clock=clock)
    assert str(refused.value) == f"{folder / name} is open to others (mode {bits:04o}): chmod 600 {folder / name}"


async def test_a_folder_that_others_may_write_to_is_refused(folder: Path, clock: ManualClock) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StoreError, match=r"mode 0777\): chmod 700"):
        await Store.open(folder, clock=clock)


@pytest.mark.parametrize(
    ("bits", "said"), [(0o700, None), (0o500, None), (0o755, "0755"), (0o750, "0750"), (0o701, "0701")]
)
def test_a_folder_that_others_can_read_is_told_with_what_to_run(tmp_path: Path, bits: int, said: str | None) -> None:
    folder = tmp_path / "my seat"
    folder.mkdir()
    folder.chmod(bits)
    told = files.open_to_readers(folder)
    assert told == (said and f"{folder} can be read by others (mode {said}): chmod 700 '{folder}'")
    assert files.open_to_readers(tmp_path / "none") is None


async def test_links_are_not_followed(folder: Path, clock: ManualClock, tmp_path: Path) -> None:
    folder.mkdir(mode=0o700)
    target = tmp_path / "theirs"
    (folder / "oncall.db").symlink_to(target)
    with pytest.raises(StoreError, match="symbolic link"):
        await Store.open(folder, clock=clock)
    assert not target.exists()
    (folder / "oncall.db").unlink()
    (folder / "oncall.db-wal").symlink_to(target)
    with pytest.raises(StoreError, match="symbolic link"):
        await Store.open(folder, clock=clock)


async def test_a_folder_in_the_place_of_the_file_is_told(folder: Path, clock: ManualClock) -> None:
    (folder / "oncall.db").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    with pytest.raises(StoreError, match="not a plain file"):
        await Store.open(folder, clock=clock)
    with pytest.raises(StoreError, match="not a folder"):
        (folder.parent / "file").touch()
        await Store.open(folder.parent / "file", clock=clock)


async def test_what_belongs_to_another_is_refused(
    folder: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await Store.open(folder, clock=clock)).close()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(StoreError, match="belongs to user"):
        await Store.open(folder, clock=clock)


async def test_without_a_place_to_write_it_runs_from_memory_and_says_so(
    folder: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(opening, "prepare_folder", refuse)
    store = await Store.open(folder, clock=clock)
    assert store.in_memory
    assert "nothing is kept after you leave" in store.notices[0]
    await store.enqueue(row("k1"))
    assert await store.take_lease()
    assert await store.begin_send(row("k1", state=OutboxState.SENDING))
    assert not await store.check_file()
    await store.prune(START)
    await store.close()
    assert not folder.exists()


async def test_a_database_that_is_locked_for_good_is_told_and_not_worked_around(
    folder: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await Store.open(folder, clock=clock)).close()
    monkeypatch.setattr(opening, "BUSY_MS", 20)
    with closing(sqlite3.connect(folder / "oncall.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked by another process"):
            await Store.open(folder, clock=clock)


# -- journal mode ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_only_with_the_fix(version: tuple[int, ...], safe: bool) -> None:
    assert files.wal_is_safe(version, "ext4") is safe
    assert not files.wal_is_safe(version, "nfs4")
    assert not files.wal_is_safe(version, "fuse.sshfs")
    assert not files.wal_is_safe(version, "unknown")


MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:40 / /home rw,relatime shared:2 - nfs4 server:/home rw,vers=4.2
31 30 0:41 / /home/a\040b rw,relatime - tmpfs tmpfs rw
32 30 0:42 / /home/covered rw - ext4 /dev/x rw
33 30 0:43 / /home/covered rw - cifs //server/share rw
not a line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/etc/x", "ext4"),
        ("/home/alice/.local/state", "nfs4"),
        ("/home/a b/x", "tmpfs"),
        ("/homes/x", "ext4"),
        ("/home/covered/x", "cifs"),
    ],
)
def test_the_file_system_is_read_from_the_mounts(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert files.file_system(Path(path), mounts) == kind
    assert files.file_system(Path(path), tmp_path / "missing") == "unknown"


@pytest.mark.parametrize(("safe", "journal", "synchronous"), [(True, "wal", 2), (False, "delete", 3)])
async def test_the_journal_mode_follows_and_commits_are_forced_to_disk(
    folder: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, safe: bool, journal: str, synchronous: int
) -> None:
    monkeypatch.setattr(opening, "wal_is_safe", lambda version, kind: safe)
    store = await Store.open(folder, clock=clock)
    assert store.journal_mode == journal
    assert await store._database.run(lambda db: db.execute("PRAGMA synchronous").fetchone()) == (synchronous,)
    assert await store._database.run(lambda db: db.execute("PRAGMA auto_vacuum").fetchone()) == (2,)
    await store.enqueue(row("k1"))
    for path in folder.iterdir():
        assert mode(path) == 0o600, path
    await store.close()
    # The other way round at the next start, with the rows still there.
    monkeypatch.setattr(opening, "wal_is_safe", lambda version, kind: not safe)
    store = await Store.open(folder, clock=clock)
    assert store.journal_mode != journal
    assert len(await store.outbox()) == 1
    await store.close()


# -- schema ----------------------------------------------------------------------------------------------------


async def test_a_newer_schema_is_shown_and_not_touched(folder: Path, clock: ManualClock) -> None:
    store = await Store.open(folder, clock=clock)
    await store.apply(
        Snapshot(source="pager", taken_at=START, incidents=(incident("Q1"),)), SourceState(name="pager", kind="fake")
    )
    await store.enqueue(row("k1"))
    await store._database.run(lambda db: db.execute("PRAGMA user_version = 99"))
    await store.close()
    before = (folder / "oncall.db").read_bytes()
    store = await Store.open(folder, clock=clock)
    assert store.read_only
    assert "newer oncall-tui (schema 99" in store.notices[0]
    facts = await store.facts(START)
    assert [one.id for one in facts.incidents] == ["pager:Q1"]
    assert [one.key for one in facts.outbox] == ["k1"]
    assert not await store.take_lease()
    with pytest.raises(StoreError, match="newer"):
        await store.enqueue(row("k2", target="pager:Q2"))
    with pytest.raises(StoreError, match="newer"):
        await store.begin_send(row("k1", state=OutboxState.SENDING))
    # Polls still reach the screen.
    await store.apply(
        Snapshot(source="pager", taken_at=START, incidents=(incident("Q2"),)), SourceState(name="pager", kind="fake")
    )
    assert len((await store.facts(START)).incidents) == 2
    await store.close()
    assert (folder / "oncall.db").read_bytes() == before


OLD = ("CREATE TABLE thing (id TEXT PRIMARY KEY)", "INSERT INTO thing VALUES ('kept')")
NEW = ("ALTER TABLE thing ADD COLUMN colour TEXT", "UPDATE thing SET colour = 'red'")


def test_an_older_schema_is_brought_forward(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    schema.migrate(db, [OLD])
    schema.migrate(db, [OLD, NEW])
    schema.migrate(db, [OLD, NEW])
    assert schema.version_of(db) == 2
    assert db.execute("SELECT * FROM thing").fetchall() == [("kept", "red")]
    db.close()


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    schema.migrate(db, [OLD])
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(db, [OLD, (*NEW, "CREATE TABLE broken (")])
    assert schema.version_of(db) == 1
    assert db.execute("SELECT * FROM thing").fetchall() == [("kept",)]
    assert not db.in_transaction
    db.close()


KILLED = """
import os, signal, sqlite3, sys
from oncall_tui.store import schema
path, at = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(path, isolation_level=None)
steps = [OLD, NEW]
count = 0
class Killing:
    in_transaction = property(lambda self: db.in_transaction)
    def execute(self, *given):
        global count
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return db.execute(*given)
schema.migrate(Killing(), steps)
"""


def test_killed_at_any_statement_it_is_the_old_or_the_new_schema(tmp_path: Path) -> None:
    script = KILLED.replace("[OLD, NEW]", repr([OLD, NEW]))
    for at in range(1, 15):
        path = tmp_path / f"{at}.db"
        subprocess.run([sys.executable, "-c", script, str(path), str(at)], check=False, timeout=30)
        db = sqlite3.connect(path, isolation_level=None)
        version = schema.version_of(db)
        tables = db.execute("SELECT name FROM sqlite_master").fetchall()
        assert (version == 0) == (not tables)
        if version == 2:
            assert db.execute("SELECT colour FROM thing").fetchall() == [("red",)]
        schema.migrate(db, [OLD, NEW])
        assert schema.version_of(db) == 2
        db.close()


# -- retention -------------------------------------------------------------------------------------------------


async def test_what_is_old_goes_and_what_is_not_sent_stays(store: Store, folder: Path) -> None:
    ended = incident("OLD", state=IncidentState.RESOLVED, resolved_at=START)
    state = SourceState(name="pager", kind="fake")
    await store.apply(Snapshot(source="pager", taken_at=START, incidents=(incident("Q1"),)), state)
    await store.apply(Snapshot(source="pager", taken_at=START, incidents=(ended,)), state)
    done, _ = await store.enqueue(row("done"))
    await store.enqueue(row("unsent", target="pager:Q2"))
    await store.move(replace(done, state=OutboxState.CONFIRMED), was=frozenset({OutboxState.QUEUED}), event="confirmed")
    await store.apply(
        Snapshot(source="pager", taken_at=START + timedelta(days=100), incidents=(incident("Q1"),)), state
    )
    await store.prune(START + timedelta(days=89))
    assert len(await store.outbox()) == 2
    assert await store.find_ids("OLD") == ("pager:OLD",)
    await store.prune(START + timedelta(days=100))
    assert [one.key for one in await store.outbox()] == ["unsent"]
    assert await store.find_ids("OLD") == ()
    assert await store.find_ids("Q1") == ("pager:Q1",)
    assert len(await store.audit()) == 3
    await store.prune(START + timedelta(days=800))
    assert [one.key for one in await store.outbox()] == ["unsent"]
    # Only what is over a year older than the newest line may go from the audit, and nothing is newer here.
    assert len(await store.audit()) == 3
    assert (folder / "outbox.journal").read_bytes().count(b"\n") == 1

"""The sending lease: of all processes on a data folder, one sends."""

from __future__ import annotations

import os
import socket
import sqlite3
from datetime import datetime
from pathlib import Path

from oncall_tui.records import dataclass
from oncall_tui.store.codec import stamp
from oncall_tui.store.schema import transaction

LEASE_S = 10.0
"""A holder that has not said for this long that it lives has lost the lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that may hold the lease. ``place`` tells machines, boots and containers apart: only within one
    place does a process id mean the same process."""

    token: str
    host: str
    place: str
    pid: int
    started: str

    def words(self) -> str:
        """For people: ``host pid 123``."""
        return f"{self.host} pid {self.pid}"


def this_process(token: str) -> Holder:
    """Who we are."""
    host = socket.gethostname() or "localhost"
    boot = _read(Path("/proc/sys/kernel/random/boot_id"))
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    pid = os.getpid()
    return Holder(token=token, host=host, place=f"{host} {boot} {space}", pid=pid, started=started_at(pid))


def started_at(pid: int) -> str:
    """When the process started, in the kernel's ticks; ``""`` where that cannot be told."""
    # The command's name, in parentheses, may hold anything: the fields are counted after the last one.
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def is_alive(pid: int, started: str) -> bool:
    """Whether that very process still runs: a process id may have been given to another since."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there and not ours
    return not started or started_at(pid) in ("", started)


def take_lease(db: sqlite3.Connection, me: Holder, now: datetime, *, unchanged_s: float) -> bool:
    """Take the lease if it is free, ours, expired, or its holder is dead.

    Args:
        unchanged_s: for how long we have watched the holder's heartbeat stand still. Another machine's clock cannot
            be compared with ours; that its heartbeat does not move can be seen.
    """
    with transaction(db):
        row = db.execute("SELECT token, place, pid, started, beat FROM lease").fetchone()
        if row is not None:
            token, place, pid, started, beat = row
            here = place == me.place
            age = now.timestamp() - beat
            expired = unchanged_s > LEASE_S or (here and age > LEASE_S)
            if token != me.token and not expired and not (here and not is_alive(pid, started)):
                return False
        db.execute(
            "INSERT OR REPLACE INTO lease (one, token, host, place, pid, started, beat) VALUES (1, ?, ?, ?, ?, ?, ?)",
            (me.token, me.host, me.place, me.pid, me.started, stamp(now)),
        )
    return True


def renew_lease(db: sqlite3.Connection, token: str, now: datetime) -> bool:
    """Say that we live; ``False``: another has taken it over."""
    with transaction(db):
        return db.execute("UPDATE lease SET beat = ? WHERE token = ?", (stamp(now), token)).rowcount == 1


def drop_lease(db: sqlite3.Connection, token: str) -> None:
    """Give it back, if it is ours."""
    with transaction(db):
        db.execute("DELETE FROM lease WHERE token = ?", (token,))


def holds_lease(db: sqlite3.Connection, token: str, now: datetime) -> bool:
    """Whether that holder has it; asking renews it. Inside the caller's transaction."""
    return db.execute("UPDATE lease SET beat = ? WHERE token = ?", (stamp(now), token)).rowcount == 1


def holder(db: sqlite3.Connection) -> tuple[str, str, float] | None:
    """Token, words and heartbeat of who has it."""
    row = db.execute("SELECT token, host, pid, beat FROM lease").fetchone()
    return None if row is None else (row[0], f"{row[1]} pid {row[2]}", row[3])

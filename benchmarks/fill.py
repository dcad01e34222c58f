"""Fill a data folder: ``python -m benchmarks.fill FOLDER --incidents 10000 --window 100000 --alerts 1000000``.

Incidents, health and on-call go in as a poll brings them; alerts, of which there may be a million, as rows.
``config.yaml`` in the folder is a seat on sources that leave it all as it is, ``storm.yaml`` one on sources that
bring 2,000 changes a minute (see ``benchmarks/world.py``).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks import company
from oncall_tui.clock import SystemClock
from oncall_tui.model import Alert, AlertState, Directory, Snapshot, SourceState
from oncall_tui.store import Store
from oncall_tui.store.codec import encode, stamp
from oncall_tui.store.files import DATABASE
from oncall_tui.store.recent import sort_in
from oncall_tui.store.schema import transaction

WINDOW = timedelta(minutes=50)
"""How far back the alerts of the dashboard's hour go: a run of the benchmarks stays within it."""
OLDER = timedelta(days=20)
FIRING = 0.2
"""The part of the window's alerts that still fires."""
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Size:
    """How much a folder holds: open incidents, alerts of the last hour, alerts altogether."""

    incidents: int
    window: int
    alerts: int


NIGHT = Size(incidents=5, window=40, alerts=1_000)
"""A quiet night: as much as the demo shows."""
SEAT = Size(incidents=60, window=214, alerts=1_000)
"""A bad day, as a person meets it."""
LARGE = Size(incidents=10_000, window=100_000, alerts=1_000_000)
"""What the product promises to bear."""


STORM = 2_000
"""Changes a minute that ``storm.yaml`` brings."""


def fill(folder: Path, size: Size, *, now: datetime) -> None:
    """Make ``folder`` with its store and two configs: a quiet one and one that brings :data:`STORM`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(_fill_by_polls(folder, size, now))
    with sqlite3.connect(folder / DATABASE, isolation_level=None) as db:
        _fill_alerts(db, size, now)
    db.close()
    for name, changes in (("config.yaml", 0), ("storm.yaml", STORM)):
        config = folder / name
        config.touch(mode=0o600)
        config.write_text(config_text(size, now, changes), encoding="utf-8")


def config_text(size: Size, now: datetime, changes_per_minute: int = 0) -> str:
    """A seat's config on the folder's facts; the pager and the monitor share the changes."""
    each = changes_per_minute // 2
    poll = "2s" if each else "30s"
    known = f"filled: {now.isoformat()}, changes_per_minute: {each}, poll: {poll}"
    return (
        "seat: {user: alice@example.com, teams: [Payments], time_zone: UTC}\n"
        "sources:\n"
        f"  - {{name: pager, kind: synthetic, serves: pager, of: {size.incidents}, {known}}}\n"
        f"  - {{name: alerts, kind: synthetic, serves: alerts, of: {size.window}, {known}}}\n"
        f"  - {{name: metrics, kind: synthetic, serves: health, of: 0, {known}}}\n"
    )


async def _fill_by_polls(folder: Path, size: Size, now: datetime) -> None:
    store = await Store.open(folder, clock=SystemClock())
    incidents = tuple(company.incident(number, now) for number in range(size.incidents))
    told = (
        (
            Snapshot(
                source="pager",
                taken_at=now,
                incidents=incidents,
                incidents_complete=True,
                on_call=company.on_call(now),
                directory=Directory(me=company.ALICE, people=(company.ALICE, company.BOB)),
            ),
            ("incidents", "on_call"),
        ),
        (Snapshot(source="alerts", taken_at=now), ("alerts",)),
        (Snapshot(source="metrics", taken_at=now, health=company.checks(now)), ("health",)),
    )
    for snapshot, serves in told:
        state = SourceState(
            name=snapshot.source, kind="synthetic", serves=frozenset(serves), last_success=now, last_attempt=now
        )
        await store.apply(snapshot, state)
    await store.close()


def _fill_alerts(db: sqlite3.Connection, size: Size, now: datetime) -> None:
    history = encode(company.samples(now))
    db.execute("UPDATE health SET samples = ?", (history,))
    _put(db, _older(size, now))
    db.execute("DELETE FROM unsorted")  # none of these is in a board's window
    _put(db, _recent(size, now))
    with transaction(db):
        sort_in(db, now)
    db.execute("PRAGMA optimize")


def _put(db: sqlite3.Connection, rows: Iterator[Alert]) -> None:
    while some := list(itertools.islice(rows, _AT_ONCE)):
        with transaction(db):
            db.executemany("INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?)", [_row(one) for one in some])
            db.executemany("INSERT INTO firing VALUES (?, ?, ?)", [(one.id, stamp(one.first_at), 1) for one in some])


def _recent(size: Size, now: datetime) -> Iterator[Alert]:
    firing = int(size.window * FIRING)
    for number in range(size.window):
        last_at = now - WINDOW * (number / max(1, size.window))
        yield company.alert(number, last_at, fires=number < firing)


def _older(size: Size, now: datetime) -> Iterator[Alert]:
    older = size.alerts - size.window
    for number in range(older):
        last_at = now - timedelta(hours=2) - OLDER * (number / older)
        yield company.alert(size.window + number, last_at, fires=False)


def _row(one: Alert) -> tuple[object, ...]:
    last = stamp(one.ended_at or one.last_at)
    return one.id, one.source, int(one.state is AlertState.FIRING), None, stamp(one.first_at), last, encode(one)


def main() -> int:
    """Fill a folder from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fill", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--incidents", type=int, default=SEAT.incidents, help="open incidents")
    parser.add_argument("--window", type=int, default=SEAT.window, help="alerts of the last hour")
    parser.add_argument("--alerts", type=int, default=SEAT.alerts, help="alerts altogether")
    args = parser.parse_args()
    size = Size(incidents=args.incidents, window=args.window, alerts=max(args.alerts, args.window))
    fill(args.folder, size, now=SystemClock().now())
    return 0


if __name__ == "__main__":
    sys.exit(main())

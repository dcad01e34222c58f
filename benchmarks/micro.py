"""Parts by themselves: imports, the store's queries, the board, text, a frame. Milliseconds unless said."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import company
from benchmarks.fill import LARGE
from benchmarks.probe import COLS, ROOT, ROWS
from oncall_tui import text
from oncall_tui.board import BoardSettings, Builder, build_board
from oncall_tui.clock import SystemClock
from oncall_tui.model import Facts, Snapshot, SourceState
from oncall_tui.store import Store
from oncall_tui.terminal.canvas import Canvas

DASHBOARD = "oncall_tui.cli.dashboard, oncall_tui.app, oncall_tui.terminal.driver, screens.dashboard"
SOURCES = "oncall_tui.sources.pagerduty, oncall_tui.sources.prometheus"
"""What a seat with a pager and a monitor imports besides."""
SETTINGS = BoardSettings(
    user="alice@example.com",
    teams=("Payments",),
    sources=tuple((name, "synthetic") for name in ("pager", "alerts", "metrics")),
    capabilities={"pager": frozenset({"incidents"}), "alerts": frozenset({"alerts", "silence"})},
)
SHOWN = 12
"""Packages of an import that are told one by one."""


def measure(folder: Path) -> dict[str, float]:
    """All of them, on a large filled folder: ``{what: figure}``."""
    told = {**imports(), **pure()}
    told.update(asyncio.run(stored(folder)))
    return told


# -- imports ---------------------------------------------------------------------------------------------------


def _run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)


def _wall_ms(code: str, runs: int = 7) -> float:
    _run(code)
    taken = []
    for _ in range(runs):
        began = time.monotonic()
        _run(code)
        taken.append((time.monotonic() - began) * 1000)
    return statistics.median(taken)


def imports() -> dict[str, float]:
    """Whole processes that import and end; and by package, for the dashboard, the time in modules of its own."""
    told = {
        "process: python": _wall_ms("pass"),
        "process: import oncall_tui.cli": _wall_ms("import oncall_tui.cli"),
        "process: import the dashboard": _wall_ms(f"import oncall_tui; import {DASHBOARD}"),
        "process: import the dashboard and sources": _wall_ms(f"import oncall_tui; import {DASHBOARD}, {SOURCES}"),
    }
    lines = _run(f"import oncall_tui; import {DASHBOARD}, {SOURCES}", "-X", "importtime").stderr.splitlines()
    packages = by_package(lines)
    ranked = sorted(packages.items(), key=lambda one: -one[1])
    told.update({f"import: {name}": taken for name, taken in ranked[:SHOWN]})
    told["import: all else"] = sum(taken for _, taken in ranked[SHOWN:])
    return told


def by_package(lines: list[str]) -> dict[str, float]:
    """``-X importtime`` lines summed by package: milliseconds in modules of its own. The product's, two names deep."""
    packages: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        fields = line.removeprefix("import time:").split("|")
        if len(fields) != 3 or not fields[0].strip().isdigit():
            continue
        name = fields[2].strip()
        head, _, rest = name.partition(".")
        if head in ("oncall_tui", "screens", "widgets") and rest:
            head = f"{head}.{rest.partition('.')[0]}"
        if head in sys.stdlib_module_names:
            head = "standard library"
        packages[head] += int(fields[0]) / 1000
    return dict(packages)


# -- pure parts ------------------------------------------------------------------------------------------------


def _ms(work: Callable[[], Any], runs: int) -> float:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def pure() -> dict[str, float]:
    """The board from facts, the cleaning of text, a frame through the differences."""
    now = datetime.now(UTC)
    some = tuple(company.incident(number, now) for number in range(LARGE.incidents))
    facts = Facts(incidents=some, on_call=company.on_call(now))
    board = build_board(facts, SETTINGS, now)
    again = build_board(facts, SETTINGS, now)
    line = "P99 latency > 5000 ms, Straße \x1b[31m\u202e " * 3
    plain = "P99 latency > 5000 ms on payments in eu-1 " * 3
    return {
        "board of 10,000 incidents": _ms(lambda: build_board(facts, SETTINGS, now), 5),
        "two equal boards of 10,000 compared": _ms(lambda: board == again, 5),
        "text.clean, plain, MB/s": _mb_a_second(plain),
        "text.clean, hostile, MB/s": _mb_a_second(line),
        **frames(),
    }


def _mb_a_second(line: str) -> float:
    times = 2_000
    taken = _ms(lambda: [text.clean(line) for _ in range(times)], 3)
    return len(line.encode()) * times / 1e6 / (taken / 1000)


def frames() -> dict[str, float]:
    """A full frame of coloured runs: drawn first, drawn again unchanged, drawn with every cell changed."""
    one, other = frame("a"), frame("b")
    canvas = Canvas(COLS, ROWS)

    def draw(data: str) -> None:
        canvas.write(data)
        canvas.flush()

    draw(one)
    turns = itertools.cycle((True, False))
    return {
        f"{COLS}x{ROWS} frame, unchanged": _ms(lambda: draw(one), 15),
        f"{COLS}x{ROWS} frame, all changed": _ms(lambda: draw(other if next(turns) else one), 10),
    }


def frame(letter: str) -> str:
    """What a framework writes for a full screen: twelve coloured runs a line."""
    run = letter * (COLS // 12)
    line = "".join(f"\x1b[38;5;{20 + number};48;5;{number}m{run}\x1b[0m" for number in range(12))
    return "".join(f"\x1b[{y + 1};1H{line}" for y in range(ROWS))


# -- the store -------------------------------------------------------------------------------------------------


async def _ms_async(work: Callable[[], Awaitable[object]], runs: int = 3) -> float:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


MONITORS = {"pager": False, "alerts": True, "metrics": False}


async def stored(folder: Path) -> dict[str, float]:
    """The queries and writes of a poll and of a board, with 10,000 open incidents and a million alerts."""
    now = datetime.now(UTC)
    told: dict[str, float] = {}
    store = await Store.open(folder, clock=SystemClock())
    builder = Builder()

    async def facts() -> Facts:
        return await store.facts(now, monitors=MONITORS)

    def poll(some: int, edition: int) -> Callable[[], Awaitable[object]]:
        state = SourceState(name="pager", kind="synthetic", last_success=now, last_attempt=now)
        incidents = tuple(company.incident(number, now, edition, now) for number in range(some))
        return lambda: store.apply(Snapshot(source="pager", taken_at=now, incidents=incidents), state)

    def alerts(some: int) -> Callable[[], Awaitable[object]]:
        state = SourceState(name="alerts", kind="synthetic", last_success=now, last_attempt=now)
        changed = tuple(company.alert(number, now, fires=True, count=2) for number in range(some))
        return lambda: store.apply(Snapshot(source="alerts", taken_at=now, alerts=changed), state)

    try:
        told["store: first facts"] = await _ms_async(facts, 1)
        first = await facts()
        told["board: the first"] = _ms(lambda: builder.build(first, SETTINGS, now), 1)
        told["store: facts, nothing changed"] = await _ms_async(facts)
        told["board: nothing changed"] = _ms(lambda: builder.build(first, SETTINGS, now), 3)
        told["poll: what is known of 10,000"] = await _ms_async(lambda: store.known_incidents("pager"))
        told["poll: 33 incidents, all changed"] = await _ms_async(poll(33, 1), 1)
        told["poll: 33 alerts, all changed"] = await _ms_async(alerts(33), 1)
        told["store: facts, 33 and 33 changed"] = await _ms_async(facts, 1)
        changed = await facts()
        told["board: 33 and 33 changed"] = _ms(lambda: builder.build(changed, SETTINGS, now), 1)
        same = poll(LARGE.incidents, 1)
        await same()
        told["poll: 10,000 incidents, none changed"] = await _ms_async(same)
        told["memory, MB"] = _resident_mb()
        return told
    finally:
        await store.close()


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))

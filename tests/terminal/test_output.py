"""A terminal that takes nothing, sizes that make no sense: requirements 54, 57."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import pairwise

import pyte

from tests.terminal.harness import Session

Start = Callable[..., Session]


def shown(app: Session, size: tuple[int, int] = (80, 24)) -> str:
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    # pyte knows neither kitty's keyboard nor DECRQM; both draw nothing
    data = bytes(app.out).replace(b"\x1b[>25u", b"").replace(b"\x1b[?2026$p", b"").replace(b"\x1b[?2048$p", b"")
    stream.feed(data)
    return "\n".join(screen.display)


def test_stalled_terminal_blocks_nothing_and_gets_the_newest_frame(start: Start) -> None:
    app = start("list", "ticking", size=(120, 40))
    app.wait(lambda: app.facts("tick"))
    app.stop_reading()
    first = app.facts("tick")[-1]
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        time.sleep(0.1)
    ticks = app.facts("tick")
    stamps = app.facts("at")
    assert ticks[-1] - first > 90, "the timer stood still"
    gaps = [b - a for a, b in pairwise(stamps)]
    assert max(gaps[-90:]) < 0.3
    before = len(app.out)
    newest = app.facts("tick")[-1]
    app.read_again()

    def tick_shown() -> int:
        found = re.search(r"tick (\d+) ", shown(app, (120, 40)))
        return int(found[1]) if found else 0

    app.wait(lambda: tick_shown() >= newest, what="newest frame")
    # what a stall of 6 s left behind is a buffer and a frame, not 120 frames of 7 kB
    assert len(app.out) - before < 120_000


def test_what_changed_last_during_a_stall_is_shown_after_it(start: Start) -> None:
    app = start("list", "ticking", "brief", size=(120, 40))
    app.stop_reading()
    app.wait(lambda: app.facts("done"))
    app.read_again()
    app.wait(lambda: "tick 40 " in shown(app, (120, 40)), 2, "the last frame, though nothing changes any more")


def test_keys_act_during_a_stall(start: Start) -> None:
    app = start("list", "ticking", size=(120, 40))
    app.stop_reading()
    time.sleep(1)
    app.send(b"a")
    app.wait(lambda: "a" in app.facts("act"), 1.0)


def test_absurd_sizes(start: Start) -> None:
    app = start("list", "ticking")
    for size in ((1, 1), (3, 2), (0, 0), (5000, 2000), (1, 1), (80, 24)):
        app.resize(*size)
        count = len(app.facts("tick"))
        app.wait(lambda count=count: len(app.facts("tick")) > count + 2, 4.0, f"alive at {size}")
    app.wait(lambda: [80, 24] in app.facts("size")[-1:])
    assert [500, 200] in app.facts("size")
    stamps = app.facts("at")
    assert max(b - a for a, b in pairwise(stamps)) < 1.5
    app.send(b"a")
    app.wait(lambda: "a" in app.facts("act"))


def test_start_at_absurd_sizes(start: Start) -> None:
    for size in ((1, 1), (0, 0), (5000, 2000)):
        app = start(size=size)
        app.send(b"\x11")
        assert app.wait_end(5) == 0
        app.end()


def test_repaint_draws_a_disturbed_screen_anew(start: Start) -> None:
    app = start()
    app.settle()
    app.out.clear()
    app.out += b"x" * 100
    app.send(b"\x0c")
    app.wait(lambda: "rows" in shown(app) and "xx" not in shown(app))

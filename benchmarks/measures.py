"""What is pressed and what is noted. Each function drives one session and gives ``{figure: [samples]}``.

Names of figures end in their unit: ``_bytes`` (what the terminal receives), ``_ms``, ``_percent`` (of a core),
``_mb`` (peak resident memory of the process tree, MiB).
"""

from __future__ import annotations

import json
import random
import re
import socket
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from benchmarks.company import LETTERS
from benchmarks.probe import Session
from benchmarks.scenes import Scene
from widgets.signs import UNICODE

Samples = dict[str, list[float]]
_NUMBER = re.compile(r"(\d{5})([a-z])\b")
"""An incident's number and edition in its title (``benchmarks.company.title``)."""
_BOARD = _NUMBER.pattern
SLOW_LINK = (300.0, 64.0)
"""Round trip in ms and kilobit a second."""


def open_session(scene: Scene, *, link: tuple[float, float] | None = None) -> Session:
    """A session of a scene, not yet begun."""
    return Session(list(scene.argv), scene.env, link=link, timeout=60 if link else 30)


def bar(rows: list[str]) -> int | None:
    """The line that the cursor is on, by its sign in the pane that has the keys."""
    return next((y for y, row in enumerate(rows) if UNICODE.cursor in row), None)


def ready(session: Session) -> None:
    """Wait until the program is there by itself: the board's last picture, shown before, says that it is starting."""
    session.until_seen(_BOARD)
    session.until(lambda rows: "starting" not in rows[0], "it has started")
    session.settle(1.0, 15)


def scrolled(rows: list[str]) -> bool:
    """Whether the first list says that there is more above."""
    return any(UNICODE.more_above in row for row in rows)


def _go_live(session: Session) -> tuple[float, float]:
    """When the board could be read, and when the key that was pressed at that moment (the last row) had its effect.
    The cursor is then taken back, so that the next start's picture shows the first row."""
    readable = session.until_seen(_BOARD)
    session.press("end")
    live = session.until(scrolled, "the list scrolls")
    return readable, live


def _go_back(session: Session) -> None:
    session.press("home")
    session.until(lambda rows: not scrolled(rows), "the list scrolls back")
    session.settle(0.5)


def _ms(later: float, earlier: float) -> float:
    return (later - earlier) * 1000


def _not_in_step() -> None:
    time.sleep(random.uniform(0, 0.02))


# -- start -----------------------------------------------------------------------------------------------------


def start(scene: Scene) -> Samples:
    """To the board readable; then a key, pressed as soon as it can be read, to its effect; then the way out."""
    with open_session(scene) as session:
        readable, live = _go_live(session)
        cpu = session.cpu_ms()
        _go_back(session)
        return {
            "readable_ms": [_ms(readable, session.began)],
            "live_ms": [_ms(live, session.began)],
            "start_cpu_ms": [cpu],
            **_leave(session, ["q"]),
        }


def start_of(scene: Scene, pattern: str, keys: list[str]) -> Samples:
    """Another program, to ``pattern`` on its screen; at rest; and the way out by ``keys``."""
    with open_session(scene) as session:
        seen = session.until_seen(pattern)
        cpu = session.cpu_ms()
        session.settle(0.4)
        told = session.bytes_since(0)
        idle = session.call("idle", 2.0)
        return {
            "readable_ms": [_ms(seen, session.began)],
            "start_cpu_ms": [cpu],
            "start_bytes": [told],
            "idle_percent": [idle["cpu"] / 10],
            **_leave(session, keys),
        }


def _leave(session: Session, keys: list[str]) -> Samples:
    left = session.call("quit", keys)
    samples: Samples = {"quit_ms": [left["quit"]], "memory_mb": [left["rss"]]}
    if left["left"] is not None:
        samples["restored_ms"] = [left["left"]]
    samples["unclean"] = [float(len(left["unclean"]))]
    return samples


# -- a seat on a bad day ---------------------------------------------------------------------------------------


def walk(scene: Scene) -> Samples:
    """What each thing costs in bytes, on an otherwise quiet screen."""
    out: defaultdict[str, list[float]] = defaultdict(list)
    with open_session(scene) as session:
        ready(session)
        out["start_bytes"].append(session.bytes_since(0))
        _keys(session, out, "cursor", ["down"], 8)
        _pages(session, out)
        _keys(session, out, "focus", ["tab"], 8)
        _message(session, out)
        if scene.control is not None:
            _one_cell(session, scene.control, out)
        _quit_quietly(session)
    return dict(out)


def _keys(session: Session, out: defaultdict[str, list[float]], figure: str, keys: list[str], times: int) -> None:
    for _ in range(times):
        for key in keys:
            _not_in_step()
            told = session.call("press", key)
            out[f"{figure}_bytes"].append(told["bytes"])
            if "paint" in told:
                out[f"{figure}_ms"].append(told["paint"])


def _pages(session: Session, out: defaultdict[str, list[float]]) -> None:
    """Pages that scroll: the first one only takes the cursor to the last line."""
    for _ in range(2):
        session.call("press", "home")
        session.call("press", "pgdn")
        _keys(session, out, "page", ["pgdn"], 1)
    session.call("press", "home")


def _message(session: Session, out: defaultdict[str, list[float]]) -> None:
    """A line is said, and goes with the next key, which does nothing else."""
    session.call("press", "home")
    for _ in range(3):
        chunk = session.chunk
        session.call("press", "ctrl+c")
        session.call("press", "home")
        out["message_bytes"].append(session.bytes_since(chunk))


def _one_cell(session: Session, control: Path, out: defaultdict[str, list[float]]) -> None:
    """The pager tells of one incident in the list, of whose title one character has changed."""
    shown = _NUMBER.findall("\n".join(session.rows()))
    # One that no alert's row names too, which would be a second cell.
    once = [(int(digits), LETTERS.index(letter)) for digits, letter in shown if shown.count((digits, letter)) == 1]
    if not once:
        raise session.gone("no incident on the screen")
    number, first = once[0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as orders:
        orders.connect(str(control))
        for step in range(1, 5):
            edition = first + step
            session.call("press", "R")  # the pager is asked anew, and waits
            session.call("press", "home")
            session.settle(0.5)
            chunk = session.chunk
            orders.send(b"%d %d" % (number, edition))
            session.until_seen(f"{number:05d}{LETTERS[edition % len(LETTERS)]}")
            session.settle(0.4)
            out["one_cell_bytes"].append(session.bytes_since(chunk))


def _quit_quietly(session: Session) -> None:
    session.press("q")
    session.probe.pump(1.0)


def idle(scene: Scene, seconds: float) -> Samples:
    """At rest over the turn of a minute: bytes of the whole sample, CPU a second."""
    with open_session(scene) as session:
        ready(session)
        wait = (60 - seconds / 2 - time.time()) % 60
        session.call("idle", max(wait, 2.0))
        told = session.call("idle", seconds)
        return {"idle_bytes": [told["bytes"] * seconds], "idle_percent": [told["cpu"] / 10]}


# -- at scale --------------------------------------------------------------------------------------------------


def at_scale(scene: Scene) -> Samples:
    """Keys, filter, memory and rest with the large folder."""
    out: defaultdict[str, list[float]] = defaultdict(list)
    with open_session(scene) as session:
        ready(session)
        _keys(session, out, "cursor", ["down", "down", "up"], 8)
        _pages(session, out)
        for _ in range(2):
            _filter(session, out)
        told = session.call("idle", 10.0)
        out["idle_percent"].append(told["cpu"] / 10)
        for name, samples in _leave(session, ["q"]).items():
            out[name] += samples
    return dict(out)


def _filter(session: Session, out: defaultdict[str, list[float]]) -> None:
    session.press("/")
    session.until_seen("Keep +esc")  # the field has the keys: sooner, letters would be a burst that no hand types
    session.settle(0.3)
    for end in range(1, 6):
        typed = "queue"[:end]
        _not_in_step()
        pressed = session.press(typed[-1])
        # The pane's title tells of the filter in force: the list under it is the filtered one.
        shown = session.until_seen(f"Incidents .*/{typed}(?![a-z])")
        out["filter_ms"].append(_ms(shown, pressed))
        session.settle(0.15)
    for _ in range(2):
        session.press("esc")
        session.settle(0.5)


def storm(scene: Scene, presses: int) -> Samples:
    """A cursor key to its effect while 2,000 changes a minute come in; and the memory after it."""
    out: Samples = {"key_ms": []}
    with open_session(scene) as session:
        ready(session)
        for number in range(presses):
            session.probe.pump(random.uniform(0.05, 0.25))
            stood = bar(session.rows())
            pressed = session.press("up" if number // 8 % 2 else "down")
            moved = session.until(lambda rows, was=stood: bar(rows) not in (was, None), "the cursor moves")  # type: ignore[misc]
            out["key_ms"].append(_ms(moved, pressed))
        with suppress(OSError):
            out["memory_mb"] = _leave(session, ["q"])["memory_mb"]
    return out


def stall(scene: Scene, seconds: float) -> Samples:
    """A terminal that reads nothing for a while, under changes: how late the loop was, and what comes after."""
    assert scene.lateness is not None
    scene.lateness.unlink(missing_ok=True)
    with open_session(scene) as session:
        ready(session)
        began = session.now()
        time.sleep(seconds)
        ended = session.now()
        chunk = session.chunk
        session.settle(0.12, 2)
        told = session.bytes_since(chunk)
        session.call("quit", ["q"])
    late = json.loads(scene.lateness.read_text(encoding="utf-8"))
    return {
        "late_ms": [max((by * 1000 for at, by in late if began <= at <= ended), default=seconds * 1000)],
        "after_bytes": [told],
    }


def slow_link(scene: Scene) -> Samples:
    """Over a slow line: until the board can be read, and a cursor move to its sight."""
    out: Samples = {"cursor_ms": []}
    with open_session(scene, link=SLOW_LINK) as session:
        readable, live = _go_live(session)
        out["readable_ms"] = [_ms(readable, session.began)]
        out["live_ms"] = [_ms(live, session.began)]
        _go_back(session)
        for _ in range(4):
            stood = bar(session.rows())
            pressed = session.press("down")
            moved = session.until(lambda rows, was=stood: bar(rows) not in (was, None), "the cursor moves")  # type: ignore[misc]
            out["cursor_ms"].append(_ms(moved, pressed))
            session.settle(0.3, 10)
    return out

"""What arrives on stdin of the real app in a real pty: requirements 7, 8, 9."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.terminal.harness import Session

Start = Callable[..., Session]

REPLIES = {
    "DA1": b"\x1b[?64;1;2c",
    "DA2": b"\x1b[>41;370;0c",
    "DA3": b"\x1bP!|00000000\x1b\\",
    "DSR": b"\x1b[0n",
    "CPR": b"\x1b[12;40R",
    "DECXCPR": b"\x1b[?12;40;1R",
    "XTVERSION": b"\x1bP>|tmux 3.3a\x1b\\",
    "DECRQSS": b"\x1bP1$r0ack;m\x1b\\",
    "XTGETTCAP": b"\x1bP1+r6b=61636b\x1b\\",
    "OSC10": b"\x1b]10;rgb:ffff/aaaa/eeee\x1b\\",
    "OSC11 BEL": b"\x1b]11;rgb:ffff/aaaa/eeee\x07",
    "OSC52": b"\x1b]52;c;YWNrcmVzb2x2ZQ==\x1b\\",
    "title": b"\x1b]lack resolve\x1b\\",
    "icon": b"\x1b]Lack resolve\x1b\\",
    "window size": b"\x1b[8;40;120t",
    "window state": b"\x1b[1t",
    "DECREQTPARM": b"\x1b[2;1;1;120;120;1;0x",
    "locator": b"\x1b[1;2;3;4;5&w",
    "DECRPM": b"\x1b[?25;1$y",
    "kitty flags": b"\x1b[?25u",
    "colour scheme": b"\x1b[?997;1n",
    "XTSMGRAPHICS": b"\x1b[?1;0;256S",
    "kitty graphics": b"\x1b_Gi=31;OK\x1b\\",
    "PM": b"\x1b^ack\x1b\\",
    "SOS": b"\x1bXack\x1b\\",
    "8-bit CSI": b"\x9b?64;1;2c",
    "8-bit DCS": b"\x90>|xterm(370)\x9c",
    "UTF-8 C1": "\x9b?64;1c\x9d52;c;YWNr\x9c".encode(),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One app for all the tests after which nothing is to have happened to it."""
    session = Session(tmp_path_factory.mktemp("shared") / "log")
    yield session
    session.end()


def nothing_happened(app: Session) -> bool:
    app.settle()
    unexpected = [key for key in [*app.facts("act"), *app.facts("key")] if key != "f2"]
    if unexpected:
        app.log.write_text("")  # the next test is not to suffer from this one
        print(unexpected)
    return not unexpected


def test_single_keys_act(start: Start) -> None:
    app = start()
    for key in (b"a", b"r", b" ", b"\r", b"\x1b[B", b"?"):
        app.send(key)
        app.settle()
    acts = [key for key in app.facts("act") if key != "f2"]
    assert acts == ["a", "r", "space", "enter", "down", "question_mark"]


def test_byte_that_is_no_utf8_is_ignored(start: Start) -> None:
    app = start()
    app.send(b"\xe9")
    app.send(b"\xff\xfe\x80")
    app.send(b"\xc3")
    app.settle()
    app.send(b"a")
    app.settle()
    assert [key for key in app.facts("act") if key != "f2"] == ["a"]


@pytest.mark.parametrize("name", REPLIES)
def test_reply_fires_nothing_however_it_is_split(shared: Session, name: str) -> None:
    app = shared
    reply = REPLIES[name]
    app.send(reply)
    assert nothing_happened(app)
    for cut in range(1, len(reply)):
        app.send(reply[:cut])
        time.sleep(0.004)  # let it be read by itself: what is tested is the split
        app.send(reply[cut:])
    assert nothing_happened(app)


def test_reply_byte_by_byte(shared: Session) -> None:
    app = shared
    for name in ("DA1", "XTVERSION", "OSC10", "DECRQSS", "OSC52"):
        for byte in REPLIES[name]:
            app.send(bytes([byte]))
            time.sleep(0.002)
    assert nothing_happened(app)


def test_unterminated_reply_is_given_up(start: Start) -> None:
    app = start()
    app.send(b"\x1b]52;c;YWNr")
    time.sleep(0.6)  # the limit itself
    app.send(b"a")
    app.settle()
    assert [key for key in app.facts("act") if key != "f2"] == ["a"]


def test_burst_acts_on_nothing(start: Start) -> None:
    app = start()
    app.send(b"aaaar")
    app.settle()
    assert app.facts("paste") == ["aaaar"]
    assert nothing_happened(app)


def test_burst_with_enter_and_controls_acts_on_nothing(shared: Session) -> None:
    app = shared
    app.send(b"ab\rr\x1bOQ\t\x01")
    assert nothing_happened(app)


def test_burst_in_pieces_acts_on_nothing(start: Start) -> None:
    app = start()
    for _ in range(20):
        app.settle()
        before = app.facts("act").count("a")
        stamps = []
        for _ in range(8):
            app.send(b"a")
            stamps.append(time.monotonic())
            time.sleep(0.002)
        app.settle()
        if max(b - a for a, b in pairwise(stamps)) < 0.005:  # a busy machine made pauses: once more
            assert app.facts("act").count("a") == before
            return
    pytest.skip("this machine is too busy to send eight bytes in a row")


def test_held_key_repeats(start: Start) -> None:
    app = start()
    app.send(b"jjjjjjjj")
    app.send(b"\x1b[B" * 9)
    app.send(b"\x1b[6~" * 5)
    app.wait(lambda: app.facts("key").count("pagedown") == 5)
    keys = app.facts("key")
    assert (keys.count("j"), keys.count("down"), keys.count("pagedown")) == (8, 9, 5)


def test_paste_on_a_list_is_no_action_even_with_an_end_inside(start: Start) -> None:
    app = start()
    app.send(b"\x1b[200~one\x1b[201~a\x1b[201~r\x1b[201~")
    app.settle()
    assert nothing_happened(app)
    assert "".join(app.facts("paste")) == "onear"


def test_paste_into_a_field_is_text_only(start: Start) -> None:
    app = start("area")
    app.send(b"\x1b[200~on\x1b[31me\r\ntwo\x07\x00\xe9\x1b]52;c;x\x07!\x1b[201~")
    app.settle()
    assert app.facts("paste") == ["one\ntwo!"]
    assert app.facts("value")[-1] == "one\ntwo!"


def test_paste_is_capped(start: Start) -> None:
    app = start("area")
    app.send(b"\x1b[200~")
    for _ in range(40):
        app.send(b"x" * 4000)
    app.send(b"\x1b[201~")
    app.wait(lambda: app.facts("paste"))
    assert len(app.facts("paste")[0]) == 65_536


def test_fast_typing_on_a_slow_line_lands_in_order(start: Start) -> None:
    app = start("input")
    for piece in (b"the ", b"qu", b"ick brown", b"x\x7f", b" fo", b"x", b" jumps over"):
        app.send(piece)
        time.sleep(0.01)
    app.settle()
    assert app.facts("value")[-1] == "the quick brown fox jumps over"


def test_real_keys_pass(start: Start) -> None:
    app = start()
    wanted = {
        b"\x1b[A": "up",
        b"\x1bOB": "down",
        b"\x1b[1;5C": "ctrl+right",
        b"\x1b[5~": "pageup",
        b"\x1b[15~": "f5",
        b"\x1bOP": "f1",
        b"\x1b[[A": "f1",
        b"\x1b[3$": "shift+delete",
        b"\x1b[Z": "shift+tab",
        b"\x1b": "escape",
        b"\x1bx": "alt+x",
        b"\x1b[97;;97u": "a",
        b"\x1b[97;5u": "ctrl+a",
        b"\x1b[57441;2u": "left_shift",
        "é".encode(): "é",
        "日".encode(): "日",
    }
    for sequence, key in wanted.items():
        count = app.facts("key").count(key)
        app.send(sequence)
        app.wait(lambda key=key, count=count: app.facts("key").count(key) > count, what=f"{key}")
    app.send(b"\x1b[<0;5;3M\x1b[<0;5;3m")
    app.wait(lambda: app.facts("mouse") == [[4, 2]])
    app.send(b"\x1b[O")
    app.wait(lambda: app.facts("focus")[-1:] == [False])
    app.send(b"\x1b[I")
    app.wait(lambda: app.facts("focus")[-1:] == [True])


def test_what_textual_asked_for_still_arrives(start: Start) -> None:
    app = start("list", "ticking")
    app.send(b"\x1b[?2026;2$y")
    app.wait(lambda: b"\x1b[?2026h" in app.out, what="synchronised output used")
    app.send(b"\x1b[?2048;2$y")
    app.wait(lambda: b"\x1b[?2048h" in app.out, what="in-band resize switched on")
    app.send(b"\x1b[48;30;100;600;1000t")
    app.wait(lambda: [100, 30] in app.facts("size"))


def test_typed_ahead_is_harmless(start: Start) -> None:
    app = start(wait_ready=False)
    app.send(b"a\n")
    app.wait(lambda: app.facts("ready"))
    app.settle()
    assert "a" not in app.facts("act")


@pytest.mark.debian
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize("kind", ["list", "input"])
def test_what_a_real_tmux_answers_presses_nothing(start: Start, tmp_path: Path, kind: str) -> None:
    tmux = ["tmux", "-f", os.devnull, "-S", str(tmp_path / "socket")]
    app = start(kind, wrap=[*tmux, "new-session"], env={"LC_ALL": "C.UTF-8"})
    try:
        for _ in range(3):
            count = len(app.facts("asked"))
            app.send(b"\x1b[18~")
            app.wait(lambda count=count: len(app.facts("asked")) > count)
            time.sleep(0.2)  # tmux's answers
        app.settle()
        assert set(app.facts("key")) <= {"f7", "f2"}
        assert app.facts("paste") == []
        app.send(b"a")
        app.wait(lambda: "a" in app.facts("key"))
        app.send(b"\x1b[200~ar\x1b[201~")
        app.wait(lambda: app.facts("paste") == ["ar"])
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)

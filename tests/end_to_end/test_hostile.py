"""Titles, labels and notes that attack the terminal are shown as text and act on nothing, in every view and export."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.end_to_end.hands import cursor, hasty, opened, pressed, typed
from tests.support.seat import SCRIPT, Company, Seat, Terminal, until

pytestmark = pytest.mark.pty

# What Textual and our driver write: cursor, erase, attributes, modes, repeats, keyboard protocol, title stack, size
# queries; hyperlinks to http(s) only; the window's title as we say it. A query whose answer holds letters is not here.
ALLOWED = re.compile(
    rb"\x1b\[[0-9;:]*[HABCDGdJKmXbPrt]"
    rb"|\x1b\[\?[0-9;]*[hlu]"
    rb"|\x1b\[\?[0-9]+\$p"
    rb"|\x1b\[[<>=][0-9;]*u"
    rb"|\x1b\]8;[^;\x00-\x1f]*;(?:https?://[!-~]*)?\x1b\\"
    rb"|\x1b\][02];[^\x00-\x1f\x7f]*\x07"
    rb"|\x1b\][02];[^\x00-\x1f\x7f]*\x1b\\"
    rb"|\x1b\]22;[a-z]+\x07"
    rb"|\x1b[78=>]"
    rb"|[\r\n\x07\x08]"
)
C1_OR_BIDI = re.compile("[\x80-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
ATTACKS = (
    b"\x1b]52;",
    b"\x1b]10;?",
    b"\x1b]2;pwned",
    b"\x1b]8;;https://evil",
    b"\x1b[c",
    b"\x1b[>q",
    b"\x1b[6n",
    b"\x1bP$q",
)


def strangers(raw: bytes) -> list[bytes]:
    """The control bytes that the framework did not write, each with what follows."""
    left = ALLOWED.sub(b"", raw)
    return [left[match.start() : match.start() + 24] for match in re.finditer(rb"[\x00-\x1f\x7f]", left)]


def test_the_allow_list_would_see_an_attack() -> None:
    for attack in (
        b"\x1b]52;c;cHduZWQ=\x07",
        b"\x1b[c",
        b"\x1bP$qm\x1b\\",
        b"nul\x00",
        b"\x1b]8;;javascript:x\x1b\\",
    ):
        assert strangers(b"\x1b[1;1Hfine" + attack + b"\x1b[0m"), attack


@pytest.fixture
def hostile() -> Iterator[Company]:
    made = Company(faults=("hostile",))
    yield made
    made.close()


@pytest.fixture
def seat(hostile: Company, tmp_path: Path) -> Iterator[Seat]:
    made = Seat(tmp_path, hostile.config(tmp_path))
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()


def visit_everything(terminal: Terminal) -> None:
    """Every view by its keys; nothing is sent: each question is left by Esc."""
    terminal.press("v", "v")
    for pane in ("1", "2", "3", "4"):
        terminal.press(pane)
        terminal.press("j", "j", "G", "g", "o")
        terminal.settle(0.1)
        terminal.press("\x1b")
        terminal.settle(0.1)
    terminal.press("1")
    for question in ("e", "n", "r", "z", "s", "A", "m", "t"):
        terminal.press(question)
        terminal.settle(0.1)
        terminal.press("\t", "\x1b")
        terminal.settle(0.1)
    for _ in range(2):
        terminal.press("\r")
        terminal.settle(0.2)
        terminal.press("j", "\t", "j", "\t", "j", "\x1b")
        terminal.settle(0.1)
        terminal.press("j")
    terminal.press("2", "S")
    terminal.settle(0.1)
    terminal.press("\x1b")
    for view in ("x", "Q", "L", "?", ":"):
        terminal.settle(0.1)
        terminal.press(view)
        terminal.settle(0.2)
        terminal.press("j", "G", "\x1b")
    terminal.settle(0.1)
    terminal.press("/")
    terminal.type("evil")
    terminal.press("\x1b")
    terminal.settle(0.1)


LITERAL = (
    "disk [/dev/sda1] full",
    "[ERROR] db",
    "[@click=app.quit]x[/]",
    "[ @click=app.simulate_key('a')]acknowledge me",
    "[link=https://evil.example/]pay here[/link]",
    "[bold red on $error]\\[not red\\]",
    "{{ 7 * 7 }} {% for x in range(10**9) %}",
    "<script>alert(1)</script> &lt;",
    "\\x1b[c\\x1b[>q\\x1b[6n answers press keys",
    "\\x1b]2;pwned\\x07title",
    "\\x1b]52;c;cHduZWQ=\\x07clipboard",
    "\\x1b[?1049l\\x1b[2J\\x1b[Hout of the screen",
    "\\x9b2J\\x9d2;pwned\\x9c\\x90C1",
    "nul\\x00 del\\x7f back\\x08\\x08\\x08 bell\\x07",
    "Checkout down\\x0dSEV4 RESOLVED nothing to see",
    "\\u202egnitirw ot tfel thgir\\u202c \\u2066isolated\\u2069",
    "pay\\u200bments\\u200d\\ufeff\\u2060 zero\\xadwidth",
    "\u00e1\u0301\u0301\u0301 ",
    "支払いサービスが応答しません",
)
"""As they are to be read: what markup, a template or a page would take is itself, what a terminal would obey is its
escape, and of two thousand accents on one letter four are left."""


def whole(terminal: Terminal) -> str:
    """The screen as text, accents composed as far as they go, as the emulator does."""
    return unicodedata.normalize("NFC", terminal.text)


def test_every_title_is_read_as_it_is_on_the_dashboard(hostile: Company, seat: Seat) -> None:
    terminal = opened(seat, size=(200, 70))
    pressed(terminal, "v", "my incidents")
    pressed(terminal, "v", "all incidents")
    terminal.press("G")
    terminal.settle()
    seen = whole(terminal)
    terminal.press("g")
    terminal.settle()
    seen += whole(terminal)
    assert not [text for text in LITERAL if text not in seen], seen
    assert not strangers(bytes(terminal.raw))
    assert seat.outbox() == []


def test_a_title_is_read_as_it_is_wherever_it_is_shown(hostile: Company, seat: Seat) -> None:
    """Each view is waited for, left by Esc, and has the title in it."""
    hasty(seat)
    words, title = "screen", "\\x1b[?1049l\\x1b[2J\\x1b[Hout of the screen"
    terminal = opened(seat, size=(120, 36))
    pressed(terminal, "v", "my incidents")
    pressed(terminal, "v", "all incidents")
    pressed(terminal, "/", r"^ / ")
    typed(terminal, words)
    pressed(terminal, "\r", "1 shown")
    terminal.until(lambda: title[:16] in cursor(terminal), "the cursor on it")
    views = {
        "e": "─ Escalate ", "n": "─ Note ", "r": "─ Resolve", "z": "─ Snooze ", "s": "─ Severity ", "A": "─ Assign ",
        "m": "─ Merge ", "t": "─ Title ", "\r": "╭ .Timeline",
    }  # fmt: skip
    for key, frame in views.items():
        pressed(terminal, key, frame)
        terminal.settle()
        assert title in whole(terminal), f"{key!r}\n{terminal.text}"
        terminal.press("\x1b")
        terminal.gone(frame)
    # A note on it: in the outbox, in the audit, in the line that says what became of it.
    pressed(terminal, "n", "─ Note ")
    typed(terminal, "seen")
    pressed(terminal, "\r", "write a note leaves in")
    pressed(terminal, "Q", "╭ Outbox")
    terminal.settle()
    assert whole(terminal).count(title[:30]) >= 2, terminal.text
    until(lambda: terminal.read() or hostile.received("note"), what="the note")
    assert terminal.process.poll() is None
    raw = bytes(terminal.raw)
    assert not strangers(raw), strangers(raw)[:5]
    assert not [attack for attack in ATTACKS if attack in raw]
    assert set(hostile.state()["writes"]["received"]) == {"note"}


def test_notes_of_a_stranger_are_read_as_they_are(hostile: Company, seat: Seat) -> None:
    terminal = opened(seat, size=(160, 70))
    pressed(terminal, "/", r"^ / ")
    typed(terminal, "stranger")
    pressed(terminal, "\r", "1 shown")
    pressed(terminal, "\r", "╭ .Timeline")
    terminal.wait("Bob Brandt")
    seen = ""
    for _ in range(12):
        terminal.settle()
        seen += whole(terminal)
        terminal.send(b"\x1b[6~")
    assert not [text for text in LITERAL[:15] if text not in seen], seen
    assert not strangers(bytes(terminal.raw))


def test_no_view_lets_a_control_byte_through_and_no_title_acts(hostile: Company, seat: Seat) -> None:
    terminal = seat.dashboard(size=(80, 24))
    terminal.wait("1 Incidents")
    terminal.wait(r"^│▌ ")
    terminal.wait(r"● rota|  ● 5  ")
    terminal.press("v", "v")
    terminal.wait(r"\[/dev/sda1\]|\[ERROR\]|\[@click|\\x1b|\\u202e")
    visit_everything(terminal)
    assert terminal.process.poll() is None
    raw = bytes(terminal.raw)
    assert not strangers(raw), strangers(raw)[:5]
    assert not C1_OR_BIDI.search(raw.decode("utf-8", "replace"))
    for attack in ATTACKS:
        assert attack not in raw, attack
    assert seat.outbox() == []
    assert set(hostile.state()["writes"]["received"].values()) <= {0}
    terminal.press("q")
    assert terminal.end_code() == 0


def test_the_command_line_and_the_exports_are_text(seat: Seat, tmp_path: Path) -> None:
    for words in (
        ("now",),
        ("now", "--json"),
        ("outbox",),
        ("handover",),
        ("handover", "--format", "json"),
        ("check",),
    ):
        done = subprocess.run([str(SCRIPT), *seat.options, *words], capture_output=True, timeout=60, check=False)
        text = (done.stdout + done.stderr).decode("utf-8")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), words
        assert not C1_OR_BIDI.search(text), words
    page = tmp_path / "handover.html"
    assert seat.run("handover", "--format", "html", "--output", str(page)).returncode == 0
    html = page.read_text("utf-8")
    told = unescape(re.sub("<[^>]*>", " ", html))
    titles = {one["title"] for one in seat.json("handover", "--format", "json", "--cached")["open"]}
    for text in LITERAL[:-2]:
        assert text in told, text
        assert any(text in title for title in titles), text
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html


@pytest.mark.debian
def test_in_tmux_the_answers_that_titles_ask_for_press_no_key(hostile: Company, seat: Seat, tmp_path: Path) -> None:
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("tmux is not installed")
    base = [tmux, "-f", "/dev/null", "-S", str(tmp_path / "tmux")]

    def do(*words: str) -> str:
        return subprocess.run([*base, *words], capture_output=True, text=True, timeout=20, check=True).stdout

    command = " ".join([str(SCRIPT), *seat.options])
    do("new-session", "-d", "-x", "120", "-y", "36", command)

    def sees(words: str) -> str:
        return until(lambda: words in (text := do("capture-pane", "-p")) and text, what=f"{words!r} in tmux")

    def press(key: str, words: str) -> str:
        do("send-keys", key)
        return sees(words)

    try:
        do("set", "-g", "set-clipboard", "on")
        sees("Checkout returns 503")
        press("v", "my incidents")
        press("v", "all incidents")
        sees("\\x1b")
        for _ in range(2):
            press("G", "↑")
            press("g", "Checkout returns 503")
        press("Enter", "Timeline")
        press("Escape", "1 Incidents")
        press("x", "Shift handover")
        press("Escape", "1 Incidents")
        do("send-keys", "2")
        until(lambda: "a Ack" not in do("capture-pane", "-p"), what="the keys of another pane")
        press("Enter", "esc back")
        press("Escape", "1 Incidents")
        assert "pwned" not in do("display", "-p", "#{pane_title}")
        buffers = subprocess.run(
            [*base, "list-buffers"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
        assert "pwned" not in buffers
    finally:
        subprocess.run([*base, "kill-server"], capture_output=True, timeout=20, check=False)
    assert seat.outbox() == []
    assert set(hostile.state()["writes"]["received"].values()) <= {0}

"""The difference shows what Textual's own writes show: in pyte, in tmux, and read back."""

from __future__ import annotations

import fcntl
import os
import random
import re
import select
import shutil
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from oncall_tui.terminal.canvas import Canvas
from oncall_tui.terminal.cells import CLUSTER_LIMIT, SURE, Effect, Grid, clusters, is_sure
from oncall_tui.terminal.style import DEFAULT, Style, apply_sgr, style_of, way
from tests.terminal.emulator import Terminal
from tests.terminal.harness import wait_for

TEXTS = [
    *("a", "row 17 of db-1", "  padded  ", " " * 30, "x" + " " * 20 + "y", "─" * 12, "│", "ok", "CRIT"),
    *("日本語", "mixed 日 text", "é", "e\u0301clair", "naïve", "▁▂▃█", "→ next", "x" * 40),
]
SGR = [
    *("1", "2", "3", "4", "7", "9", "31", "38;5;200", "38;2;10;20;30", "48;5;17", "48;2;1;2;3", "1;31;44", "97;100"),
    *("1;3;38;2;1;2;3;48;2;9;9;9", "4;9;7", "38;2;224;224;224;48;2;18;18;18"),
]


def program(rng: random.Random, width: int, height: int, texts: list[str] = TEXTS) -> str:
    """One write such as Textual makes: positions, styled text, line ends."""
    out = []
    if rng.random() < 0.2:
        y = 0
        out.append("\x1b[1;1H")
        for y in range(height):
            ground = rng.choice(SGR)
            line, left = [], width
            while left > 0:
                text = rng.choice(texts)
                if cell_len(text) > left:
                    text = " " * left
                line.append(f"\x1b[{rng.choice([ground, rng.choice(SGR)])}m{text}\x1b[0m")
                left -= cell_len(text)
            out.append("".join(line) + ("\n" if y < height - 1 else ""))
    for _ in range(rng.randrange(1, 8)):
        y = rng.randrange(height)
        text = rng.choice(texts)
        size = cell_len(text)
        if size > width:
            continue
        x = rng.randrange(width - size + 1)
        out.append(f"\x1b[{y + 1};{x + 1}H")
        if rng.random() < 0.8:
            out.append(f"\x1b[{rng.choice(SGR)}m{text}\x1b[0m")
        else:
            out.append(text)
        if rng.random() < 0.1 and y < height - 1:
            out.append("\n")
    out.append(f"\x1b[{rng.randrange(height) + 1};{rng.randrange(width) + 1}H")
    return "".join(out)


def assert_same(a: Terminal, b: Terminal, note: str) -> None:
    for y, (left, right) in enumerate(zip(a.cells(), b.cells(), strict=True)):
        for x, (one, other) in enumerate(zip(left, right, strict=True)):
            assert one == other, f"{note}: row {y} column {x}"


@pytest.mark.parametrize("bce", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_random_programs_look_the_same_in_pyte(seed: int, bce: bool) -> None:
    rng = random.Random(seed)
    width, height = rng.choice([(80, 24), (120, 40), (40, 8), (3, 2), (1, 1)])
    canvas = Canvas(width, height, bce=bce)
    canvas.cleared()
    direct, ours = Terminal(width, height), Terminal(width, height)
    for step in range(60):
        data = program(rng, width, height)
        direct.feed(data)
        canvas.write(data)
        if rng.random() < 0.7:  # else: a skipped frame
            difference = canvas.flush()
            ours.feed(difference)
            assert_same(direct, ours, f"step {step}")
            assert (ours.screen.cursor.y, min(ours.screen.cursor.x, width - 1)) == (
                direct.screen.cursor.y,
                min(direct.screen.cursor.x, width - 1),
            )
        if rng.random() < 0.1:
            canvas.repaint()
            ours.feed("\x1b[1;1Hgarbage\x1b[31m")


@pytest.mark.parametrize("seed", range(6))
def test_difference_read_back_is_the_picture_with_links_and_all(seed: int) -> None:
    rng = random.Random(seed)
    canvas = Canvas(60, 12)
    canvas.cleared()
    back = Grid(60, 12)
    texts = [*TEXTS, "link", "👩‍💻 x", "⚠️ x", "🇦🇹"]
    for _ in range(80):
        data = program(rng, 60, 12, texts)
        if rng.random() < 0.3:
            url = rng.choice(["https://a.example/1", "https://b.example/2"])
            data += f"\x1b[3;5H\x1b]8;id={rng.random()};{url}\x1b\\\x1b[4;2;53mlink\x1b[0m\x1b]8;;\x1b\\"
        canvas.write(data)
        back.apply(canvas.flush())
        for y in range(12):
            assert back.chars[y] == canvas.want.chars[y]
            for x, (one, other) in enumerate(zip(back.styles[y], canvas.want.styles[y], strict=True)):
                if canvas.want.chars[y][x] == " ":
                    one, other = one.blank, other.blank
                assert one is other, (y, x)


CODES = (
    "0 1 2 3 4 5 6 7 8 9 21 22 23 24 25 27 28 29 31 39 42 49 51 53 54 55 97 104 "
    "38;5;9 48;5;8 38;2;1;2;3 58;5;3 4:3 38:5:7"
)
parameters = st.lists(st.sampled_from(CODES.split()), max_size=6).map(";".join)


@given(st.lists(parameters, min_size=2, max_size=5))
@settings(max_examples=300, deadline=None)
def test_way_leads_from_any_style_to_any(steps: list[str]) -> None:
    style = DEFAULT
    pen = DEFAULT
    for step in steps:
        style = apply_sgr(style, step)
        for sequence in re.findall(r"\x1b\[([^m]*)m", way(pen, style)):
            pen = apply_sgr(pen, sequence)
        assert pen is style


any_style = st.builds(
    style_of,
    st.integers(0, (1 << 13) - 1),
    st.sampled_from(["", "31", "38;2;1;2;3"]),
    st.sampled_from(["", "41", "48;5;7"]),
    st.just(""),
    st.sampled_from(["", "", ";4:3"]),
)


@given(any_style, any_style)
@settings(max_examples=1000, deadline=None)
def test_way_between_any_two_styles(before: Style, after: Style) -> None:
    pen = before
    for sequence in re.findall(r"\x1b\[([^m]*)m", way(before, after)):
        pen = apply_sgr(pen, sequence)
    assert pen is after


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.integers(1, 30))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_at_all_keeps_the_grid_whole(text: str, width: int) -> None:
    canvas = Canvas(width, 3)
    canvas.cleared()
    canvas.write(f"\x1b[2;1H{text}")
    sent = canvas.flush()
    grid = canvas.want
    for y in range(3):
        assert len(grid.chars[y]) == len(grid.styles[y]) == width
        assert grid.chars[y][0] != ""
        for x, cell in enumerate(grid.chars[y]):
            assert len(cell) <= CLUSTER_LIMIT
            assert cell or len(grid.chars[y][x - 1]) > 0
    # nothing but our own sequences, whatever the text holds
    assert not re.search(r"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]", sent)
    assert not re.sub(r"\x1b\[\d*(?:;\d*)*[A-Za-z]|\x1b\]8;;\x1b\\", "", sent).count("\x1b")


def test_frames_let_no_sequence_through() -> None:
    canvas = Canvas(40, 4)
    canvas.cleared()
    for bad in (
        "\x1b[c",
        "\x1b[?1049l",
        "\x1b]52;c;eA==\x07",
        "\x1b]0;title\x07",
        "\x1bP$qm\x1b\\",
        "\x9b0c",
        "\x1bc",
        "\x1b[2J",
    ):
        canvas.write(f"\x1b[1;1H\x1b[31mtitle {bad} end\x1b[0m")
        sent = canvas.flush()
        assert bad not in sent
        assert "title" in "".join(canvas.want.chars[0])
    canvas.write("\x1b[1;1H\x1b[31m" + "e" + "\u0301" * 200_000 + "\x1b[0m")
    assert len(canvas.flush()) < 100
    for _ in range(20):  # one by one they do not pile up either
        canvas.write("\x1b[1;2H\u0301")
    assert len(canvas.want.chars[0][0]) <= CLUSTER_LIMIT


def test_other_writes_pass_what_is_not_drawing_in_order() -> None:
    canvas = Canvas(40, 4)
    canvas.cleared()
    canvas.flush()
    writes = [
        *("\x1b]52;c;eA==\x07", "\x07", "\x1b]22;text\x07", "\x1b[?2004h", "\x1b[>25u", "\x1b[?2048$p", "\x1b[2 q"),
        "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    ]
    for text in writes:
        canvas.write(text)
    assert canvas.flush() == "".join(writes)


def test_unknown_sequence_goes_after_what_was_drawn_and_all_is_drawn_anew() -> None:
    canvas = Canvas(20, 3)
    canvas.cleared()
    canvas.write("\x1b[2;3Hone")
    canvas.write("\x1b[1L")
    sent = canvas.flush()
    assert sent.index("one") < sent.index("\x1b[1L")
    terminal = Terminal(20, 3)
    terminal.feed(sent)
    assert terminal.screen.display == [" " * 20, "  one" + " " * 15, " " * 20]


def test_resize_keeps_the_picture() -> None:
    canvas = Canvas(20, 4)
    canvas.cleared()
    canvas.write("\x1b[1;1Hleft\x1b[1;15Hright\x1b[4;1Hlast")
    canvas.flush()
    for size in ((10, 2), (30, 6), (1, 1), (20, 4)):
        canvas.resize(*size)
        terminal = Terminal(*size)
        terminal.feed("old rubbish")
        terminal.feed(canvas.flush())
        reference = Terminal(*size)
        reference.feed("\x1b[1;1H" + "".join(canvas.want.chars[0]))
        assert terminal.screen.display == reference.screen.display


def test_alternate_screen_in_and_out() -> None:
    canvas = Canvas(20, 4)
    canvas.write("\x1b[?1049h")
    canvas.write("\x1b[1;1Hhere")
    assert canvas.flush().startswith("\x1b[?1049h\x1b[m\x1b[2J")
    canvas.write("\x1b[?1049l")
    assert canvas.flush() == "\x1b[?1049l"
    canvas.write("\x1b[?1049h")
    canvas.write("\x1b[2;1Hthere")
    sent = canvas.flush()
    terminal = Terminal(20, 4)
    terminal.feed(sent)
    assert [row.strip() for row in terminal.screen.display] == ["", "there", "", ""]


def test_picture_and_adoption_cost_only_what_differs() -> None:
    rng = random.Random(5)
    canvas = Canvas(80, 24)
    canvas.cleared()
    for _ in range(10):
        canvas.write(program(rng, 80, 24))
    picture = canvas.picture()
    terminal, reference = Terminal(80, 24), Terminal(80, 24)
    terminal.feed(picture)
    reference.feed(canvas.flush())
    assert_same(terminal, reference, "picture")
    later = Canvas(80, 24)
    later.adopt(picture)
    later.want.chars, later.want.styles = [row[:] for row in canvas.want.chars], canvas.want.styles
    later.write("\x1b[3;4HX\x1b[1;1H")
    difference = later.flush()
    assert len(difference) < 60, difference
    terminal.feed(difference)
    reference.feed("\x1b[m\x1b[3;4HX")
    assert_same(terminal, reference, "adopted")


def test_small_changes_cost_little() -> None:
    canvas = Canvas(120, 40)
    canvas.cleared()
    style = "38;2;224;224;224;48;2;18;18;18"
    canvas.write("\x1b[1;1H" + "\n".join(f"\x1b[{style}m{'row':<120}\x1b[0m" for _ in range(40)) + "\x1b[1;1H")
    first = canvas.flush()
    assert len(first) < 500
    canvas.write(f"\x1b[7;1H\x1b[{style}m{'row':<118}7m\x1b[0m\x1b[1;1H")
    assert len(canvas.flush()) < 20
    canvas.write(f"\x1b[7;1H\x1b[{style}m{'row':<118}7m\x1b[0m\x1b[1;1H")
    canvas.write("\x1b[?25l")
    assert canvas.flush() == "\x1b[?25l"


def test_link_with_another_id_is_the_same_link() -> None:
    canvas = Canvas(40, 2)
    canvas.cleared()
    canvas.write("\x1b[1;1H\x1b]8;id=1;https://a.example\x1b\\link\x1b]8;;\x1b\\\x1b[1;1H\x1b[?25l")
    assert "\x1b]8;id=1;https://a.example\x1b\\link" in canvas.flush()
    canvas.write("\x1b[1;1H\x1b]8;id=2;https://a.example\x1b\\link\x1b]8;;\x1b\\\x1b[1;1H")
    assert canvas.flush() == ""
    canvas.write("\x1b[1;1H\x1b]8;id=3;https://b.example\x1b\\link\x1b]8;;\x1b\\\x1b[1;1H")
    assert "https://b.example" in canvas.flush()


def test_synchronised_output_wraps_large_differences_only() -> None:
    canvas = Canvas(80, 24)
    canvas.cleared()
    for text, wrapped in ((("word " * 16 + "\n") * 23, True), ("x", False)):
        for data in ("\x1b[?2026h", f"\x1b[1;1H{text}", "\x1b[?2026l"):
            canvas.write(data)
        sent = canvas.flush()
        assert (sent.startswith("\x1b[?2026h") and sent.endswith("\x1b[?2026l")) is wrapped


def test_sure_characters_are_one_cell_for_rich() -> None:
    for code in range(0x20, 0x3000):
        if SURE.fullmatch(chr(code)):
            assert get_character_cell_size(chr(code)) == 1, hex(code)
    for char in "日한あＡ":
        assert is_sure(char)
        assert cell_len(char) == 2
    assert not is_sure("👩‍💻")
    assert sum(cluster.width for cluster in clusters("👩‍💻⚠️é")) == cell_len("👩‍💻⚠️é")


def test_effects() -> None:
    grid = Grid(10, 2)
    effects = {text: [p.effect for p in grid.apply(text)] for text in ("\x1b[?1049h", "\x1b[?1049l", "\x1b[5S", "\x07")}
    assert effects == {
        "\x1b[?1049h": [Effect.ENTER],
        "\x1b[?1049l": [Effect.LEAVE],
        "\x1b[5S": [Effect.ANY],
        "\x07": [Effect.NONE],
    }


def test_full_frame_is_quick() -> None:
    rng = random.Random(1)
    frames = []
    while len(frames) < 20:
        data = program(rng, 120, 40, [t for t in TEXTS if t.isascii()])
        if data.count("\n") >= 39:
            frames.append(data)
    canvas = Canvas(120, 40)
    canvas.cleared()
    best = 1.0
    for data in frames * 2:
        begun = time.perf_counter()
        canvas.write(data)
        canvas.flush()
        best = min(best, time.perf_counter() - begun)
    assert best < 0.010  # 3 to 5 ms here with every cell changed; a slow machine is no failure


@pytest.mark.debian
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize("seed", range(3))
def test_random_programs_look_the_same_in_tmux(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    width, height = 80, 24
    streams = {"direct": ["\x1b[?7l"], "ours": ["\x1b[?7l"], "plain": ["\x1b[?7l"]}
    canvases = [Canvas(width, height, bce=True), Canvas(width, height, bce=False)]
    for canvas in canvases:
        canvas.cleared()
    for _ in range(25):
        data = program(rng, width, height)
        streams["direct"].append(data)
        flush = rng.random() < 0.7
        for canvas, parts in zip(canvases, list(streams.values())[1:], strict=True):
            canvas.write(data)
            parts.append(canvas.flush() if flush else "")
    for canvas, parts in zip(canvases, list(streams.values())[1:], strict=True):
        parts.append(canvas.flush())
    shots = [in_tmux("".join(parts), tmp_path / name, width, height) for name, parts in streams.items()]
    direct, direct_drawn = shots[0]
    assert len({cell for row in direct for cell in row}) > 20
    for captured, drawn in shots[1:]:
        for y in range(height):
            for x in range(width):
                # capture-pane leaves out blanks that were erased, not written; the client draws them.
                if captured[y][x] is not None and direct[y][x] is not None:
                    assert captured[y][x] == direct[y][x], (y, x)
        assert_same(direct_drawn, drawn, "drawn by the client")


def in_tmux(data: str, name: Path, width: int, height: int) -> tuple[list[list[object]], Terminal]:
    """What a real tmux makes of `data`: the pane as captured, and as its client draws it."""
    stream, done, socket = (name.with_suffix(suffix) for suffix in (".stream", ".done", ".socket"))
    stream.write_text(data, newline="")
    tmux = ["tmux", "-f", os.devnull, "-S", str(socket)]
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
    env.pop("TMUX", None)
    master, slave = os.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    options = "set -g status off ; set -as terminal-features xterm-256color:RGB ;"
    script = f"while ! [ -e {name}.go ]; do sleep 0.02; done; cat {stream}; touch {done}; sleep 60"
    client = subprocess.Popen(
        [*tmux, *options.replace(" ;", " ; ").split(), "new-session", script],
        stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True,
    )  # fmt: skip
    out = bytearray()

    def read_until_quiet() -> None:
        deadline = time.monotonic() + 10
        while select.select([master], [], [], 0.25)[0]:
            assert time.monotonic() < deadline, bytes(out[-300:])
            out.extend(os.read(master, 65536))

    def run(*arguments: str) -> str:
        return subprocess.run([*tmux, *arguments], env=env, capture_output=True, check=False).stdout.decode()

    try:
        wait_for(lambda: socket.exists() and run("list-clients"), 10, "tmux")
        read_until_quiet()
        Path(f"{name}.go").touch()
        wait_for(done.exists, 10)
        read_until_quiet()
        text = run("capture-pane", "-e", "-p", "-N")
    finally:
        subprocess.run([*tmux, "kill-server"], env=env, check=False)
        client.wait(5)
        os.close(master)
        os.close(slave)
    grid = Grid(width, height)
    captured: list[list[object]] = []
    for y, line in enumerate(text.split("\n")[:height]):
        grid.apply(f"\x1b[{y + 1};1H{line}")  # the style goes on over the ends of tmux's lines
        row: list[object] = []
        for x, (char, style) in enumerate(zip(grid.chars[y], grid.styles[y], strict=True)):
            row.append((char, style.blank if char == " " else style) if x < grid.x else None)
        captured.append(row)
    terminal = Terminal(width, height)
    # what pyte takes for text or would answer
    drawn = re.sub(
        r"\x1b\[[>=][\d;]*[a-zA-Z]|\x1b\[\d*c|\x1b\(B|\x1b\[\?[\d;]*\$p|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)",
        "",
        out.decode(),
    )
    terminal.stream.feed(drawn)
    return captured, terminal


def test_cells_of_one_look_are_drawn_one_after_the_other() -> None:
    canvas = Canvas(40, 10)
    canvas.cleared()
    canvas.parks = False
    name, age = "\x1b[1;38;5;215m", "\x1b[38;5;246m"
    canvas.write("".join(f"\x1b[{y};1H{name}row {y}\x1b[0m\x1b[{y};30H{age}{y}m\x1b[0m" for y in range(1, 9)))
    sent = canvas.flush()
    assert sent.count("215m") == sent.count("246m") == 1
    terminal = Terminal(40, 10)
    terminal.feed(sent)
    assert [line.split() for line in terminal.screen.display[:8]] == [["row", f"{y}", f"{y}m"] for y in range(1, 9)]


def test_what_follows_a_cell_of_doubtful_width_is_drawn_after_it() -> None:
    canvas = Canvas(40, 3)
    canvas.cleared()
    canvas.parks = False
    # by looks alone, the red of the second row's end would come before the heart
    canvas.write("\x1b[1;1H\x1b[31mred\x1b[0m\x1b[2;1H\x1b[32m❤️\x1b[0m\x1b[31mX\x1b[0m")
    sent = canvas.flush()
    assert 0 < sent.index("red") < sent.index("❤️") < sent.index("X")


def test_the_hidden_cursor_is_moved_only_for_who_enters_text() -> None:
    canvas = Canvas(40, 3)
    canvas.cleared()
    canvas.write("\x1b[?25l\x1b[1;1Hx\x1b[2;5H")
    assert canvas.flush().endswith("\x1b[2;5H")
    canvas.parks = False
    canvas.write("\x1b[1;1Hy\x1b[2;5H")
    assert canvas.flush() == "\x1b[Hy"

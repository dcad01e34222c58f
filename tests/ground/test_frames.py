"""Pictures kept for the next start: what may be in them, who may read them, how many there are."""

from __future__ import annotations

import os
import random
import stat
from binascii import crc32
from pathlib import Path

import pytest

from oncall_tui.frames import KEPT, MAX_BYTES, Frames, is_safe, key_of
from oncall_tui.terminal.canvas import Canvas

PICTURE = (
    "\x1b[m\x1b[2J\x1b[H\x1b[1;38;5;117m ONCALL\x1b[m  Alice\r\n"
    "\x1b[3;10H日本 e\u0301 ✔\x1b[5X\x1b[2C│\x1b[K\x1b]8;;\x1b\\\b\x1b[m"
)
HOSTILE = (
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]0;title\x07",
    "\x1b]8;;https://example.com\x1b\\link",
    "\x1bP+q544e\x1b\\",
    "\x1b[6n",
    "\x1b[?1049l",
    "\x1b[3J",
    "\x1b[2;3r",
    "\x1bc",
    "\x1b",
    "\x07",
    "\x9b2J",
    "\u202eevil",
    "\u200b",
    "\x1b\x1b[m[6n",
    "a\tb",
    "\x1b[" + "1;" * 60 + "m",
)


def frames(folder: Path, key: str = "key") -> Frames:
    return Frames(str(folder), key)


def kept(folder: Path, picture: str = PICTURE) -> Path:
    """The one file of a folder with one picture."""
    assert frames(folder).write(80, 24, picture, at=1_000.0, said="14:36", place="incidents pager:Q1")
    (file,) = (folder / "frames").iterdir()
    return file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    kept(tmp_path)
    found = frames(tmp_path).read(80, 24)
    assert found is not None
    assert (found.picture, found.at, found.said, found.place) == (PICTURE, 1_000.0, "14:36", "incidents pager:Q1")


def test_a_second_takes_the_place_of_the_first(tmp_path: Path) -> None:
    kept(tmp_path)
    kept(tmp_path, "later")
    found = frames(tmp_path).read(80, 24)
    assert found is not None
    assert found.picture == "later"


def test_only_for_the_size_and_key_it_is_of(tmp_path: Path) -> None:
    file = kept(tmp_path)
    assert frames(tmp_path).read(80, 25) is None
    assert frames(tmp_path, "other").read(80, 24) is None
    # Nor under another's name: what is in it counts.
    for name in ("80x25-", "80x24-"):
        key = "key" if name == "80x25-" else "other"
        file.with_name(f"{name}{crc32(key.encode()):08x}.frame").write_bytes(file.read_bytes())
    assert frames(tmp_path).read(80, 25) is None
    assert frames(tmp_path, "other").read(80, 24) is None


def test_for_the_users_eyes_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = kept(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_steers_a_terminal_is_kept_or_shown(tmp_path: Path, hostile: str) -> None:
    assert not is_safe(PICTURE + hostile)
    assert not frames(tmp_path).write(80, 24, hostile, at=0, said="14:36")
    file = kept(tmp_path)
    forge(file, lambda body: body + hostile.encode())
    assert frames(tmp_path).read(80, 24) is None


def forge(file: Path, change: object) -> None:
    """Change a file such that its checksum is right."""
    form, _, body = file.read_bytes().split(b"\n", 2)
    assert callable(change)
    body = change(body)
    file.write_bytes(b"%s\n%08x\n%s" % (form, crc32(body), body))


@pytest.mark.parametrize("said", ["", "14:36\x1b[6n", "x" * 21])
def test_its_words_are_no_way_in(tmp_path: Path, said: str) -> None:
    file = kept(tmp_path)
    forge(file, lambda body: body.replace(b"14:36", said.encode()))
    found = frames(tmp_path).read(80, 24)
    assert found is None or "\x1b[6n" not in found.marked(80, 0.0)
    assert found is None or not said


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw.replace(b"Alice", b"Alicf"),
        lambda raw: raw.replace(b"frame 2", b"frame 3"),
        lambda raw: raw + b" " * MAX_BYTES,
        lambda raw: b"\x00" * 500,
        lambda raw: b"\n\n\n\n",
        lambda raw: raw.replace(b"\n", b"", 2),
    ],
)
def test_a_damaged_one_is_not_there(tmp_path: Path, damage: object) -> None:
    file = kept(tmp_path)
    assert callable(damage)
    file.write_bytes(damage(file.read_bytes()))
    assert frames(tmp_path).read(80, 24) is None


def test_a_file_that_others_can_write_is_not_there(tmp_path: Path) -> None:
    kept(tmp_path).chmod(0o620)
    assert frames(tmp_path).read(80, 24) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    file = kept(tmp_path)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert frames(tmp_path).read(80, 24) is None


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    file = kept(tmp_path)
    file.unlink()
    os.mkfifo(file, 0o600)
    assert frames(tmp_path).read(80, 24) is None


def test_no_folder_is_no_picture(tmp_path: Path) -> None:
    assert frames(tmp_path / "nothing").read(80, 24) is None
    assert not frames(tmp_path / "nothing").write(80, 24, PICTURE, at=0, said="14:36")


def test_one_too_large_is_not_kept(tmp_path: Path) -> None:
    assert not frames(tmp_path).write(80, 24, "x" * MAX_BYTES, at=0, said="14:36")


def test_the_oldest_go(tmp_path: Path) -> None:
    for width in range(40, 40 + KEPT + 3):
        assert frames(tmp_path).write(width, 24, PICTURE, at=0, said="14:36")
        for age, file in enumerate(sorted((tmp_path / "frames").iterdir(), reverse=True)):
            os.utime(file, (1_000 - age, 1_000 - age))
    assert len(list((tmp_path / "frames").iterdir())) == KEPT
    assert frames(tmp_path).read(40, 24) is None
    assert frames(tmp_path).read(40 + KEPT + 2, 24) is not None


@pytest.mark.parametrize(
    ("age", "words"),
    [(0, "just now"), (59, "just now"), (60, "1m ago"), (3_599, "59m ago"), (7_200, "2h ago"), (200_000, "2d ago")],
)
def test_the_age_is_marked_where_the_clock_is(tmp_path: Path, age: float, words: str) -> None:
    kept(tmp_path)
    found = frames(tmp_path).read(80, 24)
    assert found is not None
    canvas = Canvas(80, 24)
    canvas.write(found.marked(80, 1_000.0 + age))
    assert "".join(canvas.want.chars[0]).endswith(f" as of 14:36 ({words}), starting ")
    assert "".join(canvas.want.chars[0]).startswith(" ONCALL")


def test_the_mark_fits_any_width(tmp_path: Path) -> None:
    kept(tmp_path)
    found = frames(tmp_path).read(80, 24)
    assert found is not None
    for width in (1, 10, 30):
        assert is_safe(found.marked(width, 0.0))
        assert "\x1b[1;1H" in found.marked(width, 0.0)


def test_a_key_changes_with_the_config_and_the_look(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("seat: {user: alice}")
    look = {"TERM": "xterm", "LANG": "C.UTF-8"}

    def key(read_only: bool = False, **more: str) -> str:
        return key_of(str(config), read_only=read_only, environ={**look, **more})

    first = key()
    assert first == key() == key(HOME="/elsewhere")
    assert len({first, key(read_only=True), key(NO_COLOR="1"), key(TERM="linux"), key(ONCALL_TUI_ASCII="1")}) == 5
    assert first != key(TMUX="/tmp/tmux-0/default,41,0") == key(TMUX="/tmp/tmux-0/default,97,3"), "which session it is"
    config.write_text("seat: {user: bobby}")
    os.utime(config, ns=(1, 1))
    assert key() != first
    config.unlink()
    assert key() != first
    assert "\n" not in key(LANG="a\nb")


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_driver_writes_for_a_picture_may_be_kept(seed: int) -> None:
    some = random.Random(seed)
    canvas = Canvas(60, 12)
    for _ in range(40):
        colours = some.sample(range(256), 2)
        text = some.choice(["│", "─" * 20, "SEV1", " " * 9, "日本", "e\u0301", "👩\u200d💻", "↓ 41 more"])
        look = some.choice(["1", "3;4", "7", f"38;5;{colours[0]}", f"38;2;1;2;{colours[0]};48;5;{colours[1]}"])
        canvas.write(f"\x1b[{some.randint(1, 12)};{some.randint(1, 50)}H\x1b[{look}m{text}\x1b[0m")
    assert is_safe(canvas.picture())

"""What a handover carries to the next seat's program: through files, chat and mail; and what is no handover."""

from __future__ import annotations

import json
import os
import zlib
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.channels.slack.mrkdwn import from_markdown, split
from oncall_tui.handover import (
    Handed,
    HandedError,
    HandoverEdits,
    exported,
    handed_markdown,
    handed_of,
    message_of,
    read_handed,
    to_json,
)
from oncall_tui.handover.armor import BEGIN, END, MAX_JSON, armored
from oncall_tui.handover.carrying import carried
from oncall_tui.handover.files import read_file
from oncall_tui.model import IncidentState
from oncall_tui.text import MAX_BODY, unsafe_count
from tests.handover.test_handover import facts, made, seeds_shift
from tests.support.make import NOW, ago, incident
from tests.support.ui import HOSTILE

SHIFT = made(
    seeds_shift(), HandoverEdits(notes=("Database connections spiking around 15:00 UTC",), items=("call Bob",))
)
DOCUMENT: dict[str, Any] = json.loads(json.dumps(to_json(SHIFT)))


def same(handed: Handed) -> bool:
    document = handed.document
    return (
        handed.user == "alice@example.com"
        and [one.title for one in document.open] == ["Database backup delay", "Older than the shift"]
        and document.counts["total"] == 3
        and any("TICKET-123" in one.text for one in document.action_items)
        and document.notes == ("Database connections spiking around 15:00 UTC",)
    )


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_every_export_is_read_back(form: Any) -> None:
    assert same(read_handed(exported(SHIFT, form).encode()))


def test_all_forms_are_one_handover() -> None:
    digests = {read_handed(exported(SHIFT, form).encode()).digest for form in ("md", "html")}
    assert len(digests) == 1


def quoted(text: str) -> str:
    return "\r\n".join(f"> > {line}" for line in text.split("\n"))


def in_slack(text: str) -> str:
    parts = split(from_markdown(text), 700)
    assert len(parts) > 2
    return "\n\nBob\n14:32\n".join(parts)


def in_a_page(text: str) -> str:
    return "<html><body>" + text.replace("\n", "\n   ") + "</body></html>"


@pytest.mark.parametrize(
    "way", [quoted, in_slack, in_a_page, lambda text: "\ufeff" + text, lambda text: text + "\nBob: thanks"]
)
def test_what_chat_and_mail_do_to_a_message_is_survived(way: Any) -> None:
    text = message_of(SHIFT, NOW.tzinfo, html=False)["text"]  # type: ignore[arg-type]
    assert len(text) <= MAX_BODY
    assert same(read_handed(way(text).encode()))


def test_the_latest_of_several_counts() -> None:
    other = made(replace(facts(), start=ago(1440), end=ago(720)))
    assert same(read_handed((exported(other, "md") + exported(SHIFT, "md")).encode()))


def test_a_long_handover_carries_less_but_what_is_open() -> None:
    many = tuple(
        incident(f"R{n}", minutes=n + 1, state=IncidentState.RESOLVED, title=os.urandom(40).hex()) for n in range(300)
    )
    big = made(
        replace(seeds_shift(), incidents=(*seeds_shift().incidents, *many)),
        HandoverEdits(text="x" * 900, items=("call Bob",)),
    )
    part = carried(big, 7_000)
    found = read_handed(part.encode()).document
    assert 0 < len(part) <= 7_000 and found.incidents == ()
    assert found.open[0].title == "Database backup delay"
    assert len(read_handed(exported(big, "md").encode()).document.incidents) == 303
    assert carried(big, 100) == ""


def test_the_next_seat_reads_it_and_nothing_of_it_makes_structure() -> None:
    text = handed_markdown(read_handed(exported(SHIFT, "md").encode()), NOW.tzinfo)  # type: ignore[arg-type]
    assert text.startswith("# Handover from alice@example.com\n")
    assert "- **Sev3** Database backup delay (storage): acknowledged, with Alice" in text
    hostile = json.loads(json.dumps(DOCUMENT))
    hostile["notes"] = ["# heading", "[x](javascript:alert(1))", "<script>", "a\u202eb\x1b[2J\nnew line"]
    hostile["open"][0]["title"] = "![](http://x)"
    shown = handed_markdown(handed_of(json.dumps(hostile).encode()), NOW.tzinfo)  # type: ignore[arg-type]
    assert (
        "\n# heading" not in shown and "<script>" not in shown and "[x](javascript" not in shown and "![]" not in shown
    )
    assert not unsafe_count(shown.replace("\n", ""))


def test_a_rewritten_text_is_what_the_next_seat_reads_cleaned() -> None:
    mine = made(seeds_shift(), HandoverEdits(text="# Mine\n\nwatch\x1b[31m db-7\n"))
    handed = read_handed(exported(mine, "md").encode())
    text = handed_markdown(handed, NOW.tzinfo)  # type: ignore[arg-type]
    assert text.startswith("# Mine\n\nwatch") and "\x1b" not in text


# -- hostile files ---------------------------------------------------------------------------------------------


def changed(**fields: Any) -> bytes:
    return json.dumps({**DOCUMENT, **fields}).encode()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "no machine-readable part"),
        (b"hello", "no machine-readable part"),
        (b"\xff\xfe\x00", "not a text"),
        (b"{", "not a handover"),
        (b"[]", "no machine-readable part"),
        (b"{}", "not a handover: Object missing required field `version`"),
        (b'{"version": 1}', "missing required field `shift`"),
        (changed(version=2), "a handover of version 2"),
        (changed(version="1"), "Expected `int`, got `str`"),
        (changed(open=[1]), "Expected `object`, got `int` - at `$.open[0]`"),
        (changed(open=[{"id": "x"}]), "missing required field `title`"),
        (changed(notes={"a": 1}), "Expected `array`"),
        (changed(notes=["x"] * 2001), "notes has more than 2000 rows"),
        (changed(shift={"user": "a", "start": "yesterday", "end": "today"}), "shift.start"),
        (changed(shift={"user": "a", "start": "2026-11-23T20:00Z", "end": "2026-11-23T08:00Z"}), "ends before"),
        (changed(shift={"user": "a", "start": "2020-01-01T00:00Z", "end": "2026-01-01T00:00Z"}), "longer than two"),
        (changed(counts={"sev1": "many"}), "Expected `int`"),
        (b'{"version": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not a handover"),
        (b'{"version": 1, "notes": [' + b'"' + b"x" * (MAX_JSON + 1) + b'"]}', "larger than 2 MB"),
        (b" " * 4_000_001, "larger than 4 MB"),
        (f"{BEGIN}\nsum: 0000000000000000\n{END}".encode(), "cannot be unpacked"),
        (f"{BEGIN}\nsum: 0000000000000000\neJy=\n{END}".encode(), "cannot be unpacked"),
        (f"{BEGIN}\n".encode(), "cut off"),
        (f"{BEGIN}\nsum: {'0' * 16}\n{b64encode(zlib.compress(b'{}')).decode()}\n{END}".encode(), "its sum is not"),
    ],
)  # fmt: skip
def test_what_is_no_handover_is_one_clear_line(raw: bytes, told: str) -> None:
    with pytest.raises(HandedError) as caught:
        read_handed(raw)
    assert told in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_a_bomb_is_not_unpacked() -> None:
    bomb = b64encode(zlib.compress(b" " * 400_000_000, 9)).decode()
    lines = "\n".join(bomb[n : n + 76] for n in range(0, len(bomb), 76))
    with pytest.raises(HandedError, match="larger than 2 MB"):
        read_handed(f"{BEGIN}\nsum: 0000000000000000\n{lines}\n{END}".encode())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["cut", "flip", "drop"]))
def test_a_damaged_part_is_never_another_handover(place: int, how: str) -> None:
    text = armored(DOCUMENT)
    at = place % len(text)
    if how == "cut":
        text = text[:at]
    elif how == "flip":
        text = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    else:
        lines = text.split("\n")
        del lines[place % len(lines)]
        text = "\n".join(lines)
    try:
        found = read_handed(text.encode())
    except HandedError:
        return
    assert same(found)


@pytest.mark.parametrize("title", HOSTILE)
def test_texts_are_cleaned(title: str) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["open"][0] |= {"title": title + "\x1b]0;x\x07\u202e", "id": "a\nb", "assignees": ["\x9bx"]}
    found = handed_of(json.dumps(document).encode()).document
    for text in (found.open[0].title, found.open[0].id, *found.open[0].assignees):
        assert not unsafe_count(text) and "\n" not in text


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(HandedError, match="cannot read it: No such file"):
        read_file(tmp_path / "missing")
    with pytest.raises(HandedError, match="not a regular file"):
        read_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HandedError, match="not a regular file"):
        read_file(tmp_path / "pipe")
    with pytest.raises(HandedError, match="not a regular file"):
        read_file(Path("/dev/zero"))
    with pytest.raises(HandedError, match="not a file name"):
        read_file(Path("a\0b"))
    path = tmp_path / "h.md"
    path.write_text(exported(SHIFT, "md"))
    assert same(read_file(path))
    assert read_file(path).end - read_file(path).start == SHIFT.end - SHIFT.start
    assert timedelta() < read_file(path).end - read_file(path).start

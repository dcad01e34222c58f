"""Marks of notes: written and read in one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.model import NoteKind
from oncall_tui.sources import notes

WRITTEN = datetime(2026, 11, 23, 14, 40, 20, tzinfo=UTC)


@given(
    text=st.text(min_size=1).filter(lambda text: not text.startswith("[")),
    back=st.none() | st.integers(0, 60 * 24 * 40),
    kind=st.none() | st.sampled_from(NoteKind),
)
def test_what_is_written_is_read_back(text: str, back: int | None, kind: NoteKind | None) -> None:
    at = WRITTEN - timedelta(minutes=back) if back is not None else None
    content = notes.encode(text, at=at, kind=kind, now=WRITTEN)
    found_text, found_at, found_kind = notes.decode(content, WRITTEN)
    assert (found_text, found_kind) == (text, kind)
    assert found_at == (at.replace(second=0) if at is not None else WRITTEN)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("[14:32 UTC] [told] hello", ("hello", WRITTEN.replace(minute=32, second=0), NoteKind.TOLD)),
        ("[14:41 UTC] before midnight", ("before midnight", datetime(2026, 11, 22, 14, 41, tzinfo=UTC), None)),
        ("[14:40 UTC] now", ("now", WRITTEN.replace(second=0), None)),
        ("[2026-11-20 01:02 UTC] x", ("x", datetime(2026, 11, 20, 1, 2, tzinfo=UTC), None)),
        ("[did] x", ("x", WRITTEN, NoteKind.DID)),
        ("[2026-02-30 01:02 UTC] x", ("[2026-02-30 01:02 UTC] x", WRITTEN, None)),
        ("[2026-11-24 01:02 UTC] x", ("[2026-11-24 01:02 UTC] x", WRITTEN, None)),
        ("[24:00 UTC] x", ("[24:00 UTC] x", WRITTEN, None)),
        ("[14:32 CET] x", ("[14:32 CET] x", WRITTEN, None)),
        ("[١٤:٣٢ UTC] x", ("[١٤:٣٢ UTC] x", WRITTEN, None)),
        ("[ERROR] db", ("[ERROR] db", WRITTEN, None)),
        ("text [14:32 UTC] in the middle", ("text [14:32 UTC] in the middle", WRITTEN, None)),
        ("", ("", WRITTEN, None)),
    ],
)
def test_marks_are_read_strictly(content: str, wanted: tuple[str, datetime, NoteKind | None]) -> None:
    assert notes.decode(content, WRITTEN) == wanted


def test_a_time_after_midnight_means_the_day_before_when_it_was_written_early() -> None:
    written = datetime(2026, 11, 23, 0, 10, tzinfo=UTC)
    assert notes.decode("[23:55 UTC] x", written)[1] == datetime(2026, 11, 22, 23, 55, tzinfo=UTC)

"""What a seat adds by hand: kept under its shift's name, and put where it belongs in a text of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall_tui.handover import HandoverEdits, decode_edits, edits_key, encode_edits, with_item, with_note, with_text
from oncall_tui.handover.edits import MAX_LINES
from tests.support.make import NOW

WRITTEN = """# Shift handover: alice

## Action items

None.

## Notes for the next seat

- one

## What this was written from

- pager
"""


def test_they_survive_being_kept() -> None:
    edits = with_text(with_item(with_note(HandoverEdits(), "watch db-7"), "fix it OPS-1"), "mine\n", NOW)
    assert decode_edits(encode_edits(edits)) == edits
    assert edits.notes == ("watch db-7",) and edits.items == ("fix it OPS-1",) and edits.text_at == NOW


@pytest.mark.parametrize("found", [None, "", "{", "[]", '{"notes": 3}'])
def test_what_cannot_be_read_is_nothing(found: str | None) -> None:
    assert decode_edits(found) == HandoverEdits()


def test_a_shift_has_one_name_as_long_as_it_lasts() -> None:
    start, end = NOW - timedelta(hours=3), NOW + timedelta(hours=9)
    assert edits_key(start, end, on_call=True) == edits_key(start, end + timedelta(hours=1), on_call=True)
    assert edits_key(start, end, on_call=True) != edits_key(end, end + timedelta(hours=12), on_call=True)


def test_off_call_the_day_is_the_name_though_the_stretch_moves() -> None:
    one = edits_key(NOW - timedelta(hours=12), NOW, on_call=False)
    later = NOW + timedelta(minutes=1)
    assert edits_key(later - timedelta(hours=12), later, on_call=False) == one
    tomorrow = NOW + timedelta(days=1)
    assert edits_key(tomorrow - timedelta(hours=12), tomorrow, on_call=False) != one


def test_a_line_is_one_clean_line() -> None:
    assert with_note(HandoverEdits(), " a\nb\x1b[31m ").notes == ("a b\\x1b[31m",)


def test_a_line_goes_into_its_section_of_a_rewritten_text() -> None:
    edits = with_text(HandoverEdits(), WRITTEN, NOW)
    text = with_item(with_note(edits, "two"), "fix").text
    assert text is not None
    assert "## Action items\n\n- [ ] fix\n\n## Notes" in text
    assert "## Notes for the next seat\n\n- one\n- two\n\n## What this" in text
    assert text.endswith("- pager")


def test_a_section_that_was_taken_out_is_made_again() -> None:
    text = with_note(with_text(HandoverEdits(), "# Mine\n\nquiet\n", NOW), "two").text
    assert text == "# Mine\n\nquiet\n\n## Notes for the next seat\n\n- two"


def test_lines_are_bounded_the_oldest_go() -> None:
    edits = HandoverEdits()
    for number in range(MAX_LINES + 5):
        edits = with_note(edits, f"line {number}")
    assert len(edits.notes) == MAX_LINES and edits.notes[-1] == f"line {MAX_LINES + 4}"


def test_a_draft_without_a_text_of_its_own_stays_so() -> None:
    assert with_note(HandoverEdits(), "x").text is None

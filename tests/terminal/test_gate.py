"""The pure parts of the way in, with time as an argument."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from oncall_tui.terminal.gate import BURST_TIME, REST, TAIL, Gate
from oncall_tui.terminal.tokens import PASTE_QUIET_LIMIT, QUIET_LIMIT, Kind, Tokens, Unit, clean_paste
from tests.terminal.test_input import REPLIES

PIECES = st.one_of(
    st.sampled_from(
        [*REPLIES.values(), b"\x1b[A", b"\x1bOP", b"\x1b[<0;5;3M", b"\x1b[200~some\rtext\x1b[201~", b"\x1b[M !!"]
    ),
    st.binary(max_size=6),
    st.text(max_size=4).map(str.encode),
)


def keys(messages: list[Message]) -> list[str]:
    return [m.key for m in messages if isinstance(m, events.Key)]


def pastes(messages: list[Message]) -> list[str]:
    return [m.text for m in messages if isinstance(m, events.Paste)]


def list_gate() -> Gate:
    return Gate(lambda key, character: False)


@given(st.lists(PIECES, max_size=8).map(b"".join), st.lists(st.integers(1, 5), max_size=60))
@settings(max_examples=400, deadline=None)
def test_units_do_not_depend_on_where_reads_end(data: bytes, cuts: list[int]) -> None:
    whole = Tokens(0.1).feed(data, 0.0)
    tokens = Tokens(0.1)
    pieces: list[Unit] = []
    at = 0
    for cut in [*cuts, len(data)]:
        pieces += tokens.feed(data[at : at + cut], 0.0)
        at += cut
    assert pieces == whole


@given(st.lists(PIECES, max_size=12).map(b"".join), st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_bytes_at_all_end_with_the_gate_alive(data: bytes, text: bool) -> None:
    gate = Gate(lambda key, character: text and bool(character and character.isprintable()))
    gate.in_band_resize = True
    out = gate.feed(data, 0.0)
    now = 0.0
    while (deadline := gate.deadline) is not None:
        assert now < 10
        now = deadline
        out += gate.tick(now)
    for message in out:
        if isinstance(message, events.Paste):
            assert clean_paste(message.text) == message.text
    gate.feed(b"\x18", now + 5)
    gate.tick(now + 10)
    assert keys(gate.feed(b"j", now + 20)) == ["j"]


def test_a_key_that_may_act_rests_and_one_that_moves_does_not() -> None:
    gate = list_gate()
    assert keys(gate.feed(b"\x1b[B", 0.0)) == ["down"]
    assert keys(gate.feed(b"j", 0.1)) == ["j"]
    assert keys(gate.feed(b"\t", 0.2)) == ["tab"]
    assert gate.feed(b"a", 0.3) == []
    assert gate.deadline == 0.3 + REST
    assert gate.tick(0.3 + REST / 2) == []
    assert keys(gate.tick(0.3 + REST)) == ["a"]
    assert gate.deadline is None


def test_text_in_a_field_does_not_rest() -> None:
    gate = Gate(lambda key, character: bool(character))
    assert keys(gate.feed(b"abc", 0.0)) == ["a", "b", "c"]


def test_order_is_kept_behind_a_resting_key() -> None:
    gate = list_gate()
    assert gate.feed(b"a", 0.0) == []
    assert gate.feed(b"\x1b[B", 0.004) == []
    assert keys(gate.tick(0.012)) == ["a", "down"]


def test_two_keys_in_one_read_go_one_after_the_other() -> None:
    gate = list_gate()
    assert gate.feed(b"/a", 0.0) == []
    assert keys(gate.tick(REST)) == ["slash"]
    assert keys(gate.tick(2 * REST)) == ["a"]


def test_burst_over_several_reads_never_acts() -> None:
    for gap in (0.0005, 0.002, 0.006):
        gate = list_gate()
        out: list[Message] = []
        now = 0.0
        for _ in range(8):
            while (due := gate.deadline) is not None and due <= now:
                out += gate.tick(due)
            out += gate.feed(b"a", now)
            now += gap
        out += gate.tick(now + 1)
        assert keys(out) == []
        assert "".join(pastes(out)) == "a" * 8


def test_three_keys_are_a_hand() -> None:
    gate = list_gate()
    out = gate.feed(b"abc", 0.0)
    now = 0.0
    while gate.deadline is not None:
        now = gate.deadline
        out += gate.tick(now)
    assert keys(out) == ["a", "b", "c"]
    assert now <= BURST_TIME + 2 * REST


def test_after_a_burst_comes_peace() -> None:
    gate = list_gate()
    gate.feed(b"aaaaa", 0.0)
    assert pastes(gate.feed(b"r", TAIL / 2)) == ["r"]
    assert gate.feed(b"r", TAIL * 2) == []
    assert keys(gate.tick(TAIL * 2 + REST)) == ["r"]


def test_held_key_with_another_behind_it_is_a_burst() -> None:
    assert keys(list_gate().feed(b"jjjja", 0.0)) == []
    assert keys(list_gate().feed(b"jjjjjjjj", 0.0)) == ["j"] * 8


def test_moves_pass_in_a_burst_and_clicks_do_not() -> None:
    out = list_gate().feed(b"ab\x1b[B\x1b[<0;5;3Mcd\x1b[<0;5;3m\x7f", 0.0)
    assert keys(out) == ["down", "backspace"]
    assert pastes(out) == ["ab", "cd"]
    assert not any(isinstance(m, events.MouseEvent) for m in out)


def test_kitty_keys_count_as_the_text_they_are() -> None:
    out = list_gate().feed(b"".join(b"\x1b[%d;;%du" % (c, c) for c in b"aaaar"), 0.0)
    assert keys(out) == []
    assert pastes(out) == ["aaaar"]


def test_typed_ahead_never_acts() -> None:
    out = list_gate().feed(b"a\x1b[Br", 0.0, ahead=True)
    assert keys(out) == ["down"]
    assert pastes(out) == ["a", "r"]


def test_paste_without_an_end_is_given_up() -> None:
    gate = list_gate()
    gate.feed(b"\x1b[200~text", 0.0)
    assert gate.tick(PASTE_QUIET_LIMIT / 2) == []
    assert pastes(gate.tick(PASTE_QUIET_LIMIT)) == ["text"]


def test_lone_introducer_was_pressed_by_hand() -> None:
    tokens = Tokens(0.1)
    tokens.feed(b"\x1bP", 0.0)
    assert tokens.tick(0.2) == []
    assert tokens.tick(QUIET_LIMIT) == [Unit(Kind.ALT, "\x1bP")]


def test_time_counts_from_the_last_read() -> None:
    tokens = Tokens(0.1)
    tokens.feed(b"x", 100.0)
    assert tokens.deadline is None
    tokens.feed(b"\x1b", 200.0)
    assert tokens.deadline == 200.1
    assert tokens.tick(200.05) == []
    assert tokens.tick(200.1) == [Unit(Kind.ESCAPE, "\x1b")]
    for at in (300.0, 300.4, 300.8):  # a reply that drips is still a reply
        tokens.feed(b"\x1b]10;rgb" if at == 300.0 else b":ffff", at)
        assert tokens.tick(at + QUIET_LIMIT / 2) == []


def test_strings_end_where_they_end() -> None:
    for end in (b"\x1b\\", b"\x9c", b"\x07", b"\x18", b"\x1a"):
        assert Tokens(0.1).feed(b"\x1b]10;ack" + end + b"x", 0.0) == [Unit(Kind.CHARACTER, "x")], end
    assert Tokens(0.1).feed(b"\x1bP1$rack\x1b[A", 0.0) == [Unit(Kind.SEQUENCE, "\x1b[A")]


def test_resize_report_is_taken_only_when_asked_for() -> None:
    gate = list_gate()
    assert gate.feed(b"\x1b[48;30;100;600;1000t", 0.0) == []
    gate.in_band_resize = True
    assert [type(m) for m in gate.feed(b"\x1b[48;30;100;600;1000t", 1.0)] == [events.Resize]


def test_key_with_a_number_that_is_no_character() -> None:
    gate = list_gate()
    assert gate.feed(b"\x1b[99999999999999u", 0.0) == []
    assert keys(gate.feed(b"j", 1.0)) == ["j"]

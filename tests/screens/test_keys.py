"""The key map: the registry's keys, what a person changes, what is refused."""

from __future__ import annotations

import pytest
from textual.keys import _character_to_key

from oncall_tui.actions import ACTIONS, reserved_keys
from oncall_tui.actions.keys import LIST_KEYS, key_name
from oncall_tui.text import wrap
from screens.acting import OPENED
from screens.dashboard import DashboardScreen
from screens.help import CELLS, help_lines
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.palette import PaletteScreen, entries_of, ranked
from tests.support.ui import ScreenApp, sample_board, screen_lines, screen_text
from widgets.lines import words_width


def test_no_key_of_the_registry_is_reserved_or_moves_or_is_twice_where_both_are_live() -> None:
    for action in ACTIONS:
        assert not set(action.keys) & (reserved_keys() | LIST_KEYS), action.id
        assert DEFAULT_KEYS.clash(action.id) is None, action.id


def test_a_changed_key_replaces_the_old_one_everywhere() -> None:
    keys, problems = KeyMap.from_config({"acknowledge": "?", "help": "f1"})
    assert problems == ()
    assert keys.keys("acknowledge") == ("question_mark",) and keys.shown("acknowledge") == "?"
    screen = DashboardScreen(keys)
    assert [binding.action for _, binding in screen._bindings if binding.key == "question_mark"] == [
        "act('acknowledge')"
    ]
    assert not [binding for _, binding in screen._bindings if binding.key == "a"]
    assert any(hint.key == "?" and hint.action_id == "acknowledge" for hint in screen.hints())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"acknowlege": "x"}, "no such action"),
        ({"acknowledge": "ctrl+z"}, "belongs to the terminal"),
        ({"acknowledge": "j"}, "moves in lists"),
        ({"acknowledge": "r"}, "is also Resolve"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_old_key_stays(keys: dict[str, str], said: str) -> None:
    taken, problems = KeyMap.from_config(keys)
    assert len(problems) == 1 and said in problems[0]
    assert taken.keys("acknowledge") == ("a",)


@pytest.mark.parametrize("number", [number for number in range(0x21, 0x100) if chr(number).isprintable()])
def test_a_key_is_called_as_key_events_call_it(number: int) -> None:
    event = _character_to_key(chr(number))
    assert key_name(chr(number)) == key_name(event) == event


def test_a_key_given_by_its_name_is_that_key() -> None:
    keys, problems = KeyMap.from_config({"acknowledge": "slash"})
    assert keys.keys("acknowledge") == ("a",) and problems == ("keys.acknowledge: slash is also Filter",)
    keys, problems = KeyMap.from_config({"acknowledge": "backslash"})
    assert keys.keys("acknowledge") == ("backslash",) and problems == ()


def test_two_keys_that_change_places() -> None:
    keys, problems = KeyMap.from_config({"acknowledge": "r", "resolve": "a"})
    assert problems == ()
    assert keys.keys("resolve") == ("a",)


def test_the_help_names_every_action_of_the_screen_with_its_key_in_80_columns() -> None:
    offered = [action for action in ACTIONS if action.id in DashboardScreen.ACTIONS]
    lines = help_lines(offered, DEFAULT_KEYS)
    text = "\n".join("".join(span.text for span in line) for line in lines)
    for action in offered:
        assert f"  {action.title}:" in text, action.id
        assert DEFAULT_KEYS.shown(action.id) in text
    assert max(words_width(line) for line in lines) <= CELLS


def test_every_action_of_the_dashboard_has_its_handler() -> None:
    for action_id in DashboardScreen.ACTIONS:
        action = next(action for action in ACTIONS if action.id == action_id)
        does = action.verb is not None or action_id in OPENED or hasattr(DashboardScreen, f"do_{action_id}")
        assert does, action_id


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("", "acknowledge"),
        ("res", "resolve"),
        ("ack", "acknowledge"),
        ("link", "link"),
        ("wri not", "note"),
        ("hndover", "handover"),
    ],
)
def test_the_palette_puts_the_likeliest_first(typed: str, first: str) -> None:
    offered = [action for action in ACTIONS if action.id in DashboardScreen.ACTIONS]
    assert ranked(entries_of(offered, DEFAULT_KEYS), typed)[0].action_id == first


async def test_the_palette_tells_in_full_what_the_entry_under_the_cursor_does() -> None:
    app = ScreenApp(DashboardScreen(), sample_board())
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(PaletteScreen(entries_of(ACTIONS, DEFAULT_KEYS)))
        await pilot.pause()
        assert "Say that you are on it; the pager stops paging." in screen_text(app)
        await pilot.press("down", "down")
        await pilot.pause()
        told = " ".join(" ".join(line[4:76].split()) for line in screen_lines(app))
        assert "now or back-dated (14:32 text); the draft is saved as you type." in told
        await pilot.press(*"qqqq")
        await pilot.pause()
        assert "the draft is saved" not in screen_text(app), "there is no such command"
    for action in ACTIONS:
        assert len(wrap(action.help, 72)) <= 2, action.id


def test_the_palette_finds_nothing_for_nonsense() -> None:
    offered = [action for action in ACTIONS if action.id in DashboardScreen.ACTIONS]
    assert ranked(entries_of(offered, DEFAULT_KEYS), "qqqq") == ()

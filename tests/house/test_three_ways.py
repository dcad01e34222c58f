"""Everything is reachable by key, palette and command line, and ``?`` shows it: of the whole registry, so that an
action that is added is held to it."""

from __future__ import annotations

import pkgutil
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from importlib import import_module

import pytest

import screens
from oncall_tui.actions import ACTIONS, BY_ID, Action
from oncall_tui.app.opening import screen_named
from oncall_tui.cli.parser import build_parser
from screens.acting import OPENED
from screens.base import OncallScreen
from screens.help import help_lines
from screens.keys import DEFAULT_KEYS
from screens.palette import entries_of
from screens.tabs.base import Tab
from tests.house.three_ways import LOOKS, WRITING

NOT_IN_THE_PALETTE = {"palette", "back", "next_pane", "previous_pane"}
"""Of the hands alone: the palette itself, and what moves."""
BY_NAME_ALONE = {
    *("investigation", "declarations", "suggestions", "bell", "roles", "forgotten", "silences", "resolution", "comms"),
}
"""Without a key: screens and tabs that have their name in the palette."""


def offering() -> Iterator[type[OncallScreen[object]] | type[Tab]]:
    """Every screen and tab that there is."""
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        found = import_module(module.name)
        for one in vars(found).values():
            if isinstance(one, type) and issubclass(one, (OncallScreen, Tab)) and one.__module__ == module.name:
                yield one


PLACES = tuple(offering())


def subcommands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """The commands of the command line."""
    (found,) = [one for one in parser._actions if isinstance(one, _SubParsersAction)]
    return dict(found.choices)


COMMANDS = subcommands(build_parser())


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_action_is_on_a_screen_that_does_it_with_its_key_in_the_palette_and_in_the_help(action: Action) -> None:
    places = [one for one in PLACES if action.id in one.ACTIONS]
    assert places, "no screen offers it"
    does = action.verb is not None or action.id in OPENED
    assert does or all(hasattr(one, f"do_{action.id}") for one in places), "no screen does it"
    assert bool(action.keys) != (action.id in BY_NAME_ALONE), "a key, or said to be of the palette alone"

    entry = next((one for one in entries_of([action], DEFAULT_KEYS) if one.action_id == action.id), None)
    assert (entry is None) == (action.id in NOT_IN_THE_PALETTE)
    assert entry is None or (entry.title, entry.key) == (action.title, DEFAULT_KEYS.shown(action.id))

    told = ["".join(span.text for span in line) for line in help_lines([action], DEFAULT_KEYS)]
    (line,) = [line for line in told if f"  {action.title}:" in line]
    assert line.strip().startswith(f"{DEFAULT_KEYS.shown_all(action.id)}  ".lstrip())


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.command], ids=lambda action: action.id)
def test_its_words_on_the_command_line_are_words_of_the_command_line(action: Action) -> None:
    assert action.command is not None
    name, *rest = action.command.split()
    assert name in COMMANDS
    parser = COMMANDS[name]
    known = {option for one in parser._actions for option in one.option_strings}
    known |= {str(choice) for one in parser._actions if not one.option_strings for choice in one.choices or ()}
    assert set(rest) <= known, action.command


@pytest.mark.parametrize("action", WRITING, ids=lambda action: action.id)
def test_an_action_that_changes_something_has_words_on_the_command_line(action: Action) -> None:
    assert action.command, "give it a command, or say in LOOKS that it changes nothing"


def test_what_is_said_to_look_only_is_there_and_no_verb() -> None:
    assert {action.id for action in ACTIONS} >= LOOKS
    assert not [one for one in LOOKS if BY_ID[one].verb is not None]


@pytest.mark.parametrize("name", sorted(OPENED))
def test_a_screen_that_an_action_opens_is_there(name: str) -> None:
    assert isinstance(screen_named(name, None, DEFAULT_KEYS), OncallScreen)

"""What stands in the way of a page in tmux, said in words."""

from __future__ import annotations

import pytest

from oncall_tui.cli.bell import bell_lines, tmux_problems

GOOD = {"allow-passthrough": "on", "monitor-bell": "on", "bell-action": "any"}


def test_a_tmux_that_passes_everything_on_is_no_problem() -> None:
    assert tmux_problems(GOOD, bell=True, notifies=True) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"allow-passthrough": "off"}, "set -g allow-passthrough on (it is off)"),
        ({"monitor-bell": "off"}, "set -g monitor-bell on (it is off)"),
        ({"bell-action": "none"}, "set -g bell-action any (it is none)"),
    ],
)
def test_each_that_does_not_is_named(changed: dict[str, str], told: str) -> None:
    (problem,) = tmux_problems(GOOD | changed, bell=True, notifies=True)
    assert problem.endswith(told)


def test_what_is_not_used_is_no_problem() -> None:
    off = {"allow-passthrough": "off", "monitor-bell": "off", "bell-action": "none"}
    assert tmux_problems(off, bell=False, notifies=False) == []
    assert tmux_problems({}, bell=True, notifies=True) == ["tmux does not say what it lets pass"]


def test_the_lines_say_what_was_done() -> None:
    told = {"rung": True, "notified": "osc9", "way": "OSC 9", "problems": ["x"]}
    assert bell_lines(told)[:3] == ["FAIL attention", "     bell: rung; notification: OSC 9", "     problem: x"]

"""Which system and channel plays which part of a declaration, out of the config."""

from __future__ import annotations

import pytest

from oncall_tui import channels
from oncall_tui.config.declaring import DeclareOptions
from tests.config.conftest import Load, Problems, source


def declare(text: str) -> str:
    return f"policy:\n  declare: {text}\n"


def test_nothing_has_to_be_said(load: Load) -> None:
    found = load(source()).policy.declare
    assert found == DeclareOptions()
    assert (found.pager, found.page, found.commander) == (None, (1, 2), {})


def test_parts_severities_and_commanders(load: Load) -> None:
    entry = "channels:\n  - {name: war-room, kind: slack, token: x, room: '#a'}\n"
    text = declare("{room: war-room, page: [1], commander: {sev1: erin@example.com}}")
    found = load(text + entry + source(), channels=channels).policy.declare
    assert (found.room, found.page, found.commander) == ("war-room", (1,), {"sev1": "erin@example.com"})


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ("{pager: nowhere}", "policy.declare.pager", "no source is called 'nowhere'"),
        ("{status_page: statsu}", "policy.declare.status_page", "no channel is called 'statsu'"),
        ("{commander: {sev9: x}}", "policy.declare.commander", "'sev9' is no severity"),
        ("{page: [5]}", "policy.declare.page", "numbers from 1 to 4"),
        ("{rooms: x}", "policy.declare.rooms", "unknown"),
    ],
)
def test_what_is_not_there_is_told_with_its_line(problems: Problems, given: str, path: str, words: str) -> None:
    [problem] = problems(declare(given) + source())
    assert problem.path == path
    assert words in problem.message
    assert problem.line == 2

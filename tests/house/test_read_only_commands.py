"""A read-only seat changes nothing from the command line: every command that could, refused with one clear line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from oncall_tui.cli import _command, compose, exits
from tests.house.test_three_ways import COMMANDS
from tests.house.three_ways import WRITING, Day, arguments, make_day

LOOKING = {
    *("demo", "simulate", "init", "check", "now", "metrics", "schedule", "roles", "search", "config", "investigate"),
    *("due", "backfill"),
}
"""Commands that change nothing, whoever calls them: every other one has to be refused below."""

REFUSED: Mapping[str, Callable[[Day], list[str]]] = {
    "ack": lambda day: ["ack", day.incident],
    "unack": lambda day: ["unack", day.incident],
    "resolve": lambda day: ["resolve", day.incident],
    "reopen": lambda day: ["reopen", day.resolved],
    "escalate": lambda day: ["escalate", day.incident, "--level", "2"],
    "note": lambda day: ["note", day.incident, "seen"],
    "snooze": lambda day: ["snooze", day.incident, "1h"],
    "assign": lambda day: ["assign", day.incident, "me"],
    "severity": lambda day: ["severity", day.incident, "1"],
    "merge": lambda day: ["merge", day.incident, day.resolved],
    "responders": lambda day: ["responders", day.incident, "bob@example.com"],
    "title": lambda day: ["title", day.incident, "Another"],
    "silence": lambda day: ["silence", day.alert, "1h", "--reason", "known"],
    "unsilence": lambda day: ["unsilence", day.silence],
    "cover": lambda day: ["cover", "bob@example.com", "--from", "1h", "--until", "2h"],
    "noise": lambda day: ["noise", day.incident, "noise"],
    "noise of alerts": lambda day: ["noise", day.alert, "fix"],
    "phase": lambda day: ["phase", day.incident, "triage"],
    "triage": lambda day: ["triage", day.incident, "--impact", "none"],
    "declare": lambda day: ["declare", "Something", "--service", "web"],
    "declare --from a suggestion": lambda day: ["declare", "--from", day.suggestion, "--service", "web"],
    "declare --retry": lambda day: ["declare", "--retry", day.declaration, day.step],
    "finding": lambda day: ["finding", day.incident, "seen"],
    "hypothesis": lambda day: ["hypothesis", day.incident, "the pool"],
    "hypothesis --confirmed": lambda day: ["hypothesis", day.incident, "H1", "--confirmed"],
    "root-cause": lambda day: ["root-cause", day.incident, "the pool"],
    "suggestions dismiss": lambda day: ["suggestions", "dismiss", day.suggestion],
    "resolution --tick": lambda day: ["resolution", day.incident, "--tick", "1"],
    "resolution --untick": lambda day: ["resolution", day.incident, "--untick", "1"],
    "resolution --watch": lambda day: ["resolution", day.incident, "--watch"],
    "resolution --note": lambda day: ["resolution", day.incident, "--note"],
    "checklist --tick": lambda day: ["checklist", "before-shift", "--tick", "1"],
    "tell": lambda day: ["tell", day.incident, "war-room", "We look into it"],
    "publish": lambda day: ["publish", day.incident, "status", "We look into it", "--status", "investigating"],
    "ticket": lambda day: ["ticket", day.incident, "jira", "Fix it"],
    "room": lambda day: ["room", day.incident, "war-room"],
    "tick": lambda day: ["tick", day.incident, "by-hand", "Called Bob"],
    "run": lambda day: ["run", "restart", day.incident],
    "outbox retry": lambda day: ["outbox", "retry", day.key],
    "outbox cancel": lambda day: ["outbox", "cancel", day.key],
    "outbox note": lambda day: ["outbox", "note", day.key],
    "outbox flush": lambda day: ["outbox", "flush"],
    "handover --text": lambda day: ["handover", "--text", "# Mine"],
    "handover --note": lambda day: ["handover", "--note", "Watch it"],
    "handover --item": lambda day: ["handover", "--item", "Fix it"],
    "handover --discard": lambda day: ["handover", "--discard"],
    "handover --send": lambda day: ["handover", "--send", "war-room"],
    "handover --accept": lambda day: ["handover", "--accept"],
    "postmortem --text": lambda day: ["postmortem", day.incident, "--text", "# Mine"],
    "postmortem --discard": lambda day: ["postmortem", day.incident, "--discard"],
    "postmortem --item": lambda day: ["postmortem", day.incident, "--item", "Fix it"],
    "postmortem --item-done": lambda day: ["postmortem", day.incident, "--item-done", "1"],
    "postmortem --done": lambda day: ["postmortem", day.incident, "--done", "there"],
    "postmortem --send": lambda day: ["postmortem", day.incident, "--send", "war-room"],
    "postmortem --tickets": lambda day: ["postmortem", day.incident, "--tickets", "jira"],
}
"""A command line that would change something -> its words."""


def run(day: Day, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> tuple[int, str]:
    """Its exit code and what a failure says, in this process, on the company."""
    made = compose.make_sources, compose.make_channels
    transport = day.world.transport()
    monkeypatch.setattr(compose, "make_sources", lambda config, clock, _=None: made[0](config, clock, transport))
    monkeypatch.setattr(compose, "make_channels", lambda config, clock, _=None: made[1](config, clock, transport))
    args = arguments(words, day)
    try:
        return _command(args.command)(args), ""
    except exits.Failure as error:
        return error.code, f"{error}\n"


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return asyncio.run(make_day(tmp_path_factory.mktemp("day")))


@pytest.fixture
def day(yesterday: Day, tmp_path: Path) -> Day:
    return yesterday.copied(tmp_path / "seat")


def test_every_command_that_could_change_something_is_tried() -> None:
    assert {words.split()[0] for words in REFUSED} | LOOKING == set(COMMANDS)
    assert not {words.split()[0] for words in REFUSED} & LOOKING
    assert {action.command for action in WRITING} <= set(REFUSED)


@pytest.mark.parametrize("words", REFUSED)
def test_it_is_refused_in_one_line_and_nothing_is_written(
    day: Day, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decisions, writes = day.decisions(), day.writes()
    code, said = run(day, monkeypatch, REFUSED[words](day))
    said += capsys.readouterr().err
    assert code == exits.REFUSED, said
    (line,) = [line for line in said.splitlines() if "read-only" in line]
    assert line
    assert len(said.splitlines()) == 1, said
    assert day.decisions() == decisions
    assert day.writes() == writes


def test_what_a_read_only_seat_writes_to_a_file_is_not_kept_as_handed_over(
    day: Day, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions = day.decisions()
    assert run(day, monkeypatch, ["handover", "--output", str(tmp_path / "mine.md")])[0] == exits.OK
    assert (tmp_path / "mine.md").stat().st_size
    assert day.decisions() == decisions

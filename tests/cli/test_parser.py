"""The grammar: one clear line for bad input, help in 80 columns, the contract's words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from oncall_tui.cli import main
from oncall_tui.cli.exits import UsageError, of_row, worst
from oncall_tui.cli.parser import build_parser
from oncall_tui.model import OutboxState
from tests.board.test_board import action

COMMANDS = re.findall(r"^    ([\w-]+) ", build_parser().format_help(), re.MULTILINE)


def test_every_command_of_the_contract_that_is_built_is_there() -> None:
    assert set(COMMANDS) == {
        "demo", "init", "simulate", "check", "now", "ack", "run", "resolve", "escalate", "note", "snooze", "assign",
        "severity", "merge", "responders", "title", "silence", "outbox", "handover", "postmortem", "metrics",
        "schedule", "cover", "roles", "checklist", "config", "tell", "publish", "ticket", "room", "tick", "noise",
        "phase", "triage", "investigate", "finding", "hypothesis", "root-cause", "due", "resolution", "search",
        "suggestions",
        "declare", "backfill", "unack", "reopen", "unsilence",
    }  # fmt: skip


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_80_columns(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert printed
    assert max(len(line) for line in printed.split("\n")) <= 80


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--nonsense"], "--nonsense"),
        (["frobnicate"], "frobnicate"),
        (["ack"], "ID"),
        (["snooze", "Q1", "5"], "30s, 5m"),
        (["snooze", "Q1", "0m"], "30m, 2h"),
        (["silence", "a:1", "500ms", "--reason", "known"], "30m, 2h"),
        (["severity", "Q1", "7"], "1 to 4"),
        (["escalate", "Q1", "--level", "0"], "level"),
        (["escalate", "Q1", "--level", "1", "--to", "bob"], "not allowed"),
        (["silence", "a:1", "2h"], "--reason"),
        (["note", "Q1", "x", "--kind", "guessed"], "guessed"),
        (["now", "--pane", "kitchen"], "kitchen"),
        (["simulate", "--port", "99999999"], "port"),
        (["demo", "--fault", "gremlins"], "gremlins"),
        (["handover", "--format", "pdf"], "pdf"),
        (["metrics", "--by", "moon"], "moon"),
        (["metrics", "--json", "--csv"], "not allowed"),
        (["schedule", "--days", "0"], "1 to 366"),
        (["hypothesis", "Q1", "x", "--confirmed", "--ruled-out"], "not allowed"),
        (["investigate", "Q1", "--width", "9"], "choose"),
        (["search"], "WORDS"),
        (["search", "x", "--like", "Q1"], "WORDS"),
        (["search", "x", "--limit", "0"], "1 to 1000"),
        (["suggestions", "frob"], "dismiss"),
        (["suggestions", "dismiss"], "ID"),
        (["postmortem"], "ID"),
        (["tell", "Q1", "chat"], "TEXT"),
        (["publish", "Q1", "page", "x"], "--status"),
        (["publish", "Q1", "page", "x", "--status", "broken"], "broken"),
        (["publish", "Q1", "page", "x", "--status", "resolved", "--impact", "huge"], "huge"),
        (["publish", "Q1", "page", "x", "--status", "resolved", "--component", "API"], "NAME=STATE"),
        (["publish", "Q1", "page", "x", "--status", "resolved", "--component", "API=on fire"], "operational"),
        (["ticket", "Q1", "jira", "x", "--due", "tomorrow"], "2026-12-24"),
        (["outbox", "retry"], "KEY"),
        (["outbox", "note"], "KEY"),
        (["ack", "\x1b[c", "--x\x1b]52;c;eA==\x07"], "\\x1b"),
    ],
)
def test_bad_input_is_one_clear_line_and_2(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert told in err
    assert "\x1b" not in err
    assert err.startswith("oncall-tui: ")


def test_no_config_names_the_ways_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["now"]) == 2
    err = capsys.readouterr().err
    assert "demo" in err and "init" in err and "config.example.yaml" in err


def test_common_options_stand_before_or_after_the_command() -> None:
    parser = build_parser()
    for words in (["--config", "x", "now"], ["now", "--config", "x"]):
        assert parser.parse_args(words).config == "x"


def test_values_are_converted() -> None:
    args = build_parser().parse_args(["snooze", "Q1", "1h30m", "--timeout", "5"])
    assert args.duration == timedelta(minutes=90)
    assert args.timeout == 5.0
    assert build_parser().parse_args(["severity", "Q1", "SEV2"]).severity == 2


def test_abbreviated_options_are_not_guessed() -> None:
    with pytest.raises(UsageError):
        build_parser().parse_args(["now", "--js"])


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("confirmed", 0),
        ("superseded", 0),
        ("queued", 4),
        ("sending", 4),
        ("refused", 5),
        ("cancelled", 5),
        ("unknown", 6),
    ],
)
def test_exit_codes_of_an_action(state: str, code: int) -> None:
    assert of_row(action("pager:Q1", OutboxState(state))) == code


def test_the_worst_of_several_is_told() -> None:
    assert worst([0, 4, 5, 6]) == 6
    assert worst([0, 4, 5]) == 5
    assert worst([0, 4, 0]) == 4
    assert worst([0, 0]) == 0
    assert worst([]) == 0


def test_the_version_is_told_without_the_grammar_in_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args(["--version"])
    theirs = capsys.readouterr().out
    assert main(["--version"]) == end.value.code == 0
    assert capsys.readouterr().out == theirs


def test_words_that_the_help_has_are_the_models() -> None:
    from oncall_tui import model
    from oncall_tui.cli import parser

    for name in ("PUBLICATION_STATES", "PUBLICATION_IMPACTS", "COMPONENT_STATES"):
        assert getattr(parser, name) == getattr(model, name)

"""What the terminal is sent when pages ring: bell, notification, title; and when a person tries it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oncall_tui.app.attention import Attention
from oncall_tui.board import Relation
from oncall_tui.model import IncidentState
from tests.screens.test_app import seat
from tests.support import ui
from tests.support.ui import BOB, incident, sample_board

KITTY = {"LANG": "C.UTF-8", "TERM": "xterm-kitty"}
HOSTILE = "x\x1b]52;c;cHduZWQ=\x07;y"


async def test_a_page_rings_and_notifies_where_the_terminal_takes_it(tmp_path: Path) -> None:
    environ = {"LANG": "C.UTF-8", "TERM_PROGRAM": "WezTerm"}
    async with seat(tmp_path, environ=environ, title=False) as one:
        one.desk.attends = [("pager:Q1", "pager:Q2")]
        one.desk.change()
        await one.until(lambda: any("\x1b]9;" in text for text in one.sent), "the notification")
        # The board's order is the one of urgency: its first page is the one that is named.
        assert one.sent[-1] == "\x07\x1b]9;oncall-tui: SEV2 P99 latency > 5000 ms, EU (gateway) and 1 more\x07"
        sent = len(one.sent)
        one.desk.change()
        await one.pilot.pause()
        assert [text for text in one.sent[sent:] if text] == []


async def test_a_hostile_title_stays_inside_the_notification(tmp_path: Path) -> None:
    board = sample_board(ui.with_incidents(incident(title=HOSTILE)))
    async with seat(tmp_path, board, notify="osc777", title=False) as one:
        one.desk.attends = [("pager:Q1",)]
        one.desk.change()
        await one.until(lambda: any("777" in text for text in one.sent), "the notification")
        assert one.sent[-1].count("\x1b") == 1 and one.sent[-1].count("\x07") == 2


async def test_off_is_off(tmp_path: Path) -> None:
    async with seat(tmp_path, environ=KITTY, notify="off", title=False, bell=False) as one:
        one.desk.attends = [("pager:Q1",)]
        one.desk.change()
        await one.until(lambda: one.desk.attends == [], "asked")
    assert [text for text in one.sent if text] == []


async def test_the_palette_tries_it_and_says_what_was_sent(tmp_path: Path) -> None:
    async with seat(tmp_path, environ={**KITTY, "TMUX": "x"}) as one:
        await one.pilot.press("colon", *"try the bell", "enter")
        await one.said("bell: rung; notification: OSC 99 (kitty) through tmux if allow-passthrough on")
        assert one.sent[-1].startswith("\x07\x1bPtmux;\x1b\x1b]99;")


@pytest.mark.parametrize("environ", [{"TERM": "xterm-256color"}, {**KITTY, "TMUX": "x"}])
def test_what_is_said_of_a_trial_fits_in_80_columns_with_the_name_of_its_setting(environ: dict[str, str]) -> None:
    _, told = Attention(bell=True, title=True, notify="auto", environ=environ).trial()
    assert len(told) <= 79 and ("attention.notify" in told or "allow-passthrough on" in told)


def test_a_page_that_was_given_away_leaves_the_title() -> None:
    attention = Attention(bell=True, title=True)
    mine = sample_board(ui.with_incidents(incident(title="Mine")))
    assert attention.rung(("pager:Q1",), mine) == "\x07\x1b]2;(1) Mine - oncall-tui\x07"
    given = sample_board(ui.with_incidents(incident(title="Mine", assignees=(BOB,))))
    assert given.incidents[0].relation is Relation.TEAM
    assert attention.rung((), given) == "\x1b]2;oncall-tui\x07"


def test_a_page_of_my_teams_that_rang_stands_in_the_title_until_somebody_has_it() -> None:
    attention = Attention(bell=True, title=True)
    teams = incident(title="Theirs", assignees=(BOB,))
    assert attention.rung(("pager:Q1",), sample_board(ui.with_incidents(teams))).endswith("(1) Theirs - oncall-tui\x07")
    assert attention.rung((), sample_board(ui.with_incidents(teams))) == ""
    acked = replace(teams, state=IncidentState.ACKNOWLEDGED)
    assert attention.rung((), sample_board(ui.with_incidents(acked))) == "\x1b]2;oncall-tui\x07"

"""Desktop notifications: the form that a terminal takes, through tmux and screen, and nothing that a title can do."""

from __future__ import annotations

import base64
import re

import pytest

from oncall_tui.terminal.notify import LONGEST, Form, form_of, notification, way

HOSTILE = "x\x1b]52;c;cHduZWQ=\x07\x9b2J;y\u202e\x1b\\" + "z" * 500
FORMS: tuple[Form, ...] = ("osc9", "osc777", "osc99")
PLAIN: dict[str, str] = {}


@pytest.mark.parametrize(
    ("wanted", "environ", "form"),
    [
        ("auto", {}, None),
        ("auto", {"TERM": "xterm-256color"}, None),
        ("auto", {"TERM": "xterm-kitty"}, "osc99"),
        ("auto", {"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, "osc99"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "osc9"),
        ("auto", {"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "osc9"),
        ("auto", {"TERM": "foot-extra"}, "osc777"),
        ("auto", {"TERM": "tmux-256color", "TERM_PROGRAM": "tmux"}, None),
        ("off", {"TERM": "xterm-kitty"}, None),
        ("osc777", {"TERM": "tmux-256color"}, "osc777"),
    ],
)
def test_the_form_is_the_terminals_or_the_configs(wanted: str, environ: dict[str, str], form: Form | None) -> None:
    assert form_of(wanted, environ) == form


def test_what_each_form_is() -> None:
    assert notification("SEV1 x", "osc9", PLAIN) == "\x1b]9;oncall-tui: SEV1 x\x07"
    assert notification("a;b", "osc777", PLAIN) == "\x1b]777;notify;oncall-tui;a,b\x07"
    sent = notification("SEV1 é", "osc99", PLAIN)
    match = re.fullmatch(r"\x1b]99;i=oncall-tui:e=1:d=1;([A-Za-z0-9+/=]+)\x1b\\", sent)
    assert match is not None
    assert base64.b64decode(match[1]).decode() == "oncall-tui: SEV1 é"


@pytest.mark.parametrize("form", FORMS)
def test_a_title_injects_nothing_and_is_bounded(form: Form) -> None:
    sent = notification(HOSTILE, form, PLAIN)
    assert sent.count("\x1b") == (2 if form == "osc99" else 1)
    assert sent.count("\x07") == (0 if form == "osc99" else 1)
    assert "\x9b" not in sent
    assert len(sent) < LONGEST * 4 + 60


@pytest.mark.parametrize("form", FORMS)
def test_tmux_is_given_it_for_the_terminal_behind(form: Form) -> None:
    plain = notification(HOSTILE, form, PLAIN)
    sent = notification(HOSTILE, form, {"TMUX": "/tmp/tmux-0/default,1,0"})
    match = re.fullmatch(r"\x1bPtmux;(.*)\x1b\\", sent, re.DOTALL)
    assert match is not None
    # Every escape inside is doubled, so that none ends it: tmux undoes that.
    assert re.sub("\x1b\x1b", "", match[1]).count("\x1b") == 0
    assert match[1].replace("\x1b\x1b", "\x1b") == plain


@pytest.mark.parametrize("form", FORMS)
def test_screen_is_given_it_whole(form: Form) -> None:
    sent = notification("SEV1 x", form, {"STY": "1.pts"})
    assert sent.startswith("\x1bP\x1b]") and sent.endswith("\x07\x1b\\") and sent.count("\x1b\\") == 1


def test_the_way_is_told() -> None:
    assert way("osc9", PLAIN) == "OSC 9"
    assert way("osc99", {"TMUX": "x"}) == "OSC 99 (kitty) through tmux if allow-passthrough on"
    assert "attention.notify" in way(None, {"TERM": "xterm"})

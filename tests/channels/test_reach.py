"""What each channel tells of whom it reaches, and that no secret is in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oncall_tui import actions, channels, sources
from oncall_tui.cli.compose import make_channels
from oncall_tui.clock import SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.sources.base import Reach, reach_of

CONFIG = """
sources: [{name: probes, kind: http, health: [{name: a, url: "https://a.example.com"}]}]
channels:
  - {name: chat, kind: slack, token: {env: NONE}, room: '#incidents'}
  - {name: bare, kind: slack, token: {env: NONE}}
  - {name: hooked, kind: slack, webhook: {env: NONE}}
  - {name: page, kind: statuspage, token: {env: NONE}, page: p1}
  - {name: quiet, kind: statuspage, token: {env: NONE}, page: p1, notify: false}
  - {name: mail, kind: smtp, host: smtp.example.com, from: oncall@example.com, to: [a@example.com, "B <b@example.com>"]}
  - {name: hook, kind: webhook, url: "https://hooks.example.com/secret/path"}
  - {name: hidden, kind: webhook, url: {env: NONE}}
  - {name: jira, kind: jira, base_url: "https://jira.example.com", token: {env: NONE}, project: OPS}
  - {name: hand, kind: manual, contacts: [{name: Bridge, phone: "+49 30 1"}, {name: Room, url: "https://meet.example.com"}]}
"""
WANTED = {
    "chat": Reach(place="#incidents", named_by="room"),
    "bare": Reach(named_by="room"),
    "hooked": Reach(place="its webhook's room"),
    "page": Reach(place="everybody who sees the page p1, its subscribers are mailed"),
    "quiet": Reach(place="everybody who sees the page p1"),
    "mail": Reach(place="a@example.com, B <b@example.com>", named_by="to", subject=True, html=True),
    "hidden": Reach(place="its webhook", subject=True),
    "jira": Reach(place="project OPS"),
    "hand": Reach(contacts=("Bridge, +49 30 1", "Room, https://meet.example.com")),
}


@pytest.fixture
def reach(tmp_path: Path) -> dict[str, Reach]:
    path = tmp_path / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(CONFIG)
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)
    return {one.name: reach_of(one) for one in make_channels(config, SystemClock())}


def test_each_says_whom_it_reaches(reach: dict[str, Reach]) -> None:
    assert {name: reach[name] for name in WANTED} == WANTED


def test_of_an_address_the_host_alone_is_shown(reach: dict[str, Reach]) -> None:
    assert reach["hook"] == Reach(place="hooks.example.com", subject=True)

"""Put together: each source and channel is told who the seat is there, and the board by which names it goes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oncall_tui import channels, sources
from oncall_tui.cli import compose
from oncall_tui.clock import SystemClock
from oncall_tui.config.load import load_config
from oncall_tui.config.schema import Config
from oncall_tui.sources.base import Seat

CONFIG = """\
seat: {user: alice@example.com, teams: [payments-oncall, Edge]}
sources:
  - {name: pager, kind: pagerduty, token: {env: X}}
  - {name: genie, kind: opsgenie, token: {env: X}}
  - {name: splunk, kind: splunk-oncall, api_id: a, api_key: {env: X}, user: own.word}
channels:
  - {name: chat, kind: slack, token: {env: X}}
  - {name: tickets, kind: jira, token: {env: X}, project: OPS, base_url: https://jira.example.com}
identity:
  people:
    alice@example.com: {genie: alice.a, splunk: never.used, tickets: "557058:f5"}
    bob@example.com: {pager: bob.b}
  teams: {Payments: [payments-oncall, team-pay]}
join: {labels: [incident_key]}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(CONFIG)
    return load_config(path, kinds=sources, channels=channels, environ={"X": "x"})


def told(monkeypatch: pytest.MonkeyPatch, registry: Any) -> dict[str, Seat]:
    """Who each kind of the registry is told that the seat is, by the name of the source or channel."""
    seats: dict[str, Seat] = {}

    def make(options: Any, context: Any) -> Any:
        seats[context.name] = context.seat
        return SimpleNamespace(name=options.name, kind=options.kind, capabilities=frozenset())

    monkeypatch.setattr(registry, "load_kind", lambda kind: SimpleNamespace(make=make))
    return seats


def test_a_source_is_told_who_the_seat_is_there(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    seats = told(monkeypatch, compose.sources)
    made = compose.make_sources(config, SystemClock())
    assert {name: seat.user for name, seat in seats.items()} == {
        "pager": "alice@example.com",  # nothing else is known: the mail address
        "genie": "alice.a",
        "splunk": "own.word",  # the source's own word comes first
    }
    # A team is looked for by each of its names.
    assert set(seats["pager"].teams) == {"Payments", "payments-oncall", "team-pay", "Edge"}
    board = compose.board_settings(config, made, read_only=False)
    assert (board.user, board.user_in) == ("alice@example.com", {"genie": "alice.a", "splunk": "own.word"})
    assert board.teams == ("Payments", "Edge")  # by the name that is shown
    assert board.join_labels == ("incident_key",)


def test_a_channel_is_told_who_the_seat_is_there(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    seats = told(monkeypatch, compose.channels)
    compose.make_channels(config, SystemClock())
    assert {name: seat.user for name, seat in seats.items()} == {"chat": "alice@example.com", "tickets": "557058:f5"}

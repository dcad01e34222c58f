"""What ``config --show`` and ``config --schema`` tell, and what they keep to themselves."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from oncall_tui.config.secret import MASK
from oncall_tui.config.show import schema, shown
from tests.config.conftest import Kinds, Load, source

CANARY = "c4n4ry-t0k3n-9f8e"


def test_every_secret_is_masked(load: Load) -> None:
    text = (
        "sources:\n"
        f"  - {{name: a, kind: pagerduty, token: {CANARY}, headers: {{X-A: {{command: 'printf {CANARY}'}}}}}}\n"
        "  - {name: b, kind: pagerduty, token: {env: PD_TOKEN}, headers: {X-B: {file: ~/.key}}}\n"
    )
    told = shown(load(text))
    assert CANARY not in told
    first, second = yaml.safe_load(told)["sources"]
    assert first["token"] == MASK and first["headers"]["X-A"] == {"command": f"printf {MASK}"}
    assert second["token"] == {"env": "PD_TOKEN"} and second["headers"]["X-B"] == {"file": "~/.key"}


def test_a_secret_in_a_text_that_is_none_is_masked(load: Load) -> None:
    command = f"[curl, -H, 'Authorization: Bearer {CANARY}', 'https://example.com/?a=1&api_key={CANARY}']"
    told = shown(load(source() + f"commands: [{{name: ask, command: {command}}}]\n"))
    assert CANARY not in told
    assert yaml.safe_load(told)["commands"][0]["command"][3] == f"https://example.com/?a=1&api_key={MASK}"


def test_what_is_shown_means_the_same_again(load: Load) -> None:
    text = source(
        poll="90s", token="{env: PD}", hours="'08:00-20:00'", status="[200, 204]", since="2026-01-05T09:00", quiet="on"
    )
    text += "    from: me\n    health: [{name: a, degraded: 1.5}]\n"
    text += "seat: {user: on, teams: ['12:30'], time_zone: Europe/Rome, read_only: true}\n"
    text += "policy: {calendar: {holidays: [2026-12-25]}, severity: {sev3: {update: 2h, respond: business-hours}}}\n"
    text += "actions: {undo: {note: 0s}}\nkeys: {a: B}\ntheme: mono\n"
    first = load(text)
    again = load(shown(first))
    assert dataclasses.replace(again, path=None, warnings=()) == dataclasses.replace(first, path=None, warnings=())


def test_defaults_are_shown(load: Load) -> None:
    told = yaml.safe_load(shown(load(source(), environ={"TZ": "Asia/Tokyo"})))
    assert told["seat"]["time_zone"] == "Asia/Tokyo"
    assert told["actions"] == {"undo": {"note": "5s", "resolve": "5s", "escalate": "5s", "message": "5s"}}
    assert told["sources"][0]["poll"] == "30s"


def test_the_schema_takes_what_is_right(load: Load, kinds: Kinds) -> None:
    found: dict[str, Any] = schema(kinds)
    Draft202012Validator.check_schema(found)
    validator = Draft202012Validator(found)
    right = source(token="{env: X}", hours="'08:00-20:00'", severity="{P1: 1}", mode="HEAD", status="[200]")
    assert load(right)
    assert [error.message for error in validator.iter_errors(yaml.safe_load(right))] == []
    assert found["properties"]["theme"]["enum"][0] == "auto" and found["properties"]["seat"]["description"]


@pytest.mark.parametrize(
    "wrong",
    ["theme: drk", "colour: red", "sources: []\nseat: {usr: x}", "sources: [{name: a, kind: opsgenie}]", "seat: {}"],
)
def test_the_schema_refuses_what_is_wrong(kinds: Kinds, wrong: str) -> None:
    assert not Draft202012Validator(schema(kinds)).is_valid(yaml.safe_load(wrong))


def test_lengths_of_time_are_shown_as_they_are_written(load: Load) -> None:
    config = load(source(poll="1h30m"))
    assert config.sources[0].poll == timedelta(minutes=90) and "poll: 1h30m" in shown(config)

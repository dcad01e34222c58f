"""``config.example.yaml`` is right, complete, and says the truth about the defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from oncall_tui import actions, sources
from oncall_tui.config.declared import declared, is_options, members
from oncall_tui.config.load import load_config
from oncall_tui.config.rules import severity_policy
from oncall_tui.config.schema import Config
from oncall_tui.policy import DEFAULT_RULES

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config.example.yaml"
SHOWN_DEFAULTS = {
    "poll",
    "base_url",
    "severity",
    "severity_labels",
    "service_labels",
    "filter",
    "alerts",
    "targets",
    "rules",
}
SET = {"PAGERDUTY_TOKEN": "x", "PROBE_KEY": "x", "PROBE_TOKEN": "x"}


@pytest.fixture
def example(tmp_path: Path) -> Config:
    path = tmp_path / "config.yaml"
    path.write_bytes(EXAMPLE.read_bytes())
    path.chmod(0o600)
    return load_config(path, kinds=sources, environ=SET, known_actions=actions.BY_ID)


def options_of(cls: Any) -> Iterator[str]:
    """The keys of a dataclass of options and of all below it."""
    for key, option in declared(cls).items():
        yield key
        for member in members(option.type):
            for inner in (member, *get_args(member)):
                if is_options(inner) and option.name not in ("sources", "channels"):
                    yield from options_of(inner)


def test_it_is_right_without_a_warning(example: Config) -> None:
    assert example.warnings == ()
    assert {source.kind for source in example.sources} == set(sources.KINDS)


def test_every_option_is_in_it() -> None:
    text = EXAMPLE.read_text("utf-8")
    blocks = re.split(r"(?m)^    kind: ", text)
    for block in blocks[1:]:
        kind, _, body = block.partition("\n")
        body = body.partition("\nchannels:")[0]
        # Credentials and labels are told once, at the first monitor.
        body += next(one for one in blocks if one.startswith("alertmanager")) if kind == "prometheus" else ""
        for key in options_of(sources.load_kind(kind).Options):
            if key not in ("name", "kind", "user"):
                assert re.search(rf"(?m)[\s{{#]{key}: ", f"{body} ") or f" {key}:\n" in body, (kind, key)
    for key in options_of(Config):
        assert re.search(rf"(?m)(^|[\s{{]){key}:", text), key


def test_the_severity_policy_in_it_is_the_built_in_one(example: Config) -> None:
    assert dict(severity_policy(example.policy).rules) == dict(DEFAULT_RULES)


def test_values_that_are_not_marked_as_examples_are_the_defaults(example: Config) -> None:
    for options in example.sources:
        plain = type(options)
        for option in declared(plain).values():
            if option.name in SHOWN_DEFAULTS:
                default = {field.name: field for field in plain.__dataclass_fields__.values()}[option.name]
                wanted = default.default_factory() if callable(default.default_factory) else default.default  # type: ignore[misc]
                assert getattr(options, option.name) == wanted, (options.kind, option.name)
    fresh = Config(sources=())
    assert (example.actions, example.attention, example.keys, example.theme) == (
        fresh.actions,
        fresh.attention,
        fresh.keys,
        fresh.theme,
    )
    assert example.policy.shift_duration == fresh.policy.shift_duration
    assert (example.policy.calendar.hours, example.policy.calendar.days) == (
        fresh.policy.calendar.hours,
        fresh.policy.calendar.days,
    )


def test_the_docs_name_every_option_and_every_action() -> None:
    text = (ROOT / "docs" / "config.md").read_text("utf-8")
    for cls in (Config, *(sources.load_kind(kind).Options for kind in sources.KINDS)):
        for key in options_of(cls):
            assert f"`{key}`" in text, (cls, key)
    for action in actions.ACTIONS:
        assert f"`{action.id}`" in text, action.id

"""``config.example.yaml`` is right, complete, and says the truth about the defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING
from pathlib import Path
from typing import Any, get_args

import pytest

from oncall_tui import actions, channels, sources
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
SET = dict.fromkeys(re.findall(r"{env: (\w+)}", EXAMPLE.read_text("utf-8")), "x")


@pytest.fixture
def example(tmp_path: Path) -> Config:
    path = tmp_path / "config.yaml"
    path.write_bytes(EXAMPLE.read_bytes())
    path.chmod(0o600)
    return load_config(path, kinds=sources, channels=channels, environ=SET, known_actions=actions.BY_ID)


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
    assert {channel.kind for channel in example.channels} == set(channels.KINDS)


def test_every_option_is_in_it() -> None:
    text = EXAMPLE.read_text("utf-8")
    head, _, tail = text.partition("\nchannels:")
    for registry, part in ((sources, head), (channels, tail.partition("\npolicy:")[0])):
        blocks = re.split(r"(?m)^    kind: ", part)
        for block in blocks[1:]:
            kind = block.split()[0]
            # Credentials and labels are told once, at the first monitor.
            body = block + next((one for one in blocks if one.startswith("alertmanager")), "")
            for key in options_of(registry.load_kind(kind).Options):
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
                assert wanted is MISSING or getattr(options, option.name) == wanted, (options.kind, option.name)
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
    for key in options_of(Config):
        assert f"`{key}`" in text, key
    for registry, folder in ((sources, "sources"), (channels, "channels")):
        for kind in registry.KINDS:
            page = ROOT / "docs" / folder / f"{kind}.md"
            told = text + (page.read_text("utf-8") if page.is_file() else "")
            for key in options_of(registry.load_kind(kind).Options):
                assert f"`{key}`" in told, (kind, key)
    for action in actions.ACTIONS:
        assert f"`{action.id}`" in text, action.id


DOCS = ROOT / "docs"


@pytest.mark.parametrize("kinds", [sources.KINDS, channels.KINDS], ids=["sources", "channels"])
def test_the_page_of_the_config_names_every_kind_once_with_its_own_page(kinds: dict[str, str]) -> None:
    text = (DOCS / "config.md").read_text("utf-8")
    section = text.partition(f"\n## `{'sources' if kinds is sources.KINDS else 'channels'}`")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| \[`([\w-]+)`\]\(([^)]+)\) \| \S", section, re.MULTILINE)
    assert sorted(kind for kind, _ in rows) == sorted(kinds)
    for kind, link in rows:
        page, _, anchor = link.partition("#")
        if page:
            assert (DOCS / page).is_file() and kind in page
        else:
            assert any(kind in line for line in text.split("\n") if line.startswith("### ")), anchor

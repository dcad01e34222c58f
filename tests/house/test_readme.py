"""The README's table of keys is drawn from the registry, its commands are CI's, its pictures are there."""

from __future__ import annotations

import os
import re
from itertools import groupby
from pathlib import Path

from oncall_tui.actions import ACTIONS, reserved_keys
from screens.keys import DEFAULT_KEYS

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- keys -->\n)(.*?)(<!-- end keys -->)", re.DOTALL)


def keys_table() -> str:
    """The registry as a Markdown table, by group."""
    lines = ["| key | does |", "| --- | --- |"]
    for group, actions in groupby(sorted(ACTIONS, key=lambda one: _groups().index(one.group)), lambda one: one.group):
        lines.append(f"| **{group}** | |")
        lines += [f"| {_shown(action.id)} | **{action.title}**: {action.help} |" for action in actions]
    return "\n".join(lines) + "\n"


def _groups() -> list[str]:
    return list(dict.fromkeys(action.group for action in ACTIONS))


def _shown(action_id: str) -> str:
    """Its keys; one without a key is reached by its name, in the palette."""
    keys = DEFAULT_KEYS.shown_all(action_id) or DEFAULT_KEYS.shown("palette")
    return " ".join(f"`{key}`" for key in keys.split(" "))


def test_the_table_of_keys_is_the_registrys() -> None:
    text = README.read_text("utf-8")
    wanted = TABLE.sub(lambda match: match[1] + keys_table() + match[3], text)
    if os.environ.get("ONCALL_TUI_GOLDENS") == "write":
        README.write_text(wanted, "utf-8")
    assert README.read_text("utf-8") == wanted


def test_the_pictures_are_there() -> None:
    for name in re.findall(r"\]\((docs/[^)#]+)", README.read_text("utf-8")):
        assert (ROOT / name).exists(), name


def test_no_two_actions_of_one_place_share_a_key() -> None:
    for scope in {action.scope for action in ACTIONS}:
        keys = [key for action in ACTIONS if action.scope is scope for key in action.keys]
        assert len(keys) == len(set(keys)), scope
    assert not reserved_keys() & {key for action in ACTIONS for key in action.keys}

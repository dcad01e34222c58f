"""The dashboard, plainly asked for, is read without the grammar: it must not mean anything else by it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oncall_tui.cli.exits import UsageError
from oncall_tui.cli.firstframe import asked
from oncall_tui.cli.parser import build_parser

ROOT = str(Path(__file__).resolve().parents[2])
PLAIN = (
    [],
    ["--read-only"],
    ["--config", "c.yaml"],
    ["--config=c.yaml", "--data-dir", "/d"],
    ["--data-dir=/d=e", "--read-only", "--config", "a", "--config", "b"],
)
OTHER = (
    ["demo"],
    ["now"],
    ["--help"],
    ["--version"],
    ["--conf", "x"],
    ["--config"],
    ["--config="],
    ["--config", "--read-only"],
    ["--read-only=1"],
    ["--"],
    ["-x"],
    ["--config", "c.yaml", "now"],
)


@pytest.mark.parametrize("words", PLAIN)
def test_it_is_what_the_grammar_gives(words: list[str]) -> None:
    found = asked(words)
    args = build_parser().parse_args(words)
    assert found is not None
    assert args.command is None
    assert found.config == getattr(args, "config", None)
    assert found.data_dir == getattr(args, "data_dir", None)
    assert found.read_only == args.read_only


@pytest.mark.parametrize("words", OTHER)
def test_all_else_is_the_grammars(words: list[str]) -> None:
    assert asked(words) is None


def test_what_the_grammar_refuses_is_not_plain() -> None:
    for words in OTHER:
        try:
            build_parser().parse_args(words)
        except (UsageError, SystemExit):
            assert asked(words) is None


def test_what_comes_before_the_picture_imports_little() -> None:
    code = """
import sys
there = set(sys.modules)
from oncall_tui.cli import main
import signal, oncall_tui.config.places, oncall_tui.frames, oncall_tui.terminal.early, oncall_tui.terminal.lifecycle
print(*(set(sys.modules) - there))
"""
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys\nsys.path.insert(0, {ROOT!r})\n{code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    loaded = set(done.stdout.split())
    assert not loaded & {"typing", "re", "dataclasses", "pathlib", "argparse", "logging", "asyncio"}

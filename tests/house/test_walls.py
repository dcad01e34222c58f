"""The house's walls hold, and would be seen to fall: the contracts pass, a planted breach fails them, and the engine
imports without Textual at run time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = (
    "oncall_tui.cli",
    "oncall_tui.cli.parser",
    "oncall_tui.cli.acting",
    "oncall_tui.cli.check",
    "oncall_tui.cli.compose",
    "oncall_tui.cli.config",
    "oncall_tui.cli.handover",
    "oncall_tui.cli.metrics",
    "oncall_tui.cli.now",
    "oncall_tui.cli.outbox",
    "oncall_tui.cli.postmortem",
    "oncall_tui.cli.schedule",
    "oncall_tui.cli.simulate",
    "oncall_tui.model",
    "oncall_tui.text",
    "oncall_tui.clock",
    "oncall_tui.actions",
    "oncall_tui.policy",
    "oncall_tui.board",
    "oncall_tui.board.report",
    "oncall_tui.config.load",
    "oncall_tui.config.show",
    "oncall_tui.sources",
    "oncall_tui.sources.http",
    "oncall_tui.sources.pagerduty",
    "oncall_tui.sources.alertmanager",
    "oncall_tui.sources.prometheus",
    "oncall_tui.sources.httpcheck",
    "oncall_tui.sources.rotation",
    "oncall_tui.store",
    "oncall_tui.desk",
    "oncall_tui.handover",
    "oncall_tui.metrics",
    "oncall_tui.postmortem",
    "oncall_tui.schedule",
    "oncall_tui.investigation",
    "oncall_tui.demo",
    "oncall_tui.demo.world",
    "oncall_tui.demo.server",
)
UI = ("textual", "widgets", "screens", "oncall_tui.app")
FIRST_FRAME_DOES_WITHOUT = ("httpx", "yaml", "jinja2", "aiosqlite", "markdown_it", "textual")


def modules_after(statement: str) -> set[str]:
    """The names in ``sys.modules`` of a fresh interpreter after ``statement``."""
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ENGINE)
def test_the_engine_imports_without_textual(module: str) -> None:
    loaded = modules_after(f"import {module}")
    assert module in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("textual", "widgets", "screens")]
    assert "oncall_tui.app" not in loaded


def test_help_is_instant_because_it_imports_nothing_heavy() -> None:
    loaded = modules_after("from oncall_tui.cli.parser import build_parser\nbuild_parser()")
    assert not [name for name in FIRST_FRAME_DOES_WITHOUT if name in loaded]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--config", "pyproject.toml"],
        cwd=folder, capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("widgets/incidents.py", "from oncall_tui.store import Store", "Panes and screens do no I/O"),
        ("screens/dashboard.py", "import httpx", "Panes and screens do no I/O"),
        ("oncall_tui/desk/__init__.py", "import textual", "The engine knows no terminal"),
        ("oncall_tui/sources/fields.py", "import oncall_tui.store", "The house has floors"),
        ("oncall_tui/store/__init__.py", "import httpx", "One module speaks HTTP"),
    ],
)
def test_a_planted_breach_is_seen(tmp_path: Path, file: str, line: str, contract: str) -> None:
    for part in ("oncall_tui", "widgets", "screens"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as planted:
        planted.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout, done.stdout


def test_no_sink_sees_markup_and_no_escape_is_trusted() -> None:
    """``textual.markup.escape`` is no defence (research: upstream 6155): nobody calls it, and markup is off by name."""
    for file in [*ROOT.glob("widgets/**/*.py"), *ROOT.glob("screens/**/*.py"), *ROOT.glob("oncall_tui/**/*.py")]:
        text = file.read_text("utf-8")
        assert "markup.escape" not in text, file
        assert "markup import escape" not in text, file
        assert "Content.from_markup" not in text, file
        assert "Text.from_markup" not in text, file
        assert "from_ansi" not in text, file

"""The README's two commands: each stands between its marks as one line, and what they run is there.

That they work with nothing but Python and a package index is what ``.ci/run`` tries, in a fresh clone.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.end_to_end.hands import CHECKOUT, LARGE
from tests.support.seat import SCRIPT, Terminal

ROOT = Path(__file__).resolve().parents[2]


def command(name: str) -> list[list[str]]:
    """The words of each step of the README's command."""
    text = (ROOT / "README.md").read_text("utf-8")
    (block,) = re.findall(rf"<!-- {name} command -->\n```sh\n(.*?)```\n<!-- end -->", text, re.DOTALL)
    (line,) = block.splitlines()
    return [shlex.split(step) for step in line.split("&&")]


def test_both_begin_with_an_environment_of_their_own() -> None:
    for name, wanted in (("demo", "."), ("test", ".[test]")):
        venv, install, *_ = command(name)
        assert venv == ["python3", "-m", "venv", ".venv"]
        assert install[0] == ".venv/bin/pip" and install[-1] == wanted


def test_the_test_command_runs_pytest_as_it_is_configured() -> None:
    assert command("test")[-1] == [".venv/bin/python", "-m", "pytest"]


@pytest.mark.pty
def test_the_demo_command_shows_the_four_panes_with_data() -> None:
    program, *words = command("demo")[-1]
    assert Path(program) == Path(".venv/bin") / SCRIPT.name
    terminal = Terminal(*words, size=LARGE)
    try:
        for title in ("1 Incidents", "2 Alerts", "3 Health", "4 On call"):
            terminal.wait(f"╭ {title}")
        terminal.wait(rf"▲ SEV1 TRIGGERED .*{CHECKOUT}")
        terminal.wait(r"crit HighErrorRate +payments/eu-1")
        terminal.wait(r"payments error ra\S* +12\.4 %")
        terminal.wait(r"1 Alice Anderss\S+ +you")
        terminal.press("q")
        assert terminal.end_code() == 0
    finally:
        terminal.close()

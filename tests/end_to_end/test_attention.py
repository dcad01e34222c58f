"""The path by which a page rings, tried from the command line: without a terminal, and in a real tmux."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.seat import SCRIPT, Seat, until


def test_without_a_terminal_check_says_that_nothing_rings(seat: Seat) -> None:
    done = subprocess.run(
        [str(SCRIPT), *seat.options, "check", "--bell"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 1
    assert "FAIL attention" in done.stdout
    assert "no terminal to ring" in done.stdout
    assert "\x07" not in done.stdout


@pytest.mark.debian
@pytest.mark.parametrize(
    ("passes", "told"), [("off", "stops at tmux: set -g allow-passthrough on (it is off)"), ("on", "")]
)
def test_in_tmux_check_says_what_is_held_back(seat: Seat, tmp_path: Path, passes: str, told: str) -> None:
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("tmux is not installed")
    seat.config.write_text(f"{seat.config.read_text()}attention: {{notify: osc9}}\n")
    settings = tmp_path / "tmux.conf"
    settings.write_text(f"set -g allow-passthrough {passes}\n")
    base = [tmux, "-f", str(settings), "-S", str(tmp_path / "tmux")]

    def do(*words: str) -> str:
        return subprocess.run([*base, *words], capture_output=True, text=True, timeout=20, check=True).stdout

    command = " ".join([str(SCRIPT), *seat.options, "check", "--bell"])
    do("new-session", "-d", "-x", "120", "-y", "60", f"{command}; cat")
    try:
        shown = until(
            lambda: "did it reach you" in (text := do("capture-pane", "-p")) and text, what="the end of check"
        )
    finally:
        subprocess.run([*base, "kill-server"], capture_output=True, timeout=20, check=False)
    assert "bell: rung; notification: OSC 9 through tmux" in shown
    assert (told in shown, "ok   attention" in shown) == (True, not told)

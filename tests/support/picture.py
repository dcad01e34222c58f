"""Draw a screen with sample data to an SVG (and a PNG where ``rsvg-convert`` is installed): to look at, not a test.

``python -m tests.support.picture dark 120x36 out.svg [--ascii] [--keys j,space,colon] [--stale]``
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from oncall_tui.board import Board
from oncall_tui.model import OutboxState, SourceState, Verb
from screens.dashboard import DashboardScreen
from tests.support import ui


def stale_board() -> Board:
    """The sketch's world with a late source, one that is down, and actions in each state."""
    facts = ui.sample_facts()
    late = SourceState(
        name="alerts",
        kind="alertmanager",
        last_success=ui.ago(minutes=6),
        error="429 too many requests",
        error_kind="rate_limited",
        failures=4,
    )
    down = SourceState(name="metrics", kind="prometheus", error="connection refused", error_kind="unreachable")
    outbox = (
        ui.outbox_row(target="pager:Q1"),
        ui.outbox_row(Verb.RESOLVE, "pager:Q2", state=OutboxState.REFUSED, answer="Incident Already Resolved"),
        ui.outbox_row(Verb.ESCALATE, "pager:Q3", state=OutboxState.UNKNOWN),
        ui.outbox_row(Verb.NOTE, "pager:Q5", held="older than 15 minutes"),
    )
    return ui.sample_board(
        replace(facts, sources=(facts.sources[0], late, down, facts.sources[3]), outbox=outbox),
        now=ui.NOW + timedelta(seconds=1),
    )


async def draw(theme: str, size: tuple[int, int], board: Board, keys: list[str], *, ascii_signs: bool) -> str:
    """The screen after these keys, as SVG."""
    app = ui.ScreenApp(DashboardScreen(scope="all"), board, theme=theme, ascii_signs=ascii_signs)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
        await pilot.pause()
        print(ui.screen_text(app))
        drawn = app.export_screenshot(title="oncall-tui").replace("Fira Code", "DejaVu Sans Mono")
        # A picture loads nothing: the fonts that it would fetch are the reader's own.
        drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
        return drawn.replace("<text ", '<text xml:space="preserve" ')


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("theme")
    parser.add_argument("size")
    parser.add_argument("output", type=Path)
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--stale", action="store_true")
    parser.add_argument("--keys", default="")
    given = parser.parse_args()
    width, height = (int(part) for part in given.size.split("x"))
    board = stale_board() if given.stale else ui.sample_board()
    keys = [key for key in given.keys.split(",") if key]
    svg = asyncio.run(draw(given.theme, (width, height), board, keys, ascii_signs=given.ascii))
    given.output.write_text(svg)
    if shutil.which("rsvg-convert"):
        subprocess.run(["rsvg-convert", "-o", str(given.output.with_suffix(".png")), str(given.output)], check=True)


if __name__ == "__main__":
    main()

"""What is written on a timeline of a program that was run. Pure."""

from __future__ import annotations

from collections.abc import Sequence

LINES = 40
CHARS = 6_000
"""Of what it said so much is written, its end."""


def ran(name: str, result: str, lines: Sequence[str]) -> str:
    """How it ended (``Ran logs: exit 0``), and its last lines, each quoted: what a program says is no mark of ours."""
    kept: list[str] = []
    room = CHARS
    for line in reversed(lines[-LINES:]):
        room -= len(line) + 3
        if room < 0:
            break
        kept.append(f"> {line}".rstrip())
    return "\n".join([f"Ran {name}: {result}", *reversed(kept)])

"""The table for people, the file for machines, and two files side by side."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.figures import FIGURES, Results, median, number
from benchmarks.probe import COLS, ROOT, ROWS

Told = Mapping[str, Any]
"""What a file holds: ``about``, ``results``, ``micro``, ``skipped``."""


def about() -> dict[str, str]:
    """Which commit, on what."""
    head = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "commit": head.stdout.strip() or "unknown",
        "python": platform.python_version(),
        "textual": version("textual"),
        "machine": f"{platform.system()} {platform.machine()}",
        "terminal": f"{COLS}x{ROWS}",
    }


def write(told: Told, path: Path) -> None:
    """Keep the figures."""
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Told:
    """Kept figures. Raises OSError, ValueError."""
    told = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(told, dict) or not {"about", "results", "micro"} <= set(told):
        raise ValueError(f"{path} is not a file of benchmarks")
    return told


def table(told: Told) -> str:
    """Every figure: what it is, its reach, what was measured, and what others need."""
    results: Results = told["results"]
    lines = [" · ".join(f"{name} {value}" for name, value in told["about"].items()), ""]
    lines.append(f"{'figure':52} {'reach':>44} {'result':>9}     beside")
    for figure in FIGURES:
        value = figure.value(results)
        mark = {True: "ok", False: "MISS", None: ""}[figure.holds(results)]
        others = [
            f"{scene} {number(found)}"
            for scene in figure.beside
            if (found := median(results, scene, figure.measure)) is not None
        ]
        lines.append(
            f"{figure.title:52} {figure.reach(results):>44} {number(value):>9} {mark:4} {', '.join(others)}".rstrip()
        )
    lines += ["", *(f"{name:60} {number(value):>12}" for name, value in told["micro"].items())]
    lines += [f"skipped: {line}" for line in told.get("skipped", ())]
    return "\n".join(lines)


def missed(told: Told) -> int:
    """How many figures do not reach."""
    return sum(figure.holds(told["results"]) is False for figure in FIGURES)


def compare(before: Told, after: Told) -> str:
    """Two runs, line by line."""
    lines = [
        f"before {before['about'].get('commit')}  after {after['about'].get('commit')}",
        "",
        f"{'figure':60} {'before':>12} {'after':>12} {'ratio':>7}",
    ]
    rows = [(figure.title, figure.value(before["results"]), figure.value(after["results"])) for figure in FIGURES]
    names = dict.fromkeys([*before["micro"], *after["micro"]])
    rows += [(name, before["micro"].get(name), after["micro"].get(name)) for name in names]
    for title, old, new in rows:
        ratio = f"{new / old:.2f}" if old and new is not None else "-"
        lines.append(f"{title:60} {number(old):>12} {number(new):>12} {ratio:>7}")
    return "\n".join(lines)

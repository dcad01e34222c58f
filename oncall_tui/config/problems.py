"""What is wrong with a config, all of it at once, each with where and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from pathlib import Path

from oncall_tui.records import dataclass
from oncall_tui.text import clean

MAX_SHOWN = 100
"""Problems that one error tells; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right.

    Attributes:
        line: from 1; ``None`` where it is about the file as a whole.
        path: of the key (``sources[0].health[1].degraded``); ``""`` for the root.
        message: one clean line: what was found and what was expected; never the text of a secret.
        hint: one clean line: what to write or run.
    """

    file: Path
    line: int | None
    path: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        where = clean(self.file) if self.line is None else f"{clean(self.file)}:{self.line}"
        key = f" {self.path}:" if self.path else ""
        return f"{where}:{key} {self.message}" + (f"; {self.hint}" if self.hint else "")


class ConfigError(Exception):
    """The config cannot be used. ``str()`` is one line a problem, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:MAX_SHOWN]]
        left = len(self.problems) - len(lines)
        return "\n".join([*lines, f"and {left} more"] if left else lines)


def closest(word: str, names: Collection[str]) -> str | None:
    """Which of ``names`` is meant by ``word``, as far as can be guessed."""
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def nearest(word: str, names: Collection[str]) -> str:
    """The hint for a word that is not one of ``names``: the closest of them, else all."""
    close = closest(word, names)
    if close is not None:
        return f"did you mean {close!r}?"
    return f"known here: {', '.join(names)}" if names else "nothing is known here"

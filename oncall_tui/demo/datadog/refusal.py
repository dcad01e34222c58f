"""How the simulated organisation says no."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """An answer that is an error: ``{"errors": [words]}`` with ``status`` and, perhaps, headers."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.headers: Mapping[str, str] = {}

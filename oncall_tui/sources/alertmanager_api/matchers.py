"""Matchers as the config writes them: ``severity="critical"``, ``service=~"api.*"``."""

from __future__ import annotations

import re

from oncall_tui.text import clean

_MATCHER = re.compile(r"\s*[a-zA-Z_:][\w:]*\s*(=~|!~|!=|=)\s*\S.*", re.ASCII)


def check_filters(value: tuple[str, ...]) -> tuple[str, ...]:
    """The same matchers. Raises ValueError: one of them is none."""
    for matcher in value:
        if not _MATCHER.fullmatch(matcher):
            raise ValueError(f'not a matcher: {clean(matcher, 60)!r} (severity="critical", service=~"api.*")')
    return value

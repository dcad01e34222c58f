"""Health by HTTP(S) requests of our own (Y13).

A check is *ok* when its address answers in time with an expected status and body, *degraded* when it does so too
slowly, *down* when it answers otherwise or cannot be reached (the reason is told), *unknown* when it could not be
run (its token cannot be read, or the address limits our rate before its first answer).

No redirect is followed: a 3xx is judged by ``expect_status`` like any other. Certificates are always verified.
"""

from __future__ import annotations

from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.httpcheck.options import Options
from oncall_tui.sources.httpcheck.source import HttpCheckSource

__all__ = ["HttpCheckSource", "Options", "make"]


def make(options: Options, context: SourceContext) -> HttpCheckSource:
    """The source; opens nothing yet."""
    return HttpCheckSource(options, context)

"""What becomes of an exception that nobody expected: logged, said, survived; three in a minute end the program."""

from __future__ import annotations

import logging
from collections import deque
from datetime import datetime, timedelta

LOG = logging.getLogger("oncall_tui.app")
LIMIT = 3
WITHIN = timedelta(minutes=1)
EXIT_CRASHED = 70
"""The exit code of a crash (contract, "Exit codes")."""


class Faults:
    """Counts exceptions. What is logged is the traceback without local variables; the log masks secrets."""

    def __init__(self) -> None:
        self.total = 0
        self._latest: deque[datetime] = deque(maxlen=LIMIT)

    def note(self, error: BaseException, now: datetime) -> bool:
        """Log ``error``; true when it was one too many."""
        self.total += 1
        self._latest.append(now)
        LOG.error("unexpected %s", type(error).__name__, exc_info=(type(error), error, error.__traceback__))
        return len(self._latest) == LIMIT and now - self._latest[0] <= WITHIN


def one_line(error: BaseException) -> str:
    """What the screen says of it: the kind alone, for the text of an exception may hold anything."""
    return f"something failed here ({type(error).__name__}): written to oncall.log; what is queued is safe"

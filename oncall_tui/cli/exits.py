"""The exit codes of the contract, and the errors that carry one."""

from __future__ import annotations

from collections.abc import Iterable

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from oncall_tui.model import OutboxRow

OK = 0
FAILED = 1
USAGE = 2
STALE = 3
QUEUED = 4
REFUSED = 5
UNKNOWN = 6
CRASH = 70
HANGUP = 129
INTERRUPTED = 130
TERMINATED = 143

_WORST_FIRST = (UNKNOWN, REFUSED, QUEUED, OK)


class UsageError(Exception):
    """Bad input: one clear line, exit code 2."""


class Failure(Exception):
    """A command cannot do its work: one clear line and its exit code."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def of_row(row: OutboxRow) -> int:
    """The exit code of one action."""
    # Not at the top: the codes and errors are there before the model is (a tenth of the start).
    from oncall_tui.model import OutboxState

    match row.state:
        case OutboxState.CONFIRMED | OutboxState.SUPERSEDED:
            return OK
        case OutboxState.REFUSED | OutboxState.CANCELLED:
            return REFUSED
        case OutboxState.UNKNOWN:
            return UNKNOWN
    return QUEUED


def worst(codes: Iterable[int]) -> int:
    """The worst of several: 6, 5, 4, 0."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), OK)

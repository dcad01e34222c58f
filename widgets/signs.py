"""One sign means one thing; each has an ASCII form, and stands beside a word.

Screens draw colour too, but nothing is told by colour alone.
"""

from __future__ import annotations

from unicodedata import normalize

from oncall_tui.board import SourceStatus
from oncall_tui.model import AlertState, HealthStatus, IncidentState
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The characters of a pane's frame."""

    top_left: str
    top_right: str
    bottom_left: str
    bottom_right: str
    across: str
    down: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """A set of signs: :data:`UNICODE` or :data:`ASCII`. Each is one cell wide."""

    triggered: str
    acknowledged: str
    snoozed: str
    resolved: str
    pending: str
    refused: str
    unknown: str
    ok: str
    late: str
    down: str
    no_data: str
    degraded: str
    cursor: str
    cursor_idle: str
    lost: str
    """Where the cursor was when its row vanished."""
    mark: str
    suggested: str
    """Stands before an incident that may be one."""
    arrow: str
    times: str
    dash: str
    dot: str
    more_above: str
    more_below: str
    spark: str
    """Eight rising levels."""
    frame: Frame

    def incident(self, state: IncidentState) -> str:
        """The sign of an incident's state."""
        match state:
            case IncidentState.TRIGGERED:
                return self.triggered
            case IncidentState.ACKNOWLEDGED:
                return self.acknowledged
            case IncidentState.SNOOZED:
                return self.snoozed
            case IncidentState.RESOLVED:
                return self.resolved
        return self.unknown

    def source(self, status: SourceStatus) -> str:
        """The sign of a source's status."""
        match status:
            case SourceStatus.OK:
                return self.ok
            case SourceStatus.LATE:
                return self.late
            case SourceStatus.DOWN:
                return self.down
        return self.no_data

    def health(self, status: HealthStatus) -> str:
        """The sign of a check's status."""
        match status:
            case HealthStatus.OK:
                return self.ok
            case HealthStatus.DEGRADED:
                return self.degraded
            case HealthStatus.DOWN:
                return self.down
        return self.no_data

    def alert(self, state: AlertState) -> str:
        """The sign of an alert's state; blank while it fires, which is the rule."""
        match state:
            case AlertState.FIRING:
                return " "
            case AlertState.SILENCED:
                return self.snoozed
            case AlertState.ENDED | AlertState.RESOLVED:
                return self.resolved
        return self.unknown


UNICODE = Signs(
    triggered="▲",
    acknowledged="✔",
    snoozed="◆",
    resolved="·",
    pending="…",
    refused="✗",
    unknown="?",
    ok="●",
    late="◐",
    down="✗",
    no_data="?",
    degraded="◐",
    cursor="▌",
    cursor_idle="▏",
    lost="╳",
    mark="■",
    suggested="✚",
    arrow="→",
    times="×",
    dash="—",
    dot="·",
    more_above="↑",
    more_below="↓",
    spark="▁▂▃▄▅▆▇█",
    frame=Frame(top_left="╭", top_right="╮", bottom_left="╰", bottom_right="╯", across="─", down="│"),
)

ASCII = Signs(
    triggered="!",
    acknowledged="A",
    snoozed="z",
    resolved="-",
    pending="~",
    refused="X",
    unknown="?",
    ok="o",
    late="~",
    down="X",
    no_data="?",
    degraded="~",
    cursor=">",
    cursor_idle=":",
    lost="x",
    mark="*",
    suggested="+",
    arrow=">",
    times="x",
    dash="-",
    dot="-",
    more_above="^",
    more_below="v",
    spark="_.,:-=+#",
    frame=Frame(top_left="+", top_right="+", bottom_left="+", bottom_right="+", across="-", down="|"),
)

_ASCII_OF = str.maketrans("…→×—·–’“”‹›", '~>x---\'""<>')


def ascii_only(text: str) -> str:
    """``text`` for a terminal without Unicode: known signs by their ASCII form, letters without their accents, every
    other character as ``?``."""
    if text.isascii():
        return text
    return "".join(char if char.isascii() else _base_of(char) for char in text.translate(_ASCII_OF))


def _base_of(char: str) -> str:
    """The letter under an accent, which is as wide: a name stays a name."""
    base = normalize("NFD", char)[:1]
    return base if base.isascii() else "?"

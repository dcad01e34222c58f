"""What a screen may show, and how it is built from facts. Pure."""

from oncall_tui.board.build import Builder, build_board, current_shift
from oncall_tui.board.channels import ChannelView, Made, made_of, room_name, room_topic
from oncall_tui.board.model import (
    AlertRow,
    Also,
    Board,
    HealthRow,
    Holder,
    IncidentRow,
    Join,
    OnCallTeam,
    OutboxCounts,
    PaneName,
    PaneState,
    Relation,
    SeatView,
    Shift,
    SourceStatus,
    SourceView,
)
from oncall_tui.board.settings import BoardSettings

__all__ = [
    "AlertRow",
    "Also",
    "Board",
    "BoardSettings",
    "Builder",
    "ChannelView",
    "HealthRow",
    "Holder",
    "IncidentRow",
    "Join",
    "Made",
    "OnCallTeam",
    "OutboxCounts",
    "PaneName",
    "PaneState",
    "Relation",
    "SeatView",
    "Shift",
    "SourceStatus",
    "SourceView",
    "build_board",
    "current_shift",
    "made_of",
    "room_name",
    "room_topic",
]

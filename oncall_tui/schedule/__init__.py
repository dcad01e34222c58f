"""Who is on call in the weeks ahead: turns, hand-offs, gaps and overlaps of every rotation."""

from oncall_tui.schedule.render import to_json, to_lines
from oncall_tui.schedule.rotations import Gap, Overlap, Rotation, Schedule, Turn, look_ahead

__all__ = ["Gap", "Overlap", "Rotation", "Schedule", "Turn", "look_ahead", "to_json", "to_lines"]

"""What happens at the simulated company: before the demo begins, in its first minutes, and then without end."""

from oncall_tui.demo.story.engine import Scene, Story, StoryClock
from oncall_tui.demo.story.stage import Stage

__all__ = ["Scene", "Stage", "Story", "StoryClock"]

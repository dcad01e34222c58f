"""The engine: polls, stores, sends, confirms, says *changed*. Knows no terminal."""

from oncall_tui.desk.desk import Desk
from oncall_tui.desk.settings import ActRefused, DeskSettings

__all__ = ["ActRefused", "Desk", "DeskSettings"]

"""``attention``: how a page asks for the person, which pages do, and when."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import Literal

from oncall_tui.config.options import at_least, opt
from oncall_tui.policy.attention import NOTHING, AttentionRules, QuietHours
from oncall_tui.records import dataclass

Up = Literal["sev1", "sev2", "sev3", "sev4"]
UpOrNone = Literal["sev1", "sev2", "sev3", "sev4", "none"]
Notify = Literal["auto", "off", "osc9", "osc777", "osc99"]


@dataclass(frozen=True, kw_only=True)
class AttentionOptions:
    """How a new page asks for attention."""

    bell: bool = opt(True, help="ring the terminal's bell")
    title: bool = opt(True, help="say it in the window's title")
    notify: Notify = opt("auto", help="a desktop notification by the terminal; auto: where it is known to take one")
    mine: UpOrNone = opt("sev4", help="what rings of mine: this severity and graver, or none")
    teams: UpOrNone = opt("none", help="what rings of my teams' that is not mine")
    quiet: QuietHours | None = opt(None, help='quiet hours in the seat\'s time zone, "22:00-07:00"')
    in_quiet: Up = opt("sev2", key="from", help="what still rings in them: this severity and graver")
    again: timedelta | None = opt(
        None, help="ring again so often while nobody acknowledges; left out: once", check=at_least(timedelta(minutes=1))
    )

    def rules(self, zone: tzinfo) -> AttentionRules:
        """As the policy takes them; ``zone`` is the seat's."""
        return AttentionRules(
            mine=_level(self.mine),
            teams=_level(self.teams),
            quiet=self.quiet,
            in_quiet=_level(self.in_quiet),
            again=self.again,
            zone=zone,
        )


def _level(word: str) -> int:
    return NOTHING if word == "none" else int(word.removeprefix("sev"))

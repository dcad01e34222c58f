"""What a board needs besides facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, timedelta, tzinfo

from oncall_tui.board.channels import ChannelView
from oncall_tui.model import DetectionRules
from oncall_tui.policy import Calendar, SeverityPolicy
from oncall_tui.policy.identity import Identity
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSettings:
    """What the board needs besides facts; from the config."""

    user: str | None = None
    user_in: Mapping[str, str] = field(default_factory=dict)
    """Source name -> who the seat is there, where it differs."""
    teams: tuple[str, ...] = ()
    """By the names that are shown."""
    identity: Identity = field(default_factory=Identity)
    """Who is the same in different systems; services and teams have one name in the facts already."""
    join_labels: tuple[str, ...] = ()
    """Labels of alerts that name their incident."""
    detect: DetectionRules = field(default_factory=DetectionRules)
    """By what incidents are suggested."""
    zone: tzinfo = UTC
    policy: SeverityPolicy = field(default_factory=SeverityPolicy)
    calendar: Calendar = field(default_factory=Calendar)
    shift_duration: timedelta = timedelta(hours=12)
    read_only: bool = False
    sources: tuple[tuple[str, str], ...] = ()
    """(name, kind) as configured, in order: a source that never answered is on the board too."""
    capabilities: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lacks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Source name -> verb's word -> why it does not take it, where there is more to say."""
    channels: tuple[ChannelView, ...] = ()
    """As configured, in order."""

    @property
    def seat_mail(self) -> str | None:
        """The mail address that the seat is known by everywhere, where it has one."""
        key = self.identity.key_of(self.user)
        return key if key is not None and "@" in key else None

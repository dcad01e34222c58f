"""What the desk is told at the start, and how it says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from oncall_tui.board import BoardSettings
from oncall_tui.config.commands import CommandOptions
from oncall_tui.config.investigate import QueryOptions
from oncall_tui.config.schema import PolicyOptions
from oncall_tui.policy.attention import AttentionRules
from oncall_tui.records import dataclass


@dataclass(frozen=True, kw_only=True)
class DeskSettings:
    """Of one process: what its board needs, and what it may do."""

    board: BoardSettings = field(default_factory=BoardSettings)
    undo: Mapping[str, timedelta] = field(default_factory=dict)
    """Action id -> how long it waits before it leaves (A8)."""
    sends: bool = True
    """Take the sending lease when it is free. ``now`` and ``handover`` never do."""
    read_only: bool = False
    """A shadow's seat: no action leaves, whoever asks."""
    resend_for: timedelta = timedelta(minutes=15)
    """How long a queued action goes out unasked (A7)."""
    rules: PolicyOptions = field(default_factory=PolicyOptions)
    """The team's rules as the config has them: :mod:`oncall_tui.config.lead_rules` makes of them what is asked for."""
    attention: AttentionRules = field(default_factory=AttentionRules)
    """Which pages ring, and when (W8)."""
    commands: tuple[CommandOptions, ...] = ()
    """The team's own programs (A10)."""
    investigate: tuple[QueryOptions, ...] = ()
    """What is asked of monitors when an incident is looked into (I5)."""
    hidden: frozenset[str] = frozenset()
    """Environment variables that hold secrets: no program gets them."""


class ActRefused(Exception):
    """The desk does not take that action; ``str()`` is one clear line for the person."""

"""A simulated GoAlert server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.goalert.sim import PASSWORD, TOKEN, GoAlertSim

__all__ = ["PASSWORD", "TOKEN", "GoAlertSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> GoAlertSim:
    """The server as the company's day begins."""
    simulator = GoAlertSim(clock, seed)
    simulator.open_scene()
    return simulator


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    return {"sources": [{"name": "goalert", "kind": "goalert", "base_url": base_url, "token": TOKEN}]}

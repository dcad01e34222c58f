"""A simulated Statuspage: the company's page, its components, incidents that are published and updated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.statuspage.sim import PAGE, TOKEN, StatuspageSim

__all__ = ["PAGE", "TOKEN", "StatuspageSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> StatuspageSim:
    """The company's page as its day begins."""
    return StatuspageSim(clock, seed)


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    return {
        "channels": [
            {"name": "status", "kind": "statuspage", "base_url": f"{base_url}/v1", "token": TOKEN, "page": PAGE}
        ]
    }

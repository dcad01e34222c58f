"""The simulated company's Loki: lines counted by service and level, spikes as the story or a test has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.loki.sim import PASSWORD, TENANT, USER, LokiSim

__all__ = ["PASSWORD", "TENANT", "USER", "LokiSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> LokiSim:
    """The logs as the company's day begins."""
    return LokiSim(clock, seed)


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    source = {
        "name": "logs",
        "kind": "loki",
        "base_url": base_url,
        "username": USER,
        "password": PASSWORD,
        "org_id": TENANT,
        "poll": "10s",
        "thresholds": {"gateway": 300},
        "grafana_url": "https://grafana.example.com",
    }
    return {"sources": [source]}

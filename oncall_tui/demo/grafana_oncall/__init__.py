"""The simulated company's Grafana OnCall, behind the public API v1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.grafana_oncall.sim import SERVICE_TOKEN, TOKEN, GrafanaOnCallSim

__all__ = ["SERVICE_TOKEN", "TOKEN", "GrafanaOnCallSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> GrafanaOnCallSim:
    """The simulated engine with alert groups that began before now."""
    made = GrafanaOnCallSim(clock, seed)
    made.open_scene()
    return made


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    return {
        "sources": [
            {"name": "grafana-oncall", "kind": "grafana-oncall", "base_url": base_url, "token": TOKEN, "poll": "10s"}
        ]
    }

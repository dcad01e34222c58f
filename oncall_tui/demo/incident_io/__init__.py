"""A simulated incident.io account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.incident_io.sim import TOKEN, IncidentIoSim

__all__ = ["TOKEN", "IncidentIoSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> IncidentIoSim:
    """The account as the company's day begins."""
    simulator = IncidentIoSim(clock, seed)
    simulator.open_scene()
    return simulator


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    return {"sources": [{"name": "incidents", "kind": "incident-io", "base_url": base_url, "token": TOKEN}]}

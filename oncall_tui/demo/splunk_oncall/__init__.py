"""A simulated Splunk On-Call organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.splunk_oncall.sim import API_ID, API_KEY, SplunkSim

__all__ = ["API_ID", "API_KEY", "SplunkSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> SplunkSim:
    """The organisation as the company's day begins."""
    simulator = SplunkSim(clock, seed)
    simulator.open_scene()
    return simulator


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    entry = {"name": "splunk", "kind": "splunk-oncall", "base_url": base_url, "api_id": API_ID, "api_key": API_KEY}
    return {"sources": [entry]}

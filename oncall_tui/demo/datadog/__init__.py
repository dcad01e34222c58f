"""The simulated company's Datadog organisation: monitors with groups, events, downtimes, incidents, on-call teams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.datadog.sim import API_KEY, APP_KEY, DatadogSim

__all__ = ["API_KEY", "APP_KEY", "DatadogSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> DatadogSim:
    """The organisation as the company's day begins."""
    return DatadogSim(clock, seed)


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    source = {
        "name": "datadog",
        "kind": "datadog",
        "base_url": base_url,
        "api_key": API_KEY,
        "app_key": APP_KEY,
        "poll": "10s",
        "on_call": ["payments"],
    }
    return {"sources": [source]}

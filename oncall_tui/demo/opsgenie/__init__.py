"""The company's Opsgenie account, behind Opsgenie's own REST API: what is written is taken with 202 and done a moment
later, and only then its request tells what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.opsgenie.sim import TOKEN, OpsgenieSim

__all__ = ["TOKEN", "OpsgenieSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> OpsgenieSim:
    """The simulated account with alerts that began before now, and an incident."""
    made = OpsgenieSim(clock, seed)
    made.open_scene()
    return made


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    return {"sources": [{"name": "opsgenie", "kind": "opsgenie", "base_url": base_url, "token": TOKEN, "poll": "10s"}]}

"""The company's Atlassian site, behind the API of Jira Service Management Operations and what of Jira's own API and of
the site tells the people and the cloud id: one address stands for all three."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo import company
from oncall_tui.demo.jsm.sim import TOKEN, JsmSim

__all__ = ["TOKEN", "JsmSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> JsmSim:
    """The simulated site with alerts that began before now."""
    made = JsmSim(clock, seed)
    made.open_scene()
    return made


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    entry = {"name": "jsm", "kind": "jsm", "base_url": base_url, "site": base_url, "email": company.SEAT_USER}
    return {"sources": [{**entry, "token": TOKEN, "poll": "10s"}]}

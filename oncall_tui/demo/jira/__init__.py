"""The simulated company's Jira: a project of action items, and one of what users report. Cloud, or a Data Center."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo import company
from oncall_tui.demo.jira.sim import TOKEN, JiraSim

__all__ = ["TOKEN", "JiraSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> JiraSim:
    """The site as the company's day begins."""
    return JiraSim(clock, seed)


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it: what is read, and where tickets go."""
    access = {"kind": "jira", "base_url": base_url, "email": company.SEAT_USER, "token": TOKEN}
    source = {"name": "tickets", **access, "poll": "15s", "user_reports": "project = SUP AND labels = outage"}
    channel = {"name": "jira", **access, "project": "OPS"}
    return {"sources": [source], "channels": [channel]}

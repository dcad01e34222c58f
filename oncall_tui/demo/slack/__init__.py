"""A simulated Slack workspace: the company's people, a few rooms, messages that can be posted, changed and read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.company import SEAT_USER
from oncall_tui.demo.slack.sim import TOKEN, SlackSim

__all__ = ["TOKEN", "SlackSim", "make", "stanzas"]


def make(clock: Clock, seed: int) -> SlackSim:
    """The company's workspace as its day begins."""
    return SlackSim(clock, seed)


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it: the workspace by token, its room #status by a webhook."""
    return {
        "channels": [
            {
                "name": "war-room",
                "kind": "slack",
                "base_url": f"{base_url}/api",
                "token": TOKEN,
                "room": "#incidents",
                "invite": [SEAT_USER],
            },
            {"name": "status-room", "kind": "slack", "webhook": f"{base_url}{SlackSim.HOOK_PATH}"},
        ]
    }

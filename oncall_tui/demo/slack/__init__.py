"""A simulated Slack workspace: the company's people, a few rooms, messages that can be posted, changed and read.

The war room comes with what people do by hand (its conference bridge, a number to call), so its config holds a
``manual`` channel too: that kind needs no simulator.
"""

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
    """Alice's config for it: the workspace by token, its room #status by a webhook, the bridge by hand."""
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
            {
                "name": "by-hand",
                "kind": "manual",
                "contacts": [
                    {
                        "name": "Conference bridge",
                        "phone": "+49 30 901820,,4711#",
                        "url": "https://meet.example.com/sev1",
                    },
                    {"name": "Call centre", "phone": "+49 30 901821", "note": "Tell them what customers see."},
                ],
            },
        ]
    }

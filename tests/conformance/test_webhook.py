"""The generic webhook, and what is done by hand, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.demo.slack import stanzas as war_room
from oncall_tui.demo.webhook import TOKEN, WebhookSim, make, stanzas
from oncall_tui.demo.wire import Simulator
from oncall_tui.model import Verb
from oncall_tui.testkit import ChannelConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


def received(simulator: Simulator) -> int:
    return len(cast(WebhookSim, simulator).received)


class TestWebhook(ChannelConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(
            stanzas(f"{BASE_URL}/webhook")["channels"][0],
            lambda clock: make(clock, 7),
            received,
            section="channels",
            secret=TOKEN,
            blind=frozenset({Verb.MESSAGE}),
        )


class TestByHand(ChannelConformance):
    """There is no system: whatever the network does, it must not matter."""

    def subject(self) -> Subject:
        stanza = next(one for one in war_room(BASE_URL)["channels"] if one["kind"] == "manual")
        return subject_of_stanza(stanza, lambda clock: make(clock, 7), received, section="channels")

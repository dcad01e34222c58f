"""The Slack channel, by token and by webhook, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.demo.slack import TOKEN, SlackSim, make, stanzas
from oncall_tui.demo.wire import Simulator
from oncall_tui.model import Verb
from oncall_tui.testkit import ChannelConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL

BY_TOKEN, BY_WEBHOOK = stanzas(f"{BASE_URL}/slack")["channels"][:2]


def writes(simulator: Simulator) -> int:
    return len(cast(SlackSim, simulator).writes)


class TestSlack(ChannelConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(BY_TOKEN, lambda clock: make(clock, 7), writes, section="channels", secret=TOKEN)


class TestSlackWebhook(ChannelConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(
            BY_WEBHOOK,
            lambda clock: make(clock, 7),
            writes,
            section="channels",
            secret="demo-slack-hook",
            blind=frozenset({Verb.MESSAGE}),
        )

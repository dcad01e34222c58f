"""The Statuspage channel, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.demo.statuspage import TOKEN, StatuspageSim, make, stanzas
from oncall_tui.testkit import ChannelConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


class TestStatuspage(ChannelConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(
            stanzas(f"{BASE_URL}/statuspage")["channels"][0],
            lambda clock: make(clock, 7),
            lambda sim: len(cast(StatuspageSim, sim).writes),
            section="channels",
            secret=TOKEN,
        )

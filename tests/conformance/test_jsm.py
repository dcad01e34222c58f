"""The source of Jira Service Management Operations, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.clock import Clock
from oncall_tui.demo.jsm import TOKEN, JsmSim, make, stanzas
from oncall_tui.demo.wire import Simulator
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


def taken(simulator: Simulator) -> int:
    return len(cast(JsmSim, simulator).writes)


class TestJsm(SourceConformance):
    def subject(self) -> Subject:
        def simulated(clock: Clock) -> JsmSim:
            return make(clock, 7)

        return subject_of_stanza(stanzas(f"{BASE_URL}/jsm")["sources"][0], simulated, taken, secret=TOKEN)

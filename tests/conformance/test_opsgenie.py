"""The Opsgenie source, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.clock import Clock
from oncall_tui.demo.opsgenie import TOKEN, OpsgenieSim, make, stanzas
from oncall_tui.demo.wire import Simulator
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


def taken(simulator: Simulator) -> int:
    return len(cast(OpsgenieSim, simulator).writes)


class TestOpsgenie(SourceConformance):
    def subject(self) -> Subject:
        def simulated(clock: Clock) -> OpsgenieSim:
            return make(clock, 7)

        return subject_of_stanza(stanzas(f"{BASE_URL}/opsgenie")["sources"][0], simulated, taken, secret=TOKEN)

"""The PagerDuty source, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.demo import settings
from oncall_tui.demo.pagerduty import TOKEN, PagerDutySim
from oncall_tui.demo.wire import Simulator
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL, Clock


def account(clock: Clock) -> Simulator:
    sim = PagerDutySim(clock, 7, me="alice")
    sim.trigger("payments", "Checkout returns 503", priority="P1", alerts=["one", "two"], severity="critical")
    held = sim.trigger("payments", "Payment gateway latency", priority="P2")
    sim.acknowledge(held, "alice")
    sim.trigger("storage", "Backup is late")
    return sim


class TestPagerDuty(SourceConformance):
    def subject(self) -> Subject:
        stanza = settings.config_dict(BASE_URL)["sources"][0]
        return subject_of_stanza(stanza, account, lambda sim: len(cast(PagerDutySim, sim).writes), secret=TOKEN)

"""The Grafana OnCall source, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.clock import Clock
from oncall_tui.demo.grafana_oncall import TOKEN, GrafanaOnCallSim, make, stanzas
from oncall_tui.demo.grafana_oncall.estate import make_id
from oncall_tui.demo.wire import Simulator
from oncall_tui.model import Verb
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


def applied(simulator: Simulator) -> int:
    return len(cast(GrafanaOnCallSim, simulator).writes)


class TestGrafanaOnCall(SourceConformance):
    def subject(self) -> Subject:
        def simulated(clock: Clock) -> GrafanaOnCallSim:
            return make(clock, 7)

        stanza = stanzas(f"{BASE_URL}/grafana-oncall")["sources"][0]
        eve = make_id(7, "U", "eve")
        return subject_of_stanza(
            stanza,
            simulated,
            applied,
            secret=TOKEN,
            params={Verb.RESPONDERS: {"people": [eve], "names": ["eve"], "message": ""}},
            # Nothing in its API shows who was paged.
            blind=frozenset({Verb.ESCALATE, Verb.RESPONDERS}),
        )

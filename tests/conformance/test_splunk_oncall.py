"""The Splunk On-Call source, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.demo.splunk_oncall import API_KEY, SplunkSim, make, stanzas
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


class TestSplunkOnCall(SourceConformance):
    def subject(self) -> Subject:
        stanza = stanzas(f"{BASE_URL}/splunk-oncall")["sources"][0]
        return subject_of_stanza(
            stanza, lambda clock: make(clock, 7), lambda sim: len(cast(SplunkSim, sim).writes), secret=API_KEY
        )

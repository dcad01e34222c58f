"""The Loki source, through the kit."""

from __future__ import annotations

from oncall_tui.demo.loki import PASSWORD, make, stanzas
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


class TestLoki(SourceConformance):
    def subject(self) -> Subject:
        stanza = stanzas(f"{BASE_URL}/loki")["sources"][0]
        return subject_of_stanza(stanza, lambda clock: make(clock, 7), lambda sim: 0, secret=PASSWORD)

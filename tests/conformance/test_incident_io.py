"""The incident.io source, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.demo.incident_io import TOKEN, IncidentIoSim, make, stanzas
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


class TestIncidentIo(SourceConformance):
    def subject(self) -> Subject:
        stanza = stanzas(f"{BASE_URL}/incident-io")["sources"][0]
        return subject_of_stanza(
            stanza, lambda clock: make(clock, 7), lambda sim: len(cast(IncidentIoSim, sim).writes), secret=TOKEN
        )

"""Recent alerts of an account that lists none: its trigger log, remembered while it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from oncall_tui.model import Alert, AlertState, Incident
from oncall_tui.sources.pagerduty.decoding import Decoder, LogLine
from oncall_tui.sources.pagerduty.reading import ALERT_WINDOW

MAX_FIRED = 5_000


class Fired:
    """The trigger entries of the last hour, and older ones until their incident has closed."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._held: dict[str, tuple[LogLine, AlertState | None]] = {}
        """With the state that was told last."""

    def update(
        self, fresh: Sequence[LogLine], incidents: Mapping[str, Incident], held: Mapping[str, Incident], now: datetime
    ) -> tuple[Alert, ...]:
        """The alerts to tell now: new ones, and those whose state has changed with their incident's.

        Args:
            fresh: log lines not seen before.
            incidents: those read now, by native id.
            held: those that the store holds.
        """
        oldest = now - ALERT_WINDOW
        for line in fresh:
            if line.kind == "trigger" and not line.by_person and line.at >= oldest:
                self._held.setdefault(line.id, (line, None))
        told = []
        for line, state in list(self._held.values()):
            incident = incidents.get(line.incident_id) or held.get(line.incident_id)
            alert = self._decoder.fired(line, incident)
            if alert.state is not state:
                told.append(alert)
            if line.at < oldest and alert.state is not AlertState.FIRING:
                del self._held[line.id]
            else:
                self._held[line.id] = (line, alert.state)
        for line_id in list(self._held)[:-MAX_FIRED]:
            del self._held[line_id]
        return tuple(told)

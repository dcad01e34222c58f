"""What whoever can raise an alert might write, all of it at once (``--fault hostile``)."""

from __future__ import annotations

from oncall_tui.demo import hostile
from oncall_tui.demo.story.engine import Scene
from oncall_tui.demo.story.stage import Stage

_SERVICES = ("payments", "gateway", "web", "edge")
_MARKED = ("HostileLabel", "warning")


def strangers(stage: Stage) -> Scene:
    """Incidents whose titles, alerts whose labels, summaries and names, and notes that are hostile texts."""
    for number, text in enumerate(hostile.SHORT):
        service = _SERVICES[number % len(_SERVICES)]
        stage.pagerduty.trigger(service, text, priority=f"P{number % 3 + 2}", urgency="low", severity="warning")
        name, severity = (text, "warning") if text in hostile.MARKUP else _MARKED
        stage.monitoring.fire(name, service, severity, summary=text, instance=text, region=text)
    notes = stage.pagerduty.trigger("payments", "Notes of a stranger", priority="P3", urgency="low")
    for text in hostile.SHORT:
        stage.pagerduty.note(notes, "bob", text)
    for text in hostile.LONG:
        # Handed to Alice and acknowledged, on a service without a short time-out: every line of an incident's log
        # repeats its title, so that more of them would be more than any client reads.
        incident = stage.pagerduty.trigger("web", text, priority="P3", urgency="low")
        stage.pagerduty.assign(incident, "eve", ["alice"])
        stage.pagerduty.acknowledge(incident, "alice")
    yield 0

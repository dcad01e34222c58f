"""What a scene can do: page, acknowledge, write, recover. Whoever watches the demo acts too, so each of these does
nothing where it has no sense any more."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from oncall_tui.demo.monitors.world import Monitoring
from oncall_tui.demo.pagerduty import PagerDutySim
from oncall_tui.demo.pagerduty.life import Incident
from oncall_tui.demo.probes import ProbesSim


@dataclass(frozen=True, slots=True)
class Page:
    """An incident with the alert behind it."""

    incident_id: str
    service: str
    alert: str


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The simulated systems, as the story uses them.

    Attributes:
        chance: the story's own, from the seed.
        voice: what becomes of every title, note and summary on its way into a system.
    """

    pagerduty: PagerDutySim
    monitoring: Monitoring
    probes: ProbesSim
    chance: random.Random
    voice: Callable[[str], str]

    # -- looking ---------------------------------------------------------------------------------------------------

    def incident(self, page: Page) -> Incident:
        """The incident as its system holds it now."""
        self.pagerduty.advance()
        return self.pagerduty.incidents[page.incident_id]

    def is_open(self, page: Page) -> bool:
        """Triggered or acknowledged."""
        return self.incident(page).status != "resolved"

    def is_mitigated(self, service: str) -> bool:
        """A note on an open incident of that service says so."""
        self.pagerduty.advance()
        open_here = (
            one for one in self.pagerduty.incidents.values() if one.service.key == service and one.status != "resolved"
        )
        return any(note.content.lower().startswith("mitigated") for one in open_here for note in one.notes)

    # -- acting ----------------------------------------------------------------------------------------------------

    def page(self, service: str, title: str, priority: str, alert: str, *, severity: str = "error") -> Page:
        """A monitor pages for its alert of that name. A P4 is of low urgency: nobody is woken."""
        urgency = "low" if priority == "P4" else "high"
        incident_id = self.pagerduty.trigger(
            service, self.voice(title), priority=priority, urgency=urgency, alerts=(alert,), severity=severity
        )
        return Page(incident_id, service, alert)

    def deploy(self, service: str, version: str, source: str) -> None:
        """A pipeline puts a version of a service into service."""
        link = f"https://ci.example.com/{service}/{version}"
        self.pagerduty.change(service, self.voice(f"Deployed {service} {version}"), source=source, link=link)

    def maintain(self, services: Sequence[str], description: str, who: str, *, in_s: float, for_s: float) -> None:
        """``who`` opens a maintenance window, or plans one that begins ``in_s`` seconds from now."""
        begins, lasts = timedelta(seconds=in_s), timedelta(seconds=for_s)
        self.pagerduty.maintain(services, self.voice(description), who, begins_in=begins, lasts=lasts)

    def alert(self, service: str, name: str, severity: str, summary: str, **labels: str) -> None:
        """An alert fires until :meth:`recover` or :meth:`calm`."""
        self.monitoring.fire(name, service, severity, summary=self.voice(summary), start_s=0.0, **labels)

    def calm(self, service: str, name: str) -> None:
        """The alerts of that name end."""
        self.monitoring.end(name, service)

    def recover(self, page: Page) -> None:
        """The alert ends, and the monitor resolves its incident."""
        self.calm(page.service, page.alert)
        self.resolve(page)

    def acknowledge(self, page: Page, who: str | None = None) -> str | None:
        """``who`` (left out: one whom it pages now) takes it where nobody has; gives who did."""
        incident = self.incident(page)
        if incident.status != "triggered":
            return None
        by = who or incident.assignees[0].key
        self.pagerduty.acknowledge(page.incident_id, by)
        return by

    def note(self, page: Page, who: str, text: str) -> None:
        """A note, while it is open."""
        if self.is_open(page):
            self.pagerduty.note(page.incident_id, who, self.voice(text))

    def resolve(self, page: Page, who: str | None = None) -> None:
        """``who``, or the monitor, resolves what is open."""
        if self.is_open(page):
            self.pagerduty.resolve(page.incident_id, who)

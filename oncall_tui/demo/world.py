"""The simulated company as a running whole: its systems, its story, what goes wrong with them, a seat's config."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oncall_tui.clock import Clock, iso
from oncall_tui.demo import settings, systems
from oncall_tui.demo.faults import Outcome, Planned, SourceDown, Windows, make_fault
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.hostile import spoil
from oncall_tui.demo.monitors import AlertmanagerSim, Monitoring, PrometheusSim
from oncall_tui.demo.monitors.silences import Silence
from oncall_tui.demo.pagerduty import PagerDutySim
from oncall_tui.demo.pagerduty.life import Incident
from oncall_tui.demo.probes import ProbesSim
from oncall_tui.demo.story import Stage, Story, StoryClock
from oncall_tui.demo.story.endless import endless
from oncall_tui.demo.story.opening import SCENES
from oncall_tui.demo.story.strangers import strangers
from oncall_tui.demo.tally import Tally
from oncall_tui.demo.wire import Request, Simulator

if TYPE_CHECKING:
    from oncall_tui.demo.transport import WorldTransport

ENDLESS_AFTER_S = 360.0
PATIENT_SERVICES = ("storage", "search", "edge", "web")
"""Services whose acknowledgements last a day; on the others they run out after half an hour."""
HOSTILE = "hostile"


class World:
    """The simulated company from now on: same clock, seed and requests, same answers.

    Args:
        clock: whose present is the company's.
        seed: chances and ids follow from it.
        faults: names out of :data:`~oncall_tui.demo.faults.FAULT_NAMES`. Even with none, Prometheus cannot be
            reached from 2:00 to 3:15 minutes after the start and every 25 minutes from then on.
        more: kinds out of :func:`oncall_tui.demo.systems.names` that the company has besides.
        channels: kinds of which the seat has the channels alone (:data:`oncall_tui.demo.systems.CHANNELS`).
        asked: kinds whose source tells nothing by itself (:data:`oncall_tui.demo.systems.ASKED`).

    Raises:
        ValueError: no fault has that name.
        KeyError: no further system has that name.
    """

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        faults: Sequence[str] = (),
        more: Sequence[str] = (),
        channels: Sequence[str] = (),
        asked: Sequence[str] = (),
    ) -> None:
        self.clock = clock
        self.started_at = clock.now()
        self._time = StoryClock(clock)
        self.pagerduty = PagerDutySim(self._time, seed, me="alice")
        self.monitoring = Monitoring(self._time, seed)
        self.alertmanager = AlertmanagerSim(self.monitoring)
        self.prometheus = PrometheusSim(self.monitoring)
        self.probes = ProbesSim()
        self.tally = Tally()
        self.planned = Planned()
        """Faults to order for the next requests; nearest to the caller."""
        self._kinds = tuple(more)
        self._channels = tuple(kind for kind in channels if kind not in self._kinds)
        self.more: dict[str, systems.Living] = {kind: systems.load(kind).make(self._time, seed) for kind in more}
        """The further systems by kind, which is their prefix."""
        self._asked = tuple(kind for kind in asked if kind not in self._kinds)
        self.more |= {kind: systems.Sleeping(kind, self._time, seed) for kind in (*self._channels, *self._asked)}
        served: tuple[Simulator, ...] = (
            self.pagerduty,
            self.alertmanager,
            self.prometheus,
            self.probes,
            *self.more.values(),
        )
        prefixes = [system.prefix for system in served]
        named = [make_fault(name, clock=clock, seed=seed, prefixes=prefixes) for name in faults if name != HOSTILE]
        outage = SourceDown(
            clock=clock,
            windows=Windows(self.started_at, 120, 75, 1500),
            chance=random.Random(seed),  # noqa: S311 - a simulation's chance
            prefixes=("prometheus",),
        )
        self._gate = Gate(served, clock=clock, faults=(self.planned, *named, outage), seen=self.tally.see)
        self.story = Story(self._time)
        self._begin(seed, hostile=HOSTILE in faults)

    def _begin(self, seed: int, *, hostile: bool) -> None:
        for key in PATIENT_SERVICES:
            services = self.pagerduty.estate.services
            services[key] = dataclasses.replace(services[key], ack_timeout_s=86400)
        self.monitoring.open_scene()
        self.alertmanager.open_scene()
        stage = Stage(
            pagerduty=self.pagerduty,
            monitoring=self.monitoring,
            probes=self.probes,
            chance=random.Random(f"{seed}:story"),  # noqa: S311 - a simulation's chance
            voice=spoil if hostile else str,
        )
        for minutes, scene in SCENES:
            self.story.begin(scene(stage), minutes * 60)
        if hostile:
            self.story.begin(strangers(stage), -60)
        self.story.begin(endless(stage, self.story.begin, lambda: self._time.behind_s), ENDLESS_AFTER_S)
        self.advance()

    # -- what is carried in and out ------------------------------------------------------------------------------

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The systems' path prefixes: ``pagerduty alertmanager prometheus probes`` and the further ones."""
        return self._gate.prefixes

    def advance(self) -> None:
        """Let happen what was due until now. Each request does so by itself."""
        self.story.advance(self.pagerduty.advance)
        self.pagerduty.advance()

    def exchange(self, request: Request) -> Outcome:
        """What the caller of ``request`` gets; its path begins with a system's prefix."""
        self.advance()
        return self._gate.exchange(request)

    def transport(self) -> WorldTransport:
        """For :class:`~oncall_tui.sources.base.SourceContext`: the real sources talk to this world through it."""
        from oncall_tui.demo.transport import WorldTransport

        return WorldTransport(self.exchange, self.clock)

    # -- the seat's config -----------------------------------------------------------------------------------------

    def config_dict(self, base_url: str) -> dict[str, Any]:
        """The config of Alice's seat, the systems being below ``base_url``."""
        return settings.config_dict(base_url, self._kinds, self._channels, self._asked)

    def config_yaml(self, base_url: str) -> str:
        """The same as a file's text; it holds a token, so the file is kept with mode 0600."""
        return settings.config_yaml(base_url, self._kinds, self._channels, self._asked)

    # -- looking in ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """What the systems hold now, as JSON: each incident with its notes and escalations, the silences, and the
        writes by action, ``received`` and ``applied`` (answered with 2xx, whatever the caller got to see)."""
        self.advance()
        now = self.monitoring.now
        return {
            "now": iso(self.clock.now()),
            "incidents": [_told(incident) for incident in self.pagerduty.incidents.values()],
            "silences": [_silence(one, now) for one in self.alertmanager.silences.known(now)],
            "writes": {"received": dict(self.tally.received), "applied": dict(self.tally.applied)},
            "systems": {kind: system.told() for kind, system in self.more.items()},
        }


def _silence(silence: Silence, now: float) -> dict[str, Any]:
    return {
        "id": silence.id,
        "state": silence.state(now),
        "matchers": [f"{one.name}{one.sign}{one.value}" for one in silence.matchers],
        "created_by": silence.created_by,
        "comment": silence.comment,
    }


def _told(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "number": incident.number,
        "title": incident.title,
        "status": incident.status,
        "service": incident.service.name,
        "priority": incident.priority.name if incident.priority else None,
        "created_at": iso(incident.created_at),
        "level": incident.level,
        "assignees": [person.email for person in incident.assignees],
        "acknowledged_by": [person.email for _, person in incident.acknowledgers],
        "notes": [{"by": note.user.email, "content": note.content, "at": iso(note.at)} for note in incident.notes],
        "escalations": [
            {"at": iso(entry.at), "by": getattr(entry.agent, "email", None), "to": [who.email for who in entry.people]}
            for entry in incident.log
            if entry.kind == "escalate"
        ],
    }

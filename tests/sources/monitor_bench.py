"""What the tests of both monitor sources share: a world, its simulators, sources on them, every call recorded and held
against the published description of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from oncall_tui.demo.monitors import AlertmanagerSim, Monitoring, PrometheusSim
from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import Alert, HealthCheck, OutboxRow, Snapshot, Verb
from oncall_tui.sources import alertmanager, prometheus
from oncall_tui.sources.base import Seat, Source, SourceContext
from tests.support.clock import ManualClock
from tests.support.openapi import SpecChecker, specs_dir
from tests.support.transport import simulator_transport

SEAT = Seat(user="alice@example.com")

Intercept = Callable[[Request], Awaitable[Response | httpx.Response | None]]


@dataclass
class Bench:
    """One company with both monitors, where nothing fires unasked; ``calls`` are those that reached a simulator."""

    clock: ManualClock = field(default_factory=ManualClock)
    external_labels: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[Request, Response]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = Monitoring(self.clock, seed=1, external_labels=self.external_labels)
        for target in self.world.targets:
            target.naps_at = None
        self.alertmanager = AlertmanagerSim(self.world)
        self.prometheus = PrometheusSim(self.world)
        self.intercept: Intercept | None = None
        self._checkers = {
            spec: SpecChecker(specs_dir() / spec, base)
            for spec, base in (("alertmanager.yaml", "/api/v2"), ("prometheus.yaml", "/api/v1"))
            if (specs_dir() / spec).is_file()
        }

    def _seen(self, spec: str) -> Callable[[Request, Response], None]:
        def exchange(request: Request, response: Response) -> None:
            self.calls.append((request, response))
            # A server that is not ready answers in plain text, before its API does.
            if spec in self._checkers and request.path.startswith("/api/") and response.status != 503:
                self._checkers[spec].check(request, response)

        return exchange

    def checked(self, spec: str) -> set[str]:
        """The operations with status that were held against that description."""
        return self._checkers[spec].checked

    async def _intercepted(self, request: Request) -> Response | httpx.Response | None:
        return await self.intercept(request) if self.intercept is not None else None

    def context(self, name: str, simulator: AlertmanagerSim | PrometheusSim, spec: str) -> SourceContext:
        """A source's context whose transport ends at ``simulator``."""
        transport = simulator_transport(simulator, self._seen(spec), intercept=self._intercepted)
        return SourceContext(name=name, seat=SEAT, clock=self.clock, transport=transport)

    def alerts(self, **options: Any) -> Source:
        """A source on the Alertmanager."""
        made = alertmanager.Options(name="alerts", kind="alertmanager", **options)
        return alertmanager.make(made, self.context("alerts", self.alertmanager, "alertmanager.yaml"))

    def metrics(self, **options: Any) -> Source:
        """A source on the Prometheus."""
        made = prometheus.Options(name="metrics", kind="prometheus", **options)
        return prometheus.make(made, self.context("metrics", self.prometheus, "prometheus.yaml"))

    def row(self, verb: Verb, target: str, **values: Any) -> OutboxRow:
        """An action pressed now; ``params`` and other fields by keyword."""
        fields: dict[str, Any] = {
            "key": "k1",
            "verb": verb,
            "target": target,
            "source": "alerts",
            "target_title": "as seen",
            "seat": "alice@example.com",
            "created_at": self.clock.now(),
            "not_before": self.clock.now(),
            **values,
        }
        return OutboxRow(**fields)


def alert_named(snapshot: Snapshot, name: str) -> Alert:
    """The one alert of that name."""
    (found,) = [alert for alert in snapshot.alerts or () if alert.name == name]
    return found


def check_named(snapshot: Snapshot, name: str) -> HealthCheck:
    """The one check of that name."""
    (found,) = [check for check in snapshot.health or () if check.name == name]
    return found


def answering(data: bytes | str, status: int = 200, path: str = "") -> Intercept:
    """In place of the simulator, ``data`` to every request whose path ends with ``path``."""
    body = data.encode() if isinstance(data, str) else data

    async def intercept(request: Request) -> Response | None:
        if not request.path.endswith(path):
            return None
        return Response(status=status, headers={"content-type": "application/json"}, body=body)

    return intercept

"""The sources on Alertmanager and Prometheus, through the kit."""

from __future__ import annotations

from typing import cast

from oncall_tui.clock import Clock
from oncall_tui.demo.faults import is_write
from oncall_tui.demo.monitors import AlertmanagerSim, Monitoring, PrometheusSim, alertmanager_config, prometheus_config
from oncall_tui.demo.wire import Request, Response, Simulator
from oncall_tui.testkit import SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL


class Counted:
    """A simulator, and how many writes it has answered with 2xx."""

    def __init__(self, simulator: Simulator) -> None:
        self.prefix = simulator.prefix
        self.writes = 0
        self._simulator = simulator

    def handle(self, request: Request) -> Response:
        answer = self._simulator.handle(request)
        self.writes += is_write(request) and 200 <= answer.status < 300
        return answer


def written(simulator: Simulator) -> int:
    return cast(Counted, simulator).writes


def world(clock: Clock) -> Monitoring:
    made = Monitoring(clock, 7)
    made.fire("HighErrorRate", "payments", severity="critical")
    made.fire("DiskWillFill", "storage", severity="warning")
    return made


def alerts(clock: Clock) -> Simulator:
    made = AlertmanagerSim(world(clock))
    made.open_scene()
    return Counted(made)


class TestAlertmanager(SourceConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(alertmanager_config(BASE_URL), alerts, written)


class TestPrometheus(SourceConformance):
    def subject(self) -> Subject:
        stanza = prometheus_config(BASE_URL)
        return subject_of_stanza(stanza, lambda clock: Counted(PrometheusSim(world(clock))), written)

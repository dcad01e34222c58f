"""The simulated company's monitoring: one world of metrics, targets, rules and alerts behind the HTTP APIs of
Prometheus and Alertmanager. Deterministic by clock and seed; stateful; told what happens by whoever tells the story."""

from oncall_tui.demo.monitors.alertmanager import AlertmanagerSim, InhibitRule
from oncall_tui.demo.monitors.prometheus import PrometheusSim
from oncall_tui.demo.monitors.setup import alertmanager_config, prometheus_config
from oncall_tui.demo.monitors.world import Monitoring

__all__ = [
    "AlertmanagerSim",
    "InhibitRule",
    "Monitoring",
    "PrometheusSim",
    "alertmanager_config",
    "prometheus_config",
]

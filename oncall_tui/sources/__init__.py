"""The systems that facts come from: a kind is a module, imported only when it is configured.

A kind's module offers ``Options`` (a dataclass that inherits
:class:`~oncall_tui.config.options.SourceOptions`) and ``make(options, context) -> Source``. Third parties
register such a module in the entry-point group ``oncall_tui.sources``.
"""

from __future__ import annotations

from typing import Protocol, cast

from oncall_tui.config.options import SourceOptions
from oncall_tui.sources.base import Source, SourceContext
from oncall_tui.sources.registry import Registry

GROUP = "oncall_tui.sources"

KINDS: dict[str, str] = {
    "pagerduty": "oncall_tui.sources.pagerduty",
    "opsgenie": "oncall_tui.sources.opsgenie",
    "jsm": "oncall_tui.sources.jsm",
    "splunk-oncall": "oncall_tui.sources.splunk_oncall",
    "grafana-oncall": "oncall_tui.sources.grafana_oncall",
    "datadog": "oncall_tui.sources.datadog",
    "grafana": "oncall_tui.sources.grafana",
    "alertmanager": "oncall_tui.sources.alertmanager",
    "prometheus": "oncall_tui.sources.prometheus",
    "loki": "oncall_tui.sources.loki",
    "goalert": "oncall_tui.sources.goalert",
    "incident-io": "oncall_tui.sources.incident_io",
    "jira": "oncall_tui.sources.jira",
    "http": "oncall_tui.sources.httpcheck",
    "rotation": "oncall_tui.sources.rotation",
}

_REGISTRY = Registry(KINDS, GROUP)


class Kind(Protocol):
    """What a kind's module offers."""

    Options: type[SourceOptions]

    def make(self, options: SourceOptions, context: SourceContext) -> Source:
        """A source of this kind; opens nothing yet."""
        ...


def kind_names() -> tuple[str, ...]:
    """All kinds that can be configured, ours first; third parties' are read without importing them."""
    return _REGISTRY.names()


def load_kind(name: str) -> Kind:
    """The module of that kind.

    Raises:
        KeyError: no such kind.
    """
    return cast(Kind, _REGISTRY.load(name))

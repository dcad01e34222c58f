"""What the labels of an alert say: severity, service, runbook, and which alerts are the same or belong together.

Prometheus and Alertmanager tell of the same alerts by the same labels, so both sources read them here. A server's
*external labels* (``external_labels`` in its config, such as ``prometheus_replica``) stand on the alerts in
Alertmanager only: the label set of an alert in Prometheus is a part of the label set in Alertmanager.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from oncall_tui.config.options import check_severities, opt, some
from oncall_tui.model import Severity
from oncall_tui.records import dataclass
from oncall_tui.sources import fields

SEVERITIES: Mapping[str, Severity] = {
    "emergency": 1,
    "disaster": 1,
    "fatal": 1,
    "critical": 2,
    "crit": 2,
    "page": 2,
    "major": 2,
    "high": 2,
    "error": 3,
    "ticket": 3,
    "moderate": 3,
    "medium": 3,
    "warning": 4,
    "warn": 4,
    "minor": 4,
    "low": 4,
    "info": 4,
    "none": 4,
    "sev1": 1,
    "sev2": 2,
    "sev3": 3,
    "sev4": 4,
    "p1": 1,
    "p2": 2,
    "p3": 3,
    "p4": 4,
}
"""Words of the severity label, by the seed's levels: a single critical or paging alert is a significant degradation
(Sev2), not yet "complete unavailability for most users" (Sev1), which only words beyond critical claim; "monitoring
warnings" are the seed's own example of Sev4; what a ticket or an error stands for lies between."""

EXTERNAL = frozenset({"prometheus", "prometheus_replica", "replica", "monitor", "receive", "tenant_id"})
"""Labels that commonly tell which server sent an alert, not which alert it is."""

_SUMMARIES = ("summary", "message", "description", "title")
_RUNBOOKS = ("runbook_url", "runbook", "runbook_link")


def _severities(value: dict[str, int]) -> dict[str, int]:
    check_severities(value)
    return {word.strip().casefold(): severity for word, severity in value.items()}


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """How a source reads its alerts' labels."""

    severity: dict[str, int] = opt(
        {}, help="words of the severity label -> Sev; what is left out keeps its default", check=_severities
    )
    severity_labels: tuple[str, ...] = opt(
        ("severity", "priority", "level"), help="labels that tell the severity, the first that is there", check=some
    )
    service_labels: tuple[str, ...] = opt(
        ("service", "job", "app", "namespace"), help="labels that tell the service, the first that is there", check=some
    )

    def service_of(self, labels: Mapping[str, str]) -> str | None:
        """The service that the labels name."""
        return _first(labels, self.service_labels)

    def severity_of(self, labels: Mapping[str, str]) -> tuple[str | None, Severity | None]:
        """The label's own word, and the severity that it stands for where it is known."""
        word = _first(labels, self.severity_labels)
        if word is None:
            return None, None
        known = word.casefold()
        return word, self.severity.get(known, SEVERITIES.get(known))


def _first(texts: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((texts[name] for name in names if texts.get(name)), None)


def summary_of(annotations: Mapping[str, str]) -> str | None:
    """What the rule's author wrote of the alert, one line."""
    return _first(annotations, _SUMMARIES)


def runbook_of(annotations: Mapping[str, str], labels: Mapping[str, str]) -> str | None:
    """The runbook's address: ``runbook_url`` and its spellings, among the annotations or the labels."""
    for texts in (annotations, labels):
        for name in _RUNBOOKS:
            found = fields.url(texts, name)
            if found is not None:
                return found
    return None


def group_key(name: str, service: str | None) -> str:
    """Alerts with the same key are drawn as one row: name and service, alike in both sources."""
    return f"{name}|{service or ''}"


def labels_key(labels: Mapping[str, str], external: Iterable[str] = EXTERNAL) -> str:
    """A short stable key of a label set without its external labels: equal for the same alert wherever it is told.

    Where servers carry external labels of other names, :func:`is_same` tells without knowing them.
    """
    dropped = frozenset(external)
    kept = sorted((name, value) for name, value in labels.items() if name not in dropped)
    return hashlib.blake2b(msgspec.json.encode(kept), digest_size=8).hexdigest()


def is_same(prometheus: Mapping[str, str], alertmanager: Mapping[str, str]) -> bool:
    """Whether an alert in Prometheus and one in Alertmanager are one: every label of the former stands on the
    latter, which may have the server's external labels besides."""
    return bool(prometheus) and prometheus.items() <= alertmanager.items()

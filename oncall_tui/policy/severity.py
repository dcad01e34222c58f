"""The severity policy: what each severity means and asks for. The default is the seed's matrix
(SRO-001, "Incident Severity Levels"); any part of it can be replaced in the config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from typing import Literal

from oncall_tui.model import Severity
from oncall_tui.records import dataclass

UNKNOWN_COUNTS_AS: Severity = 2
"""An incident without a known severity sorts and is due as Sev2 (contract, "Config")."""


EscalateWhen = Literal["at-once", "slo-breach", "not-resolved", "by-hand"]
"""What makes an incident go further up: its severity alone, a breach of the service's objective, the time that it has
been open, or only a person's decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule:
    """When an incident of a severity goes further up, and to whom, beside what the pager does by itself."""

    when: EscalateWhen
    to: str = ""
    """Whom it goes to, as people say it; empty: the next level of its escalation policy."""
    after: timedelta | None = None
    """From the trigger; of ``not-resolved``."""
    slo: tuple[str, ...] = ()
    """Names of health checks that tell of the objective (each a configured query); of ``slo-breach``. None: a person
    looks, and it is offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """One row of the matrix."""

    severity: Severity
    title: str
    definition: str
    examples: tuple[str, ...] = ()
    respond: timedelta | None
    """Time to acknowledge; ``None``: within business hours (by the end of the first business day)."""
    resolve: timedelta
    """Resolution target, from the trigger."""
    update: timedelta | None
    """Stakeholders are told this often while it is open; ``None``: see ``as_needed``."""
    as_needed: bool = True
    """Without ``update``: an update is offered, and nobody waits for it; ``False``: none."""
    participants: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    escalation: str = ""
    """The escalation rule in words."""
    escalate: EscalationRule = EscalationRule(when="by-hand")
    postmortem_days: int | None = None
    """Business days until the post-mortem is due; ``None``: not required."""
    postmortem_optional: bool = False
    """Without ``postmortem_days``: it is offered."""


DEFAULT_RULES: Mapping[Severity, SeverityRule] = {
    1: SeverityRule(
        severity=1,
        title="Critical",
        definition="Complete service unavailability for most users",
        examples=("website down", "payment system down", "data loss", "major security incident"),
        respond=timedelta(minutes=5),
        resolve=timedelta(hours=4),
        update=timedelta(minutes=30),
        participants=(
            "primary on-call",
            "secondary on-call",
            "incident commander",
            "engineering manager",
            "stakeholders",
        ),
        channels=("incident management tool", "slack war room", "email", "conference bridge"),
        escalation="VP Engineering at once",
        escalate=EscalationRule(when="at-once", to="VP Engineering"),
        postmortem_days=5,
    ),
    2: SeverityRule(
        severity=2,
        title="Major",
        definition="Significant service degradation or important feature unavailability",
        examples=("50 % of requests fail", "P99 latency > 5000 ms", "backup failures", "key features not working"),
        respond=timedelta(minutes=15),
        resolve=timedelta(hours=8),
        update=timedelta(hours=1),
        participants=("primary on-call", "secondary on-call", "incident commander", "relevant team lead"),
        channels=("incident tool", "slack"),
        escalation="on SLO breach",
        escalate=EscalationRule(when="slo-breach"),
        postmortem_days=10,
    ),
    3: SeverityRule(
        severity=3,
        title="Moderate",
        definition="Minimal user impact or workaround available",
        examples=("10 % of requests slower", "nice-to-have feature", "background task errors", "monitoring gap"),
        respond=timedelta(minutes=30),
        resolve=timedelta(hours=24),
        update=None,
        participants=("primary on-call", "secondary on-call (optional)"),
        channels=("incident tool",),
        escalation="if not resolved in 24 h",
        escalate=EscalationRule(when="not-resolved", after=timedelta(hours=24)),
        postmortem_optional=True,
    ),
    4: SeverityRule(
        severity=4,
        title="Low",
        definition="Cosmetic or informational issues, no user impact",
        examples=("wrong colour in the UI", "documentation inaccuracy", "monitoring warnings", "technical questions"),
        respond=None,
        resolve=timedelta(hours=72),
        update=None,
        as_needed=False,
        participants=("on-call as needed",),
        channels=("ticket system",),
        escalation="rare",
    ),
}


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """The matrix in force: a rule for each of Sev1 to Sev4."""

    rules: Mapping[Severity, SeverityRule] = field(default_factory=lambda: DEFAULT_RULES)

    def rule(self, severity: Severity | None) -> SeverityRule:
        """The row that applies; an unknown severity counts as Sev2."""
        if severity is None or severity not in self.rules:
            return self.rules[UNKNOWN_COUNTS_AS]
        return self.rules[severity]

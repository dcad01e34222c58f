"""Made-up facts by number: the same number gives the same incident or alert, only moved in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_tui.model import (
    Alert,
    AlertState,
    HealthCheck,
    HealthSample,
    HealthStatus,
    Incident,
    IncidentState,
    OnCall,
    Person,
    Ref,
)

ALICE = Person(id="PALICE", name="Alice Andersson", contact="alice@example.com")
BOB = Person(id="PBOB", name="Bob Brandt", contact="bob@example.com")
SERVICES = tuple(
    f"{name}{number or ''}" for number in range(3) for name in ("payments", "gateway", "storage", "search", "edge")
)
TROUBLES = (
    "Checkout 503",
    "P99 too high",
    "Backup late",
    "Disk filling",
    "Queue grows",
    "Cert expires",
    "Login slow",
)
RULES = ("HighErrorRate", "P99TooHigh", "DiskWillFill", "TargetDown", "QueueGrows", "PodRestarts", "CertEnds")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
POLICY = Ref(id="EPAY", name="Payments")


def title(number: int, edition: int = 0) -> str:
    """What incident ``number`` is called; another ``edition`` differs in one character."""
    return f"{TROUBLES[number % len(TROUBLES)]} {number:05d}{LETTERS[edition % len(LETTERS)]}"


def incident(number: int, start: datetime, edition: int = 0, updated_at: datetime | None = None) -> Incident:
    """Incident ``number``: open, Alice's, a third of them acknowledged. ``start`` is when the folder was filled."""
    created = start - timedelta(minutes=5 + number % 600, seconds=number % 60)
    acknowledged = number % 3 == 2
    service = SERVICES[number % len(SERVICES)]
    return Incident(
        id=f"pager:Q{number:07d}",
        source="pager",
        native_id=f"Q{number:07d}",
        number=str(number),
        title=title(number, edition),
        state=IncidentState.ACKNOWLEDGED if acknowledged else IncidentState.TRIGGERED,
        severity=1 + number % 4,
        severity_word=f"P{1 + number % 4}",
        urgency="high",
        service=Ref(id=f"S{service.upper()}", name=service),
        teams=("Payments",),
        assignees=(ALICE,),
        acknowledged_by=(ALICE,) if acknowledged else (),
        acknowledged_at=created + timedelta(minutes=2) if acknowledged else None,
        created_at=created,
        updated_at=updated_at or created + timedelta(minutes=2),
        escalation_policy=POLICY,
        escalation_level=1,
        alert_count=1,
        url=f"https://pager.example.com/incidents/Q{number:07d}",
    )


def alert(number: int, last_at: datetime, *, fires: bool, count: int = 1) -> Alert:
    """Alert ``number``: one of seven rules on one of fifteen services, on one of many instances."""
    rule = RULES[number % len(RULES)]
    service = SERVICES[number % len(SERVICES)]
    labels = {"alertname": rule, "service": service, "instance": f"{service}-{number}", "severity": "warning"}
    return Alert(
        id=f"alerts:{number:016x}",
        source="alerts",
        native_id=f"{number:016x}",
        name=rule,
        state=AlertState.FIRING if fires else AlertState.ENDED,
        first_at=last_at - timedelta(minutes=4),
        last_at=last_at,
        ended_at=None if fires else last_at,
        severity_word="warning",
        severity=3,
        service=service,
        summary=f"{rule} on {service}",
        count=count,
        labels=labels,
    )


def checks(now: datetime) -> tuple[HealthCheck, ...]:
    """A check for each service, two of them not well."""
    states = (HealthStatus.DOWN, HealthStatus.DEGRADED, *(HealthStatus.OK,) * len(SERVICES))
    return tuple(
        HealthCheck(
            id=f"metrics:{service}",
            source="metrics",
            name="error rate",
            service=service,
            status=states[number],
            value=12.4 / (number + 1),
            unit="%",
            checked_at=now,
        )
        for number, service in enumerate(SERVICES)
    )


def samples(now: datetime) -> tuple[HealthSample, ...]:
    """A history that a sparkline shows."""
    return tuple(
        HealthSample(at=now - timedelta(minutes=30 - n), value=float(n % 7), status=HealthStatus.OK) for n in range(24)
    )


def on_call(now: datetime) -> tuple[OnCall, ...]:
    """Alice is primary, Bob secondary, in three teams."""
    return tuple(
        OnCall(
            source="pager",
            team=team,
            level=level,
            person=person,
            policy=POLICY,
            since=now - timedelta(hours=3),
            until=now + timedelta(days=3, minutes=30),
            paged_after_s=(level - 1) * 300,
        )
        for team in ("Payments", "Edge", "Storage")
        for level, person in ((1, ALICE), (2, BOB))
    )

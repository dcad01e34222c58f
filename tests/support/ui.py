"""What tests of widgets and screens need: sample boards, an app around one screen, the words on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip

from oncall_tui.board import Board, BoardSettings, build_board
from oncall_tui.model import (
    Alert,
    AlertState,
    Directory,
    EscalationLevel,
    EscalationPolicy,
    Facts,
    HealthCheck,
    HealthSample,
    HealthStatus,
    Incident,
    IncidentState,
    OnCall,
    OutboxRow,
    OutboxState,
    Person,
    Ref,
    Silence,
    SourceState,
    Verb,
)
from screens.base import OncallScreen
from screens.requests import Question, Request
from tests.support.make import grouped
from widgets.signs import ASCII, UNICODE
from widgets.theme import Look, textual_themes, variable_defaults

NOW = datetime(2026, 11, 23, 14, 42, 7, tzinfo=UTC)
ALICE = Person(id="PALICE", name="Alice Martin", contact="alice@example.com")
BOB = Person(id="PBOB", name="Bob Chen", contact="bob@example.com")
ERIN = Person(id="PERIN", name="Erin Walsh", contact="erin@example.com")
CHARLIE = Person(id="PCHAR", name="Charlie Diaz", contact="charlie@example.com")
POLICY = Ref(id="PPOL", name="Payments escalation")
SOURCES = (("pager", "pagerduty"), ("alerts", "alertmanager"), ("metrics", "prometheus"), ("probes", "http"))
CAPABILITIES: Mapping[str, frozenset[str]] = {
    "pager": frozenset(
        {"incidents", "timeline", "on_call", "schedules", "escalation", "acknowledge", "unacknowledge", "resolve"}
        | {"reopen", "escalate", "reassign", "snooze", "note", "severity", "merge", "title"}
    ),
    "alerts": frozenset({"alerts", "silences", "silence", "expire_silence"}),
    "metrics": frozenset({"alerts", "health"}),
    "probes": frozenset({"health"}),
}
SETTINGS = BoardSettings(
    user="alice@example.com", teams=("Payments",), sources=SOURCES, capabilities=CAPABILITIES, zone=UTC
)
HOSTILE = (
    "disk [/dev/sda1] full",
    "[ERROR] db",
    "[@click=app.quit]x[/]",
    "[ @click=app.simulate_key('a')]x",
    "regex [a-z]+ \\",
    "ESC \\x1b]0;pwned\\x07 C1 \\x9b2J bidi \\u202e",
    "e\u0301\u0301\u0301\u0301 日本語 👩‍👩‍👧‍👦 ภาษาไทย ערב",
)
"""Titles as they are after :func:`oncall_tui.text.clean`."""


def ago(**length: float) -> datetime:
    """A moment before :data:`NOW`."""
    return NOW - timedelta(**length)


def incident(native: str = "Q1", **fields: Any) -> Incident:
    """An incident of the pager with plausible fields."""
    given: dict[str, Any] = {
        "id": f"pager:{native}",
        "source": "pager",
        "native_id": native,
        "number": "1234",
        "title": "Checkout returns 503",
        "state": IncidentState.TRIGGERED,
        "created_at": ago(minutes=3),
        "severity": 1,
        "service": Ref(id="PSVC", name="payments"),
        "teams": ("Payments",),
        "assignees": (ALICE,),
        "escalation_policy": POLICY,
        "escalation_level": 1,
        "url": f"https://example.pagerduty.com/incidents/{native}",
    }
    return Incident(**(given | fields))


def sample_incidents() -> tuple[Incident, ...]:
    """Five incidents, as in the sketch."""
    return (
        incident("Q1", escalates_at=NOW + timedelta(minutes=2)),
        incident(
            "Q2",
            title="P99 latency > 5000 ms, EU",
            created_at=ago(minutes=16, seconds=20),
            severity=2,
            service=Ref(id="PGW", name="gateway"),
        ),
        incident(
            "Q3",
            title="Payment gateway latency",
            state=IncidentState.ACKNOWLEDGED,
            created_at=ago(minutes=41),
            severity=2,
            acknowledged_by=(ALICE,),
            first_acknowledged_at=ago(minutes=39),
        ),
        incident(
            "Q4",
            title="Database backup delay",
            state=IncidentState.ACKNOWLEDGED,
            created_at=ago(hours=2),
            severity=3,
            service=Ref(id="PST", name="storage"),
            assignees=(BOB,),
            acknowledged_by=(BOB,),
            first_acknowledged_at=ago(hours=1, minutes=50),
            teams=("Storage",),
        ),
        incident(
            "Q5",
            title="Cache refresh",
            state=IncidentState.SNOOZED,
            created_at=ago(days=1),
            severity=4,
            service=Ref(id="PED", name="edge"),
            wakes_at=NOW.replace(hour=16, minute=0, second=0),
        ),
    )


def alert(name: str, *, native: str | None = None, **fields: Any) -> Alert:
    """A firing alert of the Alertmanager."""
    native = native or name
    given: dict[str, Any] = {
        "id": f"alerts:{native}",
        "source": "alerts",
        "native_id": native,
        "name": name,
        "state": AlertState.FIRING,
        "first_at": ago(minutes=3),
        "last_at": ago(minutes=1),
        "severity_word": "critical",
        "severity": 1,
        "service": "payments",
        "labels": {"alertname": name, "instance": native},
    }
    return Alert(**(given | fields))


def sample_alerts() -> tuple[Alert, ...]:
    """Three groups."""
    return (
        alert("HighErrorRate", native="eu-1", count=38, incident_id="pager:Q1"),
        alert("P99TooHigh", native="eu-2", service="gateway", count=4, last_at=ago(minutes=2)),
        alert("DiskWillFill", native="db-7", service="storage", severity_word="warning", severity=3),
    )


def check(name: str, status: HealthStatus, **fields: Any) -> HealthCheck:
    """One check of Prometheus."""
    given: dict[str, Any] = {"id": f"metrics:{name}", "source": "metrics", "checked_at": ago(seconds=20)}
    return HealthCheck(name=name, status=status, **(given | fields))


def history(*values: float) -> tuple[HealthSample, ...]:
    """A check's latest samples, oldest first."""
    return tuple(
        HealthSample(at=NOW - timedelta(minutes=len(values) - number), value=value, status=HealthStatus.OK)
        for number, value in enumerate(values)
    )


def sample_facts() -> Facts:
    """The world of the sketch: all sources well."""
    return Facts(
        incidents=sample_incidents(),
        groups=grouped(sample_alerts()),
        health=(
            check("error rate", HealthStatus.DOWN, service="payments", value=12.4, unit="%"),
            check("p99", HealthStatus.DEGRADED, service="gateway", value=5.2, unit="s"),
            check("backups", HealthStatus.OK, service="storage", value=0.2, unit="h"),
            check("edge", HealthStatus.OK, service="edge", value=3.0, unit="ms"),
            check("search", HealthStatus.UNKNOWN, service="search", detail="no data"),
        ),
        history={
            "metrics:error rate": history(0.1, 0.2, 0.1, 2.0, 8.0, 12.4),
            "metrics:p99": history(1.0, 2.0, 4.0, 5.2),
            "metrics:edge": history(1, 2, 1, 1, 2, 3),
        },
        on_call=(
            on_call(ALICE, 1, until=NOW.replace(hour=20, minute=0, second=0), next_person="Bob Chen"),
            on_call(BOB, 2, until=NOW + timedelta(days=7), paged_after_s=300),
            on_call(ERIN, 3, paged_after_s=900),
            on_call(CHARLIE, 1, team="Storage", policy=Ref(id="PST", name="Storage")),
        ),
        silences=(),
        directories={"pager": sample_directory()},
        sources=tuple(
            SourceState(
                name=name,
                kind=kind,
                serves=CAPABILITIES[name],
                last_success=ago(seconds=4),
                last_attempt=ago(seconds=4),
            )
            for name, kind in SOURCES
        ),
    )


def on_call(person: Person, level: int, *, team: str = "Payments", **fields: Any) -> OnCall:
    """Somebody on a level of the pager's policy."""
    given: dict[str, Any] = {"source": "pager", "policy": POLICY, "since": ago(hours=6), "paged_after_s": 0.0}
    return OnCall(team=team, level=level, person=person, **(given | fields))


def sample_directory() -> Directory:
    """What the pager knows."""
    return Directory(
        people=(ALICE, BOB, ERIN, CHARLIE),
        policies=(
            EscalationPolicy(
                source="pager",
                id=POLICY.id,
                name=POLICY.name,
                levels=(
                    EscalationLevel(level=1, people=(ALICE,), targets=("Payments primary",), delay_minutes=5),
                    EscalationLevel(level=2, people=(BOB,), targets=("Payments secondary",), delay_minutes=10),
                    EscalationLevel(level=3, people=(ERIN,), targets=("Erin Walsh",), delay_minutes=30),
                ),
            ),
        ),
        priorities=tuple(Ref(id=f"PP{number}", name=f"P{number}") for number in range(1, 5)),
        services=(Ref(id="PSVC", name="payments"),),
        me=ALICE,
    )


def silence(native: str = "s1", **fields: Any) -> Silence:
    """An active silence of the Alertmanager."""
    given: dict[str, Any] = {
        "id": f"alerts:{native}",
        "source": "alerts",
        "native_id": native,
        "matchers": ('alertname="DiskWillFill"',),
        "created_by": "alice",
        "comment": "resize under way",
        "starts_at": ago(minutes=10),
        "ends_at": NOW + timedelta(hours=2),
        "state": "active",
    }
    return Silence(**(given | fields))


def outbox_row(verb: Verb = Verb.ACKNOWLEDGE, target: str = "pager:Q1", **fields: Any) -> OutboxRow:
    """An action that was queued a moment ago."""
    given: dict[str, Any] = {
        "key": f"k-{verb.value}-{target}",
        "verb": verb,
        "target": target,
        "source": target.partition(":")[0],
        "target_title": "Checkout returns 503",
        "seat": "alice@example.com",
        "created_at": ago(seconds=2),
        "not_before": ago(seconds=2),
        "state": OutboxState.QUEUED,
    }
    return OutboxRow(**(given | fields))


def sample_board(facts: Facts | None = None, *, now: datetime = NOW, **settings: Any) -> Board:
    """A board of ``facts`` (the sketch's world by default) at ``now``."""
    return build_board(facts or sample_facts(), replace(SETTINGS, **settings) if settings else SETTINGS, now)


def with_incidents(*incidents: Incident, **fields: Any) -> Facts:
    """The sketch's world with these incidents instead."""
    return replace(sample_facts(), incidents=tuple(incidents), **fields)


class ScreenApp(App[None]):
    """One of our screens alone: keeps every request that reaches the app, answers questions from ``answers``."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        screen: Screen[Any],
        board: Board | None = None,
        *,
        theme: str = "dark",
        ascii_signs: bool = False,
        answers: Mapping[type[Question[Any]], Any] | None = None,
    ) -> None:
        super().__init__()
        self.first = screen
        self.look = Look(theme, ASCII if ascii_signs else UNICODE)
        self.first_board = board
        self.answers = dict(answers or {})
        self.requests: list[Request] = []
        self.results: list[Any] = []
        for one in textual_themes():
            self.register_theme(one)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    async def on_mount(self) -> None:
        if isinstance(self.first, OncallScreen) and self.first_board is not None:
            self.first.board = self.first_board
        await self.push_screen(self.first, self.results.append)

    async def _on_message(self, message: Message) -> None:
        if isinstance(message, Request):
            self.requests.append(message)
            if isinstance(message, Question):
                message.tell(self.answers.get(type(message)))
        await super()._on_message(message)

    def show(self, board: Board) -> None:
        """Give every screen of ours a new board, as the app does."""
        for screen in self.screen_stack:
            if isinstance(screen, OncallScreen):
                screen.board = board

    def asked(self, kind: type[Request]) -> list[Any]:
        """The requests of that kind, in order."""
        return [request for request in self.requests if isinstance(request, kind)]


def screen_lines(app: App[Any]) -> list[str]:
    """What stands on the screen, line by line, spaces at the end cut."""
    height = app.size.height
    screen = app.screen
    strips = screen._compositor.render_strips()
    return [_plain(strip).rstrip() for strip in strips[:height]]


def screen_text(app: App[Any]) -> str:
    """What stands on the screen."""
    return "\n".join(screen_lines(app))


def _plain(strip: Strip) -> str:
    return "".join(segment.text for segment in strip)

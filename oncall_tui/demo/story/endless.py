"""What goes on happening: a scene a minute or so, chosen by the seed, each with an end. However long the demo runs,
few incidents are open at a time: each of :data:`TROUBLES` stands at most once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oncall_tui.demo.story.engine import Scene
from oncall_tui.demo.story.stage import Stage

CATCH_UP_S, SLEPT_S = 3600.0, 6 * 3600.0
"""After a machine slept for longer than the latter, only the former is played."""

SEAT = "alice"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong at a service, and what is written about it."""

    service: str
    title: str
    priority: str
    alert: str
    severity: str
    notes: tuple[str, ...]


TROUBLES = (
    Trouble(
        "payments", "Refunds are stuck in pending", "P2", "RefundQueueGrows", "critical",
        ("observed: 240 refunds wait, the oldest for 25 minutes", "did: restarted the refund worker"),
    ),
    Trouble(
        "payments", "Ledger writes are slow", "P3", "LedgerSlow", "warning",
        ("observed: a long transaction holds the ledger table", "did: ended the report that held it"),
    ),
    Trouble(
        "gateway", "Acquirer refuses connections", "P1", "AcquirerUnreachable", "critical",
        ("observed: the acquirer's status page says maintenance", "decided: send cards to the second acquirer"),
    ),
    Trouble(
        "gateway", "Retries above 10 %", "P3", "GatewayRetries", "warning",
        ("observed: one node answers with resets", "did: took gateway-2 out of the pool"),
    ),
    Trouble(
        "storage", "db-1 replication lag above 60 s", "P2", "ReplicationLag", "critical",
        ("observed: a bulk load runs on the primary", "told: the data team pauses its load"),
    ),
    Trouble(
        "storage", "Object store answers 429", "P3", "ObjectStoreThrottled", "warning",
        ("did: halved the batch size of the archiver",),
    ),
    Trouble(
        "search", "Autocomplete gives no results", "P3", "AutocompleteEmpty", "warning",
        ("did: rebuilt the suggestion index",),
    ),
    Trouble(
        "edge", "Edge node edge-2 runs out of memory", "P3", "EdgeMemory", "warning",
        ("did: restarted edge-2, a heap profile is attached to EDGE-41",),
    ),
    Trouble(
        "web", "JavaScript errors doubled", "P3", "FrontendErrors", "warning",
        ("observed: only Safari 15", "decided: roll the banner back"),
    ),
    Trouble("edge", "Log volume above quota", "P4", "LogQuota", "info", ("todo: drop debug logs of edge EDGE-44",)),
)  # fmt: skip


def mishap(stage: Stage) -> Scene:
    """A page, somebody who takes it, a note or two, an end."""
    standing = {incident.title for incident in stage.pagerduty.incidents.values() if incident.status != "resolved"}
    new = [trouble for trouble in TROUBLES if stage.voice(trouble.title) not in standing]
    if not new:
        return
    trouble = stage.chance.choice(new)
    page = stage.page(trouble.service, trouble.title, trouble.priority, trouble.alert, severity=trouble.severity)
    stage.alert(trouble.service, trouble.alert, trouble.severity, trouble.title)
    patience = stage.chance.uniform(30, 150)
    if trouble.service in ("payments", "gateway"):
        # The seat's own: a colleague takes it only after it has gone to level 2.
        patience += 330
    yield patience
    who = stage.acknowledge(page) or "bob"
    for note in trouble.notes:
        yield stage.chance.uniform(20, 90)
        if who != SEAT:
            stage.note(page, who, note)
    yield stage.chance.uniform(60, 300)
    stage.recover(page)


def flapping(stage: Stage) -> Scene:
    """An alert that comes and goes."""
    name, service = stage.chance.choice(
        (("WebSocketReconnects", "edge"), ("QueueConsumerRestarts", "payments"), ("DnsRetries", "web"))
    )
    stage.monitoring.flap(name, service, "warning", times=stage.chance.randint(3, 7), every_s=60, on_s=30)
    yield 0


def slow_service(stage: Stage) -> Scene:
    """A service is degraded for some minutes: health shows it, nobody is paged."""
    service = stage.chance.choice(("search", "web", "edge"))
    stage.monitoring.shape(service, "latency_p99", 1.3, rise_s=30, hold_s=stage.chance.uniform(60, 240), fall_s=30)
    yield 0


def probe_fails(stage: Stage) -> Scene:
    """The public API fails its check for a moment."""
    stage.probes.set("api", 500, "error")
    yield stage.chance.uniform(20, 60)
    stage.probes.set("api", 200, "ok")


SCENARIOS: tuple[tuple[Callable[[Stage], Scene], int], ...] = (
    (mishap, 5),
    (flapping, 2),
    (slow_service, 2),
    (probe_fails, 1),
)
"""Scenes with how often each is chosen."""


def endless(stage: Stage, begin: Callable[[Scene], None], behind_s: Callable[[], float]) -> Scene:
    """Begins one scene after the other.

    Args:
        begin: begins a scene now.
        behind_s: how far the present is ahead of the step that is played.
    """
    scenes, weights = zip(*SCENARIOS, strict=True)
    while True:
        if behind_s() > SLEPT_S:
            yield behind_s() - CATCH_UP_S
        (scene,) = stage.chance.choices(scenes, weights)
        begin(scene(stage))
        yield stage.chance.uniform(40, 110)

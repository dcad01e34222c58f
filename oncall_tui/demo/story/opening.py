"""The seed's day: what the first screen shows, how it came to it, and what the first minutes bring.

Each scene says in :data:`SCENES` when it begins, in minutes from the moment the demo starts.
"""

from __future__ import annotations

from collections.abc import Callable

from oncall_tui.demo.story.engine import Scene
from oncall_tui.demo.story.stage import Stage

MINUTE = 60.0
HOUR = 3600.0


# -- open when the demo begins ---------------------------------------------------------------------------------------


def checkout(stage: Stage) -> Scene:
    """Nobody has it: it goes to level 2 two minutes into the demo, and Bob takes it if Alice does not."""
    page = stage.page("payments", "Checkout returns 503", "P1", "HighErrorRate", severity="critical")
    stage.probes.set("checkout", 503, "unavailable")
    for number in range(37):
        stage.alert(
            "payments", "HighErrorRate", "critical", "12.4 % of requests fail",
            region="eu-1", job="payments", pod=f"checkout-{number:02d}",
        )  # fmt: skip
    yield 7.5 * MINUTE
    if stage.acknowledge(page, "bob"):
        yield 20
        stage.note(page, "bob", "Nobody had it for 7 minutes, I am on it. Looking at the last deployment.")
    yield 15 * MINUTE
    stage.probes.set("checkout", 200, "ok")
    stage.recover(page)


def latency_eu(stage: Stage) -> Scene:
    """Paged Alice, went on to Bob, who handed it back four minutes ago: its time to acknowledge is over."""
    page = stage.page("gateway", "P99 latency > 5000 ms, EU", "P2", "P99TooHigh")
    for pod in ("gateway-eu-1", "gateway-eu-2", "gateway-eu-3"):
        stage.alert("gateway", "P99TooHigh", "critical", "P99 latency is 5.2s", region="eu", job="gateway", pod=pod)
    yield 12 * MINUTE
    stage.note(page, "bob", "No laptop for the next hour. Alice, can you take this one?")
    stage.pagerduty.assign(page.incident_id, "bob", ["alice"])
    yield 4 * MINUTE + 75
    stage.note(page, "bob", "observed: only the EU nodes are slow, US and APAC are fine")
    yield 46 * MINUTE
    stage.recover(page)


def gateway_latency(stage: Stage) -> Scene:
    """Alice has it. Her first acknowledgement ran out after half an hour; she renewed it."""
    stage.monitoring.shape("payments", "latency_p99", 2.1, hold_s=72 * MINUTE)
    page = stage.page("payments", "Payment gateway latency", "P2", "LatencyDegraded", severity="warning")
    yield 2 * MINUTE
    stage.acknowledge(page, "alice")
    yield 2 * MINUTE
    stage.note(page, "alice", "observed: the connections to the acquirer are used up since the deployment of v2.1")
    yield 7 * MINUTE
    stage.note(page, "bob", "todo: Fix database connection pooling TICKET-123 (owner: Alice)")
    yield 22 * MINUTE
    stage.acknowledge(page, "alice")
    stage.note(page, "alice", "did: raised the pool from 20 to 40 connections, watching")
    yield 42 * MINUTE
    stage.resolve(page)


def handshakes(stage: Stage) -> Scene:
    """Alerts of one service that page nobody: together they may be an incident, which somebody has to declare. They end
    a minute after a note on an open incident of the service says that it is mitigated; else after three hours."""
    stage.alert("edge", "HandshakesFail", "critical", "7 % of TLS handshakes fail", region="eu-1")
    stage.monitoring.set_metric("edge", "error_ratio", 0.021)
    yield MINUTE
    stage.monitoring.set_metric("edge", "error_ratio", 0.034)
    yield MINUTE
    stage.alert("edge", "ConnectionsCut", "warning", "Clients are cut off 40 times a minute", region="eu-1")
    for _ in range(3 * 60):
        yield MINUTE
        if stage.is_mitigated("edge"):
            break
    stage.monitoring.clear_metric("edge", "error_ratio")
    stage.calm("edge", "HandshakesFail")
    stage.calm("edge", "ConnectionsCut")


def payments_release(stage: Stage) -> Scene:
    """What the gateway's latency began after."""
    stage.deploy("payments", "v2.1", "deploy-bot")
    yield 0


def search_release(stage: Stage) -> Scene:
    """Of the night; nothing came of it."""
    stage.deploy("search", "v0.9.0", "deploy-bot")
    yield 0


def edge_release(stage: Stage) -> Scene:
    """What the handshakes fail after."""
    stage.deploy("edge", "v3.4", "deploy-bot")
    yield 0


def works(stage: Stage) -> Scene:
    """The storage team moves a disk now and the web team its certificates tomorrow."""
    stage.maintain(("storage",), "db-7 moves to the new array", "judy", in_s=0, for_s=4 * HOUR)
    stage.maintain(("web", "edge"), "Certificates are renewed", "grace", in_s=27 * HOUR, for_s=HOUR)
    yield 0


def backup_delay(stage: Stage) -> Scene:
    """The storage team's; ends when the backup has come through."""
    page = stage.page("storage", "Database backup delay", "P3", "BackupDelayed", severity="warning")
    yield 4 * MINUTE
    stage.acknowledge(page)
    yield 22 * MINUTE
    stage.note(page, "charlie", "Snapshot waits for db-7, whose disk is nearly full. Freeing space.")
    yield 45 * MINUTE
    stage.note(page, "judy", "todo: Alert on the age of the snapshot and not of the backup STOR-88 (owner: Judy)")
    yield 97 * MINUTE
    stage.monitoring.clear_metric("storage", "backup_age")
    stage.recover(page)


def cache_refresh(stage: Stage) -> Scene:
    """Snoozed since yesterday; wakes 80 minutes into the demo."""
    page = stage.page("edge", "Cache refresh", "P4", "CacheStale", severity="info")
    yield 3 * MINUTE
    stage.acknowledge(page, "eve")
    stage.note(page, "eve", "todo: Update runbook for cache issues (owner: Bob)")
    stage.pagerduty.snooze(page.incident_id, "eve", int(27 * HOUR + 17 * MINUTE))
    yield 27 * HOUR + 32 * MINUTE
    stage.resolve(page, "eve")


def login_slow(stage: Stage) -> Scene:
    """Somebody else's, and over two and a half minutes into the demo: its alert ends, its monitor resolves it."""
    page = stage.page("web", "Login page takes 6 s", "P3", "LoginSlow", severity="warning")
    stage.alert("web", "LoginSlow", "warning", "The login page takes 6 s", region="eu-1")
    yield 3 * MINUTE
    who = stage.acknowledge(page)
    yield 90
    stage.note(page, who or "eve", "did: drained web-2, the rest keeps up")
    yield 7 * MINUTE
    stage.recover(page)


# -- over when the demo begins ---------------------------------------------------------------------------------------


def tokenisation(stage: Stage) -> Scene:
    """Sev2 of this shift, resolved by Alice."""
    page = stage.page("payments", "Card tokenisation errors", "P2", "TokenErrors", severity="critical")
    yield 3 * MINUTE
    stage.acknowledge(page, "alice")
    yield 7 * MINUTE
    stage.note(page, "alice", "decided: roll back the token service to v41, with Bob")
    yield 9 * MINUTE
    stage.note(page, "bob", "todo: Review payment service alerts, they came 9 minutes late PAY-512 (owner: Bob)")
    yield 12 * MINUTE
    stage.resolve(page, "alice")


def webhooks(stage: Stage) -> Scene:
    """Sev3 of this shift, resolved by Alice."""
    page = stage.page("payments", "Webhook deliveries delayed", "P3", "WebhookLag", severity="warning")
    yield 4 * MINUTE
    stage.acknowledge(page, "alice")
    yield 14 * MINUTE
    stage.note(page, "alice", "did: restarted the dispatcher, the queue drains")
    yield 12 * MINUTE
    stage.resolve(page, "alice")


def replica(stage: Stage) -> Scene:
    """Sev3 of another team, gone by itself."""
    page = stage.page("search", "Search replica out of sync", "P3", "ReplicaLag", severity="warning")
    yield 5 * MINUTE - 1
    stage.acknowledge(page)
    yield 55 * MINUTE
    stage.resolve(page)


def certificate(stage: Stage) -> Scene:
    """Sev4, done in passing."""
    page = stage.page("edge", "Certificate of edge-3 ends in 14 days", "P4", "CertificateEndsSoon", severity="info")
    yield 4 * MINUTE
    stage.acknowledge(page, "grace")
    yield 70 * MINUTE
    stage.resolve(page, "grace")


def latency_before(stage: Stage) -> Scene:
    """Of the night before: the same kind as one that is open now, and what it was then."""
    page = stage.page("gateway", "P99 latency > 4200 ms, EU", "P2", "P99TooHigh")
    yield 3 * MINUTE
    stage.acknowledge(page, "bob")
    yield 19 * MINUTE
    stage.note(page, "bob", "root cause: node gateway-eu-2 answered in 8 s; took it out of the pool")
    yield 9 * MINUTE
    stage.resolve(page, "bob")


def settlement(stage: Stage) -> Scene:
    """Of the day before."""
    page = stage.page("payments", "Nightly settlement is late", "P3", "SettlementLate", severity="warning")
    yield 4 * MINUTE
    stage.acknowledge(page, "bob")
    yield 25 * MINUTE
    stage.resolve(page, "bob")


# -- the first minutes -----------------------------------------------------------------------------------------------


def challenges(stage: Stage) -> Scene:
    """A new page that is the seat's own."""
    page = stage.page("gateway", "3-D Secure challenges time out", "P2", "ChallengeTimeouts", severity="critical")
    stage.alert("gateway", "ChallengeTimeouts", "critical", "31 % of challenges get no answer", region="eu")
    yield 8 * MINUTE
    if stage.acknowledge(page, "bob"):
        stage.note(page, "bob", "Took it on level 2. The issuer's directory server is slow, nothing of ours.")
    yield 3 * MINUTE
    stage.recover(page)


def reconnects(stage: Stage) -> Scene:
    """An alert that flaps and pages nobody."""
    stage.monitoring.flap(
        "WebSocketReconnects", "edge", "warning", times=8, every_s=60, on_s=30,
        summary=stage.voice("Clients reconnect more than twice a minute"),
    )  # fmt: skip
    yield 0


def stale_search(stage: Stage) -> Scene:
    """A colleague acknowledges, writes a note, resolves."""
    page = stage.page("search", "Search results are stale", "P3", "IndexLag", severity="warning")
    stage.alert("search", "IndexLag", "warning", "The index is 9 minutes behind", instance="search-1:9100")
    yield 30
    who = stage.acknowledge(page)
    yield 25
    stage.note(page, who or "charlie", "observed: one shard moves to another node, the index catches up behind it")
    yield 160
    stage.calm("search", "IndexLag")
    stage.resolve(page, who or "charlie")


def website(stage: Stage) -> Scene:
    """A probe fails for a minute and a half."""
    stage.probes.set("website", 503, "maintenance")
    page = stage.page("web", "Website health check fails", "P2", "WebsiteDown", severity="critical")
    yield 35
    stage.acknowledge(page)
    yield 55
    stage.probes.set("website", 200, "ok")
    yield 15
    stage.resolve(page)


SCENES: tuple[tuple[float, Callable[[Stage], Scene]], ...] = (
    (-26 * 60, cache_refresh),
    (-22 * 60, settlement),
    (-20 * 60, latency_before),
    (-8 * 60, certificate),
    (-7 * 60, replica),
    (-6 * 60, search_release),
    (-5 * 60 - 10, webhooks),
    (-3 * 60, tokenisation),
    (-126, backup_delay),
    (-100, works),
    (-49, payments_release),
    (-41, gateway_latency),
    (-16, latency_eu),
    (-9, login_slow),
    (-7, edge_release),
    (-5, handshakes),
    (-3, checkout),
    (22 / 60, challenges),
    (40 / 60, reconnects),
    (55 / 60, stale_search),
    (4, website),
)
"""Minutes from the demo's start, and the scene that begins then."""

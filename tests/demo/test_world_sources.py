"""The seat's config of the simulated company, and the real sources polling it for half an hour."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from oncall_tui import sources
from oncall_tui.config.load import load_config
from oncall_tui.demo.server import serve
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from oncall_tui.model import Alert, AlertState, HealthStatus, Incident, IncidentState, Snapshot
from oncall_tui.sources.base import Known, Seat, Source, SourceContext, SourceError, Unreachable
from tests.support.clock import START, ManualClock


def test_the_config_is_one_that_the_program_takes(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    world = World(ManualClock())
    path.write_text(world.config_yaml("http://127.0.0.1:8100"), encoding="utf-8")
    path.chmod(0o600)
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == world.config_dict("http://127.0.0.1:8100")
    config = load_config(path, kinds=sources, environ=os.environ)
    assert [(one.name, one.kind) for one in config.sources] == [
        ("pager", "pagerduty"),
        ("alerts", "alertmanager"),
        ("metrics", "prometheus"),
        ("probes", "http"),
        ("rota", "rotation"),
    ]
    assert (config.seat.user, config.seat.teams) == ("alice@example.com", ("Payments",))


class Bench:
    """The sources of the demo's config on a world, polled by hand."""

    def __init__(self, folder: Path, faults: tuple[str, ...] = ()) -> None:
        self.clock = ManualClock()
        self.world = World(self.clock, faults=faults)
        path = folder / "config.yaml"
        path.write_text(self.world.config_yaml(BASE_URL), encoding="utf-8")
        path.chmod(0o600)
        config = load_config(path, kinds=sources, environ=os.environ)
        self.sources: dict[str, Source] = {}
        for options in config.sources:
            context = SourceContext(
                name=options.name,
                seat=Seat(user=config.seat.user, teams=config.seat.teams),
                clock=self.clock,
                transport=self.world.transport(),
            )
            self.sources[options.name] = sources.load_kind(options.kind).make(options, context)
        self.incidents: dict[str, Incident] = {}

    async def at(self, minutes: float, name: str) -> Snapshot:
        """The source's poll when so many minutes have passed."""
        self.clock.advance(timedelta(minutes=minutes) - (self.clock.now() - START))
        snapshot = await self.sources[name].poll(Known(incidents=self.incidents))
        for incident in snapshot.incidents or ():
            self.incidents[incident.native_id] = incident
        return snapshot

    def __getitem__(self, title: str) -> Incident:
        return next(one for one in self.incidents.values() if one.title == title)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for source in made.sources.values():
        await source.aclose()


async def test_thirty_minutes_of_incidents_as_the_pager_source_sees_them(bench: Bench) -> None:
    first = await bench.at(0, "pager")
    assert first.problems == () and first.incidents_complete
    stands = {one.title: (one.state, one.severity) for one in bench.incidents.values() if one.is_open}
    assert stands == {
        "Checkout returns 503": (IncidentState.TRIGGERED, 1),
        "P99 latency > 5000 ms, EU": (IncidentState.TRIGGERED, 2),
        "Payment gateway latency": (IncidentState.ACKNOWLEDGED, 2),
        "Database backup delay": (IncidentState.ACKNOWLEDGED, 3),
        "Login page takes 6 s": (IncidentState.ACKNOWLEDGED, 3),
        "Cache refresh": (IncidentState.SNOOZED, 4),
    }
    assert bench["Checkout returns 503"].escalates_at == START + timedelta(minutes=2)
    assert bench["Cache refresh"].wakes_at == START + timedelta(minutes=80)
    for minutes in range(1, 61):
        snapshot = await bench.at(minutes / 2, "pager")
        assert snapshot.problems == () and snapshot.incidents_complete
        in_system = {one.id for one in bench.world.pagerduty.incidents.values() if one.status != "resolved"}
        held = {one.native_id for one in bench.incidents.values() if one.is_open}
        assert held == in_system, f"at {minutes / 2} minutes"
    assert bench["Checkout returns 503"].state is IncidentState.RESOLVED
    assert bench["Login page takes 6 s"].resolved_at == START + timedelta(minutes=2.5)
    alice = [entry for entry in snapshot.on_call or () if entry.level == 1 and entry.team == "Payments"]
    assert [entry.person.contact for entry in alice] == ["alice@example.com"]


async def test_an_incident_read_whole_has_its_history(bench: Bench) -> None:
    await bench.at(3, "pager")
    detail = await bench.sources["pager"].read(bench["P99 latency > 5000 ms, EU"].native_id)
    texts = [entry.text for entry in detail.timeline]
    assert any("No laptop for the next hour" in text for text in texts)
    assert detail.incident.assignees[0].contact in (None, "alice@example.com")


async def test_alerts_come_in_groups_and_go(bench: Bench) -> None:
    def of(snapshot: Snapshot, name: str) -> list[Alert]:
        return [one for one in snapshot.alerts or () if one.name == name and one.state is AlertState.FIRING]

    first = await bench.at(0, "alerts")
    assert len(of(first, "HighErrorRate")) == 38
    assert len({one.group_key for one in of(first, "HighErrorRate")}) == 1
    assert len(of(first, "P99TooHigh")) == 4
    assert of(first, "BackupDelayed") and of(first, "DiskWillFill") and of(first, "LoginSlow")
    assert first.silences and first.silences[0].created_by == "bob@example.com"
    assert of(await bench.at(1, "alerts"), "ChallengeTimeouts")
    assert not of(await bench.at(3, "alerts"), "LoginSlow")
    assert not of(await bench.at(25, "alerts"), "HighErrorRate")


async def test_health_is_every_state_and_recovers(bench: Bench) -> None:
    def states(snapshot: Snapshot) -> dict[str, HealthStatus]:
        return {one.name: one.status for one in snapshot.health or ()}

    metrics = states(await bench.at(0, "metrics"))
    assert metrics["payments error rate"] is HealthStatus.DOWN
    assert metrics["gateway p99"] is HealthStatus.DEGRADED
    assert metrics["database backup"] is HealthStatus.DEGRADED
    assert metrics["search freshness"] is HealthStatus.UNKNOWN
    assert metrics["edge cache"] is HealthStatus.OK
    probes = states(await bench.at(0, "probes"))
    assert (probes["website"], probes["checkout"]) == (HealthStatus.OK, HealthStatus.DOWN)
    with pytest.raises(Unreachable):
        await bench.at(2.5, "metrics")
    later = states(await bench.at(25, "metrics"))
    assert later["payments error rate"] is HealthStatus.OK
    assert states(await bench.at(25, "probes"))["checkout"] is HealthStatus.OK


async def test_the_rota_is_a_team_that_the_pager_does_not_know(bench: Bench) -> None:
    pager, rota = await bench.at(0, "pager"), await bench.at(0, "rota")
    teams = {entry.team for entry in rota.on_call or ()}
    assert teams == {"Support"}
    assert teams.isdisjoint(entry.team for entry in pager.on_call or ())
    # A Monday, 14:00: Alice has the day.
    first = [entry for entry in rota.on_call or () if entry.level == 1]
    assert [entry.person.name for entry in first] == ["Alice Andersson"]


@pytest.mark.parametrize("name", ["rate-limit", "server-error", "bad-json", "latency", "source-down", "hostile"])
async def test_no_fault_makes_a_source_raise_anything_but_its_own_errors(tmp_path: Path, name: str) -> None:
    bench = Bench(tmp_path, faults=(name,))
    bench.clock.sleep = _no_wait  # type: ignore[method-assign]  # a late answer is a late answer: not waited for here
    outcomes: dict[str, set[str]] = {source: set() for source in bench.sources}
    for minute in range(10):
        for source in bench.sources:
            try:
                snapshot = await bench.at(minute + 0.75, source)
            except SourceError as error:
                outcomes[source].add(error.kind)
            else:
                outcomes[source].add("partly" if snapshot.problems else "ok")
    for source in bench.sources.values():
        await source.aclose()
    for source, seen in outcomes.items():
        assert "ok" in seen, f"{source} comes back: {outcomes}"
    if name not in ("latency", "hostile"):
        assert len(outcomes["pager"]) > 1, outcomes


async def _no_wait(seconds: float) -> None:
    assert 0 <= seconds <= 4


async def test_the_same_over_http(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    server = await serve(bench.world)
    path = tmp_path / "over-http.yaml"
    path.write_text(bench.world.config_yaml(server.base_url), encoding="utf-8")
    path.chmod(0o600)
    config = load_config(path, kinds=sources, environ=os.environ)
    for options in config.sources:
        seat = Seat(user=config.seat.user, teams=config.seat.teams)
        context = SourceContext(name=options.name, seat=seat, clock=bench.clock)
        source = sources.load_kind(options.kind).make(options, context)
        over_http = await source.poll(Known())
        assert over_http.problems == ()
        inside = await bench.at(0, options.name)
        for part in ("incidents", "on_call", "silences"):
            assert getattr(over_http, part) == getattr(inside, part)
        assert [one.id for one in over_http.alerts or ()] == [one.id for one in inside.alerts or ()]
        assert [one.status for one in over_http.health or ()] == [one.status for one in inside.health or ()]
        await source.aclose()
    for source in bench.sources.values():
        await source.aclose()
    await server.close()

"""The story is told by the clock alone, and leaves to the person what the person did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

import pytest

from oncall_tui.demo.story import Scene, Story, StoryClock
from oncall_tui.demo.story.endless import TROUBLES
from oncall_tui.demo.world import World
from tests.support.clock import START, ManualClock


def steps(looks: Iterable[float]) -> list[str]:
    """What two scenes did when somebody looked at those seconds."""
    told: list[str] = []
    clock = ManualClock()
    time = StoryClock(clock)
    story = Story(time)

    def scene(name: str, pauses: list[float]) -> Scene:
        for pause in pauses:
            told.append(f"{name} {(time.now() - START).total_seconds():g}")
            yield pause
        told.append(f"{name} {(time.now() - START).total_seconds():g} end")

    story.begin(scene("a", [10, 10]), 5)
    story.begin(scene("b", [5, 0, 7]), -3)
    for look in looks:
        clock.advance(timedelta(seconds=look) - (clock.now() - START))
        story.advance()
    assert story.waiting == 0
    assert time.now() == clock.now()
    return told


def test_each_step_happens_at_its_own_time_however_late_somebody_looks() -> None:
    often, rarely = steps(range(41)), steps([0, 40])
    assert often == rarely
    assert rarely == ["b -3", "b 2", "b 2", "a 5", "b 9 end", "a 15", "a 25 end"]


async def test_the_storys_clock_sleeps_by_the_real_one() -> None:
    clock = ManualClock()
    await StoryClock(clock).sleep(0)
    with StoryClock(clock).at(START - timedelta(hours=1)):
        assert clock.now() == START


class Watched:
    """A world with a clock, looked into by titles."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = ManualClock()
        self.world = World(self.clock, seed)

    def at(self, minutes: float, seconds: float = 0) -> None:
        self.clock.advance(timedelta(minutes=minutes, seconds=seconds) - (self.clock.now() - START))
        self.world.advance()

    def __getitem__(self, title: str) -> dict[str, object]:
        return next(one for one in self.world.state()["incidents"] if one["title"] == title)

    def __contains__(self, title: str) -> bool:
        return any(one["title"] == title for one in self.world.state()["incidents"])

    def open(self) -> set[str]:
        return {one.title for one in self.world.pagerduty.incidents.values() if one.status != "resolved"}


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_the_first_screen_is_the_seeds_day(watched: Watched) -> None:
    told = {
        one["title"]: (one["priority"], one["status"], one["service"], one["level"])
        for one in watched.world.state()["incidents"]
        if one["status"] != "resolved"
    }
    assert told == {
        "Checkout returns 503": ("P1", "triggered", "payments", 1),
        "P99 latency > 5000 ms, EU": ("P2", "triggered", "gateway", 2),
        "Payment gateway latency": ("P2", "acknowledged", "payments", 1),
        "Database backup delay": ("P3", "acknowledged", "storage", 1),
        "Login page takes 6 s": ("P3", "acknowledged", "web", 1),
        "Cache refresh": ("P4", "acknowledged", "edge", 1),
    }
    mine = [one["title"] for one in watched.world.state()["incidents"] if one["assignees"] == ["alice@example.com"]]
    assert mine == ["Payment gateway latency", "P99 latency > 5000 ms, EU", "Checkout returns 503"]
    assert watched["Checkout returns 503"]["created_at"] == "2026-11-23T13:57:00Z"
    assert watched["P99 latency > 5000 ms, EU"]["created_at"] == "2026-11-23T13:44:00Z"
    snoozed = watched.world.pagerduty.incidents[str(watched["Cache refresh"]["id"])]
    assert snoozed.unacknowledge_at == START + timedelta(minutes=80)
    notes = [note["content"] for note in watched["Payment gateway latency"]["notes"]]  # type: ignore[attr-defined]
    assert "todo: Fix database connection pooling TICKET-123 (owner: Alice)" in notes


def test_the_edges_alerts_end_a_minute_after_somebody_has_mitigated_what_they_are(watched: Watched) -> None:
    def firing() -> set[str]:
        monitoring = watched.world.monitoring
        standing = monitoring.book.standing(monitoring.now, "firing")
        return {one.labels["alertname"] for one in standing if one.labels["service"] == "edge"}

    both = {"HandshakesFail", "ConnectionsCut"}
    watched.at(20)
    declared = watched.world.pagerduty.trigger("edge", "Handshakes fail", priority="P2")
    watched.world.pagerduty.note(declared, "alice", "not mitigated yet")
    watched.at(60)
    assert both <= firing()
    watched.world.pagerduty.note(declared, "alice", "mitigated: v3.4 is rolled back")
    watched.at(61)
    assert not both & firing()


def test_the_edges_alerts_end_by_themselves_after_three_hours(watched: Watched) -> None:
    def firing() -> bool:
        monitoring = watched.world.monitoring
        standing = monitoring.book.standing(monitoring.now, "firing")
        return any(one.labels["alertname"] == "HandshakesFail" for one in standing)

    watched.at(170)
    assert firing()
    watched.at(181)
    assert not firing()


def test_the_shift_has_resolved_incidents_of_several_severities(watched: Watched) -> None:
    resolved = sorted(str(one["priority"]) for one in watched.world.state()["incidents"] if one["status"] == "resolved")
    assert resolved == ["P2", "P2", "P3", "P3", "P3", "P4"]
    for incident in watched.world.pagerduty.incidents.values():
        if incident.status == "resolved":
            kinds = [entry.kind for entry in incident.log]
            assert kinds.count("acknowledge") == 1 and "escalate" not in kinds, incident.title


def test_a_new_page_that_is_mine_comes_after_twenty_seconds(watched: Watched) -> None:
    watched.at(0, 21)
    assert "3-D Secure challenges time out" not in watched
    watched.at(0, 22)
    assert watched["3-D Secure challenges time out"]["assignees"] == ["alice@example.com"]
    assert watched["3-D Secure challenges time out"]["status"] == "triggered"


def test_an_escalation_runs_out_and_a_colleague_takes_over(watched: Watched) -> None:
    watched.at(1, 59)
    assert watched["Checkout returns 503"]["level"] == 1
    watched.at(2)
    assert watched["Checkout returns 503"]["level"] == 2
    assert watched["Checkout returns 503"]["assignees"] == ["bob@example.com"]
    watched.at(5)
    assert watched["Checkout returns 503"]["acknowledged_by"] == ["bob@example.com"]
    assert len(watched["Checkout returns 503"]["notes"]) == 1  # type: ignore[arg-type]


def test_a_colleague_acknowledges_writes_and_resolves(watched: Watched) -> None:
    watched.at(1, 25)
    assert watched["Search results are stale"]["acknowledged_by"] == ["charlie@example.com"]
    watched.at(1, 50)
    assert len(watched["Search results are stale"]["notes"]) == 1  # type: ignore[arg-type]
    watched.at(4, 30)
    assert watched["Search results are stale"]["status"] == "resolved"


def test_a_recovery_ends_the_alert_and_the_monitor_resolves(watched: Watched) -> None:
    def firing() -> bool:
        standing = watched.world.monitoring.book.standing(watched.world.monitoring.now, "firing")
        return any(one.labels["alertname"] == "LoginSlow" for one in standing)

    watched.at(2, 29)
    assert firing() and watched["Login page takes 6 s"]["status"] == "acknowledged"
    watched.at(2, 30)
    assert not firing() and watched["Login page takes 6 s"]["status"] == "resolved"
    incident = watched.world.pagerduty.incidents[str(watched["Login page takes 6 s"]["id"])]
    assert incident.log[-1].agent is incident.service, "by its monitor, not by a person"


def test_an_alert_flaps(watched: Watched) -> None:
    seen = []
    for second in range(40, 400, 15):
        watched.at(0, second)
        standing = watched.world.monitoring.book.standing(watched.world.monitoring.now, "firing")
        seen.append(any(one.labels["alertname"] == "WebSocketReconnects" for one in standing))
    changes = sum(before != now for before, now in pairwise(seen))
    assert changes >= 8


def test_what_the_person_did_stands(watched: Watched) -> None:
    pager = watched.world.pagerduty
    checkout = str(watched["Checkout returns 503"]["id"])
    watched.at(1)
    pager.acknowledge(checkout, "alice")
    watched.at(10)
    assert watched["Checkout returns 503"]["acknowledged_by"] == ["alice@example.com"]
    assert watched["Checkout returns 503"]["level"] == 1
    assert watched["Checkout returns 503"]["notes"] == []
    pager.resolve(checkout, "alice")
    watched.at(30)
    assert watched["Checkout returns 503"]["status"] == "resolved"
    assert pager.incidents[checkout].log[-1].agent == pager.estate.user("alice")


def test_it_goes_on_without_end_and_without_heaping_up() -> None:
    watched = Watched()
    most, titles, per_hour = 0, set(), []
    for hour in range(1, 13):
        before = len(watched.world.pagerduty.incidents)
        for minute in range(0, 60, 2):
            watched.at(60 * (hour - 1) + minute)
            most = max(most, len(watched.open()))
            titles |= watched.open()
        per_hour.append(len(watched.world.pagerduty.incidents) - before)
    assert most <= 12
    assert min(per_hour) >= 5
    assert {trouble.title for trouble in TROUBLES} <= titles


def test_a_day_asleep_is_not_played_whole() -> None:
    watched = Watched()
    watched.at(7)
    before = len(watched.world.pagerduty.incidents)
    watched.at(60 * 24 * 30)
    assert len(watched.world.pagerduty.incidents) - before < 80
    assert len(watched.open()) < 12


def test_the_same_seed_is_the_same_day_however_often_it_is_looked_at() -> None:
    often, rarely, other = Watched(), Watched(), Watched(seed=2)
    for second in range(0, 3600, 7):
        often.at(0, second)
    for one in (often, rarely, other):
        one.at(60)
    assert often.world.state() == rarely.world.state()

    def day(watched: Watched) -> list[tuple[object, object]]:
        return [(one["title"], one["created_at"]) for one in watched.world.state()["incidents"]]

    assert day(other) != day(rarely)
    assert day(other)[:11] == day(rarely)[:11], "the opening is the seed document's, for every seed"

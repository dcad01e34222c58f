"""The simulated monitoring: deterministic, told what happens, alerting by its own rules."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from oncall_tui.demo.monitors import Monitoring
from oncall_tui.demo.monitors.matchers import Matcher
from tests.support.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> Monitoring:
    made = Monitoring(clock, seed=1)
    for target in made.targets:
        target.naps_at = None
    return made


def value(world: Monitoring, metric: str, service: str, at: float | None = None) -> list[float]:
    matchers = (Matcher("__name__", "=", metric), Matcher("service", "=", service))
    return [found for _, found in world.instant(matchers, world.now if at is None else at)]


def firing(world: Monitoring) -> list[str]:
    world.catch_up()
    return sorted(one.labels["alertname"] for one in world.book.standing(world.now, "firing"))


def test_the_same_clock_and_seed_give_the_same_world(clock: ManualClock) -> None:
    def history(seed: int) -> object:
        world = Monitoring(ManualClock(), seed)
        world.open_scene()
        world.catch_up()
        everything = (Matcher("__name__", "!=", ""),)
        return world.window(everything, world.now - 600, world.now)

    assert history(3) == history(3)
    assert history(3) != history(4)


def test_natural_values_stay_within_bounds_and_move_smoothly(world: Monitoring, clock: ManualClock) -> None:
    series = [value(world, "job:latency_seconds:p99", "gateway", world.now - 15 * step)[0] for step in range(240)]
    assert all(0.22 < one < 0.48 for one in series)
    assert max(abs(one - other) for one, other in pairwise(series)) < 0.04
    assert len(set(series)) > 100


def test_what_is_set_holds_from_now_on_and_not_before(world: Monitoring, clock: ManualClock) -> None:
    before = value(world, "job:error_ratio", "payments")
    clock.advance(60)
    world.set_metric("payments", "error_ratio", 0.5)
    assert value(world, "job:error_ratio", "payments") == [0.5]
    assert value(world, "job:error_ratio", "payments", world.now - 60) == before
    clock.advance(60)
    world.set_metric("payments", "error_ratio", None)
    assert value(world, "job:error_ratio", "payments") == []
    clock.advance(60)
    world.set_metric("payments", "error_ratio", math.nan)
    assert math.isnan(value(world, "job:error_ratio", "payments")[0])
    clock.advance(60)
    world.clear_metric("payments", "error_ratio")
    assert value(world, "job:error_ratio", "payments")[0] < 0.01


def test_a_shape_rises_holds_and_falls_back(world: Monitoring, clock: ManualClock) -> None:
    world.shape("gateway", "latency_p99", 5.0, rise_s=60, hold_s=120, fall_s=60)
    seen = []
    for _ in range(9):
        seen.append(round(value(world, "job:latency_seconds:p99", "gateway")[0], 1))
        clock.advance(30)
    assert seen[0] < 0.5 < seen[1] < 5.0 and seen[2:7] == [5.0] * 5 and seen[8] < 0.5 < seen[7] < 5.0


def test_an_age_grows_by_itself(world: Monitoring, clock: ManualClock) -> None:
    world.set_metric("storage", "backup_age", 25 * 3600)
    clock.advance(3600)
    assert world.now - value(world, "backup_last_success_timestamp_seconds", "storage")[0] == 26 * 3600
    clock.advance(120)
    assert firing(world) == ["BackupDelayed"]


def test_a_metric_that_a_service_has_not_is_an_error(world: Monitoring) -> None:
    for call in (world.clear_metric, lambda *names: world.set_metric(*names, 1.0)):
        with pytest.raises(KeyError):
            call("payments", "backup_age")
    with pytest.raises(KeyError):
        world.set_target("nowhere:1", "x")


def test_rules_fire_after_their_time_and_end(world: Monitoring, clock: ManualClock) -> None:
    world.set_metric("gateway", "latency_p99", 6.0)
    clock.advance(30)
    assert firing(world) == []
    world.catch_up()
    assert {one.labels["alertname"] for one in world.book.standing(world.now, "pending")} == {
        "LatencyDegraded", "P99TooHigh",
    }  # fmt: skip
    clock.advance(60)
    assert firing(world) == ["P99TooHigh"]
    clock.advance(300)
    assert firing(world) == ["LatencyDegraded", "P99TooHigh"]
    world.clear_metric("gateway", "latency_p99")
    clock.advance(15)
    assert firing(world) == []


def test_a_target_that_is_down_fires_too(world: Monitoring, clock: ManualClock) -> None:
    world.set_target("web-1:8080", "connection refused")
    clock.advance(90)
    assert firing(world) == ["TargetDown"]
    world.set_target("web-1:8080", "")
    clock.advance(15)
    assert firing(world) == []


def test_one_target_naps_by_itself(clock: ManualClock) -> None:
    world = Monitoring(clock, seed=1)
    down = 0
    for _ in range(200):
        clock.advance(15)
        down += sum(bool(target.error(world.now)) for target in world.targets)
    assert 0 < down < 60


def test_alerts_by_hand_stand_until_they_are_ended(world: Monitoring, clock: ManualClock) -> None:
    world.fire("DiskFull", "storage", "warning", instance="db-7")
    world.fire("DiskFull", "storage", "warning", instance="db-7")
    world.fire("DiskFull", "storage", "warning", instance="db-8")
    clock.advance(86400)
    assert firing(world) == ["DiskFull", "DiskFull"]
    assert world.end("DiskFull", "storage", instance="db-8") == 1
    assert firing(world) == ["DiskFull"]
    assert world.end("DiskFull", "storage") == 1 and world.end("DiskFull", "storage") == 0
    assert firing(world) == []


def test_a_flapping_alert_comes_and_goes_until_it_is_ended(world: Monitoring, clock: ManualClock) -> None:
    world.flap("CacheMiss", "edge", "info", times=5, every_s=60, on_s=30)
    seen = []
    for _ in range(5):
        seen.append(bool(firing(world)))
        clock.advance(30)
    assert seen == [True, False, True, False, True]
    world.end("CacheMiss", "edge")
    clock.advance(30)
    assert firing(world) == []


def test_a_long_pause_is_caught_up_without_living_through_it(world: Monitoring, clock: ManualClock) -> None:
    world.set_metric("payments", "error_ratio", 0.5)
    clock.advance(86400 * 30)
    assert firing(world) == ["HighErrorRate"]


def test_ends_are_forgotten_after_two_hours(world: Monitoring, clock: ManualClock) -> None:
    world.flap("CacheMiss", "edge", "info", times=1)
    for _ in range(9):
        clock.advance(900)
        world.catch_up()
    assert world.book.episodes == []


def test_the_opening_scene_has_a_past(world: Monitoring) -> None:
    world.open_scene()
    assert firing(world) == [
        "BackupDelayed", "DiskWillFill", "HighErrorRate", "LatencyDegraded", "NightlyBatchSlow", "P99TooHigh",
    ]  # fmt: skip
    over = {one.labels["alertname"] for one in world.book.episodes if one.ended_at and one.ended_at <= world.now}
    assert {"ShardUnassigned", "CacheMissRatioHigh"} <= over

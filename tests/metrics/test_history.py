"""The figures against a second computation, on 400 days of history in several zones, through store and desk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oncall_tui.board import BoardSettings
from oncall_tui.config.measuring import MetricsOptions
from oncall_tui.config.options import Hours
from oncall_tui.config.schema import PolicyOptions
from oncall_tui.desk import Desk, DeskSettings
from oncall_tui.desk.history import metrics
from oncall_tui.metrics import By, Figures, Report, to_json
from oncall_tui.model import Alert, Snapshot, SourceState
from oncall_tui.policy import Calendar
from oncall_tui.sources.base import Capability
from oncall_tui.store import Store
from tests.metrics import reference
from tests.metrics.reference import END, HOLIDAYS, Said
from tests.support.clock import ManualClock
from tests.support.fakes import FakePager, FakePagerServer

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
SINCE = END - timedelta(days=180)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "data", clock=ManualClock(END))
    yield opened
    await opened.close()


def desk_on(store: Store, zone: str, **rules: Any) -> Desk:
    clock = ManualClock(END)
    server = FakePagerServer(clock)
    pager, monitor = FakePager(server), FakePager(server, name="mon")
    monitor.capabilities = frozenset({Capability.ALERTS, Capability.SILENCE})
    settings = BoardSettings(
        calendar=Calendar(zone=ZoneInfo(zone), holidays=HOLIDAYS),
        zone=UTC,
        sources=(("pager", "fake"), ("mon", "fake")),
    )
    return Desk(store, (pager, monitor), clock, DeskSettings(board=settings, rules=PolicyOptions(**rules)))


async def put(store: Store, said: list[Said], alerts: list[Alert]) -> None:
    incidents, entries, own = reference.facts(said)
    told = Snapshot(
        source="pager", taken_at=END, incidents=tuple(incidents), timeline=tuple(entries), alerts=tuple(own)
    )
    await store.apply(told, SourceState(name="pager", kind="fake"))
    await store.apply(Snapshot(source="mon", taken_at=END, alerts=tuple(alerts)), SourceState(name="mon", kind="fake"))


async def read(desk: Desk, by: By | None, since: datetime = SINCE) -> Report:
    return await metrics(desk, await desk.board(), since, END, by)


def same(found: Figures, wanted: dict[str, Any], *, without: tuple[str, ...] = ()) -> None:
    severities = wanted.pop("severities")
    for name, value in wanted.items():
        if name not in without:
            assert found[name].value == (None if value is None else pytest.approx(value)), name
    parts = found["incident_count_by_severity"].parts
    assert {key: count for key, count in parts.items() if count} == {
        (f"sev{key}" if key else "none"): count for key, count in severities.items()
    }


@pytest.mark.parametrize(("seed", "zone"), list(enumerate(ZONES)))
async def test_a_period_and_the_one_before_are_as_worked_out_otherwise(store: Store, seed: int, zone: str) -> None:
    said, alerts = reference.history(seed)
    await put(store, said, reference.monitor_alerts(alerts))
    found = await read(desk_on(store, zone), None)
    where, low, high = ZoneInfo(zone), SINCE.timestamp(), END.timestamp()
    same(found.figures, reference.expected(said, alerts, low, high, where, high))
    assert found.before is not None
    same(found.before, reference.expected(said, alerts, low - (high - low), low, where, high))
    days = {str(day): count for day, count in found.days if count}
    assert sum(days.values()) == found.figures["incident_count_by_severity"].value
    for day, count in days.items():
        assert count == sum(
            1 for one in said if not one.merged and low <= one.at < high and reference.wall(one.at, where)[0] == day
        )


@pytest.mark.parametrize("by", ["severity", "service", "person"])
async def test_groups_are_as_worked_out_otherwise(store: Store, by: By) -> None:
    said, alerts = reference.history(7)
    await put(store, said, reference.monitor_alerts(alerts))
    found = await read(desk_on(store, ZONES[0]), by)
    where, low, high = ZoneInfo(ZONES[0]), SINCE.timestamp(), END.timestamp()
    keys = {
        "severity": {None: "no severity", **{level: f"Sev{level}" for level in (1, 2, 3, 4)}},
        "service": {None: "no service", **{name: name for name in reference.SERVICES if name}},
        "person": {None: "nobody", **{name: name for name in reference.PEOPLE}},
    }[by]
    assert {one.key for one in found.groups} == set(keys.values())
    for group in found.groups:
        (value,) = [value for value, key in keys.items() if key == group.key]
        place = {"service": 2, "severity": 3}.get(by)
        wanted = reference.expected(
            said, alerts, low, high, where, high,
            group=lambda one, value=value: getattr(one, by) == value,
            alert_group=lambda row, value=value, place=place: place is not None and row[place] == value,
        )  # fmt: skip
        # An alert is nobody's.
        same(group.figures, wanted, without=("on_call_alerts_per_shift",) if by == "person" else ())
        assert (group.figures["on_call_alerts_per_shift"].value is None) is (by == "person")
    total = sum(one.figures["incident_count_by_severity"].value or 0 for one in found.groups)
    assert total == found.figures["incident_count_by_severity"].value


@pytest.mark.parametrize(("zone", "by"), [(zone, by) for zone in ZONES[:3] for by in ("shift", "week", "month")])
async def test_shifts_weeks_and_months_go_by_the_clock_on_the_wall(store: Store, zone: str, by: By) -> None:
    said, alerts = reference.history(11)
    await put(store, said, reference.monitor_alerts(alerts))
    found = await read(desk_on(store, zone), by)
    where, low, high = ZoneInfo(zone), SINCE.timestamp(), END.timestamp()

    def label(at: float) -> str:
        local = datetime.fromtimestamp(at, where)
        if by == "month":
            return f"{local:%Y-%m}"
        if by == "week":
            return str(local.date() - timedelta(days=local.weekday()))
        # Off call shifts of twelve hours begin when the team does, at nine, and at twenty-one.
        if local.hour < 9:
            return f"{local.date() - timedelta(days=1)} 21:00"
        return f"{local.date()} {'09' if local.hour < 21 else '21'}:00"

    labels = {one.key: one for one in found.groups}
    assert len(labels) == len(found.groups)
    seen = {label(one.at) for one in said if low <= one.at < high and not one.merged}
    assert seen <= set(labels)
    for key, group in labels.items():
        these = [one for one in said if low <= one.at < high and not one.merged and label(one.at) == key]
        assert group.figures["incident_count_by_severity"].value == len(these), key
        pages = [at for one in said if not one.merged for at in (one.at, *one.returned) if low <= at < high]
        assert group.figures["after_hours_pages"].of == sum(1 for at in pages if label(at) == key), key
        fired = sum(row[1] for row in alerts if low <= row[0] < high and label(row[0]) == key)
        assert group.figures["on_call_alerts_per_shift"].known == fired, key
        assert group.figures["incident_resolution_time"].value == reference.middle(
            [one.resolved - one.at for one in these if one.resolved is not None]
        )


async def test_only_a_pagers_alerts_are_counted_where_there_is_no_monitor(store: Store) -> None:
    said, alerts = reference.history(3)
    await put(store, said, reference.monitor_alerts(alerts))
    desk = desk_on(store, ZONES[0])
    desk._sources = {"pager": desk._sources["pager"]}  # type: ignore[assignment]  # a team without a monitor
    found = await read(desk, None)
    own = sum(1 for one in said if one.alert_at is not None and SINCE.timestamp() <= one.alert_at < END.timestamp())
    assert found.figures["on_call_alerts_per_shift"].known == own


async def test_a_store_without_history_gives_no_figures_and_no_zero(store: Store) -> None:
    found = await read(desk_on(store, ZONES[0]), "service")
    assert found.kept_since is None and found.groups == ()
    for name in ("incident_acknowledgement_time", "false_positive_rate", "incident_detection_time"):
        assert found.figures[name].value is None
    assert found.figures["incident_count_by_severity"].value == 0


async def test_a_long_history_is_read_in_pieces_that_nobody_waits_for(store: Store) -> None:
    said = [
        Said(number=number, at=END.timestamp() - number * 60, severity=2, service="x", title="y")
        for number in range(1, 1500)
    ]
    await put(store, said, [])
    page, after = await store.incident_history(SINCE, END, limit=200)
    assert len(page) == 200 and after is not None
    begun = time.process_time()
    found = await read(desk_on(store, ZONES[0]), "week")
    assert found.figures["incident_count_by_severity"].value == 1499
    assert time.process_time() - begun < 5


async def test_what_the_config_defines_is_what_is_measured_by(store: Store) -> None:
    own = MetricsOptions(
        first_sign=("alert",),
        working_hours=Hours(wall(7), wall(22)),
        interruption=timedelta(minutes=10),
        recurs=timedelta(days=14),
    )
    assert to_json(await read(desk_on(store, "UTC", metrics=own), None))["definitions"] == {
        "first_sign": ["alert"],
        "working_hours": "07:00-22:00",
        "interruption_s": 600,
        "recurs_s": 14 * 86400,
    }

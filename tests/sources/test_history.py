"""Incidents of long ago out of every pager that has them, by date windows, against the company's own records."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui import actions, channels, sources
from oncall_tui.cli.compose import open_house
from oncall_tui.config.load import load_config
from oncall_tui.demo.past import QUIET, Past, between
from oncall_tui.demo.transport import BASE_URL
from oncall_tui.demo.world import World
from oncall_tui.model import EntryKind, IncidentDetail
from oncall_tui.sources.base import HasHistory, RateLimited, for_history
from tests.support.clock import ManualClock

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)
KINDS = ("pagerduty", "opsgenie", "jsm", "splunk-oncall", "grafana-oncall", "goalert", "incident-io", "datadog")
START, END = NOW - timedelta(days=24, hours=5), NOW - QUIET - timedelta(hours=3)
ACKS = frozenset(KINDS) - {"datadog", "incident-io"}
"""Those that tell when an incident was acknowledged."""
NOTES = frozenset({"pagerduty"})


@asynccontextmanager
async def source_of(kind: str, folder: Path) -> AsyncIterator[tuple[Any, ManualClock]]:
    """The source of that kind in the company with everything in it."""
    clock = ManualClock(NOW)
    more = () if kind == "pagerduty" else (kind,)
    world = World(clock, seed=1, more=more)
    path = folder / "config.yaml"
    path.touch(mode=0o600)
    path.write_text(world.config_yaml(BASE_URL))
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ, known_actions=actions.BY_ID)
    async with open_house(config, folder / "data", sends=False, clock=clock, transport=world.transport()) as house:
        yield next(one for one in house.desk._sources.values() if one.kind == kind), clock


async def read(source: Any, clock: ManualClock, start: datetime, end: datetime) -> list[IncidentDetail]:
    """All of a stretch, window by window as the desk does."""
    found: list[IncidentDetail] = []
    while start < end:
        until, after = min(start + source.history_window, end), None
        while True:
            try:
                with for_history():
                    page = await source.history(start, until, after)
            except RateLimited as error:
                assert error.retry_after is not None
                clock.advance(error.retry_after)
                continue
            assert page.notes == ()
            found += page.incidents
            if (after := page.after) is None:
                break
        start = until
    return found


def records(start: datetime, end: datetime) -> list[Past]:
    return list(between(1, NOW, start, end))


@pytest.mark.parametrize("kind", KINDS)
async def test_the_past_is_read_whole_and_each_incident_once(kind: str, tmp_path: Path) -> None:
    wanted = records(START, END)
    assert len(wanted) > 25
    async with source_of(kind, tmp_path) as (source, clock):
        assert isinstance(source, HasHistory)
        found = await read(source, clock, START, END)
        by_title = sorted((one.incident.created_at, one.incident.title) for one in found)
        assert by_title == sorted((one.at, one.title) for one in wanted)
        assert len({one.incident.id for one in found}) == len(found)
        assert not any(one.incident.is_open for one in found)
        ended = {(one.incident.created_at, one.incident.resolved_at) for one in found}
        assert ended == {(one.at, one.resolved_at) for one in wanted}
        again = await read(source, clock, START, END)
        assert [one.incident.id for one in again] == [one.incident.id for one in found]


@pytest.mark.parametrize("kind", sorted(ACKS))
async def test_when_each_was_acknowledged_is_told(kind: str, tmp_path: Path) -> None:
    wanted = {one.at: one.acked_at for one in records(START, END)}
    async with source_of(kind, tmp_path) as (source, clock):
        for one in await read(source, clock, START, END):
            incident = one.incident
            entries = [entry.at for entry in one.timeline if entry.kind is EntryKind.ACKNOWLEDGED]
            told = [*entries, incident.first_acknowledged_at, incident.acknowledged_at]
            first = min((at for at in told if at is not None), default=None)
            expected = wanted[incident.created_at]
            if expected is None:
                assert first is None
            else:
                assert first is not None and abs(first - expected) < timedelta(seconds=1)


@pytest.mark.parametrize("kind", sorted(NOTES))
async def test_notes_come_with_it_where_the_log_says_that_there_are_some(kind: str, tmp_path: Path) -> None:
    wanted = {one.at: [text for _, text in one.notes] for one in records(START, END)}
    async with source_of(kind, tmp_path) as (source, clock):
        found = {
            one.incident.created_at: [entry.text for entry in one.timeline if entry.kind is EntryKind.NOTE]
            for one in await read(source, clock, START, END)
        }
        assert {at: sorted(texts) for at, texts in found.items()} == {at: sorted(texts) for at, texts in wanted.items()}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_edges_of_a_stretch_belong_to_one_side(kind: str, tmp_path: Path) -> None:
    first, second, *_ = records(START, END)
    async with source_of(kind, tmp_path) as (source, clock):
        edge = first.at
        before = await read(source, clock, edge - timedelta(minutes=1), edge)
        behind = await read(source, clock, edge, second.at)
        assert [one.incident.created_at for one in before] == []
        assert [one.incident.created_at for one in behind] == [first.at]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stretch_in_which_nothing_was_is_empty(kind: str, tmp_path: Path) -> None:
    async with source_of(kind, tmp_path) as (source, clock):
        early = NOW - timedelta(days=600)
        assert await read(source, clock, early, early + timedelta(days=1)) == []


async def test_splunks_history_is_asked_once_a_minute_by_polls_and_backfill_together(tmp_path: Path) -> None:
    async with source_of("splunk-oncall", tmp_path) as (source, clock):
        await source.history(START, END)
        with pytest.raises(RateLimited):
            await source.history(START, END)
        clock.advance(61)
        await source.history(START, END)


def test_who_has_none_does_not_say_that_it_has() -> None:
    from oncall_tui.sources import prometheus, rotation

    for module in (prometheus, rotation):
        assert not any(hasattr(getattr(module, name), "history") for name in dir(module) if name[0].isupper())

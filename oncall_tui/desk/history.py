"""What was and what comes, as the desk has it: the metrics of a period, read in small pieces; the shifts ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oncall_tui.board import Board
from oncall_tui.metrics import (
    By,
    Measured,
    Period,
    Plan,
    Report,
    Rules,
    Span,
    drawn,
    measure,
    plan,
    report,
    stretch,
)
from oncall_tui.metrics.report import NO_SERVICE, severity_key
from oncall_tui.schedule import Schedule, look_ahead

if TYPE_CHECKING:
    from oncall_tui.desk import Desk

_PIECE = timedelta(days=1)


async def metrics(desk: Desk, board: Board, since: datetime, until: datetime, by: By | None) -> Report:
    """The report of the stretch.

    Raises:
        PeriodError: it ends before it begins, or has too many parts.
    """
    rules = desk.settings.board
    wanted = plan(
        since,
        until,
        by=by,
        zone=rules.calendar.zone,
        shift=rules.shift_duration,
        anchor=_anchor(desk, board, until),
    )
    kept_since, alerts_since = await desk.history_begins()
    return report(
        wanted,
        await _measured(desk, wanted),
        await _fired(desk, wanted, _monitors(board)),
        calendar=rules.calendar,
        now=desk.clock.now(),
        kept_since=kept_since,
        alerts_since=alerts_since,
        judgements=await desk.judgements(wanted.before.start, wanted.period.end),
        rules=metric_rules(desk),
    )


async def span_metrics(desk: Desk, board: Board, span: Span, back: int, by: By) -> tuple[Report, Report]:
    """The report of the shift, week or month, ``back`` of them ago, cut by ``by``; and the one that is drawn: by day,
    or by shift."""
    now = desk.clock.now()
    rules = desk.settings.board
    zone, shift, anchor = rules.calendar.zone, rules.shift_duration, _anchor(desk, board, now)
    since, until = stretch(span, back, now=now, zone=zone, shift=shift, anchor=anchor)
    first, last, each = drawn(span, back, now=now, zone=zone, shift=shift, anchor=anchor)
    return await metrics(desk, board, since, until, by), await metrics(desk, board, first, last, each)


def _anchor(desk: Desk, board: Board, until: datetime) -> datetime:
    """When some shift begins. Off call nobody's shift says when: they do when the team does."""
    if board.shift.on_call:
        return board.shift.start
    calendar = desk.settings.board.calendar
    return datetime.combine(until.astimezone(calendar.zone).date(), calendar.opens, tzinfo=calendar.zone)


async def schedule_ahead(desk: Desk, board: Board, length: timedelta) -> Schedule:
    """The rotations from now on, for so long."""
    now = desk.clock.now()
    teams = desk.settings.board.teams
    return look_ahead(await desk.shifts(), board.directories, now=now, until=now + length, teams=teams)


def metric_rules(desk: Desk) -> Rules:
    """The team's definitions, as the config has them."""
    options, calendar = desk.settings.rules.metrics, desk.settings.board.calendar
    hours = options.working_hours
    return Rules(
        first_sign=frozenset(options.first_sign),
        hours=replace(calendar, opens=hours.start, closes=hours.end) if hours is not None else None,
        one_interruption=options.interruption,
        recurs_within=options.recurs,
    )


async def _measured(desk: Desk, wanted: Plan) -> list[Measured]:
    rules = desk.settings.board
    found: list[Measured] = []
    own = metric_rules(desk)
    start, after = wanted.before.start - own.recurs_within, None
    while True:
        page, after = await desk.incident_history(start, wanted.period.end, after)
        found += [one for raw in page if (one := measure(raw, rules.policy, rules.calendar, own)) is not None]
        if after is None:
            return found


def _monitors(board: Board) -> frozenset[str]:
    """Where alerts are counted: at what tells of alerts and not of incidents; a pager tells them after its monitors."""
    tells = {name for name, words in board.capabilities.items() if "alerts" in words}
    return frozenset(name for name in tells if "incidents" not in board.capabilities[name]) or frozenset(tells)


async def _fired(desk: Desk, wanted: Plan, sources: frozenset[str]) -> dict[tuple[Period, str | None], int] | None:
    if not sources:
        return None
    counts: Counter[tuple[Period, str | None]] = Counter()
    for period in (wanted.period, wanted.before, *wanted.parts):
        for low, high in _pieces(period):
            if wanted.by in ("service", "severity"):
                assert wanted.by is not None
                for what, count in (await desk.alerts_fired(low, high, sources, wanted.by)).items():
                    counts[period, _key(wanted.by, what)] += count
                    counts[period, None] += count
            else:
                counts[period, None] += sum((await desk.alerts_fired(low, high, sources, None)).values())
    return counts


def _key(by: By, what: str | int | None) -> str:
    if by == "severity":
        return severity_key(what if isinstance(what, int) else None)
    return str(what) if what else NO_SERVICE


def _pieces(period: Period) -> Iterator[tuple[datetime, datetime]]:
    low = period.start
    while low < period.end:
        high = min(low + _PIECE, period.end)
        yield low, high
        low = high

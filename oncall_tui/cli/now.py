"""``now``: the four panes once, as text or JSON. Never sends anything."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime

import msgspec

from oncall_tui.board import Board, PaneName, SourceStatus
from oncall_tui.board.report import is_ok, now_report
from oncall_tui.cli import exits
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import age_words
from oncall_tui.model import SourceState
from oncall_tui.text import clip, fit, paint_safe, width

WIDTH = 100


def now(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_now(args))


async def _now(args: Namespace) -> int:
    config = read_config(args)
    panes = tuple(PaneName(name) for name in args.pane) if args.pane else tuple(PaneName)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        failed = {} if args.cached else await house.desk.poll_once()
        board = await house.desk.board()
        states = await house.desk.source_states()
        moment = house.clock.now()
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(now_report(board, states, moment, panes))).decode())
        sys.stdout.write("\n")
    else:
        sys.stdout.write("\n".join(paint_safe(line) for line in report_lines(board, states, moment, panes)) + "\n")
    return exits.STALE if any(failed.values()) else exits.OK


def report_lines(board: Board, states: Sequence[SourceState], now: datetime, panes: Sequence[PaneName]) -> list[str]:
    """The panes as plain lines of at most :data:`WIDTH` cells."""
    makers = {
        PaneName.INCIDENTS: _incidents,
        PaneName.ALERTS: _alerts,
        PaneName.HEALTH: _health,
        PaneName.ON_CALL: _on_call,
    }
    lines: list[str] = []
    for pane in panes:
        if lines:
            lines.append("")
        lines += makers[pane](board, now)
        freshness = board.panes[pane]
        if not freshness.served:
            lines.append("  no configured source serves this")
        elif freshness.missing:
            lines.append(f"  no answer yet from {', '.join(freshness.missing)}")
    stale = [state for state in states if not is_ok(state)]
    if stale:
        lines += ["", "=== Not up to date ==="]
    for state in stale:
        seen = f"as of {_ago(state.last_success, now)}" if state.last_success else "never read"
        lines.append(clip(f"  {state.name} ({state.kind}): {seen}; {state.error or '; '.join(state.problems)}", 200))
    return lines


def _stale(board: Board, pane: PaneName, now: datetime) -> str:
    """What is printed once is asked for once: a source that failed marks its panes, however young its last answer."""
    failed = [one for one in board.sources if one.status is not SourceStatus.OK and pane.value in one.serves]
    state = board.panes[pane]
    if not state.stale and not failed:
        return ""
    ages = [one.last_success for one in failed if one.last_success is not None]
    as_of = state.as_of or min(ages, default=None)
    return f"  (STALE, as of {_ago(as_of, now)})" if as_of is not None else "  (STALE)"


def _ago(moment: datetime, now: datetime) -> str:
    words = age_words(now - moment)
    return "less than a minute ago" if words == "now" else f"{words} ago"


def _incidents(board: Board, now: datetime) -> list[str]:
    rows = [row for row in board.incidents if row.incident.is_open]
    lines = [f"=== Active incidents: {len(rows)} ==={_stale(board, PaneName.INCIDENTS, now)}"]
    for row in rows:
        incident = row.incident
        severity = f"SEV{incident.severity}" if incident.severity else "SEV?"
        pending = "".join(f" [{action.verb.value}: {action.state.value}]" for action in row.actions)
        people = ", ".join(person.name for person in incident.assignees)
        age = fit(age_words(now - incident.created_at), 4)
        lines.append(
            f"  {whole(incident.id, 20)} {severity} {fit(incident.state.value, 12)} "
            f"{age} {fit(_due(row.due, now), 18)} {clip(incident.title, WIDTH)}"
            f"{f' ({incident.service.name})' if incident.service else ''}{f' -> {people}' if people else ''}{pending}"
        )
    return lines


def whole(name: str, cells: int) -> str:
    """Padded to so many cells and never cut: a name that is typed again elsewhere."""
    return name + " " * (cells - width(name))


def _due(due: object, now: datetime) -> str:
    from oncall_tui.policy import Due

    if not isinstance(due, Due):
        return ""
    if due.overdue(now):
        return f"{due.what.value} +{age_words(now - due.at)}"
    return f"{due.what.value} in {age_words(due.at - now).replace('now', '<1m')}"


def _alerts(board: Board, now: datetime) -> list[str]:
    total = sum(row.count for row in board.alerts)
    lines = [
        f"=== Recent alerts (last hour): {total} in {len(board.alerts)} groups ==={_stale(board, PaneName.ALERTS, now)}"
    ]
    lines += [
        f"  suggested: SEV{one.severity} {clip(one.title, WIDTH)} ('oncall-tui suggestions' tells why)"
        for one in board.suggestions
    ]
    lines += [
        f"  {row.last_at.astimezone(board.zone):%H:%M} {fit(row.state.value, 9)} {fit(row.severity_word or '-', 9)} "
        f"{fit(row.name, 22)} {fit(row.where, 16)} x{row.count:<4} {row.ids[0]}"
        f"{f' -> {clip(row.incident_title, 50)}' if row.incident_title else ''}"
        for row in board.alerts
    ]
    return lines


def figure(value: float) -> str:
    """A measured value for people: three significant digits, whole above a hundred."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _health(board: Board, now: datetime) -> list[str]:
    lines = [f"=== System health ==={_stale(board, PaneName.HEALTH, now)}"]
    for row in board.health:
        check = row.check
        value = f"{figure(check.value)} {check.unit or ''}".strip() if check.value is not None else ""
        lines.append(
            f"  {fit(check.status.value, 9)} {fit(check.service or '-', 12)} {fit(check.name, 28)} "
            f"{fit(value, 12)} {clip(check.detail or '', 60)}".rstrip()
        )
    return lines


def _on_call(board: Board, now: datetime) -> list[str]:
    lines = [f"=== Current on-call ==={_stale(board, PaneName.ON_CALL, now)}"]
    for team in board.on_call:
        shared = len(team.sources) > 1
        lines.append(f"  {team.team}{f' ({team.source})' if shared else ''}")
        vacant = list(team.vacant)
        for holder in team.holders:
            entry = holder.entry
            while vacant and vacant[0] < entry.level:
                lines.append(f"    {vacant.pop(0)} NOBODY")
            says = f", says {', '.join(holder.sources)}" if len(holder.sources) < len(team.sources) else ""
            until = f"until {entry.until.astimezone(board.zone):%a %H:%M}" if entry.until else "always"
            wait = entry.paged_after_s  # None: it is not told
            after = "" if wait is None else f"after {wait / 60:.0f} min" if wait else "first"
            following = f", then {entry.next_person}" if entry.next_person else ""
            lines.append(f"    {entry.level} {fit(entry.person.name, 24)} {fit(after, 12)} {until}{following}{says}")
    return lines

"""From facts to the board. Pure: the same facts, settings and minute give an equal board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from oncall_tui.board.alerts import Alerts
from oncall_tui.board.incidents import Incidents, ground_of, maintenance
from oncall_tui.board.model import (
    AlertRow,
    Board,
    HealthRow,
    Holder,
    OnCallTeam,
    OutboxCounts,
    PaneName,
    PaneState,
    SeatView,
    Shift,
    SourceStatus,
    SourceView,
)
from oncall_tui.board.settings import BoardSettings
from oncall_tui.model import (
    Change,
    Facts,
    HealthStatus,
    OnCall,
    OutboxRow,
    OutboxState,
    SourceState,
)

if TYPE_CHECKING:
    from oncall_tui.board.suggested import Suggestions
    from oncall_tui.policy.suggest import Suggestion

ROLES = {1: "primary", 2: "secondary"}


def build_board(
    facts: Facts,
    settings: BoardSettings,
    now: datetime,
    *,
    sender: str | None = None,
    banner: str | None = None,
) -> Board:
    """The board at ``now`` (aware UTC)."""
    return Builder().build(facts, settings, now, sender=sender, banner=banner)


class Builder:
    """Builds one board after the other. Each is what :func:`build_board` makes of the same facts; a row that has not
    changed is the same object as on the board before, which makes both the building and the comparing quick."""

    def __init__(self) -> None:
        self._incidents = Incidents()
        self._alerts = Alerts()
        self._suggestions: Suggestions | None = None

    def build(
        self,
        facts: Facts,
        settings: BoardSettings,
        now: datetime,
        *,
        sender: str | None = None,
        banner: str | None = None,
    ) -> Board:
        """The board at ``now`` (aware UTC)."""
        facts = _of_configured(facts, settings)
        stale = _stale(facts, settings, now)
        seat = _seat(facts, settings, now)
        ground = ground_of(settings, seat, facts, now)
        actions = _actions(facts.outbox)
        maintained = maintenance(facts.changes, now)
        self._incidents.take(
            facts, ground, now, actions=actions, maintained=maintained, stale=stale[PaneName.INCIDENTS]
        )
        alerts = self._alerts.rows(
            facts, self._incidents, settings.capabilities, actions=actions, stale=stale[PaneName.ALERTS]
        )
        suggestions, dismissed = self._suggested(alerts, facts, settings, now)
        return Board(
            minute=now.replace(second=0, microsecond=0),
            seat=seat,
            shift=current_shift(facts.on_call, seat, settings.shift_duration, now),
            zone=settings.zone,
            sources=_sources(facts.sources, settings, now),
            panes=_panes(facts, settings, now),
            incidents=self._incidents.rows,
            alerts=alerts,
            suggestions=suggestions,
            dismissed=dismissed,
            health=_health(facts, maintained, stale[PaneName.HEALTH]),
            on_call=_on_call(facts, settings, seat, stale[PaneName.ON_CALL]),
            silences=facts.silences,
            changes=facts.changes,
            directories=facts.directories,
            capabilities=dict(settings.capabilities),
            lacks=dict(settings.lacks),
            channels=settings.channels,
            policy=settings.policy,
            outbox=facts.outbox,
            counts=_counts(facts.outbox, sender),
            banner=banner,
        )

    def _suggested(
        self, alerts: tuple[AlertRow, ...], facts: Facts, settings: BoardSettings, now: datetime
    ) -> tuple[tuple[Suggestion, ...], tuple[Suggestion, ...]]:
        """The suggested incidents, and those that were dismissed. None before every pager has answered, or failed: its
        incidents may be theirs."""
        if _awaited(facts, settings):
            return (), ()
        if self._suggestions is None:
            if not any(not row.joins for row in alerts):
                return (), ()
            # Not at the top: where every alert has its incident nothing is ever suggested.
            from oncall_tui.board.suggested import Suggestions

            self._suggestions = Suggestions()
        return self._suggestions.take(
            alerts, settings.detect, settings.capabilities, facts.dismissals, now, self._alerts.open_of
        )


def _actions(outbox: tuple[OutboxRow, ...]) -> dict[str, tuple[OutboxRow, ...]]:
    """What stands beside a row, by target: pending ones, and those that a person has to look at."""
    actions: dict[str, list[OutboxRow]] = {}
    for row in outbox:
        if row.pending or row.state in (OutboxState.REFUSED, OutboxState.UNKNOWN):
            actions.setdefault(row.target, []).append(row)
    return {target: tuple(rows) for target, rows in actions.items()}


def _of_configured(facts: Facts, settings: BoardSettings) -> Facts:
    """Without what a source told that is not configured any more: nobody asks it, so it would stand there for ever.
    Its open incidents stay, for only its word closes them (W12)."""
    names = {name for name, _ in settings.sources}
    return replace(
        facts,
        groups=tuple(one for one in facts.groups if one.source in names),
        health=tuple(one for one in facts.health if one.source in names),
        on_call=tuple(one for one in facts.on_call if one.source in names),
        shifts=tuple(one for one in facts.shifts if one.source in names),
        silences=tuple(one for one in facts.silences if one.source in names),
        changes=tuple(one for one in facts.changes if one.source in names),
        directories={name: one for name, one in facts.directories.items() if name in names},
        sources=tuple(one for one in facts.sources if one.name in names),
    )


# -- seat and shift --------------------------------------------------------------------------------------------


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()


def _is_seat(entry: OnCall, settings: BoardSettings, my_ids: frozenset[str]) -> bool:
    if f"{entry.source}:{entry.person.id}" in my_ids:
        return True
    user = settings.user_in.get(entry.source, settings.user)
    if any(_same(user, word) for word in (entry.person.contact, entry.person.id, entry.person.name)):
        return True
    return _same(settings.seat_mail, entry.person.contact)


def _covers(entry: OnCall, now: datetime) -> bool:
    return (entry.since is None or entry.since <= now) and (entry.until is None or now < entry.until)


def _by_weight(entry: OnCall) -> tuple[object, ...]:
    """Sort key of what a seat holds at once: which of them its role, its hand-off and its shift go by. The lowest level
    is paged first; a place held for ever has no hand-off; the one held longest decides among teams."""
    return (entry.level, entry.until is None, -entry.until.timestamp() if entry.until else 0.0, entry.team)


def _seat(facts: Facts, settings: BoardSettings, now: datetime) -> SeatView:
    my_ids = frozenset(
        f"{source}:{directory.me.id}" for source, directory in facts.directories.items() if directory.me is not None
    )
    held = [entry for entry in facts.on_call if _covers(entry, now) and _is_seat(entry, settings, my_ids)]
    held.sort(key=_by_weight)
    names = [directory.me.name for directory in facts.directories.values() if directory.me is not None]
    name = held[0].person.name if held else names[0] if names else settings.user or "nobody"
    if not held:
        return SeatView(
            user=settings.user, name=_short_name(name), role=None, read_only=settings.read_only, my_ids=my_ids
        )
    first = held[0]
    return SeatView(
        user=settings.user,
        name=_short_name(name),
        role=ROLES.get(first.level, f"level {first.level}"),
        team=first.team,
        since=first.since,
        until=first.until,
        next_person=first.next_person,
        read_only=settings.read_only,
        my_ids=my_ids | {f"{entry.source}:{entry.person.id}" for entry in held},
    )


def _short_name(name: str) -> str:
    return name.partition("@")[0].split(" ")[0] or name


def current_shift(on_call: tuple[OnCall, ...], seat: SeatView, length: timedelta, now: datetime) -> Shift:
    """The current shift (product S1): the seat's on-call entry that covers ``now``, cut into pieces of ``length``
    from its start where it is longer; with none, the last stretch of that length, marked not on call."""
    mine = [
        entry
        for entry in on_call
        if f"{entry.source}:{entry.person.id}" in seat.my_ids and _covers(entry, now) and seat.role is not None
    ]
    if not mine:
        return Shift(start=now - length, end=now, on_call=False)
    entry = min(mine, key=_by_weight)
    start = entry.since or now.replace(hour=0, minute=0, second=0, microsecond=0)
    start += length * ((now - start) // length)
    end = start + length
    return Shift(start=start, end=min(end, entry.until) if entry.until is not None else end, on_call=True)


# -- sources and panes -----------------------------------------------------------------------------------------


def _sources(states: tuple[SourceState, ...], settings: BoardSettings, now: datetime) -> tuple[SourceView, ...]:
    known = {state.name: state for state in states}
    return tuple(_source(known.get(name) or SourceState(name=name, kind=kind), now) for name, kind in settings.sources)


def _source(state: SourceState, now: datetime) -> SourceView:
    if state.last_success is None:
        status = SourceStatus.DOWN if state.error else SourceStatus.NEVER
    elif state.stopped or (state.error and state.is_stale(now)):
        status = SourceStatus.DOWN
    elif state.error or state.problems or state.is_stale(now):
        status = SourceStatus.LATE
    else:
        status = SourceStatus.OK
    settled = status is SourceStatus.OK
    return SourceView(
        name=state.name,
        kind=state.kind,
        status=status,
        # A healthy source shows only its dot: its age must not make boards differ at each poll.
        last_success=None if settled else state.last_success,
        error=state.error,
        error_kind=state.error_kind,
        next_try=None if settled else state.next_try,
        stopped=state.stopped,
        problems=state.problems,
        serves=state.serves,
        poll_s=state.poll_s,
        failures=state.failures,
        clock_skew_s=state.clock_skew_s if abs(state.clock_skew_s or 0) >= 60 else None,
    )


_SERVES = {
    PaneName.INCIDENTS: "incidents",
    PaneName.ALERTS: "alerts",
    PaneName.HEALTH: "health",
    PaneName.ON_CALL: "on_call",
}


def _stale(facts: Facts, settings: BoardSettings, now: datetime) -> dict[PaneName, set[str]]:
    """For each pane the sources whose part of it is not of the last three polls."""
    # Open incidents of a source that is not configured any more are there too.
    names = {name for name, _ in settings.sources} | {incident.source for incident in facts.incidents}
    return {
        pane: names - {state.name for state in facts.sources if not state.of_part(word).is_stale(now)}
        for pane, word in _SERVES.items()
    }


def _panes(facts: Facts, settings: BoardSettings, now: datetime) -> dict[PaneName, PaneState]:
    known = {state.name: state for state in facts.sources}
    panes = {pane: _pane(word, known, settings, now) for pane, word in _SERVES.items()}
    if facts.counting:
        panes[PaneName.ALERTS] = replace(panes[PaneName.ALERTS], counting=True)
    if facts.unread:
        panes[PaneName.INCIDENTS] = replace(panes[PaneName.INCIDENTS], unread=facts.unread)
    return panes


def _awaited(facts: Facts, settings: BoardSettings) -> bool:
    """Whether a pager has neither answered nor failed yet."""
    heard = {one.name for one in facts.sources if one.last_success is not None or one.error is not None}
    pagers = (name for name, words in settings.capabilities.items() if _SERVES[PaneName.INCIDENTS] in words)
    configured = {name for name, _ in settings.sources}
    return any(name in configured and name not in heard for name in pagers)


def _pane(word: str, known: Mapping[str, SourceState], settings: BoardSettings, now: datetime) -> PaneState:
    serving = [
        (known.get(name) or SourceState(name=name, kind=kind)).of_part(word)
        for name, kind in settings.sources
        if word in settings.capabilities.get(name, frozenset())
    ]
    late = [state for state in serving if state.is_stale(now)]
    missing = tuple(state.name for state in serving if state.last_success is None)
    ages = [state.last_success for state in late if state.last_success is not None]
    reasons = [f"{state.name}: {why}" for state in late if (why := state.error or "; ".join(state.problems))]
    return PaneState(
        stale=bool(late),
        as_of=min(ages) if ages else None,
        reason=reasons[0] if reasons else None,
        missing=missing,
        served=bool(serving),
    )


# -- health, on call, outbox -----------------------------------------------------------------------------------

_HEALTH_RANK = {HealthStatus.DOWN: 0, HealthStatus.DEGRADED: 1, HealthStatus.UNKNOWN: 2, HealthStatus.OK: 3}


def _health(facts: Facts, maintained: Mapping[str, Change], stale: set[str]) -> tuple[HealthRow, ...]:
    rows = [
        HealthRow(
            check=check,
            history=facts.history.get(check.id, ()),
            maintenance=maintained.get(check.service.casefold()) if check.service else None,
            stale=check.source in stale,
        )
        for check in facts.health
    ]
    rows.sort(key=lambda row: (_HEALTH_RANK[row.check.status], row.check.service or "", row.check.name, row.check.id))
    return tuple(rows)


def _on_call(facts: Facts, settings: BoardSettings, seat: SeatView, stale: set[str]) -> tuple[OnCallTeam, ...]:
    groups: dict[str, list[OnCall]] = {}
    for entry in facts.on_call:
        groups.setdefault(entry.team.casefold(), []).append(entry)
    wanted = {team.casefold() for team in settings.teams}
    order = {name: number for number, (name, _) in enumerate(settings.sources)}
    teams = []
    for team, entries in groups.items():
        entries.sort(key=lambda entry: (entry.level, order[entry.source], entry.person.name))
        holders = _holders(entries, settings, seat, stale)
        sources = tuple(sorted({entry.source for entry in entries}, key=order.__getitem__))
        teams.append(
            OnCallTeam(
                team=min(entries, key=lambda entry: order[entry.source]).team,
                rows=tuple(entries),
                holders=holders,
                sources=sources,
                mine=team in wanted or any(holder.mine for holder in holders),
                stale=stale.issuperset(sources),
            )
        )
    teams.sort(key=lambda one: (not one.mine, one.team.casefold()))
    return tuple(teams)


def _holders(entries: list[OnCall], settings: BoardSettings, seat: SeatView, stale: set[str]) -> tuple[Holder, ...]:
    """Each person once on a level, and who says so. What one system says twice is two entries of it."""
    found: dict[tuple[int, str, int], list[OnCall]] = {}
    for entry in entries:
        person = settings.identity.person(entry.source, entry.person)
        number = 0
        while any(one.source == entry.source for one in found.get((entry.level, person, number), ())):
            number += 1
        found.setdefault((entry.level, person, number), []).append(entry)
    return tuple(
        Holder(
            entry=same[0],
            sources=tuple(one.source for one in same),
            mine=any(_is_seat(one, settings, seat.my_ids) for one in same),
            stale=stale.issuperset(one.source for one in same),
        )
        for same in found.values()
    )


def _counts(outbox: tuple[OutboxRow, ...], sender: str | None) -> OutboxCounts:
    return OutboxCounts(
        queued=sum(1 for row in outbox if row.pending and not row.held),
        held=sum(1 for row in outbox if row.pending and row.held),
        failed=sum(1 for row in outbox if row.state in (OutboxState.REFUSED, OutboxState.UNKNOWN)),
        sender=sender,
    )

"""How one incident is led, as its screen shows it: what is due by which rule, the watch, the checklist, the status
page. Pure: built when an incident is open, never for the whole board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from oncall_tui.board.channels import made_of
from oncall_tui.board.model import Board, SourceStatus, SourceView
from oncall_tui.model import AlertState, IncidentFacts, OutboxState, Verb
from oncall_tui.policy.checklists import Checklist, Finding, Standing, Tick, standings
from oncall_tui.policy.communication import Communication, audience_told_at, told_at
from oncall_tui.policy.life import life
from oncall_tui.policy.marks import MarkKind, marks
from oncall_tui.policy.publication import Published, Story, story
from oncall_tui.policy.reminders import Around, Reminder, Rules, reminders
from oncall_tui.policy.watching import (
    Bad,
    Firing,
    Sight,
    Watch,
    WatchState,
    recovered_finding,
    told_finding,
    watch,
    watch_finding,
)
from oncall_tui.records import dataclass

_PUBLISHING = frozenset({Verb.PUBLISH, Verb.PUBLISH_UPDATE})
WATCH = "watch"
"""The list under which a watch is kept: what was seen of an incident between two looks."""
BEGAN, SEEN, OVER, SAID, COMPLETE = "began", "seen", "over", "said", "complete"
"""Its items: begun by key, what was last not well, that it was well for its whole length, what was told of it, that the
checklist beside it is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """One incident under the team's rules, at one moment."""

    incident_id: str
    reminders: tuple[Reminder, ...]
    """The nearest deadline first, offers last."""
    communication: Communication
    told: Mapping[str, datetime | None] = field(default_factory=dict)
    """By audience, and of stakeholders: when they were last told."""
    story: Story
    """What can be told of it, and what a status page ought to say."""
    pages: tuple[Published, ...] = ()
    checklist: Checklist
    standing: tuple[Standing, ...] = ()
    watch: Watch | None = None
    watch_length: timedelta = timedelta(minutes=15)

    def reminder_for(self, audience: str) -> Reminder | None:
        """What is due to that audience."""
        return next((one for one in self.reminders if one.audience == audience), None)


def led(
    view: IncidentFacts,
    board: Board,
    rules: Rules,
    checklist: Checklist,
    span: timedelta,
    now: datetime,
    *,
    ticks: Sequence[Tick] = (),
    watch_ticks: Sequence[Tick] = (),
) -> Led:
    """The incident that ``view`` is of.

    Args:
        span: how long the watch lasts.
        ticks: what was said of the checklist's items.
        watch_ticks: what is kept of its watch.
    """
    found = marks(view.timeline)
    first_alert = min((alert.first_at for alert in view.alerts), default=None)
    its_life = life(view.incident, view.timeline, first_alert)
    sight = sight_of(view, board)
    watched = watched_of(view, sight, span, now, watch_ticks)
    recovered = watched is not None and watched.state is WatchState.RECOVERED
    recovered_at = watched.until if watched is not None and recovered else None
    channels = tuple((channel.name, channel.kind) for channel in board.channels)
    pages = pages_of(view, board)
    around = Around(
        channels=channels,
        pages=pages,
        health=tuple((row.check, row.history) for row in board.health),
        recovered_at=recovered_at,
    )
    told = told_at(view.timeline)
    findings = _findings(checklist, watched, sight, told, its_life.resolved or recovered_at)
    audiences = rules.communication.audiences
    return Led(
        incident_id=view.incident.id,
        reminders=reminders(view, rules, around),
        communication=rules.communication,
        told={
            "stakeholders": told,
            **{one.name: audience_told_at(one, view.timeline, view.outbox, channels) for one in audiences},
        },
        story=story(view.incident, its_life, found, view.timeline),
        pages=pages,
        checklist=checklist,
        standing=standings(checklist, ticks, findings),
        watch=watched,
        watch_length=span,
    )


def _findings(
    checklist: Checklist, watched: Watch | None, sight: Sight, told: datetime | None, over: datetime | None
) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for item in checklist.items:
        match item.check:
            case "watch":
                found[item.id] = watch_finding(watched)
            case "recovered":
                found[item.id] = recovered_finding(sight)
            case "told":
                found[item.id] = told_finding(told, over)
    return found


# -- the watch -------------------------------------------------------------------------------------------------


def fixed_at(view: IncidentFacts) -> datetime | None:
    """The latest mark ``mitigated``: a fix that did not hold is followed by another."""
    times = [mark.at for mark in marks(view.timeline) if mark.kind is MarkKind.MITIGATED]
    return max(times, default=None)


def watched_of(
    view: IncidentFacts, sight: Sight, span: timedelta, now: datetime, ticks: Sequence[Tick]
) -> Watch | None:
    """The incident's watch as it stands; ``None``: nothing was fixed, and nobody has begun one."""
    kept = {tick.item: tick for tick in ticks}
    begun = kept[BEGAN].at if BEGAN in kept else None
    began = max((at for at in (fixed_at(view), begun) if at is not None), default=None)
    if began is None or began > now:
        return None
    over = kept.get(OVER)
    if over is not None and over.at >= began:
        # It was well for the whole time; what comes afterwards is another trouble.
        return Watch(state=WatchState.RECOVERED, began=began, length=span, well_since=over.at - span, words=over.said)
    seen = kept.get(SEEN)
    return watch(began, span, sight, now, Bad(at=seen.at, words=seen.said) if seen is not None else None)


def sight_of(view: IncidentFacts, board: Board) -> Sight:
    """What health checks and alerts of the incident's service say on this board."""
    incident = view.incident
    service = incident.service.name.casefold() if incident.service is not None else None
    checks = [row for row in board.health if service and (row.check.service or "").casefold() == service]
    monitors = _monitors(board)
    firing = [
        Firing(name=row.name, since=row.first_at, is_muted=row.state is AlertState.SILENCED)
        for row in board.joined_to(incident.id)
        if row.source in monitors and row.state in (AlertState.FIRING, AlertState.SILENCED)
    ]
    asked = {row.check.source for row in checks} | monitors
    unheard = [
        f"{source.name} is {'down' if source.status is SourceStatus.DOWN else 'late'}"
        for source in board.sources
        if source.name in asked and not _is_heard(source, board.minute)
    ]
    return Sight(
        checks=tuple((row.check, row.history) for row in checks),
        firing=tuple(firing),
        has_alerts=bool(monitors),
        unheard=tuple(unheard),
    )


def _is_heard(source: SourceView, minute: datetime) -> bool:
    """It is well, or answered lately and has a part that fails."""
    if source.status is SourceStatus.OK:
        return True
    lately = timedelta(seconds=3 * source.poll_s) + timedelta(minutes=1)
    return (
        source.status is SourceStatus.LATE
        and source.last_success is not None
        and minute - source.last_success <= lately
    )


def _monitors(board: Board) -> frozenset[str]:
    """Sources of alerts that know when one has ended: monitors. A pager's own alerts stay as long as its incident, a
    user's report as long as its ticket."""
    return frozenset(
        name
        for name, words in board.capabilities.items()
        if "alerts" in words and "incidents" not in words and "user_reports" not in words
    )


# -- the status page -------------------------------------------------------------------------------------------


def pages_of(view: IncidentFacts, board: Board) -> tuple[Published, ...]:
    """What each configured status page has of the incident."""
    pages = []
    for channel in board.channels:
        if not channel.can(Verb.PUBLISH):
            continue
        made = made_of(view.outbox, channel.name)
        on_way = bool(made.on_way & _PUBLISHING)
        told = [
            row.sent_at or row.created_at
            for row in view.outbox
            if row.source == channel.name and row.state is OutboxState.CONFIRMED and row.verb in _PUBLISHING
        ]
        page = Published(
            channel=channel.name, status=made.status or None, told_at=max(told, default=None), is_on_way=on_way
        )
        pages.append(page)
    return tuple(pages)

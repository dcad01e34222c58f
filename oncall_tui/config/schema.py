"""The whole config as data: what the file may hold, with every default. Sources' own options are declared by the
sources (:class:`~oncall_tui.config.options.SourceOptions`)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from oncall_tui.clock import zone_named
from oncall_tui.config.attention import AttentionOptions
from oncall_tui.config.commands import CommandOptions, named_once
from oncall_tui.config.declaring import DeclareOptions
from oncall_tui.config.detect import DetectOptions
from oncall_tui.config.investigate import QueryOptions, queries_once
from oncall_tui.config.leading import AudienceOptions, ChecklistItemOptions, list_names, severities, watch_length
from oncall_tui.config.measuring import MetricsOptions
from oncall_tui.config.options import ChannelOptions, Hours, SourceOptions, at_least, free_keys, opt, within
from oncall_tui.config.shift import RoleOptions, role_ids
from oncall_tui.model import MESSAGING, Verb
from oncall_tui.records import dataclass

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Theme = Literal["auto", "dark", "light", "colour-blind", "ansi16", "mono"]

_MINUTE = at_least(timedelta(minutes=1))


def zone_name(value: str) -> str:
    """A check: the name of a time zone that this machine knows."""
    zone_named(value)
    return value


def _undo_window(value: timedelta) -> timedelta:
    if value > timedelta(minutes=5):
        raise ValueError("at most 5m")
    return value


@dataclass(frozen=True, kw_only=True)
class SeatOptions:
    """Who sits here."""

    user: str | None = opt(None, help="name or mail, matched in each source; a source may override it")
    teams: tuple[str, ...] = opt((), help='what "mine" means; empty: everything the tokens may see')
    time_zone: str = opt("UTC", help="of the times on the screen; left out: $TZ, else the machine's", check=zone_name)
    read_only: bool = opt(False, help="a shadow's seat: no action leaves")


@dataclass(frozen=True, kw_only=True)
class CalendarOptions:
    """When the team works."""

    time_zone: str | None = opt(None, help="left out: the seat's", check=zone_name)
    hours: Hours = opt(Hours.from_text("09:00-18:00"), help="business hours")
    days: tuple[Weekday, ...] = opt(WEEKDAYS[:5], help="business days")
    holidays: tuple[date, ...] = opt((), help="days off, 2026-12-25")


@dataclass(frozen=True, kw_only=True)
class SeverityOptions:
    """Changes to one row of the severity policy; what is left out stays as the built-in row has it."""

    title: str | None = opt(None, help="its name")
    definition: str | None = opt(None, help="when an incident has this severity")
    examples: tuple[str, ...] | None = opt(None, help="incidents of this severity")
    respond: timedelta | Literal["business-hours"] | None = opt(
        None, help="time to acknowledge, or business-hours: by the end of the first business day", check=_MINUTE
    )
    resolve: timedelta | None = opt(None, help="resolution target, from the trigger", check=_MINUTE)
    update: timedelta | Literal["as-needed", "none"] | None = opt(
        None, help="stakeholders are told this often while it is open", check=_MINUTE
    )
    participants: tuple[str, ...] | None = opt(None, help="who takes part")
    channels: tuple[str, ...] | None = opt(None, help="where it is talked about")
    escalation: str | None = opt(None, help="when it goes further up, in words; left out: as escalate says")
    escalate: timedelta | Literal["at-once", "slo-breach", "by-hand"] | None = opt(
        None, help="when it goes further up: at-once, slo-breach, not resolved after so long, or by-hand", check=_MINUTE
    )
    escalate_to: str | None = opt(None, help="whom it goes to; left out: the next level of its policy")
    slo: tuple[str, ...] | None = opt(None, help="health checks by name that tell of the SLO: one that is not ok")
    postmortem_days: int | Literal["none", "optional"] | None = opt(
        None, help="business days until the post-mortem is due, or none, or optional", check=within(1, 365)
    )


@dataclass(frozen=True, kw_only=True)
class MatrixOptions:
    """Changes to the severity policy, by severity."""

    sev1: SeverityOptions | None = opt(None, help="critical")
    sev2: SeverityOptions | None = opt(None, help="major")
    sev3: SeverityOptions | None = opt(None, help="moderate")
    sev4: SeverityOptions | None = opt(None, help="low")


@dataclass(frozen=True, kw_only=True)
class PostmortemOptions:
    """How a post-mortem is written."""

    template: str | None = opt(None, help="file with the team's own template (Jinja, Markdown); left out: built-in")


@dataclass(frozen=True, kw_only=True)
class PolicyOptions:
    """The team's rules."""

    shift_duration: timedelta = opt(
        timedelta(hours=12), help="a longer on-call entry is cut into shifts of this length", check=_MINUTE
    )
    calendar: CalendarOptions = opt(CalendarOptions(), help="business hours, days and holidays")
    severity: MatrixOptions = opt(MatrixOptions(), help="changes to the built-in severity policy")
    communication: dict[str, AudienceOptions] = opt({}, help="changes to who hears what, by audience")
    published: tuple[int, ...] = opt((1, 2), help="severities that go on the status page", check=severities)
    promised: timedelta = opt(timedelta(minutes=30), help="a status page promises news this often", check=_MINUTE)
    checklists: dict[str, tuple[ChecklistItemOptions, ...]] = opt(
        {}, help="lists in place of the built-in ones, by name: resolution", check=list_names
    )
    watch: timedelta = opt(
        timedelta(minutes=15), help="health and alerts are watched so long after the fix", check=watch_length
    )
    roles: dict[str, RoleOptions] = opt(
        {}, help="changes to the built-in roles, and the team's own, by id: incident-commander", check=role_ids
    )
    declare: DeclareOptions = opt(DeclareOptions(), help="what running the response goes through")
    forgotten: timedelta = opt(
        timedelta(hours=4), help="acknowledged and silent for so long is forgotten", check=_MINUTE
    )
    postmortem: PostmortemOptions = opt(PostmortemOptions(), help="how a post-mortem is written")
    metrics: MetricsOptions = opt(MetricsOptions(), help="what counts as detected, as after hours")


@dataclass(frozen=True, kw_only=True)
class UndoOptions:
    """How long an action can be taken back before it leaves; ``0s``: it leaves at once."""

    note: timedelta = opt(timedelta(seconds=5), help="of a note", check=_undo_window)
    resolve: timedelta = opt(timedelta(seconds=5), help="of resolving", check=_undo_window)
    escalate: timedelta = opt(timedelta(seconds=5), help="of escalating", check=_undo_window)
    message: timedelta = opt(
        timedelta(seconds=5), help="of what a channel sends, publishes or makes", check=_undo_window
    )

    def window(self, verb: Verb) -> timedelta:
        """The window of ``verb``; zero for those that leave at once."""
        match verb:
            case Verb.NOTE:
                return self.note
            case Verb.RESOLVE:
                return self.resolve
            case Verb.ESCALATE:
                return self.escalate
        return self.message if verb in MESSAGING else timedelta()


@dataclass(frozen=True, kw_only=True)
class ActionsOptions:
    """How actions leave."""

    undo: UndoOptions = opt(UndoOptions(), help="undo windows")


def _each_once(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """A check: no name means two things."""
    owners = {name.casefold(): name for name in value}
    if len(owners) < len(value):
        raise ValueError("two names differ in upper and lower case only")
    for name, others in value.items():
        for other in others:
            owner = owners.setdefault(other.casefold(), name)
            if owner != name:
                raise ValueError(f"{other[:60]!r} is both {owner[:60]!r} and {name[:60]!r}")
    return value


def _people(value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """A check: nobody is two people."""
    owners: dict[tuple[str, str], str] = {}
    for person, named in value.items():
        for source, name in named.items():
            owner = owners.setdefault((source, name.casefold()), person)
            if owner != person:
                raise ValueError(f"{name[:60]!r} of {source} is both {owner[:60]!r} and {person[:60]!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class IdentityOptions:
    """Who and what is the same in different systems, where mail addresses and equal names do not tell it."""

    people: dict[str, dict[str, str]] = opt(
        {}, help="mail address: {name of a source or channel: who that is there (mail, name or id)}", check=_people
    )
    services: dict[str, tuple[str, ...]] = opt(
        {}, help="the name that is shown: [what the service is called elsewhere, name or id]", check=_each_once
    )
    teams: dict[str, tuple[str, ...]] = opt(
        {}, help="the name that is shown: [what the team is called elsewhere]", check=_each_once
    )


@dataclass(frozen=True, kw_only=True)
class JoinOptions:
    """By what an alert is taken to belong to an incident, besides dedup keys, fingerprints and links."""

    labels: tuple[str, ...] = opt(
        (), help="labels of alerts whose value is an incident's dedup key, id, number or link"
    )


@dataclass(frozen=True, kw_only=True)
class Config:
    """The effective config. ``path`` is the file it came from; ``warnings`` are clean lines for the person."""

    seat: SeatOptions = opt(SeatOptions(), help="who sits here")
    sources: tuple[SourceOptions, ...] = opt(help="the systems that facts come from")
    channels: tuple[ChannelOptions, ...] = opt((), help="where messages go")
    identity: IdentityOptions = opt(IdentityOptions(), help="who and what is the same in different systems")
    join: JoinOptions = opt(JoinOptions(), help="how alerts are joined to incidents")
    detect: DetectOptions = opt(DetectOptions(), help="when an incident is suggested")
    policy: PolicyOptions = opt(PolicyOptions(), help="the team's rules")
    actions: ActionsOptions = opt(ActionsOptions(), help="how actions leave")
    attention: AttentionOptions = opt(AttentionOptions(), help="how a new page asks for attention")
    commands: tuple[CommandOptions, ...] = opt((), help="programs of the team's own", check=named_once)
    investigate: tuple[QueryOptions, ...] = opt(
        (), help="what is asked of monitors when an incident is looked into", check=queries_once
    )
    keys: dict[str, str] = opt({}, help="action id: key, or several with commas", check=free_keys)
    theme: Theme = opt("auto", help="colours")
    path: Path | None = None
    warnings: tuple[str, ...] = ()

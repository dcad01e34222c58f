"""What Jira Service Management Operations tells, and what is asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from oncall_tui.clock import Clock, iso
from oncall_tui.model import HealthCheck, OutboxRow, Person, Severity, Verb, split_id
from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, BadAnswer, Capability, Known, NotFound, Refused, Sent, SourceError
from oncall_tui.sources.genie import asked
from oncall_tui.sources.genie.api import (
    Detail,
    Done,
    Inspection,
    LogRow,
    NoteRow,
    Page,
    Reading,
    created_between,
    created_since,
    is_due,
    server_now,
)
from oncall_tui.sources.genie.confirming import closing_words, has_closing_words
from oncall_tui.sources.genie.decoding import page_id, standing
from oncall_tui.sources.genie.paging import Pager, Params, Row
from oncall_tui.sources.genie.roster import Policy, Roster, Schedule, Stretch
from oncall_tui.sources.http import Answer, HttpClient, segment
from oncall_tui.sources.identity import match
from oncall_tui.sources.jsm import decoding
from oncall_tui.sources.jsm.acting import Actor
from oncall_tui.sources.overriding import Standing

LATELY = timedelta(minutes=5)
"""Between two readings of what was created within the last day; all that is open is read in each poll, for the API
sorts nothing by its last change."""
LOOK_BACK = timedelta(hours=24)
MAX_TEAMS = 30
"""Teams whose escalations are read: each is a call of its own."""
MAX_LOOK_UPS = 60
"""Accounts whose names are asked for in one round: each is a call of its own, made once."""
WEEKS = 3
"""A week of them is behind: see ``BACK`` of the furniture."""

_ALERTS, _CONFIG, _USERS = "ops-alert:jira-service-management", "ops-config:jira-service-management", "jira-user"
_PAGER = Pager(key="values", size="size", more=("links", "next"))
_OVERRIDES = Pager(key="values", size="size", more=("links", "next"), limit=50)


class JsmApi:
    """One site's API.

    Args:
        site: tells the cloud id, without a token; ``None`` where ``cloud_id`` is given.
        teams: the seat's own, whose escalations come first.
    """

    system = "Jira Service Management"

    def __init__(
        self,
        client: HttpClient,
        site: HttpClient | None,
        cloud_id: str | None,
        teams: Sequence[str],
        severities: Mapping[str, Severity],
        clock: Clock,
    ) -> None:
        self.client = client
        self.zones: Mapping[str, str] = {}
        self._site = site
        self._cloud_id = cloud_id
        self._mine = frozenset(team.casefold() for team in teams)
        self._clock = clock
        self._actor = Actor(client, self._write, severities, clock)
        self._lately_at: datetime | None = None
        self._accounts: dict[str, Person] = {}
        self._knows_teams = False

    async def _cloud(self) -> str:
        if self._cloud_id is None:
            assert self._site is not None
            answer = await self._site.get("/_edge/tenant_info")
            found = fields.native_id(answer.data, "cloudId")
            if found is None:
                raise BadAnswer(f"{self._site.host} does not tell its cloud id: is it an Atlassian site?")
            self._cloud_id = found
        return self._cloud_id

    async def _get(self, path: str, params: Params = ()) -> Answer:
        """One read below the site's operations."""
        address = f"/jsm/ops/api/{segment(await self._cloud())}/v1{path}"
        try:
            return await self.client.get(address, params)
        except AuthFailed as error:
            raise _named(error, f"read:{_ALERTS if path.startswith('/alerts') else _CONFIG}") from None

    async def _jira(self, path: str, params: Params = ()) -> Answer:
        """One read of Jira's own API, which knows the people."""
        address = f"/ex/jira/{segment(await self._cloud())}/rest/api/3{path}"
        try:
            return await self.client.get(address, params)
        except AuthFailed as error:
            raise _named(error, f"read:{_USERS}") from None

    async def _write(self, method: str, path: str, body: Any) -> Answer:
        address = f"/jsm/ops/api/{segment(await self._cloud())}/v1{path}"
        try:
            return await self.client.request(method, address, json=body)
        except AuthFailed as error:
            if error.status == 403 or _is_scope(error):  # no wrong token: it must not wait for another one
                part = _ALERTS if path.startswith("/alerts") else _CONFIG
                words = f"the token may not do that (it needs read: and write:{part}): {error}"
                raise Refused(words, status=error.status) from None
            raise

    # -- pages -------------------------------------------------------------------------------------------------

    async def pages(self, known: Known, now: datetime) -> Reading:
        """All that is open, and every five minutes what was created within the last day, open or not."""
        newest: Params = [("sort", "createdAt"), ("order", "desc")]
        opened = await _PAGER.whole(self._get, "/alerts", [("query", "status: open"), *newest])
        rows, problems = opened.rows, []
        if opened.note:
            problems.append(f"open alerts: {opened.note}")
        if is_due(self._lately_at, known.last_success, LATELY, now):
            since = server_now(self.client, now) - LOOK_BACK
            query = f"createdAt > {int(since.timestamp() * 1000)}"
            lately = await _PAGER.whole(self._get, "/alerts", [("query", query), *newest], max_pages=20)
            rows = [*opened.rows, *lately.rows]
            self._lately_at = now
            if lately.note:
                problems.append(f"alerts of the last day: {lately.note}")
        there = server_now(self.client, now)
        found = {page.native_id: page for row in rows if (page := decoding.alert_page(row, there)) is not None}
        missed = sum(page_id(row) is None for row in rows)
        if missed:
            problems.append(f"alerts: {missed} without a usable id are not shown")
        return Reading(pages=tuple(found.values()), whole=opened.note is None and not missed, problems=tuple(problems))

    async def past(self, start: datetime, end: datetime) -> tuple[tuple[Page, ...], str | None]:
        """Alerts of long ago."""
        params: Params = [("query", created_between(start, end)), ("sort", "createdAt"), ("order", "asc")]
        found = await _PAGER.whole(self._get, "/alerts", params)
        there = server_now(self.client, self._clock.now())
        return tuple(page for row in found.rows if (page := decoding.alert_page(row, there)) is not None), found.note

    async def page(self, native_id: str) -> Page:
        """One alert. Raises NotFound."""
        answer = await self._get(f"/alerts/{segment(native_id)}")
        found = decoding.alert_page(fields.obj(answer.data), server_now(self.client, self._clock.now()))
        if found is None or found.native_id != native_id:
            raise BadAnswer(f"{self.client.host} answers with another alert than the one asked for")
        return found

    async def detail(self, native_id: str) -> Detail:
        """One alert with its log and notes. Raises NotFound."""
        page = await self.page(native_id)
        return Detail(page=page, log=await self.log(native_id), notes=await self.notes(native_id))

    async def log(self, native_id: str) -> tuple[LogRow, ...]:
        """The latest thousand lines of its log."""
        rows = await _PAGER.cursor(self._get, f"/alerts/{segment(native_id)}/logs", "after", decoding.after)
        return tuple({line.id: line for row in rows if (line := decoding.log_row(row)) is not None}.values())

    async def notes(self, native_id: str) -> tuple[NoteRow, ...]:
        """Its latest thousand notes."""
        rows = await _PAGER.cursor(self._get, f"/alerts/{segment(native_id)}/notes", "after", decoding.after)
        return tuple({note.id: note for row in rows if (note := decoding.note_row(row)) is not None}.values())

    # -- people and schedules ----------------------------------------------------------------------------------

    async def me(self, word: str | None) -> Person | None:
        """Whose token it is, for that is who acts; ``None`` where that is not whom ``word`` names."""
        owner = self._known(fields.obj((await self._jira("/myself")).data))
        if owner is None:
            raise BadAnswer(f"{self.client.host} does not tell whose token it is")
        self._accounts[owner.id] = owner
        return owner if word is None else match([owner], word)

    async def people(self, roster: Roster) -> tuple[Mapping[str, Person], str | None]:
        """Those who stand on schedules and escalations, and who was asked for before; the API lists nobody. Without
        the right to read names there are ids, and the note says so."""
        ids = dict.fromkeys(
            (
                *self._accounts,
                *(step.id for policy in roster.policies for step in policy.steps if step.kind == "user"),
                *(person.id for people in roster.on_call.values() for person in people),
                *(one.person.id for held in roster.timelines.values() for one in held if one.person is not None),
            )
        )
        missing = [one for one in ids if one not in self._accounts]
        note = f"{len(missing) - MAX_LOOK_UPS} names are asked for later" if len(missing) > MAX_LOOK_UPS else None
        try:
            found = await asyncio.gather(*(self._account(one) for one in missing[:MAX_LOOK_UPS]))
            self._accounts |= {person.id: person for person in found}
        except AuthFailed as error:
            note = f"without names: {error}"
        return {one: self._accounts.get(one, decoding.nameless(one)) for one in ids}, note

    async def _account(self, account_id: str) -> Person:
        answer = await self._jira("/user/search", [("accountId", account_id)])
        rows = answer.data if isinstance(answer.data, list) else ()
        found = (self._known(row) for row in rows if isinstance(row, Mapping))
        return next((one for one in found if one is not None and one.id == account_id), decoding.nameless(account_id))

    def _known(self, row: Row) -> Person | None:
        found, zone = decoding.account(row), fields.zone(row, "timeZone")
        if found is not None and zone is not None:
            self.zones = {**self.zones, found.id: zone}
        return found

    async def teams(self) -> Mapping[str, str]:
        """The operations teams."""
        answer = await self._get("/teams")
        if not fields.is_list(answer.data, "platformTeams"):
            raise BadAnswer(f"{self.client.host} answers /teams without platformTeams")
        rows = fields.rows(answer.data, "platformTeams")
        self._knows_teams = True
        return {team: fields.text(row, "teamName") or team for row in rows if (team := fields.native_id(row, "teamId"))}

    async def policies(self, roster: Roster) -> Sequence[Policy]:
        """The escalations of each team, the seat's own teams first."""
        if not self._knows_teams:
            raise Refused("the teams did not come")  # no escalation at all would be a lie
        teams = sorted(roster.teams, key=lambda team: roster.teams[team].casefold() not in self._mine)[:MAX_TEAMS]
        ways = [f"/teams/{segment(team)}/escalations" for team in teams]
        read = await asyncio.gather(*(_PAGER.whole(self._get, way, max_pages=5) for way in ways))
        return [
            policy
            for team, found in zip(teams, read, strict=True)
            for row in found.rows
            if (policy := decoding.policy(row, roster.teams[team])) is not None
        ]

    async def schedules(self, roster: Roster) -> Sequence[Schedule]:
        """All schedules that are on."""
        found = await _PAGER.whole(self._get, "/schedules", max_pages=10)
        return [one for row in found.rows if (one := decoding.schedule(row, roster.teams)) is not None]

    async def on_calls(self, schedules: Sequence[Schedule]) -> Mapping[str, tuple[Person, ...]]:
        """Who is on call now: a call for each schedule."""
        ways = [f"/schedules/{segment(schedule.id)}/on-calls" for schedule in schedules]
        read = await asyncio.gather(*(self._get(way, [("flat", True)]) for way in ways))
        found = {}
        for schedule, answer in zip(schedules, read, strict=True):
            if not fields.is_list(answer.data, "onCallUsers"):
                raise BadAnswer(f"{self.client.host} answers on-calls without onCallUsers")
            found[schedule.id] = decoding.on_call(answer.data)
        return found

    async def timeline(self, schedule: Schedule, since: datetime) -> Sequence[Stretch]:
        """Who holds a schedule in the next weeks."""
        window: Params = [("interval", WEEKS), ("intervalUnit", "weeks"), ("date", iso(since))]
        answer = await self._get(f"/schedules/{segment(schedule.id)}/timeline", window)
        if not isinstance(fields.walk(answer.data, "finalTimeline"), Mapping):
            raise BadAnswer(f"{self.client.host} answers a timeline without finalTimeline")
        return decoding.stretches(answer.data)

    async def health(self, now: datetime) -> tuple[HealthCheck, ...]:
        """It watches nothing that this API tells."""
        return ()

    # -- actions -----------------------------------------------------------------------------------------------

    async def send(self, row: OutboxRow, me: Person | None, roster: Roster) -> Sent:
        """Send an action; ``native_ref`` is its request's id (several, with commas, where it took several calls), or
        the note's."""
        by_level = row.verb is Verb.ESCALATE and "level" in row.params
        native_id = split_id(row.target)[1]
        responders = (await self.page(native_id)).responders if by_level else ()
        noted = False
        if row.attempts > 1 and closing_words(row) is not None:  # an attempt before may have left them there
            skew = self.client.clock_skew or timedelta()
            noted = has_closing_words(row, await self.notes(native_id), roster, me, skew)
        return await self._actor.send(row, roster, responders, noted=noted)

    async def declare(self, row: OutboxRow, me: Person | None) -> Sent:
        """Make an alert; ``native_ref`` is its request's id. It is made by whose token it is."""
        return await self._actor.declare(row)

    async def by_alias(self, alias: str) -> str | None:
        """The id of the alert of that alias."""
        try:
            row = fields.obj((await self._get("/alerts/alias", [("alias", alias)])).data)
        except NotFound:
            return None
        return page_id(row) if fields.text(row, "alias") == alias else None

    async def rows_since(self, since: datetime) -> Sequence[Row]:
        """Alerts that were made since then, the first thousand."""
        return (await _PAGER.whole(self._get, "/alerts", created_since(since), max_pages=10)).rows

    async def override(self, row: OutboxRow) -> Sent:
        """Let somebody stand in on a schedule, under an alias of ours: the same one is never made twice."""
        body = asked.stand_in(row, "responder")
        answer = await self._write("POST", _overrides(row), body)
        return Sent(native_ref=fields.native_id(answer.data, "alias"))

    async def overrides(self, row: OutboxRow) -> Sequence[Standing]:
        """Those of the row's schedule that are under way or to come."""
        found = await _OVERRIDES.whole(self._get, _overrides(row), max_pages=10)
        return [one for told in found.rows if (one := standing(told, "responder")) is not None]

    async def outcome(self, row: OutboxRow) -> tuple[Done | None, ...]:
        """What became of its requests: 404 until they were done. A note is there when it was answered."""
        if row.verb is Verb.NOTE or not row.native_ref:
            return ()
        found: list[Done | None] = []
        for request_id in row.native_ref.split(","):
            try:
                told: Row = fields.obj((await self._get(f"/alerts/requests/{segment(request_id)}")).data)
            except NotFound:
                found.append(None)
                continue
            success = fields.boolean(told, "isSuccess")
            text = f"{self.system}: {fields.text(told, 'status') or 'it was not done'}"
            page = fields.native_id(told, "alertId")
            found.append(None if success is None else Done(success=success, text=text, page=page))
        return tuple(found)

    # -- check -------------------------------------------------------------------------------------------------

    async def inspect(self) -> Inspection:
        """One call for each part. Alerts must come."""
        alerts = await self._get("/alerts", [("size", 1)])
        if not fields.is_list(alerts.data, "values"):
            raise BadAnswer(f"{self.client.host} answers /alerts without values")
        notes, missing = [], set[Capability]()
        try:
            await self._get("/schedules", [("size", 1)])
            if not await self.teams():
                notes.append("no operations team is told: whoever is a member of none is shown empty lists")
        except (AuthFailed, Refused) as error:
            notes.append(f"no on-call: {error}")
            missing |= {Capability.ON_CALL, Capability.SCHEDULES, Capability.ESCALATION}
        notes.append(f"whether the token may act (write:{_ALERTS}) shows at the first action")
        return Inspection(missing=frozenset(missing), notes=tuple(notes))

    def ends(self, now: datetime) -> str | None:
        """It does not."""
        return None

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self.client.aclose()
        if self._site is not None:
            await self._site.aclose()


def _is_scope(error: SourceError) -> bool:
    """A missing scope comes as 401, as a wrong token does: the words tell them apart."""
    return "scope" in str(error).lower()


def _named(error: AuthFailed, scope: str) -> AuthFailed:
    return AuthFailed(f"{error}; the token needs {scope}", status=error.status)


def _overrides(row: OutboxRow) -> str:
    return f"/schedules/{segment(split_id(row.target)[1])}/overrides"

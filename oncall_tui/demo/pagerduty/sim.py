"""The simulated account as one thing: requests in, answers out, and what the story does to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime

from oncall_tui.clock import Clock
from oncall_tui.demo.pagerduty.estate import Estate, Priority, User
from oncall_tui.demo.pagerduty.life import Incident, Life, Rejected
from oncall_tui.demo.pagerduty.past import Archive
from oncall_tui.demo.pagerduty.reading import NotThere, Reader
from oncall_tui.demo.pagerduty.writing import Writer
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-pagerduty-key"  # noqa: S105 - opens the simulated account only
RATE_LIMIT = 960


class PagerDutySim:
    """A simulated PagerDuty account.

    Args:
        clock: its time; what became due is applied when a request comes, as of ``clock.now()``.
        seed: ids and everything made up follow from it.
        token: the key it accepts, as ``Token token=…`` or ``Bearer …``.
        me: the user (key, id or mail) whose own key the token is; ``None``: it is an account's key.
        priorities: whether the account has priorities.
        rate_limit: requests a minute.
    """

    prefix = "pagerduty"

    def __init__(
        self,
        clock: Clock,
        seed: int = 1,
        *,
        token: str = TOKEN,
        me: str | None = None,
        priorities: bool = True,
        rate_limit: int = RATE_LIMIT,
    ) -> None:
        self.estate = Estate(seed, clock.now())
        self.writes: list[str] = []
        """``PUT /incidents`` of every write that was let in, in order."""
        self._life = Life(self.estate)
        self._archive = Archive(self.estate, clock.now())
        self._clock = clock
        self._token = token
        self._me = me
        self._priorities = priorities
        self._rate_limit = rate_limit
        self._minute: datetime | None = None
        self._used = 0

    # -- the API -----------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request as of the clock's now. Never raises for anything a client can send."""
        now = self._clock.now()
        headers = self._count(now)
        try:
            if headers["ratelimit-remaining"] == "0" and self._used > self._rate_limit:
                raise Rejected(2020, "Rate Limit Exceeded", status=429)
            if request.headers.get("authorization") not in (f"Token token={self._token}", f"Bearer {self._token}"):
                raise Rejected(2006, "Unauthorized", status=401)
            self._life.advance(now)
            if request.method == "GET":
                reader = Reader(
                    self._life, request, now, me=self._me, priorities=self._priorities, archive=self._archive
                )
                answer = json_response(reader.answer())
            else:
                self.writes.append(f"{request.method} {request.path}")
                status, data = Writer(self._life, request, now).answer()
                answer = json_response(data, status)
        except NotThere:
            answer = _refusal(404, 2100, "Not Found", ())
        except Rejected as no:
            answer = _refusal(no.status, no.code, no.message, no.details)
        return Response(status=answer.status, headers={**answer.headers, **headers}, body=answer.body)

    def _count(self, now: datetime) -> dict[str, str]:
        if self._minute is None or now - self._minute >= timedelta(minutes=1) or now < self._minute:
            self._minute, self._used = now, 0
        self._used += 1
        left = 60 - int((now - self._minute).total_seconds())
        return {
            "ratelimit-limit": str(self._rate_limit),
            "ratelimit-remaining": str(max(0, self._rate_limit - self._used)),
            "ratelimit-reset": str(left),
            "date": format_datetime(now, usegmt=True),
        }

    # -- the story and the tests ---------------------------------------------------------------------------------

    @property
    def incidents(self) -> Mapping[str, Incident]:
        """All incidents by id, as of the last :meth:`advance` or request. To look at, not to change."""
        return self._life.incidents

    def advance(self) -> None:
        """Apply what became due until the clock's now."""
        self._life.advance(self._clock.now())

    def trigger(
        self,
        service_key: str,
        title: str,
        *,
        priority: str | None = None,
        urgency: str = "high",
        alert_key: str | None = None,
        at: datetime | None = None,
        alerts: Sequence[str] = (),
        severity: str = "error",
    ) -> str:
        """A monitor's event on a service: a new incident, or one more alert on the open one with ``alert_key``.

        Args:
            service_key: a service of the simulated company (``payments``).
            priority: its name (``P1``), ``None`` for none.
            at: when, in the past or now; what would have followed by itself since then follows.
            alerts: summaries of further alerts that came with it.
            severity: of its alerts: ``critical``, ``error``, ``warning`` or ``info``.

        Returns:
            The incident's id.
        """
        at = at or self._clock.now()
        service = self.estate.services[service_key]
        chosen = self._priority(priority) if priority else None
        incident = self._life.trigger(service, title, at, urgency=urgency, priority=chosen, key=alert_key)
        self._life.advance_one(incident, at)
        self._life.add_alert(incident, title, at, severity, alert_key)
        for summary in alerts:
            self._life.add_alert(incident, summary, at, severity, None)
        return incident.id

    def change(
        self,
        service_key: str,
        summary: str,
        *,
        source: str = "pipeline",
        link: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """A pipeline tells of a change on a service."""
        self.estate.change(service_key, summary, at or self._clock.now(), source, link)

    def maintain(
        self,
        service_keys: Iterable[str],
        description: str,
        by: str,
        *,
        begins_in: timedelta = timedelta(),
        lasts: timedelta = timedelta(hours=1),
    ) -> None:
        """Somebody opens or plans a maintenance window on these services."""
        start = self._clock.now() + begins_in
        self.estate.maintain(service_keys, description, start, start + lasts, by)

    def acknowledge(self, incident_id: str, by: str, at: datetime | None = None) -> None:
        """Somebody (key, id or mail) acknowledges. Raises Rejected as the API would refuse."""
        incident, moment = self._moved(incident_id, at)
        self._life.acknowledge(incident, self._person(by), moment)

    def resolve(self, incident_id: str, by: str | None = None, at: datetime | None = None) -> None:
        """Somebody, or with ``None`` the monitor, resolves."""
        incident, moment = self._moved(incident_id, at)
        self._life.resolve(incident, self._person(by) if by else incident.service, moment)

    def note(self, incident_id: str, by: str, text: str, at: datetime | None = None) -> None:
        """Somebody writes a note."""
        incident, moment = self._moved(incident_id, at)
        self._life.note(incident, self._person(by), text, moment)

    def snooze(self, incident_id: str, by: str, seconds: int, at: datetime | None = None) -> None:
        """Somebody snoozes."""
        incident, moment = self._moved(incident_id, at)
        self._life.snooze(incident, self._person(by), seconds, moment)

    def assign(self, incident_id: str, by: str, to: Sequence[str], at: datetime | None = None) -> None:
        """Somebody hands it to people."""
        incident, moment = self._moved(incident_id, at)
        self._life.assign(incident, self._person(by), tuple(self._person(one) for one in to), moment)

    def escalate(self, incident_id: str, by: str, level: int, at: datetime | None = None) -> None:
        """Somebody escalates to a level of its policy."""
        incident, moment = self._moved(incident_id, at)
        self._life.escalate(incident, self._person(by), level, moment)

    def reopen(self, incident_id: str, by: str, at: datetime | None = None) -> None:
        """Somebody reopens what is resolved, or takes an acknowledgement back."""
        incident, moment = self._moved(incident_id, at)
        self._life.set_triggered(incident, self._person(by), moment)

    def merge(self, incident_id: str, into: str, by: str, at: datetime | None = None) -> None:
        """Somebody merges one incident into another."""
        incident, moment = self._moved(incident_id, at)
        target, _ = self._moved(into, at)
        self._life.merge(target, [incident], self._person(by), moment)

    def set_priority(self, incident_id: str, name: str, by: str, at: datetime | None = None) -> None:
        """Somebody changes the priority to the one of that name."""
        incident, moment = self._moved(incident_id, at)
        self._life.change(
            incident, self._person(by), moment, f"Priority changed to {name}", priority=self._priority(name)
        )

    def _moved(self, incident_id: str, at: datetime | None) -> tuple[Incident, datetime]:
        incident, moment = self._life.incidents[incident_id], at or self._clock.now()
        self._life.advance_one(incident, moment)
        return incident, moment

    def _person(self, who: str) -> User:
        found = self.estate.user(who)
        if found is None:
            raise KeyError(who)
        return found

    def _priority(self, name: str) -> Priority:
        found = self.estate.priority(name)
        if found is None:
            raise KeyError(name)
        return found


def _refusal(status: int, code: int, message: str, details: Sequence[str]) -> Response:
    error = {"code": code, "message": message, **({"errors": list(details)} if details else {})}
    return json_response({"error": error}, status)

"""A Jira source and a Jira channel on one simulated site, Cloud or Data Center."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from oncall_tui.channels import jira as channel
from oncall_tui.config.secret import Secret
from oncall_tui.demo.jira import TOKEN, JiraSim
from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import ActionItem, Alert, OutboxRow, Snapshot, Verb
from oncall_tui.sources import jira
from oncall_tui.sources.base import Known, Seat, SourceContext
from tests.support.clock import ManualClock
from tests.support.transport import simulator_transport

Rule = Callable[[Request], Response | httpx.Response | None]
REPORTS = "project = SUP AND labels = outage"


class Bench:
    """A source named ``tickets`` and a channel named ``jira`` for alice. ``rules`` answer in the site's place."""

    def __init__(self, deployment: Any = "Cloud", *, channel_options: Any = None, **more: Any) -> None:
        sim = {key: more.pop(key) for key in ("lag_s", "rate_limit", "lacking") if key in more}
        self.clock = ManualClock()
        self.sim = JiraSim(self.clock, 7, deployment=deployment, **sim)
        self.exchanges: list[tuple[Request, Response]] = []
        self.rules: list[Rule] = []
        access: dict[str, Any] = {"base_url": "http://127.0.0.1:1", "token": Secret("literal", TOKEN)}
        if deployment == "Cloud":
            access["email"] = "alice@example.com"
        self.source = jira.make(
            jira.Options(name="tickets", kind="jira", **access, **{"user_reports": REPORTS, **more}),
            self._context("tickets"),
        )
        self.channel = channel.make(
            channel.Options(name="jira", kind="jira", **access, **{"project": "OPS", **(channel_options or {})}),
            self._context("jira"),
        )

    def _context(self, name: str) -> SourceContext:
        async def intercept(request: Request) -> Response | httpx.Response | None:
            return next((answer for rule in self.rules if (answer := rule(request)) is not None), None)

        transport = simulator_transport(
            self.sim, lambda request, answer: self.exchanges.append((request, answer)), intercept=intercept
        )
        return SourceContext(name=name, seat=Seat(user="alice@example.com"), clock=self.clock, transport=transport)

    def calls(self, ending: str = "") -> list[Request]:
        """The requests that reached the site, of paths that end so."""
        return [request for request, _ in self.exchanges if request.path.endswith(ending)]

    def posted(self) -> list[Any]:
        """The fields of each issue that was sent."""
        return [json.loads(request.body)["fields"] for request, _ in self.exchanges if request.method == "POST"]

    async def poll(self) -> Snapshot:
        """Poll once."""
        return await self.source.poll(Known())

    async def item(self, key: str) -> ActionItem:
        """That action item, as the next poll tells it."""
        (found,) = [one for one in (await self.poll()).action_items or () if one.native_id == key]
        return found

    async def report(self, key: str) -> Alert:
        """That user's report, as the next poll tells it."""
        (found,) = [one for one in (await self.poll()).alerts or () if one.native_id == key]
        return found

    def ticket(self, *, key: str = "k7", target: str = "pager:Q1ABC", **params: Any) -> OutboxRow:
        """A ticket that alice presses, sent now."""
        now = self.clock.now()
        given = {"title": "Raise the pool", "text": "", "owner": None, "due": None, "labels": [], **params}
        return OutboxRow(
            key=key,
            verb=Verb.TICKET,
            target=target,
            source="jira",
            target_title="Checkout is down",
            params=given,
            seat="alice@example.com",
            created_at=now,
            not_before=now,
            attempts=1,
            sent_at=now,
        )

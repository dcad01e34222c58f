"""A Grafana source on a simulated Grafana, and the means to disturb what lies between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import Broken, Onward, Outcome, Planned
from oncall_tui.demo.gate import Gate
from oncall_tui.demo.grafana import DATASOURCE, TOKEN, GrafanaSim
from oncall_tui.demo.transport import BASE_URL, WorldTransport
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import OutboxRow, Snapshot, Verb
from oncall_tui.sources.base import Known, Seat, SourceContext
from oncall_tui.sources.grafana import Grafana, Options, make
from oncall_tui.sources.grafana.options import QueryCheck, RuleCheck
from tests.support.clock import ManualClock

Edit = Callable[[Any], Any]


class Bench:
    """One source named ``graf`` for alice on one Grafana where nothing fires unasked.

    ``planned`` orders troubles; ``edits`` change the JSON of GET answers whose path ends with their key.
    """

    def __init__(self, *, sim: Any = None, **options: Any) -> None:
        self.clock = ManualClock()
        self.sim = GrafanaSim(self.clock, 7, **(sim or {}))
        self.planned = Planned()
        self.edits: dict[str, Edit] = {}
        self.exchanges: list[tuple[Request, Response]] = []
        gate = Gate([self.sim], clock=self.clock, faults=[self.planned, self], seen=self._seen)
        context = SourceContext(
            name="graf",
            seat=Seat(user="alice@example.com"),
            clock=self.clock,
            transport=WorldTransport(gate.exchange, self.clock),
        )
        given = {"token": Secret("literal", TOKEN), "base_url": f"{BASE_URL}/grafana", **options}
        built = make(Options(name="graf", kind="grafana", **given), context)
        assert isinstance(built, Grafana)
        self.source = built

    def _seen(self, prefix: str, request: Request, response: Response) -> None:
        self.exchanges.append((request, response))

    def trouble(self, prefix: str, request: Request) -> Callable[[str, Request, Onward], Outcome] | None:
        """As a fault of the demo: the edit that is for this request."""
        for ending, edit in self.edits.items():
            if request.method == "GET" and request.path.endswith(ending):
                return _edited(edit)
        return None

    @property
    def calls(self) -> list[str]:
        """``GET /api/health`` of every call that reached Grafana."""
        return [f"{request.method} {request.path}" for request, _ in self.exchanges]

    async def poll(self) -> Snapshot:
        """Poll once."""
        return await self.source.poll(Known())

    def row(self, verb: Verb, target: str, **values: Any) -> OutboxRow:
        """An action of alice's, pressed and sent now; ``params`` and other fields by keyword."""
        now = self.clock.now()
        given: dict[str, Any] = {
            "key": "k1",
            "verb": verb,
            "target": target,
            "source": "graf",
            "target_title": "as seen",
            "seat": "alice@example.com",
            "created_at": now,
            "not_before": now,
            "sent_at": now,
            **values,
        }
        return OutboxRow(**given)


def _edited(edit: Edit) -> Callable[[str, Request, Onward], Outcome]:
    def trouble(prefix: str, request: Request, onward: Onward) -> Outcome:
        answer = onward(prefix, request).answer
        assert not isinstance(answer, Broken)
        return Outcome(json_response(edit(json.loads(answer.body)), answer.status))

    return trouble


def query_check(**given: Any) -> QueryCheck:
    """A check on the payments' error ratio."""
    values: dict[str, Any] = {
        "name": "payments errors",
        "service": "payments",
        "datasource": DATASOURCE,
        "query": '100 * job:error_ratio{job="payments"}',
        "unit": "%",
        **given,
    }
    return QueryCheck(**values)


def rule_check(rule: str, **given: Any) -> RuleCheck:
    """A check by that rule."""
    return RuleCheck(**{"name": "checkout", "service": "payments", "rule": rule, **given})


HOUR = timedelta(hours=1)

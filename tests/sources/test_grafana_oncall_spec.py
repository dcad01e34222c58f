"""Every call of the Grafana OnCall source, and every answer of its simulator, against the description of the API.

Grafana publishes none: the one at hand was made by hand from its documentation. Two lists that the documentation has
(integrations and routes) are not in it.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.grafana_oncall import SERVICE_TOKEN, make
from oncall_tui.model import Verb
from oncall_tui.sources.base import AuthFailed, NotFound, RateLimited, Refused
from tests.sources.grafana_oncall_bench import Bench
from tests.support.clock import START
from tests.support.openapi import SpecChecker, require_spec

UNDESCRIBED = {"/api/v1/integrations/", "/api/v1/routes/"}


@pytest.fixture(scope="module")
def loaded() -> SpecChecker:
    return SpecChecker(require_spec("grafana-oncall.yaml"))


@pytest.fixture
def checker(loaded: SpecChecker) -> SpecChecker:
    loaded.checked.clear()
    return loaded


def check_all(checker: SpecChecker, bench: Bench) -> None:
    assert bench.exchanges
    for request, response in bench.exchanges:
        if request.path not in UNDESCRIBED:
            checker.check(request, response)


def busy(**options: object) -> tuple[Bench, str]:
    """The demo's scene and one more page."""
    bench = Bench(**options)  # type: ignore[arg-type]  # handed on as they are
    bench.sim.life = make(bench.clock, 7).life
    return bench, bench.sim.trigger("payments", "QueueStuck \x1b[c: 🔥", at=START - timedelta(minutes=4), alerts=3)


async def test_polls_a_reading_and_a_probe(checker: SpecChecker) -> None:
    bench, page = busy()
    await bench.poll()
    old = bench.sim.trigger("edge", "old", at=START - timedelta(days=9))
    await bench.poll()
    bench.sim.life.resolve(bench.sim.life.groups[old], None, START)
    bench.clock.advance(1300)
    await bench.poll()
    await bench.source.read(page)
    await bench.source.probe()
    check_all(checker, bench)
    assert checker.checked == {
        "GET /api/v1/alert_groups/ 200",
        "GET /api/v1/alert_groups/{id}/ 200",
        "GET /api/v1/alerts/ 200",
        "GET /api/v1/escalation_chains/ 200",
        "GET /api/v1/escalation_policies/ 200",
        "GET /api/v1/resolution_notes/ 200",
        "GET /api/v1/schedules/ 200",
        "GET /api/v1/schedules/{id}/final_shifts 200",
        "GET /api/v1/teams/ 200",
        "GET /api/v1/users/ 200",
        "GET /api/v1/users/{id}/ 200",
    }


async def test_every_action_its_reading_back_and_its_refusal(checker: SpecChecker) -> None:
    bench, page = busy()
    for verb, params in (
        (Verb.SNOOZE, {"seconds": 60}),
        (Verb.ACKNOWLEDGE, {}),
        (Verb.UNACKNOWLEDGE, {}),
        (Verb.NOTE, {"text": "x", "at": "2026-11-23T13:00:00Z", "kind": "told"}),
        (Verb.ESCALATE, {"level": 2}),
        (Verb.RESPONDERS, {"people": [bench.user("eve")], "names": ["eve"]}),
        (Verb.RESOLVE, {}),
        (Verb.REOPEN, {}),
    ):
        row = bench.row(verb, page, **params)
        await bench.source.prepare(row)
        await bench.source.send(row)
        await bench.source.confirm(row)
        with pytest.raises(NotFound if verb is not Verb.NOTE else Refused):
            await bench.source.send(bench.row(verb, "INOWHERE", **{**params, "person": bench.user("bob")}))
    for verb in (Verb.REOPEN, Verb.UNACKNOWLEDGE):
        with pytest.raises(Refused):
            await bench.source.send(bench.row(verb, page))
    check_all(checker, bench)
    assert len(bench.sim.writes) == 8
    assert checker.checked >= {
        "POST /api/v1/alert_groups/{id}/acknowledge/ 200",
        "POST /api/v1/alert_groups/{id}/acknowledge/ 404",
        "POST /api/v1/alert_groups/{id}/unacknowledge/ 400",
        "POST /api/v1/alert_groups/{id}/silence/ 200",
        "POST /api/v1/alert_groups/{id}/resolve/ 200",
        "POST /api/v1/alert_groups/{id}/unresolve/ 200",
        "POST /api/v1/escalation/ 200",
        "POST /api/v1/escalation/ 404",
        "POST /api/v1/resolution_notes/ 201",
        "POST /api/v1/resolution_notes/ 400",
    }


async def test_who_may_not_and_too_many_calls(checker: SpecChecker) -> None:
    for token, grafana in (("wrong", None), (SERVICE_TOKEN, "https://grafana.example.com")):
        bench = Bench(token=Secret("literal", token), grafana_url=grafana, sim={"rate_limit": 1})
        with pytest.raises((AuthFailed, Refused)):
            await bench.source.send(bench.row(Verb.ACKNOWLEDGE, "I1"))
        with pytest.raises((AuthFailed, RateLimited)):
            await bench.poll()
        check_all(checker, bench)
    assert checker.checked == {
        "POST /api/v1/alert_groups/{id}/acknowledge/ 401",
        "POST /api/v1/alert_groups/{id}/acknowledge/ 403",
        "GET /api/v1/alert_groups/ 401",
        "GET /api/v1/alert_groups/ 429",
    }

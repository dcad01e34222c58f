"""Actions of the incident.io source: what the account receives, and what reading back says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from oncall_tui.demo.incident_io import IncidentIoSim
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import (
    BadAnswer,
    Capability,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    TimedOut,
    Unsupported,
)
from tests.sources.system_bench import SystemBench, on

KIND = "incident-io"


def new(bench: SystemBench) -> str:
    """The incident in triage that alice is paged for."""
    found: str = next(iter(bench.sim.account.incidents))
    return found


def held(bench: SystemBench) -> str:
    """The one that Charlie works on."""
    found: str = list(bench.sim.account.incidents)[1]
    return found


def loose(bench: SystemBench) -> str:
    """The page that belongs to no incident."""
    return next(f"page-{one.id}" for one in bench.sim.account.pages.values() if not one.incidents)


def body(bench: SystemBench) -> Any:
    (request,) = [request for request, _ in bench.exchanges if request.method == "POST"]
    return request.json()


async def outcome(bench: SystemBench, row: OutboxRow) -> tuple[Outcome, str]:
    found = await bench.source.confirm(row)
    return found.outcome, found.text


async def confirmed(bench: SystemBench, row: OutboxRow) -> OutboxRow:
    """Send it: seen by nobody before, by everybody afterwards, and reading back has written nothing."""
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED, "nothing was sent yet"
    bench.exchanges.clear()
    sent = await bench.act(row)
    writes = len(bench.writes)
    found = await bench.source.confirm(sent)
    assert found.outcome is Outcome.APPLIED
    assert found.detail is not None
    assert f"{bench.name}:{found.detail.incident.native_id}" == row.target
    assert len(bench.writes) == writes == 1
    return sent


async def test_severity_title_and_status_are_edits_that_change_what_is_given_only() -> None:
    for verb, params, edit in (
        (Verb.SEVERITY, {"severity": 1}, lambda account: {"severity_id": account.severity("Critical").id}),
        (Verb.TITLE, {"title": "disk [/dev/sda1] full"}, lambda account: {"name": "disk [/dev/sda1] full"}),
        (Verb.RESOLVE, {"resolution": "x"}, lambda account: {"incident_status_id": account.status("Documenting").id}),
    ):
        bench = SystemBench(KIND)
        await confirmed(bench, bench.row(verb, new(bench), **params))
        assert body(bench) == {"incident": edit(bench.sim.account), "notify_incident_channel": True}


@pytest.mark.parametrize(("name", "status"), [("closed", "Closed"), ("Documenting", "Documenting")])
async def test_the_status_that_resolving_sets_can_be_chosen(name: str, status: str) -> None:
    bench = SystemBench(KIND, resolved_status=name)
    await confirmed(bench, bench.row(Verb.RESOLVE, new(bench), resolution=None))
    assert bench.sim.account.incidents[new(bench)].status.name == status


async def test_a_status_that_is_not_there_is_refused_before_it_is_sent() -> None:
    bench = SystemBench(KIND, resolved_status="Done")
    with pytest.raises(Refused, match="no status Done: see resolved_status"):
        await bench.source.send(bench.row(Verb.RESOLVE, new(bench), resolution=None))
    assert bench.writes == []


async def test_paging_a_level_a_person_and_a_path() -> None:
    bench = SystemBench(KIND)
    users, paths = bench.sim.account.users, bench.sim.account.paths
    for params, whom in (
        ({"level": 2}, {"user_ids": [users["bob"]]}),
        ({"level": 3}, {"user_ids": [users["erin"], users["victor"]]}),
        ({"person": users["grace"], "person_name": "Grace"}, {"user_ids": [users["grace"]]}),
        ({"policy": paths[2].id, "policy_name": "Edge"}, {"escalation_path_id": paths[2].id}),
    ):
        bench = SystemBench(KIND)
        sent = await confirmed(bench, bench.row(Verb.ESCALATE, new(bench), **params))
        assert body(bench) == {
            "idempotency_key": "oncall-tui-key1", "title": "t", "incident_id": new(bench), **whom,
        }  # fmt: skip
        assert sent.native_ref in bench.sim.account.pages


async def test_a_page_that_belongs_to_no_incident_can_be_passed_on_and_cancelled() -> None:
    bench = SystemBench(KIND)
    await confirmed(bench, bench.row(Verb.ESCALATE, loose(bench), level=2))
    assert body(bench) == {
        "idempotency_key": "oncall-tui-key1", "title": "t", "user_ids": [bench.sim.account.users["frank"]],
    }  # fmt: skip
    bench = SystemBench(KIND)
    await confirmed(bench, bench.row(Verb.RESOLVE, loose(bench), resolution=None))
    assert bench.sim.account.pages[loose(bench).removeprefix("page-")].status == "cancelled"
    for verb, params in ((Verb.SEVERITY, {"severity": 1}), (Verb.TITLE, {"title": "x"})):
        with pytest.raises(Unsupported, match="declare an incident"):
            await bench.source.send(bench.row(verb, loose(bench), **params))


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("verb", [Verb.SEVERITY, Verb.TITLE, Verb.RESOLVE, Verb.ESCALATE])
async def test_a_lost_answer_is_found_out_by_reading_back(verb: Verb, applied: bool) -> None:
    params: dict[Verb, dict[str, Any]] = {
        Verb.SEVERITY: {"severity": 1}, Verb.TITLE: {"title": "x"}, Verb.RESOLVE: {}, Verb.ESCALATE: {"level": 2},
    }  # fmt: skip
    bench = SystemBench(KIND)
    row = bench.row(verb, new(bench), **params[verb])
    bench.lose("POST", "/escalations" if verb is Verb.ESCALATE else "/edit", applied=applied)
    with pytest.raises(TimedOut) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied
    assert (await outcome(bench, row))[0] is (Outcome.APPLIED if applied else Outcome.NOT_APPLIED)
    assert len(bench.writes) == int(applied)


async def test_a_page_that_is_sent_again_pages_nobody_twice() -> None:
    bench = SystemBench(KIND)
    row = bench.row(Verb.ESCALATE, new(bench), level=2)
    first, again = await bench.source.send(row), await bench.source.send(row)
    assert first.native_ref == again.native_ref
    assert len(bench.writes) == 1


async def test_what_is_over_already_is_refused_and_told_by_whom() -> None:
    bench = SystemBench(KIND)
    account = bench.sim.account
    account.edit(
        account.incidents[new(bench)], bench.clock.now(), by=account.people["bob"], status=account.status("Closed")
    )
    row = bench.row(Verb.RESOLVE, new(bench), resolution=None)
    with pytest.raises(Refused, match="it is Closed already"):
        await bench.source.send(row)
    assert await outcome(bench, row) == (Outcome.SUPERSEDED, "resolved by Bob Brandt 14:00 UTC, yours not needed")
    assert bench.writes == []
    page = account.pages[loose(bench).removeprefix("page-")]
    account.end(page, "resolved", bench.clock.now())
    row = bench.row(Verb.RESOLVE, f"page-{page.id}", resolution=None)
    with pytest.raises(Refused, match="over already"):
        await bench.source.send(row)
    assert (await outcome(bench, row))[0] is Outcome.SUPERSEDED


async def test_a_resolution_by_somebody_elses_key_is_not_ours() -> None:
    bench = SystemBench(KIND)
    row = await bench.act(bench.row(Verb.RESOLVE, new(bench), resolution=None))
    lost = replace(row, answered_at=None)
    assert (await outcome(bench, lost))[0] is Outcome.APPLIED
    bench.edits["/v1/identity"] = lambda data: {"identity": {**data["identity"], "name": "another"}}
    other = SystemBench(KIND)
    other.edits.update(bench.edits)
    lost = replace(await other.act(other.row(Verb.RESOLVE, new(other), resolution=None)), answered_at=None)
    assert await outcome(other, lost) == (Outcome.SUPERSEDED, "resolved by oncall 14:00 UTC, yours not needed")


async def test_a_severity_that_none_of_the_accounts_means_is_refused_before_it_is_sent() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(Refused, match=r"no severity of the account means Sev4 \(Critical, Major, Minor\)"):
        await bench.source.send(bench.row(Verb.SEVERITY, new(bench), severity=4))
    assert bench.writes == []


async def test_a_level_that_nobody_is_known_on_is_refused_before_it_is_sent() -> None:
    bench = SystemBench(KIND)
    with pytest.raises(Refused, match="nobody is known to be on level 7"):
        await bench.source.send(bench.row(Verb.ESCALATE, new(bench), level=7))
    with pytest.raises(Unsupported):
        await bench.source.send(bench.row(Verb.ESCALATE, new(bench)))
    unpaged = bench.sim.account.declare("y", "Investigating", None, bench.clock.now())
    with pytest.raises(Refused, match="choose a person or a path"):
        await bench.source.send(bench.row(Verb.ESCALATE, unpaged.id, level=1))
    assert bench.writes == []


async def test_a_key_without_the_role_is_told_which_it_needs() -> None:
    bench = SystemBench(KIND, lambda clock, seed: _scene(IncidentIoSim(clock, seed, roles=("viewer",))))
    for verb, params, role in (
        (Verb.TITLE, {"title": "x"}, "incident_editor"),
        (Verb.ESCALATE, {"level": 2}, "escalation_creator"),
    ):
        with pytest.raises(Refused, match=f"it needs the role {role}") as caught:
            await bench.source.send(bench.row(verb, new(bench), **params))
        assert not caught.value.maybe_applied
    assert bench.writes == []


def _scene(sim: IncidentIoSim) -> IncidentIoSim:
    sim.open_scene()
    return sim


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (Verb.ACKNOWLEDGE, "in Slack or by phone"),
        (Verb.NOTE, "takes no notes"),
        (Verb.SNOOZE, "snooze"),
        (Verb.UNACKNOWLEDGE, "no acknowledgement back"),
        (Verb.REOPEN, "no incident again"),
        (Verb.REASSIGN, "cannot reassign"),
        (Verb.MERGE, "cannot merge"),
    ],
)
async def test_what_the_api_cannot_do_is_no_capability_and_says_why(verb: Verb, words: str) -> None:
    bench = SystemBench(KIND)
    assert Capability(verb.value) not in bench.source.capabilities
    with pytest.raises(Unsupported, match=words):
        await bench.source.send(bench.row(verb, new(bench)))
    assert bench.calls == []


@pytest.mark.parametrize(
    ("answer", "error", "maybe"),
    [
        (json_response({}), BadAnswer, True),
        (json_response({"incident": {"id": "01OTHER"}}), BadAnswer, True),
        (Response(body=b"<html>"), BadAnswer, True),
        (json_response({"type": "x"}, 502), ServerFailed, True),
        (json_response({"type": "too_many_requests"}, 429, retry_after="9"), RateLimited, False),
        (json_response({"type": "not_found"}, 404), NotFound, False),
        (json_response({"errors": [{"code": "is_required", "message": "Name \x1b[c is needed"}]}, 422), Refused, False),
        (httpx.ConnectError("no"), SourceError, False),
    ],
)
async def test_whether_it_may_have_been_applied_is_told(
    answer: Response | Exception, error: type[SourceError], maybe: bool
) -> None:
    bench = SystemBench(KIND)
    bench.rules.append(on("POST", "/edit", answer))
    with pytest.raises(error) as caught:
        await bench.source.send(bench.row(Verb.TITLE, new(bench), title="x"))
    assert caught.value.maybe_applied is maybe
    assert "\x1b" not in str(caught.value)


async def test_what_is_not_there_any_more_is_unknown() -> None:
    bench = SystemBench(KIND)
    assert (await outcome(bench, bench.row(Verb.TITLE, "01NOWHERE", title="x")))[0] is Outcome.UNKNOWN
    with pytest.raises(NotFound):
        await bench.source.send(bench.row(Verb.TITLE, "01NOWHERE", title="x"))


async def test_reading_back_needs_what_tells_it() -> None:
    """A page whose key cannot be asked for is not said to be missing."""
    bench = SystemBench(KIND)
    row = await bench.act(bench.row(Verb.ESCALATE, new(bench), level=2))

    def rule(request: Request) -> Response | None:
        return json_response({"x": 1}, 500) if request.value("idempotency_key[is]") else None

    bench.rules.append(rule)
    with pytest.raises(ServerFailed):
        await bench.source.confirm(row)


async def test_a_page_of_somebody_elses_is_not_taken_for_ours() -> None:
    """Where the filter by its key is not heeded, what was there before is listed."""
    bench = SystemBench(KIND)
    bench.clock.advance(60)
    row = bench.row(Verb.ESCALATE, new(bench), level=2)
    request_key = "idempotency_key[is]"
    everything: Callable[[Request], Response] = bench.sim.handle

    def rule(request: Request) -> Response | None:
        if request.method != "GET" or not request.value(request_key):
            return None
        query = tuple((name, value) for name, value in request.query if name != request_key)
        return everything(replace(request, query=query))

    bench.rules.append(rule)
    assert (await outcome(bench, row))[0] is Outcome.NOT_APPLIED
    sent = await bench.act(row)
    assert (await outcome(bench, sent))[0] is Outcome.APPLIED

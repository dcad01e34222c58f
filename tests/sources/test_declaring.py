"""A new incident in each system that takes one: what it receives, what reading back says, and that a lost answer finds
the made one. PagerDuty, Opsgenie and Jira Service Management have tests of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import IncidentState, OutboxRow, Verb
from oncall_tui.sources.base import Capability, Outcome, Refused, SourceError, TimedOut
from oncall_tui.testkit.choosing import trial
from tests.sources.system_bench import SystemBench
from tests.support.graphql import GraphQLChecker
from tests.support.openapi import SpecChecker, require_spec

TITLE = "Nobody can pay"


@dataclass(frozen=True)
class System:
    """One system: how its write is told from its reads, what it holds of a new incident."""

    write: Callable[[Request], bool]
    made: Callable[[SystemBench], list[Any]]
    once: bool
    """The same call again makes no second one."""


def post(ending: str) -> Callable[[Request], bool]:
    return lambda request: request.method == "POST" and request.path.endswith(ending)


def mutation(request: Request) -> bool:
    return b"CreateAlert(" in request.body


SYSTEMS: Mapping[str, System] = {
    "goalert": System(
        mutation, lambda b: [one for one in b.sim.account.alerts.values() if one.summary == TITLE], once=True
    ),
    "splunk-oncall": System(
        post("/incidents"),
        lambda b: [one for one in b.sim.account.incidents.values() if one.display == TITLE],
        once=False,
    ),
    "incident-io": System(
        post("/incidents"), lambda b: [one for one in b.sim.account.incidents.values() if one.name == TITLE], once=True
    ),
    "datadog": System(
        post("/incidents"), lambda b: [one for one in b.sim.estate.incidents.values() if one.title == TITLE], once=False
    ),
    "grafana-oncall": System(
        post("/escalation/"), lambda b: [one for one in b.sim.life.groups.values() if one.title == TITLE], once=False
    ),
}
every = pytest.mark.parametrize("kind", SYSTEMS)


async def declaration(bench: SystemBench, **changed: Any) -> OutboxRow:
    """A row as the kit would choose it: of the first service, or for the first policy, that the system tells of."""
    taken = None
    for _ in range(5):
        snapshot = await bench.poll()
        bench.clock.advance(61)
        taken = snapshot if snapshot.directory is not None or taken is None else taken
    assert taken is not None
    chosen = trial(_Subject(bench.name), Verb.DECLARE, taken)  # type: ignore[arg-type]  # its name is all that is asked
    assert chosen is not None
    params = {**chosen.params, "title": TITLE, "text": "Every payment is turned down.", **changed}
    row = replace(bench.row(Verb.DECLARE, "x", **params), target="local:declaration-x")
    return replace(row, baseline=await bench.source.prepare(row))


@dataclass(frozen=True)
class _Subject:
    name: str
    params: Any = None
    targets: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", {})
        object.__setattr__(self, "targets", {})


@every
async def test_it_is_made_and_read_back_whole(kind: str) -> None:
    bench, system = SystemBench(kind), SYSTEMS[kind]
    assert Capability.DECLARE in bench.source.capabilities
    row = await declaration(bench)
    sent = await bench.source.send(row)
    assert len(system.made(bench)) == 1
    answered = replace(row, answered_at=bench.clock.now(), native_ref=sent.native_ref)
    found = await bench.source.confirm(answered)
    assert found.outcome is Outcome.APPLIED
    assert found.detail is not None
    incident = found.detail.incident
    assert (incident.id, incident.native_id) == (f"{bench.name}:{found.native_ref}", sent.native_ref)
    assert (incident.title, incident.state) == (TITLE, IncidentState.TRIGGERED)
    told = await bench.poll()
    assert incident.id in [one.id for one in told.incidents or ()]


@every
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
async def test_a_lost_answer_is_read_back(kind: str, applied: bool) -> None:
    bench, system = SystemBench(kind), SYSTEMS[kind]
    row = await declaration(bench)

    def lose(request: Request) -> Response | None:
        if not system.write(request):
            return None
        if applied:
            bench.sim.handle(request)
        raise TimedOut("lost", maybe_applied=True)

    bench.rules.append(lose)
    with pytest.raises(SourceError) as caught:
        await bench.source.send(row)
    assert caught.value.maybe_applied, "it may be there"
    bench.rules.clear()
    if applied and kind == "incident-io" and row.params["policy"]:
        # Its page is still to be sent, under a key of its own: the same call again makes what is missing.
        assert (await bench.source.confirm(row)).outcome is Outcome.NOT_APPLIED
        await bench.source.send(row)
    else:
        bench.clock.advance(12)
    found = await bench.source.confirm(row)
    assert found.outcome is (Outcome.APPLIED if applied else Outcome.NOT_APPLIED)
    assert len(system.made(bench)) == int(applied)


@pytest.mark.parametrize("kind", [kind for kind, system in SYSTEMS.items() if not system.once])
async def test_one_that_was_resolved_before_it_was_read_back_is_there(kind: str) -> None:
    bench, system = SystemBench(kind), SYSTEMS[kind]
    row = await declaration(bench)
    await bench.source.send(row)  # and the answer is lost
    bench.clock.advance(120)
    [made] = [one for one in (await bench.poll()).incidents or () if one.title == TITLE and one.is_open]
    await bench.source.send(bench.row(Verb.RESOLVE, made.native_id))
    bench.clock.advance(30)
    found = await bench.source.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, made.native_id), "else it would page a second time"
    assert len(system.made(bench)) == 1


@every
async def test_one_that_is_called_so_already_is_not_ours(kind: str) -> None:
    bench, system = SystemBench(kind), SYSTEMS[kind]
    first = await declaration(bench)
    await bench.source.send(first)
    bench.clock.advance(120)
    second = replace(await declaration(bench), key="another")
    bench.clock.advance(12)
    assert (await bench.source.confirm(second)).outcome is Outcome.NOT_APPLIED
    sent = await bench.source.send(second)
    found = await bench.source.confirm(replace(second, sent_at=bench.clock.now()))
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, sent.native_ref)
    assert len(system.made(bench)) == 2


@pytest.mark.parametrize("kind", [kind for kind, system in SYSTEMS.items() if system.once])
async def test_the_same_call_again_makes_no_second_one(kind: str) -> None:
    bench, system = SystemBench(kind), SYSTEMS[kind]
    row = await declaration(bench)
    first, again = await bench.source.send(row), await bench.source.send(row)
    assert first.native_ref == again.native_ref
    assert len(system.made(bench)) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [("goalert", "say which"), ("splunk-oncall", "say which"), ("grafana-oncall", "belongs to no team")],
)
async def test_what_must_be_named_is_asked_for_before_it_is_sent(kind: str, words: str) -> None:
    bench = SystemBench(kind)
    row = await declaration(bench)
    with pytest.raises(Refused, match=words):
        await bench.source.send(replace(row, params={**row.params, "service": None, "policy": None}))
    assert not SYSTEMS[kind].made(bench)


async def test_goalert_keeps_the_severity_in_its_metadata() -> None:
    bench = SystemBench("goalert", severity={"sev2": 3, "major": 2})
    row = await declaration(bench)
    sent = await bench.source.send(row)
    detail = await bench.source.read(sent.native_ref or "")
    assert (detail.incident.severity, detail.incident.severity_word) == (2, "critical")


async def test_incident_io_pages_by_the_path_that_is_named() -> None:
    bench = SystemBench("incident-io")
    row = await declaration(bench)
    sent = await bench.source.send(row)
    [page] = [one for one in bench.sim.account.pages.values() if one.title == TITLE]
    assert (page.path.id, [one.id for one in page.incidents]) == (row.params["policy"], [sent.native_ref])


async def test_an_incident_io_key_without_the_role_declares_nothing() -> None:
    bench = SystemBench("incident-io", lambda clock, seed: _without_creator(clock, seed))
    await bench.poll()
    assert Capability.DECLARE not in bench.source.capabilities


def _without_creator(clock: Any, seed: int) -> Any:
    from oncall_tui.demo.incident_io.sim import ROLES, IncidentIoSim

    return IncidentIoSim(clock, seed, roles=tuple(one for one in ROLES if one != "incident_creator"))


@every
async def test_calls_and_answers_are_as_published(kind: str) -> None:
    bench = SystemBench(kind)
    row = await declaration(bench)
    sent = await bench.source.send(row)
    await bench.source.confirm(row)
    await bench.source.confirm(replace(row, answered_at=bench.clock.now(), native_ref=sent.native_ref))
    checked = _checked(kind, bench)
    assert checked >= _CALLS[kind], checked


_CALLS: Mapping[str, set[str]] = {
    "goalert": {"mutation CreateAlert"},
    "splunk-oncall": {"POST /api-public/v1/incidents 200"},
    "incident-io": {"POST /v2/incidents 200", "POST /v2/escalations 201"},
    "datadog": {"POST /api/v2/incidents 201"},
    "grafana-oncall": {"POST /api/v1/escalation/ 200"},
}
_LATER = re.compile(r"/api-public/v1/(incidents/\d+|incidents/\d+/notes|policies/[^/]+)|/api/v1/(integrations|routes)/")
"""What the descriptions do not know."""


def _checked(kind: str, bench: SystemBench) -> set[str]:
    if kind == "goalert":
        graph = GraphQLChecker(require_spec("goalert.graphql"))
        for request, response in bench.exchanges:
            if request.path.endswith("/graphql"):
                graph.check(request, response)
        return graph.checked
    names = {"datadog": "datadog-v2.json", "incident-io": "incident-io.json"}
    checker = SpecChecker(require_spec(names.get(kind, f"{kind}.yaml")))
    for request, response in bench.exchanges:
        if kind == "datadog" and request.segments[1] == "v1":
            continue
        if not _LATER.fullmatch(request.path) and response.headers.get("content-type"):
            assert json.loads(response.body) is not None
            checker.check(request, response)
    return checker.checked

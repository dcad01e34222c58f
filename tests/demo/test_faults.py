"""Each fault does what its name says, in its windows, the same for the same seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest

from oncall_tui.demo.faults import (
    FAULT_NAMES,
    SERVER_ERRORS,
    Broken,
    Fault,
    Outcome,
    Planned,
    answer_with,
    delay,
    drop_after_apply,
    drop_before_apply,
    is_write,
    limit_rate,
    make_fault,
    refuse,
)
from oncall_tui.demo.hostile import CORPUS, spoil
from oncall_tui.demo.wire import Request, Response
from oncall_tui.text import clean, unsafe_count
from tests.demo.echo import EchoWorld
from tests.support.clock import ManualClock

GET = Request(method="GET", path="/pagerduty/incidents")
PUT = Request(method="PUT", path="/pagerduty/incidents", body=b"{}")
ALL = ("pagerduty", "alertmanager", "prometheus")


def a_fault(name: str, clock: ManualClock, seed: int = 1) -> Fault:
    return make_fault(name, clock=clock, seed=seed, prefixes=ALL)


def watch(name: str, *, seed: int = 1, minutes: float = 4, request: Request = GET) -> list[Outcome]:
    """One request a second."""
    clock = ManualClock()
    world = EchoWorld(clock, (a_fault(name, clock, seed),))
    outcomes = []
    for _ in range(int(minutes * 60)):
        outcomes.append(world.exchange(request))
        clock.advance(1)
    return outcomes


def answers(outcomes: Sequence[Outcome]) -> list[Response]:
    return [outcome.answer for outcome in outcomes if isinstance(outcome.answer, Response)]


def is_fine(outcome: Outcome) -> bool:
    answer = outcome.answer
    if not isinstance(answer, Response) or answer.status != 200 or outcome.delay_s:
        return False
    try:
        return msgspec.json.decode(answer.body)["path"] == "/incidents"
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError):
        return False


def test_every_name_of_the_command_line_is_a_fault_but_hostile() -> None:
    clock = ManualClock()
    for name in FAULT_NAMES:
        if name != "hostile":
            assert a_fault(name, clock) is not None
    with pytest.raises(ValueError, match="no such fault: hostile"):
        a_fault("hostile", clock)


@pytest.mark.parametrize("name", ["latency", "rate-limit", "server-error", "bad-json", "source-down"])
def test_a_timed_fault_begins_and_ends_and_comes_again(name: str) -> None:
    outcomes = watch(name, minutes=16)
    fine = [is_fine(outcome) for outcome in outcomes]
    assert all(fine[:10]), "the first seconds are undisturbed: the screen has data"
    troubles = sum(not now and before for before, now in pairwise(fine))
    recoveries = sum(now and not before for before, now in pairwise(fine))
    assert troubles >= 2 and recoveries >= 2
    assert sum(fine) > len(fine) / 4


@pytest.mark.parametrize("name", [name for name in FAULT_NAMES if name != "hostile"])
def test_the_same_seed_gives_the_same_troubles(name: str) -> None:
    assert watch(name, request=PUT) == watch(name, request=PUT)


@pytest.mark.parametrize("name", ["latency", "rate-limit", "server-error", "bad-json"])
def test_another_seed_gives_others(name: str) -> None:
    assert watch(name, seed=1) != watch(name, seed=2)


def test_latency_is_half_a_second_to_four_and_everything_is_answered() -> None:
    delays = {outcome.delay_s for outcome in watch("latency")}
    assert len(answers(watch("latency"))) == 240
    assert delays - {0.0} and min(delays - {0.0}) >= 0.5 and max(delays) <= 4.0


def test_rate_limit_says_most_of_the_time_when_it_ends() -> None:
    limited = [answer for answer in answers(watch("rate-limit")) if answer.status == 429]
    told = [answer for answer in limited if "ratelimit-reset" in answer.headers]
    assert 0 < len(told) < len(limited)
    assert all(answer.headers["ratelimit-remaining"] == "0" for answer in told)
    resets = [int(answer.headers["ratelimit-reset"]) for answer in told]
    assert max(resets) <= 40 and min(resets) >= 1
    assert json.loads(limited[0].body) == {"error": {"message": "Rate Limit Exceeded", "code": 2020}}


def test_rate_limit_of_a_monitor_is_a_plain_429() -> None:
    clock = ManualClock()
    planned = Planned()
    planned.next(limit_rate(12.3))
    answer = EchoWorld(clock, (planned,)).exchange(Request(method="GET", path="/prometheus/x")).answer
    assert isinstance(answer, Response)
    assert (answer.status, answer.headers["retry-after"], answer.headers["content-type"]) == (429, "12", "text/plain")


def test_server_errors_are_of_several_kinds_and_apply_some_writes() -> None:
    clock = ManualClock()
    world = EchoWorld(clock, (a_fault("server-error", clock),))
    clock.advance(31)
    statuses = []
    for _ in range(200):
        answer = world.exchange(PUT).answer
        assert isinstance(answer, Response)
        statuses.append(answer.status)
    assert set(statuses) == {200, 500, 502, 503}
    failed = sum(status >= 500 for status in statuses)
    applied_but_failed = len(world.sim.asked) - statuses.count(200)
    assert 0.3 * failed < applied_but_failed < 0.7 * failed


def test_server_errors_never_reach_the_system_for_a_read() -> None:
    clock = ManualClock()
    world = EchoWorld(clock, (a_fault("server-error", clock),))
    clock.advance(31)
    good = sum(is_fine(world.exchange(GET)) for _ in range(50))
    assert len(world.sim.asked) == good < 50


def test_drop_after_apply_applies_every_write_and_answers_every_other() -> None:
    clock = ManualClock()
    world = EchoWorld(clock, (a_fault("drop-after-apply", clock),))
    outcomes = [world.exchange(PUT).answer for _ in range(4)]
    assert [outcome is Broken.DROPPED for outcome in outcomes] == [True, False, True, False]
    assert len(world.sim.asked) == 4
    assert all(is_fine(world.exchange(GET)) for _ in range(5)), "reads are not touched"


def test_bad_json_spoils_good_answers_in_many_ways() -> None:
    spoilt = {answer.body[:20] for answer in answers(watch("bad-json", minutes=10)) if not is_fine(Outcome(answer))}
    assert len(spoilt) == 6
    clock = ManualClock()
    world = EchoWorld(clock, (a_fault("bad-json", clock),))
    clock.advance(31)
    empty = world.exchange(Request(method="GET", path="/pagerduty/empty")).answer
    assert isinstance(empty, Response) and (empty.status, empty.body) == (204, b"")


def test_source_down_takes_each_source_in_turn_and_nothing_reaches_it() -> None:
    clock = ManualClock()
    fault = a_fault("source-down", clock)
    down: list[str] = []
    for _ in range(12 * 60):
        now_down = [prefix for prefix in ALL if fault.trouble(prefix, GET) is refuse]
        assert len(now_down) <= 1
        if now_down and down[-1:] != now_down:
            down += now_down
        clock.advance(1)
    assert down == ["pagerduty", "alertmanager", "prometheus"]


def test_a_planned_trouble_meets_the_requests_it_was_ordered_for() -> None:
    planned = Planned()
    world = EchoWorld(ManualClock(), (planned,))
    planned.next(drop_after_apply, matching=is_write)
    planned.next(answer_with(SERVER_ERRORS[2]), prefix="prometheus", count=2)
    assert is_fine(world.exchange(GET)), "a read is not a write"
    assert world.exchange(PUT).answer is Broken.DROPPED
    assert [request.method for request in world.sim.asked] == ["GET", "PUT"]
    query = Request(method="GET", path="/prometheus/api/v1/query")
    statuses = [answer.status for answer in answers([world.exchange(query) for _ in range(3)])]
    assert statuses == [503, 503, 200]
    assert planned.pending == 0
    assert [(prefix, request.path) for prefix, request in planned.met] == [
        ("pagerduty", "/incidents"),
        ("prometheus", "/api/v1/query"),
        ("prometheus", "/api/v1/query"),
    ]


def test_planned_without_a_count_lasts_until_cleared() -> None:
    planned = Planned()
    world = EchoWorld(ManualClock(), (planned,))
    planned.next(refuse, count=None)
    assert [world.exchange(GET).answer for _ in range(5)] == [Broken.REFUSED] * 5
    planned.clear()
    assert is_fine(world.exchange(GET))
    assert len(world.sim.asked) == 1


def test_drop_before_apply_applies_nothing() -> None:
    planned = Planned()
    world = EchoWorld(ManualClock(), (planned,))
    planned.next(drop_before_apply)
    assert world.exchange(PUT).answer is Broken.DROPPED
    assert not world.sim.asked


def test_faults_pile_up_and_the_first_stands_nearest_to_the_caller() -> None:
    near, far = Planned(), Planned()
    near.next(delay(2))
    far.next(delay(1))
    world = EchoWorld(ManualClock(), (near, far))
    assert world.exchange(GET).delay_s == 3
    near.next(refuse)
    far.next(delay(1))
    assert world.exchange(GET).answer is Broken.REFUSED
    assert far.pending == 1, "what is refused does not come that far"


def test_a_query_by_post_is_no_write() -> None:
    assert not is_write(Request(method="POST", path="/api/v1/query"))
    assert not is_write(Request(method="POST", path="/api/v1/query_range"))
    assert is_write(Request(method="POST", path="/incidents/Q1/notes"))
    assert is_write(Request(method="DELETE", path="/api/v2/silence/x"))


def test_an_unknown_prefix_is_told_what_there_is() -> None:
    answer = EchoWorld(ManualClock()).exchange(Request(method="GET", path="/opsgenie/v2/alerts")).answer
    assert isinstance(answer, Response)
    assert answer.status == 404 and b"/pagerduty, /prometheus" in answer.body


def test_the_corpus_is_hostile_and_one_text_is_always_spoilt_alike() -> None:
    assert sum(unsafe_count(text) > 0 for text in CORPUS) >= 12
    assert max(map(len, CORPUS)) >= 1_000_000
    for needed in ("disk [/dev/sda1] full", "[ERROR] db", "[@click=app.quit]x[/]"):
        assert needed in CORPUS
    assert spoil("Checkout returns 503") == spoil("Checkout returns 503")
    assert len({spoil(f"incident {number}")[11:] for number in range(200)}) > 15
    assert all(clean(text).isprintable() or "\u200d" in clean(text) for text in CORPUS)
    assert all(text.encode() for text in CORPUS), "every one can be sent as JSON"

"""Every call of the Slack channel, and every answer of its simulator, against the description of Slack's methods."""

from __future__ import annotations

import pytest

from oncall_tui.demo.faults import drop_after_apply
from oncall_tui.model import Verb
from oncall_tui.sources.base import SourceError
from tests.channels.channel_bench import Bench, again
from tests.channels.test_slack import ALL, long_text, room_named, slack_bench
from tests.support.openapi import SpecChecker, require_spec


@pytest.fixture(scope="module")
def checker() -> SpecChecker:
    return SpecChecker(require_spec("slack.json"), base="/api")


def check_all(checker: SpecChecker, bench: Bench[object]) -> None:
    assert bench.exchanges
    for request, response in bench.exchanges:
        checker.check(request, response)


async def test_every_action_and_its_reading_back(checker: SpecChecker) -> None:
    checker.checked.clear()
    bench = slack_bench(invite=("alice@example.com", "nobody@example.com"))
    bench.sim.page_size = 2
    await bench.channel.probe()
    sent, _ = await bench.deliver(bench.row(Verb.ROOM, name="inc-1", topic="SEV1"))
    await bench.deliver(bench.row(Verb.ROOM, name="payments", topic=""))
    await bench.deliver(bench.row(Verb.TOPIC, room=sent.native_ref, topic="SEV2 & more"))
    posted, _ = await bench.deliver(bench.row(Verb.MESSAGE, text=long_text(150), room=sent.native_ref))
    await bench.deliver(bench.row(Verb.UPDATE_MESSAGE, message=posted.native_ref, text="changed"))
    lost = bench.row(Verb.MESSAGE, text=long_text(100))
    bench.trouble(drop_after_apply, "chat.postMessage")
    with pytest.raises(SourceError):
        await bench.channel.send(lost)
    await bench.deliver(again(lost, bench.clock))
    check_all(checker, bench)
    assert checker.checked == {
        "POST /auth.test 200",
        "POST /conversations.create 200",
        "POST /conversations.setTopic 200",
        "POST /conversations.join 200",
        "GET /conversations.info 200",
        "GET /conversations.list 200",
        "GET /conversations.history 200",
        "GET /conversations.replies 200",
        "GET /users.conversations 200",
        "GET /users.lookupByEmail 200",
        "POST /chat.postMessage 200",
        "POST /chat.update 200",
    }


async def test_people_are_invited(checker: SpecChecker) -> None:
    bench = slack_bench(invite=("alice@example.com",))
    await bench.channel.send(bench.row(Verb.ROOM, name="inc-1", topic=""))
    check_all(checker, bench)
    assert "POST /conversations.invite 200" in checker.checked


async def test_every_refusal(checker: SpecChecker) -> None:
    room = room_named(slack_bench(), "incidents").id
    rows = (
        (Verb.ROOM, {"name": "inc-2026-001", "topic": ""}),
        (Verb.TOPIC, {"room": "C0NOWHERE00", "topic": "x"}),
        (Verb.MESSAGE, {"text": "x", "room": "C0NOWHERE00"}),
        (Verb.UPDATE_MESSAGE, {"message": f"{room}/1700000000.000001", "text": "x"}),
    )
    for options in ({}, {"token": "x"}, {"scopes": ("users:read.email",)}, {"scopes": ALL[1:]}):
        bench = slack_bench(**options)
        for verb, params in rows:
            with pytest.raises(SourceError):
                await bench.channel.send(bench.row(verb, **params))
        await bench.channel.probe()
        check_all(checker, bench)


async def test_too_many_calls(checker: SpecChecker) -> None:
    bench = slack_bench()
    bench.sim.posts = 1
    with pytest.raises(SourceError):
        await bench.channel.send(bench.row(Verb.MESSAGE, text=long_text(150)))
    check_all(checker, bench)
    assert "POST /chat.postMessage 429" in checker.checked

"""The Slack channel before the simulated workspace: rooms, topics, messages, what was lost, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.channels.slack import Options, Slack, make
from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import (
    SERVER_ERRORS,
    answer_with,
    apply_and_answer,
    drop_after_apply,
    drop_before_apply,
    limit_rate,
    refuse,
)
from oncall_tui.demo.slack import TOKEN, SlackSim
from oncall_tui.demo.wire import json_response
from oncall_tui.model import Verb
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Dropped,
    NotFound,
    Outcome,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    Unreachable,
    Unsupported,
)
from tests.channels.channel_bench import BASE, Bench, again, answered

ALL = ("channels:history", "channels:join", "channels:manage", "channels:read", "chat:write", "users:read.email")


def slack_bench(*, token: str = TOKEN, scopes: tuple[str, ...] = ALL, **options: Any) -> Bench[SlackSim]:
    wanted = {"room": "#incidents", **options}
    made = Options(name="chan", kind="slack", token=Secret("literal", token), base_url=f"{BASE}/slack/api", **wanted)
    return Bench(lambda clock: SlackSim(clock, 7, scopes=scopes), make, made)


def room_named(bench: Bench[SlackSim], name: str) -> Any:
    return bench.sim.space.named(name)


def texts(bench: Bench[SlackSim], name: str = "incidents") -> list[str]:
    return [message.text for message in room_named(bench, name).messages if message.user == bench.sim.space.bot]


# -- rooms -----------------------------------------------------------------------------------------------------------


async def test_the_incidents_room_is_made_with_its_topic_and_its_people() -> None:
    bench = slack_bench(invite=("alice@example.com",))
    sent, found = await bench.deliver(bench.row(Verb.ROOM, name="INC 2026/014: Payment", topic="SEV2 | Payments"))
    room = room_named(bench, "inc-2026-014-payment")
    assert sent.native_ref == room.id and found.outcome is Outcome.APPLIED
    assert sent.text == "#inc-2026-014-payment"
    assert room.topic == "SEV2 | Payments" and not room.is_private
    assert room.members == [bench.sim.space.bot, bench.sim.space.users["alice"]]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Zahlungsausfall Köln", "zahlungsausfall-koln"),
        ("  #INC-7!! ", "inc-7"),
        ("x" * 200, "x" * 80),
        ("_a_", "a"),
        ("支払い", "inc-q1abc"),
        ("\x1b]0;pwn\x07", "0-pwn"),
    ],
)
async def test_a_name_is_cleaned_to_slacks_rules(name: str, wanted: str) -> None:
    bench = slack_bench()
    sent, _ = await bench.deliver(bench.row(Verb.ROOM, name=name, topic=""))
    assert sent.native_ref == room_named(bench, wanted).id


async def test_a_private_room() -> None:
    bench = slack_bench(private=True, scopes=(*ALL, "groups:write", "groups:read"))
    await bench.deliver(bench.row(Verb.ROOM, name="inc-5", topic=""))
    assert room_named(bench, "inc-5").is_private


async def test_a_room_that_is_there_is_reused_and_joined() -> None:
    bench = slack_bench()
    sent, found = await bench.deliver(bench.row(Verb.ROOM, name="payments", topic="SEV1"))
    room = room_named(bench, "payments")
    assert sent.native_ref == room.id and "it was there" in sent.text
    assert bench.sim.space.bot in room.members and room.topic == "SEV1"
    assert found.outcome is Outcome.APPLIED


async def test_a_room_is_found_on_the_last_page() -> None:
    bench = slack_bench()
    bench.sim.page_size = 1
    sent = await bench.channel.send(bench.row(Verb.ROOM, name="payments", topic=""))
    assert sent.native_ref == room_named(bench, "payments").id


async def test_an_archived_room_is_said() -> None:
    bench = slack_bench()
    with pytest.raises(Refused, match=r"#inc-2026-001 is there and archived") as caught:
        await bench.channel.send(bench.row(Verb.ROOM, name="inc-2026-001", topic=""))
    assert caught.value.code == "is_archived"


async def test_a_name_that_a_room_has_which_nobody_shows_us() -> None:
    bench = slack_bench()
    with pytest.raises(Refused, match="taken by a room that the token cannot see"):
        await bench.channel.send(bench.row(Verb.ROOM, name="hr-private", topic=""))


async def test_a_room_without_what_is_missing_besides() -> None:
    """Neither the topic nor the people are what counts."""
    bench = slack_bench(invite=("nobody@example.com",), scopes=(*ALL[:2], *ALL[3:], "groups:write"), private=True)
    bench.trouble(answer_with(json_response({"ok": False, "error": "user_is_restricted"})), "setTopic")
    sent, found = await bench.deliver(bench.row(Verb.ROOM, name="inc-9", topic="x"))
    assert "topic not set: a preference of the workspace forbids it (user_is_restricted)" in sent.text
    assert "not all are invited: nobody@example.com: no user has that address" in sent.text
    assert sent.native_ref == room_named(bench, "inc-9").id
    assert found.outcome is Outcome.APPLIED and "not read back" not in found.text


async def test_nobody_is_asked_again_who_is_in_the_room() -> None:
    bench = slack_bench(invite=("alice@example.com",))
    await bench.channel.send(bench.row(Verb.ROOM, name="inc-3", topic=""))
    sent = await bench.channel.send(bench.row(Verb.ROOM, name="inc-3", topic=""))
    assert sent.text == "#inc-3, it was there"


async def test_a_room_whose_answer_was_lost() -> None:
    bench = slack_bench()
    row = bench.row(Verb.ROOM, name="inc-4", topic="t")
    bench.trouble(drop_before_apply, "conversations.create")
    with pytest.raises(Dropped) as caught:
        await bench.channel.send(row)
    assert caught.value.maybe_applied
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    bench.trouble(drop_after_apply, "conversations.create")
    with pytest.raises(Dropped):
        await bench.channel.send(row)
    found = await bench.restarted().confirm(row)
    assert found.outcome is Outcome.APPLIED and found.native_ref == room_named(bench, "inc-4").id
    await bench.channel.send(again(row, bench.clock))
    assert room_named(bench, "inc-4").topic == "t"
    assert [room.name for room in bench.sim.space.rooms.values()].count("inc-4") == 1


# -- topics ----------------------------------------------------------------------------------------------------------


async def test_a_topic_is_set_and_read_back() -> None:
    bench = slack_bench()
    room = room_named(bench, "incidents")
    row = bench.row(Verb.TOPIC, room=room.id, topic="SEV2 | <!channel> payments & 🔥")
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    _, found = await bench.deliver(row)
    assert found.outcome is Outcome.APPLIED
    assert room.topic == "SEV2 | ‹!channel› payments &amp; :fire:"


async def test_a_long_topic_is_cut() -> None:
    bench = slack_bench()
    await bench.channel.send(bench.row(Verb.TOPIC, room="#incidents", topic="x" * 300))
    assert room_named(bench, "incidents").topic == "x" * 249 + "…"


async def test_a_topic_that_somebody_has_changed_since() -> None:
    bench = slack_bench()
    room = room_named(bench, "incidents")
    row = bench.row(Verb.TOPIC, room=room.id, topic="ours")
    sent = await bench.channel.send(row)
    bench.clock.advance(5)
    bench.sim.space.set_topic(room, bench.sim.space.users["bob"], "bob's", bench.clock.now())
    found = await bench.channel.confirm(answered(row, sent, bench.clock))
    assert found.outcome is Outcome.SUPERSEDED and "somebody has set another" in found.text


# -- messages --------------------------------------------------------------------------------------------------------


async def test_a_message_goes_to_the_default_room_and_mentions_nobody() -> None:
    bench = slack_bench()
    text = "*SEV2* <!channel> <@U012> @here &amp; <https://evil.example|payments>\n_second_ line"
    sent, found = await bench.deliver(bench.row(Verb.MESSAGE, text=text))
    assert texts(bench) == [
        "*SEV2* &lt;!channel&gt; &lt;@U012&gt; @here &amp;amp; &lt;https://evil.example|payments&gt;\n_second_ line"
    ]
    assert found.outcome is Outcome.APPLIED and found.native_ref == sent.native_ref
    room = room_named(bench, "incidents")
    assert sent.native_ref == f"{room.id}/{room.messages[-1].ts}"
    form = next(request for request, _ in bench.exchanges if request.path.endswith("postMessage")).body.decode()
    assert "parse=none" in form and "unfurl_links=false" in form and "link_names" not in form


async def test_a_message_into_the_room_that_is_given() -> None:
    bench = slack_bench()
    room = room_named(bench, "general")
    await bench.deliver(bench.row(Verb.MESSAGE, text="a", room=room.id))
    await bench.deliver(bench.row(Verb.MESSAGE, text="b", room="#general"))
    assert texts(bench, "general") == ["a", "b"]


async def test_a_message_without_a_room_is_refused_before_it_is_sent() -> None:
    bench = slack_bench(room=None)
    with pytest.raises(Refused, match="into which room"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    with pytest.raises(NotFound, match="no room is named #nowhere"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x", room="#nowhere"))
    assert "POST /api/chat.postMessage" not in bench.calls


async def test_a_lost_message_is_found_or_not_and_never_doubled() -> None:
    bench = slack_bench()
    row, other = bench.row(Verb.MESSAGE, text="the same"), bench.row(Verb.MESSAGE, text="the same")
    await bench.deliver(other)
    bench.trouble(drop_before_apply, "chat.postMessage")
    with pytest.raises(Dropped) as caught:
        await bench.channel.send(row)
    assert caught.value.maybe_applied
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    bench.trouble(drop_after_apply, "chat.postMessage")
    with pytest.raises(Dropped):
        await bench.channel.send(again(row, bench.clock))
    bench.clock.advance(600)
    found = await bench.restarted().confirm(row)
    assert found.outcome is Outcome.APPLIED and found.native_ref is not None
    assert texts(bench) == ["the same", "the same"]


async def test_a_lost_message_is_found_behind_many_others_and_with_another_clock() -> None:
    bench = slack_bench()
    row = replace(bench.row(Verb.MESSAGE, text="x"), created_at=bench.clock.now() + timedelta(minutes=9))
    bench.trouble(drop_after_apply, "chat.postMessage")
    with pytest.raises(Dropped):
        await bench.channel.send(row)
    room = room_named(bench, "incidents")
    for number in range(500):
        bench.sim.space.post(room, bench.sim.space.users["bob"], str(number), bench.clock.now().timestamp())
    assert await bench.outcome(row) is Outcome.APPLIED
    for number in range(2000):
        bench.sim.space.post(room, bench.sim.space.users["bob"], str(number), bench.clock.now().timestamp())
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.UNKNOWN and "too much was written there" in found.text


def long_text(lines: int) -> str:
    return "\n".join(f"{number:04} <& {'x' * 60}" for number in range(lines))


async def test_a_long_message_comes_in_parts_in_one_thread() -> None:
    bench = slack_bench()
    sent, found = await bench.deliver(bench.row(Verb.MESSAGE, text=long_text(150)))
    room = room_named(bench, "incidents")
    first, *further = [message for message in room.messages if message.user == bench.sim.space.bot]
    assert len(further) == 2 and {message.thread_ts for message in further} == {first.ts}
    assert all(len(message.text) <= 4000 for message in (first, *further))
    whole = "\n".join(message.text for message in (first, *further))
    assert whole == long_text(150).replace("&", "&amp;").replace("<", "&lt;")
    assert sent.native_ref == f"{room.id}/{first.ts}" and "in 3 parts" in sent.text
    assert found.outcome is Outcome.APPLIED


@pytest.mark.parametrize("fault", [drop_before_apply, drop_after_apply])
async def test_of_a_long_message_only_what_is_not_there_is_posted_again(fault: Any) -> None:
    bench = slack_bench()
    row = bench.row(Verb.MESSAGE, text=long_text(150))
    seen = 0

    def second(request: Any) -> bool:
        nonlocal seen
        seen += request.path.endswith("chat.postMessage")
        return seen == 2

    bench.planned.next(fault, matching=second)
    with pytest.raises(Dropped):
        await bench.channel.send(row)
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.NOT_APPLIED
    assert found.text == f"{1 if fault is drop_before_apply else 2} of 3 parts are there"
    second_try = again(row, bench.clock)
    sent, found = await bench.deliver(second_try)
    assert found.outcome is Outcome.APPLIED
    messages = [message for message in room_named(bench, "incidents").messages if message.user == bench.sim.space.bot]
    assert len(messages) == 3 == len({message.text for message in messages})
    assert sent.native_ref is not None and sent.native_ref.endswith(messages[0].ts)


async def test_a_part_that_is_refused_is_told_with_what_is_posted() -> None:
    bench = slack_bench()
    calls = 0

    def third(request: Any) -> bool:
        nonlocal calls
        calls += request.path.endswith("chat.postMessage")
        return calls == 3

    bench.planned.next(answer_with(json_response({"ok": False, "error": "message_limit_exceeded"})), matching=third)
    with pytest.raises(Refused, match="2 of 3 parts are posted, then: the workspace has sent too many messages"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text=long_text(150)))


async def test_without_the_scope_to_look_a_long_message_is_not_sent_again_unless_a_person_says_so() -> None:
    bench = slack_bench(scopes=("chat:write",), room="C0123456789")
    row = again(bench.row(Verb.MESSAGE, text=long_text(150), room=room_named(bench, "incidents").id), bench.clock)
    with pytest.raises(Refused, match=r"may be posted already.*lacks the scope channels:history"):
        await bench.channel.send(row)
    await bench.channel.send(replace(row, forced=True))
    assert len(texts(bench)) == 3


async def test_a_handover_is_written_in_slacks_dialect() -> None:
    bench = slack_bench()
    text = "# Shift handover: alice\n\n- **Sev2** payments \\<!channel\\> \\*down\\*\n- [ ] look at it\n"
    await bench.deliver(bench.row(Verb.MESSAGE, "local:handover-2026-11-23", text=text))
    assert texts(bench) == [
        "*Shift handover: alice*\n\n• *Sev2* payments &lt;!channel&gt; *down*\n• ☐ look at it",
    ]


async def test_a_message_is_changed() -> None:
    bench = slack_bench()
    sent, _ = await bench.deliver(bench.row(Verb.MESSAGE, text="first"))
    row = bench.row(Verb.UPDATE_MESSAGE, message=sent.native_ref, text="second <!here>")
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    bench.clock.advance(30)
    changed, found = await bench.deliver(row)
    assert found.outcome is Outcome.APPLIED and changed.native_ref == sent.native_ref
    assert texts(bench) == ["second &lt;!here&gt;"]
    later = bench.row(Verb.UPDATE_MESSAGE, message=sent.native_ref, text="third")
    bench.clock.advance(30)
    await bench.deliver(later)
    assert await bench.outcome(row) is Outcome.SUPERSEDED


async def test_a_change_that_slack_would_not_take() -> None:
    bench = slack_bench()
    room = room_named(bench, "incidents")
    for message, text, words in (
        (f"{room.id}/1700000000.000001", "x", "no such message"),
        (f"{room.id}/{room.messages[0].ts}", "x", "somebody else's"),
        (f"{room.id}/{room.messages[0].ts}", "x" * 4001, "no more than 4000 characters"),
        ("nonsense", "x", "not the id of a message"),
    ):
        with pytest.raises(Refused, match=words):
            await bench.channel.send(bench.row(Verb.UPDATE_MESSAGE, message=message, text=text))


async def test_without_the_scope_to_read_slacks_answer_stands() -> None:
    bench = slack_bench(scopes=("chat:write",))
    row = bench.row(Verb.MESSAGE, text="x", room=room_named(bench, "incidents").id)
    sent = await bench.channel.send(row)
    found = await bench.channel.confirm(answered(row, sent, bench.clock))
    assert found.outcome is Outcome.APPLIED
    assert found.text == ("Slack took it; not read back: the token lacks the scope channels:history; it has chat:write")
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.UNKNOWN and "cannot be looked for" in found.text


# -- what goes wrong -------------------------------------------------------------------------------------------------


def refusal(error: str, **more: Any) -> Any:
    return answer_with(json_response({"ok": False, "error": error, **more}))


@pytest.mark.parametrize(
    ("answer", "kind", "words", "maybe"),
    [
        (refusal("invalid_auth"), AuthFailed, "the token is not valid", False),
        (refusal("token_revoked"), AuthFailed, "revoked", False),
        (refusal("not_authed"), AuthFailed, "no token came", False),
        (refusal("account_inactive"), AuthFailed, "gone", False),
        (refusal("ratelimited"), RateLimited, "limits the rate", False),
        (refusal("rate_limited"), RateLimited, "limits the rate", False),
        (limit_rate(7), RateLimited, "limits the rate", False),
        (
            refusal("missing_scope", needed="chat:write", provided="channels:read"),
            Refused,
            "lacks the scope chat:write; it has channels:read",
            False,
        ),
        (refusal("missing_scope"), Refused, "one that is not told", False),
        (refusal("channel_not_found"), NotFound, "no such room", False),
        (refusal("is_archived"), Refused, "the room is archived", False),
        (refusal("not_in_channel"), Refused, "invite it there", False),
        (refusal("restricted_action_read_only_channel"), Refused, "restricted_action_read_only_channel", False),
        (
            refusal("invalid_arguments", response_metadata={"messages": ["[ERROR] no \x1b[2J", 3]}),
            Refused,
            r"invalid_arguments: \[ERROR\] no \\x1b\[2J; 3",
            False,
        ),
        (refusal("internal_error"), ServerFailed, "internal_error", True),
        (refusal("fatal_error"), ServerFailed, "fatal_error", True),
        (answer_with(SERVER_ERRORS[1]), ServerFailed, "fails", True),
        (answer_with(json_response({"error": "x"})), BadAnswer, "without ok", True),
        (answer_with(json_response([1])), BadAnswer, "without ok", True),
        (apply_and_answer(json_response({"ok": True})), BadAnswer, "tells no ts", True),
        (refuse, Unreachable, "connection refused", False),
    ],
)
async def test_every_no_is_told_apart(answer: Any, kind: type[SourceError], words: str, maybe: bool) -> None:
    bench = slack_bench()
    bench.trouble(answer, "chat.postMessage")
    with pytest.raises(kind, match=f"(?i){words}") as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert type(caught.value) is kind
    assert caught.value.maybe_applied is maybe
    assert "\x1b" not in str(caught.value)
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after in (7.0, 30.0)


async def test_what_cannot_be_read_back_now_is_looked_for_later() -> None:
    bench = slack_bench()
    row = bench.row(Verb.MESSAGE, text="x")
    sent = await bench.channel.send(row)
    for trouble in (drop_before_apply, limit_rate(3), answer_with(SERVER_ERRORS[2])):
        bench.trouble(trouble, "conversations.history")
        with pytest.raises(SourceError) as caught:
            await bench.channel.confirm(answered(row, sent, bench.clock))
        assert not caught.value.maybe_applied


async def test_what_slack_cannot() -> None:
    bench = slack_bench()
    with pytest.raises(Unsupported, match="cannot acknowledge"):
        await bench.channel.send(bench.row(Verb.ACKNOWLEDGE))
    assert await bench.channel.prepare(bench.row(Verb.MESSAGE, text="x")) == ()


async def test_a_wrong_token_shows_itself_nowhere() -> None:
    bench = slack_bench(token="another-secret-token")
    with pytest.raises(AuthFailed) as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x", room=room_named(bench, "incidents").id))
    assert "another-secret-token" not in str(caught.value)


# -- check -----------------------------------------------------------------------------------------------------------


async def test_a_probe_tells_who_and_what() -> None:
    bench = slack_bench()
    probe = await bench.channel.probe()
    assert probe.ok and probe.user is not None and probe.user.name == "oncall"
    assert probe.can == ("message", "room", "topic", "update_message")
    assert probe.notes == ("in the workspace Example Company",)
    assert probe.clock_skew_s == 0 and probe.latency_ms is not None


async def test_a_probe_names_the_scopes_that_are_missing() -> None:
    bench = slack_bench(scopes=("chat:write",), invite=("alice@example.com",))
    probe = await bench.channel.probe()
    assert probe.ok and probe.can == ("message", "update_message")
    assert probe.notes == (
        "in the workspace Example Company",
        "missing scope: room needs channels:manage or channels:write",
        "missing scope: topic needs channels:manage or channels:write.topic or channels:write",
        "missing scope: finding a room by its name needs channels:read",
        "missing scope: reading back a message needs channels:history",
        "missing scope: joining a room that is there needs channels:join or channels:write",
        "missing scope: inviting needs channels:manage or channels:write or channels:write.invites",
        "missing scope: inviting by mail address needs users:read.email",
        "room #incidents: the token lacks the scope channels:read; it has chat:write",
    )
    assert bench.channel.capabilities == {Capability.MESSAGE, Capability.UPDATE_MESSAGE}


@pytest.mark.parametrize(
    ("room", "note"),
    [
        ("#nowhere", "room #nowhere: no room is named #nowhere"),
        ("#inc-2026-001", "room #inc-2026-001 is archived"),
        ("#payments", "the app is not in #payments"),
    ],
)
async def test_a_probe_looks_at_the_room(room: str, note: str) -> None:
    probe = await slack_bench(room=room).channel.probe()
    assert probe.ok and note in probe.notes[-1]


async def test_a_probe_that_fails() -> None:
    probe = await slack_bench(token="x").channel.probe()
    assert not probe.ok and probe.error_kind == "auth" and "not valid" in (probe.error or "") and probe.can == ()
    bench = slack_bench()
    bench.trouble(refuse)
    assert (await bench.channel.probe()).error_kind == "unreachable"


async def test_it_closes_twice_and_knows_what_it_can() -> None:
    bench = slack_bench()
    assert isinstance(bench.channel, Slack)
    assert bench.channel.capabilities == {
        Capability.ROOM,
        Capability.TOPIC,
        Capability.MESSAGE,
        Capability.UPDATE_MESSAGE,
    }
    await bench.channel.aclose()
    await bench.channel.aclose()


def test_the_simulator_tells_what_was_written() -> None:
    told = slack_bench().sim.told()
    assert told["writes"] == []
    json.dumps(told)

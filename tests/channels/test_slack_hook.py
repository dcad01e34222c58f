"""Slack by an incoming webhook: a text goes out, and nothing can be read back."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from oncall_tui.channels.slack import Options, SlackHook, make
from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import SERVER_ERRORS, answer_with, drop_after_apply, limit_rate, refuse
from oncall_tui.demo.slack import SlackSim
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
    Seat,
    ServerFailed,
    SourceContext,
    SourceError,
    Unreachable,
    Unsupported,
)
from tests.channels.channel_bench import BASE, Bench, again, answered, text_answer

HOOK = f"{BASE}/slack{SlackSim.HOOK_PATH}"


def nobody_answers(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


def hook_bench(webhook: Secret | None = None) -> Bench[SlackSim]:
    options = Options(name="chan", kind="slack", webhook=webhook or Secret("literal", HOOK))
    return Bench(lambda clock: SlackSim(clock, 7), make, options)


async def test_a_message_is_posted_escaped_and_slacks_ok_stands() -> None:
    bench = hook_bench()
    assert isinstance(bench.channel, SlackHook) and bench.channel.capabilities == {Capability.MESSAGE}
    row = bench.row(Verb.MESSAGE, text="<!channel> a & b")
    sent, found = await bench.deliver(row)
    assert bench.sim.space.named("status").messages[-1].text == "&lt;!channel&gt; a &amp; b"
    assert found.outcome is Outcome.APPLIED and sent.native_ref is None
    assert json.loads(bench.exchanges[0][0].body) == {"text": "&lt;!channel&gt; a &amp; b"}


async def test_a_handover_is_one_message_however_long() -> None:
    bench = hook_bench()
    text = "# Shift\n\n" + "\n".join(f"- line {number} &" for number in range(1000))
    await bench.deliver(bench.row(Verb.MESSAGE, "local:handover-1", text=text))
    (message,) = bench.sim.space.named("status").messages
    assert message.text.startswith("*Shift*\n\n• line 0 &amp;\n") and message.text.endswith("line 999 &amp;")
    await bench.deliver(bench.row(Verb.MESSAGE, text="&" * 20_000))
    assert len(bench.sim.space.named("status").messages[-1].text) <= 40_000


async def test_what_is_cut_off_of_a_text_is_said() -> None:
    bench = hook_bench()
    sent = await bench.channel.send(bench.row(Verb.MESSAGE, text="&" * 20_000))
    assert sent.text == "cut: a webhook takes 40,000 characters, this had 100,000"
    (message,) = bench.sim.space.named("status").messages
    assert len(message.text) <= 40_000 and message.text.endswith("&amp;\n… (cut)")
    assert (await bench.channel.send(bench.row(Verb.MESSAGE, text="short"))).text == ""


async def test_a_lost_answer_stays_unknown() -> None:
    bench = hook_bench()
    row = bench.row(Verb.MESSAGE, text="x")
    bench.trouble(drop_after_apply)
    with pytest.raises(Dropped) as caught:
        await bench.channel.send(row)
    assert caught.value.maybe_applied
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.UNKNOWN and "look in Slack" in found.text
    assert await bench.outcome(again(answered(row, (await bench.deliver(row))[0], bench.clock), bench.clock)) is (
        Outcome.UNKNOWN
    )


@pytest.mark.parametrize(
    ("answer", "kind", "words", "maybe"),
    [
        (answer_with(text_answer("invalid_payload", 400)), Refused, "invalid_payload", False),
        (answer_with(text_answer("action_prohibited", 403)), Refused, "action_prohibited", False),
        (answer_with(text_answer("invalid_token", 401)), AuthFailed, "invalid_token", False),
        (answer_with(text_answer("no_service", 404)), NotFound, "no_service", False),
        (answer_with(text_answer("channel_is_archived", 410)), NotFound, "channel_is_archived", False),
        (answer_with(text_answer("rollup_error", 500)), ServerFailed, "rollup_error", True),
        (answer_with(SERVER_ERRORS[1]), ServerFailed, "fails", True),
        (answer_with(text_answer("<html>Sign in</html>")), BadAnswer, "not ok: is this Slack", True),
        (limit_rate(3), RateLimited, "limits the rate", False),
        (refuse, Unreachable, "Connection refused", False),
    ],
)
async def test_every_no_is_told_apart(answer: Any, kind: type[SourceError], words: str, maybe: bool) -> None:
    bench = hook_bench()
    bench.trouble(answer)
    with pytest.raises(kind, match=words) as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert type(caught.value) is kind and caught.value.maybe_applied is maybe
    assert "demo-slack-hook" not in str(caught.value)


async def test_what_a_webhook_cannot() -> None:
    bench = hook_bench()
    for row, words in (
        (bench.row(Verb.ROOM, name="a", topic=""), "need a token"),
        (bench.row(Verb.MESSAGE, text="x", room="C012"), "its own room only"),
    ):
        with pytest.raises(Unsupported, match=words):
            await bench.channel.send(row)
    assert await bench.channel.prepare(bench.row(Verb.MESSAGE, text="x")) == ()
    assert bench.calls == []


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.com/services/SECRETPART",
        "hooks.example.com/SECRETPART",
        "https://user:SECRETPART@hooks.example.com/",
        "https://[SECRETPART",
    ],
)
async def test_an_address_that_cannot_be_called_is_not_told(address: str) -> None:
    bench = hook_bench(Secret("literal", address))
    with pytest.raises(Refused, match="no https:// address") as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert "SECRETPART" not in str(caught.value)
    assert not (await bench.channel.probe()).ok


async def test_an_address_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = hook_bench(Secret("env", "NO_SUCH_HOOK"))
    with pytest.raises(AuthFailed, match="env NO_SUCH_HOOK"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    monkeypatch.setenv("NO_SUCH_HOOK", HOOK)
    await bench.deliver(bench.row(Verb.MESSAGE, text="x"))
    monkeypatch.setenv("NO_SUCH_HOOK", HOOK.replace("127.0.0.1", "localhost"))
    await bench.deliver(bench.row(Verb.MESSAGE, text="y"))
    assert [message.text for message in bench.sim.space.named("status").messages] == ["x", "y"]


async def test_a_probe_asks_the_host_only() -> None:
    bench = hook_bench()
    probe = await bench.channel.probe()
    assert probe.ok and probe.can == ("message",) and "only its host was asked" in probe.notes[0]
    assert bench.calls == [] and bench.sim.writes == []
    gone = make(
        Options(name="chan", kind="slack", webhook=Secret("literal", HOOK)),
        SourceContext(name="chan", seat=Seat(), clock=bench.clock, transport=httpx.MockTransport(nobody_answers)),
    )
    probe = await gone.probe()
    assert not probe.ok and probe.error_kind == "unreachable" and probe.can == ()
    await bench.channel.aclose()
    await bench.channel.aclose()
    await hook_bench().channel.aclose()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "either token or webhook"),
        ({"token": Secret("literal", "a"), "webhook": Secret("literal", "b")}, "either token or webhook"),
        ({"webhook": Secret("literal", "b"), "room": "#a"}, "its own room only"),
        ({"token": Secret("literal", "a"), "base_url": "http://slack.example"}, "base_url: http://"),
    ],
)
def test_options_that_do_not_fit_together(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Options(name="chan", kind="slack", **options)

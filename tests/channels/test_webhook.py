"""The generic webhook before its simulated receiver: JSON by a template, headers with secrets, expected statuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.channels.webhook import JsonTemplate, Options, Webhook, make
from oncall_tui.config.secret import Secret
from oncall_tui.demo.faults import SERVER_ERRORS, answer_with, apply_and_answer, drop_after_apply, limit_rate, refuse
from oncall_tui.demo.webhook import TOKEN, WebhookSim
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
from tests.channels.channel_bench import BASE, Bench, again, answered, text_answer

URL = f"{BASE}/webhook/events"


def hook_bench(**options: Any) -> Bench[WebhookSim]:
    given = {"url": URL, "token": Secret("literal", TOKEN), **options}
    return Bench(WebhookSim, make, Options(name="chan", kind="webhook", **given))


async def test_a_message_arrives_as_json() -> None:
    bench = hook_bench()
    evil = 'a "quoted" \\ {{ 7 * 7 }} \x1b[c <b> ü'
    row = bench.row(Verb.MESSAGE, text=evil, subject="S", to=["bob@example.com"])
    sent, found = await bench.deliver(row)
    (came,) = bench.sim.received
    assert came["method"] == "POST" and came["key"] == row.key
    assert came["body"] == {
        "key": row.key,
        "time": "2026-11-23T14:00:00Z",
        "from": "alice@example.com",
        "incident": "pager:Q1ABC",
        "title": row.target_title,
        "subject": "S",
        "text": evil,
        "room": None,
        "to": ["bob@example.com"],
    }
    assert sent.native_ref is None and found.outcome is Outcome.APPLIED


async def test_a_body_method_and_headers_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", "value-of-the-key")
    bench = hook_bench(
        method="PUT",
        headers={"X-Key": Secret("env", "HOOK_KEY"), "X-Team": "Payments", "Idempotency-Key": "mine"},
        body='{"card": {"head": {{ "SEV: " ~ title }}, "n": {{ 1 }}, "all": [{{ text | upper }}, {{ text|tojson }}]}}',
    )
    await bench.deliver(bench.row(Verb.MESSAGE, text='say "hi"'))
    request = bench.exchanges[0][0]
    assert (request.method, request.headers["x-key"], request.headers["x-team"]) == (
        "PUT",
        "value-of-the-key",
        "Payments",
    )
    assert bench.sim.received[0]["key"] == "mine"
    card = bench.sim.received[0]["body"]["card"]
    assert card["head"].startswith("SEV: [ERROR]") and card["all"] == ['SAY "HI"', 'say "hi"'] and card["n"] == 1


@given(st.text(max_size=200))
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    template = JsonTemplate('{"a": {{ text }}, "b": [{{ text }}]}')
    safe = text.encode("utf-8", "replace").decode()
    assert template.render({"text": safe}) == {"a": safe, "b": [safe]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{{ text", "body: "),
        ("{}{", "gives no JSON"),
        ('{"a": "{{ text }}"}', "gives no JSON"),
        ('{"a": {{ texxt }}}', "'texxt' is undefined"),
        ('{"a": {{ "".__class__.__mro__ }}}', "unsafe"),
        ("[" * 100_000, "gives no JSON"),
    ],
)
def test_a_template_that_is_wrong_is_told_at_the_start(body: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        hook_bench(body=body)


async def test_a_template_that_fails_on_one_message() -> None:
    bench = hook_bench(body='{"a": {{ 1 // (text | length - 2) }} }')
    with pytest.raises(Refused, match="template fails"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text="ab"))
    bench = hook_bench(body='{"a": [{% for n in range(60) %}{{ text }},{% endfor %}1]}')
    with pytest.raises(Refused, match="more than 1 MiB"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x" * 20_000))
    assert bench.sim.received == []


async def test_a_lost_answer_stays_unknown() -> None:
    bench = hook_bench()
    row = bench.row(Verb.MESSAGE, text="x")
    bench.trouble(drop_after_apply)
    with pytest.raises(Dropped) as caught:
        await bench.channel.send(row)
    assert caught.value.maybe_applied
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.UNKNOWN and "look there" in found.text
    sent, _ = await bench.deliver(row)
    assert await bench.outcome(again(answered(row, sent, bench.clock), bench.clock)) is Outcome.UNKNOWN
    assert [one["key"] for one in bench.sim.received] == [row.key, row.key]


@pytest.mark.parametrize(
    ("answer", "kind", "words", "maybe"),
    [
        (answer_with(json_response({"error": "who?"}, 401)), AuthFailed, "who?", False),
        (answer_with(json_response({"error": "not you"}, 403)), Refused, "not you", False),
        (answer_with(json_response({"message": "bad \x1b[c"}, 400)), Refused, r"bad \\x1b\[c", False),
        (answer_with(text_answer("gone", 410)), NotFound, "gone", False),
        (apply_and_answer(text_answer("see you", 200)), BadAnswer, "answers 200, not 202: see you", True),
        (apply_and_answer(text_answer("<b>no\x1b", 202)), BadAnswer, r"answers without '\"ok\"': <b>no\\x1b", True),
        (apply_and_answer(SERVER_ERRORS[1]), ServerFailed, "fails", True),
        (limit_rate(5), RateLimited, "limits the rate", False),
        (refuse, Unreachable, "Connection refused", False),
    ],
)
async def test_every_no_is_told_apart(answer: Any, kind: type[SourceError], words: str, maybe: bool) -> None:
    bench = hook_bench(expect_status="202", expect_body='"ok"')
    await bench.deliver(bench.row(Verb.MESSAGE, text="x"))
    bench.trouble(answer)
    with pytest.raises(kind, match=words) as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert type(caught.value) is kind and caught.value.maybe_applied is maybe


async def test_statuses_that_are_expected() -> None:
    bench = hook_bench(expect_status=("200-204", "302", "409"))
    for status in (204, 302, 409):
        bench.trouble(answer_with(text_answer("", status)))
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))


async def test_an_address_that_is_a_secret_is_told_nowhere() -> None:
    bench = hook_bench(url=Secret("literal", URL + "-SECRETPART"))
    with pytest.raises(NotFound) as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert "SECRETPART" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        lambda path: json_response({"message": f"Route POST:{path} not found", "statusCode": 404}, 404),
        lambda path: text_answer(f"Cannot POST {path.rsplit('/')[-1]}", 400),
        lambda path: text_answer(f"no hook {path}", 500),
        lambda path: text_answer(f"what is {path}?", 203),
    ],
)
async def test_a_part_of_a_secret_address_that_an_answer_repeats_is_told_nowhere(answer: Any) -> None:
    bench = hook_bench(
        url=Secret("literal", f"{URL}/hidden-part-0123456789?sig=SigOf0123456789abc"), expect_status="202"
    )
    bench.trouble(answer_with(answer("/webhook/events/hidden-part-0123456789?sig=SigOf0123456789abc")))
    with pytest.raises(SourceError) as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert "hidden-part" not in str(caught.value) and "SigOf" not in str(caught.value)


@pytest.mark.parametrize("before", range(50, 90, 3))
@pytest.mark.parametrize("status", [203, 400, 404])
async def test_no_half_of_a_token_is_left_where_an_answer_is_cut(before: int, status: int) -> None:
    bench = hook_bench(expect_status="202")
    bench.trouble(answer_with(text_answer("x" * (before if status == 203 else before + 120) + TOKEN, status)))
    with pytest.raises(SourceError) as caught:
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert not any(TOKEN[:length] in str(caught.value) for length in range(4, len(TOKEN) + 1))


async def test_secrets_that_cannot_be_read() -> None:
    for options in ({"token": Secret("env", "NO_SUCH")}, {"headers": {"X-Key": Secret("env", "NO_SUCH")}}):
        bench = hook_bench(**options)
        with pytest.raises(AuthFailed, match="env NO_SUCH"):
            await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))


async def test_what_a_webhook_cannot_and_its_probe() -> None:
    bench = hook_bench()
    assert isinstance(bench.channel, Webhook) and bench.channel.capabilities == {Capability.MESSAGE}
    with pytest.raises(Unsupported, match="cannot publish"):
        await bench.channel.send(bench.row(Verb.PUBLISH, title="x"))
    assert await bench.channel.prepare(bench.row(Verb.MESSAGE, text="x")) == ()
    probe = await bench.channel.probe()
    assert probe.ok and probe.can == ("message",) and bench.calls == []
    await bench.channel.aclose()
    await bench.channel.aclose()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "http://hooks.example.com/a"}, "url: http://"),
        ({"url": "ftp://hooks.example.com/a"}, "url: not an http"),
        ({"url": "https://alice:pw@hooks.example.com"}, "url: the address must not hold a user"),
        ({"expect_status": "20x"}, "expect_status: not a status"),
        ({"timeout": timedelta(minutes=3)}, "timeout: at most"),
        ({"token": Secret("literal", "x"), "headers": {"authorization": Secret("literal", "y")}}, "headers: either"),
    ],
)
def test_options_that_do_not_fit_together(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Options(name="a", kind="webhook", **{"url": URL, **options})


async def test_a_plain_address_on_another_machine_where_that_is_allowed() -> None:
    options = Options(name="a", kind="webhook", url=" http://hooks.example.com/webhook/events ", allow_http=True)
    bench = Bench(lambda clock: WebhookSim(clock, token=""), make, options)
    with pytest.raises(AuthFailed, match=r"hooks\.example\.com"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))

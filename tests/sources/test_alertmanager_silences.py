"""Silences by the Alertmanager source: made once, read back, ended, whatever happens on the way."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from oncall_tui.demo.wire import Request, Response
from oncall_tui.model import Alert, AlertState, OutboxRow, Verb
from oncall_tui.sources.base import (
    BadAnswer,
    Dropped,
    Known,
    NotFound,
    Outcome,
    Refused,
    ServerFailed,
    Source,
    Unsupported,
)
from tests.sources.monitor_bench import Bench, alert_named, answering
from tests.support.openapi import require_spec


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.world.fire("DiskFull", "storage", "warning", instance="db-7", mount='/var "x"\\y')
    return made


async def fired(source: Source) -> Alert:
    return alert_named(await source.poll(Known()), "DiskFull")


def silence_row(bench: Bench, alert: Alert, **values: Any) -> OutboxRow:
    params = {"seconds": 3600, "reason": "disk is on its way, TICKET-9", "labels": alert.labels}
    return bench.row(Verb.SILENCE, alert.id, **{"params": params, **values})


def posted(bench: Bench) -> list[Any]:
    return [json.loads(request.body) for request, _ in bench.calls if request.method == "POST"]


async def test_a_silence_has_one_equality_matcher_for_each_label(bench: Bench) -> None:
    source = bench.alerts()
    row = silence_row(bench, await fired(source))
    assert await source.prepare(row) == ()
    sent = await source.send(row)
    (body,) = posted(bench)
    assert {one["name"]: one["value"] for one in body["matchers"]} == {
        "alertname": "DiskFull", "service": "storage", "severity": "warning", "instance": "db-7",
        "mount": '/var "x"\\y',
    }  # fmt: skip
    assert all(one["isEqual"] and not one["isRegex"] for one in body["matchers"])
    assert (body["createdBy"], body["comment"]) == ("alice@example.com", "disk is on its way, TICKET-9")
    assert (body["startsAt"], body["endsAt"]) == ("2026-11-23T14:00:00Z", "2026-11-23T15:00:00Z")
    assert sent.text == "silenced until 15:00 UTC"
    snapshot = await source.poll(Known())
    (silence,) = snapshot.silences or ()
    assert silence.native_id == sent.native_ref
    assert alert_named(snapshot, "DiskFull").state is AlertState.SILENCED
    bench.clock.advance(3600)
    snapshot = await source.poll(Known())
    assert alert_named(snapshot, "DiskFull").state is AlertState.FIRING
    assert [one.state for one in snapshot.silences or ()] == ["expired"]


async def test_a_group_is_silenced_by_the_labels_that_it_shares(bench: Bench) -> None:
    source = bench.alerts()
    alert = await fired(source)
    labels = {"alertname": "DiskFull", "service": "storage"}
    await source.send(silence_row(bench, alert, params={"seconds": 60, "reason": "r", "labels": labels}))
    bench.world.fire("DiskFull", "storage", "warning", instance="db-8")
    found = {one.labels.get("instance"): one.state for one in (await source.poll(Known())).alerts or ()}
    assert found == {"db-7": AlertState.SILENCED, "db-8": AlertState.SILENCED}


async def test_labels_that_had_to_be_cleaned_are_matched_as_the_server_has_them(bench: Bench) -> None:
    hostile = {"path": "a\x1b[31m\u202eb  c", "long": "x" * 900}
    bench.world.fire("Odd", "web", "warning", **hostile)
    source = bench.alerts()
    alert = alert_named(await source.poll(Known()), "Odd")
    assert alert.labels["path"] != hostile["path"] and alert.labels["long"] != hostile["long"]
    await source.send(silence_row(bench, alert))
    assert alert_named(await source.poll(Known()), "Odd").state is AlertState.SILENCED


async def test_an_alert_that_is_gone_is_silenced_by_the_labels_seen(bench: Bench) -> None:
    source = bench.alerts()
    alert = await fired(source)
    bench.world.end("DiskFull", "storage")
    assert (await source.send(silence_row(bench, alert))).native_ref


@pytest.mark.parametrize("labels", [{}, None, "x", []])
async def test_a_silence_without_labels_is_refused_here(bench: Bench, labels: Any) -> None:
    row = bench.row(Verb.SILENCE, "alerts:x", params={"seconds": 60, "reason": "r", "labels": labels})
    with pytest.raises(Refused, match="mute everything"):
        await bench.alerts().send(row)
    assert posted(bench) == []


@pytest.mark.parametrize("seconds", [0, -5, None, "60", 1e12])
async def test_a_silence_without_a_length_is_refused_here(bench: Bench, seconds: Any) -> None:
    row = bench.row(Verb.SILENCE, "alerts:x", params={"seconds": seconds, "reason": "r", "labels": {"a": "b"}})
    with pytest.raises(Refused, match="length of time"):
        await bench.alerts().send(row)
    assert posted(bench) == []


async def test_the_servers_refusal_is_its_own_words(bench: Bench) -> None:
    row = bench.row(Verb.SILENCE, "alerts:x", params={"seconds": 60, "reason": "r", "labels": {"a": ""}})
    with pytest.raises(Refused, match=r"^silence invalid: at least one matcher must not match the empty string$"):
        await bench.alerts().send(row)


async def test_the_end_is_by_the_servers_clock(bench: Bench) -> None:
    source = bench.alerts()
    alert = await fired(source)

    async def behind(request: Request) -> Response | None:
        answer = bench.alertmanager.handle(request)
        headers = {**answer.headers, "date": "Mon, 23 Nov 2026 13:50:00 GMT"}
        if request.method == "POST":
            bench.calls.append((request, answer))
        return Response(status=answer.status, headers=headers, body=answer.body)

    bench.intercept = behind
    await source.send(silence_row(bench, alert))
    (body,) = posted(bench)
    assert (body["startsAt"], body["endsAt"]) == ("2026-11-23T13:50:00Z", "2026-11-23T14:50:00Z")


# -- reading back -----------------------------------------------------------------------------------------------------


async def test_a_lost_answer_is_found_again_and_not_doubled(bench: Bench) -> None:
    source = bench.alerts()
    row = silence_row(bench, await fired(source))

    async def drop_after_apply(request: Request) -> httpx.Response | None:
        if request.method == "POST":
            bench.alertmanager.handle(request)
            raise httpx.RemoteProtocolError("gone")
        return None

    bench.intercept = drop_after_apply
    with pytest.raises(Dropped) as lost:
        await source.send(row)
    assert lost.value.maybe_applied
    bench.intercept = None
    confirmation = await source.confirm(row)
    assert confirmation.outcome is Outcome.APPLIED and confirmation.text == "silenced until 15:00 UTC"
    (silence,) = (await source.poll(Known())).silences or ()
    assert confirmation.native_ref == silence.native_id


async def test_somebody_elses_equal_silence_is_not_taken_for_ours(bench: Bench) -> None:
    source = bench.alerts()
    alert = await fired(source)
    theirs = silence_row(bench, alert, seat="bob@example.com")
    sent = await source.send(theirs)
    ours = silence_row(bench, alert)
    assert (await source.confirm(ours)).outcome is Outcome.NOT_APPLIED
    # The same words by the same seat, but there before: the baseline tells.
    again = silence_row(bench, alert, seat="bob@example.com", baseline=await source.prepare(ours))
    assert again.baseline == (sent.native_ref,)
    assert (await source.confirm(again)).outcome is Outcome.NOT_APPLIED


async def test_a_silence_that_others_ended_again_is_superseded(bench: Bench) -> None:
    source = bench.alerts()
    row = silence_row(bench, await fired(source))
    sent = await source.send(row)
    made = silence_row(bench, await fired(source), native_ref=sent.native_ref)
    assert (await source.confirm(made)).outcome is Outcome.APPLIED
    bench.clock.advance(60)
    bench.alertmanager.silences.expire(str(sent.native_ref), bench.world.now)
    confirmation = await source.confirm(made)
    assert (confirmation.outcome, confirmation.text) == (Outcome.SUPERSEDED, "ended again at 14:01 UTC")
    forgotten = silence_row(bench, await fired(source), native_ref="00000000-0000-0000-0000-000000000000")
    assert (await source.confirm(forgotten)).outcome is Outcome.NOT_APPLIED


async def test_an_answer_without_an_id_may_have_been_applied(bench: Bench) -> None:
    source = bench.alerts()
    row = silence_row(bench, await fired(source))
    bench.intercept = answering("{}", path="/silences")
    with pytest.raises(BadAnswer) as odd:
        await source.send(row)
    assert odd.value.maybe_applied


# -- ending -----------------------------------------------------------------------------------------------------------


async def test_a_silence_is_ended_and_read_back(bench: Bench) -> None:
    source = bench.alerts()
    sent = await source.send(silence_row(bench, await fired(source)))
    bench.clock.advance(60)
    end = bench.row(Verb.EXPIRE_SILENCE, f"alerts:{sent.native_ref}")
    assert (await source.confirm(end)).outcome is Outcome.NOT_APPLIED
    assert await source.prepare(end) == ()
    await source.send(end)
    assert (await source.confirm(end)).outcome is Outcome.APPLIED
    assert (await fired(source)).state is AlertState.FIRING


async def test_a_silence_that_was_over_before_the_key_is_superseded(bench: Bench) -> None:
    source = bench.alerts()
    sent = await source.send(silence_row(bench, await fired(source)))
    bench.clock.advance(timedelta(hours=2))
    end = bench.row(Verb.EXPIRE_SILENCE, f"alerts:{sent.native_ref}")
    await source.send(end)
    confirmation = await source.confirm(end)
    assert (confirmation.outcome, confirmation.text) == (Outcome.SUPERSEDED, "was over since 15:00 UTC")


async def test_an_unknown_silence_is_not_found_by_new_and_old_servers(bench: Bench) -> None:
    source = bench.alerts()
    end = bench.row(Verb.EXPIRE_SILENCE, "alerts:00000000-0000-0000-0000-000000000000")
    with pytest.raises(NotFound):
        await source.send(end)
    bench.intercept = answering('"silence not found"\n', 500)
    with pytest.raises(NotFound):
        await source.send(end)
    bench.intercept = answering('"silence 0 already expired"\n', 500)
    with pytest.raises(Refused) as over:
        await source.send(end)
    assert over.value.code == "already_expired"
    bench.intercept = answering('"disk full"\n', 500)
    with pytest.raises(ServerFailed, match="disk full") as failed:
        await source.send(end)
    assert failed.value.maybe_applied


async def test_an_id_cannot_leave_its_path_segment(bench: Bench) -> None:
    asked = []

    async def record(request: Request) -> Response | None:
        asked.append(request.path)
        return bench.alertmanager.handle(request)

    bench.intercept = record
    with pytest.raises(Refused, match="must be of type uuid"):
        await bench.alerts().send(bench.row(Verb.EXPIRE_SILENCE, "alerts:../alerts?x=1"))
    assert asked == ["/api/v2/silence/..%2Falerts%3Fx%3D1"]


async def test_other_verbs_are_not_here(bench: Bench) -> None:
    for call in (bench.alerts().send, bench.alerts().confirm):
        with pytest.raises(Unsupported, match="cannot acknowledge"):
            await call(bench.row(Verb.ACKNOWLEDGE, "alerts:x"))


async def test_every_call_of_a_silences_life_fits_the_published_description() -> None:
    require_spec("alertmanager.yaml")
    bench = Bench()
    bench.world.fire("DiskFull", "storage", "warning")
    source = bench.alerts()
    row = silence_row(bench, await fired(source))
    sent = await source.send(row)
    await source.confirm(row)
    end = bench.row(Verb.EXPIRE_SILENCE, f"alerts:{sent.native_ref}")
    await source.send(end)
    await source.confirm(end)
    with pytest.raises(Refused):
        await source.send(bench.row(Verb.SILENCE, "alerts:x", params={"seconds": 9, "labels": {"a": ""}}))
    unknown = bench.row(Verb.EXPIRE_SILENCE, "alerts:00000000-0000-0000-0000-000000000000")
    with pytest.raises(NotFound):
        await source.send(unknown)
    await source.confirm(unknown)
    assert bench.checked("alertmanager.yaml") == {
        "GET /alerts 200", "GET /silences 200", "POST /silences 200", "POST /silences 400",
        "GET /silence/{silenceID} 200", "GET /silence/{silenceID} 404",
        "DELETE /silence/{silenceID} 200", "DELETE /silence/{silenceID} 404",
    }  # fmt: skip

"""The Statuspage channel before the simulated page: publishing, updates, components, what was lost, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.channels.statuspage import Options, Statuspage, make
from oncall_tui.clock import iso
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
from oncall_tui.demo.statuspage import PAGE, TOKEN, StatuspageSim
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
from tests.channels.channel_bench import BASE, Bench, again, text_answer


def page_bench(*, token: str = TOKEN, page: str = PAGE, rate_limit: int = 60, **options: Any) -> Bench[StatuspageSim]:
    made = Options(
        name="chan",
        kind="statuspage",
        token=Secret("literal", token),
        base_url=f"{BASE}/statuspage/v1",
        page=page,
        **options,
    )
    return Bench(lambda clock: StatuspageSim(clock, 7, rate_limit=rate_limit), make, made)


def published(bench: Bench[StatuspageSim], **params: Any) -> Any:
    given = {"title": "Payments fail", "text": "We look into it.", "status": "investigating", "impact": None}
    return bench.row(Verb.PUBLISH, **{**given, "components": {}, **params})


def updated(bench: Bench[StatuspageSim], native_id: str | None, **params: Any) -> Any:
    given = {"publication": native_id, "text": "It is the database.", "status": "identified", "impact": None}
    return bench.row(Verb.PUBLISH_UPDATE, **{**given, "components": {}, **params})


def titles(bench: Bench[StatuspageSim]) -> list[str]:
    return [one["name"] for one in bench.sim.incidents]


# -- publishing ------------------------------------------------------------------------------------------------------


async def test_an_incident_is_published_with_its_components_and_impact() -> None:
    bench = page_bench()
    api = bench.sim.components[2]
    row = published(bench, impact="critical", components={"checkout": "partial_outage", api["id"]: "major_outage"})
    sent, found = await bench.deliver(row)
    made = bench.sim.incidents[0]
    assert (made["id"], made["name"], made["status"], made["impact"]) == (
        sent.native_ref,
        "Payments fail",
        "investigating",
        "critical",
    )
    assert [one["body"] for one in made["incident_updates"]] == ["We look into it."]
    assert {one["name"]: one["status"] for one in made["components"]} == {
        "Checkout": "partial_outage",
        "Payments API": "major_outage",
    }
    assert made["metadata"] == {"oncall_tui": {"key": row.key, "incident": "pager:Q1ABC"}}
    assert sent.text == f"https://stspg.io/{sent.native_ref}" and found.text == ""
    assert found.outcome is Outcome.APPLIED and bench.sim.notified == ["We look into it."]


async def test_subscribers_are_not_mailed_where_the_config_says_so() -> None:
    bench = page_bench(notify=False)
    sent, _ = await bench.deliver(published(bench))
    await bench.deliver(updated(bench, sent.native_ref))
    assert bench.sim.notified == []


async def test_a_lost_publication_is_found_or_not_and_never_doubled() -> None:
    bench = page_bench()
    row = published(bench)
    await bench.deliver(published(bench))  # the same words, published by somebody else of ours
    bench.trouble(drop_before_apply, "/incidents", writes=True)
    with pytest.raises(Dropped) as caught:
        await bench.channel.send(row)
    assert caught.value.maybe_applied
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    bench.trouble(drop_after_apply, "/incidents", writes=True)
    with pytest.raises(Dropped):
        await bench.channel.send(again(row, bench.clock))
    found = await bench.restarted().confirm(row)
    assert found.outcome is Outcome.APPLIED and found.native_ref == bench.sim.incidents[0]["id"]
    assert titles(bench).count("Payments fail") == 2


async def test_a_lost_publication_that_was_resolved_meanwhile_is_found() -> None:
    bench = page_bench()
    row = published(bench)
    bench.trouble(drop_after_apply, "/incidents", writes=True)
    with pytest.raises(Dropped):
        await bench.channel.send(row)
    bench.sim.incidents[0]["status"] = "resolved"
    assert await bench.outcome(row) is Outcome.APPLIED


async def test_one_of_the_same_words_without_a_mark_leaves_it_unknown() -> None:
    bench = page_bench()
    bench.sim.keeps_metadata = False
    row = published(bench)
    bench.trouble(drop_after_apply, "/incidents", writes=True)
    with pytest.raises(Dropped):
        await bench.channel.send(row)
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.UNKNOWN and "without the mark" in found.text
    bench.sim.incidents[0]["created_at"] = "2026-11-23T12:00:00.000Z"
    assert await bench.outcome(row) is Outcome.NOT_APPLIED


async def test_a_long_history_is_read_as_far_as_it_matters() -> None:
    bench = page_bench()
    old = bench.sim.incidents[-1]
    for number in range(350):
        at = bench.clock.now() - timedelta(days=2, hours=number)
        bench.sim.incidents.append({**old, "id": f"old{number}", "created_at": iso(at)})
    row = published(bench)
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    assert len(bench.calls) == 2
    bench.sim.incidents.reverse()  # nobody promises the order: then it is read to its end
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    assert len(bench.calls) == 7
    bench.clock.advance(61)
    bench.sim.incidents += [{**old, "id": f"more{number}"} for number in range(1000)]
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.UNKNOWN and "too many incidents" in found.text


# -- updates ---------------------------------------------------------------------------------------------------------


async def test_an_update_is_added_and_read_back() -> None:
    bench = page_bench()
    sent, _ = await bench.deliver(published(bench, components={"Checkout": "major_outage"}))
    row = updated(bench, sent.native_ref, impact="minor", components={"Website": "degraded_performance"})
    assert await bench.channel.prepare(row) == ()
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    _, found = await bench.deliver(row)
    made = bench.sim.incidents[0]
    assert [one["status"] for one in made["incident_updates"]] == ["identified", "investigating"]
    assert {one["name"] for one in made["components"]} == {"Checkout", "Website"}
    assert made["impact"] == "minor"
    assert found.outcome is Outcome.APPLIED and found.native_ref == made["incident_updates"][0]["id"]


async def test_an_update_like_one_that_is_there_is_told_apart() -> None:
    bench = page_bench()
    sent, _ = await bench.deliver(published(bench))
    await bench.deliver(updated(bench, sent.native_ref))
    row = updated(bench, sent.native_ref)
    row = replace(row, baseline=await bench.channel.prepare(row))
    assert len(row.baseline) == 1
    assert await bench.outcome(row) is Outcome.NOT_APPLIED
    bench.trouble(drop_after_apply, str(sent.native_ref), writes=True)
    with pytest.raises(Dropped):
        await bench.channel.send(row)
    assert await bench.outcome(row) is Outcome.APPLIED
    assert len(bench.sim.incidents[0]["incident_updates"]) == 3


async def test_what_is_resolved_gives_its_components_back() -> None:
    bench = page_bench()
    sent, _ = await bench.deliver(
        published(bench, components={"Checkout": "major_outage", "Search": "under_maintenance"})
    )
    _, found = await bench.deliver(updated(bench, sent.native_ref, status="resolved", text="It is over."))
    assert found.outcome is Outcome.APPLIED
    assert bench.sim.told()["components"]["Checkout"] == "operational"
    assert bench.sim.told()["components"]["Search"] == "under_maintenance"
    assert {one["name"] for one in bench.sim.incidents[0]["components"]} == {"Checkout", "Search"}


async def test_a_component_of_another_open_incident_is_not_called_operational() -> None:
    bench = page_bench()
    one, _ = await bench.deliver(
        published(bench, components={"Checkout": "major_outage", "Payments API": "partial_outage"})
    )
    other, _ = await bench.deliver(published(bench, title="Another", components={"Checkout": "major_outage"}))
    sent, found = await bench.deliver(updated(bench, one.native_ref, status="resolved", text="It is over."))
    assert found.outcome is Outcome.APPLIED and found.text == "", "what was said of it is not written over"
    components = bench.sim.told()["components"]
    assert (components["Checkout"], components["Payments API"]) == ("major_outage", "operational")
    assert "left as they are, for another open incident: Checkout" in sent.text
    await bench.deliver(updated(bench, other.native_ref, status="resolved", text="It is over."))
    assert bench.sim.told()["components"]["Checkout"] == "operational"


@pytest.mark.parametrize(
    ("restore", "components"), [(False, {}), (True, {"Website": "operational"})], ids=["told not to", "a person chose"]
)
async def test_components_stay_as_they_are(restore: bool, components: dict[str, str]) -> None:
    bench = page_bench(restore=restore)
    sent, _ = await bench.deliver(published(bench, components={"Checkout": "major_outage"}))
    await bench.deliver(updated(bench, sent.native_ref, status="resolved", components=components))
    assert bench.sim.told()["components"]["Checkout"] == "major_outage"


async def test_an_update_of_what_is_not_there() -> None:
    bench = page_bench()
    row = updated(bench, "nowhere")
    with pytest.raises(NotFound):
        await bench.channel.prepare(row)
    with pytest.raises(NotFound):
        await bench.channel.send(row)
    found = await bench.channel.confirm(row)
    assert found.outcome is Outcome.NOT_APPLIED and "not on the page" in found.text


# -- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"title": "x" * 256}, "longer than 255"),
        ({"text": "x" * 25_001}, "longer than 25000"),
        ({"status": "scheduled"}, "'scheduled' is no state of an incident"),
        ({"impact": "huge"}, r"'huge' is no impact \(none, maintenance"),
        ({"components": {"Checkout": "broken"}}, "Checkout: 'broken' is no state of a component"),
        ({"components": {"Checkoutt": "operational"}}, r"no component 'Checkoutt' \(it has Checkout, Payments API"),
        ({"components": {"Public API": "operational"}}, "no component 'Public API'"),
    ],
)
async def test_what_cannot_be_published_is_refused_before_it_is_sent(params: dict[str, Any], words: str) -> None:
    bench = page_bench()
    with pytest.raises(Refused, match=words):
        await bench.channel.send(published(bench, **params))
    assert bench.sim.writes == []


async def test_two_components_of_one_name() -> None:
    bench = page_bench()
    bench.sim.components[1]["name"] = "Website"
    with pytest.raises(Refused, match="two components are named 'Website': give the id"):
        await bench.channel.send(published(bench, components={"Website": "operational"}))


@pytest.mark.parametrize(
    ("answer", "kind", "words", "maybe"),
    [
        (answer_with(json_response({"message": "Could not authenticate"}, 401)), AuthFailed, "authenticate", False),
        (answer_with(json_response({"error": "Not in your plan"}, 403)), Refused, "may not do that.*plan", False),
        (answer_with(json_response({"message": "nothing"}, 404)), NotFound, "nothing", False),
        (answer_with(json_response({"error": "Name \x1b[c"}, 422)), Refused, r"Name \\x1b\[c", False),
        (answer_with(json_response(["Name can't be blank"], 422)), Refused, "Name can't be blank", False),
        (answer_with(json_response({"error": ["a", "b"]}, 400)), Refused, "a; b", False),
        (answer_with(text_answer("Enhance your calm", 420)), RateLimited, "limits the rate", False),
        (limit_rate(9, tell=False), RateLimited, "limits the rate", False),
        (answer_with(SERVER_ERRORS[1]), ServerFailed, "fails", True),
        (apply_and_answer(json_response({"name": "x"}, 201)), BadAnswer, "tells no id", True),
        (apply_and_answer(text_answer("<html>")), BadAnswer, "a web page", True),
        (refuse, Unreachable, "Connection refused", False),
    ],
)
async def test_every_no_is_told_apart(answer: Any, kind: type[SourceError], words: str, maybe: bool) -> None:
    bench = page_bench()
    bench.trouble(answer, "/incidents", writes=True)
    with pytest.raises(kind, match=words) as caught:
        await bench.channel.send(published(bench))
    assert type(caught.value) is kind and caught.value.maybe_applied is maybe
    assert TOKEN not in str(caught.value)
    if kind is RateLimited:
        assert caught.value.retry_after == 45.0


async def test_no_more_than_sixty_calls_a_minute_are_made() -> None:
    bench = page_bench()
    row = published(bench)
    for _ in range(30):
        assert await bench.outcome(row) is Outcome.NOT_APPLIED
    bench.clock.advance(20)
    with pytest.raises(RateLimited, match="60 calls in the last minute") as caught:
        await bench.channel.send(row)
    assert caught.value.retry_after == 40 and not caught.value.maybe_applied
    assert len(bench.calls) == 60 and bench.sim.writes == []
    bench.clock.advance(41)
    await bench.deliver(row)


async def test_a_rate_limit_that_others_have_used_up() -> None:
    bench = page_bench(rate_limit=0)
    with pytest.raises(RateLimited):
        await bench.channel.send(published(bench))


async def test_another_incident_than_the_one_asked_for_confirms_nothing() -> None:
    bench = page_bench()
    row = updated(bench, bench.sim.incidents[1]["id"])
    bench.trouble(answer_with(json_response(bench.sim.incidents[0])), row.params["publication"])
    with pytest.raises(BadAnswer, match="another incident"):
        await bench.channel.confirm(row)


async def test_what_a_status_page_cannot() -> None:
    bench = page_bench()
    assert isinstance(bench.channel, Statuspage)
    assert bench.channel.capabilities == {Capability.PUBLISH, Capability.PUBLISH_UPDATE}
    with pytest.raises(Unsupported, match="cannot message"):
        await bench.channel.send(bench.row(Verb.MESSAGE, text="x"))
    assert await bench.channel.prepare(published(bench)) == ()
    assert bench.calls == []


# -- check -----------------------------------------------------------------------------------------------------------


async def test_a_probe_names_the_page_and_its_components() -> None:
    probe = await page_bench().channel.probe()
    assert probe.ok and probe.can == ("publish", "publish_update")
    assert probe.notes == (
        "the page is Example Company Status",
        "its components: Website, Checkout, Payments API, Search",
        "subscribers are mailed about what is published (notify: true)",
    )
    assert (await page_bench(notify=False).channel.probe()).notes[2:] == ()


async def test_a_probe_of_another_page_names_those_that_are_seen() -> None:
    probe = await page_bench(page="xxxxxxxxxxxx").channel.probe()
    assert not probe.ok and probe.error_kind == "not_found" and probe.can == ()
    assert probe.notes == (f"the key sees no page xxxxxxxxxxxx; it sees Example Company Status ({PAGE})",)


async def test_a_probe_that_fails() -> None:
    probe = await page_bench(token="another-secret").channel.probe()
    assert not probe.ok and probe.error_kind == "auth" and "another-secret" not in (probe.error or "")
    bench = page_bench()
    bench.trouble(refuse, count=None)
    assert (await bench.channel.probe()).error_kind == "unreachable"
    bench.planned.clear()
    bench.trouble(answer_with(json_response({"id": "other"})))
    assert (await bench.channel.probe()).error_kind == "bad_answer"
    await bench.channel.aclose()
    await bench.channel.aclose()


@pytest.mark.parametrize("page", ["", "a/b", "x" * 65, "../pages"])
def test_a_page_that_is_no_id(page: str) -> None:
    from oncall_tui.config.declared import declared

    check = declared(Options)["page"].check
    assert check is not None
    with pytest.raises(ValueError, match="the page's id"):
        check(page)


def test_an_address_that_would_show_the_key() -> None:
    with pytest.raises(ValueError, match="base_url: http://"):
        Options(name="a", kind="statuspage", token=Secret("literal", "x"), page=PAGE, base_url="http://x.example")


def test_the_simulator_tells_what_it_holds() -> None:
    json.dumps(page_bench().sim.told())

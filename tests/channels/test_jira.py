"""The Jira channel: a ticket is made once, with everything it needs, and found again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from oncall_tui.channels import load_kind
from oncall_tui.channels.jira import Options
from oncall_tui.demo.wire import Request, Response, json_response
from oncall_tui.model import Verb
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Dropped,
    Outcome,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
    Unsupported,
)
from tests.sources.jira_bench import Bench

BOTH = ("Cloud", "Data Center")


@pytest.fixture(params=BOTH)
def bench(request: Any) -> Bench:
    return Bench(request.param)


def is_cloud(bench: Bench) -> bool:
    return bench.sim.deployment == "Cloud"


def test_it_is_registered_and_only_makes_tickets(bench: Bench) -> None:
    assert load_kind("jira").Options is Options
    assert bench.channel.capabilities == {Capability.TICKET}


# -- what is sent -----------------------------------------------------------------------------------------------------


async def test_a_ticket_has_owner_due_date_labels_and_where_it_comes_from(bench: Bench) -> None:
    row = bench.ticket(text="It ran out.\n\nTwice.", owner="ivan@example.com", due="2026-12-01", labels=["post mortem"])
    sent = await bench.channel.send(row)
    assert (sent.text, sent.native_ref) == ("OPS-47", "OPS-47")
    (told,) = bench.posted()
    assert told["project"] == {"key": "OPS"} and told["issuetype"] == {"name": "Task"}
    assert (told["summary"], told["duedate"]) == ("Raise the pool", "2026-12-01")
    assert told["labels"] == ["oncall-action", "oncall-key-k7", "oncall-pager:Q1ABC", "post-mortem"]
    lines = ["It ran out.", "Twice.", "From Checkout is down (pager:Q1ABC)"]
    if is_cloud(bench):
        assert told["assignee"] == {"id": bench.sim.estate.accounts["ivan"]}
        assert told["description"] == {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines],
        }
    else:
        assert told["assignee"] == {"name": "ivan"} and told["description"] == "\n\n".join(lines)
    found = await bench.channel.confirm(replace(row, native_ref=sent.native_ref))
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, "OPS-47")


async def test_the_source_reads_the_ticket_back_as_an_action_item(bench: Bench) -> None:
    await bench.channel.send(bench.ticket(owner="judy@example.com", due="2026-12-01"))
    bench.clock.advance(5)
    item = await bench.item("OPS-47")
    assert item.incident_id == "pager:Q1ABC" and not item.done and item.due is not None
    assert item.owner is not None and item.owner.name == "Judy Jónsdóttir"


async def test_a_ticket_of_a_handover_has_no_incident(bench: Bench) -> None:
    await bench.channel.send(bench.ticket(target="local:handover-1"))
    (told,) = bench.posted()
    assert told["labels"] == ["oncall-action", "oncall-key-k7"] and "description" not in told
    assert "assignee" not in told and "duedate" not in told


async def test_project_type_and_labels_follow_the_config() -> None:
    bench = Bench(channel_options={"project": "SUP", "issue_type": "Bug", "labels": ("sre",)})
    await bench.channel.send(bench.ticket())
    (told,) = bench.posted()
    assert told["project"] == {"key": "SUP"} and told["issuetype"] == {"name": "Bug"} and "sre" in told["labels"]


async def test_a_title_is_one_line_that_jira_takes(bench: Bench) -> None:
    await bench.channel.send(bench.ticket(title="x\ny" + "z" * 400))
    (told,) = bench.posted()
    assert len(told["summary"]) == 255 and told["summary"].startswith("x yz") and told["summary"].endswith("…")


@pytest.mark.parametrize(
    ("evil", "literal"),
    [
        ("[~admin] look", "\\[~admin\\] look"),
        ("\\[~admin]", "&#92;\\[~admin\\]"),
        ("!https://evil.example/x.png!", "\\!https://evil.example/x.png\\!"),
        ("{html}<script>{html}", "\\{html\\}<script>\\{html\\}"),
        ("[pay|https://evil.example]", "\\[pay|https://evil.example\\]"),
        ("&#91;~admin&#93;", "&amp;#91;~admin&amp;#93;"),
        ("a & b_c*d", "a & b_c*d"),
    ],
)
async def test_no_title_or_text_mentions_embeds_or_links_in_a_data_center(evil: str, literal: str) -> None:
    bench = Bench("Data Center")
    row = replace(bench.ticket(text=evil), target_title=evil)
    await bench.channel.send(row)
    (told,) = bench.posted()
    assert told["description"] == f"{literal}\n\nFrom {literal} (pager:Q1ABC)"


@pytest.mark.parametrize("owner", ["nobody@example.com", "e"])
async def test_an_owner_whom_jira_does_not_know_is_told_and_written_down(bench: Bench, owner: str) -> None:
    sent = await bench.channel.send(bench.ticket(owner=owner))
    assert f"no owner: Jira finds nobody for {owner}" in sent.text
    row = replace(bench.ticket(owner=owner), native_ref=sent.native_ref, answer=sent.text)
    assert (await bench.channel.confirm(row)).text == "", "what was said of it is not written over"
    (told,) = bench.posted()
    assert "assignee" not in told and f"Owner: {owner}" in str(told["description"])


async def test_an_owner_who_hides_the_mail_address_is_found_where_it_can_be_only_one() -> None:
    bench = Bench()
    await bench.channel.send(bench.ticket(owner="grace@example.com"))
    (told,) = bench.posted()
    assert told["assignee"] == {"id": bench.sim.estate.accounts["grace"]}


async def test_an_owner_by_name_is_found(bench: Bench) -> None:
    await bench.channel.send(bench.ticket(owner="Eve Eriksen"))
    assert "assignee" in bench.posted()[0]


# -- never twice ------------------------------------------------------------------------------------------------------


def losing(bench: Bench, *, applied: bool) -> None:
    """The next POST gets no answer."""

    def lose(request: Request) -> Response | None:
        if request.method != "POST":
            return None
        bench.rules.clear()
        if applied:
            bench.sim.handle(request)
        raise httpx.ReadError("gone")

    bench.rules.append(lose)


async def test_a_lost_answer_is_found_by_its_label_and_not_sent_again(bench: Bench) -> None:
    row = bench.ticket()
    losing(bench, applied=True)
    with pytest.raises(Dropped) as caught:
        await bench.channel.send(row)
    assert caught.value.maybe_applied
    assert (await bench.channel.confirm(row)).outcome is Outcome.UNKNOWN, "the search does not have it yet"
    bench.clock.advance(4)
    found = await bench.channel.confirm(row)
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, "OPS-47")
    again = await bench.channel.send(row)
    assert (again.text, again.native_ref) == ("OPS-47 is there already", "OPS-47")
    assert [one["action"] for one in bench.sim.writes] == ["ticket"]


async def test_what_did_not_arrive_is_said_so_once_the_search_would_have_it(bench: Bench) -> None:
    row = bench.ticket()
    losing(bench, applied=False)
    with pytest.raises(Dropped):
        await bench.channel.send(row)
    assert (await bench.channel.confirm(row)).outcome is Outcome.UNKNOWN
    bench.clock.advance(11)
    assert (await bench.channel.confirm(row)).outcome is Outcome.UNKNOWN
    bench.clock.advance(2)
    assert (await bench.channel.confirm(row)).outcome is Outcome.NOT_APPLIED
    await bench.channel.send(row)
    assert len(bench.sim.writes) == 1


async def test_two_tickets_with_the_same_words_are_two(bench: Bench) -> None:
    await bench.channel.send(bench.ticket(key="k1"))
    bench.clock.advance(9)
    await bench.channel.send(bench.ticket(key="k2"))
    assert len(bench.sim.writes) == 2


async def test_a_ticket_that_was_deleted_again_is_not_there(bench: Bench) -> None:
    row = bench.ticket()
    sent = await bench.channel.send(row)
    del bench.sim.estate.issues["OPS-47"]
    bench.clock.advance(60)
    found = await bench.channel.confirm(replace(row, native_ref=sent.native_ref))
    assert found.outcome is Outcome.NOT_APPLIED


async def test_a_key_that_is_another_issues_is_not_taken_for_ours(bench: Bench) -> None:
    row = bench.ticket()
    await bench.channel.send(row)
    bench.clock.advance(60)
    found = await bench.channel.confirm(replace(row, native_ref="OPS-41"))
    assert (found.outcome, found.native_ref) == (Outcome.APPLIED, "OPS-47")


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"project": "NOPE"}, "project: Specify a valid project"),
        ({"issue_type": "Epic"}, "issuetype: Specify a valid issue type"),
    ],
)
async def test_a_refusal_is_told_in_jiras_words(change: Any, words: str) -> None:
    bench = Bench(channel_options=change)
    with pytest.raises(Refused, match=words) as caught:
        await bench.channel.send(bench.ticket())
    assert not caught.value.maybe_applied and bench.sim.writes == []


@pytest.mark.parametrize(
    ("answer", "error", "unsure"),
    [
        (json_response({"errorMessages": ["no"], "errors": {}}, 403), AuthFailed, False),
        (json_response({"errorMessages": ["slow"], "errors": {}}, 429, retry_after="9"), RateLimited, False),
        (json_response({"errorMessages": ["oops"], "errors": {}}, 500), ServerFailed, True),
        (json_response({"key": 7}, 201), BadAnswer, True),
        (json_response({"key": "nonsense"}, 201), BadAnswer, True),
    ],
)
async def test_what_may_have_been_made_is_said_so(
    bench: Bench, answer: Response, error: type[SourceError], unsure: bool
) -> None:
    bench.rules.append(lambda request: answer if request.method == "POST" else None)
    with pytest.raises(error) as caught:
        await bench.channel.send(bench.ticket())
    assert caught.value.maybe_applied is unsure


async def test_nothing_is_made_while_it_cannot_be_looked_for(bench: Bench) -> None:
    bench.rules.append(lambda request: json_response({}, 500) if "/search" in request.path else None)
    with pytest.raises(ServerFailed) as caught:
        await bench.channel.send(bench.ticket())
    assert not caught.value.maybe_applied and bench.sim.writes == []


@pytest.mark.parametrize("verb", [Verb.MESSAGE, Verb.NOTE, Verb.ACKNOWLEDGE])
async def test_other_verbs_are_not_supported(bench: Bench, verb: Verb) -> None:
    row = replace(bench.ticket(), verb=verb)
    for call in (bench.channel.send, bench.channel.confirm):
        with pytest.raises(Unsupported):
            await call(row)
    assert bench.exchanges == []


@pytest.mark.parametrize(
    ("name", "value"), [("project", "has space"), ("project", ""), ("labels", ("a b",)), ("labels", ("x" * 300,))]
)
def test_options_that_cannot_be_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"key of a project|not a label"):
        Options.__dataclass_fields__[name].metadata["check"](value)


# -- check ------------------------------------------------------------------------------------------------------------


async def test_check_looks_at_project_permissions_and_type(bench: Bench) -> None:
    probe = await bench.channel.probe()
    assert probe.ok and probe.can == ("ticket",) and probe.notes == ()
    assert probe.user is not None and probe.user.name == "Alice Andersson"


@pytest.mark.parametrize(
    ("options", "sim", "words"),
    [
        ({"project": "NOPE"}, {}, "has no project NOPE"),
        ({}, {"lacking": ("CREATE_ISSUES",)}, "no permission to create issues in OPS"),
    ],
)
async def test_check_fails_where_no_ticket_could_be_made(options: Any, sim: Any, words: str) -> None:
    probe = await Bench(channel_options=options, **sim).channel.probe()
    assert not probe.ok and words in (probe.error or "")


async def test_check_warns_of_owners_and_types() -> None:
    probe = await Bench(channel_options={"issue_type": "Epic"}, lacking=("ASSIGN_ISSUES",)).channel.probe()
    assert probe.ok
    assert [note.split(":")[0] for note in probe.notes] == [
        "no permission to assign issues in OPS (ASSIGN_ISSUES)",
        "OPS has no issue type Epic; there are Task, Bug, Story",
    ]

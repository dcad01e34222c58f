"""Telling and handing over through channels, by command and by key: the installed script against systems over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from oncall_tui.demo.faults import answer_with, drop_after_apply, is_write, refuse
from oncall_tui.demo.wire import json_response
from tests.end_to_end.hands import ENTER, confirmed, cursor_on, pressed
from tests.support.seat import Company, Seat, Terminal, until

CHECKOUT = "Checkout returns 503"
MORE = ("slack", "statuspage", "webhook", "jira")


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company(more=MORE)
    yield made
    made.close()


def system(company: Company, kind: str) -> dict[str, Any]:
    return dict(company.state()["systems"][kind])


def room_of(company: Company, name: str) -> dict[str, Any]:
    (room,) = [one for one in system(company, "slack")["rooms"] if one["name"] == name]
    return dict(room)


def published(company: Company) -> list[dict[str, Any]]:
    return [one for one in system(company, "statuspage")["incidents"] if one["name"] == CHECKOUT]


# -- commands ------------------------------------------------------------------------------------------------------


def test_tell_posts_where_the_config_says_then_into_the_incidents_room(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    done = seat.expect(0, "tell", incident, "war-room", "We look into <it>.")
    assert re.fullmatch(rf"{incident} message confirmed.*\n", done.stdout), done
    assert room_of(company, "incidents")["messages"][-1]["text"] == "We look into &lt;it&gt;."
    done = seat.expect(0, "room", incident, "war-room")
    name = f"inc-{company.incident(CHECKOUT)['number']}"
    assert f"room confirmed: #{name}" in done.stdout
    assert CHECKOUT in room_of(company, name)["topic"]
    seat.expect(0, "tell", incident, "war-room", "-", stdin="Two\nlines.\n")
    assert [one["text"] for one in room_of(company, name)["messages"]] == ["Two\nlines."]
    seat.expect(0, "tell", incident, "war-room", "Elsewhere", "--room", "#status")
    assert room_of(company, "status")["messages"][-1]["text"] == "Elsewhere"
    # What was said restarts the clock of the updates that are due.
    due = next(one["due"] for one in seat.json("now", "--json")["incidents"] if one["id"] == incident)
    assert due is not None


def test_publish_is_once_then_updates(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    text = "We look into it."
    done = seat.expect(
        0, "publish", incident, "status", text, "--status", "investigating", "--component", "Checkout=major_outage"
    )
    assert "publish confirmed" in done.stdout
    assert system(company, "statuspage")["components"]["Checkout"] == "major_outage"
    seat.expect(0, "publish", incident, "status", "A fix is out.", "--status", "monitoring", "--impact", "minor")
    (one,) = published(company)
    assert (one["status"], one["impact"]) == ("monitoring", "minor")
    assert [update["body"] for update in one["incident_updates"]] == ["A fix is out.", text]
    refused = seat.expect(5, "publish", incident, "status", "x", "--status", "resolved", "--title", "Other")
    assert "an update has no --title" in refused.stderr
    seat.expect(0, "publish", incident, "status", "It is over.", "--status", "resolved")
    seat.expect(0, "publish", incident, "status", "It is back.", "--status", "investigating", "--title", CHECKOUT)
    assert [one["status"] for one in published(company)] == ["investigating", "resolved"]


def test_a_publication_whose_answer_was_lost_is_not_made_twice(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    company.plan(drop_after_apply, prefix="statuspage", matching=is_write)
    seat.expect(0, "publish", incident, "status", "We look into it.", "--status", "investigating")
    assert len(published(company)) == 1


def test_ticket_tick_and_hook(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    words = ("Add a probe", "--owner", "bob@example.com", "--due", "2026-12-24", "--label", "probe", "--text", "Why: …")
    done = seat.expect(0, "ticket", incident, "jira", *words)
    found = re.search(r"ticket confirmed: (OPS-\d+)", done.stdout)
    assert found is not None, done
    (issue,) = [one for one in system(company, "jira")["issues"] if one["key"] == found[1]]
    assert (issue["summary"], issue["due"]) == ("Add a probe", "2026-12-24") and "probe" in issue["labels"]
    assert "tick confirmed" in seat.expect(0, "tick", incident, "by-hand", "conference bridge").stdout
    seat.expect(0, "tell", incident, "hook", "Slow", "--subject", "Checkout")
    body = system(company, "webhook")["received"][-1]["body"]
    assert (body["text"], body["subject"], body["incident"]) == ("Slow", "Checkout", incident)
    draft = seat.expect(0, "postmortem", incident, "--cached").stdout
    assert "Conference bridge" in draft and "Slow (alice@example.com)" in draft


def test_bad_input_is_2_and_what_a_channel_cannot_is_5(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    unknown = seat.expect(2, "tell", incident, "chat", "x")
    assert "no channel named 'chat' is configured; there are: war-room" in unknown.stderr
    assert unknown.stderr.count("\n") == 1
    assert "jira (jira) cannot message" in seat.expect(5, "tell", incident, "jira", "x").stderr
    assert "takes no --to" in seat.expect(5, "tell", incident, "war-room", "x", "--to", "bob@example.com").stderr
    assert "takes no --subject" in seat.expect(5, "tell", incident, "war-room", "x", "--subject", "y").stderr
    assert "an empty message" in seat.expect(2, "tell", incident, "war-room", "  ").stderr
    seat.expect(2, "tell", "QNOBODY", "war-room", "x")
    assert "read-only" in seat.expect(5, "--read-only", "tell", incident, "war-room", "x").stderr
    assert system(company, "slack")["writes"] == []


def test_refused_by_the_channel_is_5_and_unreachable_is_4(company: Company, seat: Seat) -> None:
    incident = company.id_of(CHECKOUT)
    company.plan(answer_with(json_response({"ok": False, "error": "channel_not_found"})), prefix="slack")
    refused = seat.expect(5, "tell", incident, "war-room", "x")
    assert refused.stderr.startswith(f"{incident} message refused: ")
    company.plan(refuse, prefix="slack", count=None)
    queued = seat.expect(4, "tell", incident, "war-room", "later", "--timeout", "1s")
    assert f"{incident} message queued (key " in queued.stdout
    assert [one["state"] for one in seat.outbox() if one["verb"] == "message"][-1] == "queued"


def test_the_handover_is_sent(company: Company, seat: Seat) -> None:
    done = seat.expect(0, "handover", "--send", "war-room")
    assert re.fullmatch(r"local:handover-\S+ message confirmed.*\n", done.stdout), done
    (message,) = [one for one in room_of(company, "incidents")["messages"] if one["text"].startswith("*Shift handover")]
    assert CHECKOUT in message["text"] and "# " not in message["text"].split("\n")[0]
    written = seat.folder / "handover.html"
    done = seat.expect(
        0, "handover", "--cached", "--send", "hook", "--format", "html", "--output", str(written), "--since", "3h"
    )
    assert written.read_text("utf-8").startswith("<!doctype html>")
    body = system(company, "webhook")["received"][-1]["body"]
    assert body["text"].startswith("# ") and body["incident"].startswith("local:handover-")
    assert "--format" in seat.expect(2, "handover", "--send", "hook", "--format", "html").stderr
    assert "no channel named 'nowhere'" in seat.expect(2, "handover", "--send", "nowhere").stderr
    assert "cannot message" in seat.expect(5, "handover", "--cached", "--send", "status").stderr
    assert "read-only" in seat.expect(5, "--read-only", "handover", "--cached", "--send", "hook").stderr


def test_check_probes_channels_too(company: Company, seat: Seat) -> None:
    text = seat.expect(0, "check").stdout
    assert re.search(r"^channels$\n^ok   war-room \(slack\)", text, re.MULTILINE)
    assert "in the workspace" in text and "by-hand (manual)" in text
    report = seat.json("check", "--json")
    assert [one["name"] for one in report["channels"]] == [
        "war-room",
        "status-room",
        "by-hand",
        "status",
        "hook",
        "jira",
    ]
    assert report["ok"] and {"message", "room", "topic", "update_message"} == set(report["channels"][0]["can"])

    def without_topics() -> None:
        slack = company.world.more["slack"]
        slack.scopes = tuple(one for one in slack.scopes if one != "channels:manage")  # type: ignore[attr-defined]  # its own

    company.do(without_topics)
    text = seat.expect(0, "check").stdout
    assert "missing scope: room needs channels:manage" in text
    company.plan(answer_with(json_response({"error": "Could not authenticate"}, 401)), prefix="statuspage", count=None)
    failed = seat.json("check", "--json", code=1)
    assert not failed["ok"] and [one["name"] for one in failed["channels"] if not one["ok"]] == ["status"]
    assert re.search(r"^FAIL status \(statuspage\)\n     error: ", seat.expect(1, "check").stdout, re.MULTILINE)


# -- by key --------------------------------------------------------------------------------------------------------


def begun(seat: Seat, **how: Any) -> Terminal:
    """The dashboard with its first answers in, the keys in the incidents."""
    terminal = seat.dashboard(**how)
    terminal.wait(CHECKOUT[:16])
    terminal.wait(r"^│▌ ")
    return terminal


def down_to(terminal: Terminal, words: str) -> None:
    """The cursor on the row of the list that says so."""
    terminal.wait(words)
    for _ in range(12):
        if re.search(rf"▌ +\d? +{words}", terminal.text):
            return
        terminal.press("j")
        terminal.settle()
    raise AssertionError(terminal.text)


@pytest.mark.pty
def test_by_key_a_message_and_a_publication(company: Company, seat: Seat) -> None:
    seat.config.write_text(f"{seat.config.read_text()}actions: {{undo: {{message: 1s}}}}\n")
    terminal = begun(seat)
    cursor_on(terminal, CHECKOUT[:16])
    pressed(terminal, "c", "Communicate")
    down_to(terminal, r"war-room +tell stakeholders")
    confirmed(terminal, ENTER, r"war-room \(slack\): tell stakeholders")
    terminal.wait("INCIDENT #")
    terminal.settle()
    terminal.type(" Retrying now.")
    confirmed(terminal, ENTER, r"war-room: message leaves in 1s")
    terminal.wait(r"message sent: Checkout")
    text = room_of(company, "incidents")["messages"][-1]["text"]
    assert text.startswith("🚨 INCIDENT #") and text.endswith("Retrying now.") and CHECKOUT in text

    pressed(terminal, "c", "Communicate")
    down_to(terminal, r"status +tell customers, publish")
    confirmed(terminal, ENTER, r"status \(statuspage\): tell customers, publish")
    terminal.wait("Payments API")
    terminal.settle()
    terminal.press("\t", "\t", " ")
    confirmed(terminal, ENTER, "status: publish leaves in 1s")
    terminal.wait(r"published: Checkout")
    (one,) = published(company)
    # Another status than the phase's was chosen: its own words came with it.
    assert one["status"] == "identified" and "We've identified the issue." in one["incident_updates"][0]["body"]

    pressed(terminal, ENTER, "Timeline")
    terminal.wait(r"identified: Checkout returns 503")
    terminal.wait(r"alice@example.com · war-room")
    pressed(terminal, "c", "Communicate")
    terminal.wait(r"status +tell customers, on the page")
    terminal.press("\x1b")
    until(lambda: [one["state"] for one in seat.outbox()] == ["confirmed", "confirmed"], what="both confirmed")


@pytest.mark.pty
def test_by_key_the_handover(company: Company, seat: Seat) -> None:
    seat.config.write_text(f"{seat.config.read_text()}actions: {{undo: {{message: 0s}}}}\n")
    terminal = begun(seat, size=(80, 24))
    pressed(terminal, "x", "Handover")
    terminal.wait("s Send")
    terminal.wait("Shift handover")
    pressed(terminal, "s", "Send the handover")
    confirmed(terminal, ENTER, "message sent: Handover alice")
    assert any(one["text"].startswith("*Shift handover") for one in room_of(company, "incidents")["messages"])

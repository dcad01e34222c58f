"""``postmortem`` of the installed script against the simulated company: text of one's own, forms, marks, tickets, what
is owed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.seat import Company, Seat

GATEWAY = "Payment gateway latency"


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company(more=("jira", "slack"))
    yield made
    made.close()


@pytest.fixture
def seat(company: Company, tmp_path: Path) -> Iterator[Seat]:
    made = Seat(tmp_path, company.config(tmp_path))
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()


def channels(seat: Seat) -> dict[str, str]:
    """Channel names by kind."""
    found = json.loads(seat.expect(0, "check", "--json").stdout)
    return {one["kind"]: one["name"] for one in found["channels"]}


def notes(company: Company, title: str) -> list[str]:
    return [str(one["content"]) for one in company.incident(title)["notes"]]


def test_a_text_of_ones_own_stays_and_goes_out_in_every_form(company: Company, seat: Seat) -> None:
    incident_id = company.id_of(GATEWAY)
    own = "# Ours\n\nThe pool <b>was</b> small.\x1b[31m"
    kept = seat.expect(0, "postmortem", incident_id, "--text", own)
    assert kept.stdout == "# Ours\n\nThe pool <b>was</b> small.\\x1b[31m\n"
    seat.expect(0, "note", incident_id, "lesson: load tests lie")
    assert seat.expect(0, "postmortem", incident_id).stdout == kept.stdout, "the draft does not write over it"
    page = seat.expect(0, "postmortem", incident_id, "--format", "html").stdout
    assert "<h1>Ours</h1>" in page and "&lt;b&gt;was" in page
    document = json.loads(seat.expect(0, "postmortem", incident_id, "--format", "json").stdout)
    assert document["edited_markdown"] == kept.stdout and document["lessons"] == ["load tests lie"]
    back = seat.expect(0, "postmortem", incident_id, "--discard").stdout
    assert "load tests lie" in back and "# Ours" not in back
    assert "an empty text" in seat.expect(2, "postmortem", incident_id, "--text", "  ").stderr


def test_action_items_become_tickets_once_and_are_followed_until_done(company: Company, seat: Seat) -> None:
    incident_id, jira = company.id_of(GATEWAY), channels(seat)["jira"]
    seat.expect(0, "postmortem", incident_id, "--item", "widen the pool (owner: Bob, due: 2031-12-01)")
    seat.expect(0, "postmortem", incident_id, "--item", "watch the pool")
    made = seat.expect(0, "postmortem", incident_id, "--tickets", jira)
    assert made.stdout.count("ticket") >= 2
    items = json.loads(seat.expect(0, "postmortem", incident_id, "--format", "json").stdout)["action_items"]
    keys = {one["text"].split(" ")[0]: one["ticket"] for one in items if "the pool" in one["text"]}
    assert set(keys) == {"widen", "watch"} and all(keys.values()) and keys["widen"] != keys["watch"]
    told = [text for text in notes(company, GATEWAY) if text.startswith("ticket: ")]
    assert sorted(told) == sorted(
        [f"ticket: {keys['widen']} widen the pool", f"ticket: {keys['watch']} watch the pool"]
    )
    again = seat.expect(0, "postmortem", incident_id, "--tickets", jira)
    assert "no action item is without a ticket" in again.stdout
    assert len([text for text in notes(company, GATEWAY) if text.startswith("ticket: ")]) == 2
    seat.expect(0, "postmortem", incident_id, "--item-done", "watch the")
    done = json.loads(seat.expect(0, "postmortem", incident_id, "--format", "json").stdout)["action_items"]
    by_text = {one["text"]: one["done"] for one in done}
    assert (by_text["widen the pool"], by_text["watch the pool"]) == (False, True)
    assert f"done: {keys['watch']}" in notes(company, GATEWAY)
    figures = json.loads(seat.expect(0, "metrics", "--since", "30d", "--json").stdout)["metrics"]
    assert figures["action_items_completed"]["value"] >= 1
    wrong = seat.expect(2, "postmortem", incident_id, "--item-done", "nothing such").stderr
    assert "no action item" in wrong and "widen the pool" in wrong


def test_it_is_owed_until_it_is_said_to_be_written(company: Company, seat: Seat) -> None:
    incident_id = company.id_of(GATEWAY)
    assert seat.expect(0, "postmortem", "--owed").stdout.count(incident_id) == 0, "it is open still"
    seat.expect(0, "resolve", incident_id)
    line = next(one for one in seat.expect(0, "postmortem", "--owed").stdout.split("\n") if incident_id in one)
    assert line.startswith("due 20") and "Sev2" in line
    owed = json.loads(seat.expect(0, "postmortem", "--owed", "--format", "json").stdout)["owed"]
    assert [one["overdue"] for one in owed if one["id"] == incident_id] == [False]
    assert "## Post-mortems due" in seat.expect(0, "handover").stdout
    seat.expect(0, "postmortem", incident_id, "--done", "https://wiki.example.com/pm-7")
    assert incident_id not in seat.expect(0, "postmortem", "--owed").stdout
    document = json.loads(seat.expect(0, "postmortem", incident_id, "--format", "json").stdout)
    assert document["done"] is True and document["done_where"] == "https://wiki.example.com/pm-7"


def test_it_is_sent_and_does_not_count_as_telling_stakeholders(company: Company, seat: Seat) -> None:
    incident_id, slack = company.id_of(GATEWAY), channels(seat)["slack"]
    before = json.loads(seat.expect(0, "now", "--json").stdout)["incidents"]
    sent = seat.expect(0, "postmortem", incident_id, "--send", slack)
    assert "message confirmed" in sent.stdout, sent.stdout
    after = json.loads(seat.expect(0, "now", "--json").stdout)["incidents"]
    due = {one["id"]: one["due"] for one in before}
    assert {one["id"]: one["due"] for one in after}[incident_id] == due[incident_id]


def test_a_read_only_seat_writes_nothing(company: Company, seat: Seat) -> None:
    incident_id, jira = company.id_of(GATEWAY), channels(seat)["jira"]
    seat.expect(0, "postmortem", incident_id, "--item", "widen the pool")
    for words in (["--item", "x"], ["--done"], ["--item-done", "1"], ["--tickets", jira]):
        assert "read-only" in seat.expect(5, "--read-only", "postmortem", incident_id, *words).stderr
    assert "takes the ID" in seat.expect(2, "postmortem").stderr

"""What is due and the resolution checklist by command; the installed script against systems over HTTP."""

from __future__ import annotations

import pytest

from tests.support.seat import Company, Seat

CHECKOUT = "Checkout returns 503"
GATEWAY = "Payment gateway latency"


def test_due_names_the_rule_of_everything(company: Company, seat: Seat) -> None:
    document = seat.json("due", "--json")
    found = {one["title"]: one for one in document["incidents"]}
    checkout = found[CHECKOUT]
    rules = {one["rule"]: one for one in checkout["due"]}
    ack = rules["Sev1 · response: acknowledge within 5 min"]
    assert (ack["what"], ack["to"], ack["where"]) == ("acknowledge", ["primary on-call"], ["pager"])
    assert "Sev1 · communication: every 30 min to stakeholders" in rules
    assert rules["Sev1 · escalation: VP Engineering at once"]["overdue"]
    assert "Sev2 · communication: every 1 h to stakeholders" in {one["rule"] for one in found[GATEWAY]["due"]}
    page = checkout["status_page"]
    assert (page["wanted"], page["why"]) == ("investigating", "no root cause is noted yet")
    assert "We're currently investigating reports of problems with payments." in page["text"]
    told = seat.expect(0, "due", checkout["id"]).stdout
    assert CHECKOUT in told and GATEWAY not in told
    assert "acknowledge: primary on-call\n    Sev1 · response: acknowledge within 5 min\n" in told
    now = {one["title"]: one for one in seat.json("now", "--json")["incidents"]}
    assert now[CHECKOUT]["due_rule"] == "Sev1 · response: acknowledge within 5 min"


def test_the_checklist_is_ticked_noted_and_watched(company: Company, seat: Seat) -> None:
    target = company.id_of(CHECKOUT)
    assert "0 of 5 done" in seat.expect(0, "resolution", target).stdout
    seat.expect(0, "resolution", target, "--tick", "test-fix", "--tick", "2")
    told = seat.expect(0, "resolution", target, "--untick", "deploy", "--watch").stdout
    assert "[x] 1 test-fix" in told and "[ ] 2 deploy" in told
    document = seat.json("resolution", target, "--json")
    assert document["items"][0]["by"] == "alice@example.com" and not document["done"]
    # Its error rate is bad from the first minute of the company's day.
    assert document["watch"]["state"] in ("not yet", "alerts again")
    assert "payments error rate" in document["watch"]["says"]
    noted = seat.expect(0, "resolution", target, "--note")
    assert f"{target} note confirmed" in noted.stdout
    assert "- [x] Test the fix in staging" in str(company.incident(CHECKOUT)["notes"])


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("resolution", "{id}", "--tick", "nothing"), 2, "no item of the resolution checklist is called 'nothing'"),
        (("--read-only", "resolution", "{id}", "--tick", "1"), 5, "read-only"),
        (("--read-only", "resolution", "{id}", "--watch"), 5, "read-only"),
        (("--read-only", "resolution", "{id}", "--note"), 5, "read-only"),
        (("resolution", "pager:NONE"), 2, "NONE"),
        (("due", "pager:NONE"), 2, "NONE"),
    ],
)
def test_what_cannot_be_is_one_line(company: Company, seat: Seat, words: tuple[str, ...], code: int, told: str) -> None:
    done = seat.run(*(word.format(id=company.id_of(CHECKOUT)) for word in words))
    assert done.returncode == code, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr

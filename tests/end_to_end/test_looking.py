"""``search`` and ``suggestions`` of the installed script, against the simulated company over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.hands import ENTER, ESC, SMALL, cursor, opened, pressed, typed
from tests.support.seat import Company, Seat

NOW_OPEN = "P99 latency > 5000 ms, EU"
BEFORE = "P99 latency > 4200 ms, EU"


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company()
    yield made
    made.close()


@pytest.fixture
def seat(company: Company, tmp_path: Path) -> Iterator[Seat]:
    made = Seat(tmp_path, company.config(tmp_path))
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()


def test_what_is_suggested_is_told_with_why_dismissed_and_brought_back(company: Company, seat: Seat) -> None:
    told = seat.expect(0, "suggestions").stdout
    assert "=== Suggested incidents: 1 ===" in told and "edge: HandshakesFail, ConnectionsCut" in told
    assert "alert ConnectionsCut (alerts): same service edge, 2 min after HandshakesFail" in told
    assert "Cache refresh" in told
    now = json.loads(seat.expect(0, "now", "--json", "--cached").stdout)
    (one,) = now["suggestions"]
    assert (one["id"], one["severity"], one["weight"]) == ("edge", 2, 3)
    assert {member["name"] for member in one["members"]} == {"HandshakesFail", "ConnectionsCut"}
    assert "suggested: SEV2 edge" in seat.expect(0, "now", "--cached").stdout

    assert seat.expect(0, "suggestions", "dismiss", "edge", "--cached").stdout == ""
    assert json.loads(seat.expect(0, "now", "--json", "--cached").stdout)["suggestions"] == []
    told = seat.expect(0, "suggestions").stdout
    assert "=== Suggested incidents: 0 ===" in told and "=== Dismissed: 1 ===" in told
    (one,) = json.loads(seat.expect(0, "suggestions", "--json", "--cached").stdout)["suggestions"]
    assert one["dismissed"]["by"] == "alice@example.com" and not one["dismissed"]["declared"]
    seat.expect(0, "suggestions", "restore", "edge", "--cached")
    assert "not dismissed" in seat.expect(5, "suggestions", "restore", "edge", "--cached").stderr
    assert "no suggestion is called 'nope'" in seat.expect(2, "suggestions", "dismiss", "nope", "--cached").stderr


def test_a_read_only_seat_dismisses_nothing(company: Company, seat: Seat) -> None:
    seat.expect(0, "suggestions")
    assert "read-only seat" in seat.expect(5, "--read-only", "suggestions", "dismiss", "edge", "--cached").stderr
    assert "=== Suggested incidents: 1 ===" in seat.expect(0, "suggestions", "--cached").stdout


def test_notes_and_titles_are_found_and_the_last_time_of_the_kind_is_told(company: Company, seat: Seat) -> None:
    seat.expect(0, "now")
    found = json.loads(seat.expect(0, "search", "latency", "eu", "--json").stdout)
    titles = [hit["title"] for hit in found["hits"] if hit["kind"] == "incident"]
    assert titles == [NOW_OPEN, BEFORE] and found["unread"] == 0 and not found["plain"]
    assert "no laptop" in seat.expect(0, "search", "LAPTOP").stdout.lower()
    assert seat.expect(0, "search", '"AND', "NEAR(", "--limit", "3").stdout == "0 found\n"

    incident_id = company.id_of(NOW_OPEN)
    told = json.loads(seat.expect(0, "search", "--like", incident_id, "--json").stdout)
    assert told["count"] == 1 and told["times"][0]["title"] == BEFORE and told["usual_s"] == 31 * 60
    assert "seen before: once in" in seat.expect(0, "search", "--like", incident_id).stdout
    assert "no incident" in seat.expect(2, "search", "--like", "Q0NOTHING").stderr


def test_a_search_asks_nobody_and_check_says_how_it_searches(company: Company, seat: Seat) -> None:
    seat.expect(0, "now")
    assert json.loads(seat.expect(0, "check", "--json").stdout)["data"]["search"] == "fts5"
    company.stop()
    assert "Cache refresh" in seat.expect(0, "search", "cache").stdout


def test_by_keys_at_80x24_a_suggestion_is_read_dismissed_and_brought_back(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    pressed(terminal, "2", "│▌ ✚ SUGGESTED SEV2 edge: HandshakesFail")
    pressed(terminal, ENTER, "same service edge, 2 min after HandshakesFail")
    pressed(terminal, ESC, "1 suggested")
    pressed(terminal, "D", "dismissed: edge")
    terminal.until(lambda: "SUGGESTED" not in terminal.text, "the row to go")
    assert "HighErrorRate" in cursor(terminal), "the cursor has gone on to the next row"
    pressed(terminal, ":", "Command")
    typed(terminal, "suggested")
    pressed(terminal, ENTER, "1 dismissed")
    pressed(terminal, "D", "suggested again")
    pressed(terminal, ESC, "✚ SUGGESTED SEV2 edge")


def test_by_keys_at_80x24_the_last_time_is_read_and_words_are_found(company: Company, seat: Seat) -> None:
    terminal = opened(seat, size=SMALL)
    pressed(terminal, "H", "the same kind")
    terminal.wait("root cause: node gateway-eu-2 answered in 8 s")  # its pager was asked for the timeline
    pressed(terminal, "/", "To the list")
    typed(terminal, "tokenisation")
    pressed(terminal, ENTER, r"found")
    terminal.wait(r"│▌ .*Card tokenisation errors")
    pressed(terminal, ENTER, "SEV2 Card tokenisation errors")

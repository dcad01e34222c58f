"""``search`` and ``suggestions`` of the installed script, against the simulated company over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

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

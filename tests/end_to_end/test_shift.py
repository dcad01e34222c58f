"""A shift by the command line of the installed script: cover, against the simulated company over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from oncall_tui.demo.faults import drop_after_apply, is_write
from tests.support.seat import Company, Seat


def overrides(company: Company) -> list[tuple[str, str, str]]:
    """Who stands in on the primary schedule, from when to when."""

    def there() -> list[tuple[str, str, str]]:
        estate = company.world.pagerduty.estate
        found = next(one for one in estate.schedules if one.name == "Payments Primary").overrides
        return [(one.user.key, f"{one.start:%d %H:%M}", f"{one.end:%d %H:%M}") for one in found]

    return company.do(there)


def tomorrow(hour: int) -> tuple[str, str]:
    at = (datetime.now(UTC) + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)
    return f"{at:%Y-%m-%dT%H:%MZ}", f"{at:%d %H:%M}"


def test_cover_shows_what_changes_and_makes_it_once(company: Company, seat: Seat) -> None:
    (start, begun), (end, ended) = tomorrow(8), tomorrow(12)
    times = ("--team", "Payments", "--level", "1", "--from", start, "--until", end)
    shown = seat.expect(0, "cover", "bob", *times, "--preview")
    assert "Payments Primary (pager): " in shown.stdout and ": Bob Brandt instead of " in shown.stdout
    assert overrides(company) == [] and seat.outbox() == []
    company.plan(drop_after_apply, matching=is_write)
    done = seat.expect(0, "cover", "bob@example.com", *times)
    assert " override confirmed" in done.stdout
    assert overrides(company) == [("bob", begun, ended)], "the answer was lost, and it was not made twice"
    document: dict[str, Any] = seat.json("schedule", "--json")
    rotation = next(one for one in document["rotations"] if (one["team"], one["level"]) == ("Payments", 1))
    assert [one["person"] for one in rotation["turns"] if one["override"]] == ["Bob Brandt"]


def test_cover_that_cannot_be(seat: Seat) -> None:
    assert "nobody is called 'zoe' there" in seat.expect(2, "cover", "zoe", "--team", "Payments").stderr
    assert "not a time to come" in seat.expect(2, "cover", "bob", "--team", "Payments", "--until", "soon").stderr
    assert "rota: nobody can be put on a schedule there" in seat.expect(5, "cover", "bob", "--team", "Support").stderr
    assert "which schedule?" in seat.expect(2, "cover", "bob", "--team", "Nobody").stderr


def test_a_read_only_seat_covers_nothing(company: Company, seat: Seat) -> None:
    (start, _), (end, _) = tomorrow(8), tomorrow(12)
    times = ("--team", "Payments", "--level", "1", "--from", start, "--until", end)
    refused = seat.expect(5, "--read-only", "cover", "bob", *times)
    assert "this seat is read-only" in refused.stderr and overrides(company) == []


def test_roles_are_people_on_the_command_line_too(seat: Seat) -> None:
    text = seat.expect(0, "roles", "--team", "Payments").stdout
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "=== Payments ===" in text and "=== Storage ===" not in text
    assert "  1 at once  Alice Andersson <alice@example.com>" in text
    assert "Incident Commander" in text and "  owes escalation from the primary, critical incidents" in text
    document = seat.json("roles", "--json")
    payments = document["teams"][0]
    assert payments["team"] == "Payments" and payments["mine"]
    assert [level["level"] for level in payments["escalation"][0]["levels"]] == [1, 2, 3]
    assert "nobody is on call for 'Nobody'" in seat.expect(2, "roles", "--team", "Nobody", "--cached").stderr

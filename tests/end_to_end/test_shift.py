"""A shift by the command line of the installed script against the simulated company over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui.demo.faults import drop_after_apply, is_write, refuse
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
    every = seat.expect(0, "roles", "--cached").stdout
    assert "\n\n=== Storage ===\n" in every and "\\x" not in every
    document = seat.json("roles", "--json")
    payments = document["teams"][0]
    assert payments["team"] == "Payments" and payments["mine"]
    assert [level["level"] for level in payments["escalation"][0]["levels"]] == [1, 2, 3]
    assert "nobody is on call for 'Nobody'" in seat.expect(2, "roles", "--team", "Nobody", "--cached").stderr


# -- handing over --------------------------------------------------------------------------------------------------


@pytest.fixture
def bobs(company: Company, tmp_path: Path) -> Iterator[Seat]:
    """The next seat, on another machine: another config, another data folder."""
    folder = tmp_path / "bob"
    folder.mkdir()
    made = Seat(folder, company.config(folder, **{"user: alice@example.com": "user: bob@example.com"}))
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()


def notes_of(company: Company, incident_id: str) -> list[str]:
    native = incident_id.partition(":")[2]
    return company.do(lambda: [one.content for one in company.world.pagerduty.incidents[native].notes])


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_seats_that_share_no_machine_hand_over_by_a_file(company: Company, seat: Seat, bobs: Seat, form: str) -> None:
    path = seat.folder / f"handover.{form}"
    seat.expect(0, "handover", "--format", form, "--output", str(path))
    left = json.loads(seat.expect(0, "handover", "--cached", "--format", "json").stdout)
    done = bobs.expect(0, "handover", "--accept", str(path))
    assert "Handover from alice@example.com" in done.stdout
    assert all(one["title"] in done.stdout.replace("\\", "") for one in left["open"])
    assert "accepted from alice@example.com: receipt as a note on" in done.stdout
    first = left["open"][0]["id"]
    told = [note for note in notes_of(company, first) if note.startswith("Handover accepted: bob@example.com")]
    assert len(told) == 1 and "has taken over from alice@example.com" in told[0]
    refused = bobs.expect(5, "handover", "--accept", str(path))
    assert "bob@example.com has accepted it already" in refused.stderr
    assert "\naccepted " in bobs.expect(0, "handover", "--previous", "--cached").stdout
    since = json.loads(bobs.expect(0, "handover", "--cached", "--format", "json").stdout)["since_last"]
    assert since["user"] == "alice@example.com" and since["accepted_by"] == "bob@example.com"
    assert {one["id"] for one in since["was_open"]} == {one["id"] for one in left["open"]}


def test_a_printed_handover_is_for_eyes_and_standard_input_is_a_file(seat: Seat, bobs: Seat) -> None:
    assert "ONCALL-TUI HANDOVER" not in seat.expect(0, "handover").stdout
    path = seat.folder / "h.md"
    seat.expect(0, "handover", "--cached", "--output", str(path))
    done = bobs.expect(0, "handover", "--accept", "-", "--receipt", "none", stdin=path.read_text("utf-8"))
    assert "receipt in the audit only" in done.stdout


def test_a_shared_folder_needs_no_file(company: Company, seat: Seat) -> None:
    assert "no handover from before this shift is kept here" in seat.expect(1, "handover", "--previous").stderr
    path = seat.folder / "h.md"
    seat.expect(0, "handover", "--output", str(path))
    config = company.config(seat.folder / "..", **{"user: alice@example.com": "user: bob@example.com"})
    bob = Seat(seat.folder, config)
    assert "Handover from alice@example.com" in bob.expect(0, "handover", "--previous", "--cached").stdout
    assert "accepted from alice@example.com" in bob.expect(0, "handover", "--accept", "--receipt", "notes").stdout


def test_what_is_not_accepted(seat: Seat, bobs: Seat) -> None:
    path = seat.folder / "h.md"
    seat.expect(0, "handover", "--output", str(path))
    assert "it is your own handover" in seat.expect(5, "handover", "--accept", str(path)).stderr
    assert "read-only" in bobs.expect(5, "--read-only", "handover", "--accept", str(path)).stderr
    cut = seat.folder / "cut.md"
    cut.write_text(path.read_text("utf-8")[:-60], "utf-8")
    assert "cut.md: the machine-readable part is cut off" in bobs.expect(2, "handover", "--accept", str(cut)).stderr
    assert "No such file" in bobs.expect(2, "handover", "--accept", "/nonexistent").stderr
    assert "no channel named 'x'" in bobs.expect(5, "handover", "--accept", str(path), "--receipt", "x").stderr
    assert "makes a handover" in bobs.expect(2, "handover", "--accept", str(path), "--since", "3h").stderr
    assert "--receipt is of --accept" in bobs.expect(2, "handover", "--receipt", "none").stderr
    assert bobs.expect(1, "handover", "--previous", "--cached").stdout == ""


# -- checklists ----------------------------------------------------------------------------------------------------


def test_a_checklist_checks_what_it_can_and_says_so_by_its_exit_code(company: Company, seat: Seat) -> None:
    shown = seat.expect(1, "checklist", "before-shift")
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    assert "[x] Monitoring and pagers can be reached\n      5 sources answered" in shown.stdout
    assert "[?] The handover before is read and accepted" in shown.stdout and "=== The last 7 days ===" in shown.stdout
    document = seat.json("checklist", "before-shift", "--json", code=1)
    bad = [one["id"] for one in document["items"] if one["found"] in ("not_yet", "unknown")]
    ticks = [word for item in bad for word in ("--tick", item)]
    well = seat.expect(0, "checklist", "before-shift", *ticks)
    assert "[ ] Laptop, internet and phone work" in well.stdout, "what is ticked by hand does not count"
    seat.expect(1, "checklist", "before-shift", "--untick", bad[0])


def test_a_source_that_is_down_is_not_well(company: Company, seat: Seat) -> None:
    company.plan(refuse, prefix="alertmanager", count=None)
    document = seat.json("checklist", "before-shift", "--json", code=1)
    (item,) = [one for one in document["items"] if one["id"] == "monitoring"]
    assert item["found"] == "not_yet" and item["words"].startswith("alerts: ")


def test_after_the_shift_the_handover_has_to_be_given(seat: Seat) -> None:
    document = seat.json("checklist", "after-shift", "--json", code=1)
    assert {one["id"]: one["found"] for one in document["items"]}["handed-over"] == "not_yet"
    seat.expect(0, "handover", "--output", str(seat.folder / "h.md"))
    document = seat.json("checklist", "after-shift", "--json", code=1)
    assert {one["id"]: one["found"] for one in document["items"]}["handed-over"] == "ok"


def test_a_checklist_that_is_none(seat: Seat) -> None:
    assert "before-shift, after-shift" in seat.expect(2, "checklist").stderr
    assert "no checklist is called 'x'" in seat.expect(2, "checklist", "x").stderr
    assert "an incident's" in seat.expect(2, "checklist", "resolution").stderr
    assert "no item of before-shift" in seat.expect(2, "checklist", "before-shift", "--tick", "x").stderr
    refused = seat.expect(5, "--read-only", "checklist", "before-shift", "--tick", "environment")
    assert "read-only" in refused.stderr

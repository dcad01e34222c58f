"""Declaring from the command line: previewed, made in every system over HTTP, refused by a seat that may not, gone on
with after ``kill -9``."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from oncall_tui.demo.faults import answer_with, is_write
from oncall_tui.demo.wire import json_response
from tests.support.seat import Company, Seat, until

MORE = ("slack", "statuspage", "webhook", "jira")
TITLE = "Nobody can pay"
SEV1 = (
    "declare",
    TITLE,
    "--severity",
    "1",
    "--service",
    "payments",
    "--impact",
    "All users experiencing failing payments",
)
KILLS = 6


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company(more=MORE)
    yield made
    made.close()


def counts(company: Company) -> dict[str, int]:
    """How many there are of each."""
    state = company.state()
    incidents = [one for one in state["incidents"] if one["title"] == TITLE]
    told = state["systems"]
    rooms = {room["name"]: [one for one in room["messages"] if TITLE in one["text"]] for room in told["slack"]["rooms"]}
    own = [name for name in rooms if any(name == f"inc-{one['number']}" for one in incidents)]
    return {
        "incident": len(incidents),
        "room": len(own),
        "message-room": sum(len(rooms[name]) for name in own),
        "message-team": len(rooms["incidents"]),
        "message-company": len(rooms["general-updates"]),
        "message-stakeholders": len({one["key"] for one in told["webhook"]["received"]}),
        "publication": sum(one["name"] == TITLE for one in told["statuspage"]["incidents"]),
        "ticket": sum(TITLE in one["summary"] for one in told["jira"]["issues"]),
    }


ONE_OF_EACH = dict.fromkeys(
    (
        "incident",
        "room",
        "message-room",
        "message-team",
        "message-company",
        "message-stakeholders",
        "publication",
        "ticket",
    ),
    1,
)


def states(declared: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["state"] for step in declared["steps"]}


def test_a_preview_does_nothing_and_says_everything(company: Company, seat: Seat) -> None:
    done = seat.expect(0, *SEV1, "--dry-run")
    assert "message-room (war-room): tell those in the incident's room\n" in done.stdout
    assert "by Sev1 · participants: primary on-call, secondary on-call" in done.stdout
    assert "| Impact: All users experiencing failing payments" in done.stdout
    assert "not participants: engineering manager: nobody is named" in done.stdout
    plan = seat.json(*SEV1, "--dry-run", "--json")
    assert [step["to"] for step in plan["steps"]].count("war-room") == 4
    assert counts(company) == dict.fromkeys(ONE_OF_EACH, 0)
    assert seat.json("declare", "--list", "--json")["declarations"] == []


def test_it_is_made_everywhere_and_listed(company: Company, seat: Seat) -> None:
    declared = seat.json(*SEV1, "--json")
    assert set(states(declared).values()) == {"done"}
    assert counts(company) == ONE_OF_EACH
    number = company.incident(TITLE)["number"]
    assert declared["incident"] == company.id_of(TITLE)
    assert next(step["does"] for step in declared["steps"] if step["id"] == "room") == f"make the room #inc-{number}"
    assert seat.json("declare", "--list", "--json")["declarations"] == [declared]
    shown = seat.expect(0, "declare", "--list").stdout
    assert f"declaration {declared['id']}: Sev1 {TITLE}, {declared['incident']}\n  incident done:" in shown


def test_a_refused_step_is_5_and_is_done_again_alone(company: Company, seat: Seat) -> None:
    company.plan(answer_with(json_response({"error": "no"}, 422)), prefix="statuspage", matching=is_write)
    declared = seat.json(*SEV1, "--without", "ticket", "--json", code=5)
    assert {name for name, state in states(declared).items() if state != "done"} == {"publication"}
    assert counts(company) == ONE_OF_EACH | {"publication": 0, "ticket": 0}
    done = seat.expect(0, "declare", "--retry", declared["id"][:5], "publication")
    assert "publication done" in done.stdout
    assert counts(company) == ONE_OF_EACH | {"ticket": 0}
    done = seat.expect(5, "declare", "--retry", declared["id"], "publication")
    assert "it is done" in done.stderr


def test_a_pager_that_is_away_is_4_and_it_goes_when_it_is_back(company: Company, seat: Seat) -> None:
    seat.expect(0, "now")
    company.stop()
    done = seat.expect(4, *SEV1, "--timeout", "2s")
    assert "incident pending" in done.stdout
    company.start()
    seat.expect(0, "outbox", "flush")
    until(lambda: seat.run("outbox", "flush") and counts(company) == ONE_OF_EACH, what="one of each")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("declare",), "what has happened?"),
        (("declare", TITLE, "--list"), "take no title"),
        (("declare", "--list", "--retry", "a", "b"), "one of --list, --retry"),
        ((*SEV1, "--without", "breakfast"), "no step is called 'breakfast'"),
        (("declare", TITLE, "--severity", "7"), "severity"),
    ],
)
def test_what_cannot_be_meant_is_2(company: Company, seat: Seat, args: tuple[str, ...], words: str) -> None:
    assert words in seat.expect(2, *args).stderr
    assert counts(company) == dict.fromkeys(ONE_OF_EACH, 0)


def test_a_read_only_seat_declares_nothing(company: Company, seat: Seat) -> None:
    done = seat.expect(5, "--read-only", *SEV1)
    assert "read-only" in done.stderr
    assert counts(company) == dict.fromkeys(ONE_OF_EACH, 0)


def test_killed_in_the_middle_it_is_gone_on_with_and_nothing_is_doubled(company: Company, seat: Seat) -> None:
    dice = random.Random(7)
    first = seat.begin(*SEV1, "--timeout", "60s")
    until(lambda: counts(company)["incident"] == 1, what="the incident")
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=10)
    for _ in range(KILLS):
        before = sum(counts(company).values())
        more = seat.begin("outbox", "flush")
        goal = before + dice.randint(0, 2)
        until(
            lambda goal=goal, more=more: sum(counts(company).values()) >= goal or more.poll() is not None, what="more"
        )
        more.send_signal(signal.SIGKILL)
        more.communicate(timeout=10)
    for _ in range(4):
        seat.run("outbox", "flush")
    [declared] = seat.json("declare", "--list", "--json")["declarations"]
    for step, state in states(declared).items():
        if state in ("unknown", "refused", "held"):
            # A receiver that cannot be asked, and people who may have been asked: a person decides.
            assert (step, state) in [("message-stakeholders", "unknown"), ("participants", "unknown")]
            seat.run("declare", "--retry", declared["id"], step)
    [declared] = seat.json("declare", "--list", "--json")["declarations"]
    assert states(declared) == dict.fromkeys(states(declared), "done")
    assert counts(company) == ONE_OF_EACH

"""Which steps the response takes at each severity, to whom, by which rule, and which it does not take and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from oncall_tui.model import EntryKind, Incident, IncidentState, Person, Ref, TimelineEntry, Verb
from oncall_tui.policy import SeverityPolicy
from oncall_tui.policy.communication import Audience, Communication
from oncall_tui.policy.declaring import LINK, NUMBER, PLACE, ROOM_ID, ROOM_NAME, Plan, Wish
from oncall_tui.policy.marks import MarkKind, marks
from oncall_tui.policy.response import Asked, Ground, Parts, Words, plan
from tests.support.clock import START

ALL = frozenset(verb.value for verb in Verb)
ERIN, ALICE, BOB = (Person(id=f"U{name}", name=name) for name in ("Erin", "Alice", "Bob"))


@dataclass(frozen=True)
class Channel:
    name: str
    kind: str
    verbs: frozenset[Verb]
    place: str = ""
    named_by: str = ""
    contacts: tuple[str, ...] = field(default=())

    def can(self, verb: Verb) -> bool:
        return verb in self.verbs


CHAT = Channel("war-room", "slack", frozenset({Verb.ROOM, Verb.MESSAGE, Verb.TOPIC}), "#incidents", "room")
MAIL = Channel("mail", "smtp", frozenset({Verb.MESSAGE}), "all@example.com", "to")
PAGE = Channel("status", "statuspage", frozenset({Verb.PUBLISH, Verb.PUBLISH_UPDATE}), "the page")
JIRA = Channel("jira", "jira", frozenset({Verb.TICKET}), "project OPS")
HAND = Channel("by-hand", "manual", frozenset({Verb.TICK}), contacts=("Conference bridge, +49 1", "Call centre, +49 2"))
CHANNELS = (CHAT, MAIL, PAGE, JIRA, HAND)
WISH = Wish(title="Nobody can pay", severity=1, service="payments", customer_impact="Users cannot pay")


def ground(severity: int = 1, **changed: Any) -> Ground:
    given: dict[str, Any] = {
        "rule": SeverityPolicy().rule(severity),
        "communication": Communication(),
        "parts": Parts(),
        "channels": CHANNELS,
        "pager": "pager",
        "takes": ALL,
        "words": Words(message=f"INCIDENT {NUMBER} {LINK} {PLACE}", publication="Investigating."),
        "service": Ref(id="S1", name="payments"),
        "commander": ERIN,
        "known_by": "the config",
        "asked": (
            Asked(word="primary on-call", people=(ALICE,), level=1),
            Asked(word="secondary on-call", people=(BOB,), level=2),
            Asked(word="engineering manager", why_nobody="nobody is named"),
        ),
    }
    return Ground(**(given | changed))


def made(severity: int = 1, wish: Wish = WISH, **changed: Any) -> Plan:
    return plan(replace(wish, severity=severity), ground(severity, **changed))


def ids(one: Plan) -> list[str]:
    return [step.id for step in one.steps]


def why(one: Plan) -> dict[str, str]:
    return {left.id: left.why for left in one.skipped}


# -- the seed's severities -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "steps"),
    [
        (
            1,
            "incident note commander participants room message-room message-team message-company message-stakeholders"
            " publication ticket",
        ),
        (2, "incident note commander participants room message-room message-team message-company publication ticket"),
        (3, "incident note ticket"),
        (4, "incident note ticket"),
    ],
)
def test_the_steps_of_each_severity_are_the_seeds(severity: int, steps: str) -> None:
    assert ids(made(severity)) == steps.split()


def test_each_step_names_the_rule_that_asks_for_it() -> None:
    rules = {step.id: step.rule for step in made(1).steps}
    people = "primary on-call, secondary on-call, incident commander, engineering manager, stakeholders"
    assert rules["participants"] == f"Sev1 · participants: {people}"
    assert rules["commander"] == "Sev1 · participants: incident commander (the config)"
    assert rules["message-company"] == "communication matrix, company: every 1 h"
    assert rules["message-stakeholders"].startswith("Sev1 · communication channels: ")
    assert rules["publication"] == "status page: Sev1 and Sev2 are published if customers are affected"


def test_what_a_lower_severity_leaves_out_says_why() -> None:
    told = why(made(3))
    assert told["commander"] == "Sev3 asks for no incident commander"
    assert told["participants"] == "Sev3 pages nobody else (Sev1 and Sev2 do)"
    assert told["room"] == told["message-team"] == "Sev3 asks for incident tool only"
    assert told["publication"] == "Sev3 is not published (Sev1 and Sev2 are)"
    assert why(made(2))["message-stakeholders"] == "Sev2 asks for incident tool, slack only"


def test_those_outside_hear_by_updates_and_not_by_the_first_message() -> None:
    told = why(made(1))
    assert {name for name in told if name.startswith("message-")} == {
        "message-customers",
        "message-enterprise-clients",
        "message-partners",
    }


# -- the pager -----------------------------------------------------------------------------------------------------


def test_the_incident_is_of_the_service_and_of_the_severity() -> None:
    step = made(2).step("incident")
    assert step is not None
    assert (step.verb, step.to, step.params["service"], step.params["severity"]) == (Verb.DECLARE, "pager", "S1", 2)


def test_one_that_is_there_is_not_made_again_and_gets_the_severity_that_was_decided_on() -> None:
    there = Incident(
        id="pager:Q1",
        source="pager",
        native_id="Q1",
        title="t",
        state=IncidentState.TRIGGERED,
        created_at=START,
        severity=3,
        bridge="+49 9",
    )
    one = made(1, replace(WISH, note="triage: Sev1"), incident=there)
    assert one.incident == "pager:Q1"
    assert ids(one)[:3] == ["severity", "note", "commander"]
    assert all("incident" not in step.needs for step in one.steps)
    assert one.by_hand == ("conference bridge: +49 9",)
    same = made(1, incident=replace(there, severity=1))
    assert same.step("severity") is None


def test_a_pager_that_cannot_assign_asks_the_commander_to_join_or_says_so() -> None:
    step = made(takes=ALL - {"reassign"}).step("commander")
    assert step is not None and step.verb is Verb.RESPONDERS
    assert why(made(takes=frozenset({"declare"})))["commander"] == "pager cannot assign: tell Erin"


def test_participants_are_paged_by_what_the_pager_can() -> None:
    asked = made().step("participants")
    assert asked is not None
    assert (asked.verb, asked.params["people"]) == (Verb.RESPONDERS, ["UAlice", "UBob"])
    assert asked.does == "page Alice (primary on-call), Bob (secondary on-call)"
    level = made(takes=ALL - {"responders"}).step("participants")
    assert level is not None
    assert (level.verb, level.params) == (Verb.ESCALATE, {"level": 2})
    told = why(made(takes=ALL - {"responders", "escalate"}))
    assert told["participants"] == "pager cannot page others: call Alice (primary on-call), Bob (secondary on-call)"


def test_where_paging_moves_the_incident_on_it_is_given_to_who_commands_after_that() -> None:
    assert ids(made(takes=ALL - {"responders"}))[:4] == ["incident", "note", "participants", "commander"]
    assert ids(made())[:4] == ["incident", "note", "commander", "participants"]


def test_a_pager_without_services_pages_by_a_policy_and_is_told_the_service() -> None:
    chain = Ref(id="E1", name="Critical")
    step = made(service=None, policy=chain).step("incident")
    assert step is not None
    assert (step.params["service"], step.params["service_name"], step.params["policy"]) == (None, "payments", "E1")
    assert (step.whom, step.does) == (("payments", "Critical"), "make a Sev1 incident of payments: Nobody can pay")
    named = made(1, replace(WISH, service="critical"), service=None, policy=chain).step("incident")
    assert named is not None and (named.params["service_name"], named.whom) == ("", ("Critical",))


def test_a_participant_whom_nobody_knows_is_told_and_the_others_are_paged() -> None:
    assert why(made())["participants: engineering manager"] == "nobody is named"
    nobody = made(asked=(Asked(word="primary on-call"),))
    assert nobody.step("participants") is None
    assert why(nobody)["participants"] == "whom the policy names is there already"


def test_which_severities_page_is_the_teams_choice() -> None:
    assert made(3, parts=Parts(page=frozenset({1, 2, 3}))).step("participants") is not None
    assert why(made(1, parts=Parts(page=frozenset())))["participants"] == "Sev1 pages nobody else"


def test_a_commander_who_is_named_is_assigned_at_any_severity() -> None:
    assert made(4, replace(WISH, commander="Erin")).step("commander") is not None
    assert why(made(commander=None, known_by="nobody is known"))["commander"] == "nobody is known"


def test_the_note_says_what_was_decided_and_that_the_response_begins() -> None:
    step = made(2, replace(WISH, note="triage: Sev2, backup failures")).step("note")
    assert step is not None
    assert step.text == "triage: Sev2, backup failures\nphase: response, declared as Sev2"
    said = [
        TimelineEntry(
            id="pager:1", incident_id="pager:Q1", at=START, kind=EntryKind.NOTE, text=step.text, origin="pager"
        )
    ]
    assert [(one.kind, one.text) for one in marks(said)] == [
        (MarkKind.TRIAGE, "Sev2, backup failures"),
        (MarkKind.PHASE, "response, declared as Sev2"),
    ]
    alone = made(2).step("note")
    assert alone is not None and alone.text == "phase: response, declared as Sev2"
    assert why(made(takes=ALL - {"note"}))["note"] == "pager takes no notes"


# -- channels ------------------------------------------------------------------------------------------------------


def test_the_room_comes_first_for_what_is_said_in_it_and_is_not_waited_for_long_by_the_rest() -> None:
    one = made(1)
    room, inside, team = one.step("room"), one.step("message-room"), one.step("message-team")
    assert room is not None and inside is not None and team is not None
    assert room.params["name"] == ROOM_NAME
    assert (inside.needs, inside.params["room"]) == (("incident", "room"), ROOM_ID)
    assert (team.needs, team.after, team.params["room"]) == (("incident",), ("room",), None)
    company = one.step("message-company")
    assert company is not None and company.params["room"] == "#general-updates"


@pytest.mark.parametrize(
    ("gone", "missing"),
    [
        ("war-room", {"room": "no channel makes rooms"}),
        ("mail", {"message-stakeholders": "no channel sends mail: tell them yourself"}),
        ("status", {"publication": "no channel publishes"}),
        ("jira", {"ticket": "no channel makes tickets"}),
    ],
)
def test_without_a_channel_its_step_is_not_taken_and_says_so(gone: str, missing: dict[str, str]) -> None:
    one = made(channels=[one for one in CHANNELS if one.name != gone])
    for name, words in missing.items():
        assert one.step(name) is None
        assert why(one)[name] == words


def test_the_config_says_which_channel_plays_which_part() -> None:
    other = Channel("other", "slack", CHAT.verbs, "#other", "room")
    hook = Channel("hook", "webhook", frozenset({Verb.MESSAGE}), "mail.example.com")
    parts = Parts(room="other", team="other", stakeholders="hook")
    one = made(channels=(*CHANNELS, other, hook), parts=parts)
    told = {step.id: step.to for step in one.steps}
    assert (told["room"], told["message-room"], told["message-team"]) == ("other", "other", "other")
    assert (told["message-company"], told["message-stakeholders"]) == ("war-room", "hook")
    assert why(made(parts=Parts(room="jira")))["room"] == "jira is no channel that makes rooms"


def test_an_audience_of_the_teams_own_hears_where_and_when_it_is_configured_to() -> None:
    board = Audience(
        name="The Board", internal=True, where=("mail",), to=("board@example.com",), every={1: timedelta(hours=2)}
    )
    own = Communication(audiences=(board,))
    step = made(1, communication=own).step("message-the-board")
    assert step is not None
    assert (step.to, step.params["to"], step.does) == (
        "mail",
        ["board@example.com"],
        "tell The Board in board@example.com",
    )
    assert made(2, communication=own).step("message-the-board") is None


def test_nothing_is_published_of_which_customers_notice_nothing() -> None:
    assert why(made(1, replace(WISH, customer_impact="")))["publication"].startswith("customers notice nothing")


@pytest.mark.parametrize(
    ("severity", "impact", "state"), [(1, "critical", "major_outage"), (2, "major", "partial_outage")]
)
def test_a_publication_tells_impact_and_component(severity: int, impact: str, state: str) -> None:
    step = made(severity, components=("Website", "Payments")).step("publication")
    assert step is not None
    assert (step.params["status"], step.params["impact"]) == ("investigating", impact)
    assert step.params["components"] == {"Payments": state}


@pytest.mark.parametrize(
    ("components", "told"),
    [
        (("Website", "Payments API"), {"Payments API": "major_outage"}),
        (("Payments", "Payments API"), {"Payments": "major_outage"}),
        (("Payments API", "Payments web"), {}),  # which of them, nobody has said
        (("Repayments",), {}),
    ],
)
def test_a_component_is_told_of_where_it_is_plain_which(components: tuple[str, ...], told: dict[str, str]) -> None:
    step = made(1, components=components).step("publication")
    assert step is not None
    assert step.params["components"] == told
    assert ("major outage" in step.does) == bool(told)


def test_what_a_person_does_by_hand_stands_beside() -> None:
    assert made(1).by_hand == ("conference bridge: Conference bridge, +49 1",)
    assert made(2).by_hand == ()


def test_what_is_left_out_takes_what_needs_it_with_it() -> None:
    one = made(1).without("room").without("incident")
    assert "room" not in ids(one) and "message-room" not in ids(one) and "incident" in ids(one)
    assert why(one)["room"] == "left out"
    wished = made(1, replace(WISH, without=frozenset({"ticket"})))
    assert why(wished)["ticket"] == "left out"

"""Who takes part in an incident: by the words of the severity's row, as the pager knows people."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oncall_tui.board import Board
from oncall_tui.desk.casting import cast, person_named, team_of
from oncall_tui.model import Directory, Incident, OnCall, Person, Ref
from oncall_tui.policy.declaring import Wish
from oncall_tui.policy.roles import DEFAULT_ROLES, Role
from tests.support.ui import sample_board

ALICE = Person(id="UA", name="Alice Andersson", contact="alice@example.com")
BOB = Person(id="UB", name="Bob Brandt", contact="bob@example.com")
ERIN = Person(id="UE", name="Erin Engel", contact="erin@example.com")
GRACE = Person(id="UG", name="Grace", contact="grace@example.com")
WISH = Wish(title="t", severity=1)


def board(**directory: Any) -> Board:
    """Alice and Bob on call for Payments, Grace for Storage, by the pager."""
    from oncall_tui.board import Holder, OnCallTeam

    def entry(team: str, level: int, person: Person) -> OnCall:
        return OnCall(source="pager", team=team, level=level, person=person, policy=Ref(id=f"E{team}", name=team))

    def told(team: str, *entries: OnCall, mine: bool = False) -> OnCallTeam:
        holders = tuple(Holder(entry=one, sources=("pager",)) for one in entries)
        return OnCallTeam(team=team, rows=tuple(entries), holders=holders, sources=("pager",), mine=mine)

    known = {"people": (ALICE, BOB, ERIN, GRACE), "me": ALICE, **directory}
    return replace(
        sample_board(),
        incidents=(),
        on_call=(
            told("Payments", entry("Payments", 1, ALICE), entry("Payments", 2, BOB), mine=True),
            told("Storage", entry("Storage", 1, GRACE)),
        ),
        directories={"pager": Directory(**known)},
    )


def roles(**people: str) -> tuple[Role, ...]:
    """The built-in ones, and who is named for others by id (``engineering_manager``)."""
    named = {name.replace("_", "-"): who for name, who in people.items()}
    changed = [replace(one, people=(named.pop(one.id),)) if one.id in named else one for one in DEFAULT_ROLES]
    new = [Role(id=name, title=name.replace("-", " ").capitalize(), people=(who,)) for name, who in named.items()]
    return (*changed, *new)


def chosen(some: tuple[Role, ...] = DEFAULT_ROLES, wish: Wish = WISH, **more: Any) -> Any:
    return cast(board(), some, wish, **({"pager": "pager", "service": None} | more))


def asked(found: Any) -> dict[str, list[str]]:
    return {one.word: [person.name for person in one.people] for one in found.asked}


def test_the_seat_commands_where_nobody_else_is_named_and_is_not_paged_besides() -> None:
    found = chosen()
    assert (found.commander, found.known_by) == (ALICE, "you: nobody else is named")
    assert asked(found) == {"primary on-call": [], "secondary on-call": ["Bob Brandt"], "engineering manager": []}
    manager = found.asked[-1]
    assert manager.why_nobody == "nobody is named: policy.roles.engineering-manager in the config"


@pytest.mark.parametrize(
    ("wish", "configured", "some", "known_by"),
    [
        (replace(WISH, commander="erin@example.com"), "bob@example.com", DEFAULT_ROLES, "named here"),
        (WISH, "Erin", DEFAULT_ROLES, "named in the config"),
        (WISH, None, roles(incident_commander="erin@example.com"), "the config"),
    ],
)
def test_who_is_named_commands(wish: Wish, configured: str | None, some: tuple[Role, ...], known_by: str) -> None:
    found = chosen(some, wish, configured=configured)
    assert (found.commander, found.known_by) == (ERIN, known_by)
    assert asked(found)["primary on-call"] == ["Alice Andersson"], "the seat is paged like the others then"


def test_a_name_that_the_pager_does_not_know_is_told() -> None:
    found = chosen(wish=replace(WISH, commander="Nobody"))
    assert (found.commander, found.known_by) == (None, "the pager knows nobody called Nobody")


def test_roles_of_the_teams_own_are_asked_for_by_their_name() -> None:
    found = chosen(roles(engineering_manager="erin@example.com", team_lead="grace@example.com"))
    assert asked(found)["engineering manager"] == ["Erin Engel"]
    major = chosen(roles(team_lead="grace@example.com"), replace(WISH, severity=2))
    assert asked(major)["relevant team lead"] == ["Grace"]


def test_whom_the_pager_does_not_know_cannot_be_paged_by_it() -> None:
    found = chosen(roles(engineering_manager="mallory@example.com"))
    assert found.asked[-1].why_nobody == "pager does not know mallory@example.com"


def test_who_is_there_already_is_not_asked_again() -> None:
    there = Incident(
        id="pager:Q1",
        source="pager",
        native_id="Q1",
        title="t",
        state=sample_board().incidents[0].incident.state,
        created_at=sample_board().minute,
        assignees=(BOB,),
    )
    assert asked(chosen(incident=there))["secondary on-call"] == []


def test_the_team_is_the_incidents_then_the_services_then_the_seats() -> None:
    there = replace(
        sample_board().incidents[0].incident, source="pager", escalation_policy=Ref(id="EStorage", name="x")
    )
    assert [team.team for team in (team_of(board(), "pager", None, there),) if team] == ["Storage"]
    by_name = replace(there, escalation_policy=None, teams=("storage",))
    assert [team.team for team in (team_of(board(), "pager", None, by_name),) if team] == ["Storage"]
    assert [team.team for team in (team_of(board(), "pager", "storage", None),) if team] == ["Storage"]
    assert [team.team for team in (team_of(board(), "pager", "edge", None),) if team] == ["Payments"]
    row = replace(sample_board().incidents[0], incident=replace(there, service=Ref(id="S", name="db")))
    alike = replace(board(), incidents=(row,))
    assert [team.team for team in (team_of(alike, "pager", "db", None),) if team] == ["Storage"]


def test_a_name_means_one_person_or_nobody() -> None:
    directory = Directory(people=(ALICE, BOB, replace(BOB, id="UB2", name="Bob Builder", contact=None)))
    assert person_named(directory, "ALICE@example.com") == ALICE
    assert person_named(directory, "alice andersson") == ALICE
    assert person_named(directory, "Alice") == ALICE
    assert person_named(directory, "UB") == BOB
    assert person_named(directory, "bob") is None, "there are two"
    assert person_named(directory, "") is None


def test_two_of_one_name_are_named_as_several_and_neither_is_paged() -> None:
    twin = replace(BOB, id="UB2", contact="bob.b@example.com")
    directory = Directory(people=(ALICE, BOB, twin), me=ALICE)
    crowd = replace(board(), directories={"pager": directory})
    found = cast(crowd, DEFAULT_ROLES, replace(WISH, commander="Bob Brandt"), pager="pager", service=None)
    assert (found.commander, found.known_by) == (None, "the pager knows several called Bob Brandt")

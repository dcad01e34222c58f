"""Whom a name on the command line means: one, or nobody."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from oncall_tui.cli.acting import pick_person, resolve_target, tell
from oncall_tui.cli.compose import House
from oncall_tui.cli.exits import UsageError
from oncall_tui.model import Incident, OutboxState, Person, Verb
from oncall_tui.text import width
from tests.support.ui import incident, outbox_row

GRACE = Person(id="U1", name="Grace Goto", contact="grace@example.com")
TWIN = Person(id="U2", name="Grace Goto", contact="grace.g@example.com")
THIRD = Person(id="U3", name="Grace Goto")


def test_two_of_one_name_are_never_guessed_and_it_says_how_to_tell_them_apart() -> None:
    with pytest.raises(UsageError) as caught:
        pick_person([GRACE, TWIN, THIRD], "grace goto")
    assert str(caught.value) == (
        "'grace goto' could be Grace Goto <grace@example.com>, Grace Goto <grace.g@example.com>, Grace Goto <U3>: "
        "say the mail address or id"
    )


@pytest.mark.parametrize(("word", "found"), [("grace.g@EXAMPLE.com", TWIN), ("u3", THIRD)])
def test_address_and_id_tell_them_apart(word: str, found: Person) -> None:
    assert pick_person([GRACE, TWIN, THIRD], word) == found


@pytest.mark.parametrize("word", ["", " ", "\t"])
def test_no_name_at_all_is_nobodys(word: str) -> None:
    with pytest.raises(UsageError, match="a person has to be named"):
        pick_person([GRACE, TWIN], word)


@pytest.mark.parametrize("title", ["x" * 500, "日本" * 250])
async def test_a_long_title_takes_no_more_than_its_place(title: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = replace(incident("Q1"), title=title)

    async def find_ids(name: str) -> list[str]:
        return ["pager:Q1"]

    async def incident_seen(target: str) -> tuple[Incident, None]:
        return page, None

    house = SimpleNamespace(store=SimpleNamespace(find_ids=find_ids, incident_seen=incident_seen))
    assert await resolve_target(cast(House, house), "Q1") == "pager:Q1"
    tell(outbox_row(Verb.TITLE, state=OutboxState.CONFIRMED, answer="done there"), title)
    told, done = capsys.readouterr()[::-1]
    assert told.startswith(f"oncall-tui: 'Q1' is pager:Q1: {title[:20]}") and width(told.rstrip()) <= 85, told
    assert done.rstrip().endswith("title confirmed: done there"), "what became of it is not lost"
    assert width(done.rstrip()) <= 100

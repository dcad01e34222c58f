"""Whom a name on the command line means: one, or nobody."""

from __future__ import annotations

import pytest

from oncall_tui.cli.acting import pick_person
from oncall_tui.cli.exits import UsageError
from oncall_tui.model import Person

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

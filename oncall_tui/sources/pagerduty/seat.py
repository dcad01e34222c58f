"""Who the seat is in the account: whom actions are done as, and which pages are mine."""

from __future__ import annotations

from oncall_tui.model import Person
from oncall_tui.sources import fields
from oncall_tui.sources.base import NotFound, Refused
from oncall_tui.sources.http import HttpClient, segment
from oncall_tui.sources.identity import not_found
from oncall_tui.sources.pagerduty.oncall import read_people
from oncall_tui.sources.pagerduty.paging import one


class Me:
    """The seat's user, looked up once.

    Args:
        wanted: mail address, name or id; ``None``: the owner of the key, where it is a user's own.
    """

    def __init__(self, client: HttpClient, wanted: str | None) -> None:
        self.wanted = wanted
        self.person: Person | None = None
        """``None`` until :meth:`find` has found somebody."""
        self._client = client

    async def find(self) -> Person | None:
        """The seat's user; ``None`` where the account has no such one. Raises SourceError."""
        if self.person is None:
            self.person = await (self._by_word(self.wanted) if self.wanted else self._key_owner())
        return self.person

    async def acting(self) -> Person:
        """The user whom a write is done as, with an address.

        Raises:
            Refused: nobody to act as; the message says what to configure.
            SourceError: the account did not say.
        """
        found = await self.find()
        if found is None and self.wanted:
            raise Refused(not_found(self._client.host, self.wanted))
        if found is None:
            raise Refused(not_found(self._client.host, None))
        if not found.contact:
            raise Refused(f"{found.name} has no mail address there, which every action needs")
        return found

    async def _by_word(self, word: str) -> Person | None:
        answer = await self._client.get("/users", [("query", word), ("limit", 100)])
        wanted = word.casefold()
        people = list(read_people(fields.rows(answer.data, "users")).values())
        for exact in (
            [person for person in people if (person.contact or "").casefold() == wanted],
            [person for person in people if person.name.casefold() == wanted],
        ):
            if len(exact) == 1:
                return exact[0]
        if "@" in word or " " in word:
            return None
        try:
            row = await one(self._client, f"/users/{segment(word)}", "user")
        except NotFound:
            return None
        return next(iter(read_people([row]).values()), None)

    async def _key_owner(self) -> Person | None:
        try:
            row = await one(self._client, "/users/me", "user")
        except Refused:
            return None  # an account's key has no owner
        return next(iter(read_people([row]).values()), None)

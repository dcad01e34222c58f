"""Who the token is of, and who the seat is in the account: mostly the same person."""

from __future__ import annotations

from oncall_tui.model import Person
from oncall_tui.sources.base import AuthFailed, Refused
from oncall_tui.sources.grafana_oncall.api import Api
from oncall_tui.sources.grafana_oncall.roster import Roster, User, read_users

OBSERVER = "observer"
"""The role that only looks."""


class Me:
    """The seat's user.

    Args:
        wanted: mail address, user name or id; ``None``: the owner of the token.
        personal: whether the token is one person's; a service account's has no owner and does not act.
    """

    def __init__(self, api: Api, wanted: str | None, *, personal: bool) -> None:
        self.wanted = wanted
        self.owner: User | None = None
        """Whom actions are done as; ``None`` until :meth:`find_owner` has found them."""
        self._api = api
        self.personal = personal

    @property
    def acts(self) -> bool:
        """Whether this token can act, as far as is known: a person's can, unless they are an observer."""
        return self.personal and (self.owner is None or self.owner.role != OBSERVER)

    async def find_owner(self) -> User | None:
        """The owner of the token. Raises SourceError."""
        if self.owner is None and self.personal:
            try:
                row = await self._api.one("users", "current")
            except AuthFailed as error:
                if error.status != 403:
                    raise
                return None  # a token that may not read people
            except Refused:
                return None
            self.owner = next(iter(read_users([row]).values()), None)
        return self.owner

    def person(self, roster: Roster) -> Person | None:
        """The seat's own person; ``None`` where the account has no such one, or it is not known yet."""
        if self.wanted is None:
            return self.owner.person if self.owner is not None else None
        wanted = self.wanted.casefold()
        people = {user.person.id: user.person for user in roster.users.values()}
        if self.owner is not None:
            people.setdefault(self.owner.person.id, self.owner.person)
        for found in (
            [one for one in people.values() if (one.contact or "").casefold() == wanted],
            [one for one in people.values() if one.name.casefold() == wanted],
            [one for one in people.values() if one.id == self.wanted],
        ):
            if len(found) == 1:
                return found[0]
        return None

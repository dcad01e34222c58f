"""Who the seat is among a system's people: by mail address, else by name, else by the system's own id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oncall_tui.model import Person
from oncall_tui.sources import fields


def match(people: Iterable[Person], wanted: str | None) -> Person | None:
    """The one person that ``wanted`` names; ``None`` where nobody, or more than one, is called so. Upper and lower
    case do not count."""
    if not wanted:
        return None
    word = wanted.strip().casefold()
    everybody = tuple(people)
    for found in (
        [person for person in everybody if (person.contact or "").casefold() == word],
        [person for person in everybody if person.name.casefold() == word],
        [person for person in everybody if person.id.casefold() == word],
    ):
        if len(found) == 1:
            return found[0]
    return None


def not_found(host: str, wanted: str | None) -> str:
    """Why nobody can be acted as, and what to configure; one line."""
    if wanted:
        return f"{host} knows no user {wanted}, or several: set user: for this source to a mail address or id"
    return f"{host} does not say who you are: set seat.user, or user: for this source"


def zones(rows: Iterable[Mapping[str, Any]], key: str) -> dict[str, str]:
    """Person's id -> the IANA name of the time zone that they live in, told by users' objects below ``key``."""
    told = ((fields.native_id(row, "id"), fields.zone(row, key)) for row in rows)
    return {person: zone for person, zone in told if person is not None and zone is not None}

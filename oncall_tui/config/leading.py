"""Options of how an incident is led: who hears what, checklists, the watch after the fix."""

from __future__ import annotations

import re
from datetime import timedelta

from oncall_tui.config.options import at_least, opt, some
from oncall_tui.records import dataclass

_SEVERITIES = ("sev1", "sev2", "sev3", "sev4")
_LONGEST_WATCH = timedelta(hours=24)
_LIST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_MINUTE = at_least(timedelta(minutes=1))


def _every(value: dict[str, timedelta]) -> dict[str, timedelta]:
    for severity, length in value.items():
        if severity not in _SEVERITIES:
            raise ValueError(f"{severity[:20]!r} is no severity (sev1, sev2, sev3, sev4)")
        try:
            _MINUTE(length)
        except ValueError as error:
            raise ValueError(f"{severity}: {error}") from None
    return value


@dataclass(frozen=True, kw_only=True)
class AudienceOptions:
    """Somebody who hears of incidents. Of a built-in one what is left out stays; a new one needs ``where``."""

    internal: bool | None = opt(None, help="inside the company; a new one is, where left out")
    where: tuple[str, ...] | None = opt(
        None, help="names of channels, or a kind of them: slack, status page, email, phone", check=some
    )
    every: dict[str, timedelta] | None = opt(None, help="how often, by severity; one left out: no clock", check=_every)
    content: str | None = opt(None, help="what they hear")
    room: str | None = opt(None, help="the chat room, where it is not the channel's own")
    to: tuple[str, ...] | None = opt(None, help="mail addresses, where they are not the channel's own")


@dataclass(frozen=True, kw_only=True)
class ChecklistItemOptions:
    """One line of a checklist; with neither ``run`` nor ``check`` it is ticked by hand."""

    text: str = opt(help="what is to be done", check=some)
    id: str | None = opt(None, help="under which ticks are kept; left out: made of the text")
    run: str | None = opt(None, help="the name of one of the commands, run by key")
    check: str | None = opt(None, help="what a program looks after: watch, recovered, told")


def list_names(value: dict[str, tuple[ChecklistItemOptions, ...]]) -> dict[str, tuple[ChecklistItemOptions, ...]]:
    """A check: lists have names that can be typed, and their items' checks are there."""
    # Not at the top: few configs have a checklist of their own.
    from oncall_tui.policy.checklists import CHECKS, item_id

    for name, items in value.items():
        if not _LIST_NAME.fullmatch(name):
            raise ValueError(f"{name[:40]!r}: letters a-z, digits and inner dashes, at most 40")
        ids = [one.id or item_id(one.text) for one in items]
        twice = next((one for at, one in enumerate(ids) if one in ids[:at]), None)
        if twice is not None:
            raise ValueError(f"{name}: two items have the id {twice[:40]}")
        unknown = next((one.check for one in items if one.check is not None and one.check not in CHECKS), None)
        if unknown is not None:
            raise ValueError(f"{name}: no program looks after {unknown[:40]!r} (one of: {', '.join(sorted(CHECKS))})")
    return value


def watch_length(value: timedelta) -> timedelta:
    """A check: a watch that ends while the shift lasts."""
    if value > _LONGEST_WATCH:
        raise ValueError("at most 24h")
    return _MINUTE(value)  # type: ignore[no-any-return]  # a length stays one


def severities(value: tuple[int, ...]) -> tuple[int, ...]:
    """A check: severities by number."""
    if any(not 1 <= one <= 4 for one in value):
        raise ValueError("numbers from 1 to 4")
    return value

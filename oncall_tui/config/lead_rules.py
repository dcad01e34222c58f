"""The rules of leading an incident as :mod:`oncall_tui.policy` takes them: made when first asked for, not at the
start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oncall_tui.clock import format_duration
from oncall_tui.config.leading import AudienceOptions, ChecklistItemOptions
from oncall_tui.config.schema import PolicyOptions
from oncall_tui.policy.checklists import BUILT_IN, Checklist, Item, item_id
from oncall_tui.policy.communication import DEFAULT_AUDIENCES, Audience, Communication
from oncall_tui.text import clean


def communication(options: PolicyOptions) -> Communication:
    """Who hears what: the built-in matrix with the config's changes, then the audiences that are new."""
    built_in = {audience.name: audience for audience in DEFAULT_AUDIENCES}
    changed = {name: _audience(held, options.communication.get(name)) for name, held in built_in.items()}
    new = {
        name: _audience(Audience(name=clean(name, 60), internal=True, where=()), change)
        for name, change in options.communication.items()
        if name not in built_in
    }
    return Communication(
        audiences=(*changed.values(), *new.values()),
        published=frozenset(options.published),
        promised=options.promised,
    )


def _audience(held: Audience, change: AudienceOptions | None) -> Audience:
    if change is None:
        return held
    every = held.every if change.every is None else {int(word[3:]): length for word, length in change.every.items()}
    return replace(
        held,
        internal=held.internal if change.internal is None else change.internal,
        where=held.where if change.where is None else change.where,
        every=every,
        content=held.content if change.content is None else change.content,
        room=held.room if change.room is None else change.room,
        to=held.to if change.to is None else change.to,
    )


def checklists(options: PolicyOptions) -> dict[str, Checklist]:
    """Every checklist by its name: the built-in ones, replaced by the config's, and those that are new."""
    lists = {
        **BUILT_IN,
        **{name: _checklist(name, items) for name, items in options.checklists.items()},
    }
    return {name: _told(one, options.watch) for name, one in lists.items()}


def _checklist(name: str, items: tuple[ChecklistItemOptions, ...]) -> Checklist:
    title = BUILT_IN[name].title if name in BUILT_IN else name.replace("-", " ").capitalize()
    return Checklist(
        name=name,
        title=title,
        items=tuple(
            Item(
                id=clean(one.id, 40).casefold() if one.id else item_id(one.text),
                text=clean(one.text, 200),
                command=one.run or "",
                check=one.check or "",
            )
            for one in items
        ),
    )


def _told(checklist: Checklist, watch: timedelta) -> Checklist:
    """The list with the length of the watch in its words."""
    items = (replace(one, text=one.text.replace("{watch}", format_duration(watch))) for one in checklist.items)
    return replace(checklist, items=tuple(items))

"""What is due to be told, as ways to tell it: the first lines of what ``c`` offers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from oncall_tui.board import Board
from oncall_tui.board.led import Led
from oncall_tui.model import Verb
from oncall_tui.policy.communication import STAKEHOLDERS, Audience, channels_of
from oncall_tui.policy.reminders import Duty, Reminder
from screens.telling import Way

_TELLS = (Verb.MESSAGE, Verb.PUBLISH_UPDATE, Verb.PUBLISH, Verb.TICK)


def due_ways(led: Led, ways: Sequence[Way], board: Board) -> tuple[Way, ...]:
    """Of these ways those that do what is due, in the order in which it is; of each channel the nearest fitting one."""
    audiences = {one.name: one for one in led.communication.audiences}
    found: list[Way] = []
    for reminder in led.reminders:
        if reminder.duty is Duty.PUBLISH or (reminder.duty is Duty.UPDATE and reminder.at is not None):
            found += _ways_for(reminder, audiences.get(reminder.audience), ways, board)
    return tuple(found)


def _ways_for(reminder: Reminder, audience: Audience | None, ways: Sequence[Way], board: Board) -> Iterator[Way]:
    channels = [(channel.name, channel.kind) for channel in board.channels]
    for name in channels_of(reminder.where, channels):
        fitting = [way for way in ways if way.channel.name == name and way.verb in _TELLS and not way.why_not]
        if reminder.duty is Duty.PUBLISH or reminder.audience == STAKEHOLDERS:
            fitting = [way for way in fitting if way.verb is not Verb.TICK]
        if audience is not None and (audience.room or audience.to):
            fitting = [way for way in fitting if _reaches(audience, way)]
        for way in _one_each(fitting):
            yield replace(way, does=_does(reminder, way), due=reminder, fill=_fill(audience, way))


def _one_each(fitting: Sequence[Way]) -> Sequence[Way]:
    """The first that does it; of contacts to be called all, but for a bridge, where nobody is who is not called."""
    calls = [way for way in fitting if way.verb is Verb.TICK and "bridge" not in way.does.casefold()]
    return calls if fitting and fitting[0].verb is Verb.TICK and calls else fitting[:1]


def _reaches(audience: Audience, way: Way) -> bool:
    """Whether it can go to another room than the incident's, to other receivers than the channel's."""
    if way.verb is not Verb.MESSAGE:
        return True
    named_by = "room" if audience.room else "to"
    return "room" not in way.given and (way.channel.named_by == named_by or way.channel.name in audience.where)


def _does(reminder: Reminder, way: Way) -> str:
    if reminder.duty is Duty.PUBLISH:
        return reminder.does
    if way.verb is Verb.TICK:
        return f"{reminder.does}: {_contact(way)}"
    how = {Verb.PUBLISH: "publish", Verb.PUBLISH_UPDATE: "on the page"}.get(way.verb, "")
    return f"{reminder.does}{f', {how}' if how else ''}"


def _contact(way: Way) -> str:
    return way.does.removeprefix("tick: ")


def _fill(audience: Audience | None, way: Way) -> dict[str, str]:
    if audience is None:
        return {}
    if way.verb is Verb.TICK:
        return {"text": f"told {audience.name}: {_contact(way)}"}
    return {name: value for name, value in (("room", audience.room), ("to", ", ".join(audience.to))) if value}

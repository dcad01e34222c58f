"""The screens that can be asked for by name; each is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from textual.screen import Screen

from screens.keys import KeyMap

_OF_THE_SEAT = {
    "handover": "screens.handover:HandoverScreen",
    "checklists": "screens.checklists:ChecklistsScreen",
    "handed": "screens.handed:HandedScreen",
    "forgotten": "screens.inventory:ForgottenScreen",
    "silences": "screens.inventory:SilencesScreen",
    "schedule": "screens.schedule:ScheduleScreen",
    "metrics": "screens.metrics:MetricsScreen",
    "suggestions": "screens.suggestions:SuggestionsScreen",
    "outbox": "screens.outbox:OutboxScreen",
    "sources": "screens.sources:SourcesScreen",
}
_OF_ONE_OR_ALL = {
    "roles": "screens.roles:RolesScreen",
    "history": "screens.history:HistoryScreen",
    "declarations": "screens.declaration:DeclarationScreen",
}
_OF_ONE = {
    "incident": "screens.incident:IncidentScreen",
    "postmortem": "screens.postmortem:PostmortemScreen",
    "run": "screens.run:RunScreen",
}


def screen_named(name: str, target: str | None, keys: KeyMap) -> Screen[Any]:
    """The screen of that name, about ``target`` where it is about something.

    Raises:
        KeyError: there is none of that name.
    """
    place = _OF_THE_SEAT.get(name)
    if place is not None:
        return _made(place, keys)
    if name in _OF_ONE:
        assert target is not None, f"{name}: of which one?"
        return _made(_OF_ONE[name], target, keys)
    return _made(_OF_ONE_OR_ALL[name], target, keys)


def _made(place: str, *given: Any) -> Screen[Any]:
    module, _, name = place.partition(":")
    made: Screen[Any] = getattr(import_module(module), name)(*given)
    return made

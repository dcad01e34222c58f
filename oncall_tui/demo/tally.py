"""Which write is which action, and how many of each reached the simulated systems. For ``GET /_state``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from oncall_tui.demo.faults import is_write
from oncall_tui.demo.wire import Request, Response

_PATHS = {
    ("POST", "notes"): "note",
    ("POST", "snooze"): "snooze",
    ("PUT", "merge"): "merge",
    ("POST", "responder_requests"): "responders",
    ("POST", "status_updates"): "status_update",
    ("POST", "silences"): "silence",
    ("POST", "overrides"): "override",
}
_STATUSES = {"acknowledged": "acknowledge", "resolved": "resolve", "triggered": "trigger"}
_FIELDS = {
    "escalation_level": "escalate",
    "assignments": "reassign",
    "escalation_policy": "reassign",
    "priority": "severity",
    "title": "title",
}


class Tally:
    """Writes by action: the words of :class:`~oncall_tui.model.Verb`, ``trigger`` for taking an acknowledgement or a
    resolution back, ``other``. A bulk request counts once for each incident in it."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        """All that a system has handled, refused ones too."""
        self.applied: Counter[str] = Counter()
        """Those that it answered with 2xx, whatever its caller got to see of that."""

    def see(self, prefix: str, request: Request, response: Response) -> None:
        """Count one handled request."""
        if not is_write(request):
            return
        actions = list(_actions(request))
        self.received.update(actions)
        if 200 <= response.status < 300:
            self.applied.update(actions)


def _actions(request: Request) -> Iterator[str]:
    segments = request.segments
    if request.method == "DELETE" and segments[-2:-1] == ("silence",):
        yield "expire_silence"
    elif segments and (request.method, segments[-1]) in _PATHS:
        yield _PATHS[request.method, segments[-1]]
    elif request.method == "POST" and segments == ("incidents",):
        yield "declare"
    elif request.method == "PUT" and segments[:1] == ("incidents",) and len(segments) <= 2:
        for item in _incidents(request):
            yield _change(item)
    else:
        yield "other"


def _incidents(request: Request) -> list[Any]:
    try:
        body = request.json()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [None]
    if not isinstance(body, dict):
        return [None]
    many = body.get("incidents")
    return many if isinstance(many, list) else [body.get("incident")]


def _change(item: Any) -> str:
    if not isinstance(item, dict):
        return "other"
    if "status" in item:
        return _STATUSES.get(str(item["status"]), "other")
    return next((word for field, word in _FIELDS.items() if field in item), "other")

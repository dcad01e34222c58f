"""How a simulated system is spoken to: one request in, one answer out, whatever carries them.

The demo and the tests carry them through httpx's transport (:mod:`oncall_tui.demo.transport`), ``simulate`` over
HTTP on loopback (:mod:`oncall_tui.demo.server`). A simulator is stateful, takes its time from a clock and its
chances from a seed, and knows nothing of the program that calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, its path below the simulator's prefix. Header names are lower case."""

    method: str
    path: str
    """Still percent-encoded, begins with ``/``, without the query."""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's segments, decoded: ``/incidents/Q1/notes`` is ``("incidents", "Q1", "notes")``."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/") if part)

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a query parameter, in order."""
        return tuple(value for key, value in self.query if key == name)

    def value(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        """The decoded body. Raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One HTTP answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_response(data: Any, status: int = 200, **headers: str) -> Response:
    """``data`` as a JSON answer; header names with ``_`` for ``-``."""
    return Response(
        status=status,
        headers={"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}},
        body=msgspec.json.encode(data),
    )


def split_target(target: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """``/incidents?limit=1`` as path and query."""
    path, _, query = target.partition("?")
    return path, tuple(parse_qsl(query, keep_blank_values=True))


class Simulator(Protocol):
    """One simulated system."""

    prefix: str
    """Its path prefix: ``pagerduty``, ``alertmanager``, ``prometheus``."""

    def handle(self, request: Request) -> Response:
        """Answer one request, changing state as the real system would. Never raises."""
        ...

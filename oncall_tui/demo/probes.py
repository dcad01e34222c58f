"""The simulated company's own web servers, as its HTTP checks see them: a status and a word each."""

from __future__ import annotations

from dataclasses import dataclass

from oncall_tui.demo.wire import Request, Response, json_response


@dataclass(slots=True)
class _Server:
    status: int = 200
    word: str = "ok"


class ProbesSim:
    """``GET /NAME`` answers ``{"status": WORD}`` with that server's status; an unknown name is 404."""

    prefix = "probes"

    def __init__(self, names: tuple[str, ...] = ("website", "checkout", "api")) -> None:
        self._servers = {name: _Server() for name in names}

    @property
    def names(self) -> tuple[str, ...]:
        """The servers that can be asked."""
        return tuple(self._servers)

    def set(self, name: str, status: int, word: str) -> None:
        """From now on ``name`` answers that. Raises KeyError for an unknown name."""
        server = self._servers[name]
        server.status, server.word = status, word

    def handle(self, request: Request) -> Response:
        """One check."""
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers={"allow": "GET, HEAD", "content-type": "text/plain"}, body=b"GET only")
        name = "/".join(request.segments)
        server = self._servers.get(name)
        if server is None:
            return json_response({"status": "not found"}, 404)
        return json_response({"status": server.word}, server.status)

"""The simulated workspace as one thing: requests in, answers out. Every refusal is a 200, as Slack's are."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import msgspec

from oncall_tui.clock import Clock
from oncall_tui.demo.slack.methods import METHODS, Call
from oncall_tui.demo.slack.workspace import Refusal, Workspace
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-slack-token"  # noqa: S105 - opens the simulated workspace only
SCOPES = (
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "users:read.email",
)
_WINDOW_S = 60.0


class SlackSim:
    """A simulated Slack workspace.

    Args:
        clock: its time.
        seed: ids follow from it.
        scopes: what the token may do.
        posts: messages that a room takes within ten seconds.
    """

    prefix = "slack"
    HOOK_PATH: ClassVar[str] = "/services/T0DEMO/B0DEMO/demo-slack-hook"

    def __init__(
        self, clock: Clock, seed: int = 1, *, token: str = TOKEN, scopes: Iterable[str] = SCOPES, posts: int = 10
    ) -> None:
        self.space = Workspace(seed, clock.now())
        self.scopes = tuple(scopes)
        self.writes: list[dict[str, Any]] = []
        self.posts = posts
        self.page_size = 200
        """The most that a page of a list holds, whatever is asked for."""
        self._clock = clock
        self._token = token
        self._used: dict[str, list[float]] = {}

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises."""
        if request.path == self.HOOK_PATH:
            return self._hook(request)
        first, *method = request.segments or ("",)
        if first == "api" and len(method) == 1 and method[0] in METHODS:
            return self._method(request, method[0])
        return Response(status=404, headers={"content-type": "text/plain"}, body=b"no_service\n")

    def _method(self, request: Request, name: str) -> Response:
        method = METHODS[name]
        headers = {"x_oauth_scopes": ",".join(self.scopes), "x_accepted_oauth_scopes": ",".join(method.scopes)}
        try:
            self._let_in(request)
            if self._is_over(name, method.a_minute, _WINDOW_S):
                return json_response({"ok": False, "error": "ratelimited"}, 429, retry_after="30", **headers)
            call = Call(self.space, name, _arguments(request), self._clock.now(), self.scopes, self.page_size)
            if method.scopes and not set(method.scopes) & set(self.scopes):
                raise Refusal("missing_scope", needed=method.scopes[0], provided=",".join(self.scopes))
            if name == "chat.postMessage" and self._is_over(f"posts {call.text('channel')}", self.posts, 10.0):
                return json_response({"ok": False, "error": "ratelimited"}, 429, retry_after="1", **headers)
            data = method.answer(call)
            if call.written is not None:
                self.writes.append(call.written)
        except Refusal as no:
            return json_response({"ok": False, "error": no.error, **no.more}, 200, **headers)
        return json_response({"ok": True, **data}, 200, **headers)

    def _let_in(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not given:
            raise Refusal("not_authed")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            raise Refusal("invalid_auth")

    def _is_over(self, meter: str, most: int, seconds: float) -> bool:
        now = self._clock.now().timestamp()
        used = [at for at in self._used.get(meter, ()) if now - at < seconds]
        over = len(used) >= most
        self._used[meter] = used if over else [*used, now]
        return over

    def _hook(self, request: Request) -> Response:
        if request.method != "POST":
            return _plain(400, "invalid_payload")
        try:
            data = request.json()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _plain(400, "invalid_payload")
        text = data.get("text") if isinstance(data, dict) else None
        if not isinstance(text, str) or not text:
            return _plain(400, "no_text")
        room = self.space.named("status")
        if room.is_archived:
            return _plain(410, "channel_is_archived")
        message = self.space.post(room, self.space.bot, text[:40_000], self._clock.now().timestamp())
        self.writes.append({"action": "message", "target": f"{room.id}/{message.ts}"})
        return _plain(200, "ok")

    def told(self) -> dict[str, Any]:
        """The rooms with their messages, and the writes."""
        return {
            "rooms": [
                {
                    "id": room.id,
                    "name": room.name,
                    "topic": room.topic,
                    "archived": room.is_archived,
                    "members": len(room.members),
                    "messages": [message.told(metadata=True) for message in room.messages],
                }
                for room in self.space.rooms.values()
            ],
            "writes": list(self.writes),
        }


def _plain(status: int, text: str) -> Response:
    return Response(status=status, headers={"content-type": "text/plain"}, body=text.encode())


def _arguments(request: Request) -> Mapping[str, Any]:
    if request.method == "GET":
        return dict(request.query)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            data = request.json()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Refusal("invalid_json") from None
        return data if isinstance(data, dict) else {}
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))

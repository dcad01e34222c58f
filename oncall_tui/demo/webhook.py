"""A simulated receiver of webhooks: it checks the token and keeps what came."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from oncall_tui.clock import Clock, iso
from oncall_tui.demo.wire import Request, Response, json_response

TOKEN = "demo-webhook-token"  # noqa: S105 - opens the simulated receiver only
PATH = "/events"


class WebhookSim:
    """A receiver at :data:`PATH`.

    Args:
        clock: its time.
    """

    prefix = "webhook"

    def __init__(self, clock: Clock, *, token: str = TOKEN) -> None:
        self.received: list[dict[str, Any]] = []
        """Of each call that was taken: when, how, with which key, its JSON."""
        self._clock = clock
        self._token = token

    def handle(self, request: Request) -> Response:
        """Answer one request. Never raises."""
        if request.path != PATH:
            return json_response({"error": "nothing here"}, 404)
        if request.method not in ("POST", "PUT", "PATCH"):
            return json_response({"error": "POST, PUT or PATCH"}, 405)
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return json_response({"error": "who are you?"}, 401)
        try:
            body = request.json()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return json_response({"error": "no JSON"}, 400)
        key = request.headers.get("idempotency-key", "")
        self.received.append({"at": iso(self._clock.now()), "method": request.method, "key": key, "body": body})
        return json_response({"ok": True}, 202)

    def told(self) -> dict[str, Any]:
        """What came, and the writes."""
        writes = [{"action": "message", "target": one["key"]} for one in self.received]
        return {"received": list(self.received), "writes": writes}


def make(clock: Clock, seed: int) -> WebhookSim:
    """The receiver, with nothing in it."""
    return WebhookSim(clock)


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    expected = {"expect_status": "202", "expect_body": '"ok":true'}
    return {"channels": [{"name": "hook", "kind": "webhook", "url": f"{base_url}{PATH}", "token": TOKEN, **expected}]}

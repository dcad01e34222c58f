"""Slack's methods as calls, and its ``ok: false`` as errors. It answers 200 whatever happened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from oncall_tui.config.secret import forget_commands
from oncall_tui.sources import fields
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    NotFound,
    RateLimited,
    Refused,
    ServerFailed,
    SourceError,
)
from oncall_tui.sources.http import Answer, HttpClient

Data = Mapping[str, Any]

_AUTH: Mapping[str, str] = {
    "not_authed": "no token came with the call",
    "invalid_auth": "the token is not valid",
    "account_inactive": "the token's user or workspace is gone",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
}
_FAILED = ("request_timeout", "internal_error", "fatal_error", "service_unavailable", "update_failed")
_LIMITED = ("ratelimited", "rate_limited")
_GONE: Mapping[str, str] = {
    "channel_not_found": "there is no such room, or the token cannot see it",
    "message_not_found": "there is no such message",
    "users_not_found": "no user has that address",
    "user_not_found": "there is no such user",
}
_WORDS: Mapping[str, str] = {
    "is_archived": "the room is archived",
    "is_inactive": "the room is archived or frozen",
    "not_in_channel": "the app is not in that room: invite it there (/invite)",
    "no_permission": "the token may not do that",
    "ekm_access_denied": "the workspace's administrators forbid it",
    "team_access_not_granted": "the app is not allowed in this workspace",
    "app_access_restricted": "the app may not be used by that user",
    "restricted_action": "a preference of the workspace forbids it",
    "user_is_restricted": "a preference of the workspace forbids it",
    "name_taken": "the name is taken",
    "msg_too_long": "the text is too long",
    "too_long": "the topic is too long",
    "cant_update_message": "the message is somebody else's",
    "edit_window_closed": "the workspace does not let it be changed any more",
    "message_limit_exceeded": "the workspace has sent too many messages",
    "metadata_must_be_sent_from_app": "messages with metadata need the token of an app (xoxb-… or xoxp-…)",
}


class SlackApi:
    """Calls of one workspace.

    Attributes:
        scopes: what the token has, by the latest answer that told; ``None``: not told yet.
    """

    def __init__(self, client: HttpClient) -> None:
        self.client = client
        self.scopes: frozenset[str] | None = None

    async def read(self, method: str, **params: str | int | bool) -> Data:
        """GET one method.

        Raises:
            SourceError: as :func:`failure` tells, or as the HTTP layer does.
        """
        return self._taken(method, await self.client.get(method, tuple(params.items())), writes=False)

    async def write(self, method: str, **form: str) -> Data:
        """POST one method, once. Raises as :meth:`read`, with ``maybe_applied``."""
        # A form is taken by every method, and every value in it is text.
        return self._taken(method, await self.client.request("POST", method, form=form), writes=True)

    async def ask(self, method: str) -> Data:
        """POST a method that changes nothing."""
        try:
            return await self.write(method)
        except SourceError as error:
            error.maybe_applied = False
            raise

    async def pages(self, method: str, most: int, **params: str | int | bool) -> AsyncIterator[Data]:
        """The pages of a list, at most ``most``. A page may be empty before the end."""
        cursor = ""
        for _ in range(most):
            page = await self.read(method, **params, **({"cursor": cursor} if cursor else {}))
            yield page
            following = fields.native_id(page, "response_metadata", "next_cursor")
            if following is None or following == cursor:
                return
            cursor = following

    def lacks(self, *any_of: str) -> bool:
        """Whether the token has none of these scopes, as far as it was told."""
        return self.scopes is not None and self.scopes.isdisjoint(any_of)

    def _taken(self, method: str, answer: Answer, *, writes: bool) -> Data:
        told = answer.headers.get("x-oauth-scopes")
        if told is not None:
            self.scopes = frozenset(scope.strip() for scope in told.split(",") if scope.strip())
        ok = fields.boolean(answer.data, "ok")
        if ok is None:
            raise BadAnswer(f"{self.client.host} answers {method} without ok: is this Slack?", maybe_applied=writes)
        if not ok:
            raise failure(answer.data, writes=writes)
        return fields.obj(answer.data)


def failure(data: Any, *, writes: bool) -> SourceError:
    """What an answer with ``ok: false`` means."""
    code = fields.text(data, "error", limit=80) or "no reason given"
    if code in _AUTH:
        forget_commands()
        return AuthFailed(f"Slack refuses the token: {_AUTH[code]} ({code})", status=401)
    if code in _LIMITED:
        return RateLimited(f"Slack limits the rate ({code})", retry_after=30.0)
    if code in _FAILED:
        return ServerFailed(f"Slack fails ({code})", maybe_applied=writes)
    if code in _GONE:
        return NotFound(f"{_GONE[code]} ({code})", status=404, code=code)
    if code == "missing_scope":
        needed = fields.text(data, "needed", limit=200) or "one that is not told"
        provided = fields.text(data, "provided", limit=200)
        has = f"; it has {provided}" if provided else ""
        return Refused(f"the token lacks the scope {needed}{has}", status=403, code=code)
    details = fields.walk(data, "response_metadata", "messages")
    more = "; ".join(
        found for item in (details if isinstance(details, list) else ())[:3] if (found := fields.text(item))
    )
    words = f"{_WORDS[code]} ({code})" if code in _WORDS else code
    return Refused(f"{words}: {more}" if more else words, status=400, code=code)

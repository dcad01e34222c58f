"""Calls to the GraphQL endpoint, signed in as one user."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oncall_tui.config.secret import Secret
from oncall_tui.sources import fields
from oncall_tui.sources.base import AuthFailed, BadAnswer, Refused, SourceContext
from oncall_tui.sources.goalert.options import Options
from oncall_tui.sources.http import HttpClient

LOGIN = "/api/v2/identity/providers/basic?noRedirect=1"
ENDPOINT = "/api/graphql"
PAGE = 100
MAX_PAGES = 50
Row = Mapping[str, Any]


@dataclass(slots=True)
class Listing:
    """The nodes of a connection. ``note`` says why they are not all of them, ``None`` where they are."""

    rows: list[Row] = field(default_factory=list)
    note: str | None = None


class Session:
    """The token that calls are made with: the configured one, or one that signing in has given."""

    def __init__(self, options: Options, context: SourceContext) -> None:
        self._options = options
        self._held: Secret | None = None
        self._lock = asyncio.Lock()
        self._door = HttpClient(
            options.base_url, clock=context.clock, transport=context.transport, ca_file=options.ca_file
        )

    @property
    def can_renew(self) -> bool:
        """Whether a refused token can be had anew."""
        return self._options.token is None

    async def headers(self) -> Mapping[str, str]:
        """The headers of one call. Raises SecretError, and SourceError where signing in fails."""
        return {"Authorization": f"Bearer {await self._token()}", "Accept": "application/json"}

    def forget(self) -> None:
        """Sign in anew before the next call."""
        self._held = None

    async def _token(self) -> str:
        if self._options.token is not None:
            return await self._options.token.read()
        async with self._lock:
            if self._held is None:
                self._held = Secret("literal", await self._sign_in())
            return await self._held.read()

    async def _sign_in(self) -> str:
        assert self._options.password is not None, "username and password go together"
        form = {"username": self._options.username or "", "password": await self._options.password.read()}
        try:
            answer = await self._door.request(
                "POST",
                LOGIN,
                form=form,
                headers={"Referer": f"{self._options.shown_url}/"},
                want_json=False,
                writes=False,
            )
        except Refused as error:
            raise AuthFailed(f"{self._door.host} does not sign {self._options.username} in: {error}") from None
        token = answer.text.strip()
        if not 8 <= len(token) <= 4096 or not token.isascii() or not token.isprintable() or " " in token:
            raise BadAnswer(f"{self._door.host} signs in without a token: is this GoAlert?")
        return token

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._door.aclose()


class Api:
    """Queries and mutations of one source."""

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.session = Session(options, context)
        self.client = HttpClient(
            options.base_url,
            clock=context.clock,
            headers=self.session.headers,
            transport=context.transport,
            ca_file=options.ca_file,
        )

    async def query(self, document: str, **variables: Any) -> Row:
        """The data of a query. Raises SourceError; Refused with GoAlert's reason where it tells an error."""
        return await self._call(document, variables, writes=False)

    async def mutate(self, document: str, **variables: Any) -> Row:
        """The data of a mutation, sent once. Raises SourceError; Refused with GoAlert's reason."""
        return await self._call(document, variables, writes=True)

    async def listing(
        self, document: str, key: str, given: Mapping[str, Any], *, max_pages: int = MAX_PAGES, **variables: Any
    ) -> Listing:
        """All nodes of the connection ``key``, none of them twice in the same form.

        ``given`` is its input, ``variables`` are the document's others. The cursor carries the filters: with it none
        is given. Stops, and says so, at ``max_pages`` and where a page brings nothing new although there should be
        more.

        Raises:
            SourceError: a page did not come: half a list is none.
        """
        found = Listing()
        seen: set[str] = set()
        more: dict[str, Any] = {**given, "first": PAGE}
        for _ in range(max_pages):
            data = await self.query(document, input=more, **variables)
            if not fields.is_list(data, key, "nodes"):
                raise BadAnswer(f"{self.client.host} answers without {key}")
            before = len(found.rows)
            for row in fields.rows(data, key, "nodes"):
                identity = repr(row)
                if identity not in seen:
                    seen.add(identity)
                    found.rows.append(row)
            cursor = fields.walk(data, key, "pageInfo", "endCursor")
            more_follow = fields.boolean(data, key, "pageInfo", "hasNextPage")
            if more_follow is None:
                found.note = f"the answer does not say whether there are more than these {len(found.rows)}"
            if not more_follow:
                return found
            if len(found.rows) == before or not isinstance(cursor, str) or not cursor:
                found.note = f"only {len(found.rows)} were read: the pages repeat themselves"
                return found
            more = {"first": PAGE, "after": cursor}
        found.note = f"only the first {len(found.rows)} were read"
        return found

    async def _call(self, document: str, variables: Mapping[str, Any], *, writes: bool) -> Row:
        body = {"query": document, "variables": variables, "operationName": _name(document)}
        await self.session.headers()  # what goes wrong with signing in goes wrong before anything is sent
        try:
            answer = await self.client.request("POST", ENDPOINT, json=body, writes=writes)
        except AuthFailed as error:
            if error.status != 401 or not self.session.can_renew:
                raise
            self.session.forget()  # a session ends after 30 days; a refused call was not carried out
            await self.session.headers()
            answer = await self.client.request("POST", ENDPOINT, json=body, writes=writes)
        for error_row in fields.rows(answer.data, "errors"):
            message = fields.text(error_row, "message", limit=300) or "GoAlert tells an error without a reason"
            path = fields.walk(error_row, "path")
            if writes and isinstance(path, list) and len(path) > 1:  # the mutation was done, what it tells was not
                raise BadAnswer(f"{self.client.host}: {message}", maybe_applied=True)
            raise Refused(message, status=200, code=fields.text(error_row, "extensions", "code", limit=60))
        data = fields.walk(answer.data, "data")
        if not isinstance(data, Mapping):
            raise BadAnswer(f"{self.client.host} answers without data: is this GoAlert?", maybe_applied=writes)
        return data

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self.session.aclose()
        await self.client.aclose()


def _name(document: str) -> str:
    """The name of a document's only operation."""
    return document.split("(")[0].split("{")[0].split()[1]

"""Calling an address that is a secret itself: incoming webhooks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from oncall_tui.config.secret import Secret, SecretError, hide
from oncall_tui.sources.base import AuthFailed, Capability, Probe, Refused, SourceContext, SourceError
from oncall_tui.sources.http import Answer, HttpClient, check_base_url

_ANY_STATUS = range(100, 600)


class HookCaller:
    """Calls to one address, which is read anew for each: a text, or a secret.

    Args:
        url: the whole address.
        plain_http: take ``http`` to another machine.
    """

    def __init__(
        self, url: str | Secret, context: SourceContext, *, plain_http: bool = False, ca_file: str | None = None
    ) -> None:
        self._url = url
        self._context = context
        self._plain_http = plain_http
        self._ca_file = ca_file
        self._client: HttpClient | None = None
        self.host = "the webhook"

    async def call(
        self,
        method: str,
        *,
        json: Any,
        headers: Mapping[str, str] | None = None,
        accept: range | tuple[int, ...] = (),
        deadline_s: float | None = None,
    ) -> Answer:
        """One call; the answer's body is in ``text``.

        Raises:
            SourceError: as :meth:`~oncall_tui.sources.http.HttpClient.request` tells.
            Refused: it is no usable address.
        """
        client, path = await self._open()
        return await client.request(
            method, path, json=json, headers=headers, want_json=False, accept=accept, deadline_s=deadline_s
        )

    async def probe(self, capabilities: frozenset[Capability]) -> Probe:
        """Whether the host answers at all. The address itself is not called: that might post something."""
        error: SourceError | None = None
        try:
            client, _ = await self._open()
            await client.request("HEAD", "/", want_json=False, accept=_ANY_STATUS, enough=1)
        except SourceError as caught:
            error = caught
        skew = self._client.clock_skew if self._client is not None else None
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=self._client.latency_ms if self._client is not None else None,
            can=() if error else tuple(sorted(capability.value for capability in capabilities)),
            clock_skew_s=skew.total_seconds() if skew is not None else None,
            notes=("only its host was asked: whether the address is right shows with the first message",),
        )

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        if self._client is not None:
            await self._client.aclose()

    async def _open(self) -> tuple[HttpClient, str]:
        """The client of the address's origin, and what follows it."""
        try:
            address = await self._url.read() if isinstance(self._url, Secret) else self._url
        except SecretError as error:
            raise AuthFailed(str(error)) from None
        try:
            parts = urlsplit(address)
            origin = check_base_url(f"{parts.scheme}://{parts.netloc}", plain_http=self._plain_http)
        except ValueError:
            # What is wrong with it is not told: it would tell the address.
            raise Refused("the webhook's address is no https:// address that can be called") from None
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        if isinstance(self._url, Secret):
            _hide_parts(target)
        if self._client is None or self._client.base_url != origin:
            await self.aclose()
            self._client = HttpClient(
                origin, clock=self._context.clock, transport=self._context.transport, ca_file=self._ca_file
            )
            self.host = self._client.host
        return self._client, target


def _hide_parts(target: str) -> None:
    """Mask what an answer may repeat of a secret address: its path, and each of its parts that is no plain word."""
    hide(target)
    hide(target.partition("?")[0])
    for part in re.split(r"[/?&=;,]", target):
        if len(part) >= 20 or (len(part) >= 8 and re.search(r"\d", part)):
            hide(part)

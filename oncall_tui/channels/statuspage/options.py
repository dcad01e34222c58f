"""How a status page is configured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from oncall_tui.config.options import ChannelOptions, opt
from oncall_tui.config.secret import Secret
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url


def _page(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value, re.ASCII):
        raise ValueError("the page's id, such as gytm4qzbx9t6: it stands at API info")
    return value


@dataclass(frozen=True, kw_only=True)
class Options(ChannelOptions):
    """One page of Atlassian Statuspage."""

    base_url: str = opt("https://api.statuspage.io/v1", help="where the API is")
    token: Secret = opt(help="an API key of a user of the organisation")
    page: str = opt(help="the page's id", check=_page)
    notify: bool = opt(True, help="subscribers are mailed about each incident and update")
    restore: bool = opt(True, help="an incident that is resolved sets its components back to operational")
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        try:
            address = check_base_url(self.base_url, plain_http=self.allow_http)
        except ValueError as error:
            raise ValueError(f"base_url: {error}") from None
        object.__setattr__(self, "base_url", address)

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; the key is read anew. Raises SecretError."""
        return {"Authorization": f"OAuth {await self.token.read()}"}

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a channel with these options; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

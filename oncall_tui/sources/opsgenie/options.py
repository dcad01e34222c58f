"""How an Opsgenie account is configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from oncall_tui.config.options import at_least, opt
from oncall_tui.config.secret import Secret
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.genie.options import GenieOptions
from oncall_tui.sources.http import HttpClient, check_base_url


@dataclass(frozen=True, kw_only=True)
class Options(GenieOptions):
    """One Opsgenie account."""

    base_url: str = opt("https://api.opsgenie.com", help="https://api.eu.opsgenie.com for accounts in the EU")
    token: Secret = opt(help="an API key: Settings, API key management")
    poll: timedelta = opt(timedelta(seconds=15), help="interval of its polls", check=at_least(timedelta(seconds=2)))

    def __post_init__(self) -> None:
        try:
            address = check_base_url(self.base_url, plain_http=self.allow_http)
        except ValueError as error:
            raise ValueError(f"base_url: {error}") from None
        object.__setattr__(self, "base_url", address)

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; the key is read anew. Raises SecretError."""
        return {"Authorization": f"GenieKey {await self.token.read()}"}

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a source with these options; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

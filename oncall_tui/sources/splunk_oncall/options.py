"""How a Splunk On-Call organisation is configured, and what its words mean as severity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from oncall_tui.config.options import SourceOptions, at_least, check_severities, opt
from oncall_tui.config.secret import Secret
from oncall_tui.model import Severity
from oncall_tui.records import dataclass
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url

SEVERITIES: Mapping[str, Severity] = {"CRITICAL": 2, "WARNING": 4, "INFO": 4}
"""The states that an alert puts its entity in. A single critical alert is not yet a Sev1: see the seed's levels."""


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """One Splunk On-Call organisation (public API)."""

    base_url: str = opt("https://api.victorops.com", help="the same for all organisations")
    api_id: Secret = opt(help="the API ID of the organisation")
    api_key: Secret = opt(help="an API key; a read-only one shows everything and does nothing")
    poll: timedelta = opt(timedelta(seconds=20), help="interval of its polls", check=at_least(timedelta(seconds=10)))
    severity: dict[str, int] = opt(
        dict(SEVERITIES),
        help="routing keys and states of alerts -> Sev 1 to 4; what is given here adds to the default",
        check=check_severities,
    )
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        try:
            address = check_base_url(self.base_url, plain_http=self.allow_http)
        except ValueError as error:
            raise ValueError(f"base_url: {error}") from None
        object.__setattr__(self, "base_url", address)

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; id and key are read anew. Raises SecretError."""
        return {
            "X-VO-Api-Id": await self.api_id.read(),
            "X-VO-Api-Key": await self.api_key.read(),
            "Accept": "application/json",
        }

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a source with these options; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

    def severities(self) -> Mapping[str, Severity]:
        """Words in lower case -> severity."""
        return {word.casefold(): severity for word, severity in {**SEVERITIES, **self.severity}.items()}

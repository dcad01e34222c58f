"""How a PagerDuty account is configured, and what its words mean as severity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from oncall_tui.config.options import SourceOptions, at_least, check_severities, opt
from oncall_tui.config.secret import Secret
from oncall_tui.model import Severity
from oncall_tui.records import dataclass
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url

SEVERITIES: Mapping[str, Severity] = {"P1": 1, "P2": 2, "P3": 3, "P4": 4, "high": 2, "low": 4}
"""Priority names, and urgencies for what has no priority."""
ACCEPT = "application/vnd.pagerduty+json;version=2"


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """One PagerDuty account (REST API v2)."""

    base_url: str = opt("https://api.pagerduty.com", help="https://api.eu.pagerduty.com for accounts in the EU")
    token: Secret = opt(help="an API key, of the account or of one user")
    poll: timedelta = opt(timedelta(seconds=15), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    severity: dict[str, int] = opt(
        dict(SEVERITIES),
        help="priority and urgency names -> Sev 1 to 4; what is given here adds to the default",
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
        """The headers of one call; the key is read anew. Raises SecretError."""
        return {
            "Authorization": f"Token token={await self.token.read()}",
            "Accept": ACCEPT,
            "Content-Type": "application/json",
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

    def severities(self) -> SeverityWords:
        """The account's words for severity."""
        return SeverityWords({**SEVERITIES, **self.severity})


class SeverityWords:
    """Priority and urgency names as severities; upper and lower case do not count."""

    def __init__(self, words: Mapping[str, Severity]) -> None:
        self._words = {word.casefold(): severity for word, severity in words.items()}

    def of(self, word: str | None) -> Severity | None:
        """The severity of that word, ``None`` where it is not known."""
        return self._words.get(word.casefold()) if word else None

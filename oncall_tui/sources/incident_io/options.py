"""How an incident.io account is configured, and what its severities mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from oncall_tui.config.options import SourceOptions, at_least, check_severities, opt
from oncall_tui.config.secret import Secret
from oncall_tui.model import Ref, Severity
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url


def _severities(value: dict[str, int]) -> dict[str, int]:
    check_severities(value)
    return {word.strip().casefold(): severity for word, severity in value.items()}


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """One incident.io account."""

    base_url: str = opt("https://api.incident.io", help="the same for all accounts")
    token: Secret = opt(help="an API key")
    poll: timedelta = opt(timedelta(seconds=15), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    severity: dict[str, int] = opt(
        {}, help="names of its severities -> Sev; others by their rank: the highest is Sev1", check=_severities
    )
    resolved_status: str | None = opt(
        None, help="the status that resolving sets; left out: the first after the incident, else Closed"
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
        return {"Authorization": f"Bearer {await self.token.read()}", "Accept": "application/json"}

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a source with these options; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

    def severity_of(self, name: str | None, known: Sequence[Ref]) -> Severity | None:
        """What a severity means: by its configured name, else by its place among ``known``, most severe first."""
        if name is None:
            return None
        for word, severity in self.severity.items():
            if word.casefold() == name.casefold():
                return severity
        place = next((place for place, ref in enumerate(known) if ref.name == name), None)
        return min(place + 1, 4) if place is not None else None

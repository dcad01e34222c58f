"""How a Datadog organisation is configured, and what its words mean as severity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from oncall_tui.config.options import SourceOptions, at_least, opt, some
from oncall_tui.config.secret import Secret
from oncall_tui.model import Severity
from oncall_tui.records import dataclass
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url
from oncall_tui.sources.labels import LabelOptions

Site = Literal[
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "datadoghq.eu",
    "ddog-gov.com",
    "us2.ddog-gov.com",
]
"""The regions; an account is in exactly one, and every other answers its keys with 403."""

GroupState = Literal["alert", "warn", "no data"]

SEVERITIES: Mapping[str, Severity] = {
    "sev-0": 1,
    "sev-1": 1,
    "sev-2": 2,
    "sev-3": 3,
    "sev-4": 4,
    "sev-5": 4,
    "alert": 2,
    "warn": 4,
    "no data": 4,
}
"""Of incidents by their severity; of monitors without a severity tag by the state of the group."""
WRITTEN = ("SEV-1", "SEV-2", "SEV-3", "SEV-4", "SEV-5", "SEV-0")
"""Datadog's own severities, in the order in which one is looked for when a severity is set."""


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions, LabelOptions):
    """One Datadog organisation."""

    site: Site = opt("datadoghq.com", help="its region: the host of its pages without app.")
    base_url: str | None = opt(None, help="in place of https://api.SITE, such as that of a proxy")
    api_key: Secret = opt(help="an API key of the organisation")
    app_key: Secret = opt(help="an application key of a user or service account")
    poll: timedelta = opt(timedelta(seconds=30), help="interval of its polls", check=at_least(timedelta(seconds=5)))
    monitors: str = opt("", help="which monitors, as the page Manage Monitors searches: team:payments; empty: all")
    states: tuple[GroupState, ...] = opt(
        ("alert", "warn"), help="states of a group that are an alert: alert, warn, no data", check=some
    )
    events: str = opt(
        "source:alert", help="which events of the last hour, as the Events Explorer searches; empty: none"
    )
    incidents: str = opt(
        "state:(active OR stable)", help="which incidents are open, as their page searches; empty: none"
    )
    on_call: tuple[str, ...] = opt((), help="teams by handle, name or id; left out: the seat's teams")
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        if self.base_url is None:
            return
        try:
            address = check_base_url(self.base_url, plain_http=self.allow_http)
        except ValueError as error:
            raise ValueError(f"base_url: {error}") from None
        object.__setattr__(self, "base_url", address)

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; both keys are read anew. Raises SecretError."""
        return {
            "DD-API-KEY": await self.api_key.read(),
            "DD-APPLICATION-KEY": await self.app_key.read(),
            "Accept": "application/json",
        }

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a source with these options; opens nothing yet. Datadog limits each endpoint by itself,
        so that reads take nothing from what actions may use."""
        return HttpClient(
            self.base_url or f"https://api.{self.site}",
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
            reserve=0,
        )

    def page(self, path: str) -> str:
        """The address of a page for people: ``/monitors/123``."""
        host = self.site if self.site.count(".") > 1 else f"app.{self.site}"
        return f"https://{host}{path}"

    def severity_word(self, word: str | None) -> Severity | None:
        """What an incident's own severity or a group's state stands for, ``None`` where it is not known."""
        if word is None:
            return None
        known = word.casefold()
        return self.severity.get(known, SEVERITIES.get(known))

    def written(self, severity: Severity) -> str | None:
        """Datadog's word for that severity."""
        return next((word for word in WRITTEN if self.severity_word(word) == severity), None)

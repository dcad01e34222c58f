"""How a Grafana OnCall is configured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from oncall_tui.config.options import Findings, SourceOptions, at_least, opt
from oncall_tui.config.secret import Secret
from oncall_tui.records import dataclass
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url
from oncall_tui.sources.labels import LabelOptions


@dataclass(frozen=True, kw_only=True)
class Options(LabelOptions, SourceOptions):
    """One Grafana OnCall (public API v1), or the one behind a Grafana Cloud IRM."""

    base_url: str = opt(help="the OnCall API's own address, from the settings page of its plug-in: not Grafana's")
    token: Secret = opt(help="an OnCall API token, which is one person's; or, with grafana_url, a service account's")
    grafana_url: str | None = opt(
        None, help="the Grafana that a service account's token is of: such a token only reads"
    )
    important: bool = opt(True, help="page people by their rules for important notifications when escalating by hand")
    poll: timedelta = opt(timedelta(seconds=30), help="interval of its polls", check=at_least(timedelta(seconds=10)))
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        with Findings() as findings:
            for key in ("base_url", "grafana_url"):
                with findings.one(key):
                    given: str | None = getattr(self, key)
                    if given is not None:
                        address = check_base_url(given, plain_http=self.allow_http)
                        # The settings page and the documentation show it with the API's own path at its end.
                        object.__setattr__(self, key, re.sub(r"/api/v1$", "", address))

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; the token is read anew, and goes without a word before it. Raises SecretError."""
        headers = {"Authorization": await self.token.read()}
        return {**headers, "X-Grafana-URL": self.grafana_url} if self.grafana_url else headers

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a source with these options; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

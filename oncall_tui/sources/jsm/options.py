"""How a site's operations are configured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from oncall_tui.config.options import Findings, at_least, opt
from oncall_tui.config.secret import Secret, basic
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.genie.options import GenieOptions
from oncall_tui.sources.http import HttpClient, check_base_url


def _cloud_id(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value):
        raise ValueError("not a cloud id, which is a UUID: https://SITE/_edge/tenant_info tells it")
    return value


@dataclass(frozen=True, kw_only=True)
class Options(GenieOptions):
    """Operations of one Atlassian site."""

    base_url: str = opt("https://api.atlassian.com", help="where Atlassian's APIs are")
    site: str | None = opt(None, help="https://example.atlassian.net; tells the cloud id")
    cloud_id: str | None = opt(None, help="of the site, in place of site", check=_cloud_id)
    email: str | None = opt(None, help="of the account whose API token it is; left out: token is an OAuth access token")
    token: Secret = opt(help="an API token of an Atlassian account, or an OAuth 2 access token")
    poll: timedelta = opt(timedelta(seconds=20), help="interval of its polls", check=at_least(timedelta(seconds=2)))

    def __post_init__(self) -> None:
        with Findings() as findings:
            for key in ("base_url", "site"):
                with findings.one(key):
                    given: str | None = getattr(self, key)
                    if given is not None:
                        object.__setattr__(self, key, check_base_url(given, plain_http=self.allow_http))
            with findings.one("site"):
                if (self.site is None) == (self.cloud_id is None):
                    raise ValueError("either site or cloud_id")
            with findings.one("email"):
                if self.email is not None and (":" in self.email or not self.email.isprintable()):
                    raise ValueError("holds a colon or a control character")

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; the token is read anew. Raises SecretError."""
        token = await self.token.read()
        if self.email is None:
            return {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return {"Authorization": basic(self.email, token), "Accept": "application/json"}

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a source with these options; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

    def site_client(self, context: SourceContext) -> HttpClient | None:
        """For the cloud id alone: anybody may ask for it, so no token goes there."""
        if self.site is None:
            return None
        return HttpClient(self.site, clock=context.clock, transport=context.transport, ca_file=self.ca_file)

"""How a Jira is reached, by the source and by the channel: which of its two kinds it is, and as whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from oncall_tui.config.options import Findings, opt
from oncall_tui.config.secret import Secret, basic
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url
from oncall_tui.sources.jira.dialects import CLOUD, DATA_CENTER, Dialect

_CLOUD_HOST = re.compile(r"(.*\.)?atlassian\.(net|com)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class JiraAccess:
    """One Jira. With ``email`` it is Jira Cloud (basic authentication), as are Atlassian's own hosts; without, a Data
    Center (a personal access token as bearer)."""

    base_url: str = opt(help="https://SITE.atlassian.net, or the address of a Data Center")
    email: str | None = opt(None, help="of Jira Cloud: the mail address of the account that the token is of")
    token: Secret = opt(help="an API token (Cloud), or a personal access token (Data Center)")
    site_url: str | None = opt(None, help="of its pages, where base_url is https://api.atlassian.com/ex/jira/…")
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        with Findings() as findings:
            for key in ("base_url", "site_url"):
                with findings.one(key):
                    given: str | None = getattr(self, key)
                    if given is not None:
                        object.__setattr__(self, key, check_base_url(given, plain_http=self.allow_http))
            with findings.one("email"):
                if self.email is not None and (":" in self.email or not self.email.isprintable()):
                    raise ValueError("holds a colon or a control character")

    @property
    def dialect(self) -> Dialect:
        """How this Jira is spoken to."""
        is_cloud = self.email is not None or _CLOUD_HOST.fullmatch(urlsplit(self.base_url).hostname or "")
        return CLOUD if is_cloud else DATA_CENTER

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; the token is read anew. Raises SecretError."""
        token = await self.token.read()
        if self.email is None:
            return {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return {"Authorization": basic(self.email, token), "Accept": "application/json"}

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

    def page(self, key: str) -> str:
        """The page of an issue, for people."""
        return f"{self.site_url or self.base_url}/browse/{key}"

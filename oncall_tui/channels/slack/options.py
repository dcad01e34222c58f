"""How a Slack workspace is configured."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oncall_tui.config.options import ChannelOptions, Findings, opt
from oncall_tui.config.secret import Secret, SecretError
from oncall_tui.records import dataclass
from oncall_tui.sources.base import SourceContext
from oncall_tui.sources.http import HttpClient, check_base_url

MAX_INVITED = 100
"""People that one call can invite."""
_INVITED = re.compile(r"[UW][A-Z0-9]{6,20}|[^\s@<>,]+@[^\s@<>,]+", re.ASCII)


def _invited(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if not _INVITED.fullmatch(one):
            raise ValueError(f"neither a mail address nor a user's id: {one[:60]!r}")
    if len(value) > MAX_INVITED:
        raise ValueError(f"at most {MAX_INVITED}")
    return value


@dataclass(frozen=True, kw_only=True)
class Options(ChannelOptions):
    """One Slack workspace, by ``token``, or one room of it by ``webhook``."""

    token: Secret | None = opt(None, help="the app's bot token (xoxb-…), or a user token (xoxp-…)")
    webhook: Secret | None = opt(None, help="in place of token: the whole address of an incoming webhook")
    base_url: str = opt("https://slack.com/api", help="where the Web API is; GovSlack has another host")
    room: str | None = opt(None, help="where messages go that name no room: #incidents, or an id")
    private: bool = opt(False, help="make rooms as private channels")
    invite: tuple[str, ...] = opt((), help="who is invited into each room: mail addresses or user ids", check=_invited)
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one():
                if (self.token is None) == (self.webhook is None):
                    raise ValueError("either token or webhook")
            with findings.one("webhook"):
                if self.webhook is not None and (self.room or self.private or self.invite):
                    raise ValueError("it posts into its own room only: room, private and invite go with token")
            with findings.one("base_url"):
                object.__setattr__(self, "base_url", check_base_url(self.base_url, plain_http=self.allow_http))

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; the token is read anew. Raises SecretError."""
        if self.token is None:
            raise SecretError("no token: this channel has a webhook")
        return {"Authorization": f"Bearer {await self.token.read()}"}

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a channel with a token; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )

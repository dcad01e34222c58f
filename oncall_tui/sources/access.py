"""How a monitor's API is reached: address, credentials, extra headers; and how a poll of several calls half fails."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from typing import TypeVar

from oncall_tui.config.options import Findings, SourceOptions, opt
from oncall_tui.config.secret import Secret, basic
from oncall_tui.records import dataclass
from oncall_tui.sources.base import Dropped, RateLimited, SourceContext, SourceError, TimedOut, Unreachable
from oncall_tui.sources.headers import Headers, check_headers, read_headers
from oncall_tui.sources.http import HttpClient, check_base_url

T = TypeVar("T")


_SET_ELSEWHERE = ("authorization", "host", "content-length", "accept-encoding")


def _headers(value: Headers) -> Headers:
    return check_headers(value, refused=_SET_ELSEWHERE)


@dataclass(frozen=True, kw_only=True)
class AccessOptions(SourceOptions):
    """Where a monitor is and who asks. Without ``token`` and ``username`` no credentials are sent."""

    base_url: str = opt(help="its address, with the prefix it is served below")
    token: Secret | None = opt(None, help="sent as a bearer token")
    username: str | None = opt(None, help="of basic authentication")
    password: Secret | None = opt(None, help="of basic authentication")
    headers: dict[str, str | Secret] = opt({}, help="sent with every call, such as X-Scope-OrgID", check=_headers)
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one("base_url"):
                address = check_base_url(self.base_url, plain_http=self.allow_http)
                # Documentation of hosted monitors gives the address with the API's own path at its end.
                object.__setattr__(self, "base_url", re.sub(r"/api/v[12]$", "", address))
            with findings.one():
                if self.token is not None and self.username is not None:
                    raise ValueError("either token or username and password")
            with findings.one():
                if (self.username is None) != (self.password is None):
                    raise ValueError("username and password go together")
            with findings.one("username"):
                if self.username is not None and (":" in self.username or not self.username.isprintable()):
                    raise ValueError("holds a colon or a control character")

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call; secrets are read anew. Raises SecretError."""
        extra = await read_headers(self.headers)
        if self.token is not None:
            return {**extra, "Authorization": f"Bearer {await self.token.read()}"}
        if self.username is not None and self.password is not None:
            return {**extra, "Authorization": basic(self.username, await self.password.read())}
        return extra

    def client(self, context: SourceContext) -> HttpClient:
        """The HTTP client of a source with these options; opens nothing yet."""
        return HttpClient(
            self.base_url,
            clock=context.clock,
            headers=self.request_headers,
            transport=context.transport,
            ca_file=self.ca_file,
        )


class Parts:
    """The calls of one poll, which may fail one by one.

    Attributes:
        problems: one clean line for each part that failed.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._first_error: SourceError | None = None
        self._succeeded = False
        self._reached = False

    def reached(self) -> None:
        """The server is there: from now on a part that times out is that part's failure."""
        self._reached = True

    async def take(self, what: str, call: Awaitable[T]) -> T | None:
        """The answer of ``call``, or ``None`` and a problem. ``what`` names the part.

        Raises:
            SourceError: the server is not there at all; asking it for the other parts would only cost time.
        """
        try:
            answer = await call
        except SourceError as error:
            self.failed(what, error)
            if not self._reached and isinstance(error, Unreachable | TimedOut | Dropped | RateLimited):
                raise
            return None
        self.succeeded()
        return answer

    def succeeded(self) -> None:
        """A part came."""
        self._succeeded = self._reached = True

    def failed(self, what: str, error: SourceError) -> None:
        """A part did not come."""
        self._first_error = self._first_error or error
        self.problems.append(f"{what}: {error}")

    def settle(self) -> None:
        """Raise the first error where no part came at all."""
        if not self._succeeded and self._first_error is not None:
            raise self._first_error

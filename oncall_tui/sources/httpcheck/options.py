"""What an HTTP(S) check is told in the config."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from oncall_tui.config.options import Findings, SourceOptions, at_least, opt, some, within
from oncall_tui.config.secret import Secret
from oncall_tui.records import dataclass
from oncall_tui.sources.headers import check_headers
from oncall_tui.sources.http import check_base_url
from oncall_tui.sources.threshold import Threshold
from oncall_tui.text import clean


def _statuses(word: str) -> range:
    match = re.fullmatch(r"\s*([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?\s*", word, re.ASCII)
    if match is None:
        raise ValueError(f"not a status or a range of them: {word[:20]!r} (200, 200-299)")
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first:
        raise ValueError(f"the range {word[:20]!r} is empty")
    return range(first, last + 1)


@dataclass(frozen=True, slots=True)
class Statuses(Container[object]):
    """The statuses that an address may answer with, as written: ``200``, ``200-299``."""

    words: tuple[str, ...]

    def __contains__(self, status: object) -> bool:
        return any(status in _statuses(word) for word in self.words)

    def __str__(self) -> str:
        return ", ".join(self.words)


def _expected_status(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    for word in some((value,) if isinstance(value, str) else value):
        _statuses(word)
    return value


def _address(value: str) -> str:
    try:
        parts = urlsplit(value.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("not an address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("not an http(s) address")
    if parts.username or parts.password:
        raise ValueError("the address must not hold a user: use token or headers")
    if not value.strip().isascii() or not value.strip().isprintable() or " " in value.strip():
        raise ValueError("the address must be plain ASCII; write other characters percent-encoded")
    return value.strip()


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """One check."""

    name: str = opt(help="what it is called; unique in this source", check=some)
    service: str | None = opt(None, help="the service that it tells of")
    url: str = opt(help="the address to ask", check=_address)
    method: Literal["GET", "HEAD"] = opt("GET", help="how it is asked")
    expect_status: str | tuple[str, ...] = opt(
        "200-299", help="status, range, or a list of them; redirects are not followed", check=_expected_status
    )
    expect_body: str | None = opt(None, help="text that the body must hold", check=some)
    json: dict[str, str] = opt({}, help="what a JSON body must hold: path (status, checks.0.state): value")
    headers: dict[str, str | Secret] = opt({}, help="sent with the request", check=check_headers)
    token: Secret | None = opt(None, help="sent as a bearer token")
    timeout: timedelta = opt(
        timedelta(seconds=5), help="no whole answer in this time is down", check=at_least(timedelta(milliseconds=100))
    )
    degraded: Threshold | None = opt(None, help="of the time to answer: '> 800ms'")
    failures: int = opt(1, help="in a row before it counts as down", check=within(1, 100))
    successes: int = opt(1, help="in a row before it counts as up again", check=within(1, 100))

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one("method"):
                if self.method == "HEAD" and (self.expect_body or self.json):
                    raise ValueError("HEAD brings no body to look into")
            with findings.one("timeout"):
                if self.timeout > timedelta(seconds=60):
                    raise ValueError("at most 60s")
            with findings.one("degraded"):
                self._check_limit()
            with findings.one("url"):
                self._check_privacy()

    def _check_limit(self) -> None:
        if self.degraded is not None:
            try:
                self.degraded.in_unit("ms")
            except ValueError:
                raise ValueError("a limit in ms or s, such as '> 800ms'") from None

    def _check_privacy(self) -> None:
        if self.token is not None or any(isinstance(value, Secret) for value in self.headers.values()):
            try:
                check_base_url(self.origin)
            except ValueError:
                raise ValueError("http:// would show its secret to the network: use https") from None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def statuses(self) -> Statuses:
        """``expect_status`` to test against."""
        words = (self.expect_status,) if isinstance(self.expect_status, str) else self.expect_status
        return Statuses(words)

    @property
    def native_id(self) -> str:
        """Its id in this source: the name in lower case, with dashes."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "check"


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """HTTP(S) checks that this program makes itself."""

    health: tuple[CheckOptions, ...] = opt(help="the checks", check=some)
    ca_file: str | None = opt(None, help="PEM file of the authority that signed their certificates")

    def __post_init__(self) -> None:
        taken: dict[str, str] = {}
        for check in self.health:
            other = taken.setdefault(check.native_id, check.name)
            if other != check.name or [one.name for one in self.health].count(check.name) > 1:
                raise ValueError(f"health: two checks are called {clean(check.name, 60)!r}")

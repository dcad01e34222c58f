"""How mail is configured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from oncall_tui.config.options import ChannelOptions, Findings, at_least, opt, within
from oncall_tui.config.secret import Secret
from oncall_tui.sources.http import is_loopback

_WITH_NAME = re.compile(r"([^<>\r\n]*)<([^<>\s]+)>\s*")
_MAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def split_address(text: str) -> tuple[str, str]:
    """Name (may be empty) and mail address of ``alice@example.com`` or ``Alice <alice@example.com>``.

    Raises:
        ValueError: it is no address that a mail's header could hold safely.
    """
    match = _WITH_NAME.fullmatch(text.strip())
    name, mail = (match[1].strip(' "'), match[2]) if match else ("", text.strip())
    if not _MAIL.fullmatch(mail) or ".." in mail or not name.isprintable():
        raise ValueError(f"not a mail address: {text[:80]!r}")
    return name, mail


def _address(value: str) -> str:
    split_address(value)
    return value


def _addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        split_address(one)
    return value


@dataclass(frozen=True, kw_only=True)
class Options(ChannelOptions):
    """One mail server to hand mail to, and who writes to whom."""

    host: str = opt(help="the mail server")
    port: int | None = opt(None, help="left out: 587 (starttls), 465 (tls), 25 (none)", check=within(1, 65535))
    security: Literal["starttls", "tls", "none"] = opt("starttls", help="none is for a relay in your own network")
    username: str | None = opt(None, help="to log in with; without it nothing is logged in")
    password: Secret | None = opt(None, help="to log in with")
    sender: str = opt(
        key="from", help="who it is from: oncall@example.com, or On-call <oncall@example.com>", check=_address
    )
    to: tuple[str, ...] = opt((), help="who gets what names no receivers", check=_addresses)
    subject: str = opt("{{ subject or title }}", help="template of the subject")
    text_template: str | None = opt(None, help="a file in place of the built-in template of the plain text")
    html_template: str | None = opt(None, help="a file in place of the built-in template of the HTML")
    timeout: timedelta = opt(timedelta(seconds=20), help="for all of it", check=at_least(timedelta(seconds=1)))
    allow_plain: bool = opt(False, help="log in without TLS, on this machine only")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one("host"):
                if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", self.host, re.ASCII):
                    raise ValueError("not the name or address of a machine")
            with findings.one():
                if (self.username is None) != (self.password is None):
                    raise ValueError("username and password go together")
            with findings.one("security"):
                is_told = self.security == "none" and self.username is not None
                if is_told and not (self.allow_plain and is_loopback(self.host)):
                    raise ValueError(
                        "none would show the password to the network: use starttls or tls"
                        " (allow_plain: true is for a server on this machine)"
                    )
            with findings.one("timeout"):
                if self.timeout > timedelta(minutes=5):
                    raise ValueError("at most 5m")

    @property
    def at_port(self) -> int:
        """The port that is called."""
        return self.port or _PORTS[self.security]

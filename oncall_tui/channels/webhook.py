"""Any system that takes JSON over HTTP: a body by template, headers with secrets, an expected status.

Nothing can be read back, so a lost answer leaves the outcome unknown. The action's key goes along as
``Idempotency-Key``, for a receiver that knows such a thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

import msgspec

from oncall_tui.channels.hooks import HookCaller
from oncall_tui.clock import iso
from oncall_tui.config.options import ChannelOptions, Findings, at_least, opt, some
from oncall_tui.config.secret import Secret, SecretError, mask_read
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Capability,
    Confirmation,
    Outcome,
    Probe,
    Reach,
    Receiver,
    Refused,
    Sent,
    SourceContext,
    Unsupported,
)
from oncall_tui.sources.headers import Headers, check_headers, read_headers
from oncall_tui.sources.http import check_base_url
from oncall_tui.sources.httpcheck.options import Statuses
from oncall_tui.text import clean

if TYPE_CHECKING:
    from jinja2 import Template

BODY = """\
{"key": {{ key }}, "time": {{ time }}, "from": {{ seat }}, "incident": {{ incident }}, "title": {{ title }},
 "subject": {{ subject }}, "text": {{ text }}, "room": {{ room }}, "to": {{ to }}}
"""
MAX_BODY = 1024 * 1024
_SET_ELSEWHERE = ("host", "content-length", "accept-encoding")


def _headers(value: Headers) -> Headers:
    return check_headers(value, refused=_SET_ELSEWHERE)


@dataclass(frozen=True, kw_only=True)
class Options(ChannelOptions):
    """One address that takes JSON."""

    url: str | Secret = opt(help="the whole address; as a secret where it is one: {env: NAME}")
    method: Literal["POST", "PUT", "PATCH"] = opt("POST", help="how it is called")
    headers: dict[str, str | Secret] = opt({}, help="sent with each call", check=_headers)
    token: Secret | None = opt(None, help="sent as a bearer token")
    body: str = opt(BODY, help="template of the JSON that is sent; each value is put in as JSON")
    expect_status: str | tuple[str, ...] = opt("200-299", help="what it answers when all is well")
    expect_body: str | None = opt(None, help="text that its answer must hold when all is well", check=some)
    timeout: timedelta = opt(timedelta(seconds=15), help="for one call", check=at_least(timedelta(seconds=1)))
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one("url"):
                if isinstance(self.url, str):
                    parts = urlsplit(self.url.strip())
                    check_base_url(f"{parts.scheme}://{parts.netloc}", plain_http=self.allow_http)
                    object.__setattr__(self, "url", self.url.strip())
            with findings.one("timeout"):
                if self.timeout > timedelta(minutes=2):
                    raise ValueError("at most 2m")
            with findings.one("headers"):
                if self.token is not None and any(name.lower() == "authorization" for name in self.headers):
                    raise ValueError("either token or Authorization")
            with findings.one("expect_status"):
                _ = 0 in self.statuses

    @property
    def statuses(self) -> Statuses:
        """``expect_status`` to test against."""
        return Statuses((self.expect_status,) if isinstance(self.expect_status, str) else self.expect_status)


def make(options: ChannelOptions, context: SourceContext) -> Receiver:
    """The channel; opens nothing yet.

    Raises:
        ValueError: the body's template is wrong.
    """
    if not isinstance(options, Options):
        raise TypeError(f"not the options of a webhook: {type(options).__name__}")
    return Webhook(options, context)


class Webhook:
    """A channel that calls one address with each message."""

    kind: ClassVar[str] = "webhook"
    capabilities: frozenset[Capability] = frozenset({Capability.MESSAGE})

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self._options = options
        self._caller = HookCaller(options.url, context, plain_http=options.allow_http, ca_file=options.ca_file)
        self._body = JsonTemplate(options.body)
        self.reach = Reach(place=_host(options.url), subject=True)
        self._accept = tuple(status for status in range(100, 600) if status in options.statuses)

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing: there is no looking."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Call it, once.

        Raises:
            Refused: the template gives no JSON for this message, or the other side says no.
        """
        if row.verb is not Verb.MESSAGE:
            raise Unsupported(f"a webhook cannot {row.verb.value.replace('_', ' ')}: it sends messages")
        body = self._body.render(values_of(row))
        try:
            answer = await self._caller.call(
                self._options.method,
                json=body,
                headers={"Idempotency-Key": row.key, **await self._headers()},
                accept=self._accept,
                deadline_s=self._options.timeout.total_seconds(),
            )
        except AuthFailed as error:
            if error.status != 403:
                raise
            raise Refused(str(error), status=403) from None
        if answer.status not in self._accept:
            expected = f"{self._caller.host} answers {answer.status}, not {self._options.statuses}"
            raise BadAnswer(f"{expected}: {_start(answer.text)}", maybe_applied=True)
        if self._options.expect_body is not None and self._options.expect_body not in answer.text:
            words = f"{self._caller.host} answers without {clean(self._options.expect_body, 60)!r}"
            raise BadAnswer(f"{words}: {_start(answer.text)}", maybe_applied=True)
        return Sent()

    async def _headers(self) -> dict[str, str]:
        try:
            headers = await read_headers(self._options.headers)
            if self._options.token is not None:
                headers["Authorization"] = f"Bearer {await self._options.token.read()}"
        except SecretError as error:
            raise AuthFailed(str(error)) from None
        return headers

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """Its own answer stands; without one nobody can tell."""
        if row.answered_at is not None:
            return Confirmation(outcome=Outcome.APPLIED)
        return Confirmation(outcome=Outcome.UNKNOWN, text="a webhook cannot be asked what has reached it: look there")

    async def probe(self) -> Probe:
        """Whether its host can be reached: the address itself would act."""
        return await self._caller.probe(self.capabilities)

    async def aclose(self) -> None:
        """Close the connections; may be called twice."""
        await self._caller.aclose()


def _start(text: str) -> str:
    """How an answer begins. Masked before it is cut: half a secret is none that could be recognised."""
    return clean(mask_read(text[:2000]), 80)


def _host(url: str | Secret) -> str:
    # Of an address that is a secret nothing is shown.
    return clean(urlsplit(url).netloc.rpartition("@")[2], 80) if isinstance(url, str) else "its webhook"


def values_of(row: OutboxRow) -> dict[str, Any]:
    """What the template is given."""
    return {
        "key": row.key,
        "time": iso(row.created_at),
        "seat": row.seat,
        "incident": row.target,
        "title": row.target_title,
        "subject": row.params.get("subject") or "",
        "text": row.params["text"],
        "room": row.params.get("room"),
        "to": row.params.get("to") or [],
    }


class JsonTemplate:
    """A template that gives JSON. What it prints is put in as JSON, quotes and all, so no text can break out of its
    place: ``{"text": {{ text }}}``.

    Raises:
        ValueError: it cannot be understood, or gives no JSON.
    """

    def __init__(self, source: str) -> None:
        from jinja2 import TemplateError

        try:
            self._template = _compiled(source)
            words = ("key", "time", "seat", "incident", "title", "subject", "text")
            self.render({**dict.fromkeys(words, 'x"{}'), "room": None, "to": []})
        except (TemplateError, Refused) as error:
            raise ValueError(f"body: {clean(error, 200)}") from None

    def render(self, values: dict[str, Any]) -> Any:
        """The JSON for these values, decoded.

        Raises:
            Refused: it is none, or too much.
        """
        from jinja2 import TemplateError

        try:
            text = self._template.render(values)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise Refused(f"the body's template fails: {clean(error, 160)}") from None
        if len(text) > MAX_BODY:
            raise Refused("the body's template gives more than 1 MiB")
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refused(f"the body's template gives no JSON: {clean(error, 160)}") from None


def _compiled(source: str) -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=_as_json)
    # The filter of that name would make JSON of JSON.
    environment.filters["tojson"] = lambda value: value
    return environment.from_string(re.sub(r"\r\n?", "\n", source))


def _as_json(value: Any) -> str:
    from jinja2 import StrictUndefined

    if isinstance(value, StrictUndefined):
        return str(value)  # which raises, and names it
    return msgspec.json.encode(value).decode()

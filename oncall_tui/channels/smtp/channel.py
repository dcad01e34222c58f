"""Mail as a channel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar, TypeVar

from oncall_tui.channels.smtp.conversation import Conversation, Server
from oncall_tui.channels.smtp.mail import Composer, addresses, as_bytes
from oncall_tui.channels.smtp.options import Options, split_address
from oncall_tui.clock import zone_named
from oncall_tui.config.secret import SecretError
from oncall_tui.model import OutboxRow, Verb
from oncall_tui.sources.base import (
    AuthFailed,
    Capability,
    Confirmation,
    Outcome,
    Probe,
    Reach,
    Sent,
    SourceContext,
    SourceError,
    TimedOut,
    Unsupported,
)
from oncall_tui.text import clean
from oncall_tui.threads import aside

T = TypeVar("T")


class Smtp:
    """A channel that sends mail, and cannot ask what became of one."""

    kind: ClassVar[str] = "smtp"
    capabilities: frozenset[Capability] = frozenset({Capability.MESSAGE})

    def __init__(self, options: Options, context: SourceContext) -> None:
        self.name = context.name
        self._options = options
        self.reach = Reach(place=clean(", ".join(options.to), 400), named_by="to", subject=True, html=True)
        self._composer = Composer(options, zone_named(context.seat.time_zone))

    async def prepare(self, row: OutboxRow) -> tuple[str, ...]:
        """Nothing: there is no looking."""
        return ()

    async def send(self, row: OutboxRow) -> Sent:
        """Hand the mail to the server, once. Some receivers may be refused: the answer names them."""
        if row.verb is not Verb.MESSAGE:
            raise Unsupported(f"mail cannot {row.verb.value.replace('_', ' ')}: it sends messages")
        to = addresses(row, self._options)
        mail = self._composer.compose(row, to)
        text = as_bytes(mail)
        sender, receivers = split_address(self._options.sender)[1], [split_address(one)[1] for one in to]
        refused = await self._converse(lambda one: one.deliver(sender, receivers, text))
        words = "; ".join(f"not to {address}: {why}" for address, why in refused.items())
        return Sent(text=words, native_ref=str(mail["Message-ID"]))

    async def _converse(self, talk: Callable[[Conversation], T]) -> T:
        """A conversation within the total time.

        Raises:
            SourceError: what the conversation raises; TimedOut where it took too long.
        """
        limit_s = self._options.timeout.total_seconds()
        conversation: Conversation | None = None
        try:
            async with asyncio.timeout(limit_s):
                conversation = Conversation(await self._server(limit_s))
                held = conversation
                return await aside(lambda: talk(held))
        except TimeoutError:
            left = conversation.abandon() if conversation is not None else False
            raise TimedOut(f"{self._options.host} took over {limit_s:.0f} s", maybe_applied=left) from None
        except asyncio.CancelledError:
            if conversation is not None:
                conversation.abandon()
            raise

    async def _server(self, limit_s: float) -> Server:
        options, login = self._options, None
        if options.username is not None and options.password is not None:
            try:
                login = (options.username, await options.password.read())
            except SecretError as error:
                raise AuthFailed(str(error)) from None
        return Server(options.host, options.at_port, options.security, limit_s, options.ca_file, login)

    async def confirm(self, row: OutboxRow) -> Confirmation:
        """The server's own answer stands; without one nobody can tell."""
        if row.answered_at is not None:
            return Confirmation(outcome=Outcome.APPLIED)
        return Confirmation(
            outcome=Outcome.UNKNOWN, text="a mail server cannot be asked what it has sent: ask a receiver"
        )

    async def probe(self) -> Probe:
        """Whether the server can be spoken to and takes the login. Nothing is sent."""
        error: SourceError | None = None
        notes: list[str] = []
        started = time.perf_counter()
        try:
            notes += await self._converse(lambda one: one.knock())
        except SourceError as caught:
            error = caught
        if not self._options.to:
            notes.append("to names nobody: each message must name its receivers")
        return Probe(
            ok=error is None,
            error=str(error) if error else None,
            error_kind=error.kind if error else None,
            latency_ms=(time.perf_counter() - started) * 1000 if error is None else None,
            can=() if error else tuple(sorted(capability.value for capability in self.capabilities)),
            notes=tuple(notes),
        )

    async def aclose(self) -> None:
        """Nothing stays open between two mails."""

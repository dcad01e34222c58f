"""A real SMTP server on loopback, and a certificate that it makes for itself."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "oncall", "demo-mail-password"


def make_certificate(folder: Path) -> Path:
    """A certificate for ``localhost`` and 127.0.0.1 with its key, in one file that is also its own authority.
    Skips the test where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = [*request.split(), "-addext", names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    return certificate


@dataclass
class Mailbox:
    """What the server does with mail, and what it has taken.

    ``refuse``: address to reply. ``reply``: to the text. ``drop``: ``"before"`` closes the connection in place of the
    answer to DATA, ``"after"`` once the text was taken, ``"within"`` answers nothing to the text for ever, ``"quit"``
    nothing to QUIT. ``auth_reply``: to a login that is refused.
    """

    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    reply: str = "250 taken"
    sender_reply: str = ""
    drop: str = ""
    auth_reply: str | None = None
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    """User, password, and whether TLS was on."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        self.logins.append((*given, session.ssl is not None))
        return AuthResult(success=given == (USER, PASSWORD), handled=False, message=self.auth_reply)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_reply:
            return self.sender_reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.begun.set()
        if self.drop == "within":
            await asyncio.sleep(3600)
        assert isinstance(envelope.content, bytes)
        if self.reply.startswith("2"):
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            self.taken.append((list(envelope.rcpt_tos), mail))
        if self.drop == "after":
            assert server.transport is not None
            server.transport.abort()
        return self.reply


class Protocol(SMTP):
    """aiosmtpd's, which can close the connection in place of the answer to DATA, and leave QUIT without one."""

    async def smtp_DATA(self, arg: str) -> None:
        if self.event_handler.drop == "before":
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        if self.event_handler.drop == "quit":
            await asyncio.sleep(3600)
        await super().smtp_QUIT(arg)


@contextlib.asynccontextmanager
async def mail_server(
    box: Mailbox, *, implicit_tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """The server on a free port of 127.0.0.1 while the block runs."""
    loop = asyncio.get_running_loop()
    made: list[Protocol] = []

    def protocol() -> Protocol:
        made.append(Protocol(box, hostname="mail.example.com", authenticator=box.authenticate, loop=loop, **options))
        return made[-1]

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit_tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in made:
            if one.transport is not None:
                one.transport.abort()
            handler = one._handler_coroutine
            if handler is not None and not handler.done():
                handler.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await handler

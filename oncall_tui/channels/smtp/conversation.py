"""One conversation with a mail server, in a thread of its own; whoever waits for it may give it up.

What matters is the moment when the mail's text begins to leave: before it nothing can have been delivered, after it
everything may have been.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oncall_tui.config.secret import forget_commands, hide, mask_read
from oncall_tui.sources.answers import unreachable_reason
from oncall_tui.sources.base import (
    AuthFailed,
    BadAnswer,
    Dropped,
    Refused,
    ServerFailed,
    SourceError,
    TimedOut,
    Unreachable,
)
from oncall_tui.text import clean

_TAKEN = (250, 251, 252)
_LEAVE_S = 2.0
"""How long a server may take over QUIT: what was said before it stands."""
_BACK_SOON_S = 60.0
"""A server that says "later" (greylisting, too busy) means a minute or more."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how a server is spoken to. ``login``: user and password, read for this conversation."""

    host: str
    port: int
    security: str
    timeout_s: float
    ca_file: str | None
    login: tuple[str, str] | None


class Conversation:
    """One conversation. Its methods block; :meth:`abandon` may be called from another thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._abandoned = False
        self._text_left = False
        self._client: smtplib.SMTP | None = None

    def abandon(self) -> bool:
        """Nobody waits for it any more: it ends as soon as it can, and no text leaves from now on.

        Returns:
            Whether the text had begun to leave: it may have been taken.
        """
        with self._lock:
            self._abandoned = True
            client, left = self._client, self._text_left
        if client is not None and client.sock is not None:
            with contextlib.suppress(OSError):
                client.sock.shutdown(socket.SHUT_RDWR)
        return left

    def deliver(self, sender: str, to: Sequence[str], text: bytes) -> dict[str, str]:
        """Hand a mail over, once.

        Args:
            text: the whole mail with CRLF.

        Returns:
            The receivers that were refused, each with the server's reason; at least one was not.

        Raises:
            SourceError: ``maybe_applied`` where the text had begun to leave.
        """
        with self._opened() as client:
            self._expect(client.mail(sender, [f"size={len(text)}"] if client.has_extn("size") else []), _TAKEN)
            refused = self._name_receivers(client, to)
            self._expect(client.docmd("DATA"), (354,))
            self._let_text_leave()
            client.send(re.sub(rb"(?m)^\.", b"..", text) + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            self._expect(client.getreply(), _TAKEN)
            return refused

    def knock(self) -> list[str]:
        """Open, log in, and leave. What there is to tell.

        Raises:
            SourceError: it cannot be spoken to, or the login is refused.
        """
        with self._opened() as client:
            self._expect(client.noop(), _TAKEN)
            secured = client.sock.version() if isinstance(client.sock, ssl.SSLSocket) else None
            login = self._server.login
            return [
                secured or "without TLS: what is written can be read on the way",
                f"logged in as {clean(login[0], 80)}" if login else "without a login",
            ]

    # -- its parts ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _opened(self) -> Iterator[smtplib.SMTP]:
        try:
            client = self._connect()
            with self._lock:
                self._client = client
            try:
                self._secure(client)
                self._log_in(client)
                yield client
            finally:
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    if client.sock is not None:
                        client.sock.settimeout(_LEAVE_S)
                    client.quit()
                client.close()
        except SourceError:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise self._translated(error) from None

    def _connect(self) -> smtplib.SMTP:
        server, name = self._server, _own_name()
        if server.security == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, name, timeout=server.timeout_s, context=_context(server.ca_file)
            )
        return smtplib.SMTP(server.host, server.port, name, timeout=server.timeout_s)

    def _secure(self, client: smtplib.SMTP) -> None:
        client.ehlo_or_helo_if_needed()
        if self._server.security != "starttls":
            return
        if not client.has_extn("starttls"):
            raise Refused(f"{self._server.host} offers no STARTTLS: nothing was sent (security: tls, or another port?)")
        self._expect(client.starttls(context=_context(self._server.ca_file)), (220,))
        client.ehlo_or_helo_if_needed()

    def _log_in(self, client: smtplib.SMTP) -> None:
        if self._server.login is None:
            return
        user, password = self._server.login
        # Some servers repeat what they do not take.
        for written in (password, f"\0{user}\0{password}"):
            hide(b64encode(written.encode()).decode("ascii"))
        try:
            client.login(user, password)
        except smtplib.SMTPAuthenticationError as error:
            if 400 <= error.smtp_code < 500:
                raise self._no(error.smtp_code, error.smtp_error) from None
            forget_commands()
            words = _words(error.smtp_error)
            raise AuthFailed(f"{self._server.host} refuses the login ({error.smtp_code}): {words}") from None

    def _name_receivers(self, client: smtplib.SMTP, to: Sequence[str]) -> dict[str, str]:
        refused: dict[str, tuple[int, bytes]] = {}
        for address in to:
            code, words = client.rcpt(address)
            if code == 421:
                raise self._no(code, words)
            if code not in _TAKEN:
                refused[address] = (code, words)
        if len(refused) == len(to):
            # Where one of them may be taken later the mail is tried again whole: nobody has got it.
            code, words = min(refused.values(), key=lambda reply: reply[0])
            raise self._no(code, words, f"takes no receiver ({', '.join(refused)})")
        return {address: f"{code} {_words(words)}" for address, (code, words) in refused.items()}

    def _let_text_leave(self) -> None:
        with self._lock:
            if self._abandoned:
                raise TimedOut(f"{self._server.host} was given up before the text left")
            self._text_left = True

    # -- answers -----------------------------------------------------------------------------------------------------

    def _expect(self, reply: tuple[int, bytes], wanted: tuple[int, ...]) -> None:
        if reply[0] not in wanted:
            raise self._no(*reply)

    def _no(self, code: int, words: bytes | str, what: str = "says no") -> SourceError:
        line = f"{self._server.host} {what}: {code} {_words(words)}"
        if code == -1:
            return self._broke("the connection was closed")
        if 400 <= code < 500:
            return ServerFailed(line, retry_after=_BACK_SOON_S)
        if 500 <= code < 600:
            return Refused(line, status=code, code=code)
        return BadAnswer(line, maybe_applied=self._text_left)

    def _broke(self, why: str) -> SourceError:
        return Dropped(f"the connection to {self._server.host} broke: {why}", maybe_applied=self._text_left)

    def _translated(self, error: Exception) -> SourceError:
        host, left = self._server.host, self._text_left
        match error:
            case TimeoutError():
                return TimedOut(f"no answer from {host} in {self._server.timeout_s:.0f} s", maybe_applied=left)
            case smtplib.SMTPServerDisconnected():
                return self._broke(clean(error, 120))
            case smtplib.SMTPNotSupportedError():
                return Refused(f"{host} cannot do that: {clean(error, 120)}")
            case smtplib.SMTPResponseException():
                return self._no(error.smtp_code, error.smtp_error)
            case smtplib.SMTPException():
                return AuthFailed(f"{host}: {clean(error, 120)}")  # no way to log in that both know
            case ConnectionResetError() | BrokenPipeError() | ssl.SSLEOFError():
                return self._broke(clean(error, 120) or type(error).__name__)
            case OSError() if self._client is None or isinstance(error, ssl.SSLError):
                return Unreachable(f"cannot reach {host}: {unreachable_reason(error)}", maybe_applied=left)
        return self._broke(clean(error, 120) or type(error).__name__)


def _own_name() -> str:
    """What this machine calls itself, without asking the network as smtplib would."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", name, re.ASCII) else "localhost"


def _context(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _words(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return clean(mask_read(text), 200)

"""A secret that never shows itself: read when needed, masked everywhere else."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import stat
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Literal
from weakref import WeakKeyDictionary

from oncall_tui.records import dataclass
from oncall_tui.threads import aside

MASK = "••••••"
KEYRING_SERVICE = "oncall-tui"
"""The service under which the machine's keyring holds the tokens."""
_read: set[str] = set()
_HEADER = re.compile(
    r"(?i)((?:authorization|token|api[-_]?key|password|secret)[\"']?\s*[:=]\s*"
    r"(?:token token=|bearer |basic )?)[^\s,;\"'}]{6,}"
)
_COMMAND_SECONDS = 20.0
_COMMAND_KEPT_S = 60.0
_kept: dict[str, tuple[float, str]] = {}
_running: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()
_MAX_BYTES = 16_384
_PIECE = 4
"""So much of one that was cut says something."""
_SHORTEST = 6
"""Shorter ones would mask ordinary words; no system gives out a token that short."""


def mask(text: str) -> str:
    """``text`` with every secret that this process has read masked, and what follows a known header's name."""
    return _HEADER.sub(rf"\1{MASK}", mask_read(text))


def mask_read(text: str) -> str:
    """``text`` with every secret that this process has read masked: for words of a system, which may repeat one."""
    for secret in sorted(_read, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def mask_cut(text: str) -> str:
    """As :func:`mask_read`, for a text that was cut out of a longer one: what may be the beginning of a secret at its
    end, or the end of one at its beginning, is masked too."""
    text = mask_read(text)
    for secret in _read:
        longest = min(len(secret) - 1, len(text))
        if size := next((n for n in range(longest, _PIECE - 1, -1) if text.endswith(secret[:n])), 0):
            text = text[:-size] + MASK
        if size := next((n for n in range(longest, _PIECE - 1, -1) if text.startswith(secret[-n:])), 0):
            text = MASK + text[size:]
    return text


def hide(text: str) -> None:
    """From now on ``text``, which is made of a secret (written otherwise, or a part of it), is masked as if it were
    read."""
    if len(text) >= _SHORTEST:
        _read.add(text)


def basic(user: str, password: str) -> str:
    """The header's value of basic authentication. It only looks as if nobody could read it, so it is masked, too."""
    pair = b64encode(f"{user}:{password}".encode()).decode("ascii")
    hide(pair)
    return f"Basic {pair}"


def forget_commands() -> None:
    """A system has refused a token: every command is run anew when its secret is read next."""
    _kept.clear()


class SecretError(Exception):
    """A secret cannot be read. ``str()`` is one line that names where from, never what."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Where a secret comes from: ``literal``, ``env`` (a variable), ``file`` (mode 0600), ``command`` (its first
    output line), ``keyring`` (the password that the machine's keyring has for the service ``oncall-tui`` under that
    name; needs the package ``keyring``). It is read anew at each :meth:`read`, so that a rotated token is picked up;
    what a command or the keyring gave is kept for a minute, or until a system refuses it (:func:`forget_commands`),
    for a poll reads it dozens of times."""

    how: Literal["literal", "env", "file", "command", "keyring"]
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.described})"

    __str__ = __repr__

    @property
    def described(self) -> str:
        """Where it comes from, for messages: ``env PAGERDUTY_TOKEN``; of a literal only that it is one, of a command
        only its program, because its arguments may hold a secret themselves."""
        match self.how:
            case "literal":
                return "the literal in the config"
            case "command":
                return f"command {self.value.split(maxsplit=1)[0] if self.value.strip() else ''}".rstrip()
        return f"{self.how} {self.value}"

    async def read(self) -> str:
        """The secret itself, stripped of white space at its ends.

        Raises:
            SecretError: not set, unreadable, readable by others, empty, or the command failed.
        """
        match self.how:
            case "literal":
                found = self.value
            case "env":
                found = os.environ.get(self.value, "")
            case "file":
                found = await aside(self._from_file)
            case "command":
                found = await self._kept_or_fetched(self._from_command)
            case "keyring":
                found = await self._kept_or_fetched(self._from_keyring)
        found = found.strip()
        if not found:
            raise SecretError(f"no token: {self.described} is empty or not set")
        if not found.isascii() or not found.isprintable():
            raise SecretError(f"the token from {self.described} holds characters that no header can carry")
        hide(found)
        return found

    def _from_file(self) -> str:
        path = Path(self.value).expanduser()
        try:
            with path.open("rb") as handle:
                status = os.fstat(handle.fileno())
                if status.st_uid not in (os.getuid(), 0):
                    raise SecretError(f"{path} does not belong to you; its token is not used")
                if stat.S_IMODE(status.st_mode) & 0o077:
                    raise SecretError(f"{path} can be read by others; run: chmod 600 {shlex.quote(str(path))}")
                return handle.read(_MAX_BYTES).decode("utf-8", "replace")
        except OSError as error:
            raise SecretError(f"cannot read the token file {path}: {error.strerror}") from None

    async def _kept_or_fetched(self, fetch: Callable[[], Awaitable[str]]) -> str:
        name = f"{self.how} {self.value}"
        locks = _running.setdefault(asyncio.get_running_loop(), {})
        async with locks.setdefault(name, asyncio.Lock()):
            at, found = _kept.get(name, (0.0, ""))
            if not found or time.monotonic() - at >= _COMMAND_KEPT_S:
                found = await fetch()
                _kept[name] = (time.monotonic(), found)
            return found

    async def _from_keyring(self) -> str:
        try:
            keyring = import_module("keyring")  # an extra of this package: not everybody has it
        except ImportError:
            raise SecretError("the keyring cannot be read: the package keyring is not installed") from None
        try:
            # A locked keyring asks its owner, who may not be there.
            async with asyncio.timeout(_COMMAND_SECONDS):
                found: str | None = await aside(lambda: keyring.get_password(KEYRING_SERVICE, self.value))
        except TimeoutError:
            raise SecretError(f"the keyring gave nothing within {_COMMAND_SECONDS:.0f} s: is it locked?") from None
        except Exception as error:  # noqa: BLE001 - each backend has its own errors
            raise SecretError(f"the keyring cannot be read: {type(error).__name__}") from None
        return found or ""

    async def _from_command(self) -> str:
        try:
            argv = shlex.split(self.value)
        except ValueError:
            raise SecretError("the token command has a quote that is not closed") from None
        if not argv:
            raise SecretError("the token command is empty")
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise SecretError(f"the token command {argv[0]} does not start: {error.strerror}") from None
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                output, _ = await process.communicate()
        except TimeoutError:
            raise SecretError(f"the token command {argv[0]} took over {_COMMAND_SECONDS:.0f} s") from None
        finally:
            # Also when the call that waits for the token is cancelled or meets its own deadline.
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise SecretError(f"the token command {argv[0]} ended with exit code {process.returncode}")
        return output[:_MAX_BYTES].decode("utf-8", "replace").strip().split("\n", 1)[0]

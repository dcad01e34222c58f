"""Extra headers from the config: checked, and never a secret in plain text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from oncall_tui.config.secret import Secret

_TELLING = re.compile(r"auth|token|key|secret|cookie|password|session", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}", re.ASCII)

Headers = dict[str, str | Secret]


def check_headers(value: Headers, *, refused: Collection[str] = ()) -> Headers:
    """The same headers.

    Args:
        refused: lower-case names that are set elsewhere.

    Raises:
        ValueError: a name or value that no header can carry, a refused name, or what looks like a secret as text.
    """
    for name, text in value.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"not the name of a header: {name[:40]!r}")
        if name.lower() in refused:
            raise ValueError(f"{name}: not here (credentials are token, or username and password)")
        if isinstance(text, Secret):
            continue
        if _TELLING.search(name):
            raise ValueError(f"{name}: looks like a secret: give it as {{env: …}}, {{command: …}} or {{file: …}}")
        if not text.isascii() or not text.isprintable():
            raise ValueError(f"{name}: holds characters that no header can carry")
    return value


async def read_headers(headers: Mapping[str, str | Secret]) -> dict[str, str]:
    """The headers with their secrets, read anew. Raises SecretError."""
    return {name: await text.read() if isinstance(text, Secret) else text for name, text in headers.items()}

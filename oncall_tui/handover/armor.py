"""The machine-readable part that a handover carries, so that it gets from seat to seat through chat and mail. Pure.

JSON, compressed, in lines of base64 between two lines of words::

    =====BEGIN ONCALL-TUI HANDOVER=====
    sum: 5f0c2a9d1e34b87a
    eNqrVspOrVSyUlAqzy/KSVGqBQA…
    =====END ONCALL-TUI HANDOVER=====

The lines survive a code block, a quoted mail (``> ``), a message that was cut in two, an HTML comment; whatever else
stands between them is passed over. The sum tells whether something of it was lost on the way.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import textwrap
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

BEGIN = "=====BEGIN ONCALL-TUI HANDOVER====="
END = "=====END ONCALL-TUI HANDOVER====="
MAX_JSON = 2_000_000
"""Bytes of the JSON, unpacked."""
_LINE = 76
_SUM = re.compile(r"sum:\s*([0-9a-f]{16})")
_DATA = re.compile(r"[A-Za-z0-9+/]{1,400}={0,2}")
_QUOTED = re.compile(r"^(?:\s*>)*\s*")


class DamagedPart(ValueError):
    """There is such a part and it cannot be read: one line that says why."""


def armored(document: Mapping[str, Any]) -> str:
    """The document as such a part, without a newline at the end."""
    raw = msgspec.json.encode(document)
    data = base64.b64encode(zlib.compress(raw, 9)).decode()
    return "\n".join([BEGIN, f"sum: {_sum_of(raw)}", *textwrap.wrap(data, _LINE), END])


def unarmored(text: str) -> bytes | None:
    """The JSON of the last such part in ``text``; ``None``: there is none.

    Raises:
        DamagedPart: it is cut off, changed, or unpacks to more than :data:`MAX_JSON`.
    """
    begin = text.rfind(BEGIN)
    if begin < 0:
        return None
    end = text.find(END, begin)
    if end < 0:
        raise DamagedPart("the machine-readable part is cut off: its last line is missing")
    wanted, data, rest = "", [], ""
    for line in text[begin + len(BEGIN) : end].splitlines():
        words = _QUOTED.sub("", line).strip()
        told = _SUM.fullmatch(words)
        if told is not None:
            wanted = told[1]
        elif _DATA.fullmatch(words):
            if len(words) == _LINE:
                data.append(words)
            else:
                rest = words  # the last line is shorter; a name that stands alone is, too
    raw = _unpacked("".join(data) + rest)
    if not wanted or _sum_of(raw) != wanted:
        raise DamagedPart("the machine-readable part is damaged: its sum is not right, so something of it was lost")
    return raw


def _unpacked(data: str) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(base64.b64decode(data, validate=True), MAX_JSON + 1)
    except (binascii.Error, zlib.error, ValueError):
        raw = b""
    if not raw:
        raise DamagedPart("the machine-readable part is damaged: it cannot be unpacked")
    if len(raw) > MAX_JSON:
        raise DamagedPart(f"the machine-readable part is larger than {MAX_JSON // 1_000_000} MB")
    return raw


def _sum_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]

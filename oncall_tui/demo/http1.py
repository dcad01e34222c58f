"""HTTP/1.1 as far as the demo's server speaks it: one request off a stream, one answer on it. Small and strict.

What is unclear is refused and the connection closed: a request that two readers could read differently is not
read at all. Bodies come with a ``Content-Length``; a chunked one is not taken.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses as PHRASES

from oncall_tui.demo.wire import Request, Response, split_target

MAX_HEAD = 32 * 1024
MAX_BODY = 1024 * 1024
MAX_HEADERS = 100

_LINE = re.compile(rb"([A-Z]{1,16}) (/[\x21-\x7e]{0,8191}) HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*")
_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_LENGTH = re.compile(r"\d{1,12}", re.ASCII)


class BadRequest(Exception):
    """A request that is refused with ``status``; the connection closes after it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Received:
    """A request and whether its connection stays open after the answer."""

    request: Request
    keep_alive: bool


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, idle_s: float, read_s: float
) -> Received | None:
    """The next request, ``None`` when the peer has closed or stays silent for ``idle_s`` seconds.

    ``reader`` was made with a limit of :data:`MAX_HEAD` (bytes). ``read_s``: seconds for the whole request from its
    first byte on.

    Raises:
        BadRequest: not a request we take.
        ConnectionError: the connection broke in the middle of it.
    """
    try:
        async with asyncio.timeout(idle_s):
            first = await reader.read(1)
    except TimeoutError:
        return None
    if not first:
        return None
    try:
        async with asyncio.timeout(read_s):
            return await _read_rest(first, reader, writer)
    except TimeoutError:
        raise BadRequest(408, "the request took too long") from None
    except asyncio.LimitOverrunError:
        raise BadRequest(431, f"more than {MAX_HEAD // 1024} KiB of headers") from None
    except asyncio.IncompleteReadError:
        raise ConnectionResetError("closed in the middle of a request") from None


async def _read_rest(first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Received:
    head = first + await reader.readuntil(b"\r\n\r\n")
    line, *lines = head[:-4].split(b"\r\n")
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadRequest(400, "not an HTTP/1.1 request for a path")
    headers = _headers(lines)
    newer = match[3] == b"1"
    host = headers.get("host")
    if (newer and host is None) or (host is not None and not _HOST.fullmatch(host)):
        raise BadRequest(400, "the Host header must name this machine's loopback")
    length = _content_length(headers)
    if length and headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(length) if length else b""
    path, query = split_target(match[2].decode("ascii"))
    connection = headers.get("connection", "").lower()
    return Received(
        Request(method=match[1].decode("ascii"), path=path, query=query, headers=headers, body=body),
        keep_alive="close" not in connection if newer else "keep-alive" in connection,
    )


def _headers(lines: list[bytes]) -> dict[str, str]:
    if len(lines) > MAX_HEADERS:
        raise BadRequest(431, f"more than {MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None:
            raise BadRequest(400, "a broken header")
        name, value = match[1].decode("ascii").lower(), match[2].decode("latin-1")
        # A Host or Content-Length that is given twice becomes one that is refused.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _content_length(headers: Mapping[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest(501, "Transfer-Encoding is not taken; send a Content-Length")
    text = headers.get("content-length", "0")
    if not _LENGTH.fullmatch(text):
        raise BadRequest(400, "a broken Content-Length")
    if int(text) > MAX_BODY:
        raise BadRequest(413, f"more than {MAX_BODY // 1024} KiB")
    return int(text)


def encode(response: Response, *, keep_alive: bool, head_only: bool = False) -> bytes:
    """``response`` as bytes; ``head_only`` leaves out the body of which the length tells."""
    lines = [f"HTTP/1.1 {response.status} {PHRASES.get(response.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name != "content-length"]
    if response.status != 204:
        lines.append(f"content-length: {len(response.body)}")
    lines.append(f"connection: {'keep-alive' if keep_alive else 'close'}")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if head_only or response.status == 204 else head + response.body

"""Rows of the model as bytes and back. JSON, so that a person with ``sqlite3`` can read what is there."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from oncall_tui.store.errors import StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")
_ENCODER = msgspec.json.Encoder()
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def encode(value: Any) -> bytes:
    """A model object as JSON.

    Raises:
        StoreError: it holds what JSON cannot (a lone surrogate, an endless number).
    """
    try:
        return _ENCODER.encode(value)
    except (UnicodeEncodeError, msgspec.MsgspecError, TypeError, OverflowError, RecursionError) as error:
        raise StoreError(f"cannot be stored: {type(error).__name__}") from None


def decode_strictly(kind: type[T], raw: bytes | str) -> T:
    """The object that ``raw`` holds.

    Raises:
        ValueError: it does not hold one.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        value: T = decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError) as error:
        raise ValueError(type(error).__name__) from None
    return value


def decode(kind: type[T], raw: bytes | str) -> T | None:
    """The object that ``raw`` holds; ``None`` (and a line in the log) where it does not hold one."""
    try:
        return decode_strictly(kind, raw)
    except ValueError:
        log.warning("a stored row of kind %s cannot be read and is left out", getattr(kind, "__name__", "list"))
        return None


def decode_all(kind: type[T], rows: Iterable[tuple[Any, ...]]) -> tuple[T, ...]:
    """The objects in the first column of ``rows``; unreadable ones are left out."""
    return tuple(value for row in rows if (value := decode(kind, row[0])) is not None)


def checksum(raw: bytes | str) -> str:
    """16 hex digits over a row's bytes: one flipped bit is seen."""
    data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def stamp(moment: datetime | None) -> float | None:
    """An instant as seconds since 1970, as the indexed columns hold it."""
    return None if moment is None else moment.timestamp()


def moment(seconds: float | None) -> datetime | None:
    """The reverse of :func:`stamp`."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

"""How Go writes what both servers answer: numbers, times, plain texts."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime

from oncall_tui.clock import Clock
from oncall_tui.demo.wire import Response

OK_TEXT = "text/plain; charset=utf-8"


def sample(value: float) -> str:
    """A sample's value: ``1``, ``0.0034``, ``NaN``, ``+Inf``."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def scientific(value: float) -> str:
    """An alert's value: ``1e+00``, ``1.24e-01``."""
    if not math.isfinite(value):
        return sample(value)
    digits, _, exponent = format(Decimal(repr(value)).normalize(), "e").partition("e")
    number = int(exponent or "0")
    return f"{digits}e{'-' if number < 0 else '+'}{abs(number):02d}"


def rfc3339(at: float) -> str:
    """Unix seconds as ``2026-11-23T14:00:00.000Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def text(body: str, status: int = 200) -> Response:
    """A plain text answer."""
    return Response(status=status, headers={"content-type": OK_TEXT}, body=body.encode())


def dated(response: Response, clock: Clock) -> Response:
    """``response`` with the server's ``Date``."""
    headers = {**response.headers, "date": format_datetime(clock.now(), usegmt=True)}
    return Response(status=response.status, headers=headers, body=response.body)

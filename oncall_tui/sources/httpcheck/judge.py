"""Judging what a check's address answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oncall_tui.model import HealthStatus
from oncall_tui.records import dataclass
from oncall_tui.sources.answers import decode_json
from oncall_tui.sources.base import BadAnswer
from oncall_tui.sources.http import Answer
from oncall_tui.sources.httpcheck.options import CheckOptions
from oncall_tui.text import clean

BODY_BYTES = 256 * 1024
"""What is read of a body; the rest is left."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one request showed. ``detail`` says why where it is not ok."""

    status: HealthStatus
    detail: str | None = None
    latency_ms: float | None = None


@dataclass(slots=True)
class Memory:
    """What a check showed before: needed where one failure does not make it down."""

    status: HealthStatus = HealthStatus.UNKNOWN
    failures: int = 0
    successes: int = 0
    checked_at: datetime | None = None
    not_before: datetime | None = None
    """The address asked us to wait until then."""
    limited: str = ""


def judged(check: CheckOptions, answer: Answer) -> Result:
    """Ok, too slow or wrong."""
    wrong = _wrong(check, answer)
    if wrong is not None:
        return Result(HealthStatus.DOWN, wrong, answer.latency_ms)
    limit = check.degraded.in_unit("ms") if check.degraded is not None else None
    if limit is not None and limit.holds(answer.latency_ms):
        slow = f"{answer.latency_ms:.0f} ms, limit {check.degraded}"
        return Result(HealthStatus.DEGRADED, slow, answer.latency_ms)
    return Result(HealthStatus.OK, None, answer.latency_ms)


def _wrong(check: CheckOptions, answer: Answer) -> str | None:
    """What is wrong with an answer, ``None`` where nothing is."""
    if answer.status not in check.statuses:
        return f"answers {answer.status}, expected {check.statuses}"
    if check.expect_body is not None and check.expect_body not in answer.text:
        return f"the body does not hold {clean(check.expect_body, 60)!r}"
    if not check.json:
        return None
    try:
        data = decode_json(answer.text.encode(), "the address")
    except BadAnswer:
        cut = len(answer.text.encode()) >= BODY_BYTES
        return f"the body is longer than {BODY_BYTES // 1024} KiB" if cut else "the body is no valid JSON"
    for path, expected in check.json.items():
        found = _json_text(data, path)
        if found != expected:
            told = "is not there" if found is None else f"is {clean(found, 60)!r}, expected {clean(expected, 60)!r}"
            return f"{clean(path, 60)} {told}"
    return None


def _json_text(data: Any, path: str) -> str | None:
    """The value at a dotted path as text (``true``, ``null``, ``12``), ``None`` where there is none."""
    for step in path.split("."):
        if isinstance(data, Mapping) and step in data:
            data = data[step]
        elif isinstance(data, list) and step.isascii() and step.isdigit() and len(step) < 7 and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    match data:
        case None:
            return "null"
        case bool():
            return "true" if data else "false"
        case str() | int() | float():
            return str(data)
    return None


def settled(check: CheckOptions, memory: Memory, result: Result) -> Result:
    """What to show after ``result``: down only after enough failures, up again only after enough successes; until
    then what it showed before, and the count."""
    if result.status is HealthStatus.DOWN:
        memory.failures, memory.successes = memory.failures + 1, 0
        if memory.failures < check.failures and memory.status is not HealthStatus.DOWN:
            counted = f"failed {memory.failures} of {check.failures}: {result.detail}"
            return Result(memory.status, counted, result.latency_ms)
    else:
        memory.failures, memory.successes = 0, memory.successes + 1
        if memory.successes < check.successes and memory.status is HealthStatus.DOWN:
            counted = f"answers again, {memory.successes} of {check.successes}"
            return Result(HealthStatus.DOWN, counted, result.latency_ms)
    memory.status = result.status
    return result

"""What the simulated services log: a few kinds of lines for each level, with numbers and ids that differ."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

_KINDS: Mapping[str, tuple[tuple[int, str], ...]] = {
    "fatal": ((1, "worker {n} gave up after {ms} ms: out of connections, restarting"),),
    "error": (
        (12, "could not get a connection from pool orders within {ms} ms (in use 40, waiting {n}) request={id}"),
        (5, "POST /{service}/orders failed: 503 upstream timed out after {ms} ms request={id}"),
        (2, "circuit breaker for {service}-db opened after {n} failures"),
        (1, "retry {n} of 5 gave no answer from 10.0.{n}.17:5432"),
    ),
    "warn": ((3, "slow query took {ms} ms: select * from orders where id = {n}"), (1, "queue is {n} deep")),
    "info": ((9, "GET /{service}/health 200 in {n} ms"), (1, "cache refreshed, {n} entries")),
}
"""Level -> how often against each other, and the words."""


def line(service: str, level: str, number: int) -> str:
    """The line of that number: always the same."""
    chance = crc32(f"{service}/{level}/{number}".encode())
    kinds = _KINDS.get(level, _KINDS["info"])
    place = chance % sum(weight for weight, _ in kinds)
    words = kinds[-1][1]
    for weight, text in kinds:
        if place < weight:
            words = text
            break
        place -= weight
    told = words.format(service=service, n=chance // 7 % 200, ms=900 + chance // 11 % 5000, id=f"{chance:08x}")
    return f'level={level} msg="{told}"'

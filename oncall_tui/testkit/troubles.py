"""What can go wrong on the wire, by name: what the kit disturbs a source or channel with."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import cycle, islice, zip_longest
from typing import Any

import msgspec

from oncall_tui.demo import faults
from oncall_tui.demo.faults import Broken, Onward, Outcome, Trouble
from oncall_tui.demo.hostile import DOCUMENT, LONG, MARKUP, TERMINAL, UNICODE
from oncall_tui.demo.wire import Request, Response, json_response


class Effect(Enum):
    """What a trouble leaves of a request and its answer."""

    NOT_APPLIED = "not applied"
    """The system does not see the request."""
    APPLIED = "applied"
    """The system does what it is asked, and the answer is lost or spoilt."""
    TRUE = "true"
    """The answer is odd, and says what is so."""


@dataclass(frozen=True)
class Named:
    """One trouble of the kit."""

    name: str
    trouble: Trouble
    effect: Effect
    fails: bool = True
    """Whoever needs the answer cannot have it: it is no answer, or not one that is known."""


def _answer(status: int, body: Any = None, **headers: str) -> Trouble:
    if isinstance(body, bytes):
        return faults.answer_with(Response(status=status, headers=_dashed(headers), body=body))
    return faults.answer_with(json_response({"message": "no"} if body is None else body, status, **headers))


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _respond(change: Callable[[Response], Response]) -> Trouble:
    """The request is applied; its good answer is changed."""

    def trouble(prefix: str, request: Request, onward: Onward) -> Outcome:
        outcome = onward(prefix, request)
        if isinstance(outcome.answer, Broken) or outcome.answer.status >= 300:
            return outcome
        return replace(outcome, answer=change(outcome.answer))

    return trouble


def _body(change: Callable[[bytes], bytes]) -> Trouble:
    return _respond(lambda answer: replace(answer, body=change(answer.body)) if answer.body else answer)


def _headers(**headers: str) -> Trouble:
    return _respond(lambda answer: replace(answer, headers={**answer.headers, **_dashed(headers)}))


def _json(change: Callable[[Any], Any]) -> Trouble:
    """The answer's JSON is changed throughout."""

    def on_body(body: bytes) -> bytes:
        try:
            return msgspec.json.encode(change(msgspec.json.decode(body)))
        except msgspec.DecodeError:
            return body

    return _body(on_body)


def _walk(data: Any, leaf: Callable[[str, Any], Any], key: str = "") -> Any:
    if isinstance(data, dict):
        return {name: _walk(value, leaf, str(name)) for name, value in data.items()}
    if isinstance(data, list):
        return [_walk(value, leaf, key) for value in data]
    return leaf(key, data)


WORDS = frozenset({"status", "state", "type", "urgency", "severity", "priority", "kind", "level", "health", "impact"})
"""Fields that hold a word out of a list which grows."""


SHORT = tuple(text for some in zip_longest(TERMINAL, UNICODE, MARKUP, DOCUMENT) for text in some if text)
"""Hostile texts, the sorts mixed."""


def _new_words(data: Any) -> Any:
    return _walk(data, lambda key, value: "brand-new-word" if key in WORDS and isinstance(value, str) else value)


def _hostile(texts: tuple[str, ...], at_once: int) -> Callable[[Any], Any]:
    def change(data: Any) -> Any:
        turn = cycle(texts)

        def leaf(key: str, value: Any) -> Any:
            named = key in ("title", "name", "summary", "description", "message", "text", "comment", "content", "note")
            # Several at once: a small account has few texts, and each is to meet every sort.
            return " ".join([value, *islice(turn, at_once)]) if named and isinstance(value, str) else value

        return _walk(data, leaf)

    return change


def _doubled(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _doubled(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_doubled(value) for value in data for _ in range(2)]
    return data


def _more_fields(data: Any) -> Any:
    if isinstance(data, dict):
        return {**{name: _more_fields(value) for name, value in data.items()}, "brandNewField": {"of": ["the", "API"]}}
    if isinstance(data, list):
        return [_more_fields(value) for value in data]
    return data


def _nothing_known(data: Any) -> Any:
    return {"entirely": "different"}


def _applied(trouble: Response) -> Trouble:
    return faults.apply_and_answer(trouble)


def _listed() -> Iterator[Named]:
    no, done, true = Effect.NOT_APPLIED, Effect.APPLIED, Effect.TRUE
    yield Named("connection refused", faults.refuse, no)
    yield Named("dropped before it is applied", faults.drop_before_apply, no)
    yield Named("dropped after it is applied", faults.drop_after_apply, done)
    for status in (400, 401, 403, 404, 408, 409, 422, 500, 503):
        yield Named(f"{status}", _answer(status), no)
    yield Named("500 after it is applied", _applied(json_response({"message": "oops"}, 500)), done)
    yield Named("504 after it is applied", _applied(Response(status=504, body=b"upstream timed out")), done)
    yield Named("502 as a page", faults.answer_with(faults.SERVER_ERRORS[1]), no)
    yield Named("429 with seconds", _answer(429, retry_after="7"), no)
    yield Named("429 with a date", _answer(429, retry_after="Mon, 23 Nov 2026 14:01:00 GMT"), no)
    yield Named("429 with nonsense", _answer(429, retry_after="soon", x_ratelimit_reset="-1e999"), no)
    yield Named("429 for a thousand years", _answer(429, retry_after="31536000000"), no)
    yield Named("redirect to another host", _answer(302, b"", location="https://evil.example/login"), no)
    yield Named("redirect to plain http", _answer(301, b"", location="http://127.0.0.1:1/"), no)
    yield Named("a page for signing in", _answer(200, b"<!DOCTYPE html><title>Sign in</title>"), no)
    yield Named("nothing at all, 200", _answer(200, b""), no)
    yield Named("204", _answer(204, b""), no)
    yield Named("a word as JSON", _answer(200, "under maintenance"), no)
    yield Named("a number as JSON", _answer(200, 7), no)
    yield Named("null as JSON", _answer(200, b"null"), no)
    yield Named("17 MiB", _answer(200, b'"' + b"x" * (17 << 20) + b'"'), no)
    yield Named("cut off", _body(lambda body: body[: len(body) // 2]), done)
    yield Named("NaN", _body(lambda body: b'{"value":NaN,' + body[1:]), done)
    yield Named("100,000 levels deep", _body(lambda body: b"[" * 100_000), done)
    yield Named("not UTF-8", _body(lambda body: b'{"caf\xe9":1,' + body[1:]), done)
    yield Named("something else entirely", _json(_nothing_known), done)
    yield Named("all values null", _json(lambda data: _walk(data, lambda key, value: None)), done)
    yield Named("numbers for texts", _json(lambda data: _walk(data, lambda k, v: 7 if isinstance(v, str) else v)), done)
    yield Named("lists for values", _json(lambda data: _walk(data, lambda key, value: [value])), done)
    yield Named("an unknown compression", _headers(content_encoding="br"), done)
    yield Named("no gzip though it says so", _headers(content_encoding="gzip"), done)
    yield Named("times that are none", _json(_no_times), done)
    yield Named("gzip", _respond(_gzipped), true, fails=False)
    yield Named("a day ahead", _headers(date="Tue, 24 Nov 2026 14:00:00 GMT"), true, fails=False)
    yield Named("no date", _headers(date="the day before yesterday"), true, fails=False)
    yield Named("an odd budget", _headers(x_ratelimit_remaining="plenty", ratelimit_reset="NaN"), true, fails=False)
    yield Named("new fields", _json(_more_fields), true, fails=False)
    yield Named("new words", _json(_new_words), true, fails=False)
    yield Named("everything twice", _json(_doubled), true, fails=False)
    yield Named("hostile texts", _json(_hostile(SHORT, 6)), true, fails=False)
    yield Named("very long texts", _json(_hostile(LONG, 1)), true, fails=False)


def _gzipped(answer: Response) -> Response:
    return replace(answer, headers={**answer.headers, "content-encoding": "gzip"}, body=gzip.compress(answer.body))


def _no_times(data: Any) -> Any:
    def leaf(key: str, value: Any) -> Any:
        if isinstance(value, str) and len(value) >= 19 and value[4:5] == "-" and value[10:11] == "T":
            return "0000-99-99T25:61:61Z"
        return 10**17 if isinstance(value, int) and not isinstance(value, bool) and value > 10**9 else value

    return _walk(data, leaf)


TROUBLES: tuple[Named, ...] = tuple(_listed())
"""All of them: more than forty."""

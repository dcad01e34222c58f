"""A query that is sent by POST is a reading: nothing can have been applied, and it leaves the budget for actions."""

from __future__ import annotations

import httpx
import pytest

from oncall_tui.demo.faults import is_write
from oncall_tui.demo.wire import Request
from oncall_tui.sources.base import BadAnswer, RateLimited, SourceError, TimedOut
from oncall_tui.sources.http import HttpClient
from tests.support.clock import ManualClock


def client(answer: httpx.Response | Exception) -> HttpClient:
    def carry(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))

    return HttpClient("https://api.example.com", clock=ManualClock(), transport=httpx.MockTransport(carry))


@pytest.mark.parametrize(
    ("answer", "error"), [(httpx.ReadTimeout("slow"), TimedOut), (httpx.Response(200, content=b"<html>"), BadAnswer)]
)
async def test_a_query_by_post_cannot_have_been_applied(answer: httpx.Response | Exception, error: type) -> None:
    for writes, maybe in ((False, False), (True, True), (None, True)):
        with pytest.raises(error) as caught:
            await client(answer).request("POST", "/graphql", json={}, writes=writes)
        assert isinstance(caught.value, SourceError)
        assert caught.value.maybe_applied is maybe


async def test_a_query_by_post_keeps_the_reserve() -> None:
    headers = {"ratelimit-remaining": "3", "ratelimit-reset": "30"}
    source = client(httpx.Response(200, headers=headers, content=b"{}"))
    await source.request("POST", "/graphql", json={}, writes=False)
    with pytest.raises(RateLimited, match="kept for actions"):
        await source.request("POST", "/graphql", json={}, writes=False)
    await source.request("POST", "/graphql", json={})


@pytest.mark.parametrize(
    ("body", "writes"), [(b'{"query":"query Open { a }"}', False), (b'{"query":"mutation Close { a }"}', True)]
)
def test_the_demos_faults_know_a_query_from_a_mutation(body: bytes, writes: bool) -> None:
    assert is_write(Request(method="POST", path="/api/graphql", body=body)) is writes
    assert is_write(Request(method="POST", path="/api/other", body=body))

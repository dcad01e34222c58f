"""Calls aside: their result, their error, and that nobody has to wait for one that does not return."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from oncall_tui.threads import aside


async def test_its_result_and_its_error_come_back() -> None:
    assert await aside(lambda: threading.current_thread() is not threading.main_thread())
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 // 0)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await aside(lambda: next(iter(())))


def test_a_loop_ends_without_a_call_that_does_not_return() -> None:
    held, returned = threading.Event(), threading.Event()

    def call() -> None:
        held.wait(20)
        returned.set()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await aside(call)

    asyncio.run(give_up())
    assert not returned.is_set()
    held.set()
    assert returned.wait(10), "its end, after the loop's, disturbs nobody"


def test_a_process_ends_without_it() -> None:
    program = """
import asyncio, threading
from oncall_tui.threads import aside
async def main():
    try:
        async with asyncio.timeout(0.01):
            await aside(threading.Event().wait)
    except TimeoutError:
        print("gave up")
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "gave up\n"

"""Blocking calls that nothing has to wait for: neither the loop's end nor the process's."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def aside(call: Callable[[], T]) -> T:
    """The result of ``call``, made in a thread of its own; what it raises is raised here.

    Whoever gives up waiting is free at once, and so is a program that ends: with :func:`asyncio.to_thread` both the
    end of the loop and the end of the process wait for a call that may never return (a locked keyring, a server that
    does not answer), and the terminal stands still after the last key.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if answer.done():
            return  # nobody waits for it any more
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)

    def work() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = call()
        except BaseException as caught:  # noqa: BLE001 - it is raised where it is waited for
            error = RuntimeError("the call ended by StopIteration") if isinstance(caught, StopIteration) else caught
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, name="aside", daemon=True).start()
    found: T = await answer
    return found

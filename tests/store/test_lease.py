"""One process on a data folder sends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from oncall_tui.model import OutboxState
from oncall_tui.store import Store, lease
from tests.store.conftest import row
from tests.support.clock import ManualClock


@pytest.fixture
async def pair(store: Store, folder: Path, clock: ManualClock) -> tuple[Store, Store]:
    return store, await Store.open(folder, clock=clock)


async def test_the_first_has_it_until_it_gives_it_back(pair: tuple[Store, Store]) -> None:
    first, second = pair
    assert await first.lease_holder() is None
    assert await first.take_lease()
    assert await first.take_lease()
    assert not await second.take_lease()
    assert await second.lease_holder() == f"{os.uname().nodename} pid {os.getpid()}"
    assert not await second.renew_lease()
    await second.drop_lease()
    assert await first.renew_lease()
    await first.drop_lease()
    assert await second.take_lease()
    assert not await first.renew_lease()
    await second.close()


async def test_a_silent_holder_loses_it_after_ten_seconds(pair: tuple[Store, Store], clock: ManualClock) -> None:
    first, second = pair
    await first.take_lease()
    for _ in range(5):
        clock.advance(9)
        assert not await second.take_lease()
        assert await first.renew_lease()
    clock.advance(10.5)
    assert await second.take_lease()
    assert not await first.renew_lease()
    await second.close()


async def test_only_the_holder_can_begin_to_send(pair: tuple[Store, Store], clock: ManualClock) -> None:
    first, second = pair
    await first.take_lease()
    pressed, _ = await second.enqueue(row("k1"))
    sending = replace(pressed, state=OutboxState.SENDING)
    assert not await second.begin_send(sending)
    # Stopped for a minute (a laptop's lid, a debugger), then awake: what it thinks it holds is not its own any more.
    clock.advance(60)
    await second.take_lease()
    assert not await first.begin_send(sending)
    assert await second.begin_send(sending)
    await second.close()


async def test_a_dead_holder_loses_it_at_once(store: Store, folder: Path) -> None:
    script = (
        "import asyncio, sys, time\nfrom pathlib import Path\nfrom oncall_tui.store import Store\n"
        "from tests.support.clock import ManualClock\n"
        "async def main():\n"
        "    store = await Store.open(Path(sys.argv[1]), clock=ManualClock())\n"
        "    print(await store.take_lease(), flush=True)\n"
        "    time.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        assert not await store.take_lease()
        assert await store.lease_holder() == f"{os.uname().nodename} pid {child.pid}"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert await store.take_lease()


async def test_another_machine_is_believed_by_its_heartbeat_not_by_its_clock(
    pair: tuple[Store, Store], clock: ManualClock
) -> None:
    first, second = pair
    # Its clock is an hour behind ours, its process id is of nobody here.
    first._me = replace(first._me, host="elsewhere", place="elsewhere", pid=2**22 + 1)
    theirs = ManualClock(clock.now())
    theirs.advance(-3600)
    first._clock = theirs
    assert await first.take_lease()
    for _ in range(8):
        clock.advance(4)
        theirs.advance(4)
        assert await first.renew_lease()
        assert not await second.take_lease()
    assert await second.lease_holder() == f"elsewhere pid {2**22 + 1}"
    clock.advance(5)
    assert not await second.take_lease()
    clock.advance(6)
    assert await second.take_lease()
    await second.close()


def test_a_process_id_that_was_given_to_another_is_not_the_same_process() -> None:
    me = lease.this_process("t")
    assert lease.is_alive(me.pid, me.started)
    assert not lease.is_alive(me.pid, "1")
    assert not lease.is_alive(2**22 + 1, "")
    assert lease.is_alive(1, "")

"""Where secrets are read from, and that nothing tells them."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from oncall_tui.config import secret as module
from oncall_tui.config.secret import Secret, SecretError

CANARY = "c4n4ry-t0k3n-9f8e"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    module.forget_commands()


async def test_literal_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await Secret("literal", f" {CANARY}\n").read() == CANARY
    monkeypatch.setenv("PD_TOKEN", CANARY)
    assert await Secret("env", "PD_TOKEN").read() == CANARY
    monkeypatch.setenv("PD_TOKEN", "new-token")
    assert await Secret("env", "PD_TOKEN").read() == "new-token"


async def test_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{CANARY}\n")
    file.chmod(0o600)
    assert await Secret("file", str(file)).read() == CANARY
    file.chmod(0o640)
    with pytest.raises(SecretError, match=f"run: chmod 600 {file}"):
        await Secret("file", str(file)).read()


async def test_command_gives_its_first_line() -> None:
    assert await Secret("command", f"printf '{CANARY}\\nlogin: me\\n'").read() == CANARY


def counting(tmp_path: Path, then: str = "") -> Secret:
    """A command that notes each of its runs in ``runs`` and gives the token out of ``token``."""
    (tmp_path / "token").write_text(CANARY)
    script = tmp_path / "give"
    script.write_text(f"#!/bin/sh\necho run >> {tmp_path}/runs\n{then}\ncat {tmp_path}/token\n")
    script.chmod(0o700)
    return Secret("command", str(script))


def runs(tmp_path: Path) -> int:
    return len((tmp_path / "runs").read_text().split())


async def test_a_command_is_not_run_for_each_call(tmp_path: Path) -> None:
    # A poll makes dozens of calls; a vault or a hardware key is asked once.
    secret = counting(tmp_path, then="sleep 0.1")
    assert set(await asyncio.gather(*(secret.read() for _ in range(20)))) == {CANARY}
    assert await secret.read() == CANARY
    assert runs(tmp_path) == 1


async def test_a_command_is_run_anew_when_its_token_was_refused_or_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = counting(tmp_path)
    await secret.read()
    (tmp_path / "token").write_text("rotated-token")
    assert await secret.read() == CANARY
    module.forget_commands()
    assert await secret.read() == "rotated-token"
    monkeypatch.setattr(module, "_COMMAND_KEPT_S", 0.0)
    await secret.read()
    assert runs(tmp_path) == 3


async def test_a_command_that_failed_is_not_remembered(tmp_path: Path) -> None:
    secret = counting(tmp_path, then=f"test -e {tmp_path}/unlocked || exit 1")
    with pytest.raises(SecretError):
        await secret.read()
    (tmp_path / "unlocked").touch()
    assert await secret.read() == CANARY


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (Secret("env", "NOT_SET_ANYWHERE"), "env NOT_SET_ANYWHERE is empty or not set"),
        (Secret("file", "/nowhere/token"), "No such file"),
        (Secret("command", "no-such-program --x"), "does not start"),
        (Secret("command", "false"), "exit code 1"),
        (Secret("command", "true"), "command true is empty"),
        (Secret("command", "printf 'a"), "a quote that is not closed"),
        (Secret("command", " "), "the token command is empty"),
        (Secret("literal", "tökén"), "no header can carry"),
        (Secret("literal", "a\nb"), "no header can carry"),
    ],
)
async def test_what_cannot_be_read(secret: Secret, words: str) -> None:
    with pytest.raises(SecretError, match=words) as caught:
        await secret.read()
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("secret", [Secret("literal", CANARY), Secret("command", f"printf {CANARY}")])
def test_nothing_tells_it(secret: Secret) -> None:
    assert CANARY not in f"{secret} {secret!r} {secret.described} {[secret]}"


async def test_no_message_tells_a_commands_arguments() -> None:
    with pytest.raises(SecretError) as caught:
        await Secret("command", f"false {CANARY}").read()
    assert CANARY not in str(caught.value)


async def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_COMMAND_SECONDS", 0.2)
    with pytest.raises(SecretError, match="the token command sh took over"):
        await Secret("command", f"sh -c 'echo $$ > {tmp_path}/pid; exec sleep 60'").read()
    assert not alive(tmp_path / "pid")


async def test_a_command_is_ended_when_nobody_waits_any_more(tmp_path: Path) -> None:
    read = asyncio.create_task(Secret("command", f"sh -c 'echo $$ > {tmp_path}/pid; exec sleep 60'").read())
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        await asyncio.sleep(0.01)
    read.cancel()
    with pytest.raises(asyncio.CancelledError):
        await read
    assert not alive(tmp_path / "pid")


def alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


class Keyring(ModuleType):
    """What the package keyring offers, with one password in it."""

    def __init__(self, fault: Exception | None = None) -> None:
        super().__init__("keyring")
        self.asked: list[tuple[str, str]] = []
        self.fault = fault

    def get_password(self, service: str, name: str) -> str | None:
        self.asked.append((service, name))
        if self.fault is not None:
            raise self.fault
        return CANARY if name == "pagerduty" else None


async def test_the_keyring_is_asked_for_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", ring)
    secret = Secret("keyring", "pagerduty")
    assert [await secret.read(), await secret.read()] == [CANARY, CANARY]
    assert ring.asked == [("oncall-tui", "pagerduty")]
    module.forget_commands()
    await secret.read()
    assert len(ring.asked) == 2
    assert CANARY not in f"{secret!r} {secret}"
    with pytest.raises(SecretError, match="keyring other is empty or not set"):
        await Secret("keyring", "other").read()


def test_a_locked_keyring_holds_up_neither_the_read_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    held, returned = threading.Event(), threading.Event()

    class Locked(Keyring):
        def get_password(self, service: str, name: str) -> str | None:
            held.wait(20)
            returned.set()
            return CANARY

    monkeypatch.setitem(sys.modules, "keyring", Locked())
    monkeypatch.setattr(module, "_COMMAND_SECONDS", 0.05)
    with pytest.raises(SecretError, match="is it locked"):
        asyncio.run(Secret("keyring", "slow").read())
    assert not returned.is_set()
    held.set()


async def test_what_is_made_of_a_secret_is_masked_too() -> None:
    header = module.basic("alice", await Secret("literal", CANARY).read())
    assert module.mask_read(f"bad header {header}") == f"bad header Basic {module.MASK}"
    for part in ("short", "a-part-of-it-1"):
        module.hide(part)
    assert module.mask_read("short a-part-of-it-1") == f"short {module.MASK}"


async def test_a_keyring_that_cannot_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", Keyring(RuntimeError(f"locked {CANARY}")))
    with pytest.raises(SecretError, match=r"the keyring cannot be read: RuntimeError$"):
        await Secret("keyring", "pagerduty").read()
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretError, match="the package keyring is not installed"):
        await Secret("keyring", "pagerduty").read()

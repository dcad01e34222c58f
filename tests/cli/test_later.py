"""What is put off is the module itself to whoever uses it, and a dashboard that stands has used none of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oncall_tui.cli.later import PUT_OFF

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = """
import asyncio, sys
from pathlib import Path
from oncall_tui.app import AppSettings, build_app
from oncall_tui.clock import SystemClock
from oncall_tui.board import BoardSettings
from oncall_tui.desk import Desk, DeskSettings
from oncall_tui.store import Store

async def stand(folder):
    clock = SystemClock()
    store = await Store.open(folder, clock=clock)
    desk = Desk(store, (), clock, DeskSettings(board=BoardSettings(), sends=True))
    app = build_app(desk, clock=clock, settings=AppSettings(folder=folder))
    async with app.run_test(size=(120, 40)) as hand:
        await hand.press("end", "tab", "down")
        assert app.faults.total == 0
    await desk.stop()
    await store.close()

asyncio.run(stand(Path(sys.argv[1])))
"""


def after(code: str, *words: str) -> str:
    """What a fresh interpreter prints that has put everything off."""
    begun = f"from oncall_tui.cli import later\nlater.put_off()\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", begun, *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_dashboard_that_stands_has_used_none_of_it(tmp_path: Path) -> None:
    told = "import sys\nprint([name for name in later.PUT_OFF if type(sys.modules[name]) is not later.Later])"
    # pilot, which the hand in this test is of, is no part of the program.
    assert after(f"{DASHBOARD}\n{told}", str(tmp_path)).strip() == "[]"


@pytest.mark.parametrize("name", PUT_OFF)
def test_each_is_the_module_itself_once_it_is_used(name: str) -> None:
    code = f"""
import sys, {name}
first = sys.modules[{name!r}]
assert type(first) is later.Later, type(first)
names = [one for one in dir(first.real()) if not one.startswith("__")]
import importlib
real = importlib.import_module({name!r})
assert type(real) is not later.Later and sys.modules[{name!r}] is real
assert all(getattr(first, one) is getattr(real, one) for one in names if not one.startswith("_"))
print(len(names) > 0)
"""
    assert after(code).strip() == "True"


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in PUT_OFF.items() for name in names])
def test_each_name_that_is_taken_out_is_there(module: str, name: str) -> None:
    code = f"""
from {module} import {name} as first
from importlib import import_module
real = first.real()
print(type(first) is later.LaterName, real is getattr(import_module({module!r}), {name!r}))
"""
    assert after(code).split() == ["True", "True"]


def test_names_are_called_inherited_from_and_asked_whether_something_is_theirs() -> None:
    code = """
from pickle import dumps, loads
assert loads(dumps({"a": (1, 2)})) == {"a": (1, 2)}
from textual.validation import Number, Validator
assert not isinstance(3, Validator)
class Own(Validator):
    def validate(self, value):
        return self.success()
assert issubclass(Own, Validator) and isinstance(Own(), Validator) and isinstance(Number(), Validator)
import ssl
assert isinstance(ssl.create_default_context(), ssl.SSLContext)
print("well")
"""
    assert after(code).strip() == "well"


def test_tls_works_through_asyncio_after_all() -> None:
    code = """
import asyncio, ssl
async def refused():
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        await asyncio.open_connection("127.0.0.1", port, ssl=True)
    except (ssl.SSLError, ConnectionError) as error:
        print("refused")
    server.close()
asyncio.run(refused())
"""
    assert after(code).strip() == "refused"


def test_what_looks_at_all_modules_uses_none() -> None:
    code = "import sys, inspect\nimport pickle\n[hasattr(one, '__file__') for one in list(sys.modules.values())]\n"
    assert after(code + "print(type(pickle).__name__)").strip() == "Later"


def test_one_that_is_there_already_stays() -> None:
    code = "import csv\nlater.PUT_OFF['csv'] = ()\nlater.put_off()\nimport sys\nprint(sys.modules['csv'] is csv)"
    assert after(code).strip() == "True"

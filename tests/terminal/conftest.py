from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.harness import Session


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def make(*args: str, **options: Any) -> Session:
        session = Session(tmp_path / f"log{len(sessions)}", *args, **options)
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        session.end()

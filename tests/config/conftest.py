"""A config file of this test's own, and a registry with one made-up kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from oncall_tui.config.load import load_config
from oncall_tui.config.options import Hours, SourceOptions, opt
from oncall_tui.config.problems import ConfigError, Problem
from oncall_tui.config.schema import Config
from oncall_tui.config.secret import Secret


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """One of a list."""

    name: str = opt(help="what it is called")
    degraded: float | None = opt(None, help="from here on")
    wait: timedelta = opt(timedelta(seconds=5), help="how long")


@dataclass(frozen=True, kw_only=True)
class PagerOptions(SourceOptions):
    """Options of every form."""

    token: Secret | None = opt(None, help="its token")
    base_url: str = opt("https://pager.example", help="its address")
    mode: Literal["GET", "HEAD"] = opt("GET", help="how it is asked")
    severity: dict[str, int] = opt({"P1": 1}, help="its words")
    health: tuple[LimitOptions, ...] = opt((), help="checks")
    hours: Hours | None = opt(None, help="when")
    status: int | tuple[int, ...] = opt(200, help="one or several")
    since: datetime | None = opt(None, help="from when")
    quiet: bool = opt(False, help="no sound")
    sender: str | None = opt(None, help="who", key="from")
    headers: dict[str, str | Secret] = opt({}, help="sent along")

    def __post_init__(self) -> None:
        if self.mode == "HEAD" and self.quiet:
            raise ValueError("quiet: not with HEAD")


class Kinds:
    """A registry with the kind ``pagerduty``."""

    def kind_names(self) -> tuple[str, ...]:
        return ("pagerduty", "broken")

    def load_kind(self, name: str) -> Any:
        if name == "broken":
            raise ImportError("no module named 'third_party'")
        if name != "pagerduty":
            raise KeyError(name)
        return SimpleNamespace(Options=PagerOptions)


@pytest.fixture
def kinds() -> Kinds:
    return Kinds()


Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path, kinds: Kinds) -> Load:
    """Writes a config (text or bytes) and loads it."""

    def run(text: str | bytes, *, mode: int = 0o600, environ: Mapping[str, str] = {}, **more: Any) -> Config:
        path = tmp_path / "config.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return load_config(path, kinds=kinds, environ=environ, **more)

    return run


Problems = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def problems(load: Load) -> Problems:
    """What is wrong with a config; fails where nothing is."""

    def run(text: str | bytes, **more: Any) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as caught:
            load(text, **more)
        for line in str(caught.value).splitlines():
            assert line.isprintable()
        return caught.value.problems

    return run


def source(**lines: str) -> str:
    """A config with one source, whose options are given as YAML text."""
    entry = "".join(f"    {key}: {value}\n" for key, value in lines.items())
    return f"sources:\n  - name: pager\n    kind: pagerduty\n{entry}"

"""The copy of a config is used for the very file that it was read from, and never holds a secret."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oncall_tui import actions, channels, sources
from oncall_tui.config import kept
from oncall_tui.config.kept import Copy
from oncall_tui.config.load import load_config
from oncall_tui.config.schema import Config

TEXT = """\
seat: {user: alice@example.com, teams: [Payments]}
sources:
  - name: alerts
    kind: alertmanager
    base_url: http://127.0.0.1:9093
  - name: rota
    kind: rotation
    schedules:
      - {team: Payments, level: 1, rotation: weekly, starts: 2026-01-05T09:00, people: [a@example.com, b@example.com]}
  - name: pager
    kind: pagerduty
    token: {file: ~/.token}
policy:
  calendar: {hours: "09:00-18:00", holidays: [2026-12-25]}
"""
ENVIRON = {"TZ": "Europe/Berlin"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT)
    path.chmod(0o600)
    return path


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**ENVIRON, "XDG_CACHE_HOME": str(tmp_path / "cache")}


def load(path: Path, environ: dict[str, str]) -> Config:
    return load_config(path, kinds=sources, channels=channels, environ=environ, known_actions=actions.BY_ID)


def kept_once(path: Path, environ: dict[str, str]) -> Config:
    copy = Copy(str(path), environ)
    assert copy.read() is None
    config = load(path, environ)
    assert copy.keep(config)
    return config


def test_it_is_the_config_that_was_read(place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    config = kept_once(place, environ)
    copy = Copy(str(place), environ)
    assert copy.read() == config
    assert not copy.keep(config), "written again, though it is kept"
    (file,) = (tmp_path / "cache" / "oncall-tui").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def edited(place: Path, environ: dict[str, str]) -> None:
    place.write_text(TEXT.replace("alice", "erika"))


def touched(place: Path, environ: dict[str, str]) -> None:
    os.utime(place, (1, 1))


def opened_to_others(place: Path, environ: dict[str, str]) -> None:
    place.chmod(0o666)


def replaced(place: Path, environ: dict[str, str]) -> None:
    other = place.with_name("other")
    other.write_text(TEXT)
    os.utime(other, ns=(0, place.stat().st_mtime_ns))
    other.rename(place)


def elsewhere(place: Path, environ: dict[str, str]) -> None:
    environ["TZ"] = "Asia/Tokyo"


def gone(place: Path, environ: dict[str, str]) -> None:
    place.unlink()


@pytest.mark.parametrize("change", [edited, touched, opened_to_others, replaced, elsewhere, gone])
def test_it_is_not_used_once_anything_is_otherwise(
    place: Path, environ: dict[str, str], change: Callable[[Path, dict[str, str]], None]
) -> None:
    kept_once(place, environ)
    change(place, environ)
    assert Copy(str(place), environ).read() is None


def test_a_file_that_is_edited_while_it_is_read_is_not_taken_for_what_was_read(
    place: Path, environ: dict[str, str]
) -> None:
    copy = Copy(str(place), environ)
    config = load(place, environ)
    edited(place, environ)
    copy.keep(config)
    assert Copy(str(place), environ).read() is None


def test_a_newer_program_reads_the_file_itself(
    place: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_once(place, environ)
    changed = str(Path(sources.__file__ or "").parent / "alertmanager" / "__init__.py")
    real = kept._edition
    monkeypatch.setattr(kept, "_edition", lambda file: (0, 0) if file == changed else real(file))
    assert Copy(str(place), environ).read() is None
    monkeypatch.setattr(kept, "_edition", real)
    monkeypatch.setattr(kept, "__version__", "99")
    assert Copy(str(place), environ).read() is None


@pytest.mark.parametrize("token", ["u+literal-secret-1", '{command: "show --key literal-secret-1"}', "{env: NOT_SET}"])
def test_what_may_hold_a_secret_is_not_kept(place: Path, environ: dict[str, str], tmp_path: Path, token: str) -> None:
    place.write_text(TEXT.replace("{file: ~/.token}", token))
    assert not Copy(str(place), environ).keep(load(place, environ))
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    "text",
    [
        "  - {name: web, kind: http, health: [{name: a, service: b, url: 'https://example.com/?token=literal-secret-1'}]}\n",
        "commands: [{name: ask, command: [curl, -H, 'Authorization: Bearer literal-secret-1']}]\n",
    ],
    ids=["address", "user command"],
)
def test_what_looks_like_a_secret_is_not_kept(place: Path, environ: dict[str, str], tmp_path: Path, text: str) -> None:
    place.write_text(TEXT.replace("policy:", text + "policy:"))
    assert not Copy(str(place), environ).keep(load(place, environ))
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("raw", [b"", b"\x80", b"x" * 5000, b"\x80\x05N.", b"\x80\x05K\x01K\x02K\x03\x87."])
def test_a_damaged_copy_is_none(place: Path, environ: dict[str, str], tmp_path: Path, raw: bytes) -> None:
    config = kept_once(place, environ)
    (file,) = (tmp_path / "cache" / "oncall-tui").iterdir()
    file.write_bytes(raw)
    copy = Copy(str(place), environ)
    assert copy.read() is None
    assert copy.keep(config)
    assert Copy(str(place), environ).read() == config


def test_a_copy_that_others_can_write_is_none(place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    kept_once(place, environ)
    (file,) = (tmp_path / "cache" / "oncall-tui").iterdir()
    file.chmod(0o602)
    assert Copy(str(place), environ).read() is None


def test_copies_of_other_configs_go_in_time(place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "oncall-tui"
    folder.mkdir(parents=True, mode=0o700)
    for number in range(10):
        old = folder / f"config-{number:08x}.bin"
        old.write_bytes(b"x")
        os.utime(old, (number, number))
    (folder / "modules-00000000.bin").write_bytes(b"another's")
    kept_once(place, environ)
    assert len(list(folder.glob("config-*"))) == 8
    assert (folder / "modules-00000000.bin").exists() and Copy(str(place), environ).read() is not None

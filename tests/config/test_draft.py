"""The file that the wizard writes: whatever was answered is read back as it was, and nobody else can read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import yaml

from oncall_tui import channels, sources
from oncall_tui.config.draft import Draft, Entry, rendered, write_private
from oncall_tui.config.load import load_config
from oncall_tui.config.secret import Secret

ODD = (
    "pass show a, b",
    "sh -c 'echo {x}'",
    "[a]",
    "a # b",
    "a: b",
    "yes",
    "12:30",
    "-",
    "*x",
    '"quoted"',
    "it's",
    "über",
    "!tag",
    "a,b",
    "{}",
    "~",
)


def draft(team: str = "Payments", command: str = "pass show pd", user: str = "alice") -> Draft:
    entry = Entry(kind="pagerduty", name="pager", answers={"token": Secret("command", command)})
    return Draft(user=user, teams=[team], time_zone="UTC", sources=[entry], channels=[])


def text_of(made: Draft) -> str:
    return rendered(made, {"pagerduty": sources.load_kind("pagerduty").Options})


@pytest.mark.parametrize("odd", ODD)
def test_every_answer_is_read_back_as_it_was_given(odd: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    write_private(path, text_of(draft(odd, odd, odd)))
    config = load_config(path, kinds=sources, channels=channels, environ=os.environ)
    assert config.seat.teams == (odd,)
    assert config.seat.user == odd
    (source,) = config.sources
    assert source.token == Secret("command", odd)  # type: ignore[attr-defined]  # PagerDuty's


def test_every_folder_that_is_made_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "tokens" / "pager-token"
    write_private(path, "secret\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir(mode=0o755)
    write_private(folder / "x", "y")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_not_written_through(tmp_path: Path, exists: bool) -> None:
    aim, link = tmp_path / "aim", tmp_path / "link"
    if exists:
        aim.write_text("mine")
    link.symlink_to(aim)
    with pytest.raises(OSError):
        write_private(link, "secret")
    assert (not exists and not aim.exists()) or aim.read_text() == "mine"


def test_it_is_yaml_without_a_secret(tmp_path: Path) -> None:
    assert yaml.safe_load(text_of(draft()))["sources"][0]["token"] == {"command": "pass show pd"}

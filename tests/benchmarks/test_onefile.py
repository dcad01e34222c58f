"""The one file: it unpacks once, whole, privately, and says what is wrong. What it needs to be built (an index, half a
minute) is there only when asked for: ``ONCALL_TUI_ONEFILE=build``, or the path of one that was built."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "ONCALL_TUI_ONEFILE"


@pytest.fixture
def onefile() -> ModuleType:
    spec = importlib.util.spec_from_file_location("onefile_main", ROOT / "scripts" / "onefile_main.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def archive(tmp_path: Path) -> tuple[str, str]:
    """A file with one module in it, and its digest."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as payload:
        payload.writestr("package/__init__.py", "VALUE = 1\n")
    path = tmp_path / "program"
    with zipfile.ZipFile(path, "w") as outer:
        outer.writestr("payload.zip", inner.getvalue())
    return str(path), hashlib.sha256(inner.getvalue()).hexdigest()


def test_unpacks_once(onefile: ModuleType, archive: tuple[str, str], tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "oncall-tui"
    folder = Path(onefile.modules(*archive, str(cache)))
    assert (folder / "package" / "__init__.py").read_text() == "VALUE = 1\n"
    assert [path.name for path in cache.iterdir()] == [archive[1]]
    assert cache.stat().st_mode & 0o077 == 0
    Path(archive[0]).unlink()  # the second start does not read it
    assert onefile.modules(*archive, str(cache)) == str(folder)


def test_another_start_was_faster(onefile: ModuleType, archive: tuple[str, str], tmp_path: Path) -> None:
    kept = tmp_path / "cache" / archive[1]
    onefile.unpack(*archive, str(kept))
    (kept / "mark").touch()
    onefile.unpack(*archive, str(kept))
    assert (kept / "mark").exists()
    assert [path.name for path in kept.parent.iterdir()] == [archive[1]]


def test_damaged_file_is_refused(onefile: ModuleType, archive: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="damaged"):
        onefile.modules(archive[0], "0" * 64, str(tmp_path / "cache"))
    assert not list((tmp_path / "cache").glob("*")) if (tmp_path / "cache").exists() else True


def test_cache_that_others_may_write_is_not_used(
    onefile: ModuleType, archive: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    planted = cache / archive[1]
    planted.mkdir()
    folder = Path(onefile.modules(*archive, str(cache)))
    assert folder != planted
    assert (folder / "package" / "__init__.py").exists()
    assert "this run only" in capsys.readouterr().err


def test_cache_folder_follows_the_environment(onefile: ModuleType) -> None:
    assert onefile.cache_folder("/home/a", "") == "/home/a/.cache/oncall-tui"
    assert onefile.cache_folder("/home/a", "relative") == "/home/a/.cache/oncall-tui"
    assert onefile.cache_folder("/home/a", "/var/cache/a") == "/var/cache/a/oncall-tui"


def test_another_python_is_told(onefile: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    onefile.BUILT_FOR = "cpython-39 linux x86_64"
    assert onefile.main() == 2
    assert "this file is for cpython-39" in capsys.readouterr().err


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        pytest.skip(f"needs a package index and half a minute: set {VARIABLE}=build, or to the path of a built file")
    if wanted != "build":
        return Path(wanted)
    output = tmp_path_factory.mktemp("onefile") / "oncall-tui"
    script = str(ROOT / "scripts" / "build_onefile.py")
    subprocess.run([sys.executable, script, "--output", str(output)], check=True, cwd=output.parent)
    return output


def test_runs_with_python_only(built: Path, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1"}
    bare = Path(sys.executable).resolve()  # the interpreter below a virtual environment, with nothing installed
    for _ in range(2):
        done = subprocess.run(
            [bare, "-I", str(built), "config", "--schema"], env=environ, capture_output=True, text=True, check=True
        )
        assert '"sources"' in done.stdout
        assert done.stderr == ""
    compiled = list(tmp_path.glob(".cache/oncall-tui/*/textual/__pycache__/app.*.pyc"))
    assert compiled, "unpacked with compiled files"

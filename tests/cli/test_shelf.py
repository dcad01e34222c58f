"""Modules of a start come out of one file: the same modules, and only while their sources are as they were."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from pathlib import Path

import pytest

from oncall_tui.cli import shelf

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "import os, sys\nfrom oncall_tui.cli import shelf\nshelf.take_down(os.environ)\n"
KEEP = "\nshelf.put_up(os.environ)\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A cache folder to be, and a package of ours beside it."""
    package = tmp_path / "lib" / "sample"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""A package."""\nfrom sample.part import VALUE\n')
    (package / "part.py").write_text("VALUE = 1\n\ndef where():\n    return __file__, __spec__.cached\n")
    return tmp_path


def run(home: Path, code: str, **environ: str) -> str:
    """What a fresh interpreter prints."""
    env = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": f"{home / 'lib'}{os.pathsep}{ROOT}",
        **environ,
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def kept(home: Path) -> list[Path]:
    return sorted((home / "cache" / "oncall-tui").glob("modules-*"))


ASK = """
import inspect, sample, sample.part
print(type(sample.part.__loader__).__name__, sample.VALUE, inspect.getsource(sample.part.where).startswith("def where"))
"""


def test_what_was_imported_comes_out_of_the_file_and_is_the_same(home: Path) -> None:
    assert run(home, BEGIN + ASK + KEEP) == "SourceFileLoader 1 True"
    (file,) = kept(home)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert run(home, BEGIN + ASK) == "Shelved 1 True"
    places = "import sample.part\nprint(sample.part.where(), sample.__path__, sample.part.__package__)"
    assert run(home, BEGIN + places) == run(home, places)
    written = file.stat().st_mtime_ns
    run(home, BEGIN + ASK + KEEP)
    assert kept(home)[0].stat().st_mtime_ns == written, "nothing new, and written again"


def test_a_source_that_changed_is_imported_as_ever_and_kept_anew(home: Path) -> None:
    run(home, BEGIN + ASK + KEEP)
    part = home / "lib" / "sample" / "part.py"
    part.write_text(part.read_text().replace("VALUE = 1", "VALUE = 22"))
    assert run(home, BEGIN + ASK + KEEP) == "SourceFileLoader 22 True"
    assert run(home, BEGIN + ASK) == "Shelved 22 True"
    part.unlink()
    assert "ModuleNotFoundError" in run(
        home, BEGIN + "try:\n    import sample.part\nexcept ImportError as e:\n    print(repr(e))"
    )


def test_a_package_of_that_name_from_elsewhere_is_not_mixed_with_it(home: Path) -> None:
    run(home, BEGIN + ASK + KEEP)
    other = home / "other" / "sample"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("VALUE = 3\n")
    (other / "part.py").write_text("def where():\n    return None\n")
    ask = f"import sys\nsys.modules.pop('sample', None)\nsys.meta_path.insert(0, sys.meta_path.pop())\n{ASK}"
    assert run(home, BEGIN + f"sys.path.insert(1, {str(home / 'other')!r})\n" + ask).endswith("3 True")


@pytest.mark.parametrize("damage", ["cut", "other words", "zeros", "empty", "index"])
def test_a_damaged_file_is_not_there(home: Path, damage: str) -> None:
    run(home, BEGIN + ASK + KEEP)
    (file,) = kept(home)
    raw = file.read_bytes()
    middle = len(raw) // 2
    file.write_bytes(
        {
            "cut": raw[:middle],
            "other words": b"hello " * 1000,
            "zeros": raw[:200_000].ljust(len(raw), b"\0"),
            "empty": b"",
            "index": raw[:40] + b"\xff" * 400 + raw[440:],
        }[damage]
    )
    assert run(home, BEGIN + ASK).endswith("1 True")


def damaged_code() -> bytes:
    """Code as it is kept, but with more arguments by place than arguments: of this marshal says SystemError."""
    code = bytearray(marshal.dumps(compile("pass", "", "exec")))
    code[5] = 1
    with pytest.raises(SystemError):
        marshal.loads(code)
    return bytes(code)


@pytest.mark.parametrize("where", ["index", "code"])
def test_code_that_is_none_is_not_there(home: Path, where: str) -> None:
    run(home, BEGIN + ASK + KEEP)
    (file,) = kept(home)
    raw = file.read_bytes()
    damaged = damaged_code()
    # As a disk leaves it: of the right length.
    if where == "index":
        at = len(shelf._FORMAT) + shelf._NUMBER + shelf._SUM
        file.write_bytes(raw[:at] + damaged + raw[at + len(damaged) :])
    else:
        (part,) = (home / "lib" / "sample" / "__pycache__").glob("part.*")
        code = part.read_bytes()[16:]
        file.write_bytes(raw.replace(code, damaged.ljust(len(code), b"0")))
    assert run(home, BEGIN + ASK).endswith("1 True")


def test_code_of_which_the_disk_changed_one_byte_is_not_used(home: Path) -> None:
    run(home, BEGIN + ASK + KEEP)
    (file,) = kept(home)
    (part,) = (home / "lib" / "sample" / "__pycache__").glob("part.*")
    code = part.read_bytes()[16:]

    def constants(raw: bytes) -> tuple[object, ...]:
        try:
            return marshal.loads(raw).co_consts  # type: ignore[no-any-return]
        except Exception:  # most of them are no code at all
            return ()

    changed = (code[:at] + b"\x07" + code[at + 1 :] for at, byte in enumerate(code) if byte == 1)
    file.write_bytes(file.read_bytes().replace(code, next(one for one in changed if 7 in constants(one))))
    assert run(home, BEGIN + ASK).endswith("1 True")


def test_a_module_that_comes_before_it_on_the_path_is_the_one_that_is_imported(home: Path) -> None:
    (home / "first").mkdir()
    path = os.pathsep.join(str(one) for one in (home / "first", home / "lib", ROOT))
    assert run(home, BEGIN + ASK + KEEP, PYTHONPATH=path).endswith("1 True")
    other = home / "first" / "sample"
    other.mkdir()
    (other / "__init__.py").write_text('VALUE = "other"\n')
    (other / "part.py").write_text("def where():\n    return None\n")
    for _ in range(2):
        assert run(home, BEGIN + ASK + KEEP, PYTHONPATH=path).endswith("other True")


def test_a_file_that_others_can_write_is_not_used(home: Path) -> None:
    run(home, BEGIN + ASK + KEEP)
    (file,) = kept(home)
    file.chmod(0o620)
    assert run(home, BEGIN + ASK) == "SourceFileLoader 1 True"
    file.chmod(0o600)
    file.rename(file.with_suffix(".real"))
    file.symlink_to(file.with_suffix(".real"))
    assert run(home, BEGIN + ASK) == "SourceFileLoader 1 True"


def test_nothing_is_kept_where_it_may_not_be(home: Path) -> None:
    run(home, BEGIN + ASK + KEEP, PYTHONDONTWRITEBYTECODE="1")
    assert not kept(home)
    folder = home / "cache" / "oncall-tui"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    run(home, BEGIN + ASK + KEEP)
    assert not kept(home)


def test_files_of_other_installations_go_in_time(home: Path) -> None:
    folder = home / "cache" / "oncall-tui"
    folder.mkdir(parents=True, mode=0o700)
    for number in range(5):
        old = folder / f"modules-{number:08x}.bin"
        old.write_bytes(b"x")
        os.utime(old, (number, number))
    run(home, BEGIN + ASK + KEEP)
    assert len(kept(home)) == 3
    assert not (folder / "modules-00000000.bin").exists()

"""Make one file that runs where there is Python and nothing else: ``python scripts/build_onefile.py``.

Run it with the Python version of the machine it is for: compiled modules are of one version. The file holds the
product and all it needs, compiled; ``scripts/onefile_main.py`` unpacks it at the first start.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import io
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from onefile_main import PAYLOAD, running_on

ROOT = Path(__file__).resolve().parents[1]
_NEEDLESS = ("bin", "include", "share")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def install(site: Path) -> None:
    """The product and its dependencies, from the index that pip is set up for, to ``site``.

    Raises:
        subprocess.CalledProcessError: pip has said why.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--target", str(site), str(ROOT)], check=True)  # noqa: S603 - our own words
    for name in _NEEDLESS:
        shutil.rmtree(site / name, ignore_errors=True)


def compile_all(site: Path) -> None:
    """Compiled files beside every module. Their sources are not looked at again: the folder's name is a digest.

    Raises:
        SystemExit: a module of ours cannot be compiled.
    """
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    # Some packages carry templates of code that are no Python: quiet, as pip is.
    compileall.compile_dir(site, quiet=2, invalidation_mode=mode, stripdir=str(site), workers=0)
    missing = [path for path in (site / "oncall_tui").rglob("*.py") if not _compiled(path).is_file()]
    if missing:
        raise SystemExit(f"not compiled: {missing[0]}")


def _compiled(source: Path) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"


def packed(folder: Path) -> bytes:
    """A folder as a zip: the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.writestr(_entry(path.relative_to(folder).as_posix()), path.read_bytes(), compresslevel=9)
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    return entry


def assemble(payload: bytes, output: Path) -> None:
    """The payload and what unpacks it, as one file that can be run."""
    digest = hashlib.sha256(payload).hexdigest()
    source = (ROOT / "scripts" / "onefile_main.py").read_text(encoding="utf-8")
    source = source.replace("@BUILT_FOR@", running_on()).replace("@DIGEST@", digest)
    with tempfile.TemporaryDirectory() as scratch:
        main = Path(scratch) / "__main__.py"
        main.write_text(source, encoding="utf-8")
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compiled = py_compile.compile(str(main), f"{main}c", dfile="__main__.py", doraise=True, invalidation_mode=mode)
        assert compiled is not None
        code = Path(compiled).read_bytes()
    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f"{output.name}.unfinished")
    with unfinished.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        # The outer zip has three entries: Python reads its directory at each start.
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(_entry("__main__.pyc"), code)  # taken by the Python that it was built with
            archive.writestr(_entry("__main__.py"), source)  # by any other, which says so
            archive.writestr(zipfile.ZipInfo(PAYLOAD, _EPOCH), payload)
    unfinished.chmod(0o755)
    unfinished.replace(output)


def build(output: Path) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory(prefix="oncall-tui-onefile-") as scratch:
        site = Path(scratch) / "site"
        install(site)
        compile_all(site)
        assemble(packed(site), output)


def main() -> int:
    """Build from the command line."""
    parser = argparse.ArgumentParser(description="Make one file that runs where there is Python and nothing else.")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "oncall-tui", help="default: dist/oncall-tui")
    args = parser.parse_args()
    try:
        build(args.output)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.1f} MB, for {running_on()}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the one file runs: unpacks itself once into the user's cache, then starts from there like an installed program.

``build_onefile.py`` puts this in as ``__main__``, with :data:`BUILT_FOR` and :data:`DIGEST` filled in. It runs at each
start, so it imports little, and whatever Python a machine has reads it, so it keeps to what old ones can read too.
"""

# os is there at the start, pathlib would have to be imported:
# ruff: noqa: PTH103, PTH104, PTH111, PTH117, PTH118, PTH120

import os
import sys

BUILT_FOR = "@BUILT_FOR@"
"""The Python and machine that the compiled modules in here are of."""
DIGEST = "@DIGEST@"
"""SHA-256 of the packed modules: the name of the folder that they are unpacked to."""
PAYLOAD = "payload.zip"


def running_on() -> str:
    """This Python and machine, as :data:`BUILT_FOR` has it."""
    return f"{sys.implementation.cache_tag} {sys.platform} {os.uname().machine}"


def cache_folder(home: str, xdg_cache_home: str) -> str:
    """Where unpacked programs are kept."""
    base = xdg_cache_home if os.path.isabs(xdg_cache_home) else os.path.join(home, ".cache")
    return os.path.join(base, "oncall-tui")


def is_private(folder: str) -> bool:
    """Whether only this user can have put something into a folder that is there."""
    try:
        about = os.lstat(folder)
    except OSError:
        return False
    return about.st_uid == os.geteuid() and about.st_mode & 0o170022 == 0o040000


def unpack(archive: str, digest: str, into: str) -> None:
    """Unpack the payload of ``archive`` to the folder ``into``, whole or not at all, whoever else does the same.

    Raises:
        OSError: it cannot be written there.
        ValueError: the file is not what was built.
    """
    import hashlib
    import io
    import shutil
    import tempfile
    import zipfile

    with zipfile.ZipFile(archive) as outer:
        payload = outer.read(PAYLOAD)
    if hashlib.sha256(payload).hexdigest() != digest:
        raise ValueError("this file is damaged: copy it again")
    base = os.path.dirname(into)
    os.makedirs(base, mode=0o700, exist_ok=True)
    if not is_private(base):
        raise OSError(f"{base} is open to others")
    unfinished = tempfile.mkdtemp(prefix="unpacking-", dir=base)
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as inner:
            inner.extractall(unfinished)
        try:
            os.rename(unfinished, into)
        except OSError:
            if not is_private(into):
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def unpack_for_now(archive: str, digest: str) -> str:
    """Unpack to a folder that goes at the end of this run; gives it."""
    import atexit
    import shutil
    import tempfile

    base = tempfile.mkdtemp(prefix="oncall-tui-")
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    into = os.path.join(base, digest)
    unpack(archive, digest, into)
    return into


def modules(archive: str, digest: str, cache: str) -> str:
    """The folder with the unpacked modules.

    Raises:
        OSError, ValueError: there is none and none can be made.
    """
    kept = os.path.join(cache, digest)
    if is_private(kept) and is_private(cache):
        return kept
    try:
        unpack(archive, digest, kept)
    except OSError as error:
        sys.stderr.write(f"oncall-tui: unpacked for this run only, as the cache cannot be used: {error}\n")
        return unpack_for_now(archive, digest)
    return kept


def main() -> int:
    """Start the program."""
    if running_on() != BUILT_FOR:
        sys.stderr.write(f"oncall-tui: this file is for {BUILT_FOR}; this is {running_on()}\n")
        return 2
    archive = sys.path[0]
    cache = cache_folder(os.path.expanduser("~"), os.environ.get("XDG_CACHE_HOME", ""))
    try:
        sys.path[0] = modules(archive, DIGEST, cache)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"oncall-tui: cannot be unpacked: {error}\n")
        return 2
    from oncall_tui.cli import main as oncall_tui

    return oncall_tui()


if __name__ == "__main__":
    sys.exit(main())

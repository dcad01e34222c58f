"""What a start compiled is there the next time: the same patterns and methods, and nothing that a person typed."""

from __future__ import annotations

import marshal
from pathlib import Path

import pytest

from oncall_tui.cli import shelf
from tests.cli.test_shelf import BEGIN, KEEP, kept, run

SAMPLE = """
import re
from collections import namedtuple
from dataclasses import dataclass

WORD = re.compile(r"(?P<word>[a-z]+)|([^\\W\\d_])", re.IGNORECASE)
RAW = re.compile(rb"\\x00+")
Pair = namedtuple("Pair", "left right", defaults=(7,))

@dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 2

def typed(words):
    return re.compile(words)
"""
ASK = """
import re, pickle
import sample.made as made
from sample.made import Pair, Point
found = made.WORD.match("Äb") or made.WORD.search("12 Hello")
print(found.group("word"), made.WORD.groupindex, made.WORD.flags, made.WORD == re.compile(made.WORD.pattern, re.I))
print(made.RAW.sub(b"-", b"a" + bytes(3) + b"b"), made.WORD.sub(r"<\\\\g<word>>", "Ab 1", count=1))
print(Pair(1), Pair(1, 2)._replace(left=3), Point(1), Point(1) < Point(1, 3), hash(Point(1)) == hash(Point(1, 2)))
try:
    Point(1).x = 3
except AttributeError as error:
    print(type(error).__name__)
try:
    Point()
except TypeError as error:
    print(error)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A cache folder to be, and a package of ours beside it."""
    package = tmp_path / "lib" / "sample"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "made.py").write_text(SAMPLE)
    return tmp_path


def of_file(home: Path) -> tuple[dict[tuple[str, str], object], dict[tuple[str | bytes, int], object]]:
    """What is kept of texts: code, and patterns."""
    (file,) = kept(home)
    raw = file.read_bytes()
    begin = len(shelf._FORMAT) + shelf._NUMBER + shelf._SUM
    length = int.from_bytes(raw[len(shelf._FORMAT) : begin - shelf._SUM], "big")
    codes, patterns = marshal.loads(raw[begin : begin + length])[4]
    return codes, patterns


COUNT = """
import re._compiler, builtins
calls = []
real = re._compiler._code
re._compiler._code = lambda *given: calls.append(given) or real(*given)
"""


def test_what_was_compiled_is_the_same_and_is_not_compiled_again(home: Path) -> None:
    plain = run(home, ASK)
    assert run(home, BEGIN + ASK + KEEP) == plain
    codes, patterns = of_file(home)
    assert (b"\\x00+", 0) in patterns
    assert any("Pair" in text or "left" in text for _, text in codes)
    assert any("x:_type_x" in text or "self.x" in text for _, text in codes)
    assert run(home, BEGIN + ASK) == plain
    assert run(home, BEGIN + COUNT + "import sample.made\nprint(len(calls))") == "0"


def test_every_pattern_of_a_start_is_the_one_that_would_be_compiled(home: Path) -> None:
    compare = (
        "import re, sre_constants\nfrom oncall_tui.cli.shelf import _taken\ncompiled = _taken().compiled\n"
        "kept = {one: re._compiler.compile(*one) for one in compiled._patterns}\ncompiled.end()\n"
        "print(len(kept) > 40, all(kept[one] == re._compiler.compile(*one) for one in kept))"
    ).replace(", sre_constants", "")
    face = "import oncall_tui.cli.dashboard, oncall_tui.app, oncall_tui.terminal.driver\n"
    run(home, BEGIN + face + KEEP)
    assert run(home, BEGIN + compare) == "True True"


def test_what_a_person_typed_is_not_kept(home: Path) -> None:
    run(home, BEGIN + ASK + "made.typed('s3cret.*')\nmade.typed('wor[k]')\nre.compile('a.*b')" + KEEP)
    _, patterns = of_file(home)
    assert not {"s3cret.*", "wor[k]", "a.*b"} & {text for text, _ in patterns}


def test_nothing_new_is_not_written_again_and_something_new_is(home: Path) -> None:
    run(home, BEGIN + ASK + KEEP)
    before = of_file(home)
    (home / "lib" / "sample" / "more.py").write_text("import re\nMORE = re.compile('m+o*r?e')\n")
    assert run(home, BEGIN + ASK + "print(shelf.put_up(os.environ))").endswith("False")
    run(home, BEGIN + ASK + "import sample.more" + KEEP)
    after = of_file(home)
    assert set(after[1]) - set(before[1]) == {("m+o*r?e", 0)}
    assert set(before[1]) <= set(after[1])


def test_the_compilers_are_given_back(home: Path) -> None:
    ask = (
        "import collections, dataclasses, re._compiler\nfrom oncall_tui import records\n"
        "print(re._compiler.compile.__module__, [vars(one).keys() & {'exec', 'eval'}"
        " for one in (collections, dataclasses, records)])"
    )
    assert run(home, BEGIN + KEEP + ask) == "re._compiler [set(), set(), set()]"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param((32, [1, 2, 3], 0, {}, (None,)), id="no pattern's code"),
        pytest.param((32, [], 0, {}, (None,)), id="no code"),
        pytest.param((32, [2**40], 0, {}, (None,)), id="too large a number"),
        pytest.param((32, "words", 0, {}, (None,)), id="words"),
        pytest.param((), id="nothing"),
    ],
)
def test_a_kept_pattern_that_the_engine_refuses_is_compiled(home: Path, wrong: tuple[object, ...]) -> None:
    damage = f"from oncall_tui.cli.shelf import _taken\n_taken().compiled._patterns[(b'\\\\x00+', 0)] = {wrong!r}\n"
    assert run(home, BEGIN + damage + ASK) == run(home, ASK)


def test_a_pattern_that_the_disk_changed_is_compiled(home: Path) -> None:
    run(home, BEGIN + ASK + KEEP)
    (file,) = kept(home)
    raw = file.read_bytes()
    begin = len(shelf._FORMAT) + shelf._NUMBER + shelf._SUM
    length = int.from_bytes(raw[len(shelf._FORMAT) : begin - shelf._SUM], "big")
    key, folders, held, index, (codes, patterns) = marshal.loads(raw[begin : begin + length])
    flags, code, *rest = patterns[rb"\x00+", 0]
    code[len(code) - 1 - code[::-1].index(0)] = ord("a")  # the last zero is the character's
    patterns[rb"\x00+", 0] = (flags, code, *rest)
    head = marshal.dumps((key, folders, held, index, (codes, patterns)))
    # Of the right length, and code that the engine takes as readily: of another pattern.
    sizes = len(head).to_bytes(shelf._NUMBER, "big") + raw[begin - shelf._SUM : begin]
    file.write_bytes(shelf._FORMAT + sizes + head + raw[begin + length :])
    assert run(home, BEGIN + ASK) == run(home, ASK)


def test_texts_that_are_new_at_each_start_do_not_pile_up(home: Path) -> None:
    (home / "lib" / "sample" / "new.py").write_text(
        "import re, os\nfor number in range(3000):\n    re.compile(f'{number}{os.getpid()}')\n"
    )
    for _ in range(2):
        run(home, BEGIN + "import sample.new" + KEEP)
    codes, patterns = of_file(home)
    assert len(codes) + len(patterns) <= 2000
    assert run(home, BEGIN + "import sample.new\nprint(shelf.put_up(os.environ))") == "False"


def test_texts_and_flags_of_classes_of_their_own_stand_in_nothings_way(home: Path) -> None:
    (home / "lib" / "sample" / "odd.py").write_text(
        "import re, re._compiler\n"
        "class Text(str): pass\n"
        "class Number(int): pass\n"
        "ODD = re._compiler.compile(Text('odd+'), 0)\n"
        "EVEN = re._compiler.compile('even+', Number(2))\n"
        "WORDS = re.split('[,;]+', 'a,b;c')\n"
    )
    ask = "import sample.odd as odd\nprint(odd.ODD.match('oddd').group(), odd.EVEN.match('EVENN').group(), odd.WORDS)"
    for _ in range(2):
        assert run(home, BEGIN + ask + KEEP) == "oddd EVENN ['a', 'b', 'c']"
    assert ("even+", 2) in of_file(home)[1]

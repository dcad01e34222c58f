"""A config file as a tree of YAML nodes with line numbers; whatever the bytes are, the answer is a tree or a
:class:`~oncall_tui.config.problems.ConfigError`.

Scalars are taken by their text, never by YAML 1.1's idea of their type: there ``on`` is a bool, ``12:30`` is 750 and
``2026-12-25`` a date.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import yaml

from oncall_tui.config.problems import ConfigError, Problem
from oncall_tui.text import clean

MAX_BYTES = 1024 * 1024
MAX_NODES = 20_000
"""With aliases followed: an alias bomb is many nodes out of few lines."""
MAX_DEPTH = 30

_QUOTED = re.compile(r"'([^']*)'")
_TAGS = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    f"{_TAGS}{word}" for word in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "map", "seq")
)


def line_of(node: yaml.Node) -> int:
    """The node's line, from 1."""
    return int(node.start_mark.line) + 1


def is_null(node: yaml.Node) -> bool:
    """Nothing was written: an empty value, ``~`` or ``null``."""
    return isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAGS}null"


def parse(raw: bytes, file: Path) -> yaml.Node | None:
    """The root node, ``None`` for a file without content.

    Raises:
        ConfigError: not UTF-8, not YAML, several documents, a tag, too large, too deep, too many aliases.
    """
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(file, None, "", f"the file is larger than {MAX_BYTES // 1024} KiB")])
    text = _decoded(raw, file)
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_syntax(error, file)]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise ConfigError([Problem(file, line, "", "a control character, which YAML does not allow")]) from None
    except RecursionError:
        raise ConfigError([Problem(file, None, "", "nested too deeply")]) from None
    if root is not None:
        _check_size(root, file)
    return root


def _composed(text: str) -> yaml.Node | None:
    """Raises what ``yaml.compose`` raises. libyaml reads ten times as fast, but tells of mistakes in other words."""
    if yaml.__with_libyaml__:
        with contextlib.suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _decoded(raw: bytes, file: Path) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError([Problem(file, 1, "", "the file is UTF-16", "save it as UTF-8")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(file, line, "", "a byte that is not UTF-8", "save the file as UTF-8")]) from None


def _syntax(error: yaml.MarkedYAMLError, file: Path) -> Problem:
    mark = error.problem_mark or error.context_mark
    context = f"{error.context}, " if error.context else ""
    # A token written without quotes can be taken for an alias, whose name the parser would repeat to us.
    words = _QUOTED.sub(_hidden, f"{context}{error.problem or 'cannot be read'}")
    hint = "indent with spaces, not with tabs" if "'\\t'" in words else None
    message = f"not YAML: {clean(words, 200)}"
    return Problem(file, mark.line + 1 if mark else None, "", message, hint)


def _hidden(quoted: re.Match[str]) -> str:
    """YAML's own signs (``'<block end>'``, ``'\\t'``, ``']'``) stay, words out of the file do not."""
    return quoted[0] if len(quoted[1]) < 3 or quoted[1][0] in "<\\" else "'…'"


def _check_size(root: yaml.Node, file: Path) -> None:
    left = MAX_NODES
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        left -= 1
        if left < 0:
            raise ConfigError([Problem(file, None, "", "too many entries (aliases count each time they are used)")])
        if depth > MAX_DEPTH:
            raise ConfigError([Problem(file, line_of(node), "", "nested too deeply")])
        if node.tag not in _PLAIN_TAGS:
            raise ConfigError([Problem(file, line_of(node), "", "a YAML tag (!…)", "quote the value")])
        if isinstance(node, yaml.SequenceNode):
            waiting.extend((item, depth + 1) for item in node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting.extend((item, depth + 1) for pair in node.value for item in pair)

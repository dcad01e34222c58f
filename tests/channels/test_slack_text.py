"""Text as Slack takes it: escaped, in its dialect, in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.channels.slack.mrkdwn import escape, from_markdown, split


@given(st.text(alphabet="ab <>&\n`;", max_size=400), st.integers(20, 60))
def test_no_part_is_too_long_nothing_is_lost_and_no_entity_is_cut(text: str, limit: int) -> None:
    parts = split(escape(text), limit)
    assert parts and all(len(part) <= limit for part in parts)
    glued = "".join("".join(parts).replace("```", "").split())
    assert glued == "".join(escape(text).replace("```", "").split())
    for part in parts:
        assert "<" not in part and ">" not in part
        assert all(part[at:].startswith(("&amp;", "&lt;", "&gt;")) for at, char in enumerate(part) if char == "&")


def test_it_is_cut_between_paragraphs_then_lines_then_words() -> None:
    assert split("a" * 30 + "\n\n" + "b" * 30, 50) == ["a" * 30, "b" * 30]
    assert split("a" * 30 + "\n" + "b" * 30, 50) == ["a" * 30, "b" * 30]
    assert split("a" * 30 + " " + "b" * 30, 50) == ["a" * 30, "b" * 30]
    assert [len(part) for part in split("x" * 100, 50)] == [44, 44, 12]
    assert split("", 50) == [""]


def test_a_block_of_code_that_is_cut_is_closed_and_opened_again() -> None:
    parts = split("```\n" + "\n".join("line" for _ in range(30)) + "\n```", 60)
    assert len(parts) > 2 and all(part.count("```") == 2 and len(part) <= 60 for part in parts)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("# Shift **handover**: a", "*Shift *handover*: a*"),
        ("one\n\ntwo\nthree", "one\n\ntwo\nthree"),
        ("- a\n- [ ] b\n- [x] c\n  - d\n", "• a\n• ☐ b\n• ☑ c\n    • d"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n  b", "• a\n  b"),
        ("| Severity | Count |\n| --- | --- |\n| Sev1 | 2 |", "Severity | Count\nSev1 | 2"),
        ("**b** *i* `c<d>`", "*b* _i_ `c&lt;d&gt;`"),
        ("\\<!channel\\> \\*x\\* & <@U1>", "&lt;!channel&gt; *x* &amp; &lt;@U1&gt;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("[run|book](https://a.example/x?a=1&b=2|y)", "<https://a.example/x?a=1&amp;b=2%7Cy|run|book>"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](mailto:a@example.com)", "x"),
        ("[x](!channel)", "x"),
        ("[x](https://a.example/\u202e)", "<https://a.example/%E2%80%AE|x>"),
        ("![alt](https://a.example/x.png)", "alt"),
        ("```\n<a> & b\n```", "```\n&lt;a&gt; &amp; b\n```"),
        ("    code <x>", "```\ncode &lt;x&gt;\n```"),
        ("> said\n> more", "> said\n> more"),
        ("a\n\n---\n\nb", "a\n———\n\nb"),
        ("", ""),
    ],
)
def test_markdown_in_slacks_dialect(source: str, wanted: str) -> None:
    assert from_markdown(source) == wanted


@given(st.text(max_size=300))
def test_no_markdown_makes_a_mention(source: str) -> None:
    made = from_markdown(source)
    assert "<!" not in made and "<@" not in made and "<#" not in made
    for piece in made.split("<")[1:]:
        assert piece.startswith(("http://", "https://"))


@given(st.sampled_from(["<!channel>", "<@U012ABCDEF>", "<#C012ABCDEF>", "<!subteam^S1>", "<!here|here>"]), st.text())
def test_no_title_makes_a_mention(mention: str, around: str) -> None:
    assert "<" not in escape(around + mention + around)

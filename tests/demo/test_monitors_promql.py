"""The simulators' part of PromQL: what it understands it evaluates rightly, the rest it refuses."""

from __future__ import annotations

import math

import pytest

from oncall_tui.demo.monitors import promql
from oncall_tui.demo.monitors.answers import sample, scientific
from oncall_tui.demo.monitors.evaluate import Matrix, Point, Scalar, Vector
from oncall_tui.demo.monitors.matchers import Labels, Matcher, all_hold, parse_matcher

SERIES: list[tuple[Labels, float]] = [
    ({"__name__": "up", "job": "node", "instance": "a"}, 1.0),
    ({"__name__": "up", "job": "node", "instance": "b"}, 0.0),
    ({"__name__": "up", "job": "api", "instance": "c"}, 1.0),
    ({"__name__": "ratio", "job": "api"}, 0.25),
]


class Store:
    """Every series shows its value at every tenth second."""

    def instant(self, matchers: tuple[Matcher, ...], at: float) -> list[tuple[Labels, float]]:
        return [(labels, value) for labels, value in SERIES if all_hold(matchers, labels)]

    def window(self, matchers: tuple[Matcher, ...], start: float, end: float) -> list[tuple[Labels, list[Point]]]:
        times = range(int(start // 10 + 1) * 10, int(end) + 1, 10)
        return [(labels, [(float(at), value + at) for at in times]) for labels, value in self.instant(matchers, end)]


def values(text: str, at: float = 100.0) -> list[float]:
    result = promql.parse(text).at(Store(), at)
    assert isinstance(result, Vector)
    return [value for _, value in result.samples]


def scalar(text: str) -> float:
    result = promql.parse(text).at(Store(), 100.0)
    assert isinstance(result, Scalar)
    return result.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("up", [1.0, 0.0, 1.0]),
        ('up{job="node"}', [1.0, 0.0]),
        ('up{job!="node"}', [1.0]),
        ('up{job=~"no.*|x"}', [1.0, 0.0]),
        ('up{job!~"no"}', [1.0, 0.0, 1.0]),
        ('{__name__="up",instance="b"}', [0.0]),
        ("up == 0", [0.0]),
        ("0 == up", [0.0]),
        ("up == bool 0", [0.0, 1.0, 0.0]),
        ("100 * ratio", [25.0]),
        ("ratio * 100 > 20", [25.0]),
        ("(1 - ratio) / 3", [0.25]),
        ("time() - ratio", [99.75]),
        ("-ratio + 1", [0.75]),
        ("ratio / 0", [math.inf]),
        ("sum(up)", [2.0]),
        ("sum by (job) (up)", [1.0, 1.0]),
        ("avg(up) by (job)", [0.5, 1.0]),
        ("max(up) > 0.5", [1.0]),
        ("count(up)", [3.0]),
        ("count_over_time(ratio[30s])", [3.0]),
        ("max_over_time(ratio[30s])", [100.25]),
        ("last_over_time(ratio[1m])", [100.25]),
        ("vector(7) > 5", [7.0]),
        ("vector(7) > 8", []),
        ("nothing", []),
    ],
)
def test_vectors(text: str, expected: list[float]) -> None:
    assert values(text) == expected


def test_scalars_keep_the_order_of_operations() -> None:
    assert scalar("2 + 3 * 4") == 14.0
    assert scalar("(2 + 3) * -4") == -20.0
    assert scalar("8 - 3 - 2") == 3.0
    assert scalar("2 > bool 1") == 1.0
    assert scalar("1e3 + .5") == 1000.5
    assert math.isnan(scalar("0 / 0"))


def test_a_comparison_keeps_the_name_and_arithmetic_drops_it() -> None:
    kept = promql.parse("ratio > 0").at(Store(), 100.0)
    dropped = promql.parse("ratio * 2").at(Store(), 100.0)
    assert isinstance(kept, Vector) and isinstance(dropped, Vector)
    assert dict(kept.samples[0][0]) == {"__name__": "ratio", "job": "api"}
    assert dict(dropped.samples[0][0]) == {"job": "api"}


def test_a_range_gives_the_samples_of_its_length() -> None:
    result = promql.parse("ratio[30s]").at(Store(), 100.0)
    assert isinstance(result, Matrix)
    assert [at for at, _ in result.series[0][1]] == [80.0, 90.0, 100.0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1:1: parse error: no expression found in input"),
        ("foo{", "1:5: parse error: unexpected end of input inside braces"),
        ("nosuch(1)", '1:1: parse error: unknown function with name "nosuch"'),
        ("2 > 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ('{job=~".*"}', "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("up[5m] * 2", "1:8: parse error: binary expression must contain only scalar and instant vector types"),
        ("count_over_time(up)", '1:17: parse error: expected type range vector in call to function "count_over_time"'),
        ("up * up", "1:4: parse error: one side of an operator must be a number here"),
        ("rate(up[5m])", '1:1: parse error: unknown function with name "rate"'),
        ("up offset 5m", "1:4: parse error: unexpected"),
        ("up{job='a'", "1:11: parse error: unexpected end of input inside braces"),
        ('up{job=~"("}', "1:9: parse error: error parsing regexp"),
        ("up)", "1:3: parse error: unexpected"),
        ("1 +", "1:4: parse error: unexpected end of input"),
        ("up[5]", "1:4: parse error: unexpected"),
        ("sum(1)", "1:5: parse error: expected type instant vector in aggregation"),
        ("$", "1:1: parse error: unexpected character: '$'"),
        ("(" * 500, "nested too deeply"),
        ("1+" * 5000 + "1", "too long"),
    ],
)
def test_everything_else_is_a_parse_error_that_says_where(text: str, words: str) -> None:
    with pytest.raises(promql.QueryError) as refusal:
        promql.parse(text)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ('severity="critical"', Matcher("severity", "=", "critical")),
        ("severity=critical", Matcher("severity", "=", "critical")),
        (' service =~ "api.*" ', Matcher("service", "=~", "api.*")),
        (r'a!="x\"y\\z\n"', Matcher("a", "!=", 'x"y\\z\n')),
        ('a!~""', Matcher("a", "!~", "")),
    ],
)
def test_matchers_are_read_as_alertmanager_reads_them(text: str, matcher: Matcher) -> None:
    assert parse_matcher(text) == matcher


@pytest.mark.parametrize("text", ["alertname", "{", "", '1="x"', 'a="x', 'a="x"y"', 'a=~"("'])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_matcher(text)


def test_an_absent_label_is_empty() -> None:
    assert Matcher("gone", "=", "").holds({}) and Matcher("gone", "!=", "x").holds({})
    assert not Matcher("gone", "=~", ".+").holds({})


def test_numbers_are_written_as_go_writes_them() -> None:
    assert [sample(value) for value in (1.0, 0.0034, 1e-7, 12.5, math.nan, math.inf, -math.inf, 1.8e9)] == [
        "1", "0.0034", "0.0000001", "12.5", "NaN", "+Inf", "-Inf", "1800000000",
    ]  # fmt: skip
    assert [scientific(value) for value in (1.0, 0.124, 93600.0, -5e-12, math.nan)] == [
        "1e+00", "1.24e-01", "9.36e+04", "-5e-12", "NaN",
    ]  # fmt: skip

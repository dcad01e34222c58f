"""Frame, places to fill, patterns of lines, curves: what is pure of an investigation."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from oncall_tui.investigation import (
    NARROWEST,
    WIDEST,
    Query,
    Unfilled,
    fill,
    fill_link,
    frame_around,
    of_lines,
    of_series,
    patterns,
    places,
    shrunk,
    step_of,
)
from oncall_tui.investigation.patterns import MOST, pattern_of
from oncall_tui.investigation.results import BUCKETS, MOST_PATTERNS, MOST_SERIES
from oncall_tui.model.ranges import Frame, LinesFound, LogLine, Series, SeriesFound

NOW = datetime(2026, 11, 23, 14, 42, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FRAME = Frame(start=NOW - HOUR, end=NOW)
HOSTILE = ('a"b', "a'b", "a`b", "a\\b", "a\nb", 'x"} or vector(1) or {y="', "{service}", ".*", "ä; \u202e", "a|b")


# -- frame ------------------------------------------------------------------------------------------------------------


def test_it_begins_half_an_hour_before_the_first_sign_and_ends_with_the_incident() -> None:
    first = NOW - 2 * HOUR
    assert frame_around(first, NOW - HOUR, NOW) == Frame(start=first - 30 * MINUTE, end=NOW - HOUR)
    assert frame_around(first, None, NOW) == Frame(start=first - 30 * MINUTE, end=NOW)


def test_it_is_widened_and_narrowed_and_never_looks_ahead() -> None:
    first, end = NOW - 2 * HOUR, NOW - HOUR
    frames = [frame_around(first, end, NOW, width) for width in range(NARROWEST - 1, WIDEST + 2)]
    assert frames[0] == frames[1] and frames[-1] == frames[-2]
    for narrow, wide in pairwise(frames):
        assert wide.start <= narrow.start < narrow.end <= wide.end <= NOW
    assert frame_around(first, end, NOW, 1) == Frame(start=first - HOUR, end=end + 30 * MINUTE)
    assert frame_around(first, end, NOW, -1) == Frame(start=first - 15 * MINUTE, end=first + 15 * MINUTE)


@pytest.mark.parametrize("first", (NOW, NOW - timedelta(days=400), NOW + HOUR))
def test_it_is_neither_empty_nor_endless(first: datetime) -> None:
    for width in range(NARROWEST, WIDEST + 1):
        frame = frame_around(first, None, NOW, width)
        assert timedelta(minutes=5) <= frame.length <= timedelta(days=7)
        points = frame.length / step_of(frame)
        assert points <= 121


# -- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("mark", ('"', "'"))
def test_what_goes_into_quotes_stays_within_them(value: str, mark: str) -> None:
    filled = fill(f"up{{job={mark}{{service}}{mark}}}", {"service": [value]})
    inner = re.fullmatch(rf"up\{{job={mark}((?:[^{mark}\\]|\\.)*){mark}\}}", filled, re.DOTALL)
    assert inner is not None, filled
    said = re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], inner[1])
    assert said == value


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("operator", ("=~", "!~", "|~ ", "=~ "))
def test_behind_a_matching_operator_it_matches_only_itself(value: str, operator: str) -> None:
    filled = fill(f'x{operator}"{{service}}"', {"service": [value]})
    inner = re.fullmatch(rf'x{re.escape(operator)}"((?:[^"\\]|\\.)*)"', filled, re.DOTALL)
    assert inner is not None, filled
    pattern = re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], inner[1])
    assert re.fullmatch(pattern, value) and not re.fullmatch(pattern, value + "x")


def test_a_regular_expression_takes_every_value_and_quotes_the_likeliest() -> None:
    values = {"region": ["eu-1", "eu-2", "us.1"]}
    assert fill('{region=~"{region}"}', values) == '{region=~"(eu-1|eu-2|us\\\\.1)"}'
    assert fill('{region="{region}"}', values) == '{region="eu-1"}'


def test_outside_of_quotes_only_plain_words_are_taken() -> None:
    assert (
        fill("avg:errors{service:{service}}", {"service": ["pay-ments/eu:1"]}) == "avg:errors{service:pay-ments/eu:1}"
    )
    for value in ("a b", "a{b", "", "x" * 201, "a)or(b", "ä"):
        with pytest.raises(Unfilled, match=r"within quotes|no service"):
            fill("avg:errors{service:{service}}", {"service": [value] if value else []})


def test_a_backtick_cannot_hold_a_backtick() -> None:
    assert fill("|= `{service}`", {"service": ['a"b\\']}) == '|= `a"b\\`'
    with pytest.raises(Unfilled, match="backtick"):
        fill("|= `{service}`", {"service": ["a`b"]})


def test_what_is_no_place_stays() -> None:
    query = '{a=~"x{2,3}"} | line_format "{{.msg}}" | json [5m]'
    assert fill(query, {}) == query and not places(query)
    assert places('{job="{service}",r="{region}"}') == {"service", "region"}


def test_a_name_without_a_value_is_said() -> None:
    with pytest.raises(Unfilled, match="label region"):
        fill('up{r="{region}"}', {"service": ["x"]})


@pytest.mark.parametrize("value", HOSTILE)
def test_an_address_holds_what_goes_in_as_one_part(value: str) -> None:
    template = "https://traces.example.com/search?service={service}&start={from_us}&end={to_ms}&t={from_iso}"
    address = fill_link(template, {"service": [value]}, FRAME)
    assert address.isascii() and address.count("&") == 3 and address.count("?") == 1 and "#" not in address
    start = int(FRAME.start.timestamp())
    assert f"start={start}000000" in address and "t=2026-11-23T13%3A42%3A00Z" in address


def test_an_address_stays_one() -> None:
    with pytest.raises(Unfilled):
        fill_link("javascript:alert({service})", {"service": ["1"]}, FRAME)


# -- patterns ---------------------------------------------------------------------------------------------------------


def line(text: str, minutes: float = 1, **labels: str) -> LogLine:
    return LogLine(at=NOW - minutes * MINUTE, text=text, labels=labels)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("waited 5012 ms for a connection", "waited 17 ms for a connection"),
        ("request=8f3a22bd failed", "request=00c1ffee failed"),
        ("2026-11-23T14:31:02.117Z boom", "2026-11-23T09:00:00Z boom"),
        ("from 10.0.3.17:5432 refused", "from 10.0.4.2 refused"),
        ("id 6f1c7a52-3a1e-4a55-9f86-3a8e0c1d2b11 gone", "id 00000000-0000-0000-0000-000000000000 gone"),
        ("took -1.5 s,  at 0x7ffe", "took 12 s, at 0xdeadbeef"),
    ],
)
def test_lines_that_differ_in_numbers_and_ids_are_of_one_kind(one: str, other: str) -> None:
    assert pattern_of(one) == pattern_of(other)


def test_lines_that_differ_in_words_are_not() -> None:
    assert pattern_of("pool orders is empty") != pattern_of("pool sessions is empty")
    for word in ("deadbeef", "decade", "facade"):
        assert pattern_of(word) == word, "without a digit it is a word"
    assert pattern_of("") == pattern_of("   ") == "(an empty line)"


def test_the_most_frequent_comes_first_with_when_and_how_bad() -> None:
    found = patterns([
        line("lost 1", 9), line("waited 10 ms", 8, detected_level="ERROR"), line("waited 30 ms", 2, level="Warn"),
    ])  # fmt: skip
    assert [(one.text, one.count) for one in found] == [("waited ‹…› ms", 2), ("lost ‹…›", 1)]
    assert found[0].first_at == NOW - 8 * MINUTE and found[0].last_at == NOW - 2 * MINUTE
    assert found[0].example == "waited 30 ms" and found[0].level == "warn"
    assert patterns([line('ts=1 level=error msg="x"')])[0].level == "error"
    assert patterns([line("2026 FATAL out of memory")])[0].level == "fatal"
    assert patterns([]) == ()


def test_a_hundred_thousand_kinds_are_counted_in_no_time() -> None:
    lines = [
        line(f"word{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676 % 26)} x" + "y" * 400)
        for n in range(17_000)
    ]
    before = time.process_time()
    found = patterns(lines * 6)
    assert time.process_time() - before < 6
    assert len(found) == MOST + 1 and found[-1].is_rest
    assert sum(one.count for one in found) == len(lines) * 6


@pytest.mark.parametrize("text", ["0" * 100_000, "a-" * 50_000, "1.1." * 30_000, "0x" * 50_000, "2026-11-23T" * 9_000])
def test_no_line_is_slow(text: str) -> None:
    before = time.process_time()
    for _ in range(100):
        pattern_of(text)
    assert time.process_time() - before < 1


# -- results ----------------------------------------------------------------------------------------------------------


def series(values: list[float], step: timedelta = MINUTE, **labels: str) -> Series:
    start = NOW - step * (len(values) - 1)
    return Series(labels=labels, points=tuple((start + step * n, value) for n, value in enumerate(values)))


METRIC = Query(name="m", kind="metric", text="x", source="metrics")


def test_a_curve_has_its_figures_and_gaps_stay_gaps() -> None:
    result = of_series(METRIC, SeriesFound(series=(series([1, 5, 2], job="a"),)), FRAME)
    [curve] = result.curves
    assert (curve.low, curve.high, curve.last) == (1, 5, 2)
    assert curve.high_at == NOW - MINUTE and curve.last_at == NOW
    assert len(curve.values) == BUCKETS and curve.values[0] is None and curve.values[-1] is not None


def test_a_coarse_series_is_drawn_through() -> None:
    [curve] = of_series(METRIC, SeriesFound(series=(series([1, 2, 3, 4], 20 * MINUTE),)), FRAME).curves
    assert None not in curve.values[:-1]


def test_values_outside_of_the_frame_do_not_count() -> None:
    far = series([9, 9, 9], timedelta(hours=5))
    [curve] = of_series(METRIC, SeriesFound(series=(far,)), FRAME).curves
    assert curve.low == curve.last and len([one for one in curve.values if one is not None]) == 1
    gone = Series(labels={}, points=((NOW - timedelta(days=1), 1.0),))
    assert of_series(METRIC, SeriesFound(series=(gone,)), FRAME).curves == ()


def test_of_many_series_the_greatest_are_shown() -> None:
    many = tuple(series([n], job=str(n)) for n in range(50))
    result = of_series(METRIC, SeriesFound(series=many), FRAME)
    assert len(result.curves) == MOST_SERIES and result.more_series == 50 - MOST_SERIES
    assert result.curves[0].labels == {"job": "49"}


def test_of_many_patterns_the_most_frequent_are_shown() -> None:
    lines = tuple(line(f"kind {chr(97 + n)}") for n in range(20))
    result = of_lines(METRIC, LinesFound(lines=lines, is_cut=True))
    assert len(result.patterns) == MOST_PATTERNS and result.more_patterns == 20 - MOST_PATTERNS
    assert result.lines == 20 and result.is_cut


def test_a_curve_is_shrunk_to_its_peaks() -> None:
    assert shrunk((1, 9, None, 2, 3, None), 3) == (9, 2, 3)
    assert shrunk((None, None, 1), 1) == (1,) and shrunk((None,) * 4, 2) == (None, None)
    assert shrunk((1, 2), 60) == (1, 2)

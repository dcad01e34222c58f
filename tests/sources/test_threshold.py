"""Limits as the config writes them."""

from __future__ import annotations

import math

import pytest

from oncall_tui.config.options import FromText
from oncall_tui.sources.threshold import Threshold, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> 5", Threshold(">", 5.0)),
        (">=5", Threshold(">=", 5.0)),
        ("< 0.99", Threshold("<", 0.99)),
        ("  <=  -1.5  ", Threshold("<=", -1.5)),
        ("> 800ms", Threshold(">", 800.0, "ms")),
        ("> 5 %", Threshold(">", 5.0, "%")),
        ("> 5%", Threshold(">", 5.0, "%")),
        ("> .5s", Threshold(">", 0.5, "s")),
        ("> 1e3", Threshold(">", 1000.0)),
        ("> 2 req/s", Threshold(">", 2.0, "req/s")),
        ("== 0", Threshold("==", 0.0)),
        ("!= 1", Threshold("!=", 1.0)),
    ],
)
def test_a_limit_is_a_comparison_a_number_and_perhaps_a_unit(text: str, expected: Threshold) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        ">",
        "> five",
        "=> 5",
        "> 5 5",
        "> 1h30m",
        "> nan",
        "> inf",
        "> 1e400",
        "> 1e999",
        "> ٥",
        "> 5 \x1b[31m",
        "x" * 9999,
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse(text)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 140


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("> 5", 5.0, False),
        ("> 5", 5.01, True),
        (">= 5", 5.0, True),
        ("< 1", 1.0, False),
        ("<= 1", 1.0, True),
        ("== 0", 0.0, True),
        ("!= 1", 0.0, True),
        ("> 5", math.inf, True),
        ("> 5", math.nan, False),
        ("!= 1", math.nan, False),
    ],
)
def test_it_holds_for_values_on_its_far_side_and_never_for_nan(text: str, value: float, holds: bool) -> None:
    assert parse(text).holds(value) is holds


def test_times_are_converted_to_the_measured_unit() -> None:
    assert parse("> 1.2s").in_unit("ms") == Threshold(">", 1200.0, "ms")
    assert parse("> 26h").in_unit("s") == Threshold(">", 93600.0, "s")
    assert parse("> 5").in_unit("ms") == Threshold(">", 5.0, "ms")
    assert parse("> 5 %").in_unit(None) == Threshold(">", 5.0, "%")


def test_units_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="the limit is in %, the value in ms"):
        parse("> 5 %").in_unit("ms")


def test_the_worst_of_two_lies_further_on_the_bad_side() -> None:
    assert parse("> 5").worst(1.0, 9.0) == 9.0
    assert parse("< 5").worst(1.0, 9.0) == 1.0
    assert parse("== 0").worst(1.0, 0.0) == 0.0


def test_it_is_shown_as_it_is_written() -> None:
    assert [str(parse(text)) for text in (">5", "> 800ms", "<0.99", "> 5 %", "> 2 GiB")] == [
        "> 5",
        "> 800ms",
        "< 0.99",
        "> 5%",
        "> 2 GiB",
    ]


def test_it_is_a_config_value_that_can_be_written_back() -> None:
    limit = Threshold.from_text("> 2 GiB")
    assert isinstance(limit, FromText)
    assert Threshold.from_text(str(limit)) == limit

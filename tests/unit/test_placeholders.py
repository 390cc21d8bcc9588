"""Figures of an answer come from recorded facts, and are shown as a reader expects."""

import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from kaiseki.agent.placeholders import Bound, bind
from kaiseki.models import Citation, Fact, Failure


def fact(name: str, value: JsonValue, unit: str | None = None) -> Fact:
    return Fact(name=name, kind="fact", value=value, unit=unit, step=1, line=1)


def bound(template: str, *facts: Fact, **tables: str) -> Bound:
    result = bind(template, {each.name: each for each in facts}, tables)
    assert isinstance(result, Bound), result
    return result


def refused(template: str, *facts: Fact, **tables: str) -> Failure:
    result = bind(template, {each.name: each for each in facts}, tables)
    assert isinstance(result, tuple), result
    (failure,) = result
    assert failure.kind == "answer"
    assert failure.hint
    return failure


def shown(value: JsonValue, spec: str = "", unit: str | None = None) -> str:
    return bound("{x" + (f":{spec}" if spec else "") + "}", fact("x", value, unit)).text


def test_a_figure_keeps_the_fact_it_stands_for() -> None:
    result = bound("平均は {mean:.1f} 歳、件数は {n:,} 件。", fact("mean", 41.25), fact("n", 20120))
    assert result.text == "平均は 41.3 歳、件数は 20,120 件。"
    assert result.parts == (
        "平均は ",
        Citation(shown="41.3", fact="mean", placeholder="{mean:.1f}"),
        " 歳、件数は ",
        Citation(shown="20,120", fact="n", placeholder="{n:,}"),
        " 件。",
    )


def test_settings_are_cited_like_facts() -> None:
    level = Fact(name="level", kind="setting", value=0.05, step=1, line=2)
    assert bound("at {level}", level).text == "at 0.05"


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (20120, "", "20120"),
        (20120, ",", "20,120"),
        (-1234567, ",", "-1,234,567"),
        (1234.5, ",", "1,234.5"),
        (1234567.891, ",.2f", "1,234,567.89"),
        (3, ".2f", "3.00"),
        (0.125, ".2f", "0.13"),
        (2.675, ".2f", "2.68"),
        (2.5, ".0f", "3"),
        (-2.5, ".0f", "-3"),
        (-0.001, ".2f", "0.00"),
        (-0.0, "", "0"),
        (0.234, ".1%", "23.4%"),
        (0.2345, ".1%", "23.5%"),
        (1, ".0%", "100%"),
        (-0.0004, ".1%", "0.0%"),
        (0.0321, ".1pp", "3.2 pp"),
        (-0.0321, "+.1pp", "-3.2 pp"),
        (0.0321, "+.1pp", "+3.2 pp"),
        (0.5, "+.2f", "+0.50"),
        (0.0001, "+.2f", "0.00"),
        (12, "+", "+12"),
        (1234, "+,", "+1,234"),
        (0.0123456, ".3g", "0.0123"),
        (1234567, ".3g", "1230000"),
        (99.96, ".3g", "100"),
        (1.5e-9, ".2g", "1.5e-09"),
        (6.02214076e23, ".3g", "6.02e+23"),
        (0.1 + 0.2, "", "0.3"),
        (41.23456789, "", "41.2346"),
        (1234567.89, "", "1234568"),
        (5.0, "", "5"),
        (1e-12, "", "1e-12"),
        (0.00012, "", "0.00012"),
        (0.042, "p", "0.042"),
        (0.00003, "p", "<0.001"),
        (0.0, "p", "<0.001"),
        (0.9999, "p", ">0.999"),
        (True, "", "true"),
        (False, "", "false"),
        ("関東\n地方", "", "関東 地方"),
    ],
)
def test_values_are_shown_by_their_spec(value: JsonValue, spec: str, text: str) -> None:
    assert shown(value, spec) == text


def test_growth_beyond_one_is_a_percentage_only_where_its_unit_says_ratio() -> None:
    assert shown(1.2, ".0%", unit="ratio") == "120%"
    assert shown(1.2, "+.0%", unit="成長率") == "+120%"
    assert refused("{x:.0%}", fact("x", 23.4)).type == "NotAFraction"
    assert refused("{x:.1pp}", fact("x", -3.2)).type == "NotAFraction"


@pytest.mark.parametrize("unit", ["%", "percent", "パーセント", "pp"])
def test_a_value_recorded_in_percent_is_not_multiplied_again(unit: str) -> None:
    assert refused("{x:.1%}", fact("x", 0.5, unit)).type == "NotAFraction"
    assert bound("{x:.1f} %", fact("x", 0.5, unit)).text == "0.5 %"


def test_keys_are_taken_as_they_are_written() -> None:
    nested: JsonValue = {"2000": {"東京 都": [1, 2.5]}, "(0, 10]": 3, "a:b|c}": 4, "[0, 5]": 5}
    x = fact("x", nested)
    assert bound("{x[2000][東京 都][1]:.2f} {x[2000][東京 都][-1]}", x).text == "2.50 2.5"
    assert bound("{x[(0, 10]]} {x[a:b|c}]} {x[[0, 5]]}", x).text == "3 4 5"


def test_lists_are_joined() -> None:
    values = fact("values", [0.125, 2, 3])
    assert bound("{values}", values).text == "0.125, 2, 3"
    assert bound("{values:.1f|、}", values).text == "0.1、2.0、3.0"
    assert bound("{values| / }", values).text == "0.125 / 2 / 3"
    assert bound("{x[a]:,|、}", fact("x", {"a": [1000, 2000]})).text == "1,000、2,000"


def test_doubled_braces_are_literal() -> None:
    assert bound("{{x}} {{{x}}} }}{{", fact("x", 1)).text == "{x} {1} }{"


def test_a_table_stands_on_its_own_between_empty_lines() -> None:
    markdown = "| a |\n| --- |\n| 1 |"
    assert bound("上の表:\n{table:sales}\n以上。", sales=markdown).text == f"上の表:\n\n{markdown}\n\n以上。"
    assert bound("A\n\n{table:sales}\n\nB", sales=markdown).text == f"A\n\n{markdown}\n\nB"
    assert bound("{table:sales}", sales=markdown).text == markdown
    assert refused("see {table:sales}", sales=markdown).type == "TableInText"


@pytest.mark.parametrize(
    ("template", "value", "type_"),
    [
        ("{y}", 1, "UnknownFact"),
        ("{table:y}", 1, "UnknownTable"),
        ("{x}", None, "NoValue"),
        ("{x}", math.nan, "NoValue"),
        ("{x:.2f}", math.inf, "NoValue"),
        ("{x}", "nan", "NoValue"),
        ("{x}", "", "NoValue"),
        ("{x}", [], "NoValue"),
        ("{x}", [1, None], "NoValue"),
        ("{x[b]}", {"a": 1}, "UnknownKey"),
        ("{x[a]}", 1, "UnknownKey"),
        ("{x[2]}", [1, 2], "UnknownKey"),
        ("{x[-3]}", [1, 2], "UnknownKey"),
        ("{x[a]}", [1, 2], "UnknownKey"),
        ("{x}", {"a": 1}, "WrongType"),
        ("{x}", [[1]], "WrongType"),
        ("{x:.2f}", "text", "WrongType"),
        ("{x:,}", True, "WrongType"),
        ("{x:.1f}", [1, "a"], "WrongType"),
        ("{x|, }", 1, "WrongType"),
        ("{x:p}", 1.5, "NotAProbability"),
        ("{x:d}", 1, "UnknownSpec"),
        ("{x:.2}", 1, "UnknownSpec"),
        ("{x:>10}", 1, "UnknownSpec"),
        ("{x:.99f}", 1, "UnknownSpec"),
        ("{x:.0g}", 1, "UnknownSpec"),
        ("{x:,.1%}", 0.1, "UnknownSpec"),
        ("{x:+p}", 0.1, "UnknownSpec"),
        ("{x:.２f}", 0.1, "UnknownSpec"),
        ("{x.__class__}", 1, "AttributeAccess"),
        ("{x!r}", 1, "MalformedPlaceholder"),
        ("{}", 1, "MalformedPlaceholder"),
        ("{ x }", 1, "MalformedPlaceholder"),
        ("{0}", 1, "MalformedPlaceholder"),
        ("{売上}", 1, "MalformedPlaceholder"),
        ("{table:X}", 1, "UnknownFact"),
        ("{x", 1, "UnbalancedBrace"),
        ("x}", 1, "UnbalancedBrace"),
        ("{x\n}", 1, "UnbalancedBrace"),
        ("{x[a}", {"a": 1}, "MalformedPlaceholder"),
        ("｛x", 1, "FullWidthBrace"),
        ("x｝", 1, "FullWidthBrace"),
    ],
)
def test_what_cannot_be_bound_is_refused(template: str, value: JsonValue, type_: str) -> None:
    result = bind(template, {"x": fact("x", value)}, {})
    assert isinstance(result, tuple)
    assert result[0].type == type_
    assert result[0].subject
    assert result[0].hint


def test_a_refusal_names_the_placeholder_its_line_and_what_there_is() -> None:
    failure = refused("一行目\n{mean_aeg:.1f} 歳", fact("mean_age", 41.2), fact("n", 3))
    assert (failure.subject, failure.line) == ("{mean_aeg:.1f}", 2)
    assert "mean_age" in failure.hint
    keys = refused("{x[Tokio]}", fact("x", {"Tokyo": 1, "大阪": 2}))
    assert "Tokyo" in keys.hint
    assert "大阪" in refused("{x[京都府]}", fact("x", {"Tokyo": 1, "大阪": 2})).hint
    assert "without quotes" in refused("{x['Tokyo']}", fact("x", {"Tokyo": 1})).hint
    assert "a, b" in refused("{x}", fact("x", {"a": 1, "b": 2})).hint


def test_every_fault_is_reported_at_once() -> None:
    result = bind("{a} ｛b｝ {c.d} {x}", {"x": fact("x", 1)}, {})
    assert isinstance(result, tuple)
    assert [each.type for each in result] == ["UnknownFact", "FullWidthBrace", "FullWidthBrace", "AttributeAccess"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")) | st.just(10**2000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "0", "売上"]), inner, max_size=3),
    max_leaves=6,
)
MARKS = "{ } x {x [ ] a 0 売上 : .2f .1% , p + | ｛ table: ."
MARKUP = st.lists(st.sampled_from([*MARKS.split(), "\n"]), max_size=20).map("".join)
SPEC = st.sampled_from(["", ":,", ":.2f", ":,.0f", ":.1%", ":.2pp", ":.4g", ":+", ":+.3f", ":p", ":.1f|、"])


@given(MARKUP | st.text(st.characters(codec="utf-8")) | SPEC.map("{{x{}}}".format), JSON)
@settings(max_examples=500, deadline=None)
def test_no_template_and_no_value_make_binding_raise(template: str, value: JsonValue) -> None:
    result = bind(template, {"x": fact("x", value)}, {"x": "| a |"})
    if isinstance(result, Bound):
        assert result.text == "".join(part if isinstance(part, str) else part.shown for part in result.parts)
    else:
        assert result


@given(st.decimals(-1_000_000, 1_000_000, places=6), st.integers(0, 4))
def test_fixed_places_round_half_up_and_never_show_a_negative_zero(number: Decimal, places: int) -> None:
    text = shown(float(number), f".{places}f")
    expected = Decimal(repr(float(number))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert Decimal(text) == expected
    assert not (text.startswith("-") and expected.is_zero())


@given(st.text(st.characters(codec="utf-8", exclude_characters="｛｝")))
def test_text_with_its_braces_doubled_comes_back_as_it_was(text: str) -> None:
    assert bound(text.replace("{", "{{").replace("}", "}}")).text == text

import math

import pytest

from pixray.settings.grammar import Amount, Weighted, parse_parts, parse_weighted, split_pipes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("blue:3", ("blue", 3, -math.inf)),
        ("cat:-1:-0.9", ("cat", -1, -0.9)),
        ("a:1:2:3", ("a:1", 2, 3)),
        ("a:b", ("a:b", 1, -math.inf)),
        ("x:", ("x:", 1, -math.inf)),
        ("http://a/b.png:2", ("http://a/b.png", 2, -math.inf)),
        (r"at 12\:30", ("at 12:30", 1, -math.inf)),
        (r"at 12\:30:2", ("at 12:30", 2, -math.inf)),
        (r"ratio 16\:9", ("ratio 16:9", 1, -math.inf)),
        ("  sea  ", ("sea", 1, -math.inf)),
        ("", ("", 1, -math.inf)),
    ],
)
def test_a_prompt_gives_its_weight_and_stop_from_the_right(text, wanted):
    prompt = parse_weighted(text)
    assert (prompt.text, prompt.weight, prompt.stop) == wanted


@pytest.mark.parametrize("text", ["x:nan", "x:inf", "x:1:-inf"])
def test_weights_that_are_not_finite_are_refused(text):
    with pytest.raises(ValueError, match="finite"):
        parse_weighted(text)


@pytest.mark.parametrize("text", ["blue:1e13", "blue:-1e39", "blue:1:1e300"])
def test_weights_too_great_to_reckon_with_are_refused(text):
    with pytest.raises(ValueError, match=r"must be at most 1e\+12"):
        parse_weighted(text)
    assert parse_weighted("blue:1e12").weight == 1e12


def test_a_refused_weight_of_thousands_of_digits_is_told_in_short():
    with pytest.raises(ValueError) as caught:
        parse_weighted("red:" + "9" * 5000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("prompt", [Weighted("a"), Weighted("at 12:30", 2.5), Weighted("cat", -1, -0.9)])
def test_a_prompt_reads_back_what_it_writes(prompt):
    assert parse_weighted(str(prompt)) == prompt


def test_pipes_split_and_strip():
    assert split_pipes(None) == [] and split_pipes("") == []
    assert split_pipes("one") == ["one"] and split_pipes("one | two") == ["one", "two"]
    assert split_pipes(["a|b", "c"]) == ["a", "b", "c"]
    assert split_pipes(r"a \| b") == ["a | b"]


def test_b9_empty_pieces_between_pipes_are_no_prompts():
    assert split_pipes("a||b|") == ["a", "b"]


@pytest.mark.parametrize(
    ("raw", "unit", "wanted"),
    [
        ("10 iterations", "iterations", 10),
        ("10iter", "iterations", 10),
        ("10i", "iterations", 10),
        ("1 iteration", "iterations", 1),
        ("10 ITERATIONS  ", "iterations", 10),
        ("5%", "iterations", 12),
        ("5 percent", "iterations", 12),
        ("5p", "iterations", 12),
        (".5", "percent", 1),
        ("150%", "iterations", 375),
        (12, "iterations", 12),
        (0.6, "iterations", 0),
        ("12.5", "iterations", 12),
        ("75", "percent", 187),
    ],
)
def test_amounts_count_iterations_or_percents(raw, unit, wanted):
    assert Amount.parse(raw, unit).of(250) == wanted


def test_an_amount_of_half_a_percent_of_500_is_two():
    assert Amount.parse(0.5, "percent").of(500) == 2


@pytest.mark.parametrize("raw", ["-5%", "67.i", "", "ten", None, True, "5 apples", "12."])
def test_other_amounts_are_refused(raw):
    with pytest.raises(ValueError, match="amount"):
        Amount.parse(raw)


def test_parts_have_weights_stops_and_arguments():
    assert parse_parts("a,b:2") == [("a", 1, -math.inf, ()), ("b", 2, -math.inf, ())]
    assert parse_parts("name->x") == [("name", 1, -math.inf, ("x",))]
    assert parse_parts("name:1:0.5->x->y") == [("name", 1, 0.5, ("x", "y"))]
    assert parse_parts(None) == parse_parts("") == parse_parts("none") == []


@pytest.mark.parametrize(
    ("text", "address", "numbers"),
    [
        ("https://host:8080/x.png?y=1:2", "https://host:8080/x.png?y=1:2", ()),
        ("https://host:8080/x.png", "https://host:8080/x.png", ()),
        ("https://host:8080", "https://host:8080", ()),
        ("https://host:8080/x.png:2", "https://host:8080/x.png", (2.0,)),
        ("https://host/x.png:2:-0.5", "https://host/x.png", (2.0, -0.5)),
        ("https://host/x.png?y=1:2 :3:0.5", "https://host/x.png?y=1:2", (3.0, 0.5)),
        ("HTTP://host:80/a:b.png#x:9", "HTTP://host:80/a:b.png#x:9", ()),
        (r"https\://host/x.png?y=1\:2:4", "https://host/x.png?y=1:2", (4.0,)),
    ],
)
def test_an_address_keeps_its_colons(text, address, numbers):
    read = parse_weighted(text)
    assert read == Weighted(address, *numbers)
    assert parse_weighted(str(read)) == read

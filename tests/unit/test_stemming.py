"""Words of questions and words of schemas meet in their roots."""

import pytest

from kaiseki.catalog.stemming import root, roots


@pytest.mark.parametrize(
    "forms",
    [
        "publish published publisher publishing publishes publishers",
        "transaction transactions",
        "colour colours color colors colored coloured",
        "organise organised organize organization organisation",
        "centre center",
        "city cities",
        "purchase purchases purchased purchasing",
        "relational relation relations relate",
        "hop hopping hopped hops",
        "status statuses",
        "month months monthly",
        "week weekly",
        "supply supplies supplied",
        "consign consigned consigning consignment",
    ],
)
def test_forms_of_one_word_have_one_root(forms: str) -> None:
    assert len({root(form) for form in roots(forms)}) == 1, roots(forms)


@pytest.mark.parametrize(
    "pair", ["hour horse", "country count", "price prize", "four for", "status state", "order ore"]
)
def test_words_of_another_meaning_keep_apart(pair: str) -> None:
    assert len(set(roots(pair))) == 2


def test_short_words_numbers_and_other_languages_are_their_own_roots() -> None:
    assert roots("id 2024 q1 gas 顧客") == ("id", "2024", "q", "1", "gas", "顧客")

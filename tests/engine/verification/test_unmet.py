from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.verification.unmet import UnmetKind, missing_from

TEXTS = [
    "# Parental leave\nEmployees in Belgium get 15 weeks of maternity leave; partners get 20 "
    "working days. Contractors have no paid leave. Ask in Plover at least 3 months ahead.",
    "Tidemark 5 runs on Linux and Windows 10 or 11. Single sign-on works with Okta. Exports hold "
    "up to 50,000 rows. The error “quota reached” means that the disk is full. Sign in again.",
]


def unmet(question: str) -> list[tuple[str, str]]:
    return [(found.text, found.kind.value) for found in missing_from(question, TEXTS)]


@pytest.mark.parametrize(
    "question",
    [
        "How long is parental leave in Belgium?",
        "Do freelancers get paid vacation?",
        "Can I use SSO with Okta on Windows 11?",
        "Can I export 40,000 rows?",
        'What does "quota reached" mean?',
        "Does exporting work under linux?",
        "HOW LONG IS LEAVE IN BELGIUM",
        "hello, can you please help me with a problem that I have",
        "How do I signin?",
        "",
    ],
)
def test_what_the_passages_mention_in_any_form_is_met(question: str) -> None:
    assert unmet(question) == []


@pytest.mark.parametrize(
    ("question", "text", "kind"),
    [
        ("How long is parental leave in Spain?", "Spain", "name"),
        ("Does Tidemark 5 run on Solaris?", "Solaris", "name"),
        ("Does it run on Windows 7?", "Windows 7", "version"),
        ("Is v4.2.7 affected?", "v4.2.7", "version"),
        ('What does "disk quota exceeded" mean?', "disk quota exceeded", "quoted"),
        ("Can I take a sabbatical?", "sabbatical", "term"),
        ("Do I get leave while on probation?", "probation", "condition"),
        ("Is tidectl_config needed for Okta?", "tidectl_config", "name"),
        ("Is 95% of the pay continued?", "95%", "number"),
    ],
)
def test_what_no_passage_mentions_is_named(question: str, text: str, kind: str) -> None:
    assert (text, kind) in unmet(question)


def test_names_weigh_more_than_ordinary_words_and_come_first() -> None:
    found = missing_from("Can I take a sabbatical in Uruguay?", TEXTS)
    assert [each.text for each in found] == ["Uruguay", "sabbatical"]
    assert 1 >= found[0].weight > found[1].weight > 0


def test_idf_of_the_corpus_replaces_the_shipped_rarity() -> None:
    common = missing_from("Can I take a sabbatical?", TEXTS, idf=lambda _: 0.4)
    rare = missing_from("Can I take a sabbatical?", TEXTS, idf=lambda _: 8.0)
    assert common == ()
    assert [each.kind for each in rare] == [UnmetKind.TERM]


def test_without_passages_everything_is_unmet() -> None:
    assert [each.text for each in missing_from("Is Okta there?", [])] == ["Okta"]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_no_text_makes_it_raise_and_weights_are_shares(question: str, texts: list[str]) -> None:
    found = missing_from(question, texts)
    assert len(found) <= 8
    assert all(0 < each.weight <= 1 for each in found)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(TEXTS))
def test_a_passage_lacks_nothing_of_itself(text: str) -> None:
    assert missing_from(text, [text]) == ()

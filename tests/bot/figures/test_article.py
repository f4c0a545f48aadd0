from __future__ import annotations

from bot.figures.article import Article, Cited, parse_article, repeats_lines


def test_an_article_comes_back_from_its_row_as_it_was() -> None:
    article = Article(
        question="Who waters them?",
        answer="Nina.",
        sources=("https://acme.slack.com/archives/C1/p1",),
        channels=("C1",),
        cites=(Cited(passage="p1", snippet="Nina waters them."),),
    )
    found = article.as_json()
    assert parse_article(found | {"cites": list(found["cites"])}) == article


def test_a_line_of_a_draft_is_known_in_what_somebody_wrote_around_it() -> None:
    draft = "Nina from facilities waters them.\n(rita, 3 May 2026)"
    assert repeats_lines("We have plants. NINA from  facilities waters them. Thanks!", draft)
    assert not repeats_lines("Ask Nina.", draft)
    assert not repeats_lines("Ask Nina.", "")

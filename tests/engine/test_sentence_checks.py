"""What a Trace keeps of the check of each drafted sentence."""

from __future__ import annotations

from engine.cited_links import CitedLinks
from engine.generation.draft import Draft, DraftSentence, Span
from engine.generation.rendering import render_draft
from engine.knowledge.document import Passage, Sentence, SentenceKind
from engine.retrieval.passage import LivePassage
from engine.sentence_checks import UNREADABLE, JudgedSentence, quoted_support, sentence_checks
from engine.verification.claim import Support

YES = Support(0.9, True, "Yes.")
NO = Support(0.1, False, "No.")


def span(text: str) -> Span:
    sentence = Sentence(start=0, end=len(text), kind=SentenceKind.PROSE, group=0, header="")
    live = LivePassage(
        id=text,
        passage=Passage(ordinal=0, text=text, heading_path=(), sentences=(sentence,), tokens=9),
        document_id="d",
        document_name="d",
        title="D",
        url=None,
        category=None,
        audience=("everyone",),
    )
    return Span(passage=live, sentence=sentence)


def sentence(text: str, *spans: Span) -> DraftSentence:
    return DraftSentence(text=text, layout="prose", spans=spans, relevance=1.0)


A, B, C = span("A is one."), span("B is two."), span("C is three.")
KEPT = (sentence("A and B.", A, B), sentence("B again.", B), sentence("C too.", C, A))


def test_kept_sentences_have_the_marks_of_the_rendered_draft() -> None:
    dropped = sentence("Nobody says so.", C)
    judged = [
        JudgedSentence(sentence=KEPT[0], support=YES, kept=True),
        JudgedSentence(sentence=dropped, support=NO, kept=False),
        JudgedSentence(sentence=KEPT[1], support=YES, kept=True),
        JudgedSentence(sentence=KEPT[2], support=YES, kept=True),
    ]
    checks = sentence_checks(judged, marked=True, links=CitedLinks())
    assert [(c.citations, c.kept) for c in checks] == [
        ((1, 2), True),
        ((), False),
        ((2,), True),
        ((3, 1), True),
    ]
    text, citations = render_draft(Draft(sentences=KEPT))
    for check in checks:
        if check.kept:
            marks = "".join(f"[{n}]" for n in check.citations)
            assert f"{check.text} {marks}" in text
    assert [c.snippet for c in citations] == ["A is one.", "B is two.", "C is three."]
    assert (checks[1].text, checks[1].support, checks[1].why) == ("Nobody says so.", 0.1, "No.")


def test_without_a_draft_there_are_no_marks() -> None:
    judged = [JudgedSentence(sentence=KEPT[0], support=YES, kept=True)]
    assert sentence_checks(judged, marked=False, links=CitedLinks())[0].citations == ()


def test_what_may_not_be_read_is_not_told_either() -> None:
    judged = [JudgedSentence(sentence=KEPT[0], support=UNREADABLE, kept=False)]
    assert sentence_checks(judged, marked=True, links=CitedLinks())[0].text == ""


def test_what_was_dropped_acts_on_nobody() -> None:
    wild = sentence("See <!channel> at https://evil.example/x now.", A)
    judged = [JudgedSentence(sentence=wild, support=NO, kept=False)]
    text = sentence_checks(judged, marked=True, links=CitedLinks())[0].text
    assert "<!channel>" not in text
    assert "evil.example" not in text


def test_a_quotation_is_as_well_supported_as_its_words_stand_there() -> None:
    assert quoted_support(1.0, True) == Support(
        1.0, True, "It stands word for word in the evidence."
    )
    assert not quoted_support(0.5, False).supported

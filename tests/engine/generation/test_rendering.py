from __future__ import annotations

from engine.generation.draft import Draft, DraftSentence, Span
from engine.generation.rendering import render_draft
from engine.knowledge.document import Passage, Sentence, SentenceKind
from engine.retrieval.passage import LivePassage


def live(text: str, *, name: str = "a.md", heading_path: tuple[str, ...] = ()) -> LivePassage:
    return LivePassage(
        id=f"{name}#0",
        passage=Passage(
            ordinal=0, text=text, heading_path=heading_path, sentences=(), tokens=9, page=3
        ),
        document_id=name,
        document_name=name,
        title="Guide",
        url="https://x.example/guide",
        category=None,
        audience=("everyone",),
    )


def quote(
    passage: LivePassage,
    words: str,
    layout: str = "prose",
    *,
    kind: SentenceKind = SentenceKind.PROSE,
    group: int = 0,
    text: str | None = None,
    more: tuple[str, ...] = (),
) -> DraftSentence:
    spans = []
    for piece in (words, *more):
        start = passage.passage.text.index(piece)
        sentence = Sentence(start=start, end=start + len(piece), kind=kind, group=group, page=4)
        spans.append(Span(passage=passage, sentence=sentence))
    return DraftSentence(text=text or words, layout=layout, spans=tuple(spans), relevance=0.5)


def test_every_sentence_is_marked_and_every_snippet_is_verbatim() -> None:
    one = live("Credits expire. They are never paid out.")
    two = live("Refunds take 5 days.", name="b.md")
    draft = Draft(
        sentences=(
            quote(one, "Credits expire."),
            quote(one, "They are never paid out."),
            quote(two, "Refunds take 5 days."),
        )
    )
    markdown, citations = render_draft(draft)
    assert markdown == (
        "Credits expire. [1] They are never paid out. [2]\n\nRefunds take 5 days. [3]"
    )
    assert [citation.n for citation in citations] == [1, 2, 3]
    assert all(citation.snippet in citation.full_content for citation in citations)
    assert citations[2].document_name == "b.md"
    assert citations[2].chunk_id == "b.md#0"
    assert citations[2].url == "https://x.example/guide"
    assert citations[2].page == 4


def test_a_span_that_is_quoted_twice_keeps_its_number() -> None:
    one = live("Credits expire. They are never paid out.")
    draft = Draft(
        sentences=(
            quote(one, "Credits expire."),
            quote(one, "They are never paid out.", more=("Credits expire.",)),
        )
    )
    markdown, citations = render_draft(draft)
    assert markdown == "Credits expire. [1] They are never paid out. [2][1]"
    assert len(citations) == 2


def test_the_title_names_the_headings_above_but_not_the_title_twice() -> None:
    under = live("Credits expire.", heading_path=("guide", "Billing", "Credits"))
    _, citations = render_draft(Draft(sentences=(quote(under, "Credits expire."),)))
    assert citations[0].title == "Guide > Billing > Credits"


STEPS = "Do this:\n\n1. Open it.\n2. Choose:\n   - red\n   - blue\n3. Save. It takes a minute."


def test_steps_are_numbered_on_with_their_bullets_below_and_their_notes_beside_them() -> None:
    passage = live(STEPS)
    step, bullet = SentenceKind.STEP, SentenceKind.BULLET
    draft = Draft(
        sentences=(
            quote(passage, "Do this:"),
            quote(passage, "Open it.", "step", kind=step, group=1),
            quote(passage, "Choose:", "step", kind=step, group=1),
            quote(passage, "red", "bullet", kind=bullet, group=1),
            quote(passage, "blue", "bullet", kind=bullet, group=1),
            quote(passage, "Save.", "step", kind=step, group=1),
            quote(passage, "It takes a minute.", "prose", kind=step, group=1),
        )
    )
    markdown, _ = render_draft(draft)
    assert markdown == (
        "Do this: [1]\n\n"
        "1. Open it. [2]\n"
        "2. Choose: [3]\n"
        "   - red [4]\n"
        "   - blue [5]\n"
        "3. Save. [6] It takes a minute. [7]"
    )


def test_a_procedure_quoted_from_its_middle_keeps_the_documents_numbers() -> None:
    passage = live("4. Open it.\n5. Save.")
    draft = Draft(
        sentences=(
            quote(passage, "Open it.", "step", kind=SentenceKind.STEP, group=1),
            quote(passage, "Save.", "step", kind=SentenceKind.STEP, group=1),
        )
    )
    assert render_draft(draft)[0] == "4. Open it. [1]\n5. Save. [2]"


def test_rows_and_bullets_are_items() -> None:
    passage = live("| E42 | sign out |\n\n- one\n- two")
    draft = Draft(
        sentences=(
            quote(passage, "E42 | sign out", "row", text="Code: E42; What to do: sign out"),
            quote(passage, "one", "bullet", kind=SentenceKind.BULLET, group=1),
            quote(passage, "two", "bullet", kind=SentenceKind.BULLET, group=1),
        )
    )
    assert render_draft(draft)[0] == ("- Code: E42; What to do: sign out [1]\n- one [2]\n- two [3]")


def test_code_keeps_its_fence_and_has_its_mark_on_the_line_after() -> None:
    passage = live("Run this:\n\n```\nmake\nmake test\n```")
    draft = Draft(
        sentences=(
            quote(passage, "Run this:"),
            quote(
                passage,
                "make\nmake test",
                "code",
                kind=SentenceKind.CODE,
                group=1,
                text="```\nmake\nmake test\n```",
            ),
        )
    )
    assert render_draft(draft)[0] == "Run this: [1]\n\n```\nmake\nmake test\n```\n[2]"


def test_an_empty_draft_renders_to_nothing() -> None:
    assert render_draft(Draft(sentences=())) == ("", ())

"""A draft as it may be shown: rendered, with its marks, and contained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.cited_links import CitedLinks
from engine.containment import citable_url, contain, urls_in
from engine.generation.draft import Draft, DraftSentence
from engine.generation.rendering import render_draft
from engine.stopwatch import SentenceReady
from engine.trace import Citation


class ContainedDraft:
    """Sentences, and the text and citations they make; it grows, and what it showed stays."""

    def __init__(self, links: CitedLinks | None = None) -> None:
        self.links = links or CitedLinks()
        self.text = ""
        self.citations: tuple[Citation, ...] = ()
        self.sentences: tuple[DraftSentence, ...] = ()

    @staticmethod
    def of(sentences: Sequence[DraftSentence], links: CitedLinks | None = None) -> ContainedDraft:
        """A draft that is there as a whole."""
        made = ContainedDraft(links)
        made.sentences = tuple(sentences)
        made.text, citations = _rendered(made.sentences, made.links)
        made.citations = tuple(_contained(citation) for citation in citations)
        return made

    def add(self, sentence: DraftSentence) -> SentenceReady | None:
        """What the sentence adds; None where it cannot be added without changing what was shown,
        as half of an image that another sentence began would, or where nothing of it is left.
        """
        sentences = (*self.sentences, sentence)
        text, citations = _rendered(sentences, self.links)
        shown, before = self.text, len(self.citations)
        if not text.startswith(shown) or text == shown:
            return None
        new = tuple(_contained(citation) for citation in citations[before:])
        self.text, self.citations, self.sentences = text, (*self.citations, *new), sentences
        return SentenceReady(text=text[len(shown) :], citations=new)

    def parts(self) -> list[SentenceReady]:
        """What each sentence added, numbered as in the whole."""
        out, shown, before = [], "", 0
        for count in range(1, len(self.sentences) + 1):
            text, citations = _rendered(self.sentences[:count], self.links)
            new = self.citations[before : len(citations)]
            out.append(SentenceReady(text=text[len(shown) :], citations=new))
            shown, before = text, len(citations)
        return out


def _rendered(
    sentences: Sequence[DraftSentence], links: CitedLinks
) -> tuple[str, tuple[Citation, ...]]:
    """The text contained, and its citations as they are."""
    text, citations = render_draft(Draft(sentences=tuple(sentences)))
    allowed, written = links.of_all([(c.snippet, c.url, c.trust) for c in citations])
    return contain(text, allowed, written), citations


def _contained(citation: Citation) -> Citation:
    """A citation whose texts act on nobody; addresses written in the passage stay, its own."""
    whole, url = citation.full_content, citable_url(citation.url)
    allowed = urls_in(whole) | ({url} if url else set())
    full_content, snippet = contain(whole, allowed), contain(citation.snippet, allowed)
    return replace(
        citation,
        title=contain(citation.title),
        url=url,
        full_content=full_content,
        snippet=snippet if snippet in full_content else full_content,
    )

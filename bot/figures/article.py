"""An article for a gap, drafted only from what people answered to its questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from bot.access.recheck import may_show
from bot.people_names import name_of
from bot.review.permalinks import permalink_of
from bot.slack_api import SlackApi
from engine.audience import FULL_MEMBER
from engine.containment import contain, one_line, urls_in
from engine.storage.documents import DocumentStore
from engine.storage.traces import TraceStore
from engine.storage.unanswered import Unanswered

MOST_ANSWERS = 5
MOST_CHARS = 2_800
"""Of an article: what a form takes."""
_TELLING_WORDS = 4


class Publish(Protocol):
    """Makes a question and its answer knowledge."""

    async def __call__(self, article: Article, author: str) -> str:
        """The id of the entry, which is for every full member. author: id of the person who stands
        for it.

        Raises: DeskhandError where it is not published.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A passage that an answer rests on. snippet: what is quoted of it."""

    passage: str
    snippet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A draft. answer: empty where nobody answered. sources: addresses of the threads. channels:
    where its questions were asked. cites: passages that the answers rest on."""

    question: str
    answer: str
    sources: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    cites: tuple[Cited, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the gap's row."""
        return asdict(self)


def parse_article(found: Mapping[str, Any]) -> Article:
    """From the gap's row."""
    return Article(
        question=str(found["question"]),
        answer=str(found["answer"]),
        sources=tuple(found["sources"]),
        channels=tuple(found["channels"]),
        cites=tuple(Cited(**cited) for cited in found["cites"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """Drafts what every full member may read."""

    tenant: str
    api: SlackApi
    traces: TraceStore
    documents: DocumentStore

    async def draft(self, question: str, asked: Sequence[Unanswered]) -> Article:
        """The article of a cluster; without an answer where there is none that all may read.

        question: the one that stands for the others. asked: in conversations open to members.

        Raises: RateLimited, StorageUnavailable.
        """
        parts: list[str] = []
        sources: list[str] = []
        cites: list[Cited] = []
        seen: set[str] = set()
        used: list[Unanswered] = []
        for each in sorted(asked, key=lambda one: one.asked_at, reverse=True):
            words = " ".join((each.answer or "").lower().split())
            if not words or words in seen or len(used) == MOST_ANSWERS:
                continue
            passages = await self._cited(each)
            if passages is None:
                continue
            link = await permalink_of(self.api, each.channel, each.thread)
            part = await self._part(each, link)
            if sum(map(len, parts)) + len(part) > MOST_CHARS:
                continue
            seen.add(words)
            used.append(each)
            parts.append(part)
            cites += passages
            sources += [link] if link else []
        return Article(
            question=one_line(contain(question))[:500],
            answer="\n\n".join(parts),
            sources=tuple(dict.fromkeys(sources)),
            channels=tuple(sorted({each.channel for each in used})),
            cites=tuple(dict.fromkeys(cites)),
        )

    async def still_open(self, article: Article) -> bool:
        """Whether every full member may still read what the answers rest on.

        Raises: StorageUnavailable.
        """
        return await may_show(
            self.documents,
            tenant=self.tenant,
            passage_ids=[cited.passage for cited in article.cites],
            audience=FULL_MEMBER,
        )

    async def _cited(self, each: Unanswered) -> list[Cited] | None:
        """Passages of the draft that the person saw; None where not every member may read them."""
        trace = await self.traces.get(self.tenant, each.trace_id) if each.trace_id else None
        cited = [
            Cited(passage=str(citation["chunk_id"]), snippet=str(citation["snippet"]))
            for citation in (trace["citations"] if trace else ())
        ]
        passages = [each.passage for each in cited]
        shown = await may_show(
            self.documents, tenant=self.tenant, passage_ids=passages, audience=FULL_MEMBER
        )
        return cited if shown else None

    async def _part(self, each: Unanswered, link: str | None) -> str:
        answer = each.answer or ""
        name = one_line(await name_of(self.api, each.answered_by or ""))
        day = (
            "" if each.answered_at is None else f", {each.answered_at.day} {each.answered_at:%B %Y}"
        )
        said = f"{answer.strip()}\n({name}{day}{': ' + link if link else ''})"
        return contain(said, {*urls_in(answer), *([link] if link else [])})


def repeats_lines(text: str, draft: str) -> bool:
    """Whether a line of several words stands in both."""
    said = {" ".join(line.lower().split()) for line in draft.splitlines()}
    long = {line for line in said if len(line.split()) >= _TELLING_WORDS}
    here = " ".join(text.lower().split())
    return any(line in here for line in long)

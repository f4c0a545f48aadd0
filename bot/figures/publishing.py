"""An article that a reviewer approved becomes an entry of the knowledge base."""

from __future__ import annotations

from dataclasses import dataclass

from bot.figures.article import Article
from bot.learning.keeping import EntryKeeping
from bot.learning.learning import Learning
from engine.clock import Clock
from engine.errors import DeskhandError


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryArticles:
    """Publishes by what learns from cases; see `article.Publish`."""

    learning: Learning
    keeping: EntryKeeping
    clock: Clock

    async def __call__(self, article: Article, author: str) -> str:
        """The id of the entry. The first thread is the one that it links to; the others stand in
        the answer. Its author is asked whether it still holds as of any entry.

        Raises: DeskhandError.
        """
        learned = await self.learning.keep_article(
            article.question,
            article.answer,
            cites=[{"chunk_id": c.passage, "snippet": c.snippet} for c in article.cites],
            channels=article.channels,
            permalink=article.sources[0] if article.sources else None,
            author=author,
            at=self.clock(),
        )
        if learned.why is not None:
            raise DeskhandError("not every full member may read what it rests on")
        if learned.entry is None:
            raise DeskhandError("others changed the same entry at the same time")
        await self.keeping.changed(learned.entry)
        return learned.entry.id

"""Which tags the sources give to a document, whatever order they are read in."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from engine.knowledge.source_uri import lies_in, narrowness
from engine.storage.sources import Source
from engine.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTags:
    """Tags and the id of the source they come from; none and None when no source says any."""

    tags: tuple[str, ...] = ()
    source_id: str | None = None


class SourceTags:
    """The tags and tiers that sources were ingested with; one ingested without says nothing."""

    def __init__(self, sources: Iterable[Source]) -> None:
        every = list(sources)
        self._tagged = [source for source in every if source.audience]
        self._tiered = [source for source in every if source.trust is not None]

    def of(self, uri: str, held_by: Set[str | None] = frozenset()) -> GivenTags:
        """The tags of the narrowest source with tags that holds this document, or source.

        held_by: ids of sources that are known to hold it though its uri does not say so, as a
        sitemap holds its pages.
        """
        if not self._tagged:
            return GivenTags()
        source = _narrowest(self._tagged, uri, held_by)
        return GivenTags(tags=source.audience, source_id=source.id) if source else GivenTags()

    def trust_of(self, uri: str, held_by: Set[str | None] = frozenset()) -> Trust:
        """The tier of the narrowest source with one that holds this document, or source."""
        source = _narrowest(self._tiered, uri, held_by)
        return (source.trust if source else None) or Trust.TEAM


def _narrowest(sources: Iterable[Source], uri: str, held_by: Set[str | None]) -> Source | None:
    holding = [s for s in sources if s.id in held_by or lies_in(uri, s.uri)]
    return max(holding, key=lambda s: (narrowness(s.uri, uri=uri), s.uri), default=None)

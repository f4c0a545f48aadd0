"""Which tags the sources give to a document, whatever order they are read in."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from engine.knowledge.source_uri import lies_in, narrowness
from engine.storage.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTags:
    """Tags and the id of the source they come from; none and None when no source says any."""

    tags: tuple[str, ...] = ()
    source_id: str | None = None


class SourceTags:
    """The tags that sources were ingested with; a source ingested without any says nothing."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._tagged = [source for source in sources if source.audience]

    def of(self, uri: str, held_by: Set[str | None] = frozenset()) -> GivenTags:
        """The tags of the narrowest source with tags that holds this document, or source.

        held_by: ids of sources that are known to hold it though its uri does not say so, as a
        sitemap holds its pages.
        """
        if not self._tagged:
            return GivenTags()
        holding = [s for s in self._tagged if s.id in held_by or lies_in(uri, s.uri)]
        if not holding:
            return GivenTags()
        source = max(holding, key=lambda s: (narrowness(s.uri, uri=uri), s.uri))
        return GivenTags(tags=source.audience, source_id=source.id)

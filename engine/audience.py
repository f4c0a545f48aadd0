"""Who may read what: tags on documents, and the audience of a conversation that asks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import WrongUse

PUBLIC = "public"
EVERYONE = "everyone"
_TAG = re.compile(
    r"public|everyone|channel:[CGD][A-Z0-9]{1,30}|group:S[A-Z0-9]{1,30}|user:[UW][A-Z0-9]{1,30}"
)


def parse_tags(values: Iterable[object]) -> tuple[str, ...]:
    """Audience tags, sorted and without repeats; an empty input gives an empty tuple.

    A tag is `public`, `everyone`, `channel:C...`, `group:S...` or `user:U...`.

    Raises: WrongUse naming the first value that is no tag.
    """
    tags = set()
    for value in values:
        tag = value.strip() if isinstance(value, str) else ""
        if not _TAG.fullmatch(tag):
            raise WrongUse(
                f"{str(value)[:60]!r} is not an audience tag; use public, everyone, channel:C..., "
                "group:S... or user:U..."
            )
        tags.add(tag)
    return tuple(sorted(tags))


def is_tag(value: str) -> bool:
    """True for an audience tag."""
    return _TAG.fullmatch(value) is not None


def narrowed(tags: Iterable[str], to: Iterable[str]) -> tuple[str, ...]:
    """Tags for those alone who are meant by `tags` and by `to`; empty where nobody is for sure."""
    before, after = set(tags), set(to)
    kept = {t for t in after if _means(before, t)} | {t for t in before if _means(after, t)}
    return tuple(sorted(kept))


def _means(tags: set[str], tag: str) -> bool:
    """True when who reads by this tag reads by those: `public` is all, `everyone` all members."""
    return tag in tags or PUBLIC in tags or (EVERYONE in tags and tag != PUBLIC)


def is_meant_as_tag(value: object) -> bool:
    """True for a tag and for what looks like a misspelt one: `kind:name`, or `public` and
    `everyone` in any spelling of their case.

    Other systems use a field `audience` for words of their own; those say nothing of rights.
    """
    text = str(value).strip().lower()
    return ":" in text or text in (PUBLIC, EVERYONE)


@dataclass(frozen=True, slots=True)
class Audience:
    """What everyone who can read the reply may read: the union of document tags they share.

    tags: empty means nothing may be read (unknown means closed).
    """

    tags: frozenset[str]

    @classmethod
    def of(cls, tags: Iterable[object]) -> Audience:
        """An audience of these tags; whoever may read anything may read what is public.

        Raises: WrongUse for a value that is no tag.
        """
        parsed = parse_tags(tags)
        return cls(frozenset((*parsed, PUBLIC)) if parsed else frozenset())

    def may_read(self, document_tags: Iterable[str]) -> bool:
        """True when a document with these tags may be quoted to this audience."""
        return not self.tags.isdisjoint(document_tags)


FULL_MEMBER = Audience(frozenset({EVERYONE, PUBLIC}))
CLOSED = Audience(frozenset())

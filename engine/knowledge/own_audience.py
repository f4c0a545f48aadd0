"""What a document says of its own readers, and how much that counts where it comes from."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from engine.audience import EVERYONE, is_meant_as_tag, narrowed, parse_tags
from engine.errors import DocumentForNobody, DocumentUnreadable, WrongUse
from engine.knowledge.document import ParsedDocument, RawDocument
from engine.knowledge.front_matter_audience import without_audience
from engine.knowledge.names import spoken_name


class OwnAudience(StrEnum):
    """What becomes of a document's own statement of its readers."""

    DECIDES = "decides"
    """It goes before its source's tags: for what only trusted people write."""
    NARROWS = "narrows"
    """It takes readers from those its source names and adds none: for what anybody shares."""
    IGNORED = "ignored"
    """It counts for nothing: for what is read for one person alone."""


def own_audience(raw: RawDocument, parsed: ParsedDocument) -> tuple[str, ...]:
    """The tags in the front matter; none where it says nothing of readers.

    Raises: DocumentUnreadable when it names an audience that is none.
    """
    value = parsed.front_matter.get("audience")
    if value is None or value == "":
        return ()
    if value == []:
        raise DocumentUnreadable(
            f"{spoken_name(raw.name)} has an empty audience; name who may read it, or leave the "
            "field out"
        )
    values = value if isinstance(value, list) else str(value).split(",")
    if not any(is_meant_as_tag(v) for v in values):
        return ()  # another system's field of the same name, such as `audience: ITPro`
    try:
        return parse_tags(values)
    except WrongUse as error:
        raise DocumentUnreadable(f"{spoken_name(raw.name)}: {error}") from None


def heeded(
    rule: OwnAudience, raw: RawDocument, parsed: ParsedDocument
) -> tuple[RawDocument, ParsedDocument]:
    """Both as they count under the rule; `raw` with the tags that its source gives.

    Raises: DocumentUnreadable as `own_audience`; DocumentForNobody where narrowing leaves no
    reader for sure, such as a group's tag in a file for a channel.
    """
    if rule is OwnAudience.DECIDES:
        return raw, parsed
    if rule is OwnAudience.NARROWS and (own := own_audience(raw, parsed)):
        left = narrowed(raw.audience or (EVERYONE,), own)
        if not left:
            raise DocumentForNobody(
                f"{spoken_name(raw.name)} names readers who are not known to be among those of the "
                "place where it was shared; take the audience out of it, or share it where they are"
            )
        raw = replace(raw, audience=left)
    return raw, replace(parsed, front_matter=without_audience(parsed.front_matter))

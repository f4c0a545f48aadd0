"""A second look just before something is shown, as rights change while an answer waits."""

from __future__ import annotations

from collections.abc import Collection

from engine.audience import Audience
from engine.storage.documents import DocumentStore


async def may_show(
    documents: DocumentStore, *, tenant: str, passage_ids: Collection[str], audience: Audience
) -> bool:
    """Whether every one of these passages is still there and may be read by all of the audience.

    passage_ids: the `chunk_id` of each citation; an answer that cites nothing shows nothing of any
    document. audience: that of now, see `rights_in` and `rights_of`.

    Raises: StorageUnavailable.
    """
    wanted = set(passage_ids)
    if not wanted:
        return True
    now = await documents.audiences_of(tenant, sorted(wanted))
    return now.keys() >= wanted and all(audience.may_read(now[passage]) for passage in wanted)

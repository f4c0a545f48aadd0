"""Sources that are channels: only `deskhand run`, which is in them, reads their files."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from bot.shared_files.address import channel_of
from engine.compose import Engine
from engine.errors import IndexUnavailable, WrongUse


def refuse_channels(sources: Iterable[str]) -> None:
    """Raises: WrongUse where one of them is a channel."""
    for source in sources:
        if channel := channel_of(source):
            raise WrongUse(
                f"the files of {source} are read by `deskhand run` alone; name {channel} in "
                "DESKHAND_SLACK__KNOWLEDGE_CHANNELS"
            )


async def leave_out_channels(engine: Engine) -> None:
    """Before a rebuild: what channels hold stays where it fits the new index, and is else removed,
    to be read again by the next `deskhand run`; nothing is answered from such an index anyway.

    Raises: IndexUnavailable, StorageUnavailable.
    """
    tenant = engine.settings.tenant
    channels = [s for s in await engine.sources.all(tenant) if channel_of(s.uri)]
    try:
        if not channels or await engine.index.record() == engine.ingestion.index_record():
            return
    except IndexUnavailable:  # broken, which a rebuild mends
        return
    for source in channels:
        await engine.ingestion.forget(source.id)
    print(
        f"deskhand: the shared files of {len(channels)} channels are read again by the next "
        "`deskhand run`",
        file=sys.stderr,
    )

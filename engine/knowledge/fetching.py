"""Documents on other machines are copied to this one, block by block."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import DocumentUnreadable
from engine.knowledge.document import RawDocument
from engine.knowledge.site_client import refusal
from engine.knowledge.source import CORPUS_TYPES, Found, content_hash

_BLOCK = 1024 * 1024


def fetch(filesystem: Any, found: Found, folder: Path, max_bytes: int) -> RawDocument:
    """A remote document with its bytes in a file of `folder`, named after its uri.

    Raises: DocumentUnreadable when it cannot be fetched or is larger than `max_bytes`.
    """
    assert found.remote_path is not None
    name = found.document.name
    target = folder / (hashlib.sha256(found.uri.encode()).hexdigest()[:16] + Path(name).suffix[:12])
    try:
        size, digest, given = 0, hashlib.sha256(), {}
        if found.remote_path.startswith(("http://", "https://")):
            info = filesystem.info(found.remote_path)
            if info.get("mimetype") in CORPUS_TYPES:
                raise DocumentUnreadable(
                    f"{name} is a corpus of JSON lines, though its name does not say so; ingest it "
                    "by its own address, so that each row keeps what it says of its readers"
                )
            given = {"size": info.get("size")}
        with filesystem.open(found.remote_path, "rb", **given) as source, target.open("wb") as sink:
            while block := source.read(_BLOCK):
                size += len(block)
                if size > max_bytes:
                    raise DocumentUnreadable(
                        f"{name} is larger than {max_bytes:,} bytes; raise "
                        "DESKHAND_PARSE__MAX_BYTES or leave it out"
                    )
                digest.update(block)
                sink.write(block)
    except DocumentUnreadable:
        target.unlink(missing_ok=True)
        raise
    except Exception as error:  # each file system raises its own kinds
        target.unlink(missing_ok=True)
        if refused := refusal(error):
            raise DocumentUnreadable(f"{name} {refused}") from None
        raise DocumentUnreadable(
            f"{name} could not be fetched ({type(error).__name__}); check the address and the "
            "rights, then run the same command again"
        ) from None
    if found.document.content_hash:
        return replace(found.document, path=target)
    return replace(
        found.document,
        path=target,
        content_hash=content_hash(digest.hexdigest(), Path(name).name, found.document.audience),
    )

"""The line of `deskhand doctor` about documents that hide text or give orders to an assistant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.diagnosis import Finding, ok, warn
from engine.knowledge.names import spoken_name
from engine.knowledge.quarantine import Concern, parse_warnings
from engine.storage.document_rows import WarnedDocument
from evals.reports.wording import counted

_MOST_SOURCES = 3


def quarantined(documents: Sequence[WarnedDocument]) -> Finding:
    """How much is held back, and in which sources most."""
    found: Counter[Concern] = Counter()
    for document in documents:
        for warning in parse_warnings(document.uri, document.name, document.warnings):
            found[warning.kind] += warning.count
    if not found:
        return ok("no document hides text or holds orders to an assistant")
    orders, hidden = found[Concern.ORDERS], found[Concern.HIDDEN]
    said = [f"orders to an assistant or bait in {counted(orders, 'passage')}"] if orders else []
    said += [f"{counted(hidden, 'part')} hidden from readers"] if hidden else []
    by_source = Counter(document.source_uri for document in documents).most_common()
    where = ", ".join(f"{spoken_name(uri)} ({count:,})" for uri, count in by_source[:_MOST_SOURCES])
    more = len(by_source) - _MOST_SOURCES
    where += f" and {counted(more, 'more source')}" if more > 0 else ""
    return warn(
        f"in {counted(len(documents), 'document')}: {' and '.join(said)}, which no answer says: "
        f"{where}",
        "see `deskhand sources --warnings`, then mend the documents or remove their source",
    )

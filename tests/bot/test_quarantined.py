from __future__ import annotations

from bot.diagnosis import Level
from bot.quarantined import quarantined
from engine.knowledge.quarantine import Concern, Warned, render_warning
from engine.storage.document_rows import WarnedDocument


def document(source: str, *concerns: tuple[Concern, int]) -> WarnedDocument:
    warnings = tuple(
        render_warning(Warned(uri="u", name="n", kind=kind, count=count, reason="r"))
        for kind, count in concerns
    )
    return WarnedDocument(uri="u", name="n", source_id=source, source_uri=source, warnings=warnings)


def test_nothing_held_back_is_well() -> None:
    assert quarantined([]).level is Level.OK


def test_what_is_held_back_is_counted_by_kind_and_source() -> None:
    both = document("/b", (Concern.ORDERS, 2), (Concern.HIDDEN, 1200))
    rest = [document(f"/{name}", (Concern.ORDERS, 1)) for name in "bacd"]
    found = quarantined([both, *rest])
    assert found.level is Level.WARN
    assert found.text == (
        "in 5 documents: orders to an assistant or bait in 6 passages and 1,200 parts hidden from "
        "readers, which no answer says: /b (2), /a (1), /c (1) and 1 more source"
    )
    assert "deskhand sources --warnings" in found.mend

"""Labels from what people did: each case that a person answered or rejected says what it was.

A category that the reviewer saw and left counts as confirmed. That favours the champion, whose word
it was; counting corrections alone would favour any challenger, as the champion is wrong in all of
them.
"""

from __future__ import annotations

import re
from typing import Final

from engine.compose import Engine
from engine.storage.case import How
from engine.storage.decided_cases import DecidedCase, DecidedCases
from engine.storage.labels import Label, LabelStore
from engine.triage.examples import MAX_CHARS, OUT_OF_SCOPE

_TOKEN = re.compile(r"<[@!#][^<>]*>")
_ANSWERABLE: Final = {
    How.APPROVED.value: "answerable",
    How.EDITED.value: "answerable",
    How.ANSWERED.value: "unanswerable",
}


async def bring_labels(engine: Engine) -> int:
    """Makes the labels be what the decided cases say; how many were new.

    Raises: StorageUnavailable.
    """
    tenant, store = engine.settings.tenant, LabelStore(engine.database)
    decided = await DecidedCases(engine.database).without_label(tenant)
    for case in decided:
        await store.put(tenant, label_of(case))
    return len(decided)


def label_of(case: DecidedCase) -> Label:
    """What a decided case says of its question."""
    rejected = case.how is None
    return Label(
        question_id=case.question_id,
        text=" ".join(_TOKEN.sub(" ", case.text).split())[:MAX_CHARS],
        at=case.at,
        by=case.by,
        category=OUT_OF_SCOPE if rejected else case.category,
        priority=None if rejected else case.priority,
        outcome="out_of_scope" if rejected else _ANSWERABLE.get(case.how or ""),
    )

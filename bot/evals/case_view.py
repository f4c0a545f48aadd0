"""Opens a case of a report, as far as the one who presses may read it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.access.admins import Admins
from bot.access.audience import rights_of
from bot.access.facts import SlackFacts
from bot.access.recheck import may_show
from bot.aside import Aside
from bot.rendering.evaluation_case import (
    ANSWER_HIDDEN,
    CHANGED,
    NOT_ADMIN,
    NOT_READABLE,
    NOT_THERE,
    WAITING,
    case_modal,
    sentence_modal,
)
from bot.slack_api import SlackApi
from engine.audience import Audience
from engine.compose import connect_database
from engine.errors import WrongUse
from engine.settings import Settings
from engine.storage.documents import DocumentStore
from engine.storage.evaluation_answers import EvaluationAnswers
from engine.storage.evaluations import EvaluationStore
from evals.case import Case
from evals.cases.hashing import case_hash
from evals.home import TENANT, evaluation_settings
from evals.running.targets import load_target
from evals.suites.metric import Suite

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Shows cases."""

    settings: Settings
    team: str
    api: SlackApi
    admins: Admins
    facts: SlackFacts
    runs: EvaluationStore
    answers: EvaluationAnswers
    documents: DocumentStore
    aside: Aside

    async def opened(self, body: Json, value: str) -> None:
        """Opens a modal at once, as Slack wants, and fills it when the case is found.

        value: of the button, the run and the case; whatever it names, the reader's own rights
        decide.

        Raises: SlackFault.
        """
        user = str((body.get("user") or {}).get("id") or "")
        trigger = body.get("trigger_id")
        if not await self.admins.include(user):
            await self.api.call("views.open", trigger_id=trigger, view=sentence_modal(NOT_ADMIN))
            return
        opened = await self.api.call("views.open", trigger_id=trigger, view=sentence_modal(WAITING))
        view_id = str((opened.get("view") or {}).get("id") or "")
        self.aside.begin(self._fill(view_id, user, value), "a case was not shown")

    async def _fill(self, view_id: str, user: str, value: str) -> None:
        run_id, _, case_id = value.partition(":")
        view = await self._view(user, run_id, case_id) or sentence_modal(NOT_THERE)
        await self.api.call("views.update", view_id=view_id, view=view)

    async def _view(self, user: str, run_id: str, case_id: str) -> dict[str, Any] | None:
        record = await self.runs.record(self.settings.tenant, run_id)
        results = record["results"] if record else ()
        result = next((row for row in results if row["case_id"] == case_id), None)
        if record is None or result is None:
            return None
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        found = await asyncio.to_thread(self._case, str(record["target"]), result)
        if found is None:
            return case_modal(result, gold=None, answer=None, why_less=CHANGED)
        case, home = found
        if not case.audience.tags <= rights.audience.tags:
            return case_modal(result, gold=None, answer=None, why_less=NOT_READABLE)
        answer = await self._answer(result, str(record["fingerprint"]), rights.audience, home)
        why_less = "" if answer is not None else ANSWER_HIDDEN
        return case_modal(result, gold=_gold(case), answer=answer, why_less=why_less)

    def _case(self, target: str, result: Json) -> tuple[Case, Path | None] | None:
        """The case as it was asked, and the home of the documents it was asked of. Blocks."""
        try:
            loaded = load_target(target, self.settings.home, tuple(Suite))
        except (WrongUse, OSError):
            return None
        for case in loaded.dataset.cases:
            if case.question.id == result["case_id"]:
                unchanged = case_hash(case) == result["case_hash"]
                return (case, loaded.home) if unchanged else None
        return None

    async def _answer(
        self, result: Json, fingerprint: str, audience: Audience, home: Path | None
    ) -> Json | None:
        """The answer; None where it is not kept, or the audience may not read what it cites."""
        case_hash_ = str(result["case_hash"])
        kept = await self.answers.cached(self.settings.tenant, [case_hash_], fingerprint)
        if case_hash_ not in kept:
            return None
        answer = kept[case_hash_].body
        ids = [citation["chunk_id"] for citation in answer.get("citations", ())]
        async with AsyncExitStack() as stack:
            documents, tenant = self.documents, self.settings.tenant
            if home is not None:
                if not await asyncio.to_thread((home / "deskhand.db").is_file):
                    return None
                database = connect_database(evaluation_settings(home, self.settings), stack)
                documents, tenant = DocumentStore(database), TENANT
            shown = await may_show(documents, tenant=tenant, passage_ids=ids, audience=audience)
        return answer if shown else None


def _gold(case: Case) -> dict[str, str]:
    question = case.question
    return {
        "The question": question.text,
        "Expected outcome": case.expected_outcome.value if case.expected_outcome else "",
        "Expected answer": case.expected_answer,
        "Expected documents": ", ".join(case.gains),
        "Must contain": ", ".join(case.must_contain),
        "Must not contain": ", ".join(case.must_not_contain),
    }

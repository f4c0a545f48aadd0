"""The judge that the command line names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from engine.compose import Engine
from engine.errors import WrongUse
from evals.judging.calibration import load_calibration
from evals.judging.judge import Judge
from evals.judging.local import Known, LocalJudge
from evals.judging.model import ModelJudge
from evals.judging.relevance import Vectors

LOCAL = "local"
_HOSTED = "openai:"


@asynccontextmanager
async def open_judge(named: str, engine: Engine, *, limit_usd: float) -> AsyncIterator[Judge]:
    """`local` or `openai:MODEL`, closed when left.

    engine: the live one, whose server is asked, whose ledger is charged, and whose store holds the
    calibration. limit_usd: what a model's judgements may cost together.

    Raises: WrongUse for another name; SettingsInvalid where no server is named;
    StorageUnavailable.
    """
    model = named.removeprefix(_HOSTED)
    if named != LOCAL and (model == named or not model):
        raise WrongUse(f"{named} is no judge; there are {LOCAL} and {_HOSTED}MODEL")
    if named == LOCAL:
        own = engine.settings.embedder == LOCAL
        local = LocalJudge(engine.embedder, known=_known(engine)) if own else LocalJudge()
        try:
            yield local
        finally:
            await local.aclose()
        return
    grader = engine.hosted.grader(model)
    tenant = engine.settings.tenant
    calibration = await load_calibration(engine.models, tenant, grader.name)
    yield ModelJudge(grader, calibration, engine.ledger, tenant=tenant, limit_usd=limit_usd)


def _known(engine: Engine) -> Known:
    """Finds the vectors that an engine with the judge's embedder has made."""

    async def known(texts: Sequence[str], passages: Sequence[str]) -> Mapping[str, Vectors]:
        tenant = engine.settings.tenant
        return await engine.retriever.known_vectors.of(
            texts,
            passages=passages,
            tenant=tenant,
            revision=await engine.documents.revision(tenant),
        )

    return known

"""Calibrates the confidence by verdicts on answers, and promotes that only if it is more honest.

What the engine calls its confidence decides what is shown without a person, so it is judged by the
log loss on held-out verdicts. A calibration is for one answerability model; where that changes, it
says nothing until there are new verdicts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.answerability.calibration import fit_calibration
from engine.answerability.own_calibration import NAME, KeptCalibration
from engine.compose import Engine
from engine.errors import WrongUse
from engine.probability_scores import calibration_error
from engine.storage.judged_confidences import JudgedConfidence, JudgedConfidences
from engine.storage.labels import Split, split_of
from engine.storage.retrainings import RetrainingStore
from evals.retraining.contest import contest
from evals.retraining.outcome import Outcome

LEAST_HELD_OUT: Final = 40
LEAST_OF_A_KIND: Final = 15
"""Verdicts of either kind to learn from."""

_CLIP = 1e-4


async def recalibrate(
    engine: Engine, *, promote: bool = True, asked_by: str | None = None
) -> Outcome:
    """One contest, kept with its figures. promote: False only measures.

    Raises: StorageUnavailable.
    """
    tenant, clock = engine.settings.tenant, engine.pipeline.clock
    kept = RetrainingStore(engine.database)
    number = await kept.begin(tenant, NAME, at=clock(), asked_by=asked_by)
    base = (await engine.answerability.base(tenant)).name
    champion = await engine.answerability.calibration.of(tenant)
    if champion.base != base:
        champion = KeptCalibration(version=champion.version, base=base, made_at=champion.made_at)
    # Older answers got their confidences from other models.
    changes = (champion.made_at, await engine.answerability.base_since(tenant))
    since = max((at for at in changes if at is not None), default=None)
    judged = await JudgedConfidences(engine.database).since(tenant, since)
    found, new = await asyncio.to_thread(_contest, judged, champion, f"{clock():%Y%m%d%H%M%S%f}")
    if new is not None and found.promoted and promote:
        card = dict(found.figures)
        await engine.answerability.calibration.save(tenant, new, card, at=clock())
    elif found.promoted:
        found = replace(found, promoted=False, why=f"{found.why}; it was only measured")
    await kept.finish(
        tenant,
        number,
        at=clock(),
        champion=found.champion,
        challenger=found.challenger,
        promoted=found.promoted,
        report=found.as_json(),
    )
    return found


async def roll_back_calibration(engine: Engine) -> str:
    """Puts the calibration before the one in use into use again; before the first, none.

    Raises: WrongUse where there is nothing to go back from; StorageUnavailable.
    """
    tenant, store = engine.settings.tenant, engine.models
    own = engine.answerability.calibration
    versions = await store.versions(tenant, NAME, limit=2)
    if not versions:
        raise WrongUse("no calibration is in use; there is none before it")
    at = engine.pipeline.clock()
    before = await store.get(tenant, NAME, versions[1]) if len(versions) > 1 else None
    if before is not None:
        await own.put_back(tenant, before, at=at)
        return before.version
    none = KeptCalibration(version=f"none-{at:%Y%m%d%H%M%S%f}")
    await own.save(tenant, none, {}, at=at)
    return none.version


def _contest(
    judged: Sequence[JudgedConfidence], champion: KeptCalibration, version: str
) -> tuple[Outcome, KeptCalibration | None]:
    """judged: answers with the confidence that the champion gave them."""
    named = champion.version or "none"

    def ended(why: str) -> tuple[Outcome, None]:
        return Outcome(model=NAME, promoted=False, why=why, champion=named), None

    held_out = [each for each in judged if split_of(each.text) is Split.HELD_OUT]
    said = [each for each in judged if split_of(each.text) is Split.TRAIN]
    if len(held_out) < LEAST_HELD_OUT:
        return ended(
            f"{len(held_out)} held-out answers were judged since the last change; "
            f"{LEAST_HELD_OUT} are needed"
        )
    right = sum(each.right for each in said)
    if min(right, len(said) - right) < LEAST_OF_A_KIND:
        return ended(
            f"{right} right and {len(said) - right} wrong answers can be learned from; "
            f"{LEAST_OF_A_KIND} of each are needed"
        )
    change = fit_calibration([e.confidence for e in said], [e.right for e in said])
    stated = np.array([each.confidence for each in held_out])
    truth = np.array([each.right for each in held_out], np.float64)
    ours = change.probabilities(stated)
    found = contest(_log_likelihood(stated, truth), _log_likelihood(ours, truth))
    figures: dict[str, Any] = {
        "learned_from": len(said),
        "log_likelihood": found.as_json(),
        "calibration_error": {
            "champion": _rounded(calibration_error(stated, truth)),
            "challenger": _rounded(calibration_error(ours, truth)),
        },
        "slope": round(change.slope, 4),
        "offset": round(change.offset, 4),
    }
    better = found.is_better
    words = "more honest" if better else "no more honest that can be told"
    why = (
        f"on {found.rows:,} held-out answers its confidences are {words} "
        f"(log loss {-found.challenger:.3f} against {-found.champion:.3f})"
    )
    new = KeptCalibration(
        version=version,
        base=champion.base,
        calibration=change.after(champion.calibration),
    )
    outcome = Outcome(
        model=NAME,
        promoted=better,
        why=why,
        champion=named,
        challenger=version,
        figures=figures,
    )
    return outcome, new


def _log_likelihood(stated: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(stated, _CLIP, 1 - _CLIP)
    return np.asarray(np.where(truth == 1, np.log(p), np.log(1 - p)))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from engine.errors import SettingsInvalid
from engine.question import Question
from engine.settings import load_settings
from engine.storage.feedback import Opinion as Thumb
from evals.mirroring.answers import is_sampled, open_answer_mirror
from tests.evals.mirroring.test_runs import body
from tests.langsmith_server import KEY
from tests.mirror_services import NOW


def test_the_sample_has_the_share_that_was_set() -> None:
    ids = [str(uuid.UUID(int=n)) for n in range(4000)]
    for rate in (0.0, 0.1, 0.5, 1.0):
        share = sum(is_sampled(trace_id, rate) for trace_id in ids) / len(ids)
        assert share == pytest.approx(rate, abs=0.03)
    some = {i for i in ids if is_sampled(i, 0.1)}
    assert some < {i for i in ids if is_sampled(i, 0.5)}


@pytest.mark.parametrize("environment", [{}, {"LANGSMITH_API_KEY": KEY}])
async def test_nothing_is_traced_without_a_rate(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    mirror = open_answer_mirror(load_settings(environment, working_directory=tmp_path))
    assert mirror.outboxes == ()
    mirror.answered(body(), Question(id="q", text="x"), NOW)
    mirror.judged(str(uuid.UUID(int=1)), "U1", Thumb.POSITIVE, NOW)
    await mirror.aclose()


def test_a_service_set_by_half_is_refused_at_the_start(tmp_path: Path) -> None:
    settings = load_settings({"LANGFUSE_SECRET_KEY": "sk-lf-1"}, working_directory=tmp_path)
    with pytest.raises(SettingsInvalid, match="LANGFUSE_PUBLIC_KEY"):
        open_answer_mirror(settings)

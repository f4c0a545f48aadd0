from __future__ import annotations

from pathlib import Path

import pytest

from evals.caching.load import repeated_load


@pytest.mark.slow
async def test_a_load_is_answered_again_and_costs_less(tmp_path: Path) -> None:
    found = await repeated_load(tmp_path, size=30, seed=3, model=True)
    assert found["asked"] == 30
    assert 0 < found["hit_rate"] < 1
    assert 0 < found["usd"] < found["usd_without"]
    assert found["usd_ratio"] == pytest.approx(found["usd"] / found["usd_without"])

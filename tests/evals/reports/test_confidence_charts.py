from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.probability_scores import reliability
from evals.metrics import risk_coverage, wilson
from evals.reports.confidence_charts import (
    Curves,
    both,
    confidence_charts,
    curves_of,
    write_plot,
)
from tests.evals.reports.conftest import MakeRun  # noqa: TC001

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def curves() -> Curves:
    given, right = [0.05, 0.95, 0.9, 0.92], [False, True, False, True]
    return Curves(
        answerable=reliability(given, [False, True, True, True]),
        right=reliability(given, right),
        risk=risk_coverage(given, right),
    )

"""A run whose every foreign text attacks whoever reads its report."""

from __future__ import annotations

from dataclasses import replace

from evals.run_record import RunRecord
from evals.statistics.comparison import Comparison
from tests.evals.reports.made_runs import compared, make_run

SCRIPT = "<script>alert(1)</script>"
ATTRIBUTE = '" onmouseover="alert(1)" x="'
TEXT = (
    f"{SCRIPT} <img src=x onerror=alert(2)> {ATTRIBUTE} ]]> --> </style></svg></title> "
    "`` ` | \\| [x](https://evil.test) ![y](https://evil.test/p.png) https://evil.test "
    "www.evil.test @channel <@U1> #1 **b** $\\frac{1}{0}$ \u202e\u0000\ud800 &lt;b&gt;"
)


def hostile_run() -> tuple[RunRecord, Comparison]:
    """The run and its comparison with a harmless one."""
    before, made = make_run(), make_run(seed=3, day=1)
    results = tuple(
        replace(
            result,
            case_id=f"{TEXT} {n}",
            question=TEXT,
            problems=(*result.problems, TEXT, f"Not found: {TEXT}."),
            expected_docs=(TEXT,),
            cited_docs=(),
            slices={TEXT: (TEXT, f"{n % 3}"), "kind": (f"{TEXT[: 20 + n % 2]}",)},
            trace_id=TEXT,
        )
        for n, result in enumerate(made.results)
    )
    now = replace(
        made,
        dataset=TEXT,
        target=TEXT,
        judge=TEXT,
        fingerprint=TEXT,
        results=results,
        skipped=(TEXT,),
        links={TEXT: "https://traces.test/?a=1&b=2", "bad": "javascript:alert(3)"},
    )
    found = compared(before, now, "recall_at_5")
    return now, replace(found, baseline_id=TEXT, missing=(TEXT,), new=(TEXT,), edited=(TEXT,))

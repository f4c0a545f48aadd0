from __future__ import annotations

from evals.suites.cited_evidence import cited_evidence
from tests.evals.suites.made import citation

TABLE = (
    "Rates.\n\n| Plan | Seats |\n|:--- | ---:|\n| Skiff | 3 |\n| Cutter | 20 |\n\nNot a | table.\n"
)


def test_a_row_gets_the_names_of_its_columns() -> None:
    row = citation(1, "Cutter | 20", full_content=TABLE)
    assert cited_evidence(row) == "Plan: Cutter; Seats: 20"


def test_everything_else_stays_as_it_is() -> None:
    assert cited_evidence(citation(1, "Rates.", full_content=TABLE)) == "Rates."
    assert cited_evidence(citation(1, "a | table", full_content=TABLE)) == "a | table"
    assert cited_evidence(citation(1, "x | y", full_content="| x | y |")) == "x | y"
    assert cited_evidence(citation(1, "x | y", full_content="gone")) == "x | y"

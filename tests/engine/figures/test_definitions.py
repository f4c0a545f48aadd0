from __future__ import annotations

from pathlib import Path

from engine.figures.definitions import DEFINITIONS, FigureName

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_says_of_each_figure_what_the_program_says() -> None:
    readme = README.read_text(encoding="utf-8")
    assert set(DEFINITIONS) == set(FigureName)
    for definition in DEFINITIONS.values():
        assert f"| {definition.label} | {definition.sentence} |" in readme

"""The threats that the README names have the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_the_security_part_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    part = readme.partition("\n## Security\n")[2].partition("\n## ")[0]
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", part)
    assert len(named) > 15
    for path, name in named:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"def {name}\(", text), f"{path} has no {name}"

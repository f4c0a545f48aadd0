"""Where a fault happened, for the log."""

from __future__ import annotations

import traceback
from pathlib import Path


def place(error: BaseException) -> str:
    """The innermost frames, without the error's message, which may hold somebody's text."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))

"""Offline evaluation of the engine; knows no Slack."""

import engine  # noqa: F401 - before NumPy is loaded, whose threads it bounds

"""Offline evaluation of the engine; knows no Slack."""

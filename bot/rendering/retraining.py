"""What admins are told of a retraining."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.rendering.elements import listed, rich_text, section, small_print, text
from bot.rendering.limits import FALLBACK, cut
from bot.rendering.message import Block, Message
from bot.rendering.neutral import escape, one_line

_NAMES = {"triage": "Triage", "calibration": "The confidence of answers"}
_BACK = {
    "triage": "deskhand triage rollback",
    "calibration": "deskhand calibrate --rollback",
}
_FIGURES = {
    "category_accuracy": "categories right",
    "priority_accuracy": "priorities right",
    "confidence_score": "minus the squared error of the confidence",
    "log_likelihood": "mean log likelihood",
}
_SENTENCE = 300


def retraining_message(found: Mapping[str, Any]) -> Message:
    """How a contest ended.  found: as `evals.retraining` gives it."""
    model = str(found["model"])
    title = f"{_NAMES.get(model, model)}: "
    title += "a better model is in use" if found["promoted"] else "the model in use stays"
    why = cut(one_line(str(found["why"])), _SENTENCE)
    blocks: list[Block] = [
        rich_text(section(text(title, bold=True))),
        rich_text(section(text(f"{why[:1].upper()}{why[1:]}."))),
    ]
    lines = [[text(line)] for line in _lines(found)]
    if lines:
        blocks.append(rich_text(listed(lines)))
    if found["promoted"] and model in _BACK:
        blocks.append(small_print(f"{_BACK[model]} uses the one before again."))
    said = "\n".join([title, why, *_lines(found)])
    return Message(text=escape(cut(said, FALLBACK)), blocks=tuple(blocks))


def _lines(found: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, words in _FIGURES.items():
        figure = found.get(name)
        if not isinstance(figure, Mapping):
            continue
        share = name.endswith("accuracy")

        def shown(value: float, share: bool = share) -> str:
            return f"{value:.1%}" if share else f"{value:.3f}"

        interval = ""
        if figure["low"] is not None:
            interval = f" (difference {figure['low']:+.3f} to {figure['high']:+.3f})"
        lines.append(
            f"{words}: {shown(figure['challenger'])} against {shown(figure['champion'])}"
            f"{interval}, {figure['rows']:,} held-out questions"
        )
    return lines

"""What admins read of channels' modes: how one stands, what was changed, what is suggested."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import (
    Element,
    actions,
    button,
    link,
    listed,
    plain,
    rich_text,
    section,
    text,
)
from bot.rendering.message import Block, Message
from bot.rendering.neutral import web_address
from engine.storage.channel_modes import Mode
from evals.precision.bounds import Share
from evals.precision.cut import Basis, Cut

SET_BUTTON = "mode:set"
FORM = "mode:form"
_WHAT = {
    Mode.SHADOW: "answers are made and compared with what people say, and nothing is shown",
    Mode.DRAFT: "a person sees every answer before it goes out",
    Mode.AUTO: "answers are shown, and a person gets only the doubtful ones",
    Mode.OFF: "nothing is answered",
}
_BASIS = {
    Basis.CHANNEL: "by this channel's own verdicts",
    Basis.TENANT: "by the verdicts of all channels, as this one has too few",
    Basis.ESTIMATE: "as I estimate it, as there are too few verdicts",
}


def percent(share: float) -> str:
    """Such as 96%, or 99.5% where that is another."""
    return f"{share * 100:.4g}%"


def share_words(share: Share) -> str:
    """Such as "96% [92, 98] of 140"."""
    if not share.answers:
        return "none judged yet"
    low, high = round(share.low * 100), round(share.high * 100)
    return f"{round(share.value * 100)}% [{low}, {high}] of {share.answers:,}"


def standing_words(
    mode: Mode, *, target: float | None, asked: int, share: Share | None, cut: Cut | None
) -> str:
    """How a channel stands, in two or three sentences.  target: None where nothing is set."""
    lines = [f"Mode {mode.value}: {_WHAT[mode]}."]
    if target is None:
        lines.append("Nobody has set anything here, so I answer by my own threshold.")
        return " ".join(lines)
    lines.append(f"Target: {percent(target)} of the answers shown are to be right.")
    if share is not None:
        would = "were" if mode is Mode.AUTO else "would have been"
        lines.append(
            f"Evidence: {asked:,} questions since then; right {would} {share_words(share)} judged "
            "answers that pass the threshold."
            if share.answers
            else f"Evidence: {asked:,} questions since then, and nobody has judged an answer yet."
        )
    if cut is not None:
        at = (
            "no answer passes"
            if cut.confidence > 1
            else f"from {percent(round(cut.confidence, 3))} on"
        )
        lines.append(f"Threshold of confidence: {at}, {_BASIS[cut.basis]}.")
    return " ".join(lines)


def change_message(
    channel: str, before: Mode | None, after: Mode, *, by: str | None, target: float
) -> Message:
    """That somebody set a mode."""
    was = (before or Mode.AUTO).value
    who: list[Element] = [{"type": "user", "user_id": by}] if by else [text("The policy file")]
    said = f" set this channel from {was} to {after.value}, target {percent(target)}: "
    block = rich_text(section(*who, text(said), _channel(channel), text(f". {_WHAT[after]}.")))
    return Message(text=f"A channel was set from {was} to {after.value}.", blocks=(block,))


def suggestion_message(
    channel: str, before: Mode, after: Mode, *, asked: int, share: Share, target: float, value: Any
) -> Message:
    """That the evidence speaks for a mode, with the button that sets it.  value: small JSON."""
    said = (
        f": in {before.value} {asked:,} questions; of {share.answers:,} answers that were judged, "
        f"{round(share.value * 100)}% [{round(share.low * 100)}, {round(share.high * 100)}] would "
        f"have been right. The target is {percent(target)}. I suggest {after.value}: "
        f"{_WHAT[after]}."
    )
    pressed = button(
        f"Set to {after.value}",
        action_id=SET_BUTTON,
        value=json.dumps(value),
        label=f"Set this channel to {after.value}",
        style="primary",
    )
    block = rich_text(section(_channel(channel), text(said)))
    return Message(text=f"A channel{said}", blocks=(block, *actions([pressed])))


def demotion_message(
    channel: str,
    *,
    share: Share,
    target: float,
    links: Sequence[str],
    rate: float,
    shown: int | None,
    judged: int | None,
) -> Message:
    """That a channel shows nothing by itself any more.  links: to answers that were wrong. shown,
    judged: of the recent answers; None where that was not counted."""
    said = (
        f" is now in draft: {_were_right(share, target)} By chance this happens in at most "
        f"{percent(rate)} of channels that are at target, if the judged answers are like all. "
    )
    if shown is not None and judged is not None:
        said += f"Of the last {shown:,} answers shown, {judged:,} were judged. "
    said += "People judge wrong answers rather than right ones, so the true share may be higher."
    return _with_examples(channel, said, links)


def few_judged_message(
    channel: str, *, share: Share, shown: int, judged: int, target: float, links: Sequence[str]
) -> Message:
    """That a channel may be below its target, and stays as it is."""
    said = (
        f" stays in auto, but please look at its answers: {_were_right(share, target)} Only "
        f"{judged:,} of the last {shown:,} answers shown were judged, too few to speak for all, as "
        "people judge wrong answers rather than right ones."
    )
    return _with_examples(channel, said, links)


def _were_right(share: Share, target: float) -> str:
    return (
        f"of {share.answers:,} answers that were judged since it is in auto, "
        f"{round(share.value * 100)}% [{round(share.low * 100)}, {round(share.high * 100)}] were "
        f"right, and the target is {percent(target)}."
    )


def _with_examples(channel: str, said: str, links: Sequence[str]) -> Message:
    shown = [url for each in links if (url := web_address(each)) is not None]
    blocks: list[Block] = [rich_text(section(_channel(channel), text(said)))]
    if shown:
        items = listed([link(url, f"Wrong answer {n}")] for n, url in enumerate(shown, 1))
        blocks.append(rich_text(section(text("Examples", bold=True)), items))
    return Message(text=f"A channel{said}", blocks=tuple(blocks))


def form(
    standing: str, *, mode: Mode, target: float, to_channel: str | None, metadata: str
) -> dict[str, Any]:
    """The modal in which an admin sets a channel."""
    options = {
        each: {"text": plain(each.value, 75), "description": plain(_WHAT[each], 75), "value": each}
        for each in Mode
    }
    select: Element = {
        "type": "static_select",
        "action_id": "mode",
        "options": list(options.values()),
        "initial_option": options[mode],
    }
    number: Element = {
        "type": "plain_text_input",
        "action_id": "precision",
        "initial_value": percent(target),
        "max_length": 8,
    }
    place: Element = {
        "type": "conversations_select",
        "action_id": "to_channel",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if to_channel:
        place["initial_conversation"] = to_channel
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": metadata,
        "title": plain("This channel", limits.MODAL_TITLE),
        "submit": plain("Save", limits.MODAL_TITLE),
        "close": plain("Cancel", limits.MODAL_TITLE),
        "blocks": [
            rich_text(section(text(standing))),
            _input("mode", "What I do here", select),
            _input("precision", "Share of shown answers that are to be right", number),
            _input("to_channel", "Where its cases go, if not as usual", place, optional=True),
        ],
    }


def typed(view: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """Mode, precision and channel as they were entered."""
    values = (view.get("state") or {}).get("values") or {}
    mode = ((values.get("mode") or {}).get("mode") or {}).get("selected_option") or {}
    precision = ((values.get("precision") or {}).get("precision") or {}).get("value")
    place = ((values.get("to_channel") or {}).get("to_channel") or {}).get("selected_conversation")
    return str(mode.get("value") or ""), str(precision or ""), place or None


def _input(block_id: str, label: str, element: Element, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, limits.PLAIN_TEXT),
        "element": element,
        "optional": optional,
    }


def _channel(channel: str) -> Element:
    return {"type": "channel", "channel_id": channel}

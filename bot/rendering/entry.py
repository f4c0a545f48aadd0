"""What people read of an entry: that an answer is kept, whether it still holds, and the forms.

Actions: `entry:undo`, `entry:edit`, `entry:keep`, `entry:withdraw`, `entry:accept`,
`entry:decline`; value: the entry's id and version, a full stop between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.rendering import limits
from bot.rendering.elements import (
    Element,
    actions,
    button,
    link,
    plain,
    quote,
    rich_text,
    section,
    text,
)
from bot.rendering.limits import cut
from bot.rendering.message import Block, Message
from bot.rendering.neutral import neutral, one_line, web_address
from engine.audience import EVERYONE, PUBLIC
from engine.storage.entry import Entry, EntryState

_QUESTION, _PASSAGE, _ANSWER = 200, 400, 1_500
_HIDDEN = "What changed is not shown, as not everybody who reads this may read it."
_ENDED = {
    EntryState.SUPERSEDED: "A newer answer has taken this one's place.",
    EntryState.ROLLED_BACK: "This answer is not used for others any more.",
    EntryState.EXPIRED: "This answer is not used any more",
    EntryState.DECLINED: "This answer was not kept.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """What a source said and says now. after: empty where it is gone. hidden: not everybody who
    reads the message may read the source, so neither is given."""

    before: str = ""
    after: str = ""
    hidden: bool = False


def reference(entry: Entry) -> str:
    """A button's value."""
    return f"{entry.id}.{entry.version}"


def learned_line(entry: Entry) -> Message:
    """Under a card: what was kept, for whom, until when; with the way back."""
    if entry.state is not EntryState.LIVE:
        return _ended_line(entry)
    number = f" (version {entry.version})" if entry.version > 1 else ""
    words = f"Kept for the same question{number}, for {readers(entry.audience)}{_until(entry)}."
    elements = [text(words)]
    return Message(
        text=words,
        blocks=(
            rich_text(section(*elements)),
            *actions([_button("Undo", "undo", entry), *_edit(entry, "Edit")]),
        ),
    )


def due_message(
    entry: Entry, changes: Sequence[SourceChange], *, by: datetime, stamp: str = ""
) -> Message:
    """To an entry's owner: does it still hold? changes: of its sources. stamp: what they are."""
    if entry.state is not EntryState.LIVE:
        return _ended_line(entry)
    if entry.asked_owner_at is None:
        return _plain_line(f"Thank you. The answer stays in use{_until(entry)}.")
    why = "what it rests on has changed" if changes else "it was given some time ago"
    lines = f"Does this answer still hold? I ask because {why}. "
    end = f"Without a word from you I stop using it on {_day(by)}."
    blocks: list[Block] = [rich_text(section(text(lines + end))), *_content(entry)]
    for change in [c for c in changes if not c.hidden][:3]:
        after = change.after
        blocks += [
            rich_text(section(text("Its source said:", bold=True))),
            rich_text(quote(text(cut(neutral(change.before), _PASSAGE) or "…"))),
            rich_text(section(text("Now:" if after else "The source is gone.", bold=True))),
        ]
        if after:
            blocks.append(rich_text(quote(text(cut(neutral(after), _PASSAGE)))))
    if any(change.hidden for change in changes):
        blocks.append(rich_text(section(text(_HIDDEN))))
    row = [
        button("Keep", action_id="entry:keep", value=f"{reference(entry)}.{stamp}", style=""),
        *_edit(entry, "Edit"),
        _button("Withdraw", "withdraw", entry),
    ]
    return Message(text=lines + end, blocks=(*blocks, *actions(row)))


def proposal_message(entry: Entry) -> Message:
    """An answer found in a thread: shall it be used for others?"""
    if entry.state is EntryState.LIVE:
        words = f"Kept for the same question, for {readers(entry.audience)}{_until(entry)}."
        return Message(
            text=words,
            blocks=(
                rich_text(section(text(words))),
                *_content(entry),
                *actions([_button("Undo", "undo", entry), *_edit(entry, "Edit")]),
            ),
        )
    if entry.state is not EntryState.PROPOSED:
        return _ended_line(entry)
    who = cut(one_line(entry.author), 80) or "A colleague"
    words = (
        f"{who} answered a question in a thread. Shall I use the answer when somebody asks the "
        f"same? It would be for {readers(entry.audience)}."
    )
    row = [
        _button("Accept", "accept", entry, style="primary"),
        *_edit(entry, "Edit and accept"),
        _button("Decline", "decline", entry),
    ]
    blocks = (rich_text(section(text(words))), *_content(entry), *actions(row))
    return Message(text=words, blocks=blocks)


def entry_form(entry: Entry) -> dict[str, object]:
    """The modal in which an entry gets other words; it becomes the next version."""
    return {
        "type": "modal",
        "callback_id": "entry:edit",
        "private_metadata": reference(entry),
        "title": plain("Edit an answer", limits.MODAL_TITLE),
        "submit": plain("Save", limits.MODAL_TITLE),
        "close": plain("Cancel", limits.MODAL_TITLE),
        "blocks": [
            _field("question", "The question, so that it stands alone", entry.question, rows=False),
            _field("answer", "The answer", entry.answer, rows=True),
        ],
    }


def readers(audience: Sequence[str]) -> str:
    """Who reads it, in words that call nobody."""
    if PUBLIC in audience:
        return "everybody, guests too"
    if EVERYONE in audience:
        return "every full member"
    if all(tag.startswith("user:") for tag in audience):
        return "the asker alone"
    if all(tag.startswith("channel:") for tag in audience):
        return "those who are in the channel where it was asked"
    return "those who may read what it rests on"


def _until(entry: Entry) -> str:
    return f", until {_day(entry.expires_at)}" if entry.expires_at else ""


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _content(entry: Entry) -> list[Block]:
    asked: list[Element] = [text(cut(one_line(neutral(entry.question)), _QUESTION) or "…")]
    url = web_address(entry.permalink)
    if url is not None:
        asked += [text(" "), link(url, "Thread")]
    answer = cut(neutral(entry.answer).strip(), _ANSWER) or "…"
    return [rich_text(section(*asked)), rich_text(quote(text(answer)))]


def _ended_line(entry: Entry) -> Message:
    words = _ENDED[entry.state]
    if entry.state is EntryState.EXPIRED:
        words += f": {entry.ended_why}." if entry.ended_why else "."
    return _plain_line(words)


def _plain_line(words: str) -> Message:
    return Message(text=words, blocks=(rich_text(section(text(words))),))


def _button(words: str, name: str, entry: Entry, *, style: str = "") -> Element:
    return button(words, action_id=f"entry:{name}", value=reference(entry), style=style)


def _edit(entry: Entry, words: str) -> list[Element]:
    """None for a text that no form takes whole."""
    if max(limits.length(entry.question), limits.length(entry.answer)) > limits.PLAIN_TEXT:
        return []
    return [_button(words, "edit", entry)]


def _field(name: str, label: str, value: str, *, rows: bool) -> dict[str, object]:
    element: Element = {
        "type": "plain_text_input",
        "action_id": name,
        "multiline": rows,
        "max_length": limits.PLAIN_TEXT if rows else 1_000,
    }
    value = value if rows else cut(" ".join(value.split()), 1_000)
    if value:
        element["initial_value"] = value
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label, limits.PLAIN_TEXT),
        "element": element,
    }

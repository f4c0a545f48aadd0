"""What makes the answers and the fixed words; delivery knows neither engine nor Block Kit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.errors import DeskhandError
from engine.stopwatch import SentenceReady, Watch
from engine.storage.inbox import InboxItem
from engine.trace import Stage

Body = Mapping[str, Any]
"""One message: `text`, which stands alone where blocks cannot be shown, and `blocks`.

It may have `stream`: `markdown` and `blocks` that say the same, as a stream shows it, which takes
Markdown alone before its end. A stream that shows the beginning of that Markdown is completed; one
that does not is rewritten.
"""


NOT_MEANT = "not_meant"
"""Outcome of a word that was not for the bot: nothing is shown."""
SHADOW = "shadow"
"""Outcome of a question that was heard where the bot only listens: its answer is kept, and nothing
is shown."""
LIMITED = "limited"
"""Outcome of a question that was one too many: its asker is told when to try again, once until
then."""
_SILENT = (NOT_MEANT, SHADOW, LIMITED)


class NotYet(DeskhandError):
    """The answer must wait for something else; the attempt does not count."""

    retryable = True

    def __init__(self, why: str, retry_after_s: float) -> None:
        super().__init__(f"a question waits: {why}")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An answer ready to be posted; its trace is saved.

    outcome: as the contract names it. messages: at least one, in order; none where it was NOT_MEANT
    or SHADOW, or LIMITED and its asker has been told.
    opens_case: a person is to have it. reasons: codes, for the case.
    """

    trace_id: str
    outcome: str
    messages: tuple[Body, ...]
    opens_case: bool = False
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.messages and self.outcome not in _SILENT:
            raise ValueError("an outcome is visible: it has a message")
        if self.outcome == SHADOW and (self.messages or self.opens_case):
            raise ValueError("what is heard in shadow is shown to nobody")


class Answerer(Protocol):
    """Makes the answer of a question. Whatever it raises counts as a failed attempt."""

    async def prepare(self, item: InboxItem, watch: Watch) -> Prepared:
        """Answers and saves the trace; `watch` may be told of stages and checked sentences."""

    async def recall(self, item: InboxItem) -> Prepared | None:
        """The answer that `item.trace_id` names, as it may be shown now; None: it is not there."""


class Wording(Protocol):
    """The words that are no answer, and an answer's sentences as Slack is shown them."""

    def status(self) -> str:
        """Shown beside the app's name while there is nothing else; such as "is looking"."""

    def stage(self, stage: Stage) -> str:
        """A stage's title in a stream, at most 256 characters; empty: it is not shown."""

    def sentence(self, event: SentenceReady) -> str:
        """A sentence as Slack's Markdown, with the space before it; nothing live in it."""

    def apology(self, item: InboxItem) -> Body:
        """Says that it failed and that a person has it, with the question's id."""

    def stopped(self, item: InboxItem, shown: str) -> Body:
        """What was shown before the asker stopped it, Markdown or empty, and that it stopped."""

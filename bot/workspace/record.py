"""What happened in the workspace, each question in one line."""

from __future__ import annotations

from bot.workspace.assistant_methods import shown_status
from bot.workspace.channels import Channel
from bot.workspace.delivery import Attempt
from bot.workspace.messages import Ephemeral, Message
from bot.workspace.pings import Ping
from bot.workspace.slack import Call, Slack
from bot.workspace.views import View
from bot.workspace.world import HasId, id_of


class Record:
    """Looks at messages, mentions, calls, deliveries and views; changes nothing."""

    slack: Slack

    def messages(self, channel: Channel | str) -> list[Message]:
        """Everything in a channel, replies too, oldest first."""
        return list(self.slack.world.channels[id_of(channel)].messages.values())

    def thread(self, channel: Channel | str, ts: str) -> list[Message]:
        """A root and its replies, oldest first."""
        return self.slack.world.channels[id_of(channel)].thread(ts)

    def replies_by_app(self, channel: Channel | str, ts: str) -> list[Message]:
        """What the app said under a root."""
        return [
            m
            for m in self.thread(channel, ts)
            if m.is_reply and m.user == self.slack.world.app.bot_user
        ]

    def ephemerals(self, person: HasId | str) -> list[Ephemeral]:
        """What only this person was shown."""
        return [e for e in self.slack.world.ephemerals if e.user == id_of(person)]

    def pings(self, *, by_app: bool = True) -> list[Ping]:
        """Every live mention the app posted; of everybody where `by_app` is false."""
        bot = self.slack.world.app.bot_user
        return [p for p in self.slack.pings if not by_app or p.by == bot]

    def calls(self, method: str = "") -> list[Call]:
        """The calls of a method, or of all, that are over, in that order."""
        return [c for c in self.slack.calls if method in ("", c.method)]

    def attempts(self, event_type: str = "") -> list[Attempt]:
        """Deliveries tried so far, of one type of event or of all."""
        return [
            a
            for a in self.slack.delivery.attempts
            if event_type in ("", a.envelope.payload.get("event", {}).get("type", ""))
        ]

    def home(self, person: HasId | str) -> View | None:
        """The home tab that was published for somebody."""
        return self.slack.views.homes.get(id_of(person))

    def modal(self, person: HasId | str) -> View | None:
        """The topmost modal that somebody has open."""
        stack = self.slack.views.stack(id_of(person))
        return stack[-1] if stack else None

    def status(self, channel: Channel | str, thread_ts: str) -> str:
        """The free-text status shown in a thread now; empty for none."""
        return shown_status(self.slack, id_of(channel), thread_ts)

    def session_status(self, channel: Channel | str, thread_ts: str) -> str:
        """The agent session's `active`, `processing`, `suspended` or `closed`."""
        return self.slack.world.session(id_of(channel), thread_ts).status

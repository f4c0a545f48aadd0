"""What a visitor can break: faults that are turned on and off, each said plainly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.page.refusal import Refusal, not_found
from bot.page.stand_in import NAME, Manner
from bot.page.supervisor import BotState, Supervisor
from bot.workspace import Fault, LocalWorkspace

_STAND_IN = (
    "A stand-in on this machine plays the model while this is on; the bot is started again for it."
)
_REFUSED = (
    "chat.postMessage",
    "chat.update",
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
)
_SHARE, _RETRY_AFTER_S = 0.6, 2.0
_MANNERS = {
    "slow_model": Manner.SLOW,
    "model_down": Manner.DOWN,
    "inventing_model": Manner.INVENTING,
}
_SWITCHES = {
    "slow_model": (
        "Slow model",
        f"Each word takes its time, and the answer comes sentence by sentence. {_STAND_IN}",
    ),
    "model_down": (
        "Model down",
        "Each call of the model fails with HTTP 500; answers are quoted from the documents "
        f"instead. {_STAND_IN}",
    ),
    "inventing_model": (
        "Model that invents",
        "Each answer gets a sentence that no document says; its check drops it, as What happened "
        f"shows. {_STAND_IN}",
    ),
    "slack_429": (
        "Slack 429",
        "Slack refuses 6 of 10 posts with HTTP 429 and asks to wait 2 seconds; nothing is lost, "
        "and nothing is said twice.",
    ),
    "bot_offline": (
        "Bot offline",
        "The bot is ended in good order; what is asked meanwhile is answered when it is back.",
    ),
}
_KILL = (
    "Kill the bot",
    "Kills the bot's process at once (SIGKILL), also in the middle of an answer; it is started "
    "again a moment later and goes on with what it owes.",
)


class Switches:
    """The faults in force. model: the one that writes the answers; "" where none does.

    changed: called after each change; the model's own is a further one.
    """

    def __init__(
        self,
        workspace: LocalWorkspace,
        bot: Supervisor,
        *,
        model_url: str,
        model: str = "",
        changed: Callable[[str], None],
    ) -> None:
        self._workspace = workspace
        self._bot = bot
        self._model_url = model_url
        self._model = model
        self._without: dict[str, str] = {}  # the bot's own settings, while the stand-in has others
        self._changed = changed
        self._on: set[str] = set()

    def manners(self) -> frozenset[Manner]:
        """How the stand-in model behaves now."""
        return frozenset(manner for name, manner in _MANNERS.items() if name in self._on)

    def render(self) -> list[dict[str, Any]]:
        """The faults for the page, in order."""
        shown = [
            {
                "name": name,
                "title": title,
                "text": text,
                "on": name in self._on,
                "kind": "switch",
                "available": True,
            }
            for name, (title, text) in _SWITCHES.items()
        ]
        return [
            *shown,
            {
                "name": "kill_bot",
                "title": _KILL[0],
                "text": _KILL[1],
                "on": False,
                "kind": "button",
                "available": self._bot.pid > 0,
            },
        ]

    def model(self) -> dict[str, Any]:
        """What writes the answers, for the page."""
        if self.manners():
            text = "A stand-in on this machine plays a model; it is none, and knows nothing."
            return {"kind": "stand_in", "name": NAME, "text": text}
        if self._model:
            text = f"{self._model} writes the answers, and its key pays for them."
            return {"kind": "model", "name": self._model, "text": text}
        text = "No model is used: answers are sentences quoted from the documents."
        return {"kind": "none", "name": "", "text": text}

    def switch(self, name: str, on: bool) -> None:
        """Turns a fault on or off, does what a button says, or ends them all.

        Raises: Refusal.
        """
        if name == "kill_bot":
            if not self._bot.kill():
                raise Refusal(409, "not_now", "There is no process of the bot to kill.")
            return
        if name == "all" and not on:
            for each in list(self._on):
                self.switch(each, False)
            return
        if name not in _SWITCHES:
            raise not_found("There is no such fault.")
        if on == (name in self._on):
            return
        had_model = bool(self.manners())
        self._on ^= {name}
        if name == "slack_429":
            self._slack_refuses(on)
        elif name == "bot_offline":
            (self._bot.take_offline if on else self._bot.put_online)()
        elif bool(self.manners()) != had_model:
            self._use_model(not had_model)
        self._changed("faults")

    def _slack_refuses(self, on: bool) -> None:
        faults = self._workspace.faults
        faults.clear()
        for method in _REFUSED if on else ():
            faults.add(
                method, Fault.RATE_LIMITED, times=None, chance=_SHARE, seconds=_RETRY_AFTER_S
            )

    def _use_model(self, used: bool) -> None:
        """Gives the bot the stand-in or takes it away, which it learns when it starts."""
        settings = {
            "DESKHAND_OPENAI__API_KEY": "of-the-stand-in",
            "DESKHAND_OPENAI__BASE_URL": self._model_url,
            "DESKHAND_OPENAI__MODEL": NAME,
            "DESKHAND_OPENAI__ATTEMPTS": "2",
        }
        own = self._bot.environment
        if used:
            self._without = {name: own[name] for name in settings if name in own}
            own.update(settings)
        else:
            for name in settings:
                own.pop(name, None)
            own.update(self._without)
        if self._bot.state is not BotState.STOPPED:
            self._bot.restart()
        self._changed("model")

"""The workspace in a terminal: a person's words go in by standard input, the app's come out."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import TextIO

import aiohttp

from bot.workspace.actor import Actor
from bot.workspace.app_config import AppConfig
from bot.workspace.channels import Channel
from bot.workspace.http_delivery import VerificationFailed
from bot.workspace.messages import Message
from bot.workspace.speaker import Forbidden
from bot.workspace.workspace import LocalWorkspace

_TRY_AGAIN_S = 0.3

HELP = """\
  text               write into the channel        @text    mention the app
  > text             reply in the last thread      dm text  write to the app directly
  /command text      a slash command               quit     end
"""


class Terminal:
    """One person in one channel, whose every line is an act."""

    def __init__(self, workspace: LocalWorkspace, out: TextIO) -> None:
        self.workspace = workspace
        self.person: Actor = workspace.join("you")
        self.channel: Channel = workspace.public("general", self.person)
        self._out = out
        self._last: Message | None = None
        self._shown: dict[tuple[str, str], str] = {}

    def addresses(self) -> str:
        """What the app needs to connect, as lines for a shell."""
        workspace = self.workspace
        return (
            f"SLACK_API_URL={workspace.api_url}\n"
            f"SLACK_BOT_TOKEN={workspace.bot_token}\n"
            f"SLACK_APP_TOKEN={workspace.app_token}\n"
            f"SLACK_SIGNING_SECRET={workspace.signing_secret}\n"
        )

    async def do(self, line: str) -> bool:
        """Carries out one line; False ends."""
        line = line.strip()
        if line == "quit":
            return False
        try:
            if line.startswith("/"):
                done = await self.person.command(self.channel, line)
                if not done.acked:
                    self._print("the app did not respond")
            elif line.startswith("dm "):
                self._last = self.person.say(self.person.dm, line.removeprefix("dm "))
            elif line.startswith(">") and self._last is not None:
                self.person.reply(self._last, line[1:].strip())
            elif line.startswith("@"):
                self._last = self.person.mention(self.channel, line[1:])
            elif line:
                self._last = self.person.say(self.channel, line)
        except Forbidden as error:
            self._print(str(error))
        return True

    def show_new(self) -> None:
        """Prints what the app said or changed since the last time."""
        world = self.workspace.world
        said = [m for c in world.channels.values() for m in c.messages.values()]
        for message in said:
            if message.user != world.app.bot_user:
                continue
            if self._shown.get((message.channel, message.ts)) != message.text:
                self._shown[message.channel, message.ts] = message.text
                self._print(f"{world.app.name}: {message.text}")
        for hidden in world.ephemerals:
            if (hidden.channel, hidden.ts) not in self._shown:
                self._shown[hidden.channel, hidden.ts] = hidden.text
                self._print(f"{world.app.name} (only to you): {hidden.text}")

    def _print(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


async def _deliver(workspace: LocalWorkspace, events: str) -> None:
    """Delivers there from when the app answers the challenge on."""
    sys.stderr.write(f"waiting for the app to answer at {events}\n")
    while True:
        try:
            await workspace.deliver_to(events)
            break
        except (VerificationFailed, aiohttp.ClientError, OSError):  # not there yet
            await asyncio.sleep(_TRY_AGAIN_S)
    sys.stderr.write(f"delivering signed requests to {events}\n")


async def run_terminal(port: int, events: str | None = None) -> None:
    """Serves a workspace until standard input ends or says so.

    events: where requests go over signed HTTP; None means Socket Mode.
    """
    app = AppConfig(socket_mode=events is None)
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(LocalWorkspace(port=port, app=app))
        terminal = Terminal(workspace, sys.stdout)
        sys.stdout.write(terminal.addresses() + HELP)
        sys.stdout.flush()
        if events is None:
            sys.stderr.write("waiting for the app to connect over Socket Mode\n")
        else:
            delivering = asyncio.create_task(_deliver(workspace, events))
            stack.callback(delivering.cancel)
        reading = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
        while True:
            await asyncio.wait({reading}, timeout=0.2)
            terminal.show_new()
            if not reading.done():
                continue
            line = reading.result()
            if not line or not await terminal.do(line):
                return
            reading = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))

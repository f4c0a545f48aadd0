"""A Slack for one machine: what tests and the demo talk to over real sockets.

It knows nothing of Deskhand. `LocalWorkspace` is the way in::

    async with LocalWorkspace() as workspace:
        alice = workspace.join("alice")
        general = workspace.public("general", alice)
        client = AsyncWebClient(workspace.bot_token, base_url=workspace.api_url)
        question = alice.mention(general, "How long is parental leave?")
        ...
        assert workspace.replies_by_app(general, question.ts)
"""

from bot.workspace.actor import Actor
from bot.workspace.app_config import AppConfig
from bot.workspace.clock import ManualClock, SystemClock
from bot.workspace.faults import Fault
from bot.workspace.people import Kind
from bot.workspace.sockets import Disconnect
from bot.workspace.speaker import Forbidden
from bot.workspace.workspace import LocalWorkspace

__all__ = [
    "Actor",
    "AppConfig",
    "Disconnect",
    "Fault",
    "Forbidden",
    "Kind",
    "LocalWorkspace",
    "ManualClock",
    "SystemClock",
]

"""`deskhand worker`, as `deskhand run --role worker`: what happens by itself, until told to stop.

$ SLACK_BOT_TOKEN=xoxb-... DATABASE_URL=postgresql://... deskhand worker
"""

from __future__ import annotations

import argparse

from bot.cli import run as bot
from engine.role import Role


async def run(args: argparse.Namespace) -> int:
    """Does the jobs of the leader, or waits to be the next, until SIGTERM or Ctrl-C."""
    args.role = Role.WORKER.value
    return await bot.run(args)

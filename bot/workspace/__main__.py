"""`python -m bot.workspace --port 8065`: a Slack workspace on this machine, in a terminal."""

from __future__ import annotations

import argparse
import asyncio

from bot.workspace.method_facts import method_facts
from bot.workspace.terminal import run_terminal


def main() -> None:
    """Reads the arguments and serves."""
    parser = argparse.ArgumentParser(
        prog="python -m bot.workspace",
        description="A Slack workspace on 127.0.0.1, with one person whose lines come from the "
        "terminal. Prints the tokens and the address that an app needs.",
        epilog="example: python -m bot.workspace --port 8065",
    )
    parser.add_argument("--port", type=int, default=0, help="0 (the default) for any free one")
    parser.add_argument(
        "--events",
        metavar="URL",
        help="deliver over signed HTTP to this address once it answers, instead of Socket Mode",
    )
    given = parser.parse_args()
    try:
        method_facts()
    except FileNotFoundError as error:
        parser.exit(1, f"{error}\n")
    asyncio.run(run_terminal(given.port, given.events))


if __name__ == "__main__":
    main()

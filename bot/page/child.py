"""`deskhand run` that ends with its parent: as a child of the demo, which may itself be killed."""

from __future__ import annotations

import os
import signal
import sys
import threading

from bot.cli.main import entry


def main() -> None:
    """Runs the bot until it is told to stop, or standard input ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv[1:] = ["run"]
    entry()


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()

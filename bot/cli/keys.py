"""`deskhand keys`: what stored tokens are encrypted with.

To change to a new key: put one by `deskhand keys new` before the others in
DESKHAND_ENCRYPTION__KEYS, restart every replica, `deskhand keys rotate`, and take the others out.

$ deskhand keys rotate
tokens encrypted anew with the first key: those of 3 workspaces
"""

from __future__ import annotations

import argparse
import sys

from bot.cli.json_lines import json_line
from bot.cli.workspaces import open_installations
from engine.encryption import new_key
from engine.errors import WrongUse
from engine.settings import load_settings
from evals.reports.wording import counted


async def run(args: argparse.Namespace) -> int:
    """Prints a key, or encrypts anew; 1 where a token cannot be decrypted."""
    if args.action == "new":
        key = new_key()
        print(json_line({"key": key}) if args.json else key)
        return 0
    if args.action != "rotate":
        raise WrongUse("say what: deskhand keys new, or deskhand keys rotate")
    async with open_installations(load_settings()) as store:
        done, failed = await store.reseal()
    if args.json:
        print(json_line({"encrypted": done, "unreadable": failed}))
        return 1 if failed else 0
    print(f"tokens encrypted anew with the first key: those of {counted(done, 'workspace')}")
    if failed:
        print(
            f"deskhand: the tokens of {counted(failed, 'workspace')} cannot be decrypted with any "
            "key that is set; keep the keys until they are, or install the app there again",
            file=sys.stderr,
        )
    return 1 if failed else 0

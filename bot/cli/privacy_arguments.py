"""The command line of what is written down, kept and forgotten."""

from __future__ import annotations

import argparse
from collections.abc import Callable

_Command = Callable[[str, str, str], argparse.ArgumentParser]


def add_privacy(command: _Command, parser: type[argparse.ArgumentParser]) -> None:
    """Adds `audit`, `retention`, `forget` and `export`."""
    audit = command(
        "audit",
        "show what admins and reviewers did",
        "deskhand audit --since 7d --who U0123ABC",
    )
    audit.add_argument(
        "--since", metavar="DAY", help="a day such as 2026-11-22, or days back such as 7d"
    )
    audit.add_argument("--who", metavar="ID", help="a Slack id, or cli:ACCOUNT")
    audit.add_argument(
        "--most", type=int, default=200, metavar="N", help="the newest so many (default: 200)"
    )
    actions = audit.add_subparsers(dest="action", metavar="ACTION", parser_class=parser)
    verify = actions.add_parser(
        "verify",
        help="look whether every row is as it was written",
        description="Look whether every row is as it was written; name the first that is not.",
        epilog="example:\n  deskhand audit verify --expect 3f2a91c0...",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("--json", action="store_true", help="for machines: one JSON object")
    verify.add_argument(
        "--expect",
        metavar="HASH",
        help="a hash that was shown as the newest before, and kept elsewhere: it must still be "
        "there, so that rows missing at the end are seen too",
    )
    retention = command(
        "retention",
        "remove what is older than the settings let it be, as the bot does each night",
        "deskhand retention --dry-run",
    )
    retention.add_argument(
        "--dry-run", action="store_true", help="count what would go, and remove nothing"
    )
    forget = command(
        "forget",
        "forget a person, a question or a source, and prove it",
        "deskhand forget U0123ABC",
    )
    forget.add_argument(
        "what",
        metavar="USER|QUESTION|SOURCE",
        help="a Slack id; a question's id or permalink; or a source as `deskhand sources` lists it",
    )
    forget.add_argument(
        "--dry-run", action="store_true", help="count what is stored, and remove nothing"
    )
    export = command(
        "export",
        "write what is stored about a person to a file",
        "deskhand export U0123ABC --output person.json",
    )
    export.add_argument("what", metavar="USER", help="a Slack id")
    export.add_argument("--output", metavar="FILE.json", help="without, standard output")

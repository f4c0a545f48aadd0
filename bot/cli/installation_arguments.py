"""The command line of workspaces that install the app, and of the keys of their tokens."""

from __future__ import annotations

import argparse
from collections.abc import Callable

_Command = Callable[[str, str, str], argparse.ArgumentParser]


def add_installations(command: _Command, parser: type[argparse.ArgumentParser]) -> None:
    """Adds `workspaces` and `keys` with their actions."""
    workspaces = command(
        "workspaces",
        "list the workspaces that installed the app, and what differs in each",
        "deskhand workspaces list",
    )
    actions = workspaces.add_subparsers(dest="action", metavar="ACTION", parser_class=parser)

    def action(name: str, help_: str, example: str) -> argparse.ArgumentParser:
        made = actions.add_parser(
            name,
            help=help_,
            description=help_[0].upper() + help_[1:] + ".",
            epilog=f"example:\n  deskhand workspaces {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.add_argument("--json", action="store_true", help="for machines: one JSON object")
        return made

    action("list", "list them", "list")
    team = "the workspace's id, such as T0123ABC"
    made = action(
        "set",
        "give one workspace other settings; every replica takes them within seconds",
        "set T0123ABC DESKHAND_SLACK__ESCALATION_CHANNEL=C0456DEF",
    )
    made.add_argument("team", metavar="T...", help=team)
    made.add_argument("settings", nargs="+", metavar="NAME=VALUE", help="as in the README's table")
    made = action(
        "unset", "let settings be as everywhere again", "unset T0123ABC DESKHAND_REVIEW__TIMEZONE"
    )
    made.add_argument("team", metavar="T...", help=team)
    made.add_argument("settings", nargs="+", metavar="NAME", help="as in the README's table")
    made = action(
        "remove",
        "remove all that is stored of a workspace that removed the app, but for the audit log",
        "remove T0123ABC",
    )
    made.add_argument("team", metavar="T...", help=team)

    keys = command(
        "keys", "make keys for stored tokens, and change to a new one", "deskhand keys new"
    )
    key_actions = keys.add_subparsers(dest="action", metavar="ACTION", parser_class=parser)
    for name, help_ in (
        ("new", "print a new key for DESKHAND_ENCRYPTION__KEYS"),
        ("rotate", "encrypt every stored token with the first key, so that the others can go"),
    ):
        key_actions.add_parser(
            name,
            help=help_,
            description=help_[0].upper() + help_[1:] + ".",
            epilog=f"example:\n  deskhand keys {name}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        ).add_argument("--json", action="store_true", help="for machines: one JSON object")

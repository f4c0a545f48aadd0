"""`deskhand`: parses the command line and calls the subcommand's module, imported only then.

$ deskhand ask "How long is parental leave?"
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from bot.cli.eval_arguments import add_eval
from bot.cli.installation_arguments import add_installations
from bot.cli.learning_arguments import add_entries, add_triage
from bot.cli.moving_arguments import add_moving
from bot.cli.privacy_arguments import add_privacy
from engine.role import Role

_EXIT_DONE, _EXIT_FAILED, _EXIT_WRONG_USE = 0, 1, 2

_EPILOG = """environment:
  DESKHAND_HOME   folder of the index and the database (default: .deskhand)
  Every other setting is in the README's table.

exit codes: 0 done, 1 failed, 2 wrong use"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(_EXIT_WRONG_USE, f"deskhand: {message}; see `{self.prog} --help`\n")


def build_parser() -> argparse.ArgumentParser:
    """The command line; imports nothing heavy."""
    parser = _Parser(
        prog="deskhand",
        description="Answers questions from your own documents, with a citation on every sentence.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--workspace",
        metavar="T...",
        help="team id of one of the workspaces that installed the app: the command is about its "
        "documents, questions and settings",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str, help_: str, example: str) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=help_,
            description=help_[0].upper() + help_[1:] + ".",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.add_argument("--json", action="store_true", help="for machines: one JSON object")
        return made

    ingest = command(
        "ingest",
        "read documents into the knowledge base",
        "deskhand ingest handbook/ faq.jsonl --audience everyone",
    )
    ingest.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="folder, file, glob, .jsonl corpus, s3://, gs://, github://, https://; links "
        "to folders within a folder are not followed; none means every source ingested before",
    )
    ingest.add_argument(
        "--audience",
        action="append",
        default=[],
        metavar="TAG",
        help="who may read it: public, everyone, channel:C..., group:S..., user:U...; without, a "
        "source keeps the tags it has, and a new one is for everyone",
    )
    ingest.add_argument(
        "--trust",
        metavar="TIER",
        help="how far it is trusted: official, team or open (anybody may write there); without, a "
        "source keeps the tier it has, and a new one is team",
    )
    ingest.add_argument(
        "--rebuild",
        action="store_true",
        help="read every source again from nothing, with the embedder set now",
    )

    ingest.add_argument(
        "--no-fit",
        action="store_true",
        help="leave the estimate of what the documents answer as it is",
    )
    command("fit", "learn what the documents answer, by asking with some held out", "deskhand fit")

    sources = command(
        "sources", "list what was ingested, or remove it", "deskhand sources --remove handbook/"
    )
    sources.add_argument("--remove", metavar="SOURCE", help="forget a source and its documents")
    sources.add_argument("--failed", action="store_true", help="list the documents not read, too")
    sources.add_argument(
        "--warnings",
        action="store_true",
        help="list the documents that hide text or hold orders to an assistant, too",
    )

    ask = command(
        "ask", "answer a question, or a file of them", 'deskhand ask "How do I reset my password?"'
    )
    ask.add_argument("question", nargs="*", metavar="QUESTION")
    ask.add_argument("--input", metavar="FILE.jsonl", help='lines of {"id", "question", ...}')
    ask.add_argument("--output", metavar="FILE.jsonl", help="answers, one a line, in order")
    ask.add_argument(
        "--audience", action="append", default=[], metavar="TAG", help="whose rights to ask with"
    )

    verify = command(
        "verify",
        "check claims against their evidence",
        "deskhand verify --input claims.jsonl --output checked.jsonl",
    )
    verify.add_argument(
        "--input",
        required=True,
        metavar="FILE.jsonl",
        help='lines of {"id", "claim", "evidence"}, evidence a text or a list of texts; - is '
        "standard input",
    )
    verify.add_argument(
        "--output",
        metavar="FILE.jsonl",
        help='lines of {"id", "support", "supported", "why"}, in order; without, standard output',
    )

    command("chat", "talk with the knowledge base in the terminal", "deskhand chat").add_argument(
        "--audience", action="append", default=[], metavar="TAG", help="whose rights to ask with"
    )
    _add_demo(command)
    add_entries(command, _Parser)
    add_installations(command, _Parser)
    add_privacy(command, _Parser)
    add_triage(command, _Parser)
    calibrate = command(
        "calibrate",
        "make the confidence honest by what people said of answers, if that is better",
        "deskhand calibrate --json",
    )
    calibrate.add_argument(
        "--measure-only", action="store_true", help="compare, and leave the confidence as it is"
    )
    calibrate.add_argument(
        "--rollback", action="store_true", help="use the calibration before this one again"
    )
    stats = command(
        "stats",
        "show how questions were answered, and what people had to do for it",
        "deskhand stats --days 28",
    )
    stats.add_argument("--days", type=int, default=7, metavar="N", help="how many (default: 7)")
    stats.add_argument("--channel", metavar="C...", help="id of the one channel to count")
    add_eval(command, _Parser)
    _add_doctor(command)
    run = command("run", "take questions in Slack", "deskhand run --role web")
    run.add_argument(
        "--role",
        choices=[role.value for role in Role],
        help="web: takes events and answers; worker: evaluations, clocks of cases, digests and "
        "what else happens by itself; all: both (default: DESKHAND_ROLE, else all)",
    )
    command(
        "worker",
        "do what happens by itself: evaluations, clocks of cases, digests, reading sources again",
        "deskhand worker",
    )
    add_moving(command)
    command("migrate", "bring the database's tables up to date", "deskhand migrate")
    return parser


def _add_doctor(command: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    doctor = command(
        "doctor",
        "look at everything the bot needs, and say how to mend it",
        "deskhand doctor --production --smoke questions.jsonl",
    )
    doctor.add_argument(
        "--production",
        action="store_true",
        help="go through the check-list of a deployment too: secrets, TLS, limits, probes, "
        "backups, alerts, rate limits, budget, schedule",
    )
    doctor.add_argument(
        "--smoke",
        nargs="?",
        const="",
        metavar="FILE.jsonl",
        help="ask its questions, as `deskhand eval cases` keeps them, of the live knowledge; "
        "without a file the shipped ones of the shipped documents",
    )


def _add_demo(command: Callable[[str, str, str], argparse.ArgumentParser]) -> None:
    demo = command(
        "demo",
        "try the bot in a chat workspace in the browser, without an account",
        "deskhand demo --kb handbook/",
    )
    demo.add_argument(
        "--kb",
        metavar="FOLDER",
        help="your own documents; without, those of a sample company",
    )
    demo.add_argument(
        "--port", type=int, metavar="N", help="of the page (default: 8377, or any free one)"
    )
    demo.add_argument(
        "--model",
        action="store_true",
        help="let the model that OPENAI_API_KEY or OPENAI_BASE_URL names write the answers, which "
        "costs what it costs; without, no key is used",
    )
    demo.add_argument(
        "--no-browser", action="store_true", help="print the page's address and open nothing"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line; returns its exit code."""
    parser = build_parser()
    args = parser.parse_args(arguments)
    if args.version:
        from importlib.metadata import version

        print(f"deskhand {version('deskhand')}")
        return _EXIT_DONE
    if args.command is None:
        parser.print_help()
        return _EXIT_WRONG_USE
    import asyncio

    from bot.cli import auditing
    from engine.containment import one_line
    from engine.errors import DeskhandError, WrongUse

    _prepare_streams()
    _prepare_home()
    try:
        if args.workspace is not None:
            from bot.cli.workspaces import enter

            asyncio.run(enter(args.workspace, args.command))
        module = import_module(f"bot.cli.{args.command}")
        code = asyncio.run(auditing.run(module.run, args))
        sys.stdout.flush()
        return code
    except WrongUse as error:
        print(f"deskhand: {one_line(str(error))}", file=sys.stderr)
        return _EXIT_WRONG_USE
    except DeskhandError as error:
        print(f"deskhand: {one_line(str(error))}", file=sys.stderr)
        return _EXIT_FAILED
    except KeyboardInterrupt:
        print("deskhand: stopped; what was done is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read the output has left
        _drop_output()
        return _EXIT_FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"deskhand: {where}{error.strerror or 'input or output failed'}", file=sys.stderr)
        _drop_output()
        return _EXIT_FAILED


def _prepare_streams() -> None:
    """Bytes that are no text must not end a command, nor a stream that is closed."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the program
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _prepare_home() -> None:
    """A container's user may be nobody's name; Slack's SDK asks for a home when it is imported."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = "/"


def _drop_output() -> None:
    """What is still buffered goes nowhere, so that the interpreter's last flush cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def entry() -> NoReturn:
    """The console script."""
    try:
        code: str | int | None = main()
    except SystemExit as done:  # argparse's, after a help text or a wrong use
        code = done.code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
    sys.exit(code)


if __name__ == "__main__":
    entry()

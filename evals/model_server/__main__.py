"""The model server as a program.

$ python -m evals.model_server --port 8080 --fault 429 --every 3
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from collections.abc import Sequence

from evals.model_server.models import obeying, quoting
from evals.model_server.reply import Fault, Received, Reply, Respond
from evals.model_server.server import ModelServer
from evals.terminal import say

_MODELS: dict[str, Respond] = {"quoting": quoting, "obeying": obeying}


def with_fault(model: Respond, fault: Fault | None, *, every: int, drip_s: float) -> Respond:
    """A model each `every`-th answer of which fails, and whose pieces come `drip_s` apart."""
    count = itertools.count(1)

    def respond(request: Received) -> Reply:
        said = model(request)
        wrong = fault if next(count) % every == 0 else None
        return Reply(text=said.text, fault=wrong, piece_s=drip_s)

    return respond


async def serve(args: argparse.Namespace) -> None:
    """Serves until the process is ended."""
    fault = Fault(args.fault) if args.fault else None
    respond = with_fault(_MODELS[args.model], fault, every=args.every, drip_s=args.drip_s)
    server = ModelServer(respond, refuses=args.refuse)
    async with server.serving(port=args.port) as url:
        say(f"OPENAI_BASE_URL={url}")
        await asyncio.Event().wait()


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m evals.model_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--model", choices=list(_MODELS), default="quoting")
    parser.add_argument("--fault", choices=[f.value for f in Fault], help="what goes wrong")
    parser.add_argument("--every", type=int, default=1, help="each so many answers (default 1)")
    parser.add_argument("--drip-s", type=float, default=0.0, help="seconds between pieces")
    parser.add_argument("--refuse", nargs="*", default=[], help="parameters refused with 400")
    try:
        asyncio.run(serve(parser.parse_args(arguments)))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
